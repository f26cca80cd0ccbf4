# ruff: noqa: ANN401 - pytest has no way to import the fixture's class
from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bozzetto.search.dense import Sought
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
    query = shelf.embedders["minilm"].embed([idea])[0]
    leg: Leg
    (leg,) = shelf_indexes(shelf).dense("minilm").search([Sought((query, query), None, "x")])
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


CHILD = """
import sys, time
from pathlib import Path
from bozzetto.adapters.texts.tantivy import TantivyIndex
from bozzetto.adapters.vectors.exact import ExactIndex
from bozzetto.ports import EmbedderFeatures
from bozzetto.search.indexes import Indexes
from bozzetto.store.store import Store
from bozzetto.store.vectors import VectorCache

home, moment = Path(sys.argv[1]), int(sys.argv[2])
passed = []

def reached():
    passed.append(0)
    if len(passed) == moment:
        print("here", flush=True)
        time.sleep(60)

class Vectors(ExactIndex):
    def save(self, folder):
        (folder / "vectors.npy").write_bytes(b"half of it")
        reached()
        super().save(folder)
        reached()

class Texts(TantivyIndex):
    def build(self, folder, rows):
        reached()
        super().build(folder, rows)
        reached()

names = ("minilm", "use")
Indexes(
    Store.open(home), VectorCache(home / "vectors.sqlite"), home / "indexes",
    embedders={name: EmbedderFeatures(f"{name}:test-1", 64, ("en",), 512) for name in names},
    vectors=lambda rows: Vectors(), texts=Texts,
).refresh()
print("done", flush=True)
"""
MOMENTS = 2 * (1 + 4)
"""Before and after the text index is written, and each of two views of two embedders."""


def build(home: Any, moment: int) -> None:
    """Build in another process, killed at a moment; it gets through where there are fewer."""
    command = [sys.executable, "-c", CHILD, str(home), str(moment)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = process.stdout.readline().strip()
        process.kill()
    assert (told, process.returncode) == ("here", -signal.SIGKILL)


@pytest.mark.skipif(os.name == "nt", reason="there is no kill -9")
@pytest.mark.parametrize("moment", range(1, MOMENTS + 1))
def test_killed_while_it_builds_the_next_search_finds_all(shelf: Any, moment: int) -> None:
    shelf.fill(PROMPTS)
    shelf.embed()
    build(shelf.home, moment)
    everyone = shelf_indexes(shelf)
    assert found(shelf, PROMPTS[1])[0] == 2
    assert everyone.lexical().search("robots", ["robots"], 5, None).keys.tolist() == [3]
    assert everyone.dense("use").waiting == 0
    shelf.fill(MORE, "second")
    shelf.embed()
    shutil.rmtree(next((shelf.home / "indexes").glob("minilm-*")))
    build(shelf.home, 2)
    assert [found(shelf, text)[0] for text in (PROMPTS[1], MORE[0])] == [2, 5]


@pytest.mark.skipif(os.name == "nt", reason="there is no kill -9")
def test_killed_while_it_renews_the_old_index_serves(shelf: Any) -> None:
    shelf.fill(PROMPTS)
    shelf.embed()
    shelf_indexes(shelf).refresh()
    made = folders(shelf)
    shelf.fill([f"{text} of type {n}" for n in range(2_100) for text in MORE[:1]], "second")
    shelf.embed()
    build(shelf.home, 3)
    assert {name for name in folders(shelf) if name.startswith("minilm")} == {
        name for name in made if name.startswith("minilm")
    }
    assert found(shelf, PROMPTS[1])[0] == 2
    assert found(shelf, f"{MORE[0]} of type 7")[0] == 5 + 7
