"""A scripted hostile server: bytes and pauses as the worst server would send them."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from types import MappingProxyType

import pytest

from bozzetto.adapters.chat.completions import COMPLETIONS
from bozzetto.adapters.chat.openai import (
    SERVICES,
    OpenAIChat,
    open_llamacpp,
    open_lmstudio,
    open_ollama,
    open_openai,
    open_service,
    open_vllm,
)
from bozzetto.errors import BackendError, BozzettoError, SetupError
from bozzetto.ports import Lifecycle
from bozzetto.testing.chat import GREETING, collect
from bozzetto.types import ChatEvent, ChatRequest, Delta, Finish, Message, Usage

KEY = "sk-canary-1234567890"
RESET = "reset"
Script = Sequence[bytes | float | str]


@dataclass
class Server:
    """Answers the n-th request by the n-th script (the last one again and again)."""

    scripts: Sequence[Script]
    requests: list[tuple[dict[str, str], dict[str, object]]] = field(default_factory=list)
    gone: int = 0
    busy: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        script = self.scripts[min(len(self.requests), len(self.scripts) - 1)]
        self.requests.append((headers | {"": head[0]}, json.loads(body)))
        self.busy += 1
        try:
            for step in script:
                if isinstance(step, float):
                    await asyncio.wait_for(reader.read(1), step)
                    self.gone += 1
                    return
                if isinstance(step, str):
                    writer.transport.abort()
                    return
                writer.write(step)
                await writer.drain()
        except TimeoutError:
            pass
        except OSError:
            self.gone += 1
        finally:
            self.busy -= 1
            writer.close()


def http(
    body: bytes, *, status: str = "200 OK", kind: str = "text/event-stream", more: str = ""
) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{more}Connection: close\r\n\r\n"
    return head.encode() + body


def chunk(said: str | None, reason: str | None = None, **more: object) -> bytes:
    choice = {"index": 0, "delta": {"content": said}, "finish_reason": reason}
    text = json.dumps({"choices": [choice]} | more, ensure_ascii=False)
    return f"data: {text}\n\n".encode()


DONE = b"data: [DONE]\n\n"
USAGE = b'data: {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2}}\n\n'
GOOD = [Delta("a small"), Delta(" dog"), Finish("stop")]


def ask(
    *scripts: Script,
    scheme: str = "llamacpp",
    timeout: float = 5.0,
    request: ChatRequest = GREETING,
) -> tuple[list[ChatEvent], BozzettoError | None, Server]:
    """The events of one answer, how it ended, and the server with what it was asked."""
    server = Server(scripts)
    events: list[ChatEvent] = []

    async def keep(chat: OpenAIChat) -> None:
        async with aclosing(chat.stream(request)) as stream:
            async for event in stream:
                events.append(event)  # noqa: PERF401 - those before an error count

    error = _run(server, keep, scheme, timeout)
    assert not error or KEY not in f"{error!r} {error} {error.hint}"
    return events, error, server


def _run(
    server: Server,
    act: Callable[[OpenAIChat], Awaitable[None]],
    scheme: str,
    timeout: float,
    more: Mapping[str, str] = MappingProxyType({}),
    model: str = "tiny",
) -> BozzettoError | None:
    async def main() -> None:
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        service = SERVICES[scheme]
        environ = {
            service.address_variable: f"http://127.0.0.1:{port}/v1",
            service.key_variable: KEY,
            **more,
        }
        async with listening:
            await act(open_service(scheme, model, environ=environ, timeout=timeout))
            while server.busy:
                await asyncio.sleep(0.01)

    try:
        asyncio.run(main())
    except BozzettoError as error:
        return error
    return None


def test_what_is_sent() -> None:
    request = ChatRequest((Message("user", "{braces} %s"),), 50, 0.5, 3, ("END",))
    events, error, server = ask([http(chunk("hi", "stop") + DONE)], request=request)
    assert (events, error) == ([Delta("hi"), Finish("stop")], None)
    headers, body = server.requests[0]
    assert headers[""] == "POST /v1/chat/completions HTTP/1.1"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert body == {
        "model": "tiny",
        "messages": [{"role": "user", "content": "{braces} %s"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 50,
        "temperature": 0.5,
        "seed": 3,
        "stop": ["END"],
    }


@pytest.mark.parametrize(
    "body",
    [
        chunk("a small") + chunk(" dog") + chunk(None, "stop") + DONE,
        chunk("a small") + chunk(" dog", "stop") + DONE + DONE + chunk("more"),
        (chunk("a small") + chunk(" dog", "stop") + DONE).replace(b"\n", b"\r\n"),
        (chunk("a small") + chunk(" dog", "stop") + DONE).replace(b"data: ", b"data:"),
        (chunk("a small") + chunk(" dog", "stop") + DONE).replace(b"\n\n", b"\n"),
        chunk("a small") + chunk(" dog", "stop").rstrip(),
        chunk("a small") + chunk(" dog") + DONE,
        b": ping\n\n" + chunk("a small") + b": ping\n\nevent: x\n" + chunk(" dog") + DONE,
        b"\xef\xbb\xbf" + chunk("a small") + chunk(" dog", "") + DONE,
        chunk("") + chunk("a small") + chunk(" dog", "stop") + chunk(None, "stop") + DONE,
        b'data: {"choices":[{"delta":{"role":"assistant","reasoning_content":"hm"}}]}\n\n'
        + chunk("a small") + chunk(" dog", "stop") + DONE,
        b'data: {"choices":[{"index":1,"delta":{"content":"other"}}]}\n\n'
        + chunk("a small") + chunk(" dog", "stop") + DONE,
        b'data: {"choices":[{"delta":{"content":[{"type":"text","text":"a small"}]}}]}\n\n'
        + chunk(" dog", "stop") + DONE,
    ],
)  # fmt: skip
def test_a_stream_is_read_however_it_is_framed(body: bytes) -> None:
    assert ask([http(body)])[:2] == (GOOD, None)
    bytewise = [http(b""), *(body[i : i + 1] for i in range(len(body)))]
    assert ask(bytewise)[:2] == (GOOD, None)


def test_a_stream_that_just_ends_was_cut() -> None:
    assert ask([http(chunk("a small") + chunk(" dog"))])[:2] == ([*GOOD[:2], Finish("cut")], None)


def test_usage_comes_before_the_end() -> None:
    events, _, _ = ask([http(chunk("hi", "stop") + USAGE + DONE)])
    assert events == [Delta("hi"), Usage(5, 2), Finish("stop")]


def test_utf8_split_over_chunks_and_lone_surrogates() -> None:
    body = chunk("犬🐕", "stop") + DONE
    for cut in range(len(body)):
        assert ask([http(body[:cut]), body[cut:]])[0] == [Delta("犬🐕"), Finish("stop")]
    events, _, _ = ask([http(b'data: {"choices":[{"delta":{"content":"a\\ud83d"}}]}\n\n' + DONE)])
    assert events == [Delta("a\ufffd"), Finish("stop")]


@pytest.mark.parametrize(
    "body",
    [
        b'{"choices":[{"index":0,"message":{"content":"a dog"},"finish_reason":"stop"}]}',
        b'\n {\n "choices": [\n\n {"message": {"content": "a dog"}}]}\n',
        b'{"choices":[{"text":"a dog"}]}',
    ],
)
def test_an_answer_that_is_not_streamed_is_taken(body: bytes) -> None:
    assert ask([http(body, kind="application/json")])[:2] == (
        [Delta("a dog"), Finish("stop")],
        None,
    )


@pytest.mark.parametrize(
    ("reason", "end"),
    [
        ("content_filter", "filtered"),
        ("length", "length"),
        ("eos", "stop"),
        ("\x1b[2J", "\\x1b[2J"),
    ],
)
def test_how_an_answer_ended(reason: str, end: str) -> None:
    assert ask([http(chunk("a", reason) + DONE)])[0] == [Delta("a"), Finish(end)]


def test_a_refused_request_is_filtered_too() -> None:
    body = b'{"error": {"message": "policy", "code": "content_filter"}}'
    assert ask([http(body, status="400 Bad Request")])[:2] == ([Finish("filtered")], None)
    body = b'data: {"choices":[{"delta":{"refusal":"no"},"finish_reason":"stop"}]}\n\n'
    assert ask([http(body)])[0] == [Finish("filtered")]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<!DOCTYPE html><html>log in</html>", "sent a web page"),
        (b"data: hello\n\n", "sent something that is not JSON"),
        (b"hello there\n\n", "sent something that is not JSON"),
        (b'{"choices": [', "sent something that is not JSON"),
        (b"[" * 100_000, "sent something that is not JSON"),
        (b"data: [1, 2]\n\n", "sent JSON that is no answer"),
        (b'data: {"choices": "yes"}\n\n', "sent JSON that is no answer"),
        (b'data: {"choices": [7]}\n\n', "sent JSON that is no answer"),
        (b'data: {"choices": [{"delta": "x"}]}\n\n', "sent JSON that is no answer"),
        (b'data: {"choices": [{"delta": {"content": 7}}]}\n\n', "sent JSON that is no answer"),
        (b'data: {"error": {"message": "out of \x1b[31mmemory"}}\n\n', "not JSON"),
        (
            b'data: {"error": {"message": "out of memory"}}\n\n',
            "answering: out of memory",
        ),
        (b'{"error": "no slot"}', "failed while answering: no slot"),
        (f'{{"error": "bad key {KEY}"}}'.encode(), "failed while answering: bad key ***"),
        (b"data: " + b"x" * 300_000, "sent more than an answer can be"),
    ],
)
def test_junk_is_a_back_end_error(body: bytes, said: str) -> None:
    events, error, server = ask([http(body)])
    assert events == []
    assert isinstance(error, BackendError)
    assert said in error.message
    assert len(server.requests) == 1


@pytest.mark.parametrize("body", [b"", DONE, b": ping\n\n", USAGE + DONE])
def test_an_empty_stream_is_tried_again(body: bytes) -> None:
    events, error, server = ask([http(body)], [http(chunk("hi", "stop") + DONE)])
    assert (events, error, len(server.requests)) == ([Delta("hi"), Finish("stop")], None, 2)


def test_an_endless_answer_ends() -> None:
    events, error, server = ask([http(b""), *[chunk("and on " * 5)] * 10_000, 30.0])
    text = "".join(event.text for event in events if isinstance(event, Delta))
    assert error is None
    assert len(text) == 12 * GREETING.max_tokens
    assert events[-1] == Finish("length")
    assert server.gone == 1


def test_endless_reasoning_ends() -> None:
    thought = b'data: {"choices":[{"delta":{"reasoning_content":"' + b"hm " * 10_000 + b'"}}]}\n\n'
    _, error, _ = ask([http(b""), *[thought] * 400, 30.0])
    assert isinstance(error, BackendError)
    assert "more than an answer can be" in error.message


def test_silence_before_the_first_byte() -> None:
    _, error, server = ask([30.0], timeout=0.3)
    assert isinstance(error, BackendError)
    assert error.message.endswith("did not begin to answer: nothing for 0.3 s")
    assert len(server.requests) == 1


def test_silence_in_the_middle() -> None:
    events, error, server = ask([http(chunk("a small")), 30.0], timeout=0.3)
    assert events == [Delta("a small")]
    assert isinstance(error, BackendError)
    assert error.message.endswith("stopped in the middle of its answer: nothing for 0.3 s")
    assert len(server.requests) == 1


def test_silence_or_a_reset_after_the_announced_end_takes_nothing_away() -> None:
    for end in (30.0, RESET):
        events, error, _ = ask([http(chunk("a small") + chunk(" dog", "stop")), end], timeout=0.3)
        assert (events, error) == (GOOD, None)


def test_a_reset_before_the_first_token_is_tried_again() -> None:
    events, error, server = ask([RESET], [http(chunk("hi", "stop") + DONE)])
    assert (events, error, len(server.requests)) == ([Delta("hi"), Finish("stop")], None, 2)


def test_a_broken_answer_is_not_tried_again() -> None:
    more = "Content-Length: 5000\r\n"
    events, error, server = ask([http(chunk("a small"), more=more)])
    assert events == [Delta("a small")]
    assert isinstance(error, BackendError)
    assert error.message.endswith("broke off in the middle of its answer")
    assert len(server.requests) == 1


def test_nobody_listens() -> None:
    chat = open_llamacpp("@http://127.0.0.1:9/v1", environ={}, timeout=5.0)
    start = time.monotonic()
    with pytest.raises(BackendError, match="cannot be reached") as caught:
        asyncio.run(collect(chat, GREETING))
    assert "LLAMACPP_BASE_URL" in (caught.value.hint or "")
    assert time.monotonic() - start < 2


@pytest.mark.parametrize(
    "status", ["429 Too Many Requests", "500 Oops", "503 Busy", "529 Overloaded"]
)
def test_busy_servers_are_asked_again(status: str) -> None:
    busy = [http(b'{"error": {"message": "later"}}', status=status, more="Retry-After: 0\r\n")]
    events, error, server = ask(busy, [http(chunk("hi", "stop") + DONE)])
    assert (events, error, len(server.requests)) == ([Delta("hi"), Finish("stop")], None, 2)


def test_retries_are_few_and_short() -> None:
    start = time.monotonic()
    _, error, server = ask([http(b"", status="500 Oops")])
    assert isinstance(error, BackendError)
    assert (error.status, len(server.requests)) == (500, 3)
    assert 1.4 < time.monotonic() - start < 4


def test_retry_after_is_honoured_up_to_a_bound() -> None:
    start = time.monotonic()
    busy = [http(b"", status="429 Busy", more="Retry-After: 1.2\r\n")]
    assert ask(busy, [http(chunk("hi", "stop"))])[1] is None
    assert time.monotonic() - start > 1.1
    for wait in ("3600", "Wed, 21 Oct 2099 07:28:00 GMT"):
        _, error, server = ask([http(b"", status="429 Busy", more=f"Retry-After: {wait}\r\n")])
        assert isinstance(error, BackendError)
        assert len(server.requests) == 1


@pytest.mark.parametrize("wait", ["soon", "-5", "nan", "9" * 400, "Wed, 99 Foo", "1e400"])
def test_a_senseless_retry_after_is_no_reason_to_wait_or_to_fail(wait: str) -> None:
    busy = [http(b"", status="429 Busy", more=f"Retry-After: {wait}\r\n")]
    assert ask(busy, [http(chunk("hi", "stop"))])[1] is None


def test_an_empty_account_is_not_asked_again() -> None:
    body = b'{"error": {"message": "no money left", "code": "insufficient_quota"}}'
    _, error, server = ask([http(body, status="429 Busy")])
    assert isinstance(error, BackendError)
    assert error.message.endswith("answered 429: no money left")
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
def test_a_refused_key_is_a_matter_of_set_up(status: str) -> None:
    body = f'{{"error": {{"message": "Incorrect API key: {KEY}"}}}}'.encode()
    _, error, _ = ask([http(body, status=status)], scheme="openai")
    assert isinstance(error, SetupError)
    assert "refused the key in OPENAI_API_KEY" in error.message


def test_an_unknown_model_is_a_matter_of_set_up() -> None:
    body = b'{"error": {"message": "model not found, try pulling it first"}}'
    _, error, _ = ask([http(body, status="404 Not Found")], scheme="ollama")
    assert isinstance(error, SetupError)
    assert "has no model 'tiny': model not found" in error.message


def test_redirects_are_not_followed() -> None:
    _, error, server = ask(
        [http(b"", status="307 Moved", more="Location: http://127.0.0.1:9/\r\n")]
    )
    assert isinstance(error, BackendError)
    assert "points elsewhere" in error.message
    assert len(server.requests) == 1


def test_fields_a_server_does_not_know_are_left_out() -> None:
    def refuse(text: str) -> Script:
        body = json.dumps({"error": {"message": text}}).encode()
        return [http(body, status="400 Bad Request")]

    events, error, server = ask(
        refuse("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        refuse("'temperature' does not support 0.0 with this model."),
        refuse("stream_options: extra fields not permitted"),
        [http(chunk("hi", "stop") + DONE)],
    )
    assert (events, error) == ([Delta("hi"), Finish("stop")], None)
    assert sorted(server.requests[-1][1]) == [
        *("max_completion_tokens", "messages", "model", "seed", "stream"),
    ]
    _, error, server = ask(refuse("max_tokens max_completion_tokens temperature seed"))
    assert isinstance(error, BackendError)
    assert len(server.requests) < 6


def test_another_refusal_says_what_the_server_said() -> None:
    _, error, _ = ask([http(b'{"detail": "too long\\u001b[2J"}', status="413 Large")])
    assert isinstance(error, BackendError)
    assert error.message.endswith("answered 413: too long[2J")


def test_a_cancelled_call_lets_the_server_know_at_once() -> None:
    server = Server([[http(chunk("a")), 5.0]])
    seconds: list[float] = []

    async def cancel(chat: OpenAIChat) -> None:
        task = asyncio.ensure_future(collect(chat, GREETING))
        await asyncio.sleep(0.3)
        start = time.monotonic()
        task.cancel()
        await asyncio.wait([task])
        while not server.gone:
            await asyncio.sleep(0.01)
        seconds.append(time.monotonic() - start)

    assert _run(server, cancel, "llamacpp", 5.0) is None
    assert seconds[0] < 1


def test_the_first_token_passes_through_at_once() -> None:
    async def first(chat: OpenAIChat) -> None:
        start = time.monotonic()
        async with aclosing(chat.stream(GREETING)) as stream:
            assert await anext(stream) == Delta("a")
        assert time.monotonic() - start < 1

    assert _run(Server([[http(chunk("a")), 5.0]]), first, "llamacpp", 5.0) is None


# -- what services do in their own way ----------------------------------------------------


def test_a_refused_field_is_not_sent_again_in_later_calls() -> None:
    said = b'{"error": {"message": "unsupported: temperature"}}'
    server = Server([[http(said, status="400 Bad Request")], [http(chunk("hi", "stop") + DONE)]])

    async def twice(chat: OpenAIChat) -> None:
        for _ in range(2):
            assert await collect(chat, GREETING) == [Delta("hi"), Finish("stop")]

    assert _run(server, twice, "llamacpp", 5.0) is None
    assert ["temperature" in body for _, body in server.requests] == [True, False, False]


@pytest.mark.parametrize("version", ["", "2024-10-21", "2025-04-01-preview"])
def test_azure_gets_its_key_and_its_version_where_it_looks_for_them(version: str) -> None:
    async def once(chat: OpenAIChat) -> None:
        assert await collect(chat, GREETING) == [Delta("hi"), Finish("stop")]

    server = Server([[http(AZURE_START + chunk("hi", "stop") + DONE)]])
    assert _run(server, once, "azure", 5.0, {"AZURE_OPENAI_API_VERSION": version}) is None
    headers, body = server.requests[0]
    path = "/v1/chat/completions"
    if version:
        path = f"/v1/openai/deployments/tiny/chat/completions?api-version={version}"
    assert headers[""] == f"POST {path} HTTP/1.1"
    assert headers["api-key"] == KEY
    assert "authorization" not in headers
    assert body["model"] == "tiny"


@pytest.mark.parametrize(
    ("model", "effort", "cap"),
    [
        ("gpt-5-mini", "minimal", 16),
        ("gpt-5.1", "none", 16),
        ("gpt-5.6-sol", "none", 16),
        ("gpt-6-luna", "none", 16),
        ("o3", "low", 16 + 2048),
        ("gpt-4o", None, 16),
        ("gpt-99", None, 16),
    ],
)
def test_models_that_reason_are_told_to_do_little_of_it(
    model: str, effort: str | None, cap: int
) -> None:
    async def once(chat: OpenAIChat) -> None:
        assert await collect(chat, GREETING) == [Delta("hi"), Finish("stop")]

    server = Server([[http(chunk("hi", "stop") + DONE)]])
    assert _run(server, once, "openai", 5.0, model=model) is None
    body = server.requests[0][1]
    assert (body.get("reasoning_effort"), body["max_tokens"]) == (effort, cap)


def test_who_must_reason_gets_room_for_it() -> None:
    body = {"model": "m", "max_tokens": 16, "reasoning_effort": "none"}
    capped = COMPLETIONS.without(body, "max_tokens")
    assert COMPLETIONS.without(capped, "reasoning_effort") == {
        "model": "m",
        "max_completion_tokens": 16 + 2048,
    }
    assert COMPLETIONS.without(body, "reasoning_effort") == {"model": "m", "max_tokens": 16 + 2048}


AZURE_START = (
    b'data: {"choices": [], "prompt_filter_results": [{"prompt_index": 0, '
    b'"content_filter_results": {"hate": {"filtered": false, "severity": "safe"}}}]}\n\n'
)


@pytest.mark.parametrize(
    "script",
    [
        [http(
            b'{"error": {"message": "The response was filtered", "type": null, "param": "prompt", '
            b'"code": "content_filter", "status": 400, "innererror": {"code": '
            b'"ResponsibleAIPolicyViolation", "content_filter_result": {}}}}',
            status="400 Bad Request",
        )],
        [http(AZURE_START + chunk(None, "content_filter") + DONE)],
        [http(AZURE_START + b'data: {"error": {"code": "content_filter", "message": "no"}}\n\n')],
        [http(
            b'{"error": {"code": 403, "message": "flagged", "metadata": {"reasons": ["violence"], '
            b'"flagged_input": "a dog...", "provider_name": "x", "model_slug": "y"}}}',
            status="403 Forbidden",
        )],
    ],
)  # fmt: skip
def test_what_a_filter_stops_is_filtered(script: Script) -> None:
    assert ask(script, scheme="openrouter")[:2] == ([Finish("filtered")], None)


def broken_off(code: object) -> bytes:
    """OpenRouter's way to break off: a chunk with an error beside its choices."""
    choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
    error = {"code": code, "message": "Provider disconnected"}
    return f"data: {json.dumps({'error': error, 'choices': [choice]})}\n\n".encode()


