"""The stand-in for Amazon's services refuses what the services refuse, in their form."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from bozzetto.testing.aws_rules import endpoint_rule, model_rule
from bozzetto.testing.aws_server import KEY, REGION, SECRET, TOKEN, AwsServer, Delay, Fault

SDXL = "stability.stable-diffusion-xl-v1"
SD35 = "stability.sd3-5-large-v1:0"
TITAN = "amazon.titan-image-generator-v2:0"
CANVAS = "amazon.nova-canvas-v1:0"


@pytest.fixture(autouse=True)
def aws(require: Callable[[str], object]) -> None:
    require("aws")


@pytest.fixture
def server() -> Iterator[AwsServer]:
    with AwsServer(gone=("amazon.titan-image-generator-v1",)) as running:
        yield running


def amazon(settings: Mapping[str, Any], text: str = "a dog") -> dict[str, Any]:
    return {
        "taskType": "TEXT_IMAGE",
        "textToImageParams": {"text": text},
        "imageGenerationConfig": dict(settings),
    }


def post(
    server: AwsServer,
    path: str,
    body: object,
    *,
    scope: str = "bedrock",
    region: str = REGION,
    key: str = KEY,
    secret: str = SECRET,
    **headers: str,
) -> tuple[int, str, dict[str, Any]]:
    """Status, error type and answer of a call; what stands in `headers` is sent unsigned."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    data = json.dumps(body).encode()
    named = {"Content-Type": "application/json"}
    request = AWSRequest("POST", server.address + path, named, data)
    SigV4Auth(Credentials(key, secret), scope, region).add_auth(request)
    sent = dict(request.headers.items())
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(server.address + path, data, sent, method="POST"), timeout=20
        ) as answer:
            return answer.status, "", json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            kind = error.headers.get("x-amzn-ErrorType", "").partition(":")[0]
            return error.code, kind, json.load(error)


def test_a_good_call_is_answered(server: AwsServer) -> None:
    status, _, answer = post(server, f"/model/{TITAN}/invoke", amazon({"seed": 1}))
    assert (status, sorted(answer), len(answer["images"])) == (200, ["error", "images"], 1)


INVOKE = f"/model/{TITAN}/invoke"
REFUSED = "InvalidSignatureException"


@pytest.mark.parametrize(
    ("path", "how", "expected"),
    [
        (INVOKE, {"Authorization": ""}, (403, "MissingAuthenticationTokenException")),
        (INVOKE, {"scope": "s3"}, (403, REFUSED)),
        (INVOKE, {"region": "eu-west-1"}, (403, REFUSED)),
        (INVOKE, {"secret": "another"}, (403, REFUSED)),
        (INVOKE, {"X_Amz_Date": "20200101T000000Z"}, (403, REFUSED)),
        (INVOKE, {"key": "AKIDOTHER"}, (403, "UnrecognizedClientException")),
        (INVOKE, {"Authorization": "Bearer wrong"}, (403, "AccessDeniedException")),
        (INVOKE, {"X_Amz_Security_Token": "expired"}, (403, "ExpiredTokenException")),
        (INVOKE, {"Accept": "image/png"}, (400, "ValidationException")),
        ("/model/amazon.titan-image-generator-v1/invoke", {}, (404, "ResourceNotFoundException")),
        ("/model/nobody.nothing-v1/invoke", {}, (400, "ValidationException")),
        ("/model/x/draw", {}, (404, "UnknownOperationException")),
    ],
)
def test_a_bad_call_is_refused(
    server: AwsServer, path: str, how: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert post(server, path, amazon({"seed": 1}), **how)[:2] == expected


def test_a_key_of_the_api_opens_bedrock_alone(server: AwsServer) -> None:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert post(server, INVOKE, amazon({"seed": 1}), **bearer)[0] == 200
    assert post(server, "/endpoints/e/invocations", {"prompt": "a"}, **bearer)[0] == 403


CONVERSE = "/model/us.amazon.nova-lite-v1:0/converse"
HELLO = [{"role": "user", "content": [{"text": "hello"}]}]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"messages": [{"role": "user"}]}, 'Missing required parameter in messages[0]: "content"'),
        ({"messages": "hello"}, "Invalid type for parameter messages"),
        ({"messages": HELLO, "prompt": "a"}, 'Unknown parameter in input: "prompt"'),
        (
            {"messages": HELLO, "inferenceConfig": {"temperature": 1.5}},
            "Value '1.5' at '#/inferenceConfig/temperature'",
        ),
        (
            {"messages": HELLO, "inferenceConfig": {"maxTokens": 0}},
            "Invalid value for parameter inferenceConfig.maxTokens",
        ),
        (
            {"messages": [{"role": "tool", "content": [{"text": "a"}]}]},
            "Value 'tool' at '#/messages/0/role'",
        ),
        ({"messages": [*HELLO, *HELLO]}, "A conversation must alternate"),
        ({"messages": [{"role": "assistant", "content": [{"text": "a"}]}]}, "A conversation must"),
        ({"messages": [{"role": "user", "content": [{"text": " "}]}]}, "The text field in the"),
    ],
)
def test_a_body_is_held_against_the_services_own_model(
    server: AwsServer, body: dict[str, Any], words: str
) -> None:
    status, kind, answer = post(server, CONVERSE, body)
    assert (status, kind) == (400, "ValidationException")
    assert words in answer["message"]


