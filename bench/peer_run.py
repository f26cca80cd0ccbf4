"""One peer in a process of its own: `python -m bench.peer_run PEER GROUND FOLDER`.

Writes FOLDER.json: how long it took, and the rows it found.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import bozzetto
from bench.peer_ground import Ground, K
from bench.peer_kinds import KINDS, Peer
from bozzetto.types import Vectors

__all__ = ["Ours", "measured"]

_WARMING = 3


class Ours:
    """The whole program, its vectors of real prompts given as they are to the peers."""

    def __init__(self, ground: Ground, folder: Path) -> None:
        self._given = ground.place / "home" / "vectors.sqlite"
        if self._given.exists():
            shutil.copy(self._given, folder)
        self._table, ids = ground.place / "table.parquet", ground.ids()
        self._rows = {identity: row for row, identity in enumerate(ids)}
        self._assistant = bozzetto.Assistant.open(folder)

    def fill(self, texts: Sequence[str], vectors: Vectors) -> None:
        """Import the table: duplicates folded, families, the word index."""
        self._assistant.add_each(self._table)

    def build(self) -> None:
        """The vector indexes, with what a first search would wait for."""
        if self._given.exists():
            self._assistant.embed()
        else:
            self._assistant._indexing.refresh()

    def search(self, idea: str) -> Sequence[int]:
        """As anyone searches."""
        return [self._rows[hit.id] for hit in self._assistant.search(idea, k=K)]

    def nearest(self, vector: Vectors) -> Sequence[int]:
        """Ours is asked in words; see `index status` for its recall."""
        return []


def measured(peer: Peer, ground: Ground) -> dict[str, Any]:
    """Fill, build, search: seconds, seconds of processor, and the rows found for each idea."""
    texts, vectors, processor = ground.texts(), ground.vectors(), _processor()
    fill = _seconds(lambda: peer.fill(texts, vectors))
    build = _seconds(peer.build)
    processor = _processor() - processor
    for found in ground.ideas.values():
        for idea in found[-_WARMING:]:
            peer.search(idea)
    searching = _processor()
    searched = {
        code: [_searched(peer, idea) for idea in found] for code, found in ground.ideas.items()
    }
    searching = _processor() - searching
    return {
        "fill": fill,
        "build": build,
        "processor": processor,
        "searching": searching / sum(map(len, searched.values())),
        "took": {code: [took for _, took in all_] for code, all_ in searched.items()},
        "found": {code: [rows for rows, _ in all_] for code, all_ in searched.items()},
        "nearest": [list(map(int, peer.nearest(probe))) for probe in ground.probes()[0]],
    }


def _searched(peer: Peer, idea: str) -> tuple[list[int], float]:
    started = time.perf_counter()
    rows = peer.search(idea)
    return list(map(int, rows)), time.perf_counter() - started


def _processor() -> float:
    """Seconds of processor so far, ended children included: what other work cannot stretch."""
    return sum(os.times()[:4])


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main(name: str, ground_folder: str, folder: str) -> None:
    """Make the peer, measure it, write what came out."""
    ground, place = Ground.load(Path(ground_folder)), Path(folder)
    place.mkdir()
    make = KINDS[name].make
    peer = Ours(ground, place) if make is None else make(place)
    result = measured(peer, ground)
    place.with_suffix(".json").write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:4])
