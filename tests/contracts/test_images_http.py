"""The image generators behind an HTTP API through the contract, on servers of this machine."""

from collections.abc import Iterator

import pytest

from bozzetto.plugins import load
from bozzetto.ports import ImageGenerator
from bozzetto.testing.a1111_server import A1111Server
from bozzetto.testing.image_servers import OpenAIServer, StabilityServer
from bozzetto.testing.images import ImageContract

KEY = "sk-canary-1234567890"


class TestA1111(ImageContract):
    @pytest.fixture
    def images(self) -> Iterator[ImageGenerator]:
        with A1111Server() as server:
            yield load("images", "a1111")(server.address, environ={}, timeout=10.0)


class TestSdnextWithAPassword(ImageContract):
    @pytest.fixture
    def images(self) -> Iterator[ImageGenerator]:
        with A1111Server(auth="me:canary", like="sdnext") as server:
            environ = {"A1111_BASE_URL": server.address, "A1111_AUTH": "me:canary"}
            yield load("images", "a1111")("", environ=environ, timeout=10.0)


class TestStability(ImageContract):
    @pytest.fixture(params=["core", "ultra", "sd3.5-large", "sd3.5-large-turbo"])
    def images(self, request: pytest.FixtureRequest) -> Iterator[ImageGenerator]:
        with StabilityServer(key=KEY) as server:
            environ = {"STABILITY_BASE_URL": server.address, "STABILITY_API_KEY": KEY}
            yield load("images", "stability")(request.param, environ=environ, timeout=10.0)


class TestOpenAI(ImageContract):
    @pytest.fixture(params=["dall-e-2", "dall-e-3", "gpt-image-1", "gpt-image-2"])
    def images(self, request: pytest.FixtureRequest) -> Iterator[ImageGenerator]:
        with OpenAIServer(key=KEY) as server:
            environ = {"OPENAI_BASE_URL": f"{server.address}/v1", "OPENAI_API_KEY": KEY}
            yield load("images", "openai")(request.param, environ=environ, timeout=10.0)


class TestLocalAI(ImageContract):
    @pytest.fixture
    def images(self) -> Iterator[ImageGenerator]:
        with OpenAIServer(compatible=True) as server:
            rest = f"sd-1.5@{server.address}/v1"
            yield load("images", "openai")(rest, environ={}, timeout=10.0)
