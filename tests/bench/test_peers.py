"""The peers of the bench: each finds what it was given; the table says who is ahead."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from bench.peer_figures import Figures, ahead, compared, load, save, table
from bench.peer_kinds import KINDS, OURS, missing

TEXTS = ("a red fox in the snow", "a castle at night", "portrait of an old sailor")


def needed(name: str) -> None:
    if reason := missing(KINDS[name]):
        pytest.skip(f"{reason}: python3 scripts/setup_env.py peers")


@pytest.mark.parametrize("name", [name for name in KINDS if name not in (OURS, "lance")])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_peer_finds_what_it_was_given(name: str, tmp_path: Path) -> None:
    needed(name)
    make = KINDS[name].make
    assert make is not None
    peer = make(tmp_path)
    vectors = np.eye(3, 384, dtype=np.float32)
    peer.fill(TEXTS, vectors)
    peer.build()
    by_vector = [list(peer.nearest(vector))[:1] for vector in vectors]
    assert by_vector == ([[]] * 3 if name == "bm25" else [[0], [1], [2]])
    assert set(peer.search("castle")) <= {0, 1, 2}


def test_the_default_index_of_lancedb_finds_what_it_was_given(tmp_path: Path) -> None:
    needed("lance")
    make = KINDS["lance"].make
    assert make is not None
    vectors = np.random.default_rng(0).standard_normal((600, 384), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    peer = make(tmp_path)
    peer.fill([f"prompt {row}" for row in range(600)], vectors)
    peer.build()
    assert sum(row in peer.nearest(vectors[row]) for row in range(50)) > 25


OLD = Figures(
    "3 prompts",
    {OURS: {"p50_ms": 10.0, "recall_en": 0.8}, "chroma": {"p50_ms": 4.0, "recall_en": 0.4}},
    {"lance": "lancedb not installed"},
)


def test_who_is_ahead_is_said_by_name() -> None:
    assert list(ahead(OLD)) == ["  ahead of ours in p50 ms: Chroma 0.40x"]
    lines = [line.split() for line in table(OLD)]
    assert ["over", "ours", "0.40x", "0.50x"] in lines
    assert ["LanceDB,", "default", "index", "lancedb", "not", "installed"] in lines


def test_figures_come_back_from_the_file_and_stand_beside_newer_ones(tmp_path: Path) -> None:
    save(tmp_path / "some" / "figures.json", "2026-11-23", [OLD])
    assert load(tmp_path / "some" / "figures.json") == [OLD]
    new = Figures("3 prompts", {OURS: {"p50_ms": 5.0, "recall_en": 0.8}})
    other = Figures("4 prompts", {})
    lines = list(compared([OLD], [new, other]))
    assert [cell for cell in lines[2].split() if cell != "-"] == ["bozzetto", "0.50", "1.00"]
    assert lines[-1] == "\n4 prompts: not among the older figures"
