"""SageMaker's text models by boto3's client against a loopback server that is good or bad."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.adapters.chat.sagemaker import SageMakerChat, open_chat
from bozzetto.adapters.chat.sagemaker_kinds import KINDS, kind_of
from bozzetto.adapters.chat.sagemaker_reading import Parts, take_whole
from bozzetto.adapters.chat.written import Written
from bozzetto.errors import BackendError, SetupError
from bozzetto.ports import ChatFeatures
from bozzetto.testing.aws_server import (
    CUT,
    END,
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

FALCON = "jumpstart-dft-hf-llm-falcon-7b-instruct-bf16"
LLAMA2 = "jumpstart-dft-meta-textgeneration-llama-2-7b-f"
FLAN = "jumpstart-dft-hf-text2text-flan-t5-xl"
BLOOMZ = "jumpstart-dft-hf-textgeneration1-bloomz-7b1"
COHERE = "cohere-command-medium"
JURASSIC = "j2-mid"
VLLM = "messages@my-vllm"

WORDS = [Delta("Good"), Delta(" morning"), Delta(" to"), Delta(" you"), Delta(" too.")]
TEXT = "Good morning to you too."
PLAIN = "Answer in a few words.\n\nGood morning!"


@pytest.fixture(autouse=True)
def aws(require: Callable[[str], object]) -> None:
    require("aws")


@pytest.fixture
def server() -> Iterator[AwsServer]:
    with AwsServer(gone=("gone",)) as running:
        yield running


def open_endpoint(server: AwsServer, rest: str = FALCON, timeout: float = 20.0) -> SageMakerChat:
    return open_chat(rest, environ=server.environ, timeout=timeout)


def ask(chat: SageMakerChat, request: ChatRequest = GREETING) -> list[ChatEvent]:
    return asyncio.run(collect(chat, request))


def test_features(server: AwsServer) -> None:
    """An endpoint may have another model tomorrow under the same name."""
    assert open_endpoint(server, f"tgi@{FALCON}").features == ChatFeatures(
        name=f"sagemaker:tgi@{FALCON}", seeds=True, fixed=False
    )
    assert not open_endpoint(server, JURASSIC).features.seeds


@pytest.mark.parametrize(
    ("endpoint", "kind"),
    [
        (FALCON, "tgi"),
        (LLAMA2, "llama2"),
        ("jumpstart-dft-meta-textgeneration-llama-2-7b", "tgi"),
        (FLAN, "flan-t5"),
        (BLOOMZ, "bloomz"),
        (COHERE, "cohere"),
        ("j2-ultra-v1", "ai21"),
        ("my-endpoint", "tgi"),
    ],
)
def test_a_name_as_jumpstart_gives_it_tells_the_container(endpoint: str, kind: str) -> None:
    assert kind_of(endpoint) == kind
    assert kind in KINDS


STREAM, WHOLE = "InvokeEndpointWithResponseStream", "InvokeEndpoint"


@pytest.mark.parametrize(
    ("rest", "operation", "body", "events"),
    [
        (
            FALCON,
            STREAM,
            {
                "inputs": PLAIN,
                "parameters": {
                    "max_new_tokens": 16,
                    "return_full_text": False,
                    "seed": 7,
                    "do_sample": False,
                },
                "stream": True,
            },
            [*WORDS, Finish("stop")],
        ),
        (
            f"llama2@{LLAMA2}",
            WHOLE,
            {
                "inputs": [
                    [
                        {"role": "system", "content": "Answer in a few words."},
                        {"role": "user", "content": "Good morning!"},
                    ]
                ],
                "parameters": {"max_new_tokens": 16, "temperature": 0.01},
            },
            [Delta(f" {TEXT}"), Finish("stop")],
        ),
        (
            FLAN,
            WHOLE,
            {"text_inputs": PLAIN, "max_length": 16, "seed": 7, "do_sample": False},
            [Delta(TEXT), Finish("stop")],
        ),
        (
            BLOOMZ,
            WHOLE,
            {
                "text_inputs": PLAIN,
                "max_new_tokens": 16,
                "seed": 7,
                "do_sample": False,
                "return_full_text": False,
            },
            [Delta(TEXT), Finish("stop")],
        ),
        (
            COHERE,
            STREAM,
            {"prompt": PLAIN, "max_tokens": 16, "temperature": 0.0, "stream": True},
            [*WORDS, Finish("stop")],
        ),
        (
            JURASSIC,
            WHOLE,
            {"prompt": PLAIN, "maxTokens": 16, "temperature": 0.0},
            [Delta(TEXT), Finish("stop")],
        ),
        (
            VLLM,
            STREAM,
            {
                "messages": [
                    {"role": "system", "content": "Answer in a few words."},
                    {"role": "user", "content": "Good morning!"},
                ],
                "max_tokens": 16,
                "temperature": 0.0,
                "seed": 7,
                "stream": True,
            },
            [*WORDS, Usage(7, 5), Finish("stop")],
        ),
    ],
)
def test_each_container_is_asked_in_its_own_way(
    server: AwsServer, rest: str, operation: str, body: dict[str, Any], events: list[ChatEvent]
) -> None:
    assert ask(open_endpoint(server, rest)) == events
    (call,) = server.calls
    assert (call.operation, call.name, dict(call.body)) == (operation, rest.split("@")[-1], body)


def test_stops_and_heat_are_passed_on(server: AwsServer) -> None:
    request = ChatRequest((Message("user", "Hi"),), max_tokens=3, temperature=0.8, stop=("to",))
    for rest in (FALCON, COHERE, JURASSIC, VLLM):
        assert ask(open_endpoint(server, rest), request)[-1] == Finish("stop")
    falcon, cohere, jurassic, vllm = (call.body for call in server.calls)
    assert falcon["parameters"] == {
        "max_new_tokens": 3,
        "return_full_text": False,
        "stop": ["to"],
        "do_sample": True,
        "temperature": 0.8,
    }
    assert (cohere["stop_sequences"], jurassic["stopSequences"], vllm["stop"]) == (["to"],) * 3


@pytest.mark.parametrize("rest", [FALCON, COHERE, JURASSIC, VLLM])
def test_an_answer_ends_at_its_limit(server: AwsServer, rest: str) -> None:
    short = ChatRequest(GREETING.messages, max_tokens=2)
    *deltas, finish = [e for e in ask(open_endpoint(server, rest), short) if e != Usage(7, 2)]
    assert "".join(e.text for e in deltas if isinstance(e, Delta)) == "Good morning"
    assert finish == Finish("length")


def test_a_container_that_does_not_stream_is_asked_for_the_whole(server: AwsServer) -> None:
    chat = open_endpoint(server, VLLM)
    words = 'Received client error (400) from primary with message "Streaming is not supported".'
    server.plan(Fault("ModelError", words, {"OriginalStatusCode": 400}))
    whole = [Delta(TEXT), Usage(7, 5), Finish("stop")]
    assert [ask(chat), ask(chat)] == [whole, whole]
    assert [call.operation for call in server.calls] == [STREAM, WHOLE, WHOLE]


def test_a_container_that_knows_no_streams_may_send_all_at_once(server: AwsServer) -> None:
    server.plan(Events((("PayloadPart", b'[{"generated_text": "hi'), ("PayloadPart", b'"}]'))))
    assert ask(open_endpoint(server)) == [Delta("hi"), Finish("stop")]


def parts(*documents: object) -> Step:
    lines = (b"data:" + json.dumps(one).encode() + b"\n\n" for one in documents)
    return Events(tuple(("PayloadPart", line) for line in lines))


def token(text: str) -> dict[str, Any]:
    return {"token": {"text": text, "special": False}, "generated_text": None, "details": None}


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (Midway(3, END), [Delta("Good"), Finish("cut")]),
        (parts(token("a"), {"token": {"text": "</s>", "special": True},
                            "details": {"finish_reason": "length"}}),
         [Delta("a"), Finish("length")]),
        (parts(token("x" * 300), token("y")), [Delta("x" * 192), Finish("length")]),
        (parts({"outputs": ["a"]}), [Delta("a"), Finish("stop")]),
    ],
)  # fmt: skip
def test_how_an_answer_ends(server: AwsServer, step: Step, expected: list[ChatEvent]) -> None:
    server.plan(step)
    assert ask(open_endpoint(server)) == expected


BROKEN = Fault("ModelStreamError", "lost", {"ErrorCode": "StreamBroken"})


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Midway(4, BROKEN), "lost .ModelStreamError."),
        (Midway(4, Fault("InternalStreamFailure", "odd")), "odd .InternalStreamFailure."),
        (Midway(4, CUT), "broke off in the middle of its answer"),
        (parts(token("a"), {"error": "out of\x1b memory", "error_type": "generation"}),
         r"failed while answering: out of\\x1b memory"),
        (parts("text"), "sent JSON that is no answer"),
        (Events((("PayloadPart", b"<html>\n\n"),)), "sent something that is not JSON"),
    ],
)  # fmt: skip
def test_what_breaks_in_the_middle_is_told(server: AwsServer, step: Step, words: str) -> None:
    server.plan(step)
    with pytest.raises(BackendError, match=words):
        ask(open_endpoint(server))
    assert len(server.calls) == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"[]", "the answer holds no text"),
        (b'{"image": "x"}', "the answer holds no text"),
        (b"nothing", "the answer is not JSON"),
        (b"[" * 100_000, "the answer is not JSON"),
        (b'{"error": {"message": "no"}}', "failed while answering: no"),
    ],
)
def test_a_whole_answer_that_is_none(server: AwsServer, data: bytes, words: str) -> None:
    server.plan(Reply(data))
    with pytest.raises(BackendError, match=words):
        ask(open_endpoint(server, FLAN))


@pytest.mark.parametrize(
    "step", [Fault("ServiceUnavailable", "later"), Fault("ModelNotReadyException", "cold"),
             Midway(0, BROKEN), Fault("ModelError", "busy", {"OriginalStatusCode": 503}),
             parts({"error": "Model is overloaded", "error_type": "overloaded"})]
)  # fmt: skip
def test_what_passes_is_tried_again_before_the_first_word(server: AwsServer, step: Step) -> None:
    server.plan(step)
    assert ask(open_endpoint(server)) == [*WORDS, Finish("stop")]
    assert len(server.calls) == 2


@pytest.mark.parametrize("rest", [FALCON, FLAN])
def test_a_silent_endpoint_is_left(server: AwsServer, rest: str) -> None:
    server.plan(Delay(30))
    begun = time.monotonic()
    with pytest.raises(BackendError, match=r"did not begin to answer: nothing for 0\.3 s"):
        ask(open_endpoint(server, rest, timeout=0.3))
    assert time.monotonic() - begun < 10
    assert len(server.calls) == 1


def test_a_stream_that_is_left_is_closed(server: AwsServer) -> None:
    server.plan(Midway(4, Delay(30)))

    async def first() -> ChatEvent:
        stream = open_endpoint(server).stream(GREETING)
        assert isinstance(stream, AsyncGenerator)
        found = await anext(stream)
        await stream.aclose()
        return found

    assert asyncio.run(first()) == Delta("Good")
    assert server.wait_left(1)


def test_a_licence_is_accepted_by_who_names_it_alone(server: AwsServer) -> None:
    """That an endpoint's name tells of Llama 2 is no consent."""
    with pytest.raises(BackendError, match="accept_eula=true") as caught:
        ask(open_endpoint(server, LLAMA2))
    assert caught.value.hint == f"sagemaker:llama2@{LLAMA2} says that you accept Meta's licence"
    (call,) = server.calls
    assert "x-amzn-sagemaker-custom-attributes" not in call.headers


