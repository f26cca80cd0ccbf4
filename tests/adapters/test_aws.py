"""Clients of Amazon's services from a mapping of variables; botocore's errors in our terms."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from bozzetto.adapters.aws import ask, in_thread, json_object, open_client, read_body
from bozzetto.adapters.aws_errors import CLIENT, CODES, Asked, error_of
from bozzetto.errors import BackendError, BozzettoError, InputError, SetupError
from bozzetto.testing.aws_server import KEY, AwsServer, Fault

ASKED = Asked("Amazon Bedrock", "the model 'm'", "ids: there", "ask there")
BODY = b'{"taskType": "TEXT_IMAGE", "textToImageParams": {"text": "a dog"}}'


@pytest.fixture(autouse=True)
def aws(require: Callable[[str], object]) -> None:
    require("aws")


@pytest.fixture
def nothing(tmp_path: Path) -> dict[str, str]:
    """The variables of a machine that has nothing of Amazon."""
    return {
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def invoke(environ: dict[str, str], timeout: float = 10.0) -> bytes:
    client = open_client("bedrock-runtime", environ=environ, timeout=timeout)

    def call() -> bytes:
        answer = client.invoke_model(
            modelId="amazon.titan-image-generator-v2:0", body=BODY, contentType="application/json"
        )
        return read_body(answer["body"], ASKED)

    return ask(call, ASKED)


# The client


def test_the_published_models_have_what_we_call(nothing: dict[str, str]) -> None:
    """botocore carries Amazon's own description of its services."""
    environ = {**nothing, "AWS_REGION": "us-west-2", **keys()}
    found = {}
    for service, operation in (
        ("bedrock-runtime", "InvokeModel"),
        ("sagemaker-runtime", "InvokeEndpoint"),
    ):
        client = open_client(service, environ=environ, timeout=5.0)
        model = client.meta.service_model.operation_model(operation)
        found[operation] = (
            model.http["method"],
            model.http["requestUri"],
            sorted({"modelId", "EndpointName", "body", "Body"} & set(model.input_shape.members)),
        )
    assert found == {
        "InvokeModel": ("POST", "/model/{modelId}/invoke", ["body", "modelId"]),
        "InvokeEndpoint": (
            "POST",
            "/endpoints/{EndpointName}/invocations",
            ["Body", "EndpointName"],
        ),
    }


def keys(access: str = KEY, secret: str = "example-secret") -> dict[str, str]:
    return {"AWS_ACCESS_KEY_ID": access, "AWS_SECRET_ACCESS_KEY": secret}


def test_it_asks_by_the_variables_given() -> None:
    with AwsServer() as server:
        environ = {**server.environ, "AWS_SESSION_TOKEN": "a-session"}
        assert b'"images"' in invoke(environ)
        call = server.calls[0]
    assert (call.kind, call.name) == ("model", "amazon.titan-image-generator-v2:0")
    assert f"Credential={KEY}/" in call.headers["authorization"]
    assert "/us-west-2/bedrock/aws4_request" in call.headers["authorization"]
    assert call.headers["x-amz-security-token"] == "a-session"


def test_aws_region_goes_before_the_default() -> None:
    with AwsServer(region="us-west-2") as server:
        invoke({**server.environ, "AWS_DEFAULT_REGION": "eu-west-1"})
    with AwsServer(region="eu-west-1") as server:
        environ = {**server.environ, "AWS_DEFAULT_REGION": "eu-west-1"}
        del environ["AWS_REGION"]
        invoke(environ)


def test_an_endpoint_for_all_services_serves_too() -> None:
    with AwsServer() as server:
        environ = {k: v for k, v in server.environ.items() if "ENDPOINT" not in k}
        assert b'"images"' in invoke({**environ, "AWS_ENDPOINT_URL": server.address})


