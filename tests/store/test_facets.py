from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bozzetto.store.store import Store
from bozzetto.text.normalise import prompt_id
from bozzetto.types import Filters, SourcePrompt

NOW = "2026-01-02T03:04:05Z"
Fill = Callable[..., int]


ROWS = [
    SourcePrompt("a cat", "1", tags=("pet", "animal"), use="avatar", rating=5),
    SourcePrompt("a dog", "2", tags=("pet",), use="avatar", model_family="sdxl", rating=2),
    SourcePrompt("a nude", "3", prompt_nsfw=0.9, tags=("animal",)),
    SourcePrompt("a blurred one", "4", prompt_nsfw=0.0, image_nsfw=2.0, image="4.png"),
    SourcePrompt("a calm one", "5", prompt_nsfw=0.1, image_nsfw=0.2, image="5.png"),
]


@pytest.mark.parametrize(
    ("filters", "keys", "hidden"),
    [
        (Filters(), [1, 2, 5], 2),
        (Filters(max_nsfw=1.0), [1, 2, 3, 5], 1),
        (Filters(max_nsfw=2.0), None, 0),
        (Filters(tag=("pet",)), [1, 2], 0),
        (Filters(tag=("Animal",)), [1], 1),
        (Filters(tag=("pet", "animal")), [1, 2], 1),
        (Filters(tag=("' OR 1=1 --",)), [], 0),
        (Filters(use=("avatar",), min_rating=3), [1], 0),
        (Filters(model_family=("sdxl", "sd1")), [2], 0),
        (Filters(source=("one",)), [1, 2, 5], 2),
        (Filters(source=("none",)), [], 0),
        (Filters(has_image=True), [5], 1),
        (Filters(has_image=False), [1, 2], 1),
        (Filters(since="2026"), [1, 2, 5], 2),
        (Filters(since="2027"), [], 0),
    ],
)
def test_filters_and_the_limit(
    store: Store, fill: Fill, filters: Filters, keys: list[int] | None, hidden: int
) -> None:
    fill("one", ROWS)
    found = store.allowed(filters, 0.5)
    assert (None if found.keys is None else found.keys.tolist(), found.hidden) == (keys, hidden)
    assert found.keys is None or found.keys.dtype == np.int64


def test_holes_in_the_numbers_are_no_keys(store: Store, fill: Fill) -> None:
    fill("one", ROWS)
    store.delete([prompt_id("a dog")], actor="ada", now=NOW)
    found = store.allowed(Filters(), 0.5)
    assert found.keys is not None
    assert found.keys.tolist() == [1, 5]


def test_pages_follow_one_another(store: Store, fill: Fill) -> None:
    fill("one", ROWS)
    first = store.page(Filters(source=("one",)), limit=2)
    second = store.page(Filters(source=("one",)), after=first[-1].seq, limit=2)
    assert [[r.seq for r in page] for page in (first, second)] == [[1, 2], [3, 4]]
    assert [r.seq for r in store.page(Filters(max_nsfw=0.5))] == [1, 2, 5]


def test_stats(store: Store, fill: Fill) -> None:
    fill("one", ROWS)
    store.set_families([(2, 1)], store.state())
    stats = store.stats()
    assert (stats.prompts, stats.families, stats.candidates) == (5, 4, 0)
    only = stats.sources[0]
    assert (only.name, only.kind, only.complete, only.at, only.actor) == (
        "one", "text", True, NOW, "ada",
    )  # fmt: skip
