import asyncio
import time

from bozzetto.adapters.chat.openai import open_llamacpp
from bozzetto.testing.chat import GREETING, collect
from bozzetto.testing.chat_server import HEAD, RESET, ChatServer, answer, delta
from bozzetto.types import Delta, Finish, Usage


def test_an_answer_is_streamed_and_counted() -> None:
    with ChatServer(lambda _: answer("a dog", sent=7, received=3)) as server:
        chat = open_llamacpp(f"@{server.address}", environ={}, timeout=5.0)
        events = asyncio.run(collect(chat, GREETING))
    assert events == [Delta("a"), Delta(" dog"), Usage(7, 3), Finish("stop")]
    assert server.requests[0]["seed"] == GREETING.seed
    assert server.left == []


def test_a_client_that_goes_away_is_noticed() -> None:
    async def leave() -> None:
        stream = chat.stream(GREETING)
        await anext(stream)
        await stream.aclose()

    with ChatServer(lambda _: [HEAD, delta("a"), 30.0]) as server:
        chat = open_llamacpp(f"@{server.address}", environ={}, timeout=5.0)
        asyncio.run(leave())
        assert server.wait_left(1)
        assert time.monotonic() - server.left[0] < 1


def test_a_reset_is_no_client_s_doing() -> None:
    with ChatServer(lambda _: [RESET] if len(server.requests) == 1 else answer("hi")) as server:
        chat = open_llamacpp(f"@{server.address}", environ={}, timeout=5.0)
        assert asyncio.run(collect(chat, GREETING))[0] == Delta("hi")
    assert server.left == []