def test_openrouter_waits_out_what_may_pass_before_the_first_word() -> None:
    waiting = b": OPENROUTER PROCESSING\n\n"
    good = [http(waiting + chunk("a small") + waiting + chunk(" dog", "stop") + DONE)]
    passing: tuple[object, ...] = (429, 502, 503, "server_error")
    for code in passing:
        events, error, server = ask([http(waiting + broken_off(code))], good, scheme="openrouter")
        assert (events, error, len(server.requests)) == (GOOD, None, 2)
    lasting: tuple[object, ...] = (402, "invalid_prompt", [1])
    for code in lasting:
        events, error, server = ask([http(broken_off(code))], good, scheme="openrouter")
        assert (events, len(server.requests)) == ([], 1)
        assert isinstance(error, BackendError)
        assert error.message.endswith("failed while answering: Provider disconnected")


# -- names, addresses, keys ---------------------------------------------------------------


def test_names() -> None:
    key = {"OPENAI_API_KEY": KEY}
    assert open_openai("gpt-x", environ=key, timeout=1.0).features.name == "openai:gpt-x"
    assert open_ollama("a:3b", environ={}, timeout=1.0).features.name == "ollama:a:3b"
    assert open_llamacpp("", environ={}, timeout=1.0).features.name == "llamacpp:default"
    assert open_lmstudio("", environ={}, timeout=1.0).features.name == "lmstudio:default"
    there = open_vllm("@cf/m@http://h:1/v1", environ={}, timeout=1.0)
    assert there.features.name == "vllm:@cf/m"
    tagged = open_service("ollama", "hf.co/a/b:Q4_K_M", environ={}, timeout=1.0)
    assert tagged.features.name == "ollama:hf.co/a/b:Q4_K_M"


