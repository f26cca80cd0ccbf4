from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from bozzetto.ports import SourceFeatures
from bozzetto.store.entries import Entry, hash_of
from bozzetto.store.store import Store
from bozzetto.text.normalise import normalise, prompt_id
from bozzetto.types import BadRow, SourcePrompt

NOW = "2026-01-02T03:04:05Z"
Fill = Callable[..., int]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as opened:
        yield opened


@pytest.fixture
def fill(store: Store) -> Fill:
    """Put prompts into the store as one complete source."""

    def put(
        name: str,
        rows: Sequence[str | SourcePrompt],
        *,
        bad: Sequence[BadRow] = (),
        now: str = NOW,
        kind: str = "text",
    ) -> int:
        features = SourceFeatures(name, kind)
        begun = store.begin_source(features, f"print of {name}", actor="ada", now=now)
        prompts = [r if isinstance(r, SourcePrompt) else SourcePrompt(r, "line 1") for r in rows]
        entries = [
            Entry(hash_of(prompt_id(p.text)), normalise(p.text), normalise(p.text)[:9], p)
            for p in prompts
        ]
        new = store.add_batch(begun, entries, bad, start=0, position=1)
        store.finish_source(begun)
        return new

    return put
