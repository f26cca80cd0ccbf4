"""Rebuild the table of 10,000 real prompts: `python -m bench.data [SOURCE] TARGET.parquet`.

SOURCE is `data/refl_data.json` of THUDM/ImageReward (Apache-2.0; its prompts are DiffusionDB's,
CC0 1.0), as a file or an address; by default it is downloaded from GitHub. Each of its rows
{"text", "image"} becomes one row of DiffusionDB's metadata schema; columns the file does not
know are null. The result is accepted only if its prompts hash to `PROMPTS_SHA256`: the same
10,000 texts in the same order. `--check FILE` holds a table against that hash.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import urllib.request
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["PROMPTS_SHA256", "prompts_hash", "rebuild", "table_of"]

URL = "https://raw.githubusercontent.com/THUDM/ImageReward/main/data/refl_data.json"
CHARACTERS = 2_143_644
"""Length of the source file as last seen; another length is reported, the hash decides."""

ROWS = 10_000
PROMPTS_SHA256 = "f7f5178ccd2e8ac2c5421fd3526faf71218c226bbdd00dee4d816fcb211fd298"
"""SHA-256 of the prompts in order, UTF-8, a newline after each."""

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


def table_of(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """The rows {"text", "image": "PART-NUMBER"} in DiffusionDB's schema."""
    known = {
        "image_name": [f"{row['image']}.webp" for row in rows],
        "prompt": [row["text"] for row in rows],
        "part_id": [int(row["image"].partition("-")[0]) for row in rows],
    }
    columns = [
        pa.array(known[field.name], field.type)
        if field.name in known
        else pa.nulls(len(rows), field.type)
        for field in SCHEMA
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def prompts_hash(prompts: Iterable[str]) -> str:
    """What `PROMPTS_SHA256` is of these prompts."""
    digest = hashlib.sha256()
    for prompt in prompts:
        digest.update(prompt.encode("utf-8") + b"\n")
    return digest.hexdigest()


def rebuild(source: str, target: Path) -> None:
    """Read the source, hold it against the hash, write the table."""
    text = _read(source)
    if len(text) != CHARACTERS:
        print(f"note: the source has {len(text):,} characters, not {CHARACTERS:,}")
    table = table_of(json.loads(text))
    _accept(table, source)
    pq.write_table(table, target, compression="zstd")
    print(f"{target}: {table.num_rows:,} prompts, as expected")


def _read(source: str) -> str:
    if source.startswith(("http://", "https://")):
        with urllib.request.urlopen(source, timeout=60) as answer:
            content: bytes = answer.read()
        return content.decode("utf-8")
    return Path(source).read_text(encoding="utf-8")


def _accept(table: pa.Table, source: str) -> None:
    found = prompts_hash(table["prompt"].to_pylist())
    if table.num_rows != ROWS or found != PROMPTS_SHA256:
        raise SystemExit(
            f"{source} does not hold the expected {ROWS:,} prompts: {table.num_rows:,} rows, "
            f"sha256 {found[:12]}… instead of {PROMPTS_SHA256[:12]}…"
        )


def main() -> int:
    """Rebuild or check the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("source", nargs="?", default=URL, help="refl_data.json, file or address")
    parser.add_argument("target", nargs="?", type=Path, help="the parquet file to write")
    parser.add_argument("--check", type=Path, metavar="FILE", help="only hold a table to the hash")
    given = parser.parse_args()
    if given.check:
        _accept(pq.read_table(given.check, columns=["prompt"]), str(given.check))
        print(f"{given.check}: the expected {ROWS:,} prompts")
        return 0
    if given.target is None:  # one argument names the target
        given.source, given.target = URL, Path(given.source)
    rebuild(given.source, given.target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
