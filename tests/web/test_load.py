"""Many searchers and streams at a time, on a home of ten prompts: all are served, nothing stays."""

from __future__ import annotations

import asyncio
import threading

import httpx2
from bench.web_load import Place, ask, ideas, listen_all, search_all

from bozzetto.web.application import THREADS
from bozzetto.web.runs import AT_ONCE
from bozzetto.web.server import Server

SEARCHERS, STREAMS, SECONDS = 40, 8, 2.0
LANGUAGES = ("en", "it", "en", "ja")


def place(server: Server) -> Place:
    return Place("127.0.0.1", server.port, server.access.token)


def test_a_crowd_is_served_and_leaves_no_threads_and_no_streams_behind(shop: Server) -> None:
    at = place(shop)
    before = threading.active_count()

    async def crowd() -> tuple[int, int]:
        found, heard = await asyncio.gather(
            search_all(at, ideas(LANGUAGES, 7), SEARCHERS, SECONDS),
            listen_all(at, ideas(("en",), 8), STREAMS, SECONDS),
        )
        assert found.errors == heard.errors == []
        return len(found.seconds), len(heard.seconds)

    searched, written = asyncio.run(crowd())
    assert searched >= SEARCHERS
    assert written >= STREAMS
    # One client may have 24 streams open: were those above, a few more would be refused.
    for seed in range(9, 12):
        assert asyncio.run(listen_all(at, ideas(("en",), seed), STREAMS, 0.01)).errors == []
    assert threading.active_count() <= before + THREADS + AT_ONCE


def test_an_answer_in_a_crowd_is_the_one_given_alone(shop: Server, api: httpx2.Client) -> None:
    at, source = place(shop), ideas(LANGUAGES, 11)
    asked = [next(source) for _ in range(24)]
    alone = [api.post("/search", json={"idea": idea}).text for idea in asked]

    async def one(idea: str) -> str:
        reader, writer = await asyncio.open_connection(at.host, at.port)
        _, body = await ask(reader, writer, at.request("/api/v1/search", {"idea": idea}))
        writer.close()
        return body.decode()

    async def together() -> list[str]:
        return list(await asyncio.gather(*map(one, asked)))

    assert asyncio.run(together()) == alone
