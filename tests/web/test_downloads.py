from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fastapi import FastAPI, HTTPException, Request, Response
from starlette.types import Message

from bozzetto.errors import InputError
from bozzetto.types import Caller
from bozzetto.web.downloads import download
from bozzetto.web.runs import Runs
from bozzetto.web.streams import Places


def test_a_file_takes_a_place_until_it_is_sent(tmp_path: Path) -> None:
    app, runs = FastAPI(), Runs()
    app.state.places = Places(most=2, most_each=1)
    state = {"caller": Caller("ada", "viewer"), "client": "192.0.2.7"}
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "app": app}
    sent: list[bytes] = []

    async def asked(text: str) -> Response:
        def make(path: Path) -> None:
            if not text:
                raise InputError("there is nothing")
            path.write_text(text)

        request = Request(scope | {"state": state}, receive)
        return await download(make, tmp_path, request, runs, name="n", suffix=".txt", kind="text/x")

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message.get("body", b""))

    async def all_of_it() -> None:
        with pytest.raises(InputError):
            await asked("")
        first = await asked("one")
        with pytest.raises(HTTPException) as refused:
            await asked("two")
        assert refused.value.status_code == 429
        await first(dict(scope), receive, send)
        await (await asked("three"))(dict(scope), receive, send)

    asyncio.run(all_of_it())
    runs.close()
    assert b"".join(sent) == b"onethree"
    assert list(tmp_path.iterdir()) == []
