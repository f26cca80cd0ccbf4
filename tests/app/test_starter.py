"""The starter library: its rules, and that plain ideas find fitting prompts."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest

from bozzetto import Assistant
from bozzetto.app.indexing import Indexing
from bozzetto.profiles import load, names
from bozzetto.text.artist_names import ALSO_WORDS, NAMES, STUDIOS
from bozzetto.text.split import split
from bozzetto.text.tokens import clip_tokens
from bozzetto.text.words import jaccard, words

USES = (
    "advertising",
    "architecture",
    "avatar",
    "fashion",
    "film",
    "fine-art",
    "food",
    "game",
    "nature",
    "product",
    "science",
)

# A plain idea, and words of which a fitting prompt holds one.
IDEAS = (
    ("a bottle of scent for a magazine advert", "perfume"),
    ("billboard for a burger restaurant", "cheeseburger burger"),
    ("poster for a holiday by the sea", "travel sailing"),
    ("ad for headphones", "headphones"),
    ("coffee cup on a plain background for my shop", "mug"),
    ("pair of white sneakers, studio shot", "trainers sneaker sneakers shoe"),
    ("skin care product picture", "serum cream skincare"),
    ("robot hoover in a living room", "vacuum"),
    ("guitar for sale", "guitar"),
    ("profile picture of a friendly office worker", "office"),
    ("a wizard for a retro video game", "wizard"),
    ("elf with a bow", "elven archer"),
    ("a samurai on the road", "samurai ronin"),
    ("cute robot character", "robot"),
    ("isometric farm", "farming farm"),
    ("magic sword", "sword"),
    ("chest full of treasure", "chest"),
    ("seamless stone floor texture", "cobblestone tileable"),
    ("pirate ship fighting a sea monster", "galleon squid"),
    ("a private eye at night in the rain", "detective"),
    ("cover for a thriller", "thriller"),
    ("an astronaut growing vegetables", "astronaut"),
    ("cosy cafe interior", "coffee café cafe"),
    ("Japanese room for tea", "tea"),
    ("villa with a swimming pool above the sea", "villa pool"),
    ("room for a baby", "nursery"),
    ("ink painting of bamboo", "bamboo"),
    ("a ballerina drawn with pastels", "ballet"),
    ("storybook dragon sleeping", "dragon"),
    ("stained glass with flowers", "stained"),
    ("diagram of the heart", "heart"),
    ("old botanical drawing of a plant", "botanical plate"),
    ("galaxy seen through a telescope", "galaxy nebula"),
    ("inside of a volcano explained", "volcano stratovolcano"),
    ("hot soup on a cold day", "soup"),
    ("breakfast pancakes", "pancakes"),
    ("a wedding dress", "wedding"),
    ("green gemstone ring", "emerald"),
    ("a lake in the mountains", "lake"),
    ("a small dog in the grass", "puppy terrier dog"),
)


def starter_rows() -> list[dict[str, Any]]:
    """The starter prompts as written."""
    text = files("bozzetto.library").joinpath("starter.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with Assistant.open(tmp_path_factory.mktemp("home")) as a:
        yield a


def test_at_least_four_hundred_and_thirty_a_use() -> None:
    counts = Counter(row["use"] for row in starter_rows())
    assert tuple(sorted(counts)) == USES
    assert min(counts.values()) >= 30
    assert counts.total() >= 400


def test_every_prompt_has_its_fields_and_a_negative_where_its_kind_takes_one() -> None:
    families = {load(name).family: load(name) for name in names()}
    for row in starter_rows():
        assert set(row) == {"prompt", "negative", "use", "tags", "model_family"}
        assert row["tags"]
        profile = families[row["model_family"]]
        assert (row["negative"] is not None) == profile.negative, row["prompt"]


def test_all_in_budget() -> None:
    assert max(clip_tokens(row["prompt"]) for row in starter_rows()) <= 75


def test_no_two_cores_alike() -> None:
    cores = [frozenset(words(split(row["prompt"]).core)) for row in starter_rows()]
    assert [(a, b) for a, b in combinations(cores, 2) if jaccard(a, b) >= 0.5] == []


def test_no_modifier_in_more_than_a_tenth() -> None:
    rows = starter_rows()
    counts = Counter(
        modifier for row in rows for modifier in {m.lower() for m in split(row["prompt"]).modifiers}
    )
    assert counts.most_common(1)[0][1] <= len(rows) / 10


def named(text: str) -> list[str]:
    """Who is named in a text: known names, pairs of them, studios, and whoever "by" credits."""
    said = words(text)
    return [
        *(word for word in said if word in NAMES - ALSO_WORDS),
        *(f"{a} {b}" for a, b in pairwise(said) if {a, b} <= NAMES),
        *(studio for studio in STUDIOS if studio in text.lower()),
        *re.findall(r"\b(?:by|in the (?:style|manner) of|after) (?=[A-Z])\S+", text),
    ]


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("a castle, art by Jane Nobody", ["by Jane"]),
        ("a castle, greg rutkowski", ["greg", "rutkowski", "greg rutkowski"]),
        ("a church of wood by the sea", []),
        ("an owl, robin wood", ["robin wood"]),
        ("an owl, unreal engine 5", ["unreal engine 5", "unreal engine"]),
    ],
)
def test_who_is_named_is_seen(text: str, who: list[str]) -> None:
    found = named(text)
    assert [name for name in who if name not in found] == []
    assert bool(found) == bool(who)


def test_no_artist_is_named() -> None:
    for row in starter_rows():
        for text in (row["prompt"], row["negative"] or "", ", ".join(row["tags"])):
            assert named(text) == [], text


@pytest.mark.parametrize(("idea", "fitting"), IDEAS)
def test_a_plain_idea_finds_a_fitting_prompt_among_the_first_five(
    assistant: Assistant, idea: str, fitting: str
) -> None:
    hits = assistant.search(idea, k=5)
    assert any(set(fitting.split()) & set(words(hit.prompt)) for hit in hits), [
        hit.prompt[:60] for hit in hits
    ]


def test_it_is_loaded_by_search_and_named_starter(tmp_path: Path) -> None:
    with Assistant.open(tmp_path) as a:
        assert a.library.count() == 0
        assert {hit.source for hit in a.search("a castle")} == {"starter"}
        assert a.library.count() == len(starter_rows())


def test_once_deleted_it_stays_away(tmp_path: Path) -> None:
    with Assistant.open(tmp_path) as a:
        a.search("a castle")
        assert a.library.delete(source="starter") == len(starter_rows())
        assert list(a.search("a castle")) == []
    with Assistant.open(tmp_path) as a:
        assert list(a.search("a castle")) == []
        assert a.library.count() == 0


def test_a_home_that_begins_with_an_import_holds_the_import_only(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("a lighthouse in fog, charcoal drawing\n")
    with Assistant.open(tmp_path / "home") as a:
        a.add(tmp_path / "mine.txt")
        assert {hit.source for hit in a.search("a castle")} == {"mine.txt"}
        assert a.library.count() == 1


def test_a_load_killed_while_embedding_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_: Indexing) -> None:
        raise KeyboardInterrupt

    with Assistant.open(tmp_path) as a, monkeypatch.context() as patched:
        patched.setattr(Indexing, "embed", killed)
        with pytest.raises(KeyboardInterrupt):
            a.search("a castle")
        assert a.library.waiting() > 0
    with Assistant.open(tmp_path) as a:
        a.search("a castle")
        assert a.library.waiting() == 0


def test_a_source_that_only_bears_the_name_is_the_user_s_own(tmp_path: Path) -> None:
    (tmp_path / "starter").write_text("a lighthouse in fog, charcoal drawing\n")
    with Assistant.open(tmp_path / "home") as a:
        a.add(tmp_path / "starter", kind="text", embed=False)
        a.search("a lighthouse")
        assert a.library.waiting() > 0, "it is embedded when the user says so"
