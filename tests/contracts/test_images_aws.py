"""Bedrock and SageMaker through the contract: boto3's own client against a loopback server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from bozzetto.plugins import load
from bozzetto.ports import ImageGenerator
from bozzetto.testing.aws_server import AwsServer
from bozzetto.testing.images import ImageContract

NAMES = (
    ("bedrock", "stability.stable-diffusion-xl-v1"),
    ("bedrock", "us.stability.sd3-5-large-v1:0"),
    ("bedrock", "stability.stable-image-core-v1:1"),
    ("bedrock", "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-image-generator-v2:0"),
    ("bedrock", "amazon.nova-canvas-v1:0"),
    ("sagemaker", "jumpstart-txt2img"),
    ("sagemaker", "sdxl@jumpstart-sdxl"),
)


@pytest.fixture(scope="module")
def server() -> Iterator[AwsServer]:
    with AwsServer() as running:
        yield running


@pytest.fixture(scope="module")
def opened() -> dict[str, ImageGenerator]:
    """Each is opened once: boto3 takes its time, and one that was closed serves again."""
    return {}


@pytest.mark.parametrize("images", NAMES, indirect=True, ids=[":".join(name) for name in NAMES])
class TestAws(ImageContract):
    @pytest.fixture
    def images(
        self,
        request: pytest.FixtureRequest,
        server: AwsServer,
        opened: dict[str, ImageGenerator],
        require: Callable[[str], object],
    ) -> ImageGenerator:
        require("aws")
        scheme, rest = request.param
        if rest not in opened:
            opened[rest] = load("images", scheme)(rest, environ=server.environ, timeout=20.0)
        return opened[rest]
