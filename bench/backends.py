"""Vector stores: ours beside the vendor's client by hand: `python -m bench.backends`.

Every store that runs without being installed gets the same rows twice, by our adapter and by a
page of its vendor's code (bench/backends_by_hand.py), batch by batch and query by query in turn:
what the machine does beside it falls on both alike. The vectors are those of real prompts, filled
up with synthetic ones (bench/synthetic.py) to as many rows as are asked for; the queries are the
ideas that people wrote. Facts are given by rule, by a prompt's hash.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow.parquet as pq

from bench.backends_by_hand import BY_HAND, Closing, Faiss, Side
from bench.measure import Gate, print_table
from bench.paths import library_file, vocabulary_folder
from bench.synthetic import Vocabulary, write
from bozzetto.embed.student import Student
from bozzetto.plugins import load
from bozzetto.ports import Embedder, VectorIndex, VectorStore
from bozzetto.testing.chroma_run import ChromaRun
from bozzetto.testing.postgres import running
from bozzetto.text.normalise import normalise
from bozzetto.types import Facts, StoreRows, Vectors

IDEAS = Path(__file__).parent / "data" / "ideas.jsonl"
ROWS, ASKED, K = 100_000, 200, 10
FAISS_BATCH = 10_000
MEMORY = Path("/dev/shm")
"""Where there is one: Qdrant's local mode waits for the disk after each row, on both sides."""
MOST = 1.2
"""How many times the time of the vendor's client ours may take."""

_USES = ("", "product", "food", "film", "games")
_FAMILIES = ("", "sd15", "sdxl", "flux")
_TAGS = ("day", "night", "red", "blue")


