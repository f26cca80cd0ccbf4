"""Bedrock's chat models by boto3's client against a loopback server that is good or bad."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

import pytest

from bozzetto.adapters.chat.bedrock import BedrockChat, open_chat
from bozzetto.adapters.chat.bedrock_bodies import BODIES
from bozzetto.adapters.chat.bedrock_takes import Takes, takes_of, taught
from bozzetto.adapters.models import rows
from bozzetto.errors import BackendError, BozzettoError, SetupError
from bozzetto.ports import ChatFeatures, Lifecycle
from bozzetto.testing.aws_server import (
    CUT,
    END,
    FILTERED,
    TOKEN,
    AwsServer,
    Delay,
    Events,
    Fault,
    Midway,
    Reply,
    Step,
)
from bozzetto.testing.chat import GREETING, collect
from bozzetto.types import ChatEvent, ChatRequest, Delta, Finish, Message, Usage

CLAUDE = "us.anthropic.claude-sonnet-4-6"
OPUS = "anthropic.claude-opus-4-7"
TITAN = "amazon.titan-text-express-v1"
TITAN_LARGE = "amazon.titan-tg1-large"
JURASSIC = "ai21.j2-mid-v1"
COMMAND = "cohere.command-text-v14"
MISTRAL = "mistral.mistral-7b-instruct-v0:2"

ANSWER = "Good morning to you too."
WORDS = [Delta("Good"), Delta(" morning"), Delta(" to"), Delta(" you"), Delta(" too.")]
STREAMED = [*WORDS, Usage(7, 5), Finish("stop")]
WHOLE = [Delta(ANSWER), Usage(7, 5), Finish("stop")]


@pytest.fixture(autouse=True)
def aws(require: Callable[[str], object]) -> None:
    require("aws")


@pytest.fixture
def server() -> Iterator[AwsServer]:
    with AwsServer(gone=("anthropic.claude-v2",)) as running:
        yield running


def open_model(server: AwsServer, model: str = CLAUDE, timeout: float = 20.0) -> BedrockChat:
    return open_chat(model, environ=server.environ, timeout=timeout)


def ask(chat: BedrockChat, request: ChatRequest = GREETING) -> list[ChatEvent]:
    return asyncio.run(collect(chat, request))


def asked(server: AwsServer) -> list[str]:
    return [call.operation for call in server.calls]


def test_features_tell_what_is_known_of_the_model(server: AwsServer) -> None:
    assert open_model(server).features == ChatFeatures(
        name=f"bedrock:{CLAUDE}", seeds=False, fixed=True, lifecycle=Lifecycle("active")
    )
    old = open_model(server, "eu.anthropic.claude-3-haiku-20240307-v1:0").features.lifecycle
    assert old == Lifecycle("gone", "2026-09-10", "anthropic.claude-haiku-4-5-20251001-v1:0")
    assert open_model(server, "newest.model-v1").features.lifecycle is None


@pytest.mark.parametrize(
    ("model", "events", "calls"),
    [
        (CLAUDE, STREAMED, ["ConverseStream"]),
        (OPUS, STREAMED, ["ConverseStream"]),
        (TITAN, STREAMED, ["ConverseStream"]),
        (MISTRAL, STREAMED, ["ConverseStream"]),
        (COMMAND, STREAMED, ["InvokeModelWithResponseStream"]),
        (JURASSIC, WHOLE, ["InvokeModel"]),
        (TITAN_LARGE, WHOLE, ["ConverseStream", "InvokeModel"]),
    ],
)
def test_each_model_is_called_as_it_can_be(
    server: AwsServer, model: str, events: list[ChatEvent], calls: list[str]
) -> None:
    assert ask(open_model(server, model)) == events
    assert asked(server) == calls


def test_what_is_asked_is_sent_as_converse_has_it(server: AwsServer) -> None:
    request = ChatRequest(
        (Message("system", "Be brief."), Message("user", "Hello"), Message("user", "there")),
        max_tokens=9,
        temperature=1.7,
        stop=("\n\n",),
        seed=3,
    )
    ask(open_model(server), request)
    assert dict(server.calls[0].body) == {
        "messages": [{"role": "user", "content": [{"text": "Hello\n\nthere"}]}],
        "system": [{"text": "Be brief."}],
        "inferenceConfig": {"maxTokens": 9, "temperature": 1.0, "stopSequences": ["\n\n"]},
    }


def test_a_model_without_system_prompts_has_it_before_the_question(server: AwsServer) -> None:
    ask(open_model(server, TITAN))
    assert dict(server.calls[0].body) == {
        "messages": [
            {
                "role": "user",
                "content": [{"text": "Answer in a few words.\n\nGood morning!"}],
            }
        ],
        "inferenceConfig": {"maxTokens": 16, "temperature": 0.0},
    }


def test_a_body_of_its_own_has_one_prompt(server: AwsServer) -> None:
    turns = (*GREETING.messages, Message("assistant", "Hello."), Message("user", "And you?"))
    ask(open_model(server, JURASSIC), ChatRequest(turns, max_tokens=9000, stop=("##",)))
    assert dict(server.calls[0].body) == {
        "prompt": "Answer in a few words.\n\nUser: Good morning!\n\nAssistant: Hello.\n\n"
        "User: And you?\n\nAssistant:",
        "maxTokens": 8191,
        "temperature": 0.8,
        "stopSequences": ["##"],
    }


def test_an_answer_ends_at_its_limit(server: AwsServer) -> None:
    short = ChatRequest(GREETING.messages, max_tokens=2)
    assert ask(open_model(server), short)[-1] == Finish("length")
    assert ask(open_model(server, JURASSIC), short)[-1] == Finish("length")
    assert ask(open_model(server, COMMAND), short)[-1] == Finish("length")
    assert ask(open_model(server, TITAN_LARGE), short)[-1] == Finish("length")


# What a model does not take


REFUSALS = (
    ("This model doesn't support system messages. Try again without a system message or use a "
     "model that supports system messages.", {"system": False}),
    ("This model doesn't support conversation history. Try again with input that only includes "
     "one user message.", {"turns": False}),
    ("The model returned the following errors: Malformed input request: string [\n] does not "
     "match pattern ^(\\|+|User:)$, please reformat your input and try again.", {"stop": False}),
    ("This model doesn't support the stopSequences field. Remove stopSequences and try again.",
     {"stop": False}),
    ("The model returned the following errors: `temperature` is deprecated for this model.",
     {"temperature": False}),
    ("The model is unsupported for streaming.", {"api": "converse"}),
    ("The maximum tokens you requested exceeds the model limit of 4096. Try again with a maximum "
     "tokens value that is lower than 4096.", {"tokens": 4095}),
)  # fmt: skip


@pytest.mark.parametrize(("words", "change"), REFUSALS)
def test_a_refusal_teaches_what_a_model_does_not_take(words: str, change: dict[str, Any]) -> None:
    learnt = Takes(**change)
    assert taught(Takes(), words) == learnt
    assert taught(learnt, words) in (None, Takes(**{**change, "tokens": 4095}))
    assert change.get("tokens") or taught(learnt, words) is None


def test_a_refusal_that_teaches_nothing_is_told(server: AwsServer) -> None:
    words = "The model returned the following errors: the weather is bad"
    assert taught(Takes(), words) is None
    server.plan(Fault("ValidationException", words))
    with pytest.raises(BackendError, match="the weather is bad") as caught:
        ask(open_model(server))
    assert not caught.value.retryable
    assert asked(server) == ["ConverseStream"]


def test_an_unknown_model_is_tried_and_remembered(server: AwsServer) -> None:
    model = open_model(server, "example.newcomer-v1:0")
    assert ask(model) == WHOLE
    assert ask(model) == WHOLE
    assert asked(server) == ["ConverseStream", "Converse", "Converse", "Converse"]
    assert "system" not in server.calls[-1].body


def test_every_row_of_the_table_is_a_way_to_call() -> None:
    found = [row for row in rows("bedrock") if row.kind == "chat"]
    assert len(found) > 20
    for row in found:
        takes = takes_of(row.id.replace("*", "x"))
        assert takes.api in ("converse-stream", "converse", "invoke-stream", "invoke")
        assert takes.body in ({*BODIES} if takes.api.startswith("invoke") else {"", *BODIES})


# Streams that end badly


def text(word: str) -> tuple[str, Any]:
    return "contentBlockDelta", {"delta": {"text": word}, "contentBlockIndex": 0}


STOPPED = ("messageStop", {"stopReason": "end_turn"})


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (FILTERED, [Delta("Sorry"), Usage(7, 1), Finish("filtered")]),
        (Midway(2, END), [Delta("Good"), Finish("cut")]),
        (
            Events((("messageStop", {"stopReason": "guardrail_intervened"}),)),
            [Finish("filtered")],
        ),
        (Events((text("a"), ("messageStop", {"stopReason": "new\x1b"}))), [
            Delta("a"), Finish("new\\x1b"),
        ]),
        (
            Events((
                ("contentBlockDelta", {"delta": {"reasoningContent": {"text": "hm"}}}),
                text("a"),
                STOPPED,
            )),
            [Delta("a"), Finish("stop")],
        ),
        (
            Events((text("a"), STOPPED, ("metadata", {"usage": {"inputTokens": -1}}))),
            [Delta("a"), Finish("stop")],
        ),
        (Events((text("\ud83d"), STOPPED)), [Delta("\ufffd"), Finish("stop")]),
        (Events((text("x" * 300), text("y"))), [Delta("x" * 192), Finish("length")]),
        # An end was announced already.
        (Midway(8, CUT), [*WORDS, Finish("stop")]),
        (Midway(8, Fault("internalServerException", "too late")), [*WORDS, Finish("stop")]),
    ],
)  # fmt: skip
def test_how_an_answer_ends(server: AwsServer, step: Step, expected: list[ChatEvent]) -> None:
    server.plan(step)
    assert ask(open_model(server)) == expected


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Midway(3, CUT), "broke off in the middle of its answer"),
        (Midway(3, Fault("modelStreamErrorException", "odd")), "odd .ModelStreamErrorException."),
        (Midway(3, Fault("throttlingException", "slowly")), "slowly .ThrottlingException."),
        (Midway(3, Fault("serviceUnavailableException", "no")), "no .ServiceUnavailableException."),
    ],
)
def test_what_breaks_in_the_middle_is_told_and_not_tried_again(
    server: AwsServer, step: Step, words: str
) -> None:
    server.plan(step)
    with pytest.raises(BackendError, match=words):
        ask(open_model(server))
    assert asked(server) == ["ConverseStream"]


@pytest.mark.parametrize(
    "step",
    [
        Fault("ThrottlingException", "Too many requests"),
        Fault("ServiceUnavailableException", "later"),
        Fault("ModelNotReadyException", "cold"),
        Midway(0, Fault("throttlingException", "slowly")),
        Midway(0, CUT),
        Events(()),
    ],
)
def test_what_passes_is_tried_again_before_the_first_word(server: AwsServer, step: Step) -> None:
    server.plan(step)
    assert ask(open_model(server)) == STREAMED
    assert len(server.calls) == 2


@pytest.mark.parametrize("said", [(), (text("a"),)])
def test_thoughts_without_end_are_left(server: AwsServer, said: tuple[Any, ...]) -> None:
    thought = ("contentBlockDelta", {"delta": {"reasoningContent": {"text": "h" * 1_000_000}}})
    server.plan(Events((*said, *[thought] * 9, text("b"), STOPPED)))
    if said:
        assert ask(open_model(server)) == [Delta("a"), Finish("length")]
        return
    with pytest.raises(BackendError, match="sent more than an answer can be"):
        ask(open_model(server))


def test_a_region_that_cannot_be_reached_is_told_how_to_change(server: AwsServer) -> None:
    names = [name for name in server.environ if name.startswith("AWS_ENDPOINT_URL")]
    environ = {**server.environ, **dict.fromkeys(names, "http://127.0.0.1:9")}
    with pytest.raises(BackendError, match="Could not connect to the endpoint URL") as caught:
        ask(open_chat(CLAUDE, environ=environ, timeout=5.0))
    assert "AWS_REGION" in (caught.value.hint or "")


def test_a_damaged_frame_is_no_answer(server: AwsServer) -> None:
    server.plan(Reply(b"\0\0\0\x20 this is no event stream, whatever it says of itself"))
    with pytest.raises(BackendError, match="sent a damaged stream"):
        ask(open_model(server))


@pytest.mark.parametrize("step", [Delay(30), Midway(0, Delay(30)), Midway(3, Delay(30))])
def test_a_silent_service_is_left(server: AwsServer, step: Step) -> None:
    server.plan(step)
    begun = time.monotonic()
    with pytest.raises(BackendError, match=r"nothing for 0\.3 s"):
        ask(open_model(server, timeout=0.3))
    assert time.monotonic() - begun < 10
    assert len(server.calls) == 1


def test_a_word_is_there_before_the_next_one_is_written(server: AwsServer) -> None:
    server.plan(Midway(2, Delay(30)))

    async def first() -> ChatEvent:
        stream = open_model(server).stream(GREETING)
        assert isinstance(stream, AsyncGenerator)
        found = await anext(stream)
        await stream.aclose()
        return found

    begun = time.monotonic()
    assert asyncio.run(first()) == Delta("Good")
    assert time.monotonic() - begun < 10
    assert server.wait_left(1), "the connection is closed when the stream is left"


def test_a_call_under_way_can_be_left(server: AwsServer) -> None:
    server.plan(Midway(0, Delay(30)))

    async def leave() -> None:
        task = asyncio.create_task(collect(open_model(server), GREETING))
        while not server.calls:
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    begun = time.monotonic()
    asyncio.run(leave())
    assert time.monotonic() - begun < 10
    assert server.wait_left(1)


# What whoever set it up can mend


@pytest.mark.parametrize(
    ("fault", "words", "hint"),
    [
        (
            Fault("AccessDeniedException", "You don't have access to the model"),
            "refuses the model '.*': You don't have access to the model",
            "Model catalog",
        ),
        (
            Fault(
                "ResourceNotFoundException",
                "Access denied. This Model is marked by provider as Legacy and you have not been "
                "actively using the model in the last 30 days.",
            ),
            "marked by provider as Legacy",
            "list-foundation-models",
        ),
        (
            Fault(
                "ValidationException",
                f"Invocation of model ID {CLAUDE} with on-demand throughput isn't supported. Retry "
                "your request with the ID or ARN of an inference profile that contains this model.",
            ),
            "on-demand throughput isn't supported",
            "list-inference-profiles",
        ),
        (
            Fault("ValidationException", "The provided model identifier is invalid."),
            "The provided model identifier is invalid",
            "AWS_REGION",
        ),
    ],
)
def test_what_can_be_mended_is_said(server: AwsServer, fault: Fault, words: str, hint: str) -> None:
    server.plan(fault)
    with pytest.raises(SetupError, match=words) as caught:
        ask(open_model(server))
    assert hint in (caught.value.hint or "")


def test_a_model_at_its_end_is_named(server: AwsServer) -> None:
    with pytest.raises(SetupError, match=r"'anthropic\.claude-v2'.*end of its life"):
        ask(open_model(server, "anthropic.claude-v2"))


@pytest.mark.parametrize("rest", ["", "  "])
def test_a_model_must_be_named(server: AwsServer, rest: str) -> None:
    with pytest.raises(SetupError, match="no model is named"):
        open_model(server, rest)


def test_no_key_is_told(server: AwsServer) -> None:
    environ = {**server.environ, "AWS_SECRET_ACCESS_KEY": "hush-hush"}
    chat = open_chat(CLAUDE, environ=environ, timeout=5.0)
    with pytest.raises(BozzettoError) as caught:
        ask(chat)
    shown = f"{caught.value.message} {caught.value.hint} {chat!r} {chat.features}"
    assert "hush-hush" not in shown
    assert "does not accept the credentials" in caught.value.message


def test_an_api_key_goes_over_https_alone(server: AwsServer) -> None:
    environ = {**server.environ, "AWS_BEARER_TOKEN_BEDROCK": TOKEN}
    with pytest.raises(SetupError, match="requires an HTTPS endpoint") as caught:
        ask(open_chat(CLAUDE, environ=environ, timeout=5.0))
    assert TOKEN not in caught.value.message
