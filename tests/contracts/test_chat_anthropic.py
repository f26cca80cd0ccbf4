"""Anthropic's models through the contract, against a server that the vendor's client takes too."""

from collections.abc import Iterator

import pytest

from bozzetto.adapters.chat.anthropic import open_chat
from bozzetto.ports import ChatModel
from bozzetto.testing.anthropic_server import KEY, AnthropicServer
from bozzetto.testing.chat import ChatContract


class TestAnthropic(ChatContract):
    @pytest.fixture(params=["claude-haiku-4-5", "claude-opus-5-5"])
    def chat(self, request: pytest.FixtureRequest) -> Iterator[ChatModel]:
        with AnthropicServer("good morning to you too") as server:
            environ = {"ANTHROPIC_BASE_URL": server.address, "ANTHROPIC_API_KEY": KEY}
            yield open_chat(request.param, environ=environ, timeout=10.0)
            assert server.problems == []
