import asyncio

import pytest

from bozzetto.errors import BackendError
from bozzetto.testing.chat import GREETING, ScriptedChat, collect
from bozzetto.types import ChatEvent, ChatRequest, Delta, Finish, Usage


def said(chat: ScriptedChat, request: ChatRequest = GREETING) -> list[ChatEvent]:
    return asyncio.run(collect(chat, request))


def test_a_script_by_seed_is_streamed_word_by_word() -> None:
    chat = ScriptedChat(["zero", "one two"], name="fake:x")
    assert said(chat) == [Delta("one"), Delta(" two"), Usage(7, 2), Finish("stop")]
    assert chat.features.name == "fake:x"
    assert chat.asked == [GREETING]


def test_a_script_by_function_may_raise() -> None:
    chat = ScriptedChat(lambda request: BackendError(f"no {request.seed}"))
    with pytest.raises(BackendError, match="no 7"):
        said(chat)


def test_long_answers_end_at_the_cap() -> None:
    events = said(ScriptedChat(["a " * 100]))
    assert events[-1] == Finish("length")
    assert len(events) == GREETING.max_tokens + 2
