"""What is kept is found, comes first, and counts when prompts are written; until taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bozzetto
from bozzetto.app.keeping import KeepItem, keep, take_back
from bozzetto.app.wire import record_json, search_json
from bozzetto.errors import InputError, NotFoundError
from bozzetto.text.normalise import prompt_id
from bozzetto.types import Filters

SHARED = "soft light, muted palette, film grain"
PROMPTS = (
    f"a lighthouse in the fog, charcoal drawing, {SHARED}",
    f"a lighthouse on a cliff, oil painting, {SHARED}",
    f"a lighthouse by the sea at night, woodcut, {SHARED}",
    f"a bowl of ramen, food photography, {SHARED}",
)
IDEA = "a lighthouse"
KEPT = KeepItem(
    "a lighthouse in a storm, linocut print, thick outlines",
    rating=5, picture="1.png", image="i1", candidate="c1", idea=IDEA, hits=("h1",),
)  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Iterator[bozzetto.Assistant]:
    file = tmp_path / "mine.txt"
    file.write_text("".join(f"{one}\n" for one in PROMPTS), encoding="utf-8")
    with bozzetto.Assistant.open(tmp_path / "home", actor="ada") as a:
        a.add(file)
        yield a


def shown(a: bozzetto.Assistant) -> list[str]:
    """All that people see of a library, a search and what is written."""
    written: list[Any] = [
        (one.prompt, one.negative, one.phrases) for one in a.optimize(IDEA, save=False).candidates
    ]
    return [
        json.dumps(list(a.library.export())),
        json.dumps(search_json(a.search(IDEA), explain=True, facets=True)),
        repr(written),
    ]


def test_what_is_kept_is_found_and_tells_where_it_is_from(home: bozzetto.Assistant) -> None:
    before = shown(home)
    assert keep(home._store, "night", [KEPT], actor="ada").new == 1
    home.embed()
    identity = prompt_id(KEPT.prompt)
    assert home.search("lighthouse in a storm")[0].id == identity
    (record,) = home.library.list(filters=Filters(source=("campaign night",)))
    (lineage,) = record_json(record)["kept"]
    del lineage["at"]
    assert lineage == {
        "campaign": "night", "keep": True, "rating": 5.0, "image": "i1", "picture": "1.png",
        "candidate": "c1", "idea": IDEA, "hits": ["h1"], "actor": "ada",
    }  # fmt: skip
    assert take_back(home._store, "night", actor="ada") == 1
    home.embed()
    assert shown(home) == before


def test_better_prompts_come_first_and_are_written_from(home: bozzetto.Assistant) -> None:
    before = shown(home)
    order = [hit.id for hit in home.search(IDEA)][:3]
    assert home.library.rate(order[:1], 1) == home.library.rate(order[2:], 5) == 1
    assert [hit.id for hit in home.search(IDEA)][:3] == [order[2], order[1], order[0]]
    assert home.search(IDEA)[0].rating == 5
    refused = {phrase.source for c in home.optimize(IDEA).candidates for phrase in c.phrases}
    assert order[0] not in refused
    assert home.library.rate(order, None) == 2
    assert shown(home) == before


def test_relevance_stays_first(home: bozzetto.Assistant) -> None:
    home.library.rate([prompt_id(PROMPTS[3])], 5)
    home.library.rate([prompt_id(PROMPTS[0])], 1)
    assert home.search("a lighthouse in the fog, charcoal")[0].id == prompt_id(PROMPTS[0])
    assert home.search(IDEA)[-1].id == prompt_id(PROMPTS[3])


@pytest.mark.parametrize("rating", [-1, 6])
def test_other_ratings_are_refused(home: bozzetto.Assistant, rating: int) -> None:
    with pytest.raises(InputError, match=f"rating: {rating} is not between 1 and 5"):
        home.library.rate([prompt_id(PROMPTS[0])], rating)


def test_nothing_is_rated_where_an_id_is_unknown(home: bozzetto.Assistant) -> None:
    with pytest.raises(NotFoundError, match="'nobody'"):
        home.library.rate([prompt_id(PROMPTS[0]), "nobody"], 5)
    assert all(record.rating is None for record in home.library.list())
