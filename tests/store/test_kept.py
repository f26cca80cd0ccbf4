# ruff: noqa: ANN401 - columns may be anything
"""Kept prompts come in, ratings stand, and every bit of it can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bozzetto.ports import SourceFeatures
from bozzetto.store.entries import Entry, hash_of
from bozzetto.store.kept import Judged
from bozzetto.store.store import Store
from bozzetto.text.normalise import normalise, prompt_id
from bozzetto.types import Filters, KeepReport, KeptFrom, Parameters, PromptRecord, SourcePrompt

NOW = "2026-01-02T03:04:05Z"
LATER = "2026-02-02T03:04:05Z"
Fill = Callable[..., int]


def entry(text: str, **known: Any) -> Entry:
    row = SourcePrompt(text, "", **known)
    return Entry(hash_of(prompt_id(text)), normalise(text), normalise(text)[:9], row)


def said(text: str, rating: float, seen: str = "", *, keep: bool = True, **known: Any) -> Judged:
    return Judged(entry(text, **known), keep, rating, seen)


def put(store: Store, campaign: str, *judged: Judged) -> KeepReport:
    return store.kept.keep(campaign, judged, actor="bob", now=LATER)


def back(store: Store, campaign: str | None = None, images: Sequence[str] | None = None) -> int:
    return store.kept.take_back(campaign=campaign, images=images, actor="bob", now=LATER)


def everything(store: Store) -> tuple[dict[str, PromptRecord], list[tuple[Any, ...]]]:
    """All that people see of a library but the numbers inside it."""
    store.check()
    found = {r.id: replace(r, seq=0, family=0) for r in store.page(limit=1000)}
    sources = [(s.name, s.kind, s.rows, s.prompts, s.deleted, s.at) for s in store.sources()]
    return found, sources


def test_what_is_kept_comes_in_as_a_source(store: Store, fill: Fill) -> None:
    fill("one", ["a cat"])
    made = Parameters(seed=7, width=512)
    judged = Judged(
        entry("a dog", negative="cats", image="dog.png", parameters=made, tags=("pet",)),
        keep=True, rating=5, image="i1", candidate="c1", idea="an animal", hits=("h1", "h2"),
    )  # fmt: skip
    assert put(store, "pets", judged) == KeepReport("campaign pets", new=1, rated=0, unchanged=0)
    (dog,) = store.by_ids([prompt_id("a dog")])
    assert (dog.rating, dog.negative, dog.image, dog.parameters) == (5, "cats", "dog.png", made)
    assert (dog.tags, dog.core, dog.source, dog.count) == (("pet",), "a dog", "campaign pets", 1)
    assert dog.kept == (
        KeptFrom("pets", True, 5, "i1", "dog.png", "c1", "an animal", ("h1", "h2"), LATER, "bob"),
    )
    keys = store.allowed(Filters(source=("campaign pets",)), 1).keys
    assert keys is not None
    assert keys.tolist() == [dog.seq]
    info = store.sources()[-1]
    assert (info.kind, info.rows, info.new, info.deleted, info.complete) == ("kept", 1, 1, 0, True)


def test_the_same_twice_changes_nothing(store: Store, fill: Fill) -> None:
    fill("one", ["a cat"])
    both = said("a cat", 5, "1"), said("a dog", 4, "2")
    assert put(store, "pets", *both) == KeepReport("campaign pets", 1, 1, 0)
    before = everything(store), store.state(), store.ratings()
    assert put(store, "pets", *both) == KeepReport("campaign pets", 0, 0, 2)
    assert (everything(store), store.state(), store.ratings()) == before


def test_what_was_rejected_is_rated_only_where_it_is(store: Store, fill: Fill) -> None:
    fill("one", ["a cat"])
    no = [said(text, 1, keep=False, image="x.png") for text in ("a cat", "a dog")]
    assert put(store, "pets", *no) == KeepReport("campaign pets", 0, 1, 0)
    (cat,) = store.page()
    assert (cat.rating, cat.image, cat.sources) == (1, None, ("one",))
    assert [info.name for info in store.sources()] == ["one"]
    assert back(store, "pets") == 1
    assert store.page()[0].rating is None


def test_the_mean_counts_and_the_best_picture_stands(store: Store) -> None:
    put(
        store, "pets",
        said("a dog", 2, "1", image="1.png"),
        said("a dog", 5, "2", image="2.png", tags=("best",)),
        said("a dog", 1, "3", image="3.png", keep=False),
    )  # fmt: skip
    (dog,) = store.page()
    assert (dog.rating, dog.image, dog.tags, dog.count) == (4, "2.png", ("best",), 1)
    assert back(store, images=["2"]) == 1
    (dog,) = store.page()
    assert (dog.rating, dog.image, dog.tags) == (2, "1.png", ())
    assert back(store, "pets", ["1"]) == 1
    assert store.page() == [], "nobody keeps it any more"
    assert store.sources() == ()


def test_a_known_prompt_shows_the_picture_and_gets_its_own_back(store: Store, fill: Fill) -> None:
    row = SourcePrompt("a cat", "1", "dogs", Parameters(1, 20), 0.1, 0.6, "old.png", rating=2)
    fill("one", [row])
    before = everything(store)
    put(store, "pets", said("a cat", 5, "1", image="new.png", negative="mice"))
    (cat,) = store.page()
    assert (cat.rating, cat.image, cat.parameters, cat.negative) == (5, "new.png", None, "dogs")
    assert store.allowed(Filters(), 0.5).hidden == 1, "it is as unsafe as before"
    assert (cat.sources, cat.count) == (("one", "campaign pets"), 2)
    back(store, "pets")
    assert everything(store) == before


def test_who_spoke_last_is_heard(store: Store, fill: Fill) -> None:
    fill("one", ["a cat"])
    put(store, "first", said("a cat", 5))
    put(store, "second", said("a cat", 1))
    assert store.page()[0].rating == 1
    put(store, "first", said("a cat", 4))
    assert store.page()[0].rating == 4
    back(store, "first")
    assert store.page()[0].rating == 1


def test_a_campaign_says_all_of_it_each_time(store: Store, fill: Fill) -> None:
    fill("one", ["a cat"])
    before = everything(store)
    put(store, "pets", said("a cat", 5, "1"), said("a dog", 5, "2"), said("a fox", 4, "3"))
    assert put(store, "pets", said("a cat", 5, "1"), said("a dog", 1, "2", keep=False)) == (
        KeepReport("campaign pets", new=0, rated=0, unchanged=1, taken_back=2)
    )
    assert [(r.text, r.rating) for r in store.page()] == [("a cat", 5)], "a dog was kept by nobody"
    assert put(store, "pets") == KeepReport("campaign pets", 0, 0, 0, taken_back=1)
    assert everything(store) == before


def test_the_same_picture_by_another_name_stays_the_same_prompt(store: Store) -> None:
    put(store, "pets", said("a dog", 5, "1"))
    before = store.page()[0].seq, store.state()
    put(store, "pets", said("a dog", 4, "2"))
    assert (store.page()[0].seq, store.state(), store.page()[0].rating) == (*before, 4)


def test_filters_see_ratings_at_once(store: Store, fill: Fill) -> None:
    fill("one", ["a cat", "a dog"])

    def good() -> list[int]:
        keys = store.allowed(Filters(min_rating=4), 1).keys
        return [] if keys is None else keys.tolist()

    assert good() == []
    assert store.kept.rate([prompt_id("a dog")], 5, actor="bob", now=LATER) == 1
    assert good() == [2]
    assert store.kept.rated() == [("a dog", 5)]
    assert store.kept.rate([prompt_id("a dog")], 5, actor="bob", now=LATER) == 0
    assert store.kept.rate([prompt_id("a dog")], None, actor="bob", now=LATER) == 1
    assert good() == []


def test_ratings_leave_indexes_and_families_alone(store: Store, fill: Fill) -> None:
    fill("one", ["a cat"])
    store.set_families([], store.state())
    before = store.state()
    put(store, "pets", said("a cat", 5))
    back(store, "pets")
    assert (store.state(), store.families_stale()) == (before, False)


@pytest.mark.parametrize("deleted", ["source", "ids"])
def test_deleting_takes_it_with_it(store: Store, fill: Fill, deleted: str) -> None:
    fill("one", ["a cat"])
    before = everything(store)
    put(store, "pets", said("a cat", 5), said("a dog", 5), said("a cat", 1, "2", keep=False))
    if deleted == "source":
        assert store.delete_source("campaign pets", actor="bob", now=LATER) == 1
        assert everything(store) == before
        assert back(store, "pets") == 0
    else:
        store.delete([prompt_id("a dog"), prompt_id("a cat")], actor="bob", now=LATER)
        assert store.count() == back(store, "pets") == 0


TEXTS = ("a cat", "a dog", "a fox")
KNOWN: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    negative=st.none() | st.sampled_from(["x", "y"]),
    image=st.none() | st.sampled_from(["1.png", "2.png"]),
    tags=st.lists(st.sampled_from("ab"), unique=True).map(tuple),
    image_nsfw=st.none() | st.sampled_from([0.2, 0.9]),
    model_family=st.none() | st.just("sdxl"),
)
ROWS = st.builds(
    lambda text, rating, known: {"text": text, "rating": rating} | known,
    st.sampled_from(TEXTS), st.sampled_from([None, 3]), KNOWN,
)  # fmt: skip
STARS, SEEN = st.integers(1, 5), st.sampled_from(["", "i1", "i2"])
KEEPS = st.builds(
    lambda *some: said(*some[:3], **some[3]), st.sampled_from(TEXTS), STARS, SEEN, KNOWN
)
REJECTS = st.builds(lambda *some: said(TEXTS[0], *some, keep=False), STARS, SEEN)
STEPS = st.one_of(
    st.tuples(st.just("import"), st.lists(ROWS, min_size=1, max_size=2)),
    st.tuples(st.sampled_from(["A", "B"]), st.lists(KEEPS | REJECTS, min_size=1, max_size=3)),
    st.tuples(st.just("rate"), STARS),
)
"""What is rated or rejected is there from the start: of what is not, nothing is noted."""


def run(store: Store, steps: Sequence[tuple[str, Any]]) -> None:
    for what, about in steps:
        if what == "import":
            begun = store.begin_source(
                SourceFeatures(repr(about), "text"), repr(about), actor="ada", now=NOW
            )
            if begun.complete:
                continue
            rows = [entry(**row) for row in about]
            store.add_batch(begun, rows, (), start=0, position=1)
            store.finish_source(begun)
        elif what == "rate":
            store.kept.rate([prompt_id(TEXTS[0])], about, actor="ada", now=NOW)
        else:
            put(store, what, *about)


@settings(deadline=None, max_examples=60)
@given(steps=st.lists(STEPS, max_size=6), gone=st.sampled_from(["A", "B", "AB", "BA"]))
@example(
    steps=[
        ("A", [said("a dog", 5, image="1.png", tags=("a",), negative="x")]),
        ("import", [{"text": "a dog", "tags": ("a", "b"), "rating": 3}]),
        ("B", [said("a dog", 1, image="2.png")]),
    ],
    gone="AB",
)
@example(
    steps=[
        ("B", [said("a cat", 1, keep=False)]),
        ("A", [said("a cat", 1, image_nsfw=0.2)]),
        ("import", [{"text": "a cat", "image": "1.png"}]),
    ],
    gone="B",
)
def test_taken_back_it_is_as_if_it_had_never_been(steps: list[tuple[str, Any]], gone: str) -> None:
    """In whatever order, and whatever was imported or said in between."""
    first = ("import", [{"text": TEXTS[0]}])
    with TemporaryDirectory() as one, TemporaryDirectory() as two:
        with Store.open(Path(one)) as store:
            run(store, [first, *steps])
            for campaign in gone:
                back(store, campaign)
            found = everything(store)
        with Store.open(Path(two)) as store:
            run(store, [first, *(step for step in steps if step[0] not in gone)])
            wanted = everything(store)
    assert found[0].keys() == wanted[0].keys()
    for identity, record in wanted[0].items():
        assert apart_from_order(found[0][identity]) == apart_from_order(record)


def apart_from_order(record: PromptRecord) -> PromptRecord:
    """A prompt that the first to bring it has left is the oldest other source's.

    Which of them would have had it first is not kept.
    """
    if len(record.sources) == 1:
        return record
    return replace(record, source="", added_at="", added_by="")
