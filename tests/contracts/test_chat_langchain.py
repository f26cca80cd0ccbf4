"""LangChain's own fake chat models through the contract."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bozzetto.plugins import load
from bozzetto.ports import ChatModel
from bozzetto.testing.chat import ChatContract

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


def fake() -> BaseChatModel:
    from langchain_core.language_models.fake_chat_models import FakeListChatModel

    return FakeListChatModel(responses=["good morning to you too"])


def parrot() -> BaseChatModel:
    """One that does not stream."""
    from langchain_core.language_models.fake_chat_models import ParrotFakeChatModel

    return ParrotFakeChatModel()


class TestLangchain(ChatContract):
    @pytest.fixture(params=["fake", "parrot"])
    def chat(self, request: pytest.FixtureRequest, require: Callable[[str], Path]) -> ChatModel:
        require("langchain")
        rest = f"{__name__}:{request.param}"
        chat: ChatModel = load("chat", "langchain")(rest, environ={}, timeout=10.0)
        return chat
