"""Starts a job of the sidecar with a token for that one job, and follows that one run to its end."""

from collections.abc import Callable
from dataclasses import dataclass
import json
import time
from typing import Any

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError, SSLError
from urllib3.util import parse_url, Timeout

from nautobot_ai_ops.identity import mint_job_token
from nautobot_ai_ops.settings import get_setting

CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 10
MAX_ANSWER_BYTES = 1_000_000
MAX_MESSAGE_CHARACTERS = 500

POLL_INTERVAL_SECONDS = 1
# A sidecar that says "not now" is asked again for so long.
MAX_START_SECONDS = 30
# A sidecar that falls silent while its job runs may be restarting; there may be others that answer for it.
MAX_SILENCE_SECONDS = 30
# Neither under way nor over: the run's outcome is not late any more but lost.
MAX_OUTCOME_DELAY_SECONDS = 5
# Longer than the sidecar lets a run take.
MAX_FOLLOW_SECONDS = 660

FAILURES = {
    "failed": "The sidecar's job {name} failed: {detail} The sidecar's log tells why.",
    "timed-out": "The sidecar's job {name} ran into its time limit: {detail} Run this Job again to have the rest done.",
    "stopped": "The sidecar's job {name} was stopped: {detail} Run this Job again.",
}


class SidecarJobError(Exception):
    """The sidecar's job was not started, or did not succeed. The message is one sentence or two, for people."""


class SidecarSilentError(SidecarJobError):
    """Nothing was answered, or "not now": it may be better in a moment."""


@dataclass(frozen=True)
class Limits:
    """How long things may take; shorter in tests."""

    poll_interval_seconds: float = POLL_INTERVAL_SECONDS
    start_seconds: float = MAX_START_SECONDS
    silence_seconds: float = MAX_SILENCE_SECONDS
    outcome_delay_seconds: float = MAX_OUTCOME_DELAY_SECONDS
    follow_seconds: float = MAX_FOLLOW_SECONDS
    connect_timeout_seconds: float = CONNECT_TIMEOUT_SECONDS
    read_timeout_seconds: float = READ_TIMEOUT_SECONDS


@dataclass(frozen=True)
class Answer:
    """Status and JSON body of an answer; a body that is no JSON object is an empty one."""

    status: int
    body: dict[str, Any]

    @property
    def error(self) -> dict[str, Any]:
        """What the sidecar says went wrong: code, message, retryable, details."""
        return _mapping(self.body.get("error"))


