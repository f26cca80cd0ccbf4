"""A real model in this process: told what is wrong with its file, shared, stopped, let go."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bozzetto.errors import BackendError, SetupError
from bozzetto.plugins import load
from bozzetto.testing.chat import GREETING, collect
from bozzetto.types import Delta, Finish, Message, Usage

if TYPE_CHECKING:
    from bozzetto.adapters.chat.gguf import GgufChat
    from bozzetto.adapters.chat.gguf_shelf import Shelf


@pytest.fixture(autouse=True, scope="module")
def path(require: Callable[[str], Path]) -> Path:
    return require("llm")


@pytest.fixture
def shelf(path: Path) -> Iterator[Shelf]:
    from bozzetto.adapters.chat.gguf_shelf import Shelf

    shelf = Shelf(keep=0.05)
    yield shelf
    shelf.clear()


def lent(path: Path, shelf: Shelf, timeout: float = 60.0) -> GgufChat:
    from bozzetto.adapters.chat.gguf import GgufChat

    return GgufChat(path, timeout=timeout, shelf=shelf)


def emptied(shelf: Shelf) -> bool:
    until = time.monotonic() + 10
    while len(shelf) and time.monotonic() < until:
        time.sleep(0.02)
    return not len(shelf)


def test_it_answers_by_template_seed_and_cap_and_is_signed_with_the_files_name(path: Path) -> None:
    chat = load("chat", "gguf")(str(path), environ={}, timeout=60.0)
    assert chat.features.name == f"gguf:{path.name}"
    warm = replace(GREETING, temperature=0.9, max_tokens=8)

    async def three() -> list[str]:
        answers = [await collect(chat, replace(warm, seed=seed)) for seed in (1, 1, 2)]
        assert all(Usage in map(type, events) for events in answers)
        assert {events[-1] for events in answers} <= {Finish("length"), Finish("stop")}
        await chat.aclose()
        return ["".join(e.text for e in events if isinstance(e, Delta)) for events in answers]

    first, same, other = asyncio.run(three())
    assert first == same
    assert first != other


def test_stops_end_it(path: Path, shelf: Shelf) -> None:
    async def stopped() -> None:
        chat = lent(path, shelf)
        whole = await collect(chat, replace(GREETING, max_tokens=24))
        text = "".join(event.text for event in whole if isinstance(event, Delta))
        word = text.split()[1]
        events = await collect(chat, replace(GREETING, max_tokens=24, stop=(word,)))
        assert "".join(e.text for e in events if isinstance(e, Delta)) == text.partition(word)[0]
        assert events[-1] == Finish("stop")
        await chat.aclose()

    asyncio.run(stopped())


def test_a_file_is_loaded_once_for_all_and_let_go_after_the_last(path: Path, shelf: Shelf) -> None:
    async def both() -> None:
        chats = [lent(path, shelf) for _ in range(3)]
        assert len(shelf) == 0
        await asyncio.gather(*(collect(chat, GREETING) for chat in chats))
        for chat in chats:
            assert len(shelf) == 1
            await chat.aclose()
        assert await asyncio.to_thread(emptied, shelf)
        assert isinstance((await collect(chats[0], GREETING))[-1], Finish)
        await chats[0].aclose()

    asyncio.run(both())
    assert emptied(shelf)


def test_leaving_early_ends_the_answer_within_a_token(path: Path, shelf: Shelf) -> None:
    async def leave() -> None:
        chat = lent(path, shelf)
        async with aclosing(chat.stream(replace(GREETING, max_tokens=2000))) as stream:
            assert isinstance(await anext(stream), Delta)
        model = shelf.borrow(path)[1]
        until = time.monotonic() + 5
        while model.answering and time.monotonic() < until:
            await asyncio.sleep(0.01)
        assert not model.answering
        await chat.aclose()

    asyncio.run(leave())


def test_what_is_longer_than_the_context_is_told(path: Path, shelf: Shelf) -> None:
    chat = lent(path, shelf)
    request = replace(GREETING, messages=(Message("user", "word " * 6000),))
    with pytest.raises(BackendError, match="exceeds the available context size"):
        asyncio.run(collect(chat, request))
    asyncio.run(chat.aclose())


def test_silence_is_told(path: Path, shelf: Shelf) -> None:
    chat = lent(path, shelf, 1e-6)
    with pytest.raises(BackendError, match="nothing for 1e-06 s"):
        asyncio.run(collect(chat, GREETING))
    asyncio.run(chat.aclose())


@pytest.mark.parametrize("size", [0, 3, 4, 24, 1_000, 1_000_000])
def test_a_file_that_is_cut_short_is_one_clear_error(path: Path, tmp_path: Path, size: int) -> None:
    cut = tmp_path / "cut.gguf"
    with path.open("rb") as file:
        cut.write_bytes(file.read(size))
    with pytest.raises(SetupError) as caught:
        asyncio.run(collect(load("chat", "gguf")(str(cut), environ={}, timeout=5.0), GREETING))
    assert str(cut) in caught.value.message
    assert caught.value.hint


def test_what_is_no_model_is_told_without_loading_anything(tmp_path: Path) -> None:
    text = tmp_path / "notes.gguf"
    text.write_text("hello")
    for rest, said in [
        ("", "gguf: no file is named"),
        (str(tmp_path / "none.gguf"), f"{tmp_path}/none.gguf: there is no such file"),
        (str(tmp_path), f"{tmp_path}: is a directory"),
        (str(text), f"{text} is no GGUF file"),
    ]:
        with pytest.raises(SetupError) as caught:
            load("chat", "gguf")(rest, environ={}, timeout=1.0)
        assert caught.value.message == said


def test_a_process_ends_well_in_the_middle_of_an_answer(path: Path) -> None:
    program = """if True:
        import asyncio, sys
        from dataclasses import replace
        from bozzetto.plugins import load
        from bozzetto.testing.chat import GREETING
        chat = load("chat", "gguf")(sys.argv[1], environ={}, timeout=60.0)
        async def main():
            stream = chat.stream(replace(GREETING, max_tokens=2000))
            print(type(await anext(stream)).__name__, flush=True)
            sys.exit(3)
        asyncio.run(main())
    """
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (3, "Delta\n"), done.stderr


def test_it_is_found_by_its_scheme(path: Path) -> None:
    assert load("chat", "gguf")(str(path), environ={}, timeout=1.0).features.name.startswith("gguf")
