# ruff: noqa: ANN401 - pytest has no way to import the fixture's class
"""A filter narrows what is found and changes nothing else, at each size of library."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bozzetto.search.engine import Searcher
from bozzetto.testing.memory_store import MemoryStore
from bozzetto.types import Filters, Hit, SourcePrompt

THINGS = ("fox", "lighthouse", "teapot", "robot", "castle", "puppy", "ship", "garden")
LOOKS = ("oil painting", "watercolor, misty", "neon, night", "pencil sketch", "studio photo")
PROMPTS = [
    SourcePrompt(
        f"a {thing} beside a {other}, {look}",
        "line 1",
        tags=("warm",) if len(thing) % 2 else ("cold",),
        use=("poster", "cover", None)[at % 3],
        model_family=("sd", "sdxl")[at % 2],
        rating=at % 6 or None,
        prompt_nsfw=(0.1, 0.4, 0.9, None)[at % 4],
        image="x.png" if at % 3 else None,
    )
    for at, (thing, other, look) in enumerate(
        (thing, THINGS[(at + step) % len(THINGS)], LOOKS[(at + step) % len(LOOKS)])
        for step in (1, 3, 5)
        for at, thing in enumerate(THINGS)
    )
]

some_filters = st.builds(
    Filters,
    tag=st.sampled_from([(), ("warm",), ("cold", "warm"), ("nobody",)]),
    use=st.sampled_from([(), ("poster",), ("cover", "poster")]),
    source=st.sampled_from([(), ("first",), ("second",)]),
    model_family=st.sampled_from([(), ("sd",)]),
    min_rating=st.sampled_from([None, 1, 4, 5]),
    max_nsfw=st.sampled_from([None, 0.2, 2.0]),
    has_image=st.sampled_from([None, True, False]),
    since=st.sampled_from([None, "2026-01-01", "2027"]),
)
ideas = st.sampled_from(
    ["a fox near the castle", "a calm ship, watercolor", "robot garden", "una volpe", "neon"]
)


class Library(NamedTuple):
    """A searcher, and what it searches by id."""

    searcher: Searcher
    held: dict[str, SourcePrompt]


@pytest.fixture(
    params=[
        "small",
        "large",
        "large, half of it newer than the index",
        "small, in a store",
        "small, in a store that cannot filter",
        "large, in a store",
        "large, in a store, half of it newer than the index",
    ]
)
def library(request: pytest.FixtureRequest, shelf: Any) -> Library:
    half = len(PROMPTS) // 2
    large = None if request.param.startswith("small") else 3
    if "store" in request.param:
        shelf.elsewhere = MemoryStore(filters="cannot" not in request.param)
    shelf.fill(PROMPTS[:half])
    if "newer" not in request.param:
        shelf.fill(PROMPTS[half:], "second")
    shelf.embed()
    indexes = shelf.indexes(large)
    indexes.refresh()
    if "newer" in request.param:
        shelf.fill(PROMPTS[half:], "second")
    searcher = Searcher(
        shelf.store, indexes, embedders=shelf.embedders, bridge=lambda vectors: vectors
    )
    by_text = {prompt.text: prompt for prompt in PROMPTS}
    every = shelf.store.page(limit=100)
    assert (indexes.bulk is not None) == (large is not None)
    return Library(searcher, {record.id: by_text[record.text] for record in every})


def wanted(prompt: SourcePrompt, source: str, filters: Filters) -> bool:
    """Whether a prompt passes all filters but that on NSFW."""
    return all(
        (
            not filters.tag or set(filters.tag) & set(prompt.tags),
            not filters.use or prompt.use in filters.use,
            not filters.source or source in filters.source,
            not filters.model_family or prompt.model_family in filters.model_family,
            filters.min_rating is None or (prompt.rating or 0) >= filters.min_rating,
            filters.has_image is None or (prompt.image is not None) == filters.has_image,
            filters.since is None or filters.since <= "2026-01-02T03:04:05Z",
        )
    )


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(filters=some_filters, idea=ideas)
def test_a_filtered_search_is_the_whole_one_without_the_others(
    library: Library, filters: Filters, idea: str
) -> None:
    def found(hits: tuple[Hit, ...]) -> list[tuple[str, float]]:
        return [(hit.id, pytest.approx(hit.score, abs=2e-5)) for hit in hits]  # type: ignore[misc]

    searcher, held = library
    limit = 0.5 if filters.max_nsfw is None else filters.max_nsfw
    every = searcher.neighbours(idea, 100, filters=Filters(max_nsfw=9.0))
    assert len(every) == len(PROMPTS)
    passing = tuple(hit for hit in every if wanted(held[hit.id], hit.source, filters))
    safe = tuple(hit for hit in passing if (held[hit.id].prompt_nsfw or 0) <= limit)
    got = searcher.neighbours(idea, 100, filters=filters)
    assert sorted(hit.id for hit in got) == sorted(hit.id for hit in safe)
    assert {hit.id: hit.score for hit in got} == dict(found(safe))
    assert searcher.search(idea, filters=filters).hidden == len(passing) - len(safe)
