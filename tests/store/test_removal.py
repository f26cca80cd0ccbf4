from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from bozzetto.errors import NotFoundError
from bozzetto.ports import SourceFeatures
from bozzetto.store.entries import Entry, hash_of
from bozzetto.store.store import FILE, Store
from bozzetto.text.normalise import prompt_id
from bozzetto.types import BadRow, SourcePrompt

NOW = "2026-01-02T03:04:05Z"
Fill = Callable[..., int]


TABLES = ("prompts", "originals", "occurrences", "tags", "variants")


def rows(tmp_path: Path) -> dict[str, int]:
    connection = sqlite3.connect(tmp_path / FILE)
    counts = {t: connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in TABLES}
    assert connection.execute("PRAGMA foreign_key_check").fetchone() is None
    connection.close()
    return counts


def test_deleting_by_id_leaves_nothing_of_it(store: Store, fill: Fill, tmp_path: Path) -> None:
    fill("one", [SourcePrompt("a cat ", "1", tags=("x",)), "a dog"])
    store.set_families([(2, 1)], store.state())
    assert store.delete([prompt_id("a cat"), "f" * 16], actor="bob", now="later") == 1
    assert rows(tmp_path) == dict(zip(TABLES, (1, 0, 1, 0, 0), strict=True))
    assert store.families_stale()
    assert [record.family for record in store.page()] == [2]
    assert store.delete(["f" * 16], actor="bob", now="later") == 0


def test_rows_of_deleted_prompts_are_counted(store: Store, fill: Fill) -> None:
    fill("one", ["a cat", "a dog", "a cat"], bad=[BadRow("line 4", "empty")])
    fill("two", ["a dog"])
    assert [info.deleted for info in store.sources()] == [0, 0]
    store.delete([prompt_id("a cat")], actor="bob", now="later")
    assert [info.deleted for info in store.sources()] == [2, 0]
    store.delete([prompt_id("a dog")], actor="bob", now="later")
    assert [(info.deleted, info.prompts) for info in store.sources()] == [(3, 0), (1, 0)]


def test_deleting_a_source_keeps_what_others_have(store: Store, fill: Fill, tmp_path: Path) -> None:
    fill("one", ["a cat", "a dog"], bad=[BadRow("line 3", "empty")])
    fill("two", ["a cat"])
    assert store.delete_source("one", actor="bob", now="later") == 1
    cat = store.page()[0]
    assert (cat.text, cat.source, cat.sources, cat.count) == ("a cat", "two", ("two",), 1)
    assert [info.name for info in store.sources()] == ["two"]
    assert rows(tmp_path)["occurrences"] == 1
    assert fill("one", ["a dog"]) == 1, "it can be imported again"


def test_an_unknown_source_is_named_with_those_there_are(store: Store, fill: Fill) -> None:
    fill("one", ["a"])
    with pytest.raises(NotFoundError, match="'oen'") as caught:
        store.delete_source("oen", actor="bob", now=NOW)
    assert caught.value.hint == "there are: one"


def test_the_starter_library_stays_away_once_removed(store: Store, fill: Fill) -> None:
    fill("starter", ["a"], kind="starter")
    assert not store.starter_removed()
    assert store.delete_source("starter", actor="bob", now=NOW) == 1
    assert store.starter_removed()
    assert store.delete_source("starter", actor="bob", now=NOW) == 0


def test_another_source_named_starter_is_not_the_starter_library(store: Store, fill: Fill) -> None:
    fill("starter", ["a"])
    assert store.delete_source("starter", actor="bob", now=NOW) == 1
    assert not store.starter_removed()


def test_of_two_sources_named_starter_the_starter_library_goes_first(
    store: Store, fill: Fill
) -> None:
    fill("starter", ["ours", "both"], kind="starter")
    features = SourceFeatures("starter", "text")
    begun = store.begin_source(features, "print of a user's", actor="ada", now=NOW)
    entries = [
        Entry(hash_of(prompt_id(text)), text, text, SourcePrompt(text, "line 1"))
        for text in ("theirs", "both")
    ]
    store.add_batch(begun, entries, (), start=0, position=1)
    store.finish_source(begun)
    assert store.delete_source("starter", actor="bob", now=NOW) == 1
    assert store.starter_removed()
    assert [info.kind for info in store.sources()] == ["text"]
    assert [record.text for record in store.page()] == ["both", "theirs"]
    assert store.delete_source("starter", actor="bob", now=NOW) == 2
    assert store.sources() == ()


def test_refusing_the_starter_library_before_it_is_loaded_is_recorded(
    store: Store, tmp_path: Path
) -> None:
    assert store.delete_source("starter", actor="bob", now=NOW) == 0
    assert store.starter_removed()
    connection = sqlite3.connect(tmp_path / FILE)
    changes = connection.execute("SELECT at, actor, action, subject FROM changes").fetchall()
    connection.close()
    assert changes == [(NOW, "bob", "delete", "starter")]
