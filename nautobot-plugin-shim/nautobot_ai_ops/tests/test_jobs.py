"""The Nautobot Job: enabled once, and what it makes of what the sidecar answers."""

from datetime import timedelta
import logging
from unittest import mock

from django.apps import apps
from django.core.management import call_command
from django.utils import timezone
from nautobot.extras.choices import JobResultStatusChoices
from nautobot.extras.context_managers import web_request_context
from nautobot.extras.models import Job, JobLogEntry, JobResult

from nautobot_ai_ops import identity, jobs
from nautobot_ai_ops.constants import APP_LABEL
from nautobot_ai_ops.sidecar_jobs import Limits
from nautobot_ai_ops.signals import enable_new_jobs
from nautobot_ai_ops.tests import fixtures
from nautobot_ai_ops.tests.fake_sidecar import ended, FakeSidecar, JOBS_PATH, refusal, sidecar_at, started
from nautobot_ai_ops.tests.support import ShimTestCase

NAME = "clean-up-old-checkpoints"


def job_model(class_name: str = "CleanUpOldCheckpoints") -> Job:
    """Nautobot's row of the Job."""
    return Job.objects.get(module_name="nautobot_ai_ops.jobs", job_class_name=class_name)


class EnabledOnInstallTest(ShimTestCase):
    def set_job(self, **fields):
        # Not save(): that is what an administrator does, and `created` cannot be written by it.
        Job.objects.filter(pk=job_model().pk).update(**fields)

    def ready(self):
        enable_new_jobs(apps.get_app_config(APP_LABEL), apps=apps)

    def test_the_database_of_these_tests_was_migrated_and_has_it_enabled(self):
        model = job_model()
        self.assertTrue(model.enabled)
        self.assertTrue(model.installed)
        self.assertEqual((model.name, model.grouping), ("Clean up old checkpoints", "AI Ops"))
        self.assertFalse(model.has_sensitive_variables)

    def test_both_jobs_are_there_and_nothing_else(self):
        found = Job.objects.filter(module_name="nautobot_ai_ops.jobs", installed=True, enabled=True)
        self.assertEqual(
            sorted(found.values_list("name", flat=True)), ["Clean up old checkpoints", "MCP Server Health Check"]
        )

    def test_a_later_migration_leaves_the_choice_of_an_administrator(self):
        self.set_job(enabled=False, created=timezone.now() - timedelta(days=1))
        call_command("migrate", verbosity=0, interactive=False)
        self.assertFalse(job_model().enabled)

    def test_a_migration_that_finds_the_job_new_enables_it(self):
        self.set_job(enabled=False, created=timezone.now())
        call_command("migrate", verbosity=0, interactive=False)
        self.assertTrue(job_model().enabled)

    def test_a_choice_within_minutes_of_the_installation_is_left_too(self):
        self.set_job(enabled=True, created=timezone.now())
        with web_request_context(fixtures.create_user("administrator", is_superuser=True)):
            model = job_model()
            model.enabled = False
            model.save()
        self.ready()
        self.assertFalse(job_model().enabled)

    def test_jobs_of_others_are_none_of_its_business(self):
        other = Job.objects.filter(module_name="nautobot.core.jobs").first()
        Job.objects.filter(pk=other.pk).update(enabled=False, created=timezone.now())
        self.ready()
        self.assertFalse(Job.objects.get(pk=other.pk).enabled)


class JobTest(ShimTestCase):
    """The Job as Nautobot runs it, in this process."""

    def setUp(self):
        super().setUp()
        # Log lines go into the transaction of the test.
        patched = mock.patch("nautobot.extras.models.jobs.JOB_LOGS", None)
        patched.start()
        self.addCleanup(patched.stop)
        self.user = fixtures.create_user("oscar")

    def run_job(self, answers):
        with FakeSidecar(answers) as sidecar, sidecar_at(sidecar.url):
            result = JobResult.execute_job(job_model(), self.user, job_kwargs={})
        result.refresh_from_db()
        return result, sidecar

    def lines(self, result):
        return [(entry.log_level, entry.message) for entry in JobLogEntry.objects.filter(job_result=result)]

    def test_it_succeeds_with_the_sentence_of_the_sidecar(self):
        result, sidecar = self.run_job({"POST": [started()], "GET": [ended(detail="Deleted 7 checkpoints.")]})
        self.assertEqual(result.status, JobResultStatusChoices.STATUS_SUCCESS, result.traceback)
        self.assertEqual(result.result, "Deleted 7 checkpoints.")
        self.assertIn(("success", "Deleted 7 checkpoints."), self.lines(result))
        self.assertEqual(sidecar.requests[0].headers["X-Request-ID"], f"nautobot-job-{result.pk}")
        self.assertEqual(identity.verify(sidecar.requests[0].token, "job")["sub"], str(self.user.pk))

    def test_the_health_check_runs_the_job_of_its_own(self):
        answers = {"POST": [started()], "GET": [ended(detail="3 of 3 answer.", name="mcp-server-health-check")]}
        with FakeSidecar(answers) as sidecar, sidecar_at(sidecar.url):
            result = JobResult.execute_job(job_model("MCPServerHealthCheck"), self.user, job_kwargs={})
        result.refresh_from_db()
        self.assertEqual((result.status, result.result), ("SUCCESS", "3 of 3 answer."))
        self.assertEqual(sidecar.requests[0].path, f"{JOBS_PATH}/mcp-server-health-check/run")

    def test_it_fails_with_one_sentence_and_without_a_traceback(self):
        result, sidecar = self.run_job({"POST": [refusal(404, "JOB_NOT_FOUND")]})
        self.assertEqual(result.status, JobResultStatusChoices.STATUS_FAILURE)
        self.assertIn(f"There is no job {NAME} at {sidecar.url}", result.result)
        self.assertIn(("failure", result.result), self.lines(result))
        self.assertFalse(result.traceback)

    def test_it_fails_without_an_address_too(self):
        with sidecar_at(""):
            result = JobResult.execute_job(job_model(), self.user, job_kwargs={})
        self.assertEqual(result.status, JobResultStatusChoices.STATUS_FAILURE)
        self.assertIn("sidecar_url", result.result)

    def test_its_token_is_in_no_log_and_no_result(self):
        for answers in (
            {"POST": [started()], "GET": [ended()]},
            {"POST": [refusal(500, "INTERNAL")]},
            {"POST": [(302, {"to": "http://127.0.0.1:1/"})]},
        ):
            with self.subTest(answers), self.assertLogs(level=logging.DEBUG) as captured:
                result, sidecar = self.run_job(answers)
                tokens = [request.token for request in sidecar.requests]
                self.assertTrue(tokens)
                # The control: what is looked through has the requests in it.
                kept = "\n".join([*captured.output, str(self.lines(result)), str(result.__dict__)])
                self.assertIn(f"{JOBS_PATH}/{NAME}/run", kept)
                for token in tokens:
                    for part in token.split("."):
                        self.assertNotIn(part, kept)

    def test_it_has_longer_than_it_waits_for_the_sidecar(self):
        for job in (jobs.CleanUpOldCheckpoints, jobs.MCPServerHealthCheck):
            self.assertGreater(job.soft_time_limit, Limits().follow_seconds + Limits().start_seconds)
            self.assertGreater(job.time_limit, job.soft_time_limit)
