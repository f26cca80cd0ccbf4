"""A synthetic table in DiffusionDB's schema, for tests of scale.

    python -m bench.synthetic --rows 2000000 --vocabulary FOLDER OUT.parquet

The prompts are drawn from vocabulary lists (`flavors.txt`, `artists.txt`, `mediums.txt`,
`movements.txt`), so what it says about speed holds and what it says about quality does not.
A tenth of the rows repeat a prompt, as one row is one picture; four tenths of the others vary
the prompt before them, as people do.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SCHEMA = pa.schema(
    [
        ("image_name", pa.string()),
        ("prompt", pa.string()),
        ("part_id", pa.uint16()),
        ("seed", pa.uint32()),
        ("step", pa.uint16()),
        ("cfg", pa.float32()),
        ("sampler", pa.uint8()),
        ("width", pa.uint16()),
        ("height", pa.uint16()),
        ("user_name", pa.string()),
        ("timestamp", pa.timestamp("us", tz="UTC")),
        ("image_nsfw", pa.float32()),
        ("prompt_nsfw", pa.float32()),
    ]
)
BATCH = 50_000
REPEATED = 0.1
VARIED = 0.4
COMMON = (
    "highly detailed",
    "digital painting",
    "artstation",
    "concept art",
    "sharp focus",
    "smooth",
    "8 k",
    "octane render",
    "cinematic lighting",
    "unreal engine 5",
    "trending on artstation",
    "intricate",
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The lists that prompts are put together from."""

    scenes: list[str]
    artists: list[str]
    mediums: list[str]
    movements: list[str]

    @classmethod
    def read(cls, folder: Path) -> Vocabulary:
        """Read the lists of a folder."""

        def lines(name: str) -> list[str]:
            return (folder / f"{name}.txt").read_text(encoding="utf-8").split("\n")[:-1]

        scenes = [line for line in lines("flavors") if line.count(" ")]
        return cls(scenes, lines("artists"), lines("mediums"), lines("movements"))


def main() -> None:
    """Write the table that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--vocabulary", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    write(given.out, given.rows, Vocabulary.read(given.vocabulary), given.seed)


def write(out: Path, rows: int, vocabulary: Vocabulary, seed: int = 0) -> None:
    """Write the table; the same arguments give the same rows."""
    rng = np.random.default_rng(seed)
    with pq.ParquetWriter(out, SCHEMA) as writer:
        for start in range(0, rows, BATCH):
            count = min(BATCH, rows - start)
            prompts = list(_prompts(count, vocabulary, rng))
            writer.write_table(_table(prompts, start, rng))


def _prompts(count: int, words: Vocabulary, rng: np.random.Generator) -> Iterator[str]:
    """Sessions: new prompts, variants of the one before, and repeats of it."""
    kinds = rng.random(count)
    core: list[str] = []
    style: list[str] = []
    for kind in kinds:
        if core and kind < REPEATED:
            pass
        elif core and kind < REPEATED + VARIED * (1 - REPEATED):
            style = [*style, _modifier(words, rng)]
            if len(style) > 12:
                style.pop(int(rng.integers(len(style))))
        else:
            core = [_pick(words.scenes, rng) for _ in range(int(rng.integers(1, 4)))]
            style = [_modifier(words, rng) for _ in range(int(rng.geometric(0.12)) % 20)]
        yield ", ".join((*core, *style)) + " "


def _modifier(words: Vocabulary, rng: np.random.Generator) -> str:
    kind = rng.random()
    if kind < 0.6:
        return COMMON[int(rng.integers(len(COMMON)))]
    if kind < 0.8:
        return f"by {_pick(words.artists, rng).lower()}"
    return _pick(words.mediums if kind < 0.9 else words.movements, rng)


def _pick(values: list[str], rng: np.random.Generator) -> str:
    return values[int(rng.integers(len(values)))]


def _table(prompts: list[str], start: int, rng: np.random.Generator) -> pa.Table:
    count = len(prompts)
    rows = np.arange(start, start + count)
    moments = np.datetime64("2022-08-01", "us") + (rows * 1_000_000).astype("timedelta64[us]")
    columns = [
        pa.array([f"{row:08x}.webp" for row in rows.tolist()]),
        pa.array(prompts),
        pa.array((rows // 1000 % 65_536).astype(np.uint16)),
        pa.array(rng.integers(0, 2**32, count, dtype=np.uint32)),
        pa.array(rng.choice(np.array([20, 30, 50], dtype=np.uint16), count)),
        pa.array(rng.choice(np.array([7.0, 7.5, 12.0], dtype=np.float32), count)),
        pa.array(rng.integers(1, 10, count, dtype=np.uint8)),
        pa.array(rng.choice(np.array([512, 768], dtype=np.uint16), count)),
        pa.array(rng.choice(np.array([512, 768], dtype=np.uint16), count)),
        pa.array(["0" * 64] * count),
        pa.array(moments).cast(SCHEMA.field("timestamp").type),
        pa.array(rng.random(count, dtype=np.float32) ** 4),
        pa.array(rng.random(count, dtype=np.float32) ** 8),
    ]
    return pa.table(columns, schema=SCHEMA)


if __name__ == "__main__":
    main()
