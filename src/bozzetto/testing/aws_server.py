"""Amazon Bedrock's InvokeModel and SageMaker's InvokeEndpoint on a loopback port.

    with AwsServer() as server:
        images = open_images("amazon.titan-image-generator-v2:0", environ=server.environ, timeout=5)
        server.plan(Fault("ThrottlingException", "Too many requests"))

It runs in threads of its own, speaks to boto3's real client, checks what it is asked against
what is documented, and answers as documented, or as badly as planned.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import unquote

from bozzetto.testing.aws_checks import Rule
from bozzetto.testing.aws_rules import endpoint_rule, model_rule

__all__ = [
    "CUT",
    "FILTERED",
    "KEY",
    "AwsServer",
    "Call",
    "Delay",
    "Fault",
    "Reply",
    "Step",
]


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked: `kind` is "model" or "endpoint"; header names are in lower case."""

    kind: str
    name: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as the services send theirs. `more` stands beside the message."""

    code: str
    message: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with status 200, whatever it holds."""

    data: bytes
    length: int | None = None
    """What the header says of its length; None for the truth."""


@dataclass(frozen=True, slots=True)
class Delay:
    """Seconds to wait before the documented answer."""

    seconds: float


Step = Fault | Reply | Delay | str
"""What becomes of one call; a text is `CUT` or `FILTERED`."""

CUT = "cut"
"""The connection ends in the middle of the answer."""

FILTERED = "filtered"
"""The model's content filter takes offence."""

KEY = "AKIDEXAMPLE"
"""The access key that it knows."""


_STATUS = {
    "AccessDeniedException": 403,
    "ExpiredTokenException": 403,
    "InternalDependencyException": 530,
    "InternalFailure": 500,
    "InternalServerException": 500,
    "MissingAuthenticationTokenException": 403,
    "ModelError": 424,
    "ModelErrorException": 424,
    "ModelNotReadyException": 429,
    "ModelTimeoutException": 408,
    "ResourceNotFoundException": 404,
    "ServiceUnavailable": 503,
    "ServiceUnavailableException": 503,
    "ThrottlingException": 429,
    "UnrecognizedClientException": 403,
}
"""Of the errors' documentation; all others are 400."""

_PATHS = (
    ("model", re.compile(r"/model/([^/]+)/invoke")),
    ("endpoint", re.compile(r"/endpoints/([^/]+)/invocations")),
)
_SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/[a-z0-9-]+/([a-z]+)/aws4_request, "
    r"SignedHeaders=[a-z0-9;-]*host[a-z0-9;-]*, Signature=[0-9a-f]{64}"
)
_SCOPES = {"model": "bedrock", "endpoint": "sagemaker"}
_JSON = ("", "*/*", "application/json", "application/json;jpeg")


