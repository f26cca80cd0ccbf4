# ruff: noqa: ANN401 - pytest has no way to import the fixture's class
from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bozzetto.search.fuse import Leg
from bozzetto.search.indexes import Indexes

PROMPTS = [
    "a red fox in the snow, oil painting",
    "a lighthouse on a cliff at night",
    "two robots drinking tea, studio lighting",
    "a bowl of ripe cherries on a blue table",
]
MORE = ["a sleeping dragon under a mountain", "an empty swimming pool in the desert"]


def found(shelf: Any, idea: str) -> list[int]:
    leg: Leg = (
        shelf_indexes(shelf)
        .dense("minilm")
        .search(2 * [shelf.embedders["minilm"].embed([idea])[0]], None, name="x", weight=1.0)
    )
    return [int(key) for key in leg.keys[np.argsort(-leg.scores)]]


def shelf_indexes(shelf: Any) -> Indexes:
    indexes: Indexes = shelf.indexes()
    return indexes


def folders(shelf: Any) -> list[str]:
    return sorted(path.name for path in (shelf.home / "indexes").iterdir())


def test_an_index_is_built_once_and_opened_afterwards(shelf: Any) -> None:
    shelf.fill(PROMPTS)
    shelf.embed()
    shelf_indexes(shelf).refresh()
    made = folders(shelf)
    stamps = {path: path.stat().st_mtime_ns for path in (shelf.home / "indexes").iterdir()}
    assert len(made) == 3
    assert found(shelf, PROMPTS[1])[0] == 2
    shelf_indexes(shelf).refresh()
    assert folders(shelf) == made
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps


def test_newer_rows_are_searched_beside_the_index(shelf: Any) -> None:
    shelf.fill(PROMPTS)
    shelf.embed()
    shelf_indexes(shelf).refresh()
    made = folders(shelf)
    shelf.fill(MORE, "second")
    shelf.embed()
    assert found(shelf, MORE[0])[0] == 5
    words = shelf_indexes(shelf).lexical().search("dragon", ["dragon"], 9, None)
    assert words.keys.tolist() == [5]
    assert folders(shelf) == made


def test_rows_without_vectors_wait_and_then_come_in(shelf: Any) -> None:
    shelf.fill(PROMPTS)
    shelf.embed(2)
    indexes = shelf_indexes(shelf)
    assert indexes.dense("minilm").waiting == 2
    assert sorted(found(shelf, "tea")) == [1, 2]
    shelf.embed()
    assert indexes.dense("minilm").waiting == 0
    assert found(shelf, PROMPTS[2])[0] == 3


def test_too_many_changes_build_anew(shelf: Any) -> None:
    shelf.fill(PROMPTS)
    shelf.embed()
    shelf_indexes(shelf).refresh()
    made = folders(shelf)
    shelf.fill([f"thing {number}" for number in range(2_001)], "second")
    shelf.embed()
    assert found(shelf, "thing 7")[0] == 12
    shelf_indexes(shelf).refresh()
    assert len(folders(shelf)) == 3
    assert not set(folders(shelf)) & set(made)


@pytest.mark.parametrize("broken", ["state.json", "own.npz", "core/vectors.npy", "core"])
def test_a_broken_index_is_built_again(shelf: Any, broken: str) -> None:
    shelf.fill(PROMPTS)
    shelf.embed()
    shelf_indexes(shelf).refresh()
    (place,) = (shelf.home / "indexes").glob("minilm-*")
    target = place / broken
    if target.is_dir():
        shutil.rmtree(target)
    else:
        target.write_bytes(target.read_bytes()[:-9])
    assert found(shelf, PROMPTS[3])[0] == 4
    assert len(folders(shelf)) == 3


def test_a_broken_text_index_is_built_again(shelf: Any) -> None:
    shelf.fill(PROMPTS)
    shelf_indexes(shelf).lexical()
    (place,) = (shelf.home / "indexes").glob("words-*")
    for file in (place / "text").iterdir():
        file.write_bytes(b"")
    assert shelf_indexes(shelf).lexical().search("cherries", ["cherri"], 9, None).keys.tolist() == [
        4
    ]


def test_deleted_prompts_are_no_reason_to_rebuild(shelf: Any) -> None:
    shelf.fill(PROMPTS)
    shelf.embed()
    shelf_indexes(shelf).refresh()
    made = folders(shelf)
    shelf.store.delete([row.id for row in shelf.store.scan()][:1], actor="ada", now="2026")
    assert found(shelf, PROMPTS[1])[0] == 2
    assert folders(shelf) == made


def test_an_empty_library_has_empty_indexes(shelf: Any) -> None:
    assert found(shelf, "anything") == []
    assert shelf_indexes(shelf).lexical().search("x", ["x"], 9, None).keys.tolist() == []


def test_another_embedder_is_another_index(make_shelf: Callable[..., Any]) -> None:
    shelf = make_shelf()
    shelf.fill(PROMPTS)
    shelf.embed()
    shelf_indexes(shelf).refresh()
    before = folders(shelf)
    old = shelf.embedders["minilm"]
    shelf.embedders["minilm"] = type(old)("newer", 32)
    shelf.embed()
    assert found(shelf, PROMPTS[1])[0] == 2
    assert folders(shelf) != before
