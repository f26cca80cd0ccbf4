"""The contract of a chat model as tests to inherit, and a chat model that follows a script.

    class TestMine(ChatContract):
        @pytest.fixture
        def chat(self) -> ChatModel:
            return open_mine("a-model", environ={...}, timeout=10)

The model behind it must answer something to a greeting; what it says does not matter.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence

from bozzetto.ports import ChatFeatures, ChatModel
from bozzetto.types import ChatEvent, ChatRequest, Delta, Finish, Message, Usage

__all__ = ["GREETING", "ChatContract", "ScriptedChat", "collect"]

GREETING = ChatRequest(
    messages=(Message("system", "Answer in a few words."), Message("user", "Good morning!")),
    max_tokens=16,
    temperature=0.0,
    seed=7,
)
"""A short request that every chat model can answer."""

Script = Callable[[ChatRequest], str | Exception]


async def collect(chat: ChatModel, request: ChatRequest) -> list[ChatEvent]:
    """All the events of one answer."""
    return [event async for event in chat.stream(request)]


class ScriptedChat:
    """A chat model that says what a function makes of the request, piece by piece.

    A real implementation of the port, for tests, demonstrations and replays: it streams,
    keeps to `max_tokens` (a word counts as one), answers equal requests alike, and raises
    what the function returns as an exception. `asked` holds the requests, in order.
    """

    def __init__(
        self, script: Script | Sequence[str], *, name: str = "scripted:", delay: float = 0.0
    ) -> None:
        self._script = script if callable(script) else _in_turn(script)
        self._name = name
        self._delay = delay
        self.asked: list[ChatRequest] = []
        self.cancelled = 0

    @property
    def features(self) -> ChatFeatures:
        """What the model is."""
        return ChatFeatures(name=self._name)

    def stream(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        """Stream the scripted answer; `delay` seconds pass before each word."""
        return self._stream(request)

    async def _stream(self, request: ChatRequest) -> AsyncGenerator[ChatEvent]:
        self.asked.append(request)
        answer = self._script(request)
        if isinstance(answer, Exception):
            raise answer
        pieces = answer.split(" ")
        said = pieces[: request.max_tokens]
        try:
            for number, piece in enumerate(said):
                await asyncio.sleep(self._delay)
                yield Delta(piece if number == 0 else f" {piece}")
        except (asyncio.CancelledError, GeneratorExit):
            self.cancelled += 1
            raise
        yield Usage(sum(len(m.content.split()) for m in request.messages), len(said))
        yield Finish("stop" if said == pieces else "length")

    async def aclose(self) -> None:
        """Nothing is held."""


def _in_turn(answers: Sequence[str]) -> Script:
    """Answers by seed, so that concurrent calls get the same ones in every run."""
    return lambda request: answers[(request.seed or 0) % len(answers)]


class ChatContract:
    """What every chat model does. A subclass gives a fixture `chat`."""

    def test_features_name_it_by_scheme_and_model(self, chat: ChatModel) -> None:
        """The name is what a candidate is signed with."""
        scheme, colon, _ = chat.features.name.partition(":")
        assert scheme
        assert colon

    def test_an_answer_is_deltas_then_one_finish(self, chat: ChatModel) -> None:
        """Text first, usage at most once, the end last and once."""
        events = asyncio.run(collect(chat, GREETING))
        kinds = [type(event) for event in events]
        assert kinds[-1] is Finish
        assert kinds.count(Finish) == 1
        assert kinds.count(Usage) <= 1
        deltas = [event.text for event in events if isinstance(event, Delta)]
        assert all(deltas)
        assert "".join(deltas).encode()

    def test_it_serves_one_event_loop_after_another(self, chat: ChatModel) -> None:
        """Synchronous callers run a loop a call; nothing may belong to the first."""
        first, second = (asyncio.run(collect(chat, GREETING)) for _ in range(2))
        assert isinstance(first[-1], Finish)
        assert isinstance(second[-1], Finish)

    def test_answers_come_side_by_side(self, chat: ChatModel) -> None:
        """Several streams of one object do not disturb one another."""

        async def three() -> list[list[ChatEvent]]:
            return await asyncio.gather(*(collect(chat, GREETING) for _ in range(3)))

        assert [type(events[-1]) for events in asyncio.run(three())] == [Finish] * 3

    def test_equal_seeds_give_equal_answers_where_it_seeds(self, chat: ChatModel) -> None:
        """Only models that say so are held to it."""
        if chat.features.seeds:
            first, second = (asyncio.run(collect(chat, GREETING)) for _ in range(2))
            assert _text(first) == _text(second)

    def test_a_stream_can_be_left_early(self, chat: ChatModel) -> None:
        """Leaving frees what the call held; the next one works."""

        async def leave() -> None:
            stream = chat.stream(GREETING)
            await anext(stream)
            if isinstance(stream, AsyncGenerator):
                await stream.aclose()

        asyncio.run(leave())
        assert isinstance(asyncio.run(collect(chat, GREETING))[-1], Finish)

    def test_closing_twice_is_fine(self, chat: ChatModel) -> None:
        """So that callers need not remember."""

        async def close() -> None:
            await chat.aclose()
            await chat.aclose()

        asyncio.run(close())


def _text(events: Sequence[ChatEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))
