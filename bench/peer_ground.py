"""What all peers are given: prompts, their vectors, ideas, and what would be right.

`real` takes a table of real prompts: distinct texts with MiniLM's vectors, and for each idea the
family it wants. `synthetic` makes prompts (bench/synthetic.py) and, unrelated to them, random
unit vectors in clusters: it says how fast a peer is and how near to exact, not how good.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bench import synthetic
from bench.retrieval import IDEAS, LANGUAGES, Bench
from bozzetto.embed.texts import embed_texts
from bozzetto.plugins import load
from bozzetto.ports import Embedder
from bozzetto.search.indexes import LARGE
from bozzetto.search.views import VIEWS
from bozzetto.store.vectors import VectorCache, text_hashes
from bozzetto.text.normalise import normalise, prompt_id
from bozzetto.types import Vectors

__all__ = ["PROBES", "Ground", "real", "synthetic_ground"]

K = 10
PROBES = 100
_DIM = 384
_PER_CLUSTER = 200
_SPREAD = 1.0
"""Length of the noise beside a centre of length one: a cosine of .71 to the centre."""

_NEAR = 0.5
_CHUNK = 50_000
_SAMPLE = 300
_TIMED = {"en": 100}
_TIMED_OTHERS = 12


@dataclass(frozen=True, slots=True)
class Ground:
    """A folder with the content, and what is known of it.

    `rows` the table has, `distinct` the peers are given. `ideas` and the families `wanted` go
    by language; nothing is wanted of synthetic prompts. `embedding` is what embedding would cost
    in one process, in seconds: "whole" prompts (the peers), and all that "ours" embeds, which
    synthetic prompts lack because ours does it while it builds.
    """

    name: str
    folder: str
    rows: int
    distinct: int
    ideas: dict[str, list[str]]
    wanted: dict[str, list[int]]
    embedding: dict[str, float]

    @property
    def place(self) -> Path:
        """The folder."""
        return Path(self.folder)

    def save(self) -> None:
        """Write it beside the content."""
        (self.place / "ground.json").write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Ground:
        """Read what `save` wrote."""
        return cls(**json.loads((folder / "ground.json").read_text(encoding="utf-8")))

    def texts(self) -> list[str]:
        """The distinct prompts."""
        return self._column("text")

    def ids(self) -> list[str]:
        """Our ids of them."""
        return self._column("id")

    def families(self) -> list[int]:
        """Our families of them; only real prompts have any here."""
        return self._column("family")

    def _column(self, name: str) -> list[Any]:
        return cast("list[Any]", pq.read_table(self.place / "texts.parquet")[name].to_pylist())

    def vectors(self) -> Vectors:
        """One for each prompt, mapped from the disk."""
        return cast(Vectors, np.load(self.place / "vectors.npy", mmap_mode="r"))

    def probes(self) -> tuple[Vectors, NDArray[np.int64]]:
        """Vectors to look for and the rows nearest to each; none among real prompts."""
        if not (self.place / "probes.npz").exists():
            return np.empty((0, _DIM), np.float32), np.empty((0, K), np.int64)
        found = np.load(self.place / "probes.npz")
        return found["probes"], found["nearest"]


def real(library: Path, folder: Path, home: Path | None) -> Ground:
    """A table of real prompts, embedded here unless a home has the vectors already."""
    ours = folder / "home"
    ours.mkdir(parents=True)
    if home is not None:
        shutil.copy(home / "vectors.sqlite", ours)
    bench = Bench(ours, library)
    try:
        cases = {code: bench.cases(IDEAS, code) for code in LANGUAGES}
        texts = [record.text for record in bench.records]
        families = [record.family for record in bench.records]
        ids = [record.id for record in bench.records]
        embedding = _embedding_cost(bench, len(texts))
    finally:
        bench.close()
    _write_texts(folder, texts, ids, families)
    np.save(folder / "vectors.npy", _embedded(ours / "vectors.sqlite", texts))
    shutil.copy(library, folder / "table.parquet")
    ground = Ground(
        name=f"{len(texts):,} real prompts",
        folder=str(folder),
        rows=pq.ParquetFile(library).metadata.num_rows,
        distinct=len(texts),
        ideas={code: [case.idea for case in found] for code, found in cases.items()},
        wanted={code: [case.family for case in found] for code, found in cases.items()},
        embedding=embedding,
    )
    ground.save()
    return ground


def _embedded(file: Path, texts: Sequence[str]) -> Vectors:
    """MiniLM's vectors of whole prompts, those that the cache lacks embedded now."""
    embedder, cache = _embedder("minilm"), VectorCache(file)
    embed_texts(embedder, cache, texts, name="minilm")
    vectors = cache.get(embedder.features.id, text_hashes(texts))
    cache.close()
    return _unit(vectors)


