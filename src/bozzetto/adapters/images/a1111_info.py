"""What a web UI says of a picture it made: the `info` of its answer, itself JSON in a string."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bozzetto.adapters.endpoint import read_json
from bozzetto.types import Effective, ImageRequest

__all__ = ["Info", "read_info"]

LONGEST = 100_000
"""Characters of a text that are kept."""

_FILTER_SAYS = ("nsfw_content_detected", "has_nsfw_concept", "has_nsfw_concepts", "nsfw")
"""Where safety checkers of web UIs leave their word; the web UI has none of its own."""

_ASKED = {
    "seed": "seed",
    "steps": "number of steps",
    "guidance": "guidance",
    "width": "width",
    "height": "height",
}


@dataclass(frozen=True, slots=True)
class Info:
    """What the server says, as found: nothing in it need be there or of its kind."""

    found: Mapping[str, Any]

    @property
    def first(self) -> int:
        """Where the pictures begin: a grid of them may come before."""
        number = self.found.get("index_of_first_image")
        return number if type(number) is int and number >= 0 else 0

    @property
    def filtered(self) -> bool:
        """Whether a safety checker blanked the picture."""
        return any(_holds(self.found.get(name)) for name in _FILTER_SAYS)

    def effective(self, request: ImageRequest) -> Effective:
        """What made the picture; where the server is silent, what it was sent."""
        seeds = (_whole(_one(self.found.get(name))) for name in ("all_seeds", "seed"))
        seed = next((one for one in seeds if one is not None), request.seed)
        made = Effective(
            prompt=self._text("all_prompts", "prompt") or request.prompt,
            negative=self._text("all_negative_prompts", "negative_prompt") or request.negative,
            seed=seed,
            steps=_whole(self.found.get("steps")) or request.steps,
            guidance=_number(self.found.get("cfg_scale"), request.guidance),
            sampler=self._sampler() or request.sampler,
            width=_whole(self.found.get("width")) or request.width,
            height=_whole(self.found.get("height")) or request.height,
            model=self._text("sd_model_name") or request.model,
        )
        return _with_notes(request, made)

    def _text(self, *names: str) -> str | None:
        for name in names:
            text = _one(self.found.get(name))
            if isinstance(text, str) and text:
                return text[:LONGEST]
        return None

    def _sampler(self) -> str | None:
        """The sampler with its schedule, in one name: both the API and old pictures take that."""
        name, extra = self._text("sampler_name"), self.found.get("extra_generation_params")
        schedule = extra.get("Schedule type") if isinstance(extra, dict) else None
        if not name or not isinstance(schedule, str) or schedule in ("", "Automatic"):
            return name
        return name if name.endswith(schedule) else f"{name} {schedule}"[:LONGEST]


def read_info(text: object) -> Info:
    """What the server says; nothing where it is not readable."""
    try:
        found = read_json(text) if isinstance(text, str) else text
    except ValueError:
        found = None
    return Info(found if isinstance(found, dict) else {})


def _with_notes(request: ImageRequest, made: Effective) -> Effective:
    pairs = ((word, getattr(request, at), getattr(made, at)) for at, word in _ASKED.items())
    notes = tuple(
        f"{word} {asked:g} was asked for, {had:g} was used"
        if isinstance(asked, float)
        else f"{word} {asked} was asked for, {had} was used"
        for word, asked, had in pairs
        if asked is not None and had is not None and asked != had
    )
    return replace(made, notes=notes)


def _one(found: object) -> object:
    """The first of a list, or the thing itself."""
    return (found[0] if found else None) if isinstance(found, list) else found


def _holds(found: object) -> bool:
    return any(one is True for one in found) if isinstance(found, list) else found is True


def _whole(found: object) -> int | None:
    return found if type(found) is int and 0 <= found < 2**63 else None


def _number(found: object, otherwise: float | None) -> float | None:
    if not isinstance(found, int | float) or isinstance(found, bool) or not math.isfinite(found):
        return otherwise
    return float(found)
