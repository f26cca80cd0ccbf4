"""LangChain's own fake chat models through the contract."""

import pytest

from bozzetto.plugins import load
from bozzetto.ports import ChatModel
from bozzetto.testing.chat import ChatContract

pytest.importorskip("langchain_core")

from langchain_core.language_models.fake_chat_models import FakeListChatModel, ParrotFakeChatModel


def fake() -> FakeListChatModel:
    return FakeListChatModel(responses=["good morning to you too"])


def parrot() -> ParrotFakeChatModel:
    """One that does not stream."""
    return ParrotFakeChatModel()


class TestLangchain(ChatContract):
    @pytest.fixture(params=["fake", "parrot"])
    def chat(self, request: pytest.FixtureRequest) -> ChatModel:
        rest = f"{__name__}:{request.param}"
        chat: ChatModel = load("chat", "langchain")(rest, environ={}, timeout=10.0)
        return chat
