"""What reviewers keep, as the library takes it in: one entry a prompt and picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bozzetto.errors import InputError
from bozzetto.library.reading import work_out
from bozzetto.store.entries import Entry, storable
from bozzetto.store.kept import Judged
from bozzetto.types import Parameters, SourcePrompt

__all__ = ["GOOD", "POOR", "KeepItem", "judged"]

GOOD = 4
"""What a prompt that is kept without stars counts as."""

POOR = 1
"""What one that is rejected without stars counts as."""


@dataclass(frozen=True, slots=True)
class KeepItem:
    """A prompt as a reviewer judged it by a picture.

    `keep` brings it into the library; else it is rated where it is there already. `rating` is
    1-5, None without stars; `picture` the path of the image file, `image` its id, `hits` ids of
    the prompts it was written from.
    """

    prompt: str
    keep: bool = True
    rating: int | None = None
    negative: str | None = None
    picture: str | None = None
    image: str | None = None
    parameters: Parameters | None = None
    model_family: str | None = None
    use: str | None = None
    tags: tuple[str, ...] = ()
    idea: str | None = None
    candidate: str | None = None
    hits: tuple[str, ...] = ()
    made_at: str | None = None


def judged(items: Sequence[KeepItem]) -> list[Judged]:
    """Items as entries, ids derived from the text as an import does it.

    Verdicts of several reviewers on one picture are one entry, rated with their mean, of those
    who keep it where anybody does.

    Raises:
        InputError: a rating is not 1-5, or a prompt has no word or is too long.
    """
    for item in items:
        if item.rating is not None and not 1 <= item.rating <= 5:
            raise InputError(f"rating: {item.rating} is not between 1 and 5")
    texts = list(dict.fromkeys(item.prompt for item in items))
    entries = dict(zip(texts, work_out(texts), strict=True))
    groups: dict[tuple[int, str], list[tuple[Entry, KeepItem]]] = {}
    for item in items:
        number, text, core = entries[item.prompt]
        if number is None:
            raise InputError(f"{storable(item.prompt[:60])!r} cannot be kept: {text}")
        entry = Entry(number, text, core, _row(item))
        groups.setdefault((number, item.image or ""), []).append((entry, item))
    return [_one(some) for some in groups.values()]


def _one(verdicts: Sequence[tuple[Entry, KeepItem]]) -> Judged:
    keeps = [one for one in verdicts if one[1].keep] or verdicts
    entry, first = keeps[0]
    return Judged(
        entry=entry,
        keep=first.keep,
        rating=_mean(item for _, item in keeps),
        image=first.image or "",
        candidate=first.candidate,
        idea=_text(first.idea),
        hits=first.hits,
    )


def _mean(items: Iterable[KeepItem]) -> float:
    stars = [item.rating or (GOOD if item.keep else POOR) for item in items]
    return sum(stars) / len(stars)


def _row(item: KeepItem) -> SourcePrompt:
    return SourcePrompt(
        text=item.prompt,
        place=item.image or "",
        negative=_text(item.negative),
        parameters=item.parameters,
        image=_text(item.picture),
        tags=tuple(dict.fromkeys(storable(tag).casefold() for tag in item.tags)),
        use=_text(item.use),
        model_family=_text(item.model_family),
        made_at=item.made_at,
    )


def _text(text: str | None) -> str | None:
    return storable(text) if text else None
