import csv
import json
import random
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from bozzetto import profiles
from bozzetto.optimize.brief import make_brief
from bozzetto.optimize.compose import compose
from bozzetto.optimize.rich import already_rich
from bozzetto.optimize.stats import LibraryStats
from bozzetto.text.tokens import clip_tokens


def rich(idea: str) -> bool:
    return already_rich(make_brief(idea, language="en", profile=profiles.load("sdxl")))


@pytest.mark.parametrize(
    "idea",
    [
        "portrait of an old fisherman on a pier, oil painting, dramatic rim light, muted palette, "
        "highly detailed, sharp focus, artstation, by greg rutkowski",
        "A lone lighthouse stands on a jagged cliff while a violent storm rolls in from the dark "
        "sea, painted in thick impasto oil strokes with a muted palette of slate and ochre, lit "
        "by a single warm beam that cuts through heavy rain, seen from a low angle with a wide "
        "lens, the mood tense and melancholic, in the romantic style of the nineteenth century",
    ],
)
def test_an_idea_that_says_how_it_looks_is_rich(idea: str) -> None:
    assert rich(idea)


@pytest.mark.parametrize(
    "idea",
    [
        "a dog",
        "a cat, oil painting, 8k, artstation, volumetric light",
        "In this image we can see a man and a woman who sit at a round table with four plates, "
        "three glasses and a bottle of wine, behind them there is a window with green curtains, "
        "on the wall there are pictures and a clock, a boy stands near the door with a red bag",
    ],
)
def test_a_plain_one_is_not(idea: str) -> None:
    assert not rich(idea)


def test_one_candidate_of_a_rich_idea_is_the_idea() -> None:
    idea = "a fox, oil painting, rim light, muted palette, highly detailed, sharp focus, low angle"
    idea += " shot, mist, calm mood, by greg rutkowski"
    brief = make_brief(idea, language="en", profile=profiles.load("flux"))
    found = compose(brief, [], LibraryStats(), n=1, seed=0)
    assert [one.prompt for one in found] == [idea]
    assert found[0].warnings == ("the idea is rich already: it is left as it is",)


def test_no_plain_idea_of_the_test_sets_is_rich(require: Callable[[str], Path]) -> None:
    intent_folder = require("data") / "intent"
    draw = (intent_folder / "drawbench.txt").read_text(encoding="utf-8").splitlines()
    lines = (intent_folder / "geneval_metadata.jsonl").read_text(encoding="utf-8").splitlines()
    plain = [*(text for text in draw if text.strip()), *(json.loads(x)["prompt"] for x in lines)]
    with (intent_folder / "dsg_1k_atoms.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    # These two parts of DSG are real prompts with all their modifiers; these of "drawtext" too.
    real = ("diffusiondb", "midjourney", "drawtext")
    plain += {row["text"] for row in rows if not row["item_id"].startswith(real)}
    assert [idea for idea in plain if rich(idea)] == []


def test_most_long_real_prompts_are_rich(require: Callable[[str], Path]) -> None:
    table = pq.read_table(require("data") / "diffusiondb_10k.parquet", columns=["prompt"])
    texts = random.Random(0).sample(table.column("prompt").to_pylist(), 1000)
    long = [text for text in texts if 50 < clip_tokens(text) < 76]
    assert sum(map(rich, long)) / len(long) > 0.75
