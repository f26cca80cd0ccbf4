"""Writing with a chat model on the command line: refining, memory, budgets, interrupts."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from bozzetto.config import config_path
from bozzetto.errors import InputError, NotFoundError, SetupError
from bozzetto.store.store import Store
from bozzetto.testing.chat_server import HEAD, ChatServer, Step, answer, delta

Run = Callable[..., Any]

LOOKS = (
    "soft window light, watercolor on rough paper, muted pastel palette, shallow depth of field",
    "neon glow, cinematic night photograph, reflections on wet chrome, saturated magenta haze",
    "charcoal drawing, heavy grain, stark chiaroscuro, smudged edges, expressive gestural strokes",
    "isometric 3d render, clay texture, bright studio lighting, playful candy colors, minimal",
)
IDEA = "a small dog"


def good(body: Mapping[str, Any]) -> list[Step]:
    return answer(f"PROMPT: {IDEA}, {LOOKS[body['seed'] % 4]}", sent=100, received=40)


def ask(run: Run, server: ChatServer, home: Path, *more: str, idea: str | None = IDEA) -> Any:  # noqa: ANN401
    words = (idea,) if idea else ()
    return run(
        "optimize", *words, "--chat", f"ollama:tiny@{server.address}", *more,
        "--home", str(home), "--format", "json",
    )  # fmt: skip


@pytest.fixture
def own_home(run: Run, tmp_path: Path) -> Path:
    file = tmp_path / "mine.txt"
    file.write_text("a castle, oil painting, warm light\na boat, pencil sketch, fog\n", "utf-8")
    assert run("import", str(file), "--home", str(tmp_path / "home")).code == 0
    return tmp_path / "home"


def test_what_it_took_and_where_it_was_steered_are_told(run: Run, own_home: Path) -> None:
    config_path(own_home).write_text("[prices.ollama]\ninput = 1.0\noutput = 5.0\n", "utf-8")
    with ChatServer(good) as server:
        found = ask(run, server, own_home, "-n", "2")
    assert (found.code, [c["chat"] for c in found.json["candidates"]]) == (0, ["ollama:tiny"] * 2)
    one = {"input_tokens": 100, "output_tokens": 40, "cached": 0, "estimated": False}
    assert [c["usage"] for c in found.json["candidates"]] == [one | {"cost": 0.0003}] * 2
    assert found.json["usage"]["cost"] == pytest.approx(0.0006)
    assert [c["seed"] for c in found.json["candidates"]] == [0, 1]
    assert len({c["look"] for c in found.json["candidates"]}) == 2
    assert all(c["references"] and c["parent"] is None for c in found.json["candidates"])
    assert "200 tokens sent, 80 received, cost 0.0006" in found.err
    with Store.open(own_home) as store:
        kept = store.candidate(found.json["candidates"][0]["id"])
        assert kept is not None
        assert kept.candidate.usage is not None
        assert kept.candidate.look == found.json["candidates"][0]["look"]


def test_a_repeated_command_asks_nothing_unless_told_to(run: Run, own_home: Path) -> None:
    with ChatServer(good) as server:
        first = ask(run, server, own_home, "-n", "2")
        second = ask(run, server, own_home, "-n", "2")
        assert len(server.requests) == 2
        ask(run, server, own_home, "-n", "2", "--no-cache")
        assert len(server.requests) == 4
        config_path(own_home).write_text("answer_days = 0\n", "utf-8")
        ask(run, server, own_home, "-n", "2")
        assert len(server.requests) == 6
    assert [c["prompt"] for c in second.json["candidates"]] == [
        c["prompt"] for c in first.json["candidates"]
    ]
    assert second.json["usage"] | {"cost": None} == {
        "input_tokens": 0, "output_tokens": 0, "cached": 2, "estimated": False, "cost": None,
    }  # fmt: skip


def test_a_damaged_memory_is_replaced(run: Run, own_home: Path) -> None:
    (own_home / "answers.sqlite").write_bytes(b"junk")
    with ChatServer(good) as server:
        assert [ask(run, server, own_home, "-n", "1").code for _ in range(2)] == [0, 0]
        assert len(server.requests) == 1


def test_a_candidate_is_refined_and_the_lineage_kept(run: Run, own_home: Path) -> None:
    def script(body: Mapping[str, Any]) -> list[Step]:
        changed = LOOKS[0].replace("muted pastel palette", "warm amber palette")
        return answer(f"PROMPT: {IDEA}, {changed}") if len(body["messages"]) > 2 else good(body)

    with ChatServer(script) as server:
        first = ask(run, server, own_home, "-n", "1").json["candidates"][0]
        found = ask(run, server, own_home, "--refine", first["id"], "--prefer", "warmer", idea=None)
        child = found.json["candidates"][0]
        assert server.requests[1]["messages"][2]["content"].startswith(
            f"PROMPT: {first['prompt']}\n"
        )
        again = ask(run, server, own_home, "--refine", child["id"], "--prefer", "x", idea=None)
    assert found.code == 0
    assert (child["parent"], child["chat"]) == (first["id"], "ollama:tiny")
    assert "warm amber palette" in child["prompt"]
    assert again.json["candidates"][0]["parent"] == child["id"]
    with Store.open(own_home) as store:
        assert [one.id for one in store.children(first["id"])] == [child["id"]]
        kept = store.candidate(child["id"])
        assert kept is not None
        assert kept.settings["prefer"] == ["warmer"]


def test_compose_refines_and_writes_again_too(run: Run, small_home: Path) -> None:
    home = ("--home", str(small_home), "--format", "json")
    first = run("optimize", IDEA, "-n", "1", *home).json["candidates"][0]
    refined = run("optimize", "--refine", first["id"], "--prefer", "sepia, no people", *home)
    child = refined.json["candidates"][0]
    assert (refined.code, child["parent"], child["chat"]) == (0, first["id"], "compose")
    assert "sepia" in child["prompt"]
    assert "people" in child["negative"]
    others = [
        run("optimize", "--again", first["id"], *home).json["candidates"][0] for _ in range(2)
    ]
    assert [one["parent"] for one in others] == [first["id"]] * 2
    assert [one["seed"] for one in others] == [2, 3]
    assert first["prompt"] not in [one["prompt"] for one in others]


def test_what_may_be_found_is_so_for_what_is_refined_too(run: Run, small_home: Path) -> None:
    home = ("--home", str(small_home), "--format", "json")
    first = run("optimize", IDEA, "-n", "1", "--use", "nothing-of-that-use", *home).json
    assert first["hits"] == []
    parent = first["candidates"][0]["id"]
    for rewriting in (("--again", parent), ("--refine", parent, "--prefer", "warmer")):
        assert run("optimize", *rewriting, *home).json["hits"] == []


@pytest.mark.parametrize(
    "arguments", [("--refine", "0" * 16, "--prefer", "warmer"), ("--again", "0" * 16)]
)
def test_a_candidate_that_is_not_kept_is_named(
    run: Run, small_home: Path, arguments: tuple[str, ...]
) -> None:
    found = run("optimize", *arguments, "--home", str(small_home))
    assert isinstance(found.error, NotFoundError)
    assert "0" * 16 in found.error.message
    assert "--no-save" in (found.error.hint or "")


def test_a_wish_that_nobody_can_meet_makes_no_candidate_its_own_parent(
    run: Run, own_home: Path
) -> None:
    def script(body: Mapping[str, Any]) -> list[Step]:
        return answer("no") if len(body["messages"]) > 2 else good(body)

    with ChatServer(script) as server:
        first = ask(run, server, own_home, "-n", "1").json["candidates"][0]
        wish = "muted pastel palette"
        found = ask(run, server, own_home, "--refine", first["id"], "--prefer", wish, idea=None)
    (same,) = found.json["candidates"]
    assert (same["id"], same["parent"], same["chat"]) == (first["id"], None, "compose")
    assert "nothing had to be changed for that wish" in same["warnings"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--refine", "a"),
        ("--again", "a", "--prefer", "warmer"),
        ("--again", "a", "--refine", "a", "--prefer", "x"),
        ("a dog", "--again", "a"),
        ("--batch", "-", "--again", "a"),
        ("--refine", "a", "--prefer", "x", "--mood", "calm"),
        ("--again", "a", "--profile", "flux"),
        ("--again", "a", "-n", "2"),
    ],
)
def test_what_does_not_go_together_is_a_matter_of_usage(
    run: Run, small_home: Path, arguments: tuple[str, ...]
) -> None:
    found = run("optimize", *arguments, "--home", str(small_home), stdin="")
    assert (found.code, found.out) == (2, "")


def test_the_option_that_does_not_go_with_a_candidate_is_named(run: Run, small_home: Path) -> None:
    found = run(
        "optimize", "--refine", "a", "--prefer", "x", "-n", "1", "--mood", "calm",
        "--home", str(small_home),
    )  # fmt: skip
    assert "-n, --mood cannot go with --refine" in " ".join(found.err.replace("│", " ").split())


def test_an_empty_wish_is_refused(run: Run, small_home: Path) -> None:
    home = ("--home", str(small_home), "--format", "json")
    first = run("optimize", IDEA, "-n", "1", *home).json["candidates"][0]["id"]
    found = run("optimize", "--refine", first, "--prefer", " ", *home)
    assert isinstance(found.error, InputError)


@pytest.mark.parametrize("name", ["max_tokens", "max_tokens_day"])
def test_over_the_budget_compose_writes_and_the_exit_is_0(
    run: Run, own_home: Path, name: str
) -> None:
    config_path(own_home).write_text(f"{name} = 50\n", "utf-8")
    with ChatServer(good) as server:
        found = ask(run, server, own_home, "-n", "2")
        assert server.requests == []
    assert (found.code, found.json["degraded"]) == (0, None)
    assert [c["chat"] for c in found.json["candidates"]] == ["compose"] * 2
    assert all(f"{name} = 50" in c["warnings"][-1] for c in found.json["candidates"])
    assert f"{name} = 50" in found.json["notes"][-1]


def test_the_day_s_budget_is_that_of_all_calls(run: Run, own_home: Path) -> None:
    with ChatServer(good) as server:
        ask(run, server, own_home, "-n", "2")
        with Store.open(own_home) as store:
            day = time.strftime("%Y-%m-%d", time.gmtime())
            assert (store.spent(day).input_tokens, store.spent(day).output_tokens) == (200, 80)
        config_path(own_home).write_text("max_tokens_day = 300\n", "utf-8")
        found = ask(run, server, own_home, "-n", "1", "--seed", "9")
        assert len(server.requests) == 2
    assert found.json["candidates"][0]["chat"] == "compose"


def test_a_limit_of_money_wants_a_price(run: Run, own_home: Path) -> None:
    config_path(own_home).write_text("max_cost = 1.0\n", "utf-8")
    with ChatServer(good) as server:
        found = ask(run, server, own_home, "-n", "1")
        assert server.requests == []
    assert isinstance(found.error, SetupError)
    assert '[prices."ollama:tiny"]' in (found.error.hint or "")


@pytest.mark.timeout(60)
@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_closes_the_request_keeps_what_is_finished_and_exits_130(own_home: Path) -> None:
    def script(body: Mapping[str, Any]) -> list[Step]:
        return good(body) if body["seed"] == 0 else [HEAD, delta("PROMPT: a small"), 30.0]

    with ChatServer(script) as server:
        command = [
            sys.executable, "-m", "bozzetto", "optimize", IDEA, "-n", "2",
            "--chat", f"ollama:tiny@{server.address}", "--home", str(own_home),
        ]  # fmt: skip
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert server.wait_asked(2, 30)
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            sent = time.monotonic()
            assert server.wait_left(1)
            assert server.left[0] - sent < 1
            out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (130, "")
    assert "what was finished is kept" in err
    with sqlite3.connect(own_home / "library.sqlite") as connection:
        assert connection.execute("SELECT prompt FROM candidates").fetchall() == [
            (f"{IDEA}, {LOOKS[0]}",)
        ]
        assert connection.execute("SELECT count(*) FROM spending").fetchone() == (1,)
    connection.close()