def test_a_models_error_is_told_in_its_words(server: AwsServer) -> None:
    """A Falcon's container is asked as if it were Flan-T5's."""
    with pytest.raises(BackendError, match=r"required key \[inputs\] not found"):
        ask(open_endpoint(server, f"flan-t5@{FALCON}"))


@pytest.mark.parametrize(
    ("rest", "words", "hint"),
    [
        ("", "no endpoint is named", "list-endpoints"),
        ("tgi@", "no endpoint is named", "list-endpoints"),
        ("gpt@my-endpoint", "'gpt' is no container", "tgi, llama2, flan-t5"),
        ("@my-endpoint", "'' is no container", "tgi, llama2"),
        ("my endpoint", "'my endpoint' is no endpoint's name", "list-endpoints"),
    ],
)
def test_what_is_not_known_is_said_at_once(
    server: AwsServer, rest: str, words: str, hint: str
) -> None:
    with pytest.raises(SetupError, match=words) as caught:
        open_endpoint(server, rest)
    assert hint in (caught.value.hint or "")


def test_an_endpoint_that_is_not_there_is_named(server: AwsServer) -> None:
    with pytest.raises(SetupError, match=r"'gone'.*not found") as caught:
        ask(open_endpoint(server, "tgi@gone"))
    assert "list-endpoints" in (caught.value.hint or "")


