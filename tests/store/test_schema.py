from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bozzetto.app.doctor import examine
from bozzetto.errors import DataError, NewerSchemaError, NotFoundError, SetupError
from bozzetto.store.migrations import CURRENT
from bozzetto.store.schema import APPLICATION, schema_version
from bozzetto.store.store import FILE, Store
from bozzetto.store.vectors import VectorCache, text_hashes
from bozzetto.types import Caller

HOMES = Path(__file__).parent.parent / "data"
ADA = Caller("ada", "viewer")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_new_library_has_the_current_schema_and_our_mark(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        assert store.schema() == CURRENT
    with sqlite3.connect(tmp_path / FILE) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_every_connection_syncs_and_checks_references(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, store._database.read() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert connection.execute("PRAGMA busy_timeout").fetchone() == (60_000,)


@pytest.mark.parametrize("version", range(1, CURRENT + 1))
def test_a_home_of_every_schema_opens(tmp_path: Path, version: int) -> None:
    home = tmp_path / "home"
    shutil.copytree(HOMES / f"home_v{version}", home)
    with Store.open(home) as store:
        store.check()
        assert store.schema() == CURRENT
        assert store.count() == 5
        assert [record.text for record in store.page(limit=2)] == [
            "a lighthouse in fog, charcoal drawing",
            "portrait of a fox in a red coat, oil painting, 8k",
        ]
        assert store.family_sizes([1]) == {1: 2}
        assert [info.name for info in store.sources()] == ["one.jsonl", "two.txt"]
        kept = store.candidate("c0ffee")
        assert kept is not None
        assert (kept.idea, kept.candidate.prompt) == ("a fox", "a fox, oil painting")
        assert kept.candidate.parent is None
        assert (kept.candidate.checks, kept.candidate.references) == ((), ())
        child = store.candidate("c0ffee2")
        assert (child is None) == (version < 2)
        assert [found.id for found in store.children("c0ffee")] == ["c0ffee2"] * (version >= 2)
        assert [record.rating for record in store.page(limit=2)] == (
            [4, 5] if version < 4 else [2, 1]
        )
        store.kept.take_back(campaign="foxes", actor="ada", now="n")
        store.kept.rate([record.id for record in store.page(limit=2)], None, actor="ada", now="n")
        assert [record.rating for record in store.page(limit=2)] == [4, 5]
        assert store.accounts.any() == (version >= 5)
        assert store.accounts.by_key("c0ffee" * 10, "n") == (ADA if version >= 5 else None)
    assert (home / "backups").exists() == (version < CURRENT)


def test_a_newer_library_is_refused_and_not_touched(tmp_path: Path) -> None:
    with Store.open(tmp_path):
        pass
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute(f"PRAGMA user_version={CURRENT + 1}")
    connection.close()
    before = digest(tmp_path / FILE), sorted(p.name for p in tmp_path.iterdir())
    with pytest.raises(NewerSchemaError, match=f"schema {CURRENT + 1}"):
        Store.open(tmp_path)
    assert (digest(tmp_path / FILE), sorted(p.name for p in tmp_path.iterdir())) == before


def test_a_newer_schema_that_only_the_log_knows_is_refused_too(tmp_path: Path) -> None:
    with Store.open(tmp_path):
        pass
    writer = sqlite3.connect(tmp_path / FILE)
    writer.execute(f"PRAGMA user_version={CURRENT + 7}")  # the open connection keeps the log
    before = digest(tmp_path / FILE)
    with pytest.raises(NewerSchemaError):
        Store.open(tmp_path)
    assert digest(tmp_path / FILE) == before
    writer.close()


@pytest.mark.parametrize(
    "content", [b"hello", b"SQLite format 3\0" + b"\0" * 20, b"PAR1" + b"x" * 4000]
)
def test_what_is_no_database_is_named_and_left(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(DataError, match=r"library\.sqlite is not a library") as caught:
        Store.open(tmp_path)
    assert caught.value.hint is not None
    assert (tmp_path / FILE).read_bytes() == content


def test_a_database_of_another_program_is_left(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute("CREATE TABLE notes (text)")
    connection.execute("PRAGMA user_version=1")
    connection.close()
    with pytest.raises(DataError, match="another program"):
        Store.open(tmp_path)


def test_a_cut_off_library_is_an_error_that_names_it(tmp_path: Path) -> None:
    shutil.copytree(HOMES / "home_v1", tmp_path / "home")
    path = tmp_path / "home" / FILE
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match=r"library\.sqlite"), Store.open(tmp_path / "home") as store:
        store.check()


def test_reading_only_makes_no_library(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        Store.look(tmp_path / "none")
    assert not (tmp_path / "none").exists()
    assert schema_version(tmp_path / "none" / FILE) == 0


def test_a_library_that_is_looked_at_takes_no_change(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.delete_source("starter", actor="ada", now="n")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with Store.look(tmp_path) as looked:
        assert looked.starter_removed()
        with pytest.raises(SetupError, match="may not be written to"):
            looked.delete_source("starter", actor="ada", now="n")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_library_of_an_older_schema_is_not_looked_at(tmp_path: Path) -> None:
    shutil.copyfile(HOMES / "home_v1" / FILE, tmp_path / FILE)
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(DataError, match="has schema 1") as caught:
        Store.look(tmp_path)
    assert "backup" in (caught.value.hint or "")
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert (tmp_path / FILE).read_bytes() == before


OTHER = """
import sys
from pathlib import Path
from bozzetto.store.store import Store
with Store.open(Path(sys.argv[1])) as store:
    store.accounts.add("{}", "editor", "hash", actor="other", now="n")
"""


def test_a_look_at_a_library_that_is_open_here_loses_nothing(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.accounts.add("before", "admin", "hash", actor="here", now="n")
        assert schema_version(tmp_path / FILE) == CURRENT
        with Store.look(tmp_path) as looking:
            assert looking.accounts.any()
        assert {check.state for check in examine(tmp_path) if check.name == "library"} == {"ok"}
        other = [sys.executable, "-c", OTHER.format("other"), str(tmp_path)]
        subprocess.run(other, check=True)
        store.accounts.add("after", "viewer", "hash", actor="here", now="n")
        subprocess.run([*other[:2], OTHER.format("another"), other[3]], check=True)
    with Store.open(tmp_path) as store:
        names = [account.name for account in store.accounts.all()]
    assert names == ["after", "another", "before", "other"]


def test_only_its_owner_reads_a_library_its_logs_vectors_and_copies(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with Store.open(tmp_path) as store:
            store.accounts.add("ann", "admin", "hash", actor="here", now="n")
            store.backup(tmp_path / "copy.sqlite")
            vectors = VectorCache(tmp_path / "vectors.sqlite")
            vectors.put("e", text_hashes(["a fox"]), np.ones((1, 2), np.float16))
            found = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
            vectors.close()
    finally:
        os.umask(before)
    logged = [f"{name}{end}" for name in (FILE, "vectors.sqlite") for end in ("", "-wal", "-shm")]
    assert found == dict.fromkeys((*logged, "copy.sqlite"), 0o600)


def test_a_library_that_others_can_read_is_told_of(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with Store.open(tmp_path) as store:
        (tmp_path / FILE).chmod(0o644)
        assert "accounts" not in {check.name for check in examine(tmp_path)}
        store.accounts.add("ann", "admin", "hash", actor="here", now="n")
        (said,) = [check for check in examine(tmp_path) if check.name == "accounts"]
        assert (said.state, said.hint) == ("warn", f"chmod 700 {tmp_path}")
        assert said.detail.startswith(f"{tmp_path / FILE}: hashes of passwords")
        (tmp_path / FILE).chmod(0o600)
        assert "accounts" not in {check.name for check in examine(tmp_path)}
