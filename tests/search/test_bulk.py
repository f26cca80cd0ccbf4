# ruff: noqa: ANN401 - pytest has no way to import the fixture's class
from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bozzetto.plugins import load
from bozzetto.ports import EmbedderFeatures
from bozzetto.search.bulk import BulkFactory
from bozzetto.search.dense import Dense, Sought
from bozzetto.search.indexes import Indexes
from bozzetto.search.views import VIEWS
from bozzetto.store.vectors import text_hashes
from bozzetto.types import Progress, Vectors

FOX, LIGHTHOUSE, ROBOTS, CHERRIES = PROMPTS = [
    "a red fox in the snow, oil painting",
    "a lighthouse on a cliff at night",
    "two robots drinking tea, studio lighting",
    "a bowl of ripe cherries on a blue table",
]
LARGE = 3


class Pupil:
    """A student that knows a text by its first letters alone."""

    def __init__(self, dim: int = 64) -> None:
        self.features = EmbedderFeatures("pupil:test-1", dim, ("en",), 512)

    def embed(self, texts: Sequence[str]) -> Vectors:
        out = np.zeros((len(texts), self.features.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            out[row, sum(text[:8].encode()) % self.features.dim] = 1
        return out


def indexes(shelf: Any, told: list[Progress] | None = None) -> Indexes:
    return Indexes(
        shelf.store,
        shelf.cache,
        shelf.home / "indexes",
        embedders={name: one.features for name, one in shelf.embedders.items()},
        vectors=lambda rows: load("vectors", "exact")(),
        texts=lambda: load("texts", "tantivy")(),
        student=Pupil(),
        large=LARGE,
        progress=(told if told is not None else []).append,
    )


def refine(shelf: Any, prompts: int) -> None:
    """The teacher's vectors of the first prompts' cores."""
    core = VIEWS["minilm"][0].text
    texts = sorted({core(row) for row in list(shelf.store.scan())[:prompts]})
    teacher = shelf.embedders["minilm"]
    shelf.cache.put(teacher.features.id, text_hashes(texts), teacher.embed(texts))


def first(dense: Dense, query: Vectors) -> tuple[int, float]:
    (leg,) = dense.search([Sought((query, query), None, "x")])
    best = int(np.argmax(leg.scores))
    return int(leg.keys[best]), float(leg.scores[best])


def made(shelf: Any) -> list[str]:
    return sorted(path.name for path in (shelf.home / "indexes").glob("bulk-*"))


def test_a_large_library_is_searched_by_its_students_vectors(shelf: Any) -> None:
    shelf.fill(PROMPTS)
    opened = indexes(shelf)
    opened.refresh()
    assert opened.dense("minilm").waiting == 0
    assert [first(opened.dense("minilm"), Pupil().embed([p])[0])[0] for p in PROMPTS] == [
        1,
        2,
        3,
        4,
    ]
    assert not opened.serves("use")
    assert (opened.dense("use").waiting, len(made(shelf))) == (0, 1)


def test_a_search_builds_nothing_and_says_who_waits(shelf: Any) -> None:
    shelf.fill(PROMPTS)
    opened = indexes(shelf)
    assert opened.dense("minilm").waiting == 4
    assert made(shelf) == []
    indexes(shelf).refresh()
    assert opened.dense("minilm").waiting == 0


def test_the_teachers_vectors_take_the_place_of_the_students(shelf: Any) -> None:
    shelf.fill(PROMPTS)
    opened = indexes(shelf)
    opened.refresh()
    before = opened.dense("minilm")
    refine(shelf, 2)
    opened.refresh()
    dense = opened.dense("minilm")
    assert (before.stamp.strong, dense.stamp.strong) == (0, 2)
    teacher = shelf.embedders["minilm"].embed([LIGHTHOUSE])[0]
    key, score = first(dense, teacher)
    assert key == 2
    assert score == pytest.approx(1 - 0.25 * 0.46, abs=1e-3)
    assert first(dense, Pupil().embed([CHERRIES])[0])[0] == 4
    assert isinstance(opened.bulk, BulkFactory)
    assert opened.bulk.refined(dense.place) == (2, 2)


def test_newer_prompts_are_found_before_and_after_they_are_in(shelf: Any) -> None:
    shelf.fill(PROMPTS)
    indexes(shelf).refresh()
    shelf.fill(["an empty swimming pool"], "second")
    opened = indexes(shelf)
    query = Pupil().embed(["an empty swimming pool"])[0]
    dense = opened.dense("minilm")
    assert (first(dense, query)[0], dense.waiting, dense.stamp.rows) == (5, 0, 4)
    opened.refresh()
    dense = opened.dense("minilm")
    assert (first(dense, query)[0], dense.waiting, dense.stamp.rows) == (5, 0, 5)
    assert len(made(shelf)) == 1


def test_nothing_to_do_does_nothing(shelf: Any) -> None:
    shelf.fill(PROMPTS)
    refine(shelf, 1)
    indexes(shelf).refresh()
    (place,) = (shelf.home / "indexes").glob("bulk-*")
    stamp = place.stat().st_mtime_ns
    indexes(shelf).refresh()
    assert [path.stat().st_mtime_ns for path in (shelf.home / "indexes").glob("bulk-*")] == [stamp]


def test_indexes_of_the_other_size_go(shelf: Any) -> None:
    shelf.fill(PROMPTS[:LARGE])
    shelf.embed()
    indexes(shelf).refresh()
    small = {path.name.split("-")[0] for path in (shelf.home / "indexes").glob("*-*")}
    shelf.fill(PROMPTS, "second")
    before = indexes(shelf)
    assert first(before.dense("minilm"), shelf.embedders["minilm"].embed([FOX])[0])[0] == 1
    assert before.dense("minilm").waiting == 1
    indexes(shelf).refresh()
    large = {path.name.split("-")[0] for path in (shelf.home / "indexes").glob("*-*")}
    assert (small, large) == ({"minilm", "use", "words"}, {"bulk", "words"})


@pytest.mark.parametrize("broken", ["own.npz", "rows.npz", "core/vectors.npy"])
def test_a_broken_index_is_built_again(shelf: Any, broken: str) -> None:
    shelf.fill(PROMPTS)
    indexes(shelf).refresh()
    (place,) = (shelf.home / "indexes").glob("bulk-*")
    (place / broken).write_bytes((place / broken).read_bytes()[:-9])
    opened = indexes(shelf)
    assert opened.dense("minilm").waiting == 4
    opened.refresh()
    assert first(opened.dense("minilm"), Pupil().embed([FOX])[0])[0] == 1


def test_a_build_tells_how_far_it_is(shelf: Any) -> None:
    told: list[Progress] = []
    shelf.fill(PROMPTS)
    indexes(shelf, told).refresh()
    steps = [step for step in told if step.stage == "index bulk"]
    assert [(step.done, step.total) for step in steps] == [(0, 4), (4, 4)]
    assert steps[-1].seconds_left == 0


CHILD = """
import sys
from pathlib import Path
from bozzetto.plugins import load
from bozzetto.embed.student import Student
from bozzetto.search import bulk
from bozzetto.search.indexes import Indexes
from bozzetto.store.store import Store
from bozzetto.store.vectors import VectorCache

bulk._CHUNK, bulk._STEP = 200, 2
home = Path(sys.argv[1])
embedder = load("embedders", "minilm")().features
told = lambda step: print(step.done, flush=True)
indexes = Indexes(
    Store.open(home), VectorCache(home / "vectors.sqlite"), home / "indexes",
    embedders={"minilm": embedder, "use": load("embedders", "use")().features},
    vectors=lambda rows: load("vectors", "faiss")(), texts=lambda: load("texts", "tantivy")(),
    student=Student(), large=100, progress=told,
)
indexes.refresh()
"""


def build(home: Path, kill_at: int | None) -> list[int]:
    """Build in another process, killed once so many rows are in; what it told."""
    command = [sys.executable, "-c", CHILD, str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told: list[int] = []
        for line in process.stdout:
            told.append(int(line))
            if kill_at is not None and told[-1] >= kill_at:
                process.kill()
                break
    assert process.returncode == (0 if kill_at is None else -signal.SIGKILL)
    return told


@pytest.mark.skipif(os.name == "nt", reason="there is no kill -9")
def test_a_killed_build_leaves_the_old_index_and_goes_on_where_it_was(shelf: Any) -> None:
    shelf.fill([f"a painting of thing {n} beside a house of {n * 7}" for n in range(3_000)])
    build(shelf.home, kill_at=1_000)
    assert made(shelf) == []
    words = indexes(shelf).lexical().search("thing 77", ["thing", "77"], 5, None)
    assert 78 in words.keys.tolist()
    assert [step.name for step in (shelf.home / "indexes" / ".partial-bulk").glob("step-*")]
    told = build(shelf.home, kill_at=None)
    assert (min(told) >= 400, told[-1]) == (True, 3_000)
    (place,) = (shelf.home / "indexes").glob("bulk-*")
    assert not (shelf.home / "indexes" / ".partial-bulk").exists()
    shelf.fill([f"a drawing of other {n}" for n in range(50)], "second")
    build(shelf.home, kill_at=None)
    assert not place.exists()
    own = np.load(next((shelf.home / "indexes").glob("bulk-*")) / "own.npz")
    assert own["keys"].tolist() == list(range(1, 3_051))


def test_two_builds_at_once_make_one_index(shelf: Any) -> None:
    shelf.fill([f"thing {n} beside {n * 7}" for n in range(1_000)])
    command = [sys.executable, "-c", CHILD, str(shelf.home)]
    both = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(120) for process in both] == [0, 0]
    assert len(made(shelf)) == 1