@dataclass(frozen=True, slots=True)
class Data:
    """Rows, queries, and the true ten nearest of each."""

    rows: StoreRows
    queries: Vectors
    nearest: list[set[int]]


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds to put and to finish, milliseconds of each search, recall."""

    put: float
    finish: float
    searches: Sequence[float]
    recall: float


class Ours:
    """A collection of one of our stores."""

    def __init__(self, store: VectorStore, dim: int, rows: int) -> None:
        self._store = store
        store.create("bozzetto_bench", dim, rows)

    def put(self, rows: StoreRows) -> object:
        """Add rows."""
        self._store.put("bozzetto_bench", rows)
        return None

    def finish(self) -> object:
        """Build the index."""
        self._store.finish("bozzetto_bench")
        return None

    def search(self, query: Vectors) -> list[int]:
        """The ten best."""
        keys: list[int] = self._store.search("bozzetto_bench", query, K)[0].tolist()
        return keys


class OurFaiss:
    """Our index in this process."""

    def __init__(self, sample: Vectors, rows: int) -> None:
        self._index = cast(VectorIndex, load("vectors", "faiss")())
        self._index.begin(sample, rows)

    def put(self, rows: StoreRows) -> object:
        """Add rows."""
        self._index.put(rows.keys, rows.vectors)
        return None

    def finish(self) -> object:
        """Nothing is left to do."""
        return None

    def search(self, query: Vectors) -> list[int]:
        """The ten best."""
        keys: list[int] = self._index.search(query, K)[0].tolist()
        return keys


# The data.


def data(library: Path, vocabulary: Callable[[], Path], count: int) -> Data:
    """Vectors of real prompts first, of synthetic ones to fill up; ideas as queries."""
    texts = prompts(library, vocabulary, count)
    vectors = Student().embed(texts)
    rows = StoreRows(np.arange(1, len(texts) + 1), vectors, [facts(text) for text in texts])
    ideas = [json.loads(line)["en"] for line in IDEAS.read_text("utf-8").splitlines()[:ASKED]]
    queries = cast(Embedder, load("embedders", "minilm")()).embed(ideas)
    order = np.argsort(-(queries @ vectors.T), axis=1)[:, :K]
    return Data(rows, queries, [set(rows.keys[found].tolist()) for found in order])


def prompts(library: Path, vocabulary: Callable[[], Path], count: int) -> list[str]:
    """So many distinct prompts, the real ones first."""
    found = dict.fromkeys(_prompts(library))
    if len(found) < count:
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / "synthetic.parquet"
            write(table, 2 * count, Vocabulary.read(vocabulary()))
            found |= dict.fromkeys(_prompts(table))
    return list(found)[:count]


def _prompts(table: Path) -> list[str]:
    read = pq.read_table(table, columns=["prompt"])["prompt"].to_pylist()
    return [normalise(text) for text in read if text and text.strip()]


def facts(prompt: str) -> Facts:
    """What the hash of a prompt says of it."""
    lots = sha256(prompt.encode()).digest()
    return Facts(
        tags=tuple(tag for bit, tag in enumerate(_TAGS) if lots[0] >> bit & 1),
        sources=("diffusiondb",),
        use=_USES[lots[1] % len(_USES)],
        model_family=_FAMILIES[lots[2] % len(_FAMILIES)],
        rating=lots[3] % 6,
        nsfw=-1.0 if lots[4] % 3 == 0 else lots[5] / 255,
        has_image=lots[6] % 2 == 0,
        added=1_790_000_000 + lots[7],
    )


# Where they run: each for ours and for the one by hand.


@contextmanager
def _postgresql(folder: Path) -> Iterator[tuple[str, str]]:
    with running() as server:
        address = f"//postgres@127.0.0.1:{server.port}/postgres"
        yield address, address


@contextmanager
def _chroma(folder: Path) -> Iterator[tuple[str, str]]:
    with ChromaRun(folder) as server:
        yield server.address, server.address


@contextmanager
def _files(folder: Path) -> Iterator[tuple[str, str]]:
    yield str(folder / "ours.db"), str(folder / "by_hand.db")


PLACES: Mapping[str, Callable[[Path], Any]] = {
    "postgresql": _postgresql,
    "milvus": _files,
    "chroma": _chroma,
    "qdrant": _files,
    "lancedb": _files,
}


@contextmanager
def sides(name: str, given: Data) -> Iterator[tuple[Side, Side, int]]:
    """Ours, the one by hand, and the rows of a batch."""
    rows, dim = len(given.rows), given.rows.vectors.shape[1]
    if name == "faiss":
        sample = given.rows.vectors
        yield OurFaiss(sample, rows), Faiss(sample, rows), FAISS_BATCH
        return
    folder = Path(tempfile.mkdtemp(dir=MEMORY if name == "qdrant" and MEMORY.is_dir() else None))
    try:
        with PLACES[name](folder) as (mine, theirs):
            store = cast(VectorStore, load("stores", name)(mine, environ={}, timeout=60.0))
            hand = cast(Closing, BY_HAND[name](theirs, dim))
            try:
                yield Ours(store, dim, rows), hand, store.features.batch
            finally:
                hand.close()
                store.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# Measuring.


def measure(name: str, given: Data) -> tuple[Figures, Figures]:
    """Ours and by hand, in turn, each first as often as the other."""
    with sides(name, given) as (ours, hand, batch):
        both: tuple[Side, Side] = (ours, hand)
        put, finish = [0.0, 0.0], [0.0, 0.0]
        for turn, start in enumerate(range(0, len(given.rows), batch)):
            part = _part(given.rows, start, start + batch)
            for at in _order(turn):
                put[at] += _seconds(both[at].put, part)[0]
        for at in (0, 1):
            finish[at] = _seconds(both[at].finish)[0]
        searches, recalls = _searched(both, given)
    return (
        Figures(put[0], finish[0], searches[0], recalls[0]),
        Figures(put[1], finish[1], searches[1], recalls[1]),
    )


def _searched(both: tuple[Side, Side], given: Data) -> tuple[list[list[float]], list[float]]:
    """Each query once before anything is timed, then in turn."""
    times: list[list[float]] = [[], []]
    found = [0.0, 0.0]
    for query in given.queries[:20]:
        for side in both:
            side.search(query)
    for turn, (query, nearest) in enumerate(zip(given.queries, given.nearest, strict=True)):
        for at in _order(turn):
            seconds, keys = _seconds(both[at].search, query)
            times[at].append(1_000 * seconds)
            found[at] += len(nearest.intersection(keys)) / K
    return times, [share / len(given.queries) for share in found]


def _order(turn: int) -> tuple[int, int]:
    return (0, 1) if turn % 2 == 0 else (1, 0)


def _seconds(work: Callable[..., Any], *given: object) -> tuple[float, Any]:
    started = time.perf_counter()
    result = work(*given)
    return time.perf_counter() - started, result


def _part(rows: StoreRows, start: int, stop: int) -> StoreRows:
    part = slice(start, stop)
    return StoreRows(rows.keys[part], rows.vectors[part], rows.facts[part])


# The tables.


def line(name: str, ours: Figures, hand: Figures, rows: int) -> str:
    """A row of the table: ours, and by hand in brackets."""

    def pair(mine: float, theirs: float, digits: int) -> str:
        return f"{mine:,.{digits}f} ({theirs:,.{digits}f})"

    cells = [
        name,
        pair(rows / (ours.put + ours.finish), rows / (hand.put + hand.finish), 0),
        pair(ours.put, hand.put, 1),
        pair(ours.finish, hand.finish, 1),
        *(
            pair(
                float(np.percentile(ours.searches, at)), float(np.percentile(hand.searches, at)), 2
            )
            for at in (50, 95)
        ),
        pair(ours.recall, hand.recall, 3),
    ]
    return "| " + " | ".join(cells) + " |"


def gates(name: str, ours: Figures, hand: Figures) -> list[Gate]:
    """How many times as long as by hand."""
    load_ratio = (ours.put + ours.finish) / (hand.put + hand.finish)
    middle = float(np.median(ours.searches) / np.median(hand.searches))
    return [
        Gate(f"{name}: load, ours by the vendor's client's", load_ratio, MOST, 1.0, "x", False),
        Gate(f"{name}: search, p50, the same", middle, MOST, 1.0, "x", False),
    ]


HEAD = (
    "| store | rows/s | put, s | finish, s | p50, ms | p95, ms | R@10 |\n"
    "|---|---|---|---|---|---|---|"
)


def main() -> int:
    """Print the table; non-zero when a gate is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--only", action="append", choices=("faiss", *PLACES), metavar="NAME")
    parser.add_argument("--library", type=Path, help="a prompts table; else BOZZETTO_BENCH_DATA")
    parser.add_argument("--vocabulary", type=Path, help="phrase lists for the synthetic rows")
    options = parser.parse_args()
    library = library_file(options.library)
    given = data(library, lambda: vocabulary_folder(options.vocabulary), options.rows)
    print(f"{len(given.rows):,} rows; ours (by hand)\n{HEAD}", flush=True)
    found: list[Gate] = []
    for name in options.only or ("faiss", *PLACES):
        ours, hand = measure(name, given)
        print(line(name, ours, hand, len(given.rows)), flush=True)
        found += gates(name, ours, hand)
    return 0 if print_table("Ours beside the vendors' clients by hand", found) else 1


if __name__ == "__main__":
    sys.exit(main())
