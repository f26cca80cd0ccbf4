"""Ours beside other ways to search prompts: `python bench/peers.py --library FILE`.

    python3 scripts/setup_env.py peers          # what the peers need; nothing else needs it
    .venv/bin/python bench/peers.py --library FILE [--rows 200000 --vocabulary FOLDER]

Every peer has the same distinct prompts and the same vectors (MiniLM's of whole prompts), runs in
a process of its own, and answers the same ideas, each embedded on the way. Ours imports the table
itself, with duplicates, families and word index, and gets its own vectors of the same model ready
made. What embedding costs stands by itself. `--rows` adds synthetic prompts with random vectors
in clusters: speed and nearness to exact, no quality; ours embeds those while it builds.

"rows/s" is the import, "ready" import and build, "p50" and "p95" a search for an English idea
("oth": one in another language), "cpu" what they take of all processors together, which other
work on the machine does not stretch, "of exact" the share of the ten truly nearest of a hundred
vectors, "peak" the memory of the process tree, "embed" what embedding would take in one process.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from bench.measure import Run, run_process
from bench.paths import library_file, vocabulary_folder
from bench.peer_figures import Figures, compared, load, save, table
from bench.peer_ground import Ground, real, synthetic_ground
from bench.peer_kinds import KINDS, OURS, missing

__all__ = ["Limits", "measure", "report"]

_WITHOUT_EMBEDDING = "bm25"
_NOTHING = 0.001
"""Seconds below which there was nothing to build after the import."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a peer may take before it is ended."""

    minutes: float = 10
    gibibytes: float = 8


def measure(ground: Ground, peers: Iterable[str], limits: Limits) -> Figures:
    """Every peer after the other, each in a process of its own."""
    figures = Figures(ground.name, {}, {})
    for name in peers:
        if KINDS[name].part_of_ours and ground.wanted:
            continue
        reason = missing(KINDS[name])
        with tempfile.TemporaryDirectory(dir=ground.place) as folder:
            found = reason or _run(name, ground, Path(folder) / name, limits)
        if isinstance(found, str):
            figures.absent[name] = found
        else:
            figures.values[name] = found
        print(f"  {KINDS[name].title}: {found if isinstance(found, str) else 'done'}", flush=True)
    return figures


def _run(name: str, ground: Ground, folder: Path, limits: Limits) -> dict[str, float] | str:
    """What a peer came to, or why it came to nothing."""
    run = run_process(
        (sys.executable, "-m", "bench.peer_run", name, str(ground.place), str(folder)),
        seconds_most=60 * limits.minutes,
        bytes_most=limits.gibibytes * 2**30,
    )
    if run.peak > limits.gibibytes * 2**30:
        return f"ended: more than {limits.gibibytes:g} GiB"
    if run.seconds > 60 * limits.minutes:
        return f"ended: more than {limits.minutes:g} minutes"
    if run.code != 0:
        return f"failed: {run.stderr.strip().splitlines()[-1:] or run.code}"
    result = json.loads(folder.with_suffix(".json").read_text(encoding="utf-8"))
    return _values(name, ground, result, run) | {"disk_mib": _size(folder) / 2**20}


def _values(name: str, ground: Ground, result: dict[str, Any], run: Run) -> dict[str, float]:
    rows = ground.rows if name == OURS else ground.distinct
    others = [code for code in ground.ideas if code != "en"]
    values = {
        "rows_per_second": rows / result["fill"],
        "ready_seconds": result["fill"] + result["build"],
        "ready_processor_seconds": result["processor"],
        "search_processor_ms": 1000 * result["searching"],
        "peak_mib": run.peak / 2**20,
        **_percentiles("", result["took"]["en"]),
        **_percentiles("_others", [took for code in others for took in result["took"][code]]),
    }
    if result["build"] > _NOTHING:
        values["build_seconds"] = result["build"]
    cost = ground.embedding.get("ours" if name == OURS else "whole")
    if cost is not None and name != _WITHOUT_EMBEDDING:
        values["embedding_seconds"] = cost
    if ground.wanted:
        found = {code: _recall(ground, code, rows) for code, rows in result["found"].items()}
        values["recall_en"] = found["en"]
        values["recall_others"] = float(np.mean([found[code] for code in others]))
    if any(result["nearest"]):
        pairs = zip(result["nearest"], ground.probes()[1].tolist(), strict=True)
        values["recall_exact"] = float(np.mean([len({*a} & {*b}) / len(b) for a, b in pairs]))
    return {name: round(value, 4) for name, value in values.items()}


def _percentiles(ending: str, took: Sequence[float]) -> dict[str, float]:
    p50, p95 = np.percentile(took, (50, 95)) * 1000
    return {f"p50_ms{ending}": float(p50), f"p95_ms{ending}": float(p95)}


def _recall(ground: Ground, code: str, found: Sequence[Sequence[int]]) -> float:
    """The share of ideas for which a member of the wanted family is among the rows."""
    families = ground.families()
    pairs = zip(found, ground.wanted[code], strict=True)
    return float(np.mean([want in {families[row] for row in rows} for rows, want in pairs]))


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _measure_into(
    measured: list[Figures], ground: Ground, peers: Iterable[str], limits: Limits
) -> None:
    measured.append(measure(ground, peers, limits))
    print("\n".join(table(measured[-1])), flush=True)


def report(
    library: Path | None,
    *,
    home: Path | None = None,
    rows: Sequence[int] = (),
    vocabulary: Path | None = None,
    peers: Iterable[str] = tuple(KINDS),
    limits: Limits = Limits(),
) -> list[Figures]:
    """Measure and print: real prompts where a library is given, then synthetic ones."""
    measured: list[Figures] = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if library:
            _measure_into(measured, real(library, place / "real", home), peers, limits)
        for count in rows:
            words = vocabulary_folder(vocabulary)
            ground = synthetic_ground(count, words, place / str(count))
            _measure_into(measured, ground, peers, limits)
            shutil.rmtree(ground.place)
    return measured


def main() -> int:
    """Print the tables, keep the figures, hold them against older ones."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--library", type=Path, help="the table of real prompts")
    parser.add_argument("--home", type=Path, help="a home that has its vectors already")
    parser.add_argument(
        "--rows", type=int, nargs="*", default=[], help="synthetic rows, 120000 or more"
    )
    parser.add_argument("--vocabulary", type=Path, help="phrase lists for the synthetic rows")
    parser.add_argument("--only", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--no-real", action="store_true", help="synthetic rows alone")
    parser.add_argument("--minutes", type=float, default=10, help="most for a peer")
    parser.add_argument("--gibibytes", type=float, default=8)
    parser.add_argument("--figures", type=Path, help="write the figures there, as JSON")
    parser.add_argument("--against", type=Path, help="print ratios to these older figures")
    given = parser.parse_args()
    measured = report(
        None if given.no_real else library_file(given.library),
        home=given.home,
        rows=given.rows,
        vocabulary=given.vocabulary,
        peers=given.only,
        limits=Limits(given.minutes, given.gibibytes),
    )
    if given.figures:
        save(given.figures, datetime.now(UTC).date().isoformat(), measured)
    if given.against:
        print("\n".join(compared(load(given.against), measured)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
