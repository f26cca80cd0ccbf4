"""Anthropic's Messages API against a server that refuses what the service refuses."""

import asyncio
import json
import time
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.adapters.chat.anthropic import SERVICE, VERSION, AnthropicChat, body_of, open_chat
from bozzetto.adapters.chat.anthropic_reading import MessageReading
from bozzetto.adapters.endpoint import Endpoint
from bozzetto.adapters.models import rows
from bozzetto.errors import BackendError, BozzettoError, SetupError
from bozzetto.ports import Lifecycle
from bozzetto.testing.anthropic_server import (
    KEY,
    MODELS,
    AnthropicServer,
    event,
    message,
    refusal,
)
from bozzetto.testing.chat import GREETING, collect
from bozzetto.testing.chat_server import HEAD, RESET, Step
from bozzetto.types import ChatEvent, ChatRequest, Delta, Finish, Message, Usage

HELLO = [Delta("good "), Delta("morning"), Usage(12, 5), Finish("stop")]
START = event("message_start", message={"usage": {"input_tokens": 12, "output_tokens": 1}})
STOP = event("message_stop")


def said(text: object) -> bytes:
    return event("content_block_delta", index=0, delta={"type": "text_delta", "text": text})


def ended(reason: str | None, **usage: int) -> bytes:
    return event("message_delta", delta={"stop_reason": reason}, usage=usage)


def ask(
    *turns: str | Sequence[Step],
    model: str = "claude-haiku-4-5",
    request: ChatRequest = GREETING,
    key: str = KEY,
    timeout: float = 5.0,
) -> tuple[list[ChatEvent], BozzettoError | None, AnthropicServer]:
    """The events of one answer, how it ended, and the server with what it was asked."""
    events: list[ChatEvent] = []

    async def keep(chat: AnthropicChat) -> None:
        async with aclosing(chat.stream(request)) as stream:
            async for one in stream:
                events.append(one)  # noqa: PERF401 - those before an error count

    with AnthropicServer(*turns) as server:
        environ = {"ANTHROPIC_BASE_URL": server.address, "ANTHROPIC_API_KEY": key}
        failure = None
        try:
            asyncio.run(keep(open_chat(model, environ=environ, timeout=timeout)))
        except BozzettoError as error:
            failure = error
    assert not failure or KEY not in f"{failure!r} {failure} {failure.hint}"
    return events, failure, server


def test_what_is_sent() -> None:
    request = ChatRequest(
        (
            Message("system", "Be brief."),
            Message("user", "{braces} %s"),
            Message("assistant", "Yes?"),
            Message("user", "a dog"),
        ),
        50,
        1.7,
        3,
        ("END", "\n"),
    )
    events, failure, server = ask("good morning", request=request)
    assert (events, failure, server.problems) == (HELLO, None, [])
    assert server.requests == [
        {
            "model": "claude-haiku-4-5",
            "max_tokens": 50,
            "messages": [
                {"role": "user", "content": "{braces} %s"},
                {"role": "assistant", "content": "Yes?"},
                {"role": "user", "content": "a dog"},
            ],
            "stream": True,
            "system": "Be brief.",
            "stop_sequences": ["END"],
            "temperature": 1.0,
        }
    ]
    head = server.heads[0]
    assert head[""] == "POST /v1/messages HTTP/1.1"
    assert (head["x-api-key"], head["anthropic-version"]) == (KEY, VERSION)
    assert "authorization" not in head


@pytest.mark.parametrize("model", MODELS)
def test_every_model_gets_what_it_takes(model: str) -> None:
    events, failure, server = ask("good morning", model=model)
    assert (events, failure) == (HELLO, None)
    known = model != "claude-opus-9"
    assert server.problems == ([] if known else ["`temperature` is deprecated for this model."])


def test_a_refused_field_is_not_sent_again_in_later_calls() -> None:
    with AnthropicServer() as server:
        environ = {"ANTHROPIC_BASE_URL": server.base, "ANTHROPIC_API_KEY": KEY}
        chat = open_chat("claude-opus-9", environ=environ, timeout=5.0)
        for _ in range(2):
            asyncio.run(collect(chat, GREETING))
    assert [sorted(body) for body in server.requests] == [
        ["max_tokens", "messages", "model", "stream", "system", "temperature"],
        ["max_tokens", "messages", "model", "stream", "system"],
        ["max_tokens", "messages", "model", "stream", "system"],
    ]


def test_who_must_think_gets_room_for_it() -> None:
    assert body_of("m", GREETING, {"effort": "low", "room": 2048})["max_tokens"] == 16 + 2048
    text = '"thinking.type.disabled" is not supported for this model.'
    refused = refusal(400, "invalid_request_error", text)
    events, failure, server = ask(refused, "good morning", model="claude-haiku-5-5")
    assert (events, failure) == (HELLO, None)
    assert [(b.get("thinking"), b["max_tokens"]) for b in server.requests] == [
        ({"type": "disabled"}, 16),
        (None, 16 + 2048),
    ]