def test_an_api_key_of_bedrock_is_sent_as_such(nothing: dict[str, str]) -> None:
    """To Amazon's own address: botocore sends such a key over https alone."""
    from botocore.awsrequest import AWSRequest, AWSResponse
    from botocore.exceptions import ClientError
    from urllib3 import HTTPResponse

    environ = {**nothing, "AWS_BEARER_TOKEN_BEDROCK": "an-api-key", "AWS_REGION": "us-west-2"}
    client = open_client("bedrock-runtime", environ=environ, timeout=5.0)
    sent = []

    def instead_of_sending(request: AWSRequest, **_: object) -> AWSResponse:
        sent.append((request.url, request.headers["Authorization"]))
        raw = HTTPResponse(io.BytesIO(b"{}"), preload_content=False)
        return AWSResponse(request.url, 403, {}, raw)

    client.meta.events.register("before-send.bedrock-runtime", instead_of_sending)
    with pytest.raises(ClientError):
        client.invoke_model(modelId="m", body=b"{}")
    url = "https://bedrock-runtime.us-west-2.amazonaws.com/model/m/invoke"
    assert sent == [(url, b"Bearer an-api-key")]


def test_an_api_key_goes_nowhere_in_the_clear(nothing: dict[str, str]) -> None:
    with AwsServer() as server:
        environ = {
            **nothing,
            "AWS_BEARER_TOKEN_BEDROCK": "an-api-key",
            "AWS_REGION": "us-west-2",
            "AWS_ENDPOINT_URL": server.address,
        }
        with pytest.raises(SetupError, match="requires an HTTPS endpoint"):
            invoke(environ)
        assert server.calls == []


def test_a_profile_gives_keys_and_region(nothing: dict[str, str]) -> None:
    Path(nothing["AWS_CONFIG_FILE"]).write_text("[profile work]\nregion = eu-central-1\n", "utf-8")
    Path(nothing["AWS_SHARED_CREDENTIALS_FILE"]).write_text(
        f"[work]\naws_access_key_id = {KEY}\naws_secret_access_key = example-secret\n", "utf-8"
    )
    with AwsServer(region="eu-central-1") as server:
        invoke({**nothing, "AWS_PROFILE": "work", "AWS_ENDPOINT_URL": server.address})
        assert "/eu-central-1/bedrock/" in server.calls[0].headers["authorization"]


def test_keys_of_another_environment_are_not_taken(
    nothing: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in keys().items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SetupError, match="Unable to locate credentials"):
        open_client("bedrock-runtime", environ={**nothing, "AWS_REGION": "eu-west-1"}, timeout=1)


