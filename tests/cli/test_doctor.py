"""`bozzetto doctor`: it finds what is wrong, and changes nothing."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bozzetto.store.migrations import CURRENT
from bozzetto.store.store import Store

Run = Callable[..., Any]

DATA = Path(__file__).resolve().parent.parent / "data"
OLDER = [DATA / f"home_v{version}" for version in range(1, CURRENT)]
INDEXES = ("index minilm", "index use", "index words")


def content(home: Path) -> dict[str, bytes]:
    """Every file of a home, byte for byte."""
    return {str(path.relative_to(home)): path.read_bytes() for path in files(home)}


def files(home: Path) -> list[Path]:
    """The files of a home, and its folders."""
    return [path for path in sorted(home.rglob("*")) if path.is_file()]


def states(run: Run, home: Path) -> dict[str, tuple[str, str]]:
    """What the doctor says of a home, having changed none of its files."""
    before = content(home)
    answer = run("doctor", "--home", str(home), "--format", "json")
    assert content(home) == before
    checks = {check["name"]: (check["state"], check["detail"]) for check in answer.json["checks"]}
    assert answer.json["ok"] is all(state != "fail" for state, _ in checks.values())
    assert answer.code == (0 if answer.json["ok"] else 1)
    return checks


@pytest.fixture
def copied(small_home: Path, tmp_path: Path) -> Path:
    """A home with ten prompts that may be spoiled."""
    shutil.copytree(small_home, tmp_path / "copied")
    return tmp_path / "copied"


def test_a_missing_home_stays_missing(run: Run, home: Path) -> None:
    answer = run("doctor", "--format", "json")
    assert answer.code == 0
    library = next(check for check in answer.json["checks"] if check["name"] == "library")
    assert library["state"] == "ok"
    assert library["detail"].startswith("not made yet")
    assert not home.exists()


def test_a_sound_home(run: Run, small_home: Path) -> None:
    found = states(run, small_home)
    assert {state for state, _ in found.values()} == {"ok"}
    assert found["library"] == ("ok", f"schema {CURRENT}, every page read and sound")
    assert found["embeddings"] == ("ok", "complete, every vector read and sound")
    sampled = "complete, 10 prompts; finds 100.0% of the true ten nearest, by a sample"
    assert [found[name] for name in INDEXES] == [
        ("ok", "complete, 10 prompts" if name == "index words" else sampled) for name in INDEXES
    ]


def test_prompts_without_vectors(run: Run, small_home: Path, copied: Path, lines: Path) -> None:
    run("import", str(lines), "--no-embed", "--home", str(copied))
    found = states(run, copied)
    assert found["embeddings"] == ("warn", "2 prompts wait")
    state, detail = found["index minilm"]
    assert (state, detail.partition(";")[0]) == ("ok", "2 newer prompts are searched one by one")
    run("library", "delete", "--source", "mine.txt", "--home", str(copied))
    state, detail = states(run, copied)["index use"]
    assert (state, detail.partition(";")[0]) == ("ok", "10 deleted ones are passed over")


def test_a_damaged_library(run: Run, copied: Path) -> None:
    (copied / "library.sqlite").write_bytes(b"not a database at all, but quite long" * 99)
    found = states(run, copied)
    assert found["library"][0] == "fail"


def test_a_library_of_a_newer_program(run: Run, copied: Path) -> None:
    change(copied / "library.sqlite", f"PRAGMA user_version={CURRENT + 1}")
    state, detail = states(run, copied)["library"]
    assert state == "fail"
    assert f"has schema {CURRENT + 1}" in detail


@pytest.mark.parametrize("older", OLDER, ids=lambda folder: folder.name)
def test_an_older_library_is_not_migrated(run: Run, tmp_path: Path, older: Path) -> None:
    shutil.copytree(older, tmp_path / "old")
    answer = run("doctor", "--home", str(tmp_path / "old"), "--format", "json")
    library = next(check for check in answer.json["checks"] if check["name"] == "library")
    assert library["state"] == "warn"
    assert "backup" in library["hint"]
    assert states(run, tmp_path / "old")["library"] == ("warn", library["detail"])


def test_an_empty_file_is_an_empty_library(run: Run, copied: Path) -> None:
    (copied / "library.sqlite").write_bytes(b"")
    assert states(run, copied)["library"] == ("ok", "empty: nothing was ever written to it")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("junk", "not a database"),
        ("torn", "a block of vectors is damaged"),
        ("newer", "version 99"),
    ],
)
def test_damaged_vectors_are_told_and_left(run: Run, copied: Path, damage: str, said: str) -> None:
    path = copied / "vectors.sqlite"
    if damage == "junk":
        path.write_bytes(b"junk" * 1000)
    elif damage == "torn":
        change(path, "UPDATE blocks SET checksum = checksum + 1")
    else:
        change(path, "PRAGMA user_version=99")
    answer = run("doctor", "--home", str(copied), "--format", "json")
    found = next(check for check in answer.json["checks"] if check["name"] == "embeddings")
    assert said in found["detail"]
    assert "embeds again" in found["hint"]
    assert states(run, copied)["embeddings"] == ("warn", found["detail"])


def test_vectors_that_were_deleted_are_missing_and_not_made(run: Run, copied: Path) -> None:
    (copied / "vectors.sqlite").unlink()
    assert states(run, copied)["embeddings"] == ("warn", "10 prompts wait")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("none", ("ok", "none yet")),
        ("header", ("warn", "damaged")),
        ("content", ("warn", "damaged: ")),
        ("newer", ("warn", "made by a newer version of the program")),
        ("recipe", ("warn", "made by another version or for another embedder")),
        ("stale", ("warn", "made for 9,999 prompts of which much has changed since")),
    ],
)
@pytest.mark.parametrize("name", ["minilm", "words"])
def test_indexes_are_looked_into(
    run: Run, copied: Path, name: str, damage: str, said: tuple[str, str]
) -> None:
    (place,) = (copied / "indexes").glob(f"{name}-*")
    head = json.loads((place / "state.json").read_text())
    if damage == "none":
        shutil.rmtree(place)
    elif damage == "header":
        (place / "state.json").write_text("{")
    elif damage == "content":
        spoil = next(path for path in files(place) if path.parent != place)
        spoil.write_bytes(spoil.read_bytes()[:7])
    else:
        if damage == "newer":
            head["version"] += 1
        elif damage == "recipe":
            head["stamp"]["recipe"] = "0:another"
        else:
            head["stamp"] |= {"total": 9999, "rows": 9999}
        (place / "state.json").write_text(json.dumps(head))
    state, detail = states(run, copied)[f"index {name}"]
    assert state == said[0]
    assert detail.startswith(said[1])


def test_what_a_killed_process_left_is_read_and_stays(run: Run, copied: Path) -> None:
    """Its last changes lie in the log beside the file."""
    killed = (
        "import os, sys, pathlib\n"
        "from bozzetto.store.store import Store\n"
        "store = Store.open(pathlib.Path(sys.argv[1]))\n"
        "store.delete_source('mine.txt', actor='ada', now='n')\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", killed, str(copied)], check=True)
    log = copied / "library.sqlite-wal"
    before = {path.name: path.read_bytes() for path in (log, copied / "library.sqlite")}
    assert len(before[log.name]) > 0
    answer = run("doctor", "--home", str(copied), "--format", "json")
    found = {check["name"]: check["detail"] for check in answer.json["checks"]}
    assert found["prompts"].startswith("0 in 0 families")
    assert {name: (copied / name).read_bytes() for name in before} == before


def test_a_library_in_use_is_read_beside_it(run: Run, copied: Path, lines: Path) -> None:
    with Store.open(copied) as store:
        store.delete_source("mine.txt", actor="ada", now="n")
        answer = run("doctor", "--home", str(copied), "--format", "json")
        found = {check["name"]: check["detail"] for check in answer.json["checks"]}
        assert found["prompts"].startswith("0 in 0 families")
        assert store.count() == 0


def change(path: Path, statement: str) -> None:
    """Change a database from outside, leaving no log."""
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("chat", "state", "says"),
    [
        ("bedrock:anthropic.claude-v2", "fail", "is gone"),
        ("openai:gpt-next", "ok", "(not called)"),
        ("compose", "ok", "written from the library"),
    ],
)
def test_a_model_that_its_vendor_ended(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chat: str, state: str, says: str
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("BOZZETTO_CHAT", chat)
    checks = run("doctor", "--home", str(tmp_path), "--format", "json").json["checks"]
    found = next(check for check in checks if check["name"] == "chat")
    if "boto3" not in found["detail"]:
        assert found["state"] == state
        assert says in found["detail"]
