"""Every chat adapter through the contract; the one for llama.cpp against a real server."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bozzetto import profiles
from bozzetto.adapters.chat.openai import SERVICES, open_service
from bozzetto.errors import SetupError
from bozzetto.optimize.brief import make_brief
from bozzetto.optimize.check import intent
from bozzetto.optimize.stats import LibraryStats
from bozzetto.optimize.write import write
from bozzetto.plugins import load, names
from bozzetto.ports import ChatModel
from bozzetto.testing.chat import GREETING, ChatContract, ScriptedChat, collect
from bozzetto.types import Delta, Finish, Hit, Usage

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def address(require: Callable[[str], Path]) -> Iterator[str]:
    """The API of a llama.cpp server with a 135M model, on one thread of this machine."""
    model = require("llm")
    command = [sys.executable, str(ROOT / "bench" / "llama.py"), str(model), "--slots", "3"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdin
        assert server.stdout
        try:
            yield server.stdout.readline().strip()
        finally:
            server.stdin.close()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()


class TestScripted(ChatContract):
    @pytest.fixture
    def chat(self) -> ChatModel:
        return ScriptedChat(["good morning to you too"])


class TestLlamaServer(ChatContract):
    @pytest.fixture
    def chat(self, address: str) -> ChatModel:
        return open_service("llamacpp", "", environ={"LLAMACPP_BASE_URL": address}, timeout=60.0)

    def test_it_counts_and_stops_at_the_cap(self, chat: ChatModel) -> None:
        events = asyncio.run(collect(chat, GREETING))
        assert isinstance(events[0], Delta)
        usage = next(event for event in events if isinstance(event, Usage))
        assert 0 < usage.output_tokens <= GREETING.max_tokens
        assert events[-1] in (Finish("stop"), Finish("length"))

    def test_a_bad_writer_does_no_harm(self, chat: ChatModel) -> None:
        idea = "a small dog in the rain"
        looks = ("watercolor, soft light", "oil painting, dusk", "pencil sketch, fog")
        texts = [f"a {thing}, {look}" for thing in ("cat", "car") for look in looks]
        hits = [Hit(f"h{i}", text, None, 1.0, "test", 0) for i, text in enumerate(texts)]
        brief = make_brief(idea, language="en", profile=profiles.load("sdxl"))
        work = write(brief, hits, LibraryStats.build(texts), chat, n=2, seed=1, timeout=60.0)
        written = asyncio.run(work)
        assert written.degraded is None
        assert len(written.candidates) == 2
        for candidate in written.candidates:
            assert intent(idea, candidate.prompt).kept
            assert candidate.tokens["clip"] <= 75
            assert candidate.chat in ("compose", "llamacpp:default")


def test_every_entry_point_for_chat_is_a_row_and_opens_it() -> None:
    assert set(names("chat")) >= set(SERVICES)
    for scheme, service in SERVICES.items():
        environ = {service.key_variable: "k", service.address_variable: "https://h.test"}
        chat = load("chat", scheme)("tiny", environ=environ, timeout=1.0)
        assert chat.features.name == f"{scheme}:tiny"


def test_a_service_that_needs_a_key_says_which() -> None:
    with pytest.raises(SetupError, match="OPENAI_API_KEY"):
        load("chat", "openai")("tiny", environ={}, timeout=1.0)