@pytest.mark.parametrize(
    ("reason", "end"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "filtered"),
        ("pause_turn", "pause_turn"),
        ("\x1b[2J", "\\x1b[2J"),
    ],
)
def test_how_an_answer_ended(reason: str, end: str) -> None:
    events, failure, _ = ask([HEAD, *message("m", "good morning", reason=reason)])
    assert (events, failure) == ([*HELLO[:3], Finish(end)], None)


@pytest.mark.parametrize(
    "steps",
    [
        [START, said("good "), said("morning"), ended("end_turn", output_tokens=5), STOP],
        [START, said("good "), said("morning"), ended("end_turn", output_tokens=5)],
        [START, said("good "), said("morning"), ended("end_turn", output_tokens=5), RESET],
        [START, b": ping\n\n", event("ping"), event("new_thing", x=1), said("good "),
         event("content_block_delta", delta={"type": "new_delta", "text": "no"}),
         said("morning"), ended("end_turn", output_tokens=5), STOP, said("more")],
        [event("message_start", message={}), said("good "), said("morning"),
         ended("end_turn", input_tokens=10, cache_read_input_tokens=2, output_tokens=5), STOP],
        [event("content_block_start", content_block={"type": "text", "text": "good "}),
         said("morning"), ended("end_turn", input_tokens=12, output_tokens=5), STOP],
    ],
)  # fmt: skip
def test_a_stream_is_read_however_it_goes(steps: list[Step]) -> None:
    assert ask([HEAD, *steps])[:2] == (HELLO, None)


def test_an_answer_that_is_not_streamed_is_taken() -> None:
    body = {
        "type": "message",
        "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "a dog"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 3, "output_tokens": 2},
    }
    assert ask([HEAD, json.dumps(body).encode()])[:2] == (
        [Delta("a dog"), Usage(3, 2), Finish("stop")],
        None,
    )


def test_a_stream_that_just_ends_was_cut() -> None:
    events, failure, _ = ask([HEAD, START, said("good ")])
    assert (events, failure) == ([Delta("good "), Usage(12, 1), Finish("cut")], None)


@pytest.mark.parametrize("kind", ["overloaded_error", "api_error", "rate_limit_error"])
def test_a_failure_before_the_first_word_that_may_pass_is_tried_again(kind: str) -> None:
    broken = [HEAD, START, event("error", error={"type": kind, "message": "Overloaded"})]
    events, failure, server = ask(broken, "good morning")
    assert (events, failure, len(server.requests)) == (HELLO, None, 2)


def test_a_failure_in_the_middle_is_told() -> None:
    broken = event("error", error={"type": "overloaded_error", "message": "Overloaded"})
    events, failure, server = ask([HEAD, START, said("good "), 0.1, broken])
    assert events == [Delta("good ")]
    assert isinstance(failure, BackendError)
    assert failure.message.endswith("failed while answering: Overloaded")
    assert len(server.requests) == 1


def test_overload_and_rate_limits_are_waited_out() -> None:
    start = time.monotonic()
    busy = refusal(429, "rate_limit_error", "slower", "retry-after: 1")
    over = refusal(529, "overloaded_error", "Overloaded", "retry-after: 0")
    events, failure, server = ask(over, busy, "good morning")
    assert (events, failure, len(server.requests)) == (HELLO, None, 3)
    assert time.monotonic() - start > 1.4


def test_a_long_pause_is_told_instead() -> None:
    busy = refusal(429, "rate_limit_error", "slower", "retry-after: 3600")
    _, failure, server = ask(busy)
    assert isinstance(failure, BackendError)
    assert (failure.status, failure.retryable, len(server.requests)) == (429, True, 1)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (refusal(400, "invalid_request_error", "Your credit balance is too low"), "too low"),
        (refusal(402, "billing_error", "pay"), "answered 402: pay"),
        (refusal(413, "invalid_request_error", f"too long {KEY}"), "413: too long ***"),
        (refusal(400, "invalid_request_error", "a \x1b[31mred line"), "400: a"),
        ([HEAD, b"<html>log in</html>"], "sent a web page"),
        ([HEAD, b"data: [1]\n\n"], "sent JSON that is no answer"),
        ([HEAD, b'data: {"type": "content_block_delta"}\n\n'], "sent JSON that is no answer"),
        ([HEAD, said(7)], "sent JSON that is no answer"),
        ([HEAD, b'{"type": "list"}'], "sent JSON that is no answer"),
        ([HEAD, b'{"type": "message", "content": "x"}'], "sent JSON that is no answer"),
        ([HEAD, event("error", error={"type": "invalid_request_error", "message": "no"})], ": no"),
    ],
)
def test_what_goes_wrong_for_good_is_told_at_once(steps: list[Step], said: str) -> None:
    events, failure, server = ask(steps)
    assert events == []
    assert isinstance(failure, BackendError)
    assert said in failure.message
    assert "\x1b" not in failure.message
    assert len(server.requests) == 1


