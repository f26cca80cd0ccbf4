"""Search at two million rows: `python -m bench.scale --vocabulary FOLDER [--rows N]`.

The rows are synthetic, in DiffusionDB's schema (bench/synthetic.py): what is printed about
speed, memory and recall against exact search holds, and says nothing about quality. The ideas
are those people wrote for real prompts. `--home` names a home that holds such a table already,
imported without embedding; its vector index is built anew.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import numpy as np

from bench.measure import Gate, print_table, run_process
from bench.paths import vocabulary_folder
from bozzetto import Assistant
from bozzetto.embed.student import Student
from bozzetto.plugins import load
from bozzetto.ports import Embedder, VectorIndex
from bozzetto.search.views import VIEWS
from bozzetto.store.store import Store
from bozzetto.types import Vectors

IDEAS = Path(__file__).parent / "data" / "ideas.jsonl"
FULL = 2_000_000
LANGUAGES = ("en", "it", "zh")
K = 10
ASKED = 100
CHUNK = 32_768
SAME = 1e-4
"""Scores nearer than that are ties."""

Found = dict[str, Any]


def ideas(language: str) -> list[str]:
    """What people wrote for real prompts."""
    lines = IDEAS.read_text(encoding="utf-8").splitlines()
    return [json.loads(line)[language] for line in lines]


def size(place: Path) -> int:
    """Bytes of a file or folder."""
    files = [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()]
    return sum(file.stat().st_size for file in files)


def forget(home: Path) -> None:
    """Let the system forget what it keeps of a home's files in memory, where it can be told."""
    if not hasattr(os, "posix_fadvise"):
        return
    for path in home.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def peak() -> int:
    """The most bytes this process had in memory, mapped files included; 0 where none tells."""
    if sys.platform != "linux":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


# What runs in a process of its own: each prints one JSON object.


def build(home: Path) -> Found:
    """Build the indexes from what is there."""
    started = time.perf_counter()
    with Assistant.open(home) as a:
        a.index.build(embed=False)
    return {"seconds": time.perf_counter() - started}


def search(home: Path) -> Found:
    """Ideas, one after the other, from the first search of the process on; milliseconds."""
    found: Found = {}
    with Assistant.open(home) as a:
        found["first"] = _timed(a, "a cartoon of a small dog")
        for name in (*(f"cold {code}" for code in LANGUAGES), *LANGUAGES):
            found[name] = [_timed(a, text) for text in ideas(name.removeprefix("cold "))]
    return found


def _timed(a: Assistant, idea: str) -> float:
    started = time.perf_counter()
    a.search(idea, K)
    return (time.perf_counter() - started) * 1000


def recall(home: Path) -> Found:
    """The share of the true ten nearest that the index finds, by comparing every vector."""
    texts = ideas("en")[:ASKED]
    queries = cast(Embedder, load("embedders", "minilm")()).embed(texts)
    best = np.full((len(queries), K), -2.0, dtype=np.float32)
    with closing(Store.open(home)) as store:
        for _, vectors in _exact(store):
            joined = np.concatenate([best, queries @ vectors.T], axis=1)
            best = np.partition(joined, joined.shape[1] - K, axis=1)[:, -K:]
        index = _opened(home)
        shares = [
            _share(store, index, query, float(row.min()))
            for query, row in zip(queries, best, strict=True)
        ]
    return {"recall": float(np.mean(shares))}


def _opened(home: Path) -> VectorIndex:
    (place,) = (home / "indexes").glob("bulk-*/core")
    index = cast(VectorIndex, load("vectors", "faiss")())
    index.load(place)
    return index


def _share(store: Store, index: VectorIndex, query: Vectors, least: float) -> float:
    keys, _ = index.search(query, K)
    texts = [VIEWS["minilm"][0].text(record) for record in store.records(keys)]
    return float((Student().embed(texts) @ query >= least - SAME).mean())


def _exact(store: Store) -> Iterator[tuple[list[int], Vectors]]:
    """Every prompt's vector, as it was before the index shortened it."""
    student, page = Student(), []
    for row in store.scan():
        page.append(row)
        if len(page) == CHUNK:
            yield [one.seq for one in page], student.embed([_core(one) for one in page])
            page = []
    if page:
        yield [one.seq for one in page], student.embed([_core(one) for one in page])


_core = VIEWS["minilm"][0].text

STEPS: dict[str, Callable[[Path], Found]] = {"build": build, "search": search, "recall": recall}


# The table.


