"""A sidecar that answers what a test tells it to, over HTTP, and remembers what it was asked."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json
from threading import Thread
from typing import Any

from django.conf import settings
from django.test import override_settings

from nautobot_ai_ops.constants import APP_LABEL

JOBS_PATH = "/api/v1/jobs"


@dataclass(frozen=True)
class Request:
    """What arrived."""

    method: str
    path: str
    headers: dict[str, str]

    @property
    def token(self) -> str:
        """The token, without its scheme."""
        return self.headers["Authorization"].removeprefix("Bearer ")


@dataclass
class FakeSidecar:
    """Answers by `POST` and `GET`, each a list of (status, body) of which the last one is repeated."""

    answers: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    before_answer: Callable[[Request], None] = lambda _request: None

    def __enter__(self):
        """Listen on a free port of the loopback."""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_error):
        """Listen no longer."""
        self.server.shutdown()
        self.server.server_close()

    def asked(self, method: str) -> list[Request]:
        """The requests of one method."""
        return [request for request in self.requests if request.method == method]

    def _answer(self, request: Request) -> tuple[int, Any]:
        self.requests.append(request)
        self.before_answer(request)
        left = self.answers[request.method]
        return left.pop(0) if len(left) > 1 else left[0]

    def _handler(self):
        sidecar = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                status, body = sidecar._answer(Request(self.command, self.path, dict(self.headers)))
                # The client may have given up waiting.
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.send(status, body)

            def send(self, status, body):
                raw = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", body["to"])
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST = answer

            def log_message(self, *_args):
                pass

        return Handler


def sidecar_at(url):
    """PLUGINS_CONFIG with this address of the sidecar."""
    return override_settings(PLUGINS_CONFIG={APP_LABEL: {**settings.PLUGINS_CONFIG[APP_LABEL], "sidecar_url": url}})


def started(run_id: str = "run-1") -> tuple[int, Any]:
    """The job was started."""
    return 202, {"job": "clean-up-old-checkpoints", "started": True, "runId": run_id}


def running(run_id: str = "run-1") -> tuple[int, Any]:
    """The job runs; its last run was another one."""
    earlier = {"runId": "run-0", "outcome": "succeeded", "detail": "Of an earlier run."}
    return _jobs(running=True, runId=run_id, lastRun=earlier)


def ended(run_id: str = "run-1", outcome: str = "succeeded", detail: str = "Deleted it.", **job) -> tuple[int, Any]:
    """The job's last run is over."""
    return _jobs(running=False, lastRun={"runId": run_id, "outcome": outcome, "detail": detail}, **job)


def refusal(status: int, code: str, message: str = "No.", retryable: bool = False, **details) -> tuple[int, Any]:
    """An error of the sidecar's API."""
    return status, {"error": {"code": code, "message": message, "retryable": retryable, "details": details}}


def _jobs(**job) -> tuple[int, Any]:
    own = {"name": "clean-up-old-checkpoints", "description": "", "schedule": "* * * * *", **job}
    return 200, {"jobs": [{"name": "catalog-refresh", "running": False}, own]}