def test_what_is_known_of_models() -> None:
    def lifecycle(model: str) -> Lifecycle | None:
        return open_openai(model, environ={"OPENAI_API_KEY": KEY}, timeout=1.0).features.lifecycle

    assert lifecycle("gpt-4") == Lifecycle("gone", "2026-10-23", "gpt-5.6-sol")
    assert lifecycle("gpt-4o-mini") == Lifecycle("legacy", "2027-01-14", "gpt-6-luna")
    assert lifecycle("gpt-6-luna") == Lifecycle("active")
    assert lifecycle("gpt-99") is None
    assert open_ollama("gpt-4", environ={}, timeout=1.0).features.lifecycle is None


@pytest.mark.parametrize(
    ("scheme", "rest", "environ", "url", "key"),
    [
        ("openai", "m", {}, "https://api.openai.com/v1", KEY),
        ("openai", "m", {"OPENAI_BASE_URL": "https://e.test/api/"}, "https://e.test/api", KEY),
        ("openai", "m@http://h.test", {}, "http://h.test/v1", ""),
        ("openai", "m@https://api.openai.com", {}, "https://api.openai.com/v1", KEY),
        ("openai", "m@http://h:1/v1", {"OPENAI_BASE_URL": "http://h:1/v1"}, "http://h:1/v1", KEY),
        ("ollama", "m", {"OLLAMA_HOST": "0.0.0.0"}, "http://127.0.0.1:11434/v1", KEY),
        ("ollama", "m", {"OLLAMA_HOST": "box:99"}, "http://box:99/v1", KEY),
        ("ollama", "m", {"OLLAMA_HOST": "https://box"}, "https://box/v1", KEY),
        ("ollama", "m", {"OLLAMA_HOST": "[::1]:99"}, "http://[::1]:99/v1", KEY),
        ("llamacpp", "", {}, "http://127.0.0.1:8080/v1", KEY),
        ("llamacpp", "http://h:1", {}, "http://h:1/v1", ""),
        ("openrouter", "x/y", {}, "https://openrouter.ai/api/v1", KEY),
        (
            "azure",
            "d",
            {"AZURE_OPENAI_ENDPOINT": "https://r.test/"},
            "https://r.test/openai/v1",
            KEY,
        ),
        ("azure", "d@https://r.test", {}, "https://r.test/openai/v1", ""),
        (
            "azure",
            "my d/x",
            {"AZURE_OPENAI_ENDPOINT": "https://r.test/", "OPENAI_API_VERSION": "2024-10-21"},
            "https://r.test/openai/deployments/my%20d%2Fx",
            KEY,
        ),
        (
            "azure",
            "d",
            {
                "AZURE_OPENAI_ENDPOINT": "https://r.test/a/openai/v1/",
                "OPENAI_API_VERSION": "2024-10-21",
            },
            "https://r.test/a/openai/deployments/d",
            KEY,
        ),
        (
            "azure",
            "d",
            {"AZURE_OPENAI_ENDPOINT": "https://r.test/", "AZURE_OPENAI_API_VERSION": "preview"},
            "https://r.test/openai/v1",
            KEY,
        ),
    ],
)
def test_addresses_and_the_hosts_a_key_goes_to(
    scheme: str, rest: str, environ: dict[str, str], url: str, key: str
) -> None:
    environ |= {SERVICES[scheme].key_variable: KEY}
    chat = open_service(scheme, rest, environ=environ, timeout=1.0)
    assert (chat._endpoint.url, chat._endpoint.key) == (url, key)
    assert KEY not in repr(chat._endpoint)


