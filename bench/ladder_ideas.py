"""The ideas that the ladder is climbed with: DSG, DrawBench, GenEval, PartiPrompts, languages.

A topic is an idea as it is typed, in whatever language, with its English wording, which
everything is measured against, and what the set knows of it: DSG's atoms by kind, GenEval's
things with their colours and counts, the rewrite that DALL-E 3 made of DrawBench's.
"""

from __future__ import annotations

import csv
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bozzetto.text.normalise import normalise

__all__ = ["ENGLISH", "LANGUAGES", "SETS", "Thing", "Topic", "topics"]

IDEAS = Path(__file__).parent / "data" / "ideas.jsonl"
LANGUAGES = ("it", "de", "fr", "es", "pt", "ja", "zh", "ko")
KINDS = ("entity", "attribute", "relation")
ENGLISH = ("DSG", "DrawBench", "GenEval", "PartiPrompts")
SETS = (*ENGLISH, "languages")


@dataclass(frozen=True, slots=True)
class Thing:
    """What GenEval looks for in a picture. `colour` is None where any will do."""

    name: str
    count: int
    colour: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Topic:
    """An idea and what is known of it, equal to itself alone. `atoms` are word groups by kind."""

    set: str
    said: str
    english: str
    language: str = "en"
    atoms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    things: tuple[Thing, ...] = ()
    rewrite: str | None = None


def topics(folder: Path, most: int, sets: Sequence[str] = SETS) -> list[Topic]:
    """At most so many ideas of each set, the same ones in every run."""
    readers = {
        "DSG": _dsg,
        "DrawBench": _drawbench,
        "GenEval": _geneval,
        "PartiPrompts": _parti,
        "languages": _languages,
    }
    found = []
    for name in sets:
        every = list(readers[name](folder))
        found += random.Random(0).sample(every, min(most, len(every)))
    return found


def _dsg(folder: Path) -> Iterator[Topic]:
    atoms: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    with (folder / "dsg_1k_atoms.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            kinds = atoms[row["text"]]
            if row["category_broad"] in KINDS:
                inside = row["tuple"].partition("(")[2].rstrip(") ")
                kinds[row["category_broad"]].append(inside)
    for text, kinds in atoms.items():
        by_kind = {kind: tuple(dict.fromkeys(some)) for kind, some in kinds.items()}
        yield Topic("DSG", text, text, atoms=by_kind)


def _drawbench(folder: Path) -> Iterator[Topic]:
    """Each line of the rewrites is the idea, two full stops and the rewrite, or that alone."""
    ideas = (folder / "drawbench.txt").read_text(encoding="utf-8").splitlines()
    lines = (folder / "drawbench_upsampled.txt").read_text(encoding="utf-8").splitlines()
    for idea, line in zip(ideas, lines, strict=True):
        alone = line.partition(".. ")[2] or line
        yield Topic("DrawBench", idea, idea, rewrite=normalise(alone))


def _geneval(folder: Path) -> Iterator[Topic]:
    for line in (folder / "geneval_metadata.jsonl").read_text(encoding="utf-8").splitlines():
        row: dict[str, Any] = json.loads(line)
        things = tuple(
            Thing(one["class"], one["count"], one.get("color")) for one in row["include"]
        )
        yield Topic("GenEval", row["prompt"], row["prompt"], things=things)


def _parti(folder: Path) -> Iterator[Topic]:
    with (folder / "parti_prompts.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield Topic("PartiPrompts", row["Prompt"], row["Prompt"])


def _languages(_: Path) -> Iterator[Topic]:
    """The ideas written natively in eight languages, a language each in turn."""
    lines = IDEAS.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        row: dict[str, str] = json.loads(line)
        language = LANGUAGES[number % len(LANGUAGES)]
        yield Topic("languages", row[language], row["en"], language)
