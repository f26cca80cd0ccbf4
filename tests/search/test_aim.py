# ruff: noqa: ANN401 - pytest has no way to import the fixture's class
"""More like this, less like this, and one half of a prompt alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.errors import InputError
from bozzetto.search.aim import Aim, toward
from bozzetto.search.engine import Searcher
from bozzetto.search.understand import NOTHING_SAID, understand
from bozzetto.types import Answer, Filters, PromptRecord, SourcePrompt, Vectors

FOX = "a red fox in the snow, oil painting, soft light"
WOLF = "a red wolf in the snow, charcoal drawing"
CAT = "a cat on a sofa, oil painting, soft light"
SHIP = "a ship at sea, charcoal drawing, muted palette"
PROMPTS: list[str | SourcePrompt] = [
    FOX,
    WOLF,
    CAT,
    SHIP,
    SourcePrompt("a tea pot on a table, pencil sketch", "line 1", tags=("tea",), use="poster"),
]


@pytest.fixture(params=["small", "large", "large, refined"])
def searcher(request: pytest.FixtureRequest, shelf: Any) -> Searcher:
    shelf.fill(PROMPTS)
    if request.param != "large":
        shelf.embed()
    indexes = shelf.indexes(None if request.param == "small" else 3)
    indexes.refresh()
    return Searcher(
        shelf.store,
        indexes,
        embedders=shelf.embedders,
        bridge=None,
        look=shelf.embedders["minilm"].embed,
        answers=answers,
    )


def answers(wanted: Sequence[str], text: Collection[str]) -> tuple[Answer, ...]:
    return tuple(Answer(word, word, 1.0) for word in wanted if word in text)


def ids(searcher: Searcher) -> dict[str, str]:
    return {hit.prompt: hit.id for hit in searcher.neighbours("anything", 100)}


def prompts(found: Any) -> list[str]:
    return [hit.prompt for hit in found]


def test_more_like_one_is_found_without_an_idea(searcher: Searcher) -> None:
    found = searcher.search(None, 5, like=[ids(searcher)[FOX]])
    assert (found.idea, found.language) == ("", "und")
    assert FOX not in prompts(found)
    assert found[0].prompt == WOLF
    assert len(found) == 4


def test_what_is_liked_draws_the_idea_and_what_is_not_pushes_it(searcher: Searcher) -> None:
    known = ids(searcher)
    fox = searcher.search("a picture with snow", 5, like=[known[WOLF]])
    assert fox[0].prompt == FOX
    drawn = searcher.search("charcoal drawing, snow", 5, like=[known[FOX]], unlike=[known[SHIP]])
    assert drawn[0].prompt == WOLF
    assert not {FOX, SHIP} & set(prompts(drawn))


def test_the_family_of_what_is_liked_is_not_found(shelf: Any, searcher: Searcher) -> None:
    known = ids(searcher)
    seqs = {record.text: record.seq for record in shelf.store.by_ids(list(known.values()))}
    shelf.store.set_families([(seqs[WOLF], seqs[FOX])], shelf.store.state())
    for liked in (FOX, WOLF):
        found = searcher.search("snow", 5, like=[known[liked]], filters=Filters(max_nsfw=2.0))
        assert set(prompts(found)) == {CAT, SHIP, "a tea pot on a table, pencil sketch"}
        assert found.hidden == 0


@pytest.mark.parametrize(("by", "first"), [("subject", WOLF), ("look", CAT), ("both", WOLF)])
def test_a_half_of_what_is_liked(searcher: Searcher, by: Any, first: str) -> None:
    assert searcher.search(None, 5, like=[ids(searcher)[FOX]], by=by)[0].prompt == first


def test_a_look_without_a_subject_is_found(searcher: Searcher) -> None:
    found = searcher.search("charcoal drawing", 5, by="look", explain=True)
    assert set(prompts(found)[:2]) == {WOLF, SHIP}
    assert [why.rank for why in found[0].why if why.leg == "look"] == [1]
    assert [answer.found for answer in found[0].answers] == ["charcoal"]
    subject = searcher.search("charcoal drawing fox", 5, by="subject", explain=True)
    assert subject[0].prompt == FOX
    assert [answer.found for answer in subject[0].answers] == ["fox"]


def test_an_ideas_own_look_counts_nothing_by_subject(searcher: Searcher) -> None:
    plain = searcher.search("a ship at sea", 5, by="subject")
    told = searcher.search("a ship at sea, oil painting, soft light", 5, by="subject")
    assert [(hit.id, hit.score) for hit in told] == [(hit.id, hit.score) for hit in plain]
    assert told.idea == "a ship at sea, oil painting, soft light"


def test_without_explanation_nothing_is_explained(searcher: Searcher) -> None:
    assert not any(hit.answers for hit in searcher.search("charcoal drawing fox", 5))


def test_what_the_best_have_is_counted(searcher: Searcher) -> None:
    facets = searcher.search("tea").facets
    assert facets is not None
    assert (facets.of, facets.use, facets.tag) == (5, {"poster": 1}, {"tea": 1})
    assert (facets.model_family, facets.source) == ({}, {"first": 5})
    few = searcher.search("tea", filters=Filters(tag=("tea",))).facets
    assert few is not None
    assert (few.of, few.source) == (1, {"first": 1})


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "there is nothing to search for"),
        ({"unlike": ["FOX"]}, "there is nothing to search for"),
        ({"like": ["0123456789abcdef"]}, "no prompt is called '0123456789abcdef'"),
        ({"like": ["FOX"], "unlike": ["nobody"]}, "no prompt is called 'nobody'"),
        ({"like": ["FOX"], "unlike": ["FOX"]}, "is both liked and not"),
        ({"idea": "  "}, "the idea is empty"),
        ({"idea": "a fox", "by": "mood"}, "by: 'mood' is none of both, subject, look"),
    ],
)
def test_what_cannot_be_asked(searcher: Searcher, asked: dict[str, Any], message: str) -> None:
    fox = ids(searcher)[FOX]
    named: dict[str, Any] = {
        name: [fox if one == "FOX" else one for one in value] if isinstance(value, list) else value
        for name, value in asked.items()
    }
    with pytest.raises(InputError, match=message):
        searcher.search(named.pop("idea", None), **named)


def test_a_prompt_is_seen_by_halves() -> None:
    record = PromptRecord(1, "0" * 16, FOX, "a red fox in the snow", 1)
    query = understand("a fox")
    assert Aim(query).seen(record) == record
    subject, look = Aim(query, by="subject").seen(record), Aim(query, by="look").seen(record)
    assert (subject.text, look.text) == (
        "a red fox in the snow",
        "oil painting, soft light",
    )
    assert Aim(query, (record,), by="look").text == f"a fox, {look.text}"
    assert (Aim(query, (record,)).text, Aim(NOTHING_SAID, (record,)).text) == ("a fox", FOX)


unit = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).standard_normal((1, 16)).astype(np.float32)
)


@given(unit, unit, unit)
def test_a_vector_is_drawn_to_what_is_liked_and_away_from_what_is_not(
    idea: Vectors, like: Vectors, unlike: Vectors
) -> None:
    rows: list[Vectors] = [one / np.float32(np.linalg.norm(one)) for one in (idea, like, unlike)]
    nobody = np.empty((0, 16), dtype=np.float32)
    plain = toward(rows[0][0], nobody, nobody)
    assert plain == pytest.approx(rows[0][0], abs=1e-6)
    for drawn in (toward(rows[0][0], rows[1], nobody), toward(rows[0][0], nobody, rows[2])):
        assert float(np.linalg.norm(drawn)) == pytest.approx(1, abs=1e-5)
    assert toward(rows[0][0], rows[1], nobody) @ rows[1][0] >= plain @ rows[1][0] - 1e-5
    assert toward(rows[0][0], nobody, rows[2]) @ rows[2][0] <= plain @ rows[2][0] + 1e-5


def test_what_cancels_out_is_told() -> None:
    one = np.full((1, 4), 0.5, dtype=np.float32)
    with pytest.raises(InputError, match="cancel out"):
        toward(np.zeros(4, dtype=np.float32), one, np.float32(3) * one)
