"""A campaign that begins with pictures: its brief is what they were asked for with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bozzetto.errors import InputError
from bozzetto.review.brief import LONGEST_NAME, MOST_IDEAS, brief_from, brief_json
from bozzetto.text.normalise import plain
from bozzetto.types import Brief, ImageTask

__all__ = ["as_idea", "as_kept", "brief_for", "campaign_name"]

LONGEST_IDEA = 2_000
MOST_CANDIDATES, MOST_SEEDS = 32, 64
LARGEST_SEED = 2**32 - 64


def campaign_name(text: str) -> str:
    """A campaign's name: one line that is not blank.

    Raises:
        InputError: it is blank or too long.
    """
    name = " ".join(plain(text).split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InputError(f"name: {text[:40]!r} is no name", hint=f"1 to {LONGEST_NAME} characters")
    return name


def as_idea(text: str) -> str:
    """A text as a brief may have it for an idea."""
    return plain(text).strip()[:LONGEST_IDEA].rstrip()


def brief_for(name: str, tasks: Sequence[ImageTask]) -> Brief:
    """The brief of a campaign that these pictures begin, as if it had asked for them."""
    first = tasks[0].request
    said = [task.lineage.idea or task.request.prompt for task in tasks]
    ideas = dict.fromkeys(map(as_idea, said))
    candidates = {task.lineage.candidate for task in tasks} - {None}
    seeds = {task.request.seed for task in tasks}
    sizes = [f"{task.request.width}x{task.request.height}" for task in tasks]
    table: dict[str, object] = {
        "ideas": list(ideas)[:MOST_IDEAS],
        "profile": first.profile,
        "images": first.images,
        "sizes": list(dict.fromkeys(sizes))[:1],
        "steps": first.steps,
        "guidance": first.guidance,
        "sampler": first.sampler,
        "model": first.model,
        "n": min(max(1, len(candidates)), MOST_CANDIDATES),
        "seeds": min(len(seeds), MOST_SEEDS),
        "seed": min(*seeds, LARGEST_SEED),
        "compare": any(task.lineage.kind in ("idea", "hit") for task in tasks),
    }
    return brief_from(table, name=name)


def as_kept(brief: Brief) -> dict[str, Any]:
    """A brief as the store has it, and gives it back."""
    kept: dict[str, Any] = json.loads(json.dumps(brief_json(brief)))
    return kept