@pytest.mark.parametrize(
    ("more", "message", "hint"),
    [
        ({"AWS_REGION": "us-east-1"}, "Unable to locate credentials", "AWS_ACCESS_KEY_ID"),
        (keys(), "You must specify a region", "set AWS_REGION"),
        (
            {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKID"},
            "AWS_SECRET_ACCESS_KEY",
            "set both",
        ),
        (
            {"AWS_PROFILE": "nobody"},
            "The config profile .nobody. could not be found",
            "AWS_PROFILE",
        ),
        ({**keys(), "AWS_REGION": "us east!"}, "us east!", "AWS_REGION"),
        (
            {**keys(), "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "bedrock.local"},
            "bedrock.local",
            "AWS_ENDPOINT_URL",
        ),
    ],
)
def test_what_is_missing_is_named(
    nothing: dict[str, str], more: dict[str, str], message: str, hint: str
) -> None:
    with pytest.raises(SetupError, match=message) as caught:
        open_client("bedrock-runtime", environ={**nothing, **more}, timeout=1.0)
    assert hint in (caught.value.hint or "")
    assert "example-secret" not in caught.value.message


def test_a_broken_config_file_is_named(nothing: dict[str, str]) -> None:
    Path(nothing["AWS_CONFIG_FILE"]).write_text("region = nowhere\n", "utf-8")
    with pytest.raises(SetupError, match="config") as caught:
        open_client("bedrock-runtime", environ={**nothing, **keys()}, timeout=1.0)
    assert "AWS_CONFIG_FILE" in (caught.value.hint or "")


def test_without_the_package_the_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['boto3'] = None\n"
        "from bozzetto.errors import MissingExtraError\n"
        "from bozzetto.adapters.images.bedrock import open_images\n"
        "try:\n    open_images('amazon.nova-canvas-v1:0', environ={}, timeout=1)\n"
        "except MissingExtraError as error:\n    print(error.message, '|', error.hint)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (run.stdout, run.stderr) == (
        "bedrock-runtime needs the package boto3 | pip install 'bozzetto[aws]'\n",
        "",
    )


# Errors


def test_each_call_is_made_once() -> None:
    with AwsServer() as server:
        server.plan(Fault("ThrottlingException", "Too many requests, please wait"))
        with pytest.raises(BackendError) as caught:
            invoke(server.environ)
        assert len(server.calls) == 1
    assert (caught.value.retryable, caught.value.status) == (True, 429)
    assert caught.value.message == (
        "Amazon Bedrock: Too many requests, please wait (ThrottlingException)"
    )


@pytest.mark.parametrize(
    ("fault", "kind", "message"),
    [
        (Fault("ModelTimeoutException", "slow"), True, "Amazon Bedrock: slow"),
        (Fault("ServiceUnavailableException", "later"), True, "Amazon Bedrock: later"),
        (Fault("InternalServerException"), True, "no reason is given"),
        (Fault("ModelNotReadyException", "cold"), True, "Amazon Bedrock: cold"),
        (Fault("ServiceQuotaExceededException", "enough"), False, "Amazon Bedrock: enough"),
        (Fault("modelStreamErrorException", "broke"), True, "broke .ModelStreamErrorException.$"),
        (Fault("NewestException", "who knows"), False, "who knows .NewestException."),
        (
            Fault("ModelErrorException", "out of memory", {"originalStatusCode": 500}),
            False,
            "the model 'm' failed: out of memory",
        ),
        (Fault("ModelErrorException", "busy", {"originalStatusCode": 503}), True, "failed: busy"),
        (
            Fault("AccessDeniedException", "You don't have access to the model"),
            SetupError,
            "Amazon Bedrock refuses the model 'm': You don't have access to the model",
        ),
        (
            Fault("ExpiredTokenException", "The security token is expired"),
            SetupError,
            "does not accept the credentials .ExpiredTokenException.$",
        ),
        (
            Fault("SignatureDoesNotMatch", "x-amz-security-token:SECRET"),
            SetupError,
            "does not accept the credentials .SignatureDoesNotMatch.$",
        ),
        (
            Fault(
                "ResourceNotFoundException",
                "Access denied. This Model is marked by provider as Legacy",
            ),
            SetupError,
            "knows nothing of the model 'm' in this account and region: Access denied. This",
        ),
        (
            Fault("ValidationException", "The provided model identifier is invalid."),
            SetupError,
            "identifier is invalid",
        ),
        (
            Fault("ValidationException", "Malformed input\n\x1b[31mrequest"),
            InputError,
            r"does not take the request to the model 'm': Malformed input \\x1b\[31mrequest",
        ),
    ],
)
def test_faults_become_ours(fault: Fault, kind: type[BozzettoError] | bool, message: str) -> None:
    """True and False are errors of the back end, and whether another try may help."""
    with AwsServer() as server:
        server.plan(fault)
        with pytest.raises(BozzettoError, match=message) as caught:
            invoke(server.environ)
    expected = BackendError if isinstance(kind, bool) else kind
    assert type(caught.value) is expected
    if isinstance(caught.value, BackendError):
        assert caught.value.retryable is kind
    assert caught.value.__cause__ is None


def test_ways_out_are_those_of_what_was_asked() -> None:
    with AwsServer() as server:
        server.plan(Fault("AccessDeniedException", "no"), Fault("ResourceNotFoundException", "no"))
        hints = []
        for _ in range(2):
            with pytest.raises(SetupError) as caught:
                invoke(server.environ)
            hints.append(caught.value.hint)
    assert hints == ["ask there", "ids: there"]


def test_wrong_keys_are_not_accepted() -> None:
    with AwsServer() as server:
        with pytest.raises(SetupError, match="UnrecognizedClientException"):
            invoke({**server.environ, **keys(access="AKIDOTHER")})
        with pytest.raises(SetupError, match="ExpiredTokenException") as caught:
            invoke({**server.environ, "AWS_SESSION_TOKEN": "expired"})
    assert "aws sso login" in (caught.value.hint or "")


def test_a_server_that_is_not_there_may_come_back() -> None:
    with AwsServer() as server:
        environ = server.environ
    with pytest.raises(BackendError, match="Could not connect to the endpoint URL") as caught:
        invoke(environ)
    assert caught.value.retryable
    assert "AWS_REGION" in (caught.value.hint or "")


def test_another_region_than_that_of_the_address_is_named() -> None:
    with AwsServer(region="us-west-2") as server, pytest.raises(SetupError) as caught:
        invoke({**server.environ, "AWS_REGION": "eu-west-1"})
    assert caught.value.message == "Amazon Bedrock is in another region than the request is for"
    assert "AWS_REGION" in (caught.value.hint or "")


def test_every_error_of_the_services_stands_in_the_table() -> None:
    """Those of their operations and of their streams, as botocore's models have them."""
    from botocore.loaders import Loader

    found: set[str] = set()
    for service in ("bedrock-runtime", "sagemaker-runtime"):
        shapes = Loader().load_service_model(service, "service-2")["shapes"]
        found |= {name for name, shape in shapes.items() if shape.get("exception")}
    assert "ModelStreamErrorException" in found
    assert found - CODES == set()


def test_every_error_of_the_client_stands_in_a_table() -> None:
    from botocore import exceptions

    own: dict[str, Any] = {
        name: kind
        for name, kind in vars(exceptions).items()
        if isinstance(kind, type) and issubclass(kind, exceptions.BotoCoreError)
    }
    del own["BotoCoreError"]
    lost = [
        name for name, kind in own.items() if CLIENT.isdisjoint(k.__name__ for k in kind.__mro__)
    ]
    assert len(own) > 50
    assert lost == []
    for kind in own.values():
        assert isinstance(error_of(kind.__new__(kind), ASKED), BozzettoError)


def test_an_error_that_is_no_services_is_the_clients() -> None:
    class OddError(Exception):
        response: ClassVar = {"Error": None, "ResponseMetadata": {"HTTPStatusCode": "x"}}

    found = error_of(OddError(), ASKED)
    assert found.message == "Amazon Bedrock: no reason is given (no code)"
    assert error_of(OSError("gone"), ASKED).message == "Amazon Bedrock: gone"


# Waiting, reading


def test_work_is_waited_for_and_its_errors_come_through() -> None:
    def fail() -> None:
        raise KeyError("x")

    assert asyncio.run(in_thread(lambda: 7)) == 7
    with pytest.raises(KeyError):
        asyncio.run(in_thread(fail))


def test_nobody_waits_for_work_that_was_cancelled() -> None:
    """Not even the end of the loop."""
    go_on = threading.Event()

    async def leave() -> None:
        task = asyncio.create_task(in_thread(lambda: go_on.wait(30)))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    start = time.monotonic()
    asyncio.run(leave())
    assert time.monotonic() - start < 15
    go_on.set()


class Stream:
    """A body that never ends."""

    closed = False

    def read(self, size: int) -> bytes:
        return b"x" * size

    def close(self) -> None:
        self.closed = True


def test_an_answer_without_end_is_left() -> None:
    stream: Any = Stream()
    with pytest.raises(BackendError, match="longer than 3000000 bytes"):
        read_body(stream, ASKED, limit=3_000_000)
    assert stream.closed


@pytest.mark.parametrize("data", [b"", b"[1]", b"\xff", b"{", b"[" * 100_000, b"null"])
def test_what_is_no_object_is_no_answer(data: bytes) -> None:
    with pytest.raises(BackendError, match=r"of the model 'm' is not (a JSON object|JSON)$"):
        json_object(data, ASKED)
