"""What a search is asked beside an idea: filters, prompts to be like or unlike, counts, reasons.

Filters are judged by labels that are given to real prompts by rule (by their hash), before
they are imported; they say nothing of quality.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

import bozzetto
from bench.measure import Gate
from bozzetto.plugins import load
from bozzetto.text.normalise import prompt_id
from bozzetto.types import Filters, Hit

__all__ = ["filter_gates", "likeness_gates"]

K = 10
ASKED = 40
LABELLED = 1_500
NSFW = 0.5
"""Scores above which a prompt is hidden where no filter says otherwise."""
IDEAS = Path(__file__).parent / "data" / "ideas.jsonl"
USES = ("product", "food", "film", "fashion", "games")
FAMILIES = ("sd15", "sdxl", "flux")
TAGS = ("day", "night", "red", "blue")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A real prompt with labels by rule."""

    prompt: str
    use: str
    model_family: str
    tags: tuple[str, ...]
    rating: int | None
    nsfw: float | None
    image: str | None


Judge = Callable[[Labelled], bool]

FILTERS: tuple[tuple[Filters, Judge], ...] = (
    (Filters(), lambda row: (row.nsfw or 0) <= NSFW),
    (Filters(max_nsfw=1.0), lambda _: True),
    (Filters(max_nsfw=0.05), lambda row: (row.nsfw or 0) <= 0.05),
    (Filters(use=("food",), max_nsfw=1.0), lambda row: row.use == "food"),
    (Filters(use=("film", "games"), max_nsfw=1.0), lambda row: row.use in ("film", "games")),
    (Filters(model_family=("flux",), max_nsfw=1.0), lambda row: row.model_family == "flux"),
    (Filters(tag=("night",), max_nsfw=1.0), lambda row: "night" in row.tags),
    (Filters(min_rating=4, max_nsfw=1.0), lambda row: (row.rating or 0) >= 4),
    (Filters(has_image=True, max_nsfw=1.0), lambda row: row.image is not None),
    (Filters(has_image=False, max_nsfw=1.0), lambda row: row.image is None),
    (Filters(use=("food",), model_family=("sdxl",), tag=("red",), min_rating=2),
     lambda row: (row.use, row.model_family) == ("food", "sdxl") and "red" in row.tags
     and (row.rating or 0) >= 2 and (row.nsfw or 0) <= NSFW),
    (Filters(source=("elsewhere",)), lambda _: False),
    (Filters(since="2100-01-01"), lambda _: False),
)  # fmt: skip
"""Filters, and which of the labelled prompts each allows."""


def ideas() -> list[str]:
    """English ideas that people wrote, the first of them."""
    lines = IDEAS.read_text(encoding="utf-8").splitlines()[:ASKED]
    return [json.loads(line)["en"] for line in lines]


def labelled(library: Path) -> dict[str, Labelled]:
    """Some prompts by their id, each with the labels that its hash gives it."""
    prompts = pq.read_table(library, columns=["prompt"])["prompt"].to_pylist()
    distinct = {prompt_id(text): text for text in prompts if text and text.strip()}
    return {key: _label(distinct[key]) for key in sorted(distinct)[:LABELLED]}


def _label(prompt: str) -> Labelled:
    lots = sha256(prompt.encode()).digest()
    return Labelled(
        prompt,
        use=USES[lots[0] % len(USES)],
        model_family=FAMILIES[lots[1] % len(FAMILIES)],
        tags=tuple(tag for bit, tag in enumerate(TAGS) if lots[2] >> bit & 1),
        rating=lots[3] % 6 or None,
        nsfw=None if lots[4] % 3 == 0 else lots[5] / 255,
        image=f"{lots.hex()[:8]}.png" if lots[6] % 2 else None,
    )


def filter_gates(home: Path, library: Path) -> list[Gate]:
    """Each filter over real prompts with labels by rule, in a home that holds nothing."""
    rows = labelled(library)
    table = home.with_name("labelled.jsonl")
    table.write_text("".join(json.dumps(asdict(row)) + "\n" for row in rows.values()), "utf-8")
    wrong = short = 0
    with bozzetto.Assistant.open(home) as a:
        a.add(table)
        for filters, judge in FILTERS:
            allowed = {identity for identity, row in rows.items() if judge(row)}
            for idea in ideas():
                hits = a.search(idea, K, filters=filters).hits
                wrong += sum(hit.id not in allowed for hit in hits)
                short += len(hits) < min(K, len(allowed))
    title = f"{len(FILTERS)} filters, {ASKED} ideas each:"
    return [
        Gate(f"{title} hits not allowed", wrong, 0, 0, "", False),
        Gate(f"{title} lists too short", short, 0, 0, "", False),
    ]


def likeness_gates(home: Path, seed: int = 0) -> list[Gate]:
    """More and less like prompts of the library, what is counted, and what explains a hit."""
    embedder = load("embedders", "minilm")()

    def near(hits: tuple[Hit, ...], other: Hit) -> float:
        vectors = embedder.embed([hit.core or hit.prompt for hit in (*hits, other)])
        return float(np.mean(vectors[:-1] @ vectors[-1]))

    own = 0
    more, less, counted, told = [], [], [], []
    with bozzetto.Assistant.open(home) as a:
        for idea in random.Random(seed).sample(ideas(), ASKED):
            plain = a.search(idea, K, explain=True)
            first, facets = plain.hits[0], plain.facets
            told += [bool(hit.why) for hit in plain.hits]
            counted.append(facets is not None and sum(facets.source.values()) == facets.of)
            like = a.search(idea, K, like=[first.id]).hits
            unlike = a.search(idea, K, unlike=[first.id]).hits
            own += sum(first.id == hit.id for hit in (*like, *unlike))
            more.append(near(like, first) > near(plain.hits[1:], first))
            less.append(near(unlike, first) < near(plain.hits[1:], first))
    return list(_likeness(own, *map(_share, (more, less, counted, told))))


def _share(held: list[bool]) -> float:
    return float(np.mean(held))


def _likeness(own: int, more: float, less: float, counted: float, told: float) -> Iterator[Gate]:
    yield Gate("the prompt to be like or unlike among the hits", own, 0, 0, "", False)
    yield Gate("like a prompt: lists nearer to it than the idea's own", more, 0.9, 1)
    yield Gate("unlike a prompt: lists further from it", less, 0.9, 1)
    yield Gate("lists whose hits are counted whole, by source", counted, 1, 1)
    yield Gate("hits that say which way they were found", told, 1, 1)