def test_a_conversation_is_answered_within_its_limits(server: AwsServer) -> None:
    body = {"messages": HELLO, "inferenceConfig": {"maxTokens": 2}}
    assert post(server, CONVERSE, body)[2] == {
        "output": {"message": {"role": "assistant", "content": [{"text": "Good morning"}]}},
        "stopReason": "max_tokens",
        "usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3},
        "metrics": {"latencyMs": 12},
    }


def test_a_wrong_body_is_refused_in_bedrocks_words(server: AwsServer) -> None:
    body = {"prompt": "a dog", "cfg_scale": 7}
    assert post(server, f"/model/{SD35}/invoke", body) == (
        400,
        "ValidationException",
        {
            "message": "Malformed input request: #: extraneous key [cfg_scale] is not permitted, "
            "please reformat your input and try again."
        },
    )


def test_a_container_refuses_by_an_error_of_the_model(server: AwsServer) -> None:
    status, kind, answer = post(server, "/endpoints/e/invocations", {}, scope="sagemaker")
    assert (status, kind, answer["OriginalStatusCode"]) == (424, "ModelError", 400)
    assert "required key [prompt] not found" in answer["OriginalMessage"]


def test_a_plan_is_followed_once(server: AwsServer) -> None:
    server.plan(Fault("ThrottlingException", "slowly"), Delay(0.01))
    found = [post(server, f"/model/{TITAN}/invoke", amazon({}))[:2] for _ in range(3)]
    assert found == [(429, "ThrottlingException"), (200, ""), (200, "")]


TEXTS = [{"text": "a dog"}]


@pytest.mark.parametrize(
    ("model", "body", "problem"),
    [
        (SDXL, {}, "#: required key [text_prompts] not found"),
        (SDXL, {"text_prompts": [{"text": "x" * 2001}]}, "#/text_prompts: "),
        (SDXL, {"text_prompts": [{"text": "a", "weight": -1}]}, "#/text_prompts: "),
        (SDXL, {"text_prompts": TEXTS, "steps": 9}, "#/steps: '9' is not a valid value"),
        (SDXL, {"text_prompts": TEXTS, "cfg_scale": 36}, "#/cfg_scale: "),
        (SDXL, {"text_prompts": TEXTS, "seed": 4_294_967_296}, "#/seed: "),
        (SDXL, {"text_prompts": TEXTS, "sampler": "Euler a"}, "#/sampler: "),
        (SDXL, {"text_prompts": TEXTS, "width": 1024}, "#: the size 1024xNone is not supported"),
        (SDXL, {"text_prompts": TEXTS, "width": 768, "height": 768}, "#: the size 768x768 "),
        (SD35, {"prompt": ""}, "#/prompt: "),
        (SD35, {"prompt": "a", "aspect_ratio": "4:3"}, "#/aspect_ratio: "),
        (SD35, {"prompt": "a", "seed": 4_294_967_295}, "#/seed: "),
        (TITAN, amazon({"seed": 2_147_483_647}), "#/imageGenerationConfig: "),
        (TITAN, amazon({"width": 512, "height": 768}), "#: the size 512x768 is not supported"),
        (TITAN, amazon({}, "x" * 513), "#/textToImageParams: "),
        (CANVAS, amazon({"seed": 858_993_460}), "#/imageGenerationConfig: "),
        (CANVAS, amazon({"width": 2048, "height": 2048}), "#: the size 2048x2048 "),
        (CANVAS, amazon({"width": 330, "height": 330}), "#: the size 330x330 "),
        (CANVAS, amazon({"width": 1600, "height": 320}), "#: the size 1600x320 "),
        (CANVAS, amazon({}, "x" * 1025), "#/textToImageParams: "),
    ],
)
def test_limits_of_the_models(model: str, body: dict[str, Any], problem: str) -> None:
    rule = model_rule(model)
    assert rule is not None
    assert (rule.problem(body) or "").startswith(problem)


@pytest.mark.parametrize(
    ("endpoint", "body", "problem"),
    [
        ("e", {"prompt": "a", "width": 500, "height": 504}, "#: the size 500x504 "),
        ("e", {"prompt": "a", "num_inference_steps": 0}, "#/num_inference_steps: "),
        ("e", {"prompt": "a", "sampler": "Euler"}, "#: extraneous key [sampler] is not permitted"),
        ("sdxl", {"text_prompts": TEXTS, "width": 256, "height": 256}, "#: the size 256x256 "),
        ("sdxl", {"text_prompts": TEXTS, "sampler": "K_EULER"}, "#/sampler: "),
        ("sdxl", {"prompt": "a"}, "#: required key [text_prompts] not found"),
    ],
)
def test_limits_of_the_endpoints(endpoint: str, body: dict[str, Any], problem: str) -> None:
    assert (endpoint_rule(endpoint).problem(body) or "").startswith(problem)


def test_an_endpoint_may_answer_in_lists_of_pixels() -> None:
    body = {"prompt": "a", "width": 16, "height": 8, "seed": 1}
    answer = endpoint_rule("e").answer(body, "application/json")
    (rows,) = answer["generated_images"]
    assert (len(rows), len(rows[0]), len(rows[0][0])) == (8, 16, 3)
