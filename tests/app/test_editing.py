"""A prompt edited by hand keeps what was known of it, and is found at once by its new words."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bozzetto import Assistant
from bozzetto.app.keeping import KeepItem, keep
from bozzetto.errors import InputError, NotFoundError
from bozzetto.store.store import Store
from bozzetto.types import Filters, Parameters, PromptRecord

FOX = "a red fox in the snow, ink drawing"
ROWS = (
    {"prompt": FOX, "tags": ["fox", "ink"], "negative": "blurry", "seed": 7},
    {"prompt": f"{FOX}, soft light"},
    {"prompt": "a lighthouse in fog, charcoal drawing"},
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("editing")
    file = folder / "mine.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    with Assistant.open(folder / "home") as a:
        a.add(file)
    return folder / "home"


@pytest.fixture
def a(made: Path, tmp_path: Path) -> Iterator[Assistant]:
    shutil.copytree(made, tmp_path / "home")
    with Assistant.open(tmp_path / "home", actor="ada") as opened:
        yield opened


def fox(a: Assistant) -> PromptRecord:
    return a.library.list()[0]


def test_another_text_is_another_prompt_with_all_that_was_known(a: Assistant) -> None:
    before = fox(a)
    a.library.rate([before.id], 4)
    before = fox(a)
    after = a.library.edit(before.id, "a grey owl in the rain, ink drawing")
    assert after.id != before.id
    assert after == replace(
        before,
        seq=after.seq,
        family=after.seq,
        id=after.id,
        text="a grey owl in the rain, ink drawing",
        core="a grey owl in the rain",
        original="a red fox in the snow, ink drawing",
    )
    assert (after.rating, after.tags, after.negative) == (4, ("fox", "ink"), "blurry")
    assert a.library.count() == 3
    with pytest.raises(NotFoundError):
        a.library.show([before.id])
    assert a.library.rate([after.id], 0) == 1
    assert a.library.show([after.id])[0].rating is None


def test_an_edited_prompt_is_found_at_once(a: Assistant) -> None:
    assert a.search("a fox", 2)[0].id == fox(a).id
    assert a.library.variants(fox(a).id)
    after = a.library.edit(fox(a).id, "a grey owl in the rain, ink drawing")
    for idea in ("owl rain", "un gufo grigio sotto la pioggia", "a grey bird in bad weather"):
        assert a.search(idea, 1)[0].id == after.id
    assert a.library.waiting() == 0
    found = [hit.prompt for hit in a.search("a red fox in the snow", 3)]
    assert "a red fox in the snow, ink drawing" not in found
    assert a.library.variants(after.id) == []
    again = a.library.edit(after.id, "a brown bear in the wood, ink drawing")
    assert a.search("a bear", 1)[0].id == again.id
    assert again.original == "a red fox in the snow, ink drawing"


def test_only_its_writing_is_another(a: Assistant) -> None:
    before = fox(a)
    after = a.library.edit(before.id, "A red fox in the snow, ink drawing")
    assert (after.id, after.text) == (before.id, "A red fox in the snow, ink drawing")
    assert a.search("red fox ink", 1)[0].prompt == after.text


def test_negative_and_tags(a: Assistant) -> None:
    before = fox(a)
    after = a.library.edit(before.id, negative="", tags=["Snow", "ink"])
    assert after == replace(before, negative=None, tags=("ink", "snow"))
    assert a.library.count(Filters(tag=("snow",))) == 1
    assert a.search("a fox", 1, filters=Filters(tag=("snow",)))[0].id == before.id
    assert not a.search("a fox", 1, filters=Filters(tag=("fox",)))
    assert a.library.edit(before.id, negative="people ", tags=[]) == replace(
        before, negative="people", tags=()
    )


def test_what_campaigns_said_goes_over_and_stays_edited(a: Assistant) -> None:
    def say(*texts: str) -> None:
        items = [
            KeepItem(text, rating=5, image=f"i{n}", negative="text", tags=("kept",), idea="an idea",
                     parameters=Parameters(seed=n))
            for n, text in enumerate(texts)
        ]  # fmt: skip
        with Store.open(a.settings.home) as store:
            keep(store, "night", items, actor="bob")

    say("a castle of glass, watercolor", fox(a).text)
    castle = a.library.list(filters=Filters(source=("campaign night",)))[1]
    assert castle.text == "a castle of glass, watercolor"
    after = a.library.edit(castle.id, "a castle of ice, watercolor", negative="", tags=["mine"])
    assert after.kept == castle.kept
    assert (after.source, after.rating, after.negative, after.tags) == (
        "campaign night", 5, None, ("mine",),
    )  # fmt: skip
    a.library.rate([after.id], 2)
    a.library.rate([after.id], 0)
    shown = a.library.show([after.id])[0]
    assert (shown.negative, shown.tags, shown.rating) == (None, ("mine",), 5)
    say(fox(a).text)
    left = a.library.show([after.id])[0]
    assert (left.text, left.sources) == ("a castle of ice, watercolor", ("edited",))
    info = next(one for one in a.library.stats()[0].sources if one.name == "edited")
    assert (info.rows, info.prompts, info.deleted, info.complete) == (1, 1, 0, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  ", "the prompt is empty"),
        ("!!", "the prompt has no word"),
        ("x" * 20_001, "20,001 characters"),
        ("a lighthouse in fog, charcoal drawing", "the library has that prompt already"),
    ],
)
def test_texts_that_cannot_be(a: Assistant, text: str, said: str) -> None:
    before = a.library.list()
    with pytest.raises(InputError, match=said):
        a.library.edit(fox(a).id, text, tags=["lost"])
    assert a.library.list() == before
    with pytest.raises(NotFoundError):
        a.library.edit("0" * 16, "a fox")
    with pytest.raises(InputError, match="tag"):
        a.library.edit(fox(a).id, tags=[" "])


def test_what_filters_ask_for_is_counted(a: Assistant) -> None:
    stats, values = a.library.stats()
    assert stats.prompts == 3
    assert (values.tag, values.rating, values.has_image) == ({"fox": 1, "ink": 1}, {}, 0)
    a.library.rate([fox(a).id], 3)
    assert a.library.stats()[1].rating == {3: 1}