def test_credentials_that_may_not_are_told_the_permission(server: AwsServer) -> None:
    server.plan(Fault("AccessDeniedException", "not authorized to perform"))
    with pytest.raises(SetupError, match="not authorized") as caught:
        ask(open_endpoint(server))
    assert "sagemaker:InvokeEndpoint" in (caught.value.hint or "")


# The reader, whatever comes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["token", "text", "generated_text", "choices", "delta", "error", "data"]
            )
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_document_is_an_answer_or_an_error(document: object) -> None:
    written = Written(10)
    try:
        events = take_whole(document, written, "there")
    except BackendError:
        return
    assert all(isinstance(event, Delta) and event.text for event in events)


@given(st.lists(JSON, max_size=4), st.integers(1, 40), st.booleans())
def test_any_stream_is_events_or_an_error(documents: list[Any], size: int, sse: bool) -> None:
    head = b"data: " if sse else b""
    data = b"".join(head + json.dumps(one).encode() + b"\n\n" for one in documents)
    reading = Parts(Written(10), "there")
    found: list[ChatEvent] = []
    try:
        for at in range(0, len(data), size):
            found += reading.feed(data[at : at + size])
        found += reading.feed(b"", last=True)
    except BackendError:
        return
    assert all(isinstance(event, Delta) and event.text for event in found)


@given(st.lists(st.text(min_size=1, max_size=8), max_size=6), st.integers(1, 30))
def test_words_come_out_as_they_went_in_however_they_are_cut(texts: list[str], size: int) -> None:
    data = b"".join(
        b"data:" + json.dumps(token(text), ensure_ascii=False).encode(errors="replace") + b"\n\n"
        for text in texts
    )
    reading = Parts(Written(1000), "there")
    found: list[ChatEvent] = []
    for at in range(0, len(data), size):
        found += reading.feed(data[at : at + size])
    found += reading.feed(b"", last=True)
    assert "".join(event.text for event in found if isinstance(event, Delta)) == "".join(
        text.encode(errors="replace").decode() for text in texts
    )
