from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from bozzetto.errors import DataError, NewerSchemaError, NotFoundError
from bozzetto.store.restore import restore
from bozzetto.store.store import FILE, Store

NOW = "2026-01-02T03:04:05Z"
Fill = Callable[..., int]


def texts(folder: Path) -> list[str]:
    with Store.open(folder) as store:
        return [record.text for record in store.page()]


def test_a_backup_comes_back_and_the_replaced_is_kept(
    store: Store, fill: Fill, tmp_path: Path
) -> None:
    fill("one", ["a cat"])
    backup = tmp_path / "safe" / "copy.sqlite"
    store.backup(backup)
    assert [path.name for path in backup.parent.iterdir()] == ["copy.sqlite"]
    fill("two", ["a dog"])
    before = store.state()
    kept = restore(backup, tmp_path, actor="ada", now=NOW)
    assert kept == tmp_path / "backups" / "replaced-20260102T030405Z.sqlite"
    assert texts(tmp_path) == ["a cat"]
    assert [record.text for record in store.page()] == ["a cat"], "an open library sees it too"
    assert store.state() > before
    restore(kept, tmp_path, actor="ada", now="2027")
    assert texts(tmp_path) == ["a cat", "a dog"]
    assert sorted(p.name for p in tmp_path.glob("restoring*")) == []


def test_a_damaged_library_is_put_aside(store: Store, fill: Fill, tmp_path: Path) -> None:
    fill("one", ["a cat"])
    backup = tmp_path / "copy.sqlite"
    store.backup(backup)
    store.close()
    (tmp_path / FILE).write_bytes(b"junk" * 5000)
    kept = restore(backup, tmp_path, actor="ada", now="2026")
    assert kept is not None
    assert kept.read_bytes() == b"junk" * 5000
    assert texts(tmp_path) == ["a cat"]


def test_into_an_empty_home(store: Store, fill: Fill, tmp_path: Path) -> None:
    fill("one", ["a cat"])
    store.backup(tmp_path / "copy.sqlite")
    assert restore(tmp_path / "copy.sqlite", tmp_path / "new", actor="a", now="n") is None
    assert texts(tmp_path / "new") == ["a cat"]


@pytest.mark.parametrize("damage", ["missing", "empty", "text", "torn", "cut", "newer"])
def test_a_bad_backup_changes_nothing(
    store: Store, fill: Fill, tmp_path: Path, damage: str
) -> None:
    fill("one", [f"prompt number {n} with some words" for n in range(2000)])
    backup = tmp_path / "copy.sqlite"
    store.backup(backup)
    content = bytearray(backup.read_bytes())
    if damage == "missing":
        backup.unlink()
    elif damage == "empty":
        backup.write_bytes(b"")
    elif damage == "text":
        backup.write_text("a cat\n" * 100)
    elif damage == "torn":
        content[8192:80_000] = b"\xff" * (80_000 - 8192)
        backup.write_bytes(content)
    elif damage == "cut":
        backup.write_bytes(content[: len(content) // 2])
    else:
        connection = sqlite3.connect(backup)
        connection.execute("PRAGMA user_version=99")
        connection.close()
    before = store.state()
    with pytest.raises((DataError, NotFoundError, NewerSchemaError)):
        restore(backup, tmp_path, actor="ada", now=NOW)
    assert store.count() == 2000
    assert store.state() == before
    assert not (tmp_path / "backups").exists() or not list((tmp_path / "backups").iterdir())


def test_nobody_stays_logged_in_who_was_when_it_was_made(tmp_path: Path) -> None:
    home, saved = tmp_path / "home", tmp_path / "saved.sqlite"
    with Store.open(home) as store:
        store.accounts.add("ada", "admin", "hash", actor="a", now=NOW)
        store.accounts.begin("c" * 64, "ada", now=NOW, until="2999", most=5)
        store.backup(saved)
        store.accounts.end("c" * 64)
    restore(saved, home, actor="a", now=NOW)
    with Store.open(home) as store:
        assert [one.name for one in store.accounts.all()] == ["ada"]
        assert store.accounts.sessions(now=NOW) == []
