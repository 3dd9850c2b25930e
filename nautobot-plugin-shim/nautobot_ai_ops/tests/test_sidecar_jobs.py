"""The client of the sidecar's jobs, at the wire: what it sends, follows, and makes of what can go wrong."""

import ssl
import time
from types import SimpleNamespace
from unittest import mock

from django.conf import settings
import jwt

from nautobot_ai_ops import identity
from nautobot_ai_ops.sidecar_jobs import Limits, SidecarJob, SidecarJobError
from nautobot_ai_ops.tests import fixtures
from nautobot_ai_ops.tests.fake_sidecar import ended, FakeSidecar, JOBS_PATH, refusal, running, sidecar_at, started
from nautobot_ai_ops.tests.support import ShimTestCase

NAME = "clean-up-old-checkpoints"
QUICK = Limits(
    poll_interval_seconds=0.01,
    start_seconds=0.1,
    silence_seconds=0.1,
    outcome_delay_seconds=0.1,
    follow_seconds=2,
    connect_timeout_seconds=1,
    read_timeout_seconds=0.3,
)


class SidecarJobTest(ShimTestCase):
    def setUp(self):
        super().setUp()
        self.user = fixtures.create_user("oscar")
        self.said = []

    def run_job(self, sidecar, limits=QUICK):
        with sidecar_at(sidecar.url):
            job = SidecarJob(NAME, self.user, "nautobot-job-1", limits)
            return job.run(lambda message, *args: self.said.append(message % args))

    def sidecar(self, post, get=()):
        return FakeSidecar({"POST": list(post), "GET": list(get)})

    def assert_fails(self, sidecar, *fragments, limits=QUICK):
        with self.assertRaises(SidecarJobError) as caught:
            self.run_job(sidecar, limits)
        for fragment in fragments:
            self.assertIn(fragment, str(caught.exception))
        self.assertRegex(str(caught.exception), r"^[`A-Za-z].*[.]$")
        return str(caught.exception)

    def test_it_follows_the_run_that_it_started_and_answers_with_its_sentence(self):
        done = ended(detail="Deleted 7 checkpoints, 12,345 bytes.")
        with self.sidecar([started()], [running(), running(), done]) as sidecar:
            self.assertEqual(self.run_job(sidecar), "Deleted 7 checkpoints, 12,345 bytes.")
            self.assertEqual(
                [(request.method, request.path) for request in sidecar.requests],
                [("POST", f"{JOBS_PATH}/{NAME}/run"), *[("GET", JOBS_PATH)] * 3],
            )
            self.assertEqual({request.headers["X-Request-ID"] for request in sidecar.requests}, {"nautobot-job-1"})
        self.assertEqual(self.said, [f"Started {NAME} at {sidecar.url}."])

    def test_every_request_has_a_token_for_this_user_and_this_job_that_lives_a_minute(self):
        with self.sidecar([started()], [running(), ended()]) as sidecar:
            self.run_job(sidecar)
        key, _ = identity.signing_key(settings.SECRET_KEY)
        tokens = [request.token for request in sidecar.requests]
        self.assertEqual(len(set(tokens)), 3)
        for token in tokens:
            claims = jwt.decode(token, key.public_key(), ["EdDSA"], audience="nautobot-ai-ops/job", issuer="nautobot")
            self.assertEqual((claims["typ"], claims["job"]), ("job", NAME))
            self.assertEqual((claims["sub"], claims["username"]), (str(self.user.pk), "oscar"))
            self.assertEqual(claims["exp"] - claims["iat"], 60)
            self.assertNotIn("scopes", claims)

    def test_its_token_is_no_session_and_no_grant(self):
        token = identity.mint_job_token(self.user, NAME)
        self.assertEqual(identity.verify(token, "job")["job"], NAME)
        for other in ("session", "grant"):
            with self.assertRaises(identity.RefusedError):
                identity.verify(token, other)

    def test_it_follows_a_run_that_is_under_way(self):
        busy = refusal(409, "JOB_RUNNING", retryable=True, runId="run-of-cron")
        with self.sidecar([busy], [running("run-of-cron"), ended("run-of-cron", detail="Done by cron.")]) as sidecar:
            self.assertEqual(self.run_job(sidecar), "Done by cron.")
            self.assertEqual(len(sidecar.asked("POST")), 1)
        self.assertEqual(self.said, [f"{NAME} is running at {sidecar.url} already; following that run."])

    def test_it_starts_a_run_when_the_one_under_way_has_just_ended(self):
        busy = refusal(409, "JOB_RUNNING", retryable=True)
        with self.sidecar([busy, started()], [ended()]) as sidecar:
            self.assertEqual(self.run_job(sidecar), "Deleted it.")

    def test_it_tells_why_a_run_did_not_succeed_and_what_to_do(self):
        for outcome, fragments in {
            "failed": ("failed: It broke.", "log"),
            "timed-out": ("time limit: It broke.", "Run this Job again"),
            "stopped": ("was stopped: It broke.", "Run this Job again"),
            "of-the-future": ("failed: It broke.",),
        }.items():
            with (
                self.subTest(outcome),
                self.sidecar([started()], [ended(outcome=outcome, detail="It broke.")]) as sidecar,
            ):
                self.assert_fails(sidecar, *fragments)

    def test_a_refusal_says_what_to_do(self):
        for answer, fragments in (
            (refusal(401, "UNAUTHENTICATED"), ("NAUTOBOT_URL", "clocks")),
            (refusal(403, "FORBIDDEN", "Not this one."), ("Not this one.", "same version")),
            (refusal(404, "JOB_NOT_FOUND"), ("no job", "same version", "sidecar_url")),
            ((404, b"<html>"), ("no job", "sidecar_url")),
            (refusal(500, "INTERNAL", "Something went wrong."), ("Something went wrong.", "nautobot-job-1")),
            ((200, b"<html>hello"), ("answered 200", "nautobot-job-1")),
            ((302, {"to": "http://127.0.0.1:1/"}), ("answered 302",)),
            ((202, {"started": True}), ("which run", "same version")),
            ((202, [1]), ("which run",)),
        ):
            with self.subTest(answer), self.sidecar([answer]) as sidecar:
                self.assert_fails(sidecar, *fragments)
                self.assertEqual(len(sidecar.requests), 1)

    def test_it_asks_a_sidecar_that_says_not_now_again_and_not_for_ever(self):
        draining = refusal(503, "DRAINING", "This replica is shutting down.", retryable=True)
        with self.sidecar([draining, draining, started()], [ended()]) as sidecar:
            self.assertEqual(self.run_job(sidecar), "Deleted it.")
        with self.sidecar([draining]) as sidecar:
            self.assert_fails(sidecar, "This replica is shutting down.", "later")

    def test_it_survives_a_sidecar_that_is_silent_for_a_moment(self):
        unavailable = refusal(503, "NAUTOBOT_UNAVAILABLE", retryable=True)
        with self.sidecar([started()], [running(), unavailable, unavailable, ended()]) as sidecar:
            self.assertEqual(self.run_job(sidecar), "Deleted it.")

    def test_it_gives_up_on_a_sidecar_that_stays_silent(self):
        with self.sidecar([started()], [running()]) as sidecar:
            sidecar.before_answer = lambda request: sidecar.server.server_close() if request.method == "GET" else None
            self.assert_fails(sidecar, "cannot be reached", "sidecar_url")

    def test_it_gives_up_on_a_run_that_vanished(self):
        for lost in (ended("run-0"), running(run_id="run-2")):
            with self.subTest(lost), self.sidecar([started()], [running(), lost]) as sidecar:
                self.assert_fails(sidecar, "without an outcome", "run this Job again")

    def test_it_gives_up_on_a_run_without_end(self):
        with self.sidecar([started()], [running()]) as sidecar:
            limits = Limits(poll_interval_seconds=0.01, follow_seconds=0.2)
            self.assert_fails(sidecar, "longer than 0.2 seconds", "goes on", JOBS_PATH, limits=limits)

    def test_it_gives_up_when_its_job_is_gone_or_its_token_is_refused(self):
        for answer, fragment in (
            ((200, {"jobs": []}), "no job"),
            ((200, {"jobs": None}), "no job"),
            (refusal(401, "UNAUTHENTICATED"), "clocks"),
        ):
            with self.subTest(answer), self.sidecar([started()], [running(), answer]) as sidecar:
                self.assert_fails(sidecar, fragment)

    def test_a_sidecar_that_does_not_answer_is_not_waited_for(self):
        with self.sidecar([started()]) as sidecar:
            sidecar.before_answer = lambda _request: time.sleep(1)
            self.assert_fails(sidecar, "did not answer within 0.3 seconds", "check that it runs")

    def test_an_address_where_nothing_listens_is_named_without_what_may_be_secret(self):
        with self.sidecar([started()]) as sidecar:
            port = sidecar.server.server_port
        sidecar.url = f"http://somebody:hunter2@127.0.0.1:{port}/path?key=hunter2"
        sentence = self.assert_fails(sidecar, f"http://127.0.0.1:{port} cannot be reached", "sidecar_url")
        self.assertNotIn("hunter2", sentence)

    def test_an_address_that_is_none_is_said_to_be(self):
        for url in ("", None, "nonsense", "ftp://sidecar/", "http://", "http://[::1", 7):
            with self.subTest(url):
                self.assert_fails(SimpleNamespace(url=url), "`sidecar_url` in PLUGINS_CONFIG is no http://")

    def test_a_certificate_that_nobody_trusts_is_refused_before_the_token_is_sent(self):
        with self.sidecar([started()]) as sidecar:
            self.serve_tls(sidecar)
            self.assert_fails(sidecar, "certificate", "trusts")
            self.assertEqual(sidecar.requests, [])

    def test_a_certificate_that_the_host_trusts_is_taken(self):
        with self.sidecar([started()], [ended()]) as sidecar:
            certificate = self.serve_tls(sidecar)
            with mock.patch.dict("os.environ", SSL_CERT_FILE=certificate):
                self.assertEqual(self.run_job(sidecar), "Deleted it.")

    def serve_tls(self, sidecar) -> str:
        certificate = fixtures.create_certificate(self)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        sidecar.server.socket = context.wrap_socket(sidecar.server.socket, server_side=True)
        sidecar.url = sidecar.url.replace("http://", "https://")
        return certificate
