"""The MCP server as a program meets it: the official client, a process of its own, stdio."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.from_thread import start_blocking_portal
from tests.integrations.conftest import HOSTILE, PROMPTS

from bozzetto import Assistant
from bozzetto.app.wire import record_json, search_json
from bozzetto.testing.a1111_server import A1111Server

IDEA = "un cartone animato di un piccolo cane"
Call = Callable[..., Any]


@pytest.fixture(scope="module")
def client(require: Callable[[str], Path], small_home: Path) -> Iterator[Call]:
    """A function that calls a method of one client of one server."""
    require("mcp")
    from mcp import Client, StdioServerParameters, stdio_client

    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "bozzetto", "mcp", "--home", str(small_home), "--actor", "tester"],
        env={**os.environ},
    )
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(Client(stdio_client(server))) as found,
    ):
        yield lambda method, *args, **named: portal.call(
            lambda: getattr(found, method)(*args, **named)
        )


@pytest.fixture
def tool(client: Call) -> Call:
    """A function that calls a tool and gives its answer, or its error as text."""

    def call(name: str, **arguments: object) -> object:
        result = client("call_tool", name, arguments)
        text = result.content[0].text
        if result.is_error:
            return text
        assert json.loads(text) == result.structured_content
        return result.structured_content

    return call


def test_tools_say_what_they_do(client: Call) -> None:
    tools = {tool.name: tool for tool in client("list_tools").tools}
    assert sorted(tools) == ["generate", "library_list", "library_show", "optimize", "search"]
    assert {name for name, one in tools.items() if one.annotations.read_only_hint} == {
        "library_list", "library_show", "search",
    }  # fmt: skip
    assert all(one.description and one.output_schema for one in tools.values())
    assert tools["search"].input_schema["required"] == ["idea"]


def test_no_argument_names_a_file_or_a_server(
    require: Callable[[str], Path], small_home: Path
) -> None:
    require("mcp")
    from bozzetto.integrations.mcp import make_server

    with Assistant.open(small_home) as a:
        tools = asyncio.run(make_server(a).list_tools())
    names = {name for one in tools for name in one.input_schema["properties"]}
    assert names == {
        "after", "by", "candidate", "has_image", "idea", "ids", "k", "limit", "max_nsfw",
        "min_rating", "model_family", "n", "negative", "pick", "prefer", "profile", "prompt",
        "seed", "since", "size", "source", "strength", "tag", "use",
    }  # fmt: skip


def test_search_is_the_assistant_s(tool: Call, small_home: Path) -> None:
    found = tool("search", idea=IDEA, k=2)
    with Assistant.open(small_home) as a:
        assert found == json.loads(json.dumps(search_json(a.search(IDEA, 2))))
    assert found["hits"][0]["prompt"] in PROMPTS[1:3]


def test_filters_are_those_of_the_command_line(tool: Call) -> None:
    assert tool("search", idea=IDEA, source=["nobody"])["hits"] == []
    assert tool("search", idea=IDEA, since="2999-01-31")["hits"] == []
    assert len(tool("search", idea=IDEA, source=["mine.txt"], since="2020-01-31")["hits"]) > 1


def test_what_strangers_wrote_stays_data(client: Call, tool: Call) -> None:
    found = tool("search", idea="concept art, vivid colors", source=["mine.txt"], k=1)
    assert [hit["prompt"] for hit in found["hits"]] == [HOSTILE]
    said = json.dumps([one.model_dump(mode="json") for one in client("list_tools").tools])
    assert HOSTILE not in said


def test_optimize_then_generate(tool: Call, client: Call) -> None:
    hit = tool("search", idea=IDEA, k=1)["hits"][0]["id"]
    written = tool("optimize", idea=IDEA, n=1, pick=[hit], prefer="warm light")
    (candidate,) = written["candidates"]
    assert hit in {phrase["from"] for phrase in candidate["phrases"]}
    heard: list[tuple[float, float | None]] = []

    async def progress(done: float, total: float | None, _: str | None) -> None:
        heard.append((done, total))

    arguments = {"candidate": candidate["id"], "n": 2, "seed": 7, "size": "256x256"}
    drawn = client("call_tool", "generate", arguments, progress_callback=progress)
    images = drawn.structured_content["images"]
    assert [(one["state"], one["effective"]["seed"]) for one in images] == [("ok", 7), ("ok", 8)]
    assert all(one["prompt"] == candidate["prompt"] for one in images)
    assert [one.type for one in drawn.content] == ["text", "image", "image"]
    assert [one.mime_type for one in drawn.content[1:]] == ["image/webp"] * 2
    assert base64.b64decode(drawn.content[1].data)[8:12] == b"WEBP"
    assert heard == sorted(heard)
    assert heard[-1] == (2, 2)


def test_library_page_by_page(tool: Call, small_home: Path) -> None:
    first = tool("library_list", limit=1, source=["mine.txt"])
    second = tool("library_list", limit=9, source=["mine.txt"], after=first["prompts"][0]["id"])
    assert [one["prompt"] for one in first["prompts"] + second["prompts"]] == list(PROMPTS)
    assert first["total"] == len(PROMPTS)
    shown = tool("library_show", ids=[second["prompts"][0]["id"]])
    with Assistant.open(small_home) as a:
        (record,) = a.library.show([second["prompts"][0]["id"]])
    assert shown == {"prompts": [json.loads(json.dumps(record_json(record)))]}


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("library_show", {"ids": ["nobody"]}, "no prompt is called 'nobody'\nsearch and library"),
        ("search", {"idea": " "}, "the idea is empty"),
        ("search", {"idea": IDEA, "k": 101}, "less than or equal to 100"),
        ("optimize", {"idea": IDEA, "n": 100_000}, "n: 100000 is not between"),
        ("optimize", {"idea": IDEA, "profile": "nobody"}, "no profile is called 'nobody'"),
        ("optimize", {"idea": IDEA, "profile": "/x.toml"}, "'/x.toml' is a file\ngive a name"),
        ("generate", {"prompt": "a dog", "size": "big"}, "size"),
        ("generate", {"prompt": "a dog", "n": 9}, "less than or equal to 8"),
        ("generate", {}, "prompt"),
    ],
)
def test_errors_say_the_way_out(
    tool: Call, name: str, arguments: dict[str, object], told: str
) -> None:
    said = tool(name, **arguments)
    assert isinstance(said, str)
    assert told in said


def test_nothing_but_messages_on_stdout(require: Callable[[str], Path], small_home: Path) -> None:
    """A line that is no message is refused, and the end of stdin is the end."""
    require("mcp")
    command = [sys.executable, "-m", "bozzetto", "mcp", "--home", str(small_home)]
    done = subprocess.run(command, input="no JSON\n", capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in done.stdout.splitlines())


def test_what_a_client_wants_no_more_is_not_drawn(
    require: Callable[[str], Path], small_home: Path
) -> None:
    """Over stdio a cancelled call is told to the server, which draws no further picture."""
    require("mcp")
    from mcp import Client, StdioServerParameters, stdio_client

    async def give_up(address: str) -> None:
        server = StdioServerParameters(
            command=sys.executable,
            args=["-m", "bozzetto", "mcp", "--home", str(small_home)],
            env={**os.environ, "BOZZETTO_IMAGES": f"a1111:{address}"},
        )
        async with Client(stdio_client(server)) as found:
            with anyio.CancelScope() as scope:

                async def cancel(*_: object) -> None:
                    scope.cancel()

                arguments = {"prompt": "a dog", "n": 8, "size": "64x64"}
                await found.call_tool("generate", arguments, progress_callback=cancel)
            assert scope.cancelled_caught
            with Assistant.open(small_home) as a, anyio.fail_after(30):
                while a.jobs.list()[0].running:
                    await anyio.sleep(0.05)

    with A1111Server(seconds=0.3) as server:
        asyncio.run(give_up(server.address))
    with Assistant.open(small_home) as a:
        job = a.jobs.list()[0]
    assert job.total == 8
    assert job.ok < 8


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_an_interrupt_ends_it(require: Callable[[str], Path], small_home: Path) -> None:
    require("mcp")
    command = [sys.executable, "-m", "bozzetto", "mcp", "--home", str(small_home)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as server:
        assert server.stdin
        assert server.stdout
        server.stdin.write('{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n')
        server.stdin.flush()
        assert json.loads(server.stdout.readline())["id"] == 1
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == -signal.SIGINT


HIDDEN = """
import sys
sys.modules["mcp"] = None
sys.argv[1:] = ["mcp"]
from bozzetto.cli.main import run
run()
"""


def test_without_the_package_the_command_says_how_to_get_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HIDDEN], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 4
    assert done.stderr == (
        "bozzetto: an MCP server needs the package mcp\n  pip install 'bozzetto[mcp]'\n"
    )
    assert done.stdout == ""
