"""Where the benchmark data lies: an argument, else the folder BOZZETTO_BENCH_DATA names."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["data_folder", "intent_folder", "library_file", "vocabulary_folder"]


def data_folder() -> Path:
    """The folder of BOZZETTO_BENCH_DATA."""
    value = os.environ.get("BOZZETTO_BENCH_DATA")
    if not value or not Path(value).is_dir():
        raise SystemExit("name the data: --library FILE, or BOZZETTO_BENCH_DATA=FOLDER")
    return Path(value)


def library_file(given: Path | None) -> Path:
    """The table of real prompts; bench/data.py rebuilds it."""
    path = given or data_folder() / "diffusiondb_10k.parquet"
    if not path.is_file():
        raise SystemExit(f"{path} is not there; `python -m bench.data` rebuilds it")
    return path


def vocabulary_folder(given: Path | None) -> Path:
    """Phrase lists that synthetic prompts are made of."""
    return given or data_folder() / "vocabulary"


def intent_folder(given: Path | None) -> Path:
    """Ideas with what must be kept of them: DSG, DrawBench, GenEval."""
    return given or data_folder() / "intent"