class AwsServer:
    """Answers pictures. `calls` holds what was asked, in order, good or bad.

    `gone` are models and endpoints that it does not have.
    """

    def __init__(self, *, gone: tuple[str, ...] = ()) -> None:
        self.gone = gone
        self.calls: list[Call] = []
        self._plan: deque[Step] = deque()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.aws = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def environ(self) -> dict[str, str]:
        """The variables of a client that reaches it, and nothing else of Amazon."""
        return {
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": "example-secret",
            "AWS_REGION": "us-west-2",
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": self.address,
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": self.address,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def plan(self, *steps: Step) -> None:
        """What becomes of the next calls, one each; later ones are answered as documented."""
        self._plan.extend(steps)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def answer(self, call: Call) -> Fault | Reply:
        """What becomes of a call."""
        with self._lock:
            self.calls.append(call)
            step = self._plan.popleft() if self._plan else None
        if isinstance(step, Delay):
            self._closed.wait(step.seconds)
        wrong = self._wrong(call)
        if wrong is not None:
            return wrong
        if isinstance(step, Fault | Reply):
            return step
        rule = cast(Rule, _rule(call))
        if step == FILTERED:
            return _refused(rule)
        answer = rule.answer(call.body, call.headers.get("accept", ""))
        data = json.dumps(answer).encode()
        return Reply(data[: len(data) // 2], len(data)) if step == CUT else Reply(data)

    def _wrong(self, call: Call) -> Fault | None:
        return _unsigned(call) or self._missing(call) or _malformed(call)

    def _missing(self, call: Call) -> Fault | None:
        if call.kind == "endpoint" and call.name in self.gone:
            return Fault(
                "ValidationError", f"Endpoint {call.name} of account 123456789012 not found."
            )
        if call.name in self.gone:
            return Fault(
                "ResourceNotFoundException",
                "This model version has reached the end of its life. Please refer to the AWS "
                "documentation for more details.",
            )
        if _rule(call) is None:
            return Fault("ValidationException", "The provided model identifier is invalid.")
        return None


def _rule(call: Call) -> Rule | None:
    return model_rule(call.name) if call.kind == "model" else endpoint_rule(call.name)


def _refused(rule: Rule) -> Fault | Reply:
    if isinstance(rule.refused, str):
        return Fault("ValidationException", rule.refused)
    return Reply(json.dumps(rule.refused).encode())


def _unsigned(call: Call) -> Fault | None:
    """What is wrong with how a call is signed; the signature itself is not computed."""
    found = _SIGNED.fullmatch(call.headers.get("authorization", ""))
    if found is None or found[2] != _SCOPES[call.kind]:
        return Fault("MissingAuthenticationTokenException", "Missing Authentication Token")
    if found[1] != KEY:
        return Fault(
            "UnrecognizedClientException", "The security token included in the request is invalid."
        )
    if call.headers.get("x-amz-security-token") == "expired":
        return Fault(
            "ExpiredTokenException", "The security token included in the request is expired"
        )
    return None


def _malformed(call: Call) -> Fault | None:
    code = "ValidationException" if call.kind == "model" else "ModelError"
    if call.headers.get("content-type") != "application/json":
        return Fault(code, "The content type is not supported")
    if call.headers.get("accept", "") not in _JSON:
        return Fault(code, "The accepted type is not supported")
    rule = _rule(call)
    problem = rule.problem(call.body) if rule else None
    if problem is None:
        return None
    words = f"Malformed input request: {problem}, please reformat your input and try again."
    if code == "ValidationException":
        return Fault(code, words)
    return Fault(
        code,
        f'Received client error (400) from primary with message "{words}".',
        {"OriginalStatusCode": 400, "OriginalMessage": words},
    )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    aws: AwsServer

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is none of our business."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    disable_nagle_algorithm = True  # or an answer waits 40 ms for the head's acknowledgement

    def do_POST(self) -> None:
        """Answer one call."""
        length = int(self.headers.get("Content-Length", 0))
        data = self.rfile.read(length)
        for kind, path in _PATHS:
            found = path.fullmatch(self.path)
            if found:
                self._answer(kind, unquote(found[1]), data)
                return
        self._send(404, {"x-amzn-ErrorType": "UnknownOperationException"}, b"{}")

    def _answer(self, kind: str, name: str, data: bytes) -> None:
        headers = {key.lower(): value for key, value in self.headers.items()}
        try:
            body = json.loads(data)
        except ValueError:
            body = None
        call = Call(kind, name, headers, body if isinstance(body, dict) else {})
        answer = self.server.aws.answer(call)
        if isinstance(answer, Reply):
            self._send(200, {}, answer.data, answer.length)
            return
        # A name space follows the code, as the services have it.
        error = {"x-amzn-ErrorType": f"{answer.code}:http://internal.amazon.com/coral/"}
        name = "message" if kind == "model" else "Message"
        words = json.dumps({name: answer.message, **answer.more}).encode()
        self._send(_STATUS.get(answer.code, 400), error, words)

    def _send(
        self, status: int, headers: Mapping[str, str], data: bytes, length: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