def step(name: str, home: Path) -> Found:
    """Run one step in a process of its own, with one thread for NumPy, as `bozzetto` has it.

    Nothing looks at the process meanwhile: reading how much memory it has mapped stops it.
    """
    command = (sys.executable, "-m", "bench.scale", "--step", name, "--home", str(home))
    environ = {"OPENBLAS_NUM_THREADS": "1"} | os.environ
    run = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise SystemExit(f"{name}: exit {run.returncode}: {run.stderr[-2000:]}")
    found: Found = json.loads(run.stdout)
    return found


def imported(home: Path, rows: int, vocabulary: Path) -> list[Gate]:
    """Make the synthetic table and import it without embedding."""
    table = home.with_name("synthetic.parquet")
    make = (sys.executable, "-m", "bench.synthetic", "--rows", str(rows))
    for command in (
        (*make, "--vocabulary", str(vocabulary), str(table)),
        (sys.executable, "-m", "bozzetto", "import", str(table), "--no-embed"),
    ):
        run = run_process(command, home=home)
        if run.code != 0:
            raise SystemExit(f"exit {run.code}: {run.stderr[-2000:]}")
    share = rows / FULL
    print(f"  import: {rows / run.seconds:,.0f} rows/s")
    title = f"import of {rows:,} synthetic rows, families, lexical index"
    return [
        Gate(title, run.seconds, 200 * share, 90 * share, "s", False),
        Gate("  its peak memory", run.peak / 2**30, 3.0, 1.5, "GiB", False),
    ]


def built(home: Path, prompts: int) -> list[Gate]:
    """Build the vector index from nothing."""
    for old in (home / "indexes").glob("bulk-*"):
        shutil.rmtree(old)
    shutil.rmtree(home / "indexes" / ".partial-bulk", ignore_errors=True)
    found = step("build", home)
    share = prompts / 1_800_000
    print(f"  dense index: {prompts / found['seconds']:,.0f} prompts/s")
    return [
        Gate(f"dense index of {prompts:,} synthetic prompts", found["seconds"],
             180 * share, 60 * share, "s", False),
        Gate("  its peak memory", found["peak"] / 2**30, 3.0, 1.5, "GiB", False),
    ]  # fmt: skip


def searched(home: Path) -> list[Gate]:
    """Search it, query embedding included, from a cold disk and warm."""
    forget(home)
    found = step("search", home)
    print(f"  first search of a process, cold disk: {found['first'] / 1000:.2f} s")
    gates = []
    for name in (*(f"cold {code}" for code in LANGUAGES), *LANGUAGES):
        middle, late = np.percentile(found[name], (50, 95))
        print(f"  search, {name:<8} p50 {middle:6.1f} ms, p95 {late:6.1f} ms")
        if name in LANGUAGES:
            gates.append(Gate(f"search, {name}, warm, p95", late, 80, 30, "ms", False))
    return [*gates, Gate("  its peak memory", found["peak"] / 2**30, 3.0, 1.5, "GiB", False)]


def told(home: Path, parts: Sequence[str]) -> None:
    """The sizes of what lies on the disk."""
    for part in parts:
        for place in sorted(home.glob(part)):
            print(f"  on the disk: {place.relative_to(home)}  {size(place) / 2**20:,.0f} MiB")


def gates(home: Path, rows: int, vocabulary: Path | None = None) -> list[Gate]:
    """Import where the home is empty, build, search, compare; prints what is no gate."""
    gates: list[Gate] = []
    if not (home / "library.sqlite").exists():
        gates += imported(home, rows, vocabulary_folder(vocabulary))
    with closing(Store.open(home)) as store:
        prompts = store.count()
    gates += built(home, prompts)
    gates += searched(home)
    gates.append(
        Gate("dense index, R@10 against exact", step("recall", home)["recall"], 0.95, 0.98)
    )
    told(home, ("library.sqlite", "indexes/*"))
    return gates


def main() -> int:
    """Print the table; non-zero when a floor is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--home", type=Path, default=None, help="keeps the home between runs")
    parser.add_argument("--rows", type=int, default=FULL)
    parser.add_argument("--vocabulary", type=Path, default=None, help="phrase lists")
    parser.add_argument("--step", choices=sorted(STEPS), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        print(json.dumps(STEPS[given.step](given.home) | {"peak": peak()}))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        home = given.home or Path(folder) / "home"
        found = gates(home, given.rows, given.vocabulary)
        return 0 if print_table("Scale: distinct synthetic prompts", found) else 1


if __name__ == "__main__":
    sys.exit(main())
