# ruff: noqa: ANN401 - pytest has no way to import the fixture's class
from __future__ import annotations

from typing import Any

import pytest

from bozzetto.search.liking import liking
from bozzetto.text.normalise import prompt_id


def test_more_stars_add_more_and_none_adds_nothing() -> None:
    worth = [liking(stars) for stars in (1, 2, 3, 4, 5)]
    assert worth == sorted(worth)
    assert len(set(worth)) == 5
    assert liking(None) == liking(3) == 0
    assert liking(5) == -liking(1)


@pytest.mark.parametrize("rated", [0, 1])
def test_of_a_family_the_member_with_stars_is_shown(shelf: Any, rated: int) -> None:
    family = ("a red fox in deep snow, soft light, oil painting",
              "a red fox in deep snow, soft light, oil on canvas")  # fmt: skip
    shelf.fill([*family, "a bowl of cherries on a table", "two robots drinking tea"])
    shelf.embed()
    shelf.store.set_families([(2, 1)], shelf.store.state())
    shelf.store.kept.rate([prompt_id(family[rated])], 5, actor="ada", now="n")
    hits = shelf.searcher().search("a fox in snow", 3)
    assert (hits[0].prompt, hits[0].variants) == (family[rated], 1)


def test_stars_tell_prompts_that_fit_alike_and_no_others(shelf: Any) -> None:
    prompts = ["a red fox in snow", "a red fox in fog", "a bowl of cherries"]
    shelf.fill(prompts)
    shelf.embed()
    ids = [prompt_id(text) for text in prompts]

    def order() -> list[str]:
        return [hit.id for hit in shelf.searcher().search("a red fox")]

    first, second, last = order()
    assert last == ids[2]
    for identity, stars in ((second, 5), (first, 1), (last, 5)):
        shelf.store.kept.rate([identity], stars, actor="ada", now="n")
    assert order() == [second, first, last]