def test_an_empty_answer_is_tried_again() -> None:
    events, failure, server = ask([HEAD, START, STOP], "good morning")
    assert (events, failure, len(server.requests)) == (HELLO, None, 2)


def test_a_refused_key_and_an_unknown_model_are_matters_of_set_up() -> None:
    _, failure, _ = ask(key="sk-ant-wrong")
    assert isinstance(failure, SetupError)
    assert "refused the key in ANTHROPIC_API_KEY (401): invalid x-api-key" in failure.message
    _, failure, _ = ask(model="claude-2.0")
    assert isinstance(failure, SetupError)
    assert "has no model 'claude-2.0': model: claude-2.0" in failure.message


def test_silence_is_told() -> None:
    _, failure, _ = ask([HEAD, START, said("good "), 30.0], timeout=0.3)
    assert isinstance(failure, BackendError)
    assert failure.message.endswith("stopped in the middle of its answer: nothing for 0.3 s")


# -- set-up -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rest", "environ", "said"),
    [
        ("claude-haiku-4-5", {}, "ANTHROPIC_API_KEY is not set"),
        ("", {"ANTHROPIC_API_KEY": KEY}, "no model is named"),
        ("m", {"ANTHROPIC_API_KEY": "a\nb"}, "ANTHROPIC_API_KEY holds characters"),
        ("m", {"ANTHROPIC_BASE_URL": "https://u:secret@h"}, "carries a user name or password"),
    ],
)
def test_what_is_missing_is_named(rest: str, environ: dict[str, str], said: str) -> None:
    with pytest.raises(SetupError) as caught:
        open_chat(rest, environ=environ, timeout=1.0)
    assert said in caught.value.message
    assert "secret" not in caught.value.message
    assert caught.value.hint


def test_what_is_known_of_models() -> None:
    def features(model: str) -> tuple[str, bool, Lifecycle | None]:
        found = open_chat(model, environ={"ANTHROPIC_API_KEY": KEY}, timeout=1.0).features
        return found.name, found.seeds, found.lifecycle

    gone = Lifecycle("gone", "2025-07-21")
    legacy = Lifecycle("legacy", "2026-11-30", "claude-sonnet-4-6")
    assert features("claude-2.1") == ("anthropic:claude-2.1", False, gone)
    assert features("claude-sonnet-4-5-20250929")[2] == legacy
    assert features("claude-sonnet-4-6")[2] is None
    places = {row.lifecycle.instead for row in rows(SERVICE.vendor)} - {None}
    assert not [one for one in places for row in rows(SERVICE.vendor)
                if row.id == one and row.lifecycle.state != "active"]  # fmt: skip


def test_bodies_fit_the_vendors_own_model_of_them() -> None:
    types = pytest.importorskip("anthropic.types.message_create_params")
    pydantic = pytest.importorskip("pydantic")
    adapter = pydantic.TypeAdapter(types.MessageCreateParamsStreaming)
    bodies: Iterable[dict[str, Any]] = (
        body_of(row.id.replace("*", ""), replace(GREETING, stop=("END",)), row.more)
        for row in rows(SERVICE.vendor)
    )
    for body in bodies:
        assert adapter.validate_python(body)
        # The one field that the newest version of the API, which this model is of, took away.
        assert body.keys() - types.MessageCreateParamsStreaming.__annotations__.keys() - (
            types.MessageCreateParamsBase.__annotations__.keys()
        ) <= {"temperature"}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["type", "delta", "message", "content_block", "text", "usage", "error",
                         "stop_reason", "content", "input_tokens", "output_tokens"]),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip
_KINDS = st.sampled_from(
    ["message_start", "content_block_start", "content_block_delta", "message_delta", "message",
     "message_stop", "error", "ping", "text", "text_delta"]
)  # fmt: skip


_EVENTS = st.fixed_dictionaries(
    {"type": _KINDS},
    optional={
        name: _JSON | st.fixed_dictionaries({"type": _KINDS, "text": st.text(max_size=5)})
        for name in ("delta", "message", "content_block", "usage", "content", "error")
    },
)


@given(st.lists(_EVENTS, max_size=6))
def test_any_events_are_an_answer_or_one_clear_error(events: list[dict[str, object]]) -> None:
    reading = MessageReading(Endpoint("Anthropic", "http://h", "m", 1.0), 100)
    data = b"".join(f"data: {json.dumps(one)}\n\n".encode() for one in events)
    found: list[ChatEvent] = [Finish("told")]
    said = "Anthropic at http://h "
    try:
        found = [*reading.feed(data, last=True), *reading.end()]
    except BackendError as error:
        said = error.message
    assert said.startswith("Anthropic at http://h ")
    assert isinstance(found[-1], Finish)
    assert sum(isinstance(one, Finish) for one in found) == 1
    assert sum(isinstance(one, Usage) for one in found) <= 1