def _embedding_cost(bench: Bench, distinct: int) -> dict[str, float]:
    """Seconds for the library, from a sample of it: whole prompts, and all that ours embeds."""
    rows = np.random.default_rng(0).choice(distinct, min(_SAMPLE, distinct), replace=False)
    records = [bench.records[row] for row in rows.tolist()]
    ours = sum(
        _seconds(_embedder(name), list({view.text(record) for view in views for record in records}))
        for name, views in VIEWS.items()
    )
    whole = _seconds(_embedder("minilm"), [record.text for record in records])
    share = distinct / len(records)
    return {"whole": whole * share, "ours": ours * share}


def _seconds(embedder: Embedder, texts: Sequence[str]) -> float:
    embedder.embed(texts[:1])
    started = time.perf_counter()
    for start in range(0, len(texts), 100):
        embedder.embed(sorted(texts, key=len)[start : start + 100])
    return time.perf_counter() - started


def _embedder(name: str) -> Embedder:
    return cast(Embedder, load("embedders", name)())


def synthetic_ground(rows: int, vocabulary: Path, folder: Path) -> Ground:
    """So many synthetic rows; vectors are random, in clusters, the same for every peer."""
    folder.mkdir(parents=True)
    synthetic.write(folder / "table.parquet", rows, synthetic.Vocabulary.read(vocabulary))
    prompts = pq.read_table(folder / "table.parquet", columns=["prompt"])["prompt"].to_pylist()
    distinct = {prompt_id(prompt): normalise(prompt) for prompt in prompts}
    ids, texts = list(distinct), list(distinct.values())
    if len(texts) <= LARGE:
        raise SystemExit(f"{rows:,} rows: at {len(texts):,} prompts ours would embed; take more")
    _write_texts(folder, texts, ids, [0] * len(texts))
    _write_vectors(folder, len(texts))
    sample = texts[:: max(1, len(texts) // _SAMPLE)][:_SAMPLE]
    share = len(texts) / len(sample)
    ground = Ground(
        name=f"{len(texts):,} synthetic prompts",
        folder=str(folder),
        rows=rows,
        distinct=len(texts),
        ideas=_some_ideas(),
        wanted={},
        embedding={"whole": _seconds(_embedder("minilm"), sample) * share},
    )
    ground.save()
    return ground


def _some_ideas() -> dict[str, list[str]]:
    rows = [json.loads(line) for line in IDEAS.read_text(encoding="utf-8").splitlines()]
    return {
        code: [row[code] for row in rows[: _TIMED.get(code, _TIMED_OTHERS)]] for code in LANGUAGES
    }


def _write_texts(
    folder: Path, texts: Sequence[str], ids: Sequence[str], families: Sequence[int]
) -> None:
    table = pa.table({"text": texts, "id": ids, "family": families})
    pq.write_table(table, folder / "texts.parquet")


def _write_vectors(folder: Path, count: int, seed: int = 0) -> None:
    """Clustered unit vectors, probes beside some of them, and the rows exactly nearest."""
    rng = np.random.default_rng(seed)
    centres = _unit(rng.standard_normal((-(-count // _PER_CLUSTER), _DIM), dtype=np.float32))
    file = folder / "vectors.npy"
    vectors = np.lib.format.open_memmap(file, mode="w+", dtype=np.float32, shape=(count, _DIM))
    for start in range(0, count, _CHUNK):
        picks = rng.integers(len(centres), size=min(_CHUNK, count - start))
        vectors[start : start + len(picks)] = _beside(centres[picks], _SPREAD, rng)
    rows = np.sort(rng.choice(count, min(PROBES, count), replace=False))
    probes = _beside(np.asarray(vectors[rows]), _NEAR, rng)
    np.savez(folder / "probes.npz", probes=probes, nearest=_nearest(vectors, probes))
    vectors.flush()


def _beside(vectors: Vectors, spread: float, rng: np.random.Generator) -> Vectors:
    noise = rng.standard_normal(vectors.shape, dtype=np.float32) * spread / np.sqrt(_DIM)
    return _unit(vectors + noise.astype(np.float32))


def _nearest(vectors: Vectors, probes: Vectors) -> NDArray[np.int64]:
    """The oracle: every vector is looked at."""
    best = np.full((len(probes), K), -2.0, dtype=np.float32)
    keys = np.zeros((len(probes), K), dtype=np.int64)
    for start in range(0, len(vectors), _CHUNK):
        scores = probes @ np.asarray(vectors[start : start + _CHUNK]).T
        rows = np.broadcast_to(np.arange(start, start + scores.shape[1]), scores.shape)
        scores, rows = np.hstack([best, scores]), np.hstack([keys, rows])
        order = np.argsort(-scores, axis=1, kind="stable")[:, :K]
        best, keys = np.take_along_axis(scores, order, 1), np.take_along_axis(rows, order, 1)
    return keys


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit.astype(np.float32)
