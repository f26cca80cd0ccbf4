"""A real GGUF in this process through the contract."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bozzetto.plugins import load
from bozzetto.ports import ChatModel
from bozzetto.testing.chat import ChatContract


class TestGguf(ChatContract):
    @pytest.fixture
    def chat(self, require: Callable[[str], Path]) -> Iterator[ChatModel]:
        path = require("llm")
        chat: ChatModel = load("chat", "gguf")(str(path), environ={}, timeout=60.0)
        yield chat
        asyncio.run(chat.aclose())