@pytest.mark.parametrize(
    ("scheme", "rest", "environ", "said"),
    [
        ("openai", "gpt-x", {}, "OPENAI_API_KEY is not set"),
        ("openai", "gpt-x", {"OPENAI_API_KEY": "  "}, "OPENAI_API_KEY is not set"),
        ("openai", "gpt-x", {"OPENAI_API_KEY": "a\nb"}, "OPENAI_API_KEY holds characters"),
        ("openai", "gpt-x", {"OPENAI_API_KEY": "ключ"}, "OPENAI_API_KEY holds characters"),
        ("openai", "", {"OPENAI_API_KEY": KEY}, "no model is named"),
        ("ollama", " ", {}, "no model is named"),
        ("ollama", "m", {"OLLAMA_HOST": "http://"}, "is not an address"),
        ("ollama", "m", {"OLLAMA_HOST": "http://h:99999"}, "is not an address"),
        ("ollama", "m", {"OLLAMA_HOST": "ftp://h"}, "is not an address"),
        ("ollama", "m", {"OLLAMA_HOST": "http://h/\r\nx"}, "is not an address"),
        ("vllm", "m@http://me:secret@h/v1", {}, "carries a user name or password"),
        ("openrouter", "x/y", {}, "OPENROUTER_API_KEY is not set"),
        ("azure", "d", {"AZURE_OPENAI_API_KEY": KEY}, "AZURE_OPENAI_ENDPOINT is not set"),
        ("azure", "d", {"AZURE_OPENAI_ENDPOINT": "https://r.test"}, "AZURE_OPENAI_API_KEY is not"),
        ("azure", "d", {"AZURE_OPENAI_ENDPOINT": "https://r.test/?key=secret"}, "carries a query"),
    ],
)
def test_what_is_missing_is_named(
    scheme: str, rest: str, environ: dict[str, str], said: str
) -> None:
    with pytest.raises(SetupError) as caught:
        open_service(scheme, rest, environ=environ, timeout=1.0)
    assert said in caught.value.message
    assert "secret" not in caught.value.message
    assert caught.value.hint
