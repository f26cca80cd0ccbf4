"""The stand-in for Amazon's services refuses what the services refuse, in their form."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from bozzetto.testing.aws_rules import endpoint_rule, model_rule
from bozzetto.testing.aws_server import AwsServer, Delay, Fault

SDXL = "stability.stable-diffusion-xl-v1"
SD35 = "stability.sd3-5-large-v1:0"
TITAN = "amazon.titan-image-generator-v2:0"
CANVAS = "amazon.nova-canvas-v1:0"

SIGNED = (
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-west-2/bedrock/aws4_request, "
    f"SignedHeaders=content-type;host;x-amz-date, Signature={'0' * 64}"
)


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
    server: AwsServer, path: str, body: object, **headers: str
) -> tuple[int, str, dict[str, Any]]:
    """Status, error type and answer of a call."""
    sent = {
        "Authorization": SIGNED,
        "Content-Type": "application/json",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    request = urllib.request.Request(
        server.address + path, json.dumps(body).encode(), sent, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, "", json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            kind = error.headers.get("x-amzn-ErrorType", "").partition(":")[0]
            return error.code, kind, json.load(error)


def test_a_good_call_is_answered(server: AwsServer) -> None:
    status, _, answer = post(server, f"/model/{TITAN}/invoke", amazon({"seed": 1}))
    assert (status, sorted(answer), len(answer["images"])) == (200, ["error", "images"], 1)


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        (
            f"/model/{TITAN}/invoke",
            {"Authorization": ""},
            (403, "MissingAuthenticationTokenException"),
        ),
        (
            f"/model/{TITAN}/invoke",
            {"Authorization": SIGNED.replace("/bedrock/", "/s3/")},
            (403, "MissingAuthenticationTokenException"),
        ),
        (
            f"/model/{TITAN}/invoke",
            {"Authorization": SIGNED.replace("AKIDEXAMPLE", "AKIDOTHER")},
            (403, "UnrecognizedClientException"),
        ),
        (
            f"/model/{TITAN}/invoke",
            {"X_Amz_Security_Token": "expired"},
            (403, "ExpiredTokenException"),
        ),
        (f"/model/{TITAN}/invoke", {"Content_Type": "text/plain"}, (400, "ValidationException")),
        (f"/model/{TITAN}/invoke", {"Accept": "image/png"}, (400, "ValidationException")),
        ("/model/amazon.titan-image-generator-v1/invoke", {}, (404, "ResourceNotFoundException")),
        ("/model/nobody.nothing-v1/invoke", {}, (400, "ValidationException")),
        ("/model/x/converse", {}, (404, "UnknownOperationException")),
    ],
)
def test_a_bad_call_is_refused(
    server: AwsServer, path: str, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    assert post(server, path, amazon({"seed": 1}), **headers)[:2] == expected


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
    status, kind, answer = post(
        server,
        "/endpoints/e/invocations",
        {},
        Authorization=SIGNED.replace("/bedrock/", "/sagemaker/"),
    )
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
