"""Amazon Bedrock's and SageMaker's runtimes on a loopback port.

    with AwsServer() as server:
        images = open_images("amazon.titan-image-generator-v2:0", environ=server.environ, timeout=5)
        server.plan(Fault("ThrottlingException", "Too many requests"))

It runs in threads of its own, speaks to boto3's real client, computes each signature anew, holds
what it is asked against botocore's models of the services and what is documented of the model,
and answers as documented, or as badly as planned.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from bozzetto.testing.aws_answers import known, problem, reply
from bozzetto.testing.aws_http import Listener
from bozzetto.testing.aws_services import Operation, operation_of, problem_of
from bozzetto.testing.aws_signing import Key, refusal
from bozzetto.testing.aws_steps import (
    CUT,
    END,
    FILTERED,
    Delay,
    Events,
    Fault,
    Flow,
    Midway,
    Reply,
    Step,
)

__all__ = [
    "CUT",
    "END",
    "FILTERED",
    "KEY",
    "REGION",
    "SECRET",
    "TOKEN",
    "AwsServer",
    "Call",
    "Delay",
    "Events",
    "Fault",
    "Midway",
    "Reply",
    "Step",
]

KEY = "AKIDEXAMPLE"
"""The access key that it knows."""

SECRET = "example-secret"
"""The secret of that key."""

TOKEN = "example-api-key"
"""The API key of Bedrock that it knows."""

REGION = "us-west-2"
"""The region that it stands for, where it is told of no other."""

_CALLER = Key(KEY, SECRET, TOKEN)
_JSON = ("", "*/*", "application/json", "application/json;jpeg")
_ACCEPT = ("accept", "x-amzn-sagemaker-accept")


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked: `kind` is "model" or "endpoint"; header names are in lower case."""

    kind: str
    name: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    operation: str = "InvokeModel"

    @property
    def accept(self) -> str:
        """The content type that is accepted."""
        return next((self.headers[name] for name in _ACCEPT if self.headers.get(name)), "")


class AwsServer:
    """Answers what models draw, say and make of texts. `calls` holds what was asked, in order.

    `gone` are models and endpoints that it does not have, `says` what a chat model makes of all
    that it is told. `left` are the moments (`time.monotonic`) at which a client went away from a
    stream before its end.
    """

    def __init__(
        self,
        *,
        gone: tuple[str, ...] = (),
        says: Callable[[str], str] | None = None,
        region: str = REGION,
    ) -> None:
        self.gone = gone
        self.region = region
        self.calls: list[Call] = []
        self.left: list[float] = []
        self._says = says or (lambda heard: "Good morning to you too.")
        self._plan: deque[Step] = deque()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._server = Listener(self.take, self.noticed, self._closed)
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
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": self.region,
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": self.address,
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": self.address,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def plan(self, *steps: Step) -> None:
        """What becomes of the next calls, one each; later ones are answered as documented."""
        self._plan.extend(steps)

    def wait_left(self, number: int, seconds: float = 5.0) -> bool:
        """Wait until so many clients went away; whether they did in time."""
        until = time.monotonic() + seconds
        while len(self.left) < number and time.monotonic() < until:
            time.sleep(0.005)
        return len(self.left) >= number

    def noticed(self) -> None:
        """A client went away from a stream."""
        self.left.append(time.monotonic())

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

    def take(self, method: str, path: str, headers: Mapping[str, str], data: bytes) -> Answer:
        """What becomes of a request: its operation's kind, and the answer."""
        found = operation_of(method, path)
        if found is None:
            return "model", Fault("UnknownOperationException")
        operation, said = found
        kind = "endpoint" if operation.scope == "sagemaker" else "model"
        name = next(iter(said.values()), "")
        call = Call(kind, name, headers, _object(data), operation.name)
        with self._lock:
            self.calls.append(call)
            step = self._plan.popleft() if self._plan else None
        if isinstance(step, Delay):
            self._closed.wait(step.seconds)
        signed = refusal(
            _CALLER, self.address + path, headers, data, region=self.region, scope=operation.scope
        )
        if signed:
            return kind, Fault(*signed)
        return kind, self._wrong(call, operation, said, data) or self._answer(call, step)

    def _wrong(
        self, call: Call, operation: Operation, said: Mapping[str, str], data: bytes
    ) -> Fault | None:
        misfit = problem_of(operation, said, call.headers, data)
        if misfit:
            code = "ValidationException" if call.kind == "model" else "ValidationError"
            return Fault(code, f"1 validation error detected: {misfit}")
        return self._missing(call) or _malformed(call)

    def _answer(self, call: Call, step: Step | None) -> Fault | Reply | Flow:
        if isinstance(step, Fault | Reply):
            return step
        return reply(call.kind, call.operation, call.name, call.body, call.accept, step, self._says)

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
        if call.kind == "model" and not known(call.name):
            return Fault("ValidationException", "The provided model identifier is invalid.")
        return None


Answer = tuple[str, Fault | Reply | Flow]


def _object(data: bytes) -> dict[str, Any]:
    try:
        body = json.loads(data)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _malformed(call: Call) -> Fault | None:
    code = "ValidationException" if call.kind == "model" else "ModelError"
    if call.headers.get("content-type") != "application/json":
        return Fault(code, "The content type is not supported")
    if call.accept not in _JSON:
        return Fault(code, "The accepted type is not supported")
    words = problem(call.kind, call.operation, call.name, call.body, call.headers)
    if words is None or code == "ValidationException":
        return None if words is None else Fault(code, words)
    return Fault(
        code,
        f'Received client error (400) from primary with message "{words}".',
        {"OriginalStatusCode": 400, "OriginalMessage": words},
    )