class SidecarJob:
    """One job of the sidecar, run for one user."""

    def __init__(self, name: str, user, correlation_id: str, limits: Limits = Limits()):
        """Nothing is sent yet.

        Args:
            name: The sidecar's name of the job.
            user: For whom the token is made, whether or not the user may `operate`.
            correlation_id: Finds the requests in the sidecar's log.
            limits: How long things may take.
        """
        self.name = name
        self.user = user
        self.correlation_id = correlation_id
        self.limits = limits
        self.url, self.place = _read_address()
        # No proxy and no redirect: the token goes to this address and nowhere else.
        self.pool = urllib3.PoolManager(
            cert_reqs="CERT_REQUIRED",
            retries=False,
            timeout=Timeout(connect=limits.connect_timeout_seconds, read=limits.read_timeout_seconds),
        )

    def run(self, say: Callable[..., None]) -> str:
        """Run the job to its end.

        Args:
            say: Hears of the start; a log method.

        Returns:
            The job's own sentence on what came of it.

        Raises:
            SidecarJobError: Anything but success.
        """
        with self.pool:
            run = self._follow(self._start(say))
        outcome, detail = run.get("outcome"), str(run.get("detail"))[:MAX_MESSAGE_CHARACTERS]
        if outcome == "succeeded":
            return detail
        raise SidecarJobError(FAILURES.get(str(outcome), FAILURES["failed"]).format(name=self.name, detail=detail))

    def _start(self, say: Callable[..., None]) -> str:
        deadline = time.monotonic() + self.limits.start_seconds
        while True:
            try:
                return self._start_now(say)
            except _NotNowError:
                if time.monotonic() >= deadline:
                    raise
            time.sleep(self.limits.poll_interval_seconds)

    def _start_now(self, say: Callable[..., None]) -> str:
        answer = self._ask("POST", f"/{self.name}/run")
        if answer.status == 202:
            say("Started %s at %s.", self.name, self.place)
            return self._run_id(answer.body)
        running = _mapping(answer.error.get("details"))
        if answer.error.get("code") == "JOB_RUNNING" and "runId" in running:
            say("%s is running at %s already; following that run.", self.name, self.place)
            return self._run_id(running)
        raise self._refusal(answer)

    def _follow(self, run_id: str) -> dict[str, Any]:
        now = time.monotonic()
        deadline, heard_at, idle_since = now + self.limits.follow_seconds, now, None
        while time.monotonic() < deadline:
            try:
                state = self._state()
                last_run = _mapping(state.get("lastRun"))
                if last_run.get("runId") == run_id:
                    return last_run
                heard_at = time.monotonic()
                # Another run may be under way when this one was lost with its replica.
                is_under_way = state.get("running") and state.get("runId") in (run_id, None)
                idle_since = None if is_under_way else idle_since or heard_at
            except SidecarSilentError:
                if time.monotonic() - heard_at >= self.limits.silence_seconds:
                    raise
            if idle_since and heard_at - idle_since >= self.limits.outcome_delay_seconds:
                raise SidecarJobError(
                    f"{self.name} ended without an outcome, as when a sidecar is killed: run this Job again."
                )
            time.sleep(self.limits.poll_interval_seconds)
        raise SidecarJobError(
            f"{self.name} runs for longer than {self.limits.follow_seconds} seconds. It goes on without this Job; its outcome"
            f" will show at {self.url}."
        )

    def _state(self) -> dict[str, Any]:
        answer = self._ask("GET", "")
        if answer.status != 200:
            raise self._refusal(answer)
        jobs = answer.body.get("jobs")
        found = [job for job in jobs if _mapping(job).get("name") == self.name] if isinstance(jobs, list) else []
        if not found:
            raise SidecarJobError(self._missing())
        return found[0]

    def _ask(self, method: str, path: str) -> Answer:
        headers = {
            # Made anew for each request: it lives for a minute, a run for longer.
            "Authorization": f"Bearer {mint_job_token(self.user, self.name)}",
            "X-Request-ID": self.correlation_id,
            "Accept": "application/json",
        }
        try:
            response = self.pool.request(
                method, self.url + path, headers=headers, redirect=False, preload_content=False
            )
            with response:
                return Answer(response.status, _parse(response.read(MAX_ANSWER_BYTES)))
        except HTTPError as error:
            raise SidecarSilentError(self._silence(error)) from None

    def _silence(self, error: HTTPError) -> str:
        if isinstance(error, SSLError):
            return f"The certificate of the sidecar at {self.place} is not accepted: give it one that this host trusts."
        if isinstance(error, NewConnectionError | ConnectTimeoutError):
            why = "cannot be reached"
        elif isinstance(error, ReadTimeoutError):
            why = f"did not answer within {self.limits.read_timeout_seconds} seconds"
        else:
            why = "broke the connection off"
        return f"The sidecar at {self.place} {why}: check that it runs, and `sidecar_url` in PLUGINS_CONFIG."

    def _refusal(self, answer: Answer) -> SidecarJobError:
        status, error = answer.status, answer.error
        message = str(error.get("message", f"it answered {status}."))[:MAX_MESSAGE_CHARACTERS]
        if status == 401:
            return SidecarJobError(
                f"The sidecar at {self.place} does not know this Nautobot's token: its NAUTOBOT_URL must be this Nautobot,"
                " both clocks must agree, and it must not be older than this app."
            )
        if status == 403:
            return SidecarJobError(
                f"The sidecar at {self.place} refuses this Job: {message} Use sidecar and app of the same version."
            )
        if status == 404:
            return SidecarJobError(self._missing())
        if error.get("retryable") is True:
            return _NotNowError(f"The sidecar at {self.place} cannot do this now: {message} Run this Job again later.")
        return SidecarJobError(
            f"The sidecar at {self.place} refuses {self.name}: {message} Its log tells more of {self.correlation_id}."
        )

    def _missing(self) -> str:
        return (
            f"There is no job {self.name} at {self.place}: use sidecar and app of the same version, and check"
            " `sidecar_url` in PLUGINS_CONFIG."
        )

    def _run_id(self, body: dict[str, Any]) -> str:
        run_id = body.get("runId")
        if isinstance(run_id, str) and run_id:
            return run_id
        raise SidecarJobError(
            f"The sidecar at {self.place} does not say which run it started: use sidecar and app of the same version."
        )


class _NotNowError(SidecarSilentError):
    """The sidecar answered, and said that another time it may do."""


def _read_address() -> tuple[str, str]:
    """The address of the sidecar's jobs, and the same in words: without what may be secret in it."""
    setting = str(get_setting("sidecar_url") or "")
    try:
        parsed = parse_url(setting)
    except HTTPError:
        parsed = parse_url("")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise SidecarJobError(
            "`sidecar_url` in PLUGINS_CONFIG is no http:// or https:// address: set it to the sidecar's."
        )
    port = f":{parsed.port}" if parsed.port else ""
    place = f"{parsed.scheme}://{parsed.host}{port}"
    return f"{place}{(parsed.path or '').rstrip('/')}/api/v1/jobs", place


def _parse(raw: bytes) -> dict[str, Any]:
    try:
        return _mapping(json.loads(raw))
    except ValueError:
        return {}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
