"""What the reviewers of a picture say together, and the order in which each one sees pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from bozzetto.types import Verdict

__all__ = ["Standing", "blind_order", "latest", "standings"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a picture stands.

    `keep` is what most of those who decided say, None for a draw and where nobody has.
    `rating` is the mean of those who rated it, 1-5. `verdicts` are in the order of reviewers.
    """

    image: str
    keep: bool | None = None
    kept: int = 0
    rejected: int = 0
    rating: float | None = None
    verdicts: tuple[Verdict, ...] = ()


def latest(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """The last verdict of each reviewer on each picture, by picture and reviewer.

    The later of two in the iterable counts.
    """
    found = {(verdict.image, verdict.reviewer): verdict for verdict in verdicts}
    return tuple(found[key] for key in sorted(found))


def standings(images: Iterable[str], verdicts: Iterable[Verdict]) -> dict[str, Standing]:
    """Where each of these pictures stands, in their order; verdicts on others are left out."""
    found: dict[str, list[Verdict]] = {image: [] for image in images}
    for verdict in latest(verdicts):
        if verdict.image in found:
            found[verdict.image].append(verdict)
    return {image: _standing(image, said) for image, said in found.items()}


def _standing(image: str, said: Sequence[Verdict]) -> Standing:
    kept = sum(verdict.keep is True for verdict in said)
    rejected = sum(verdict.keep is False for verdict in said)
    ratings = [verdict.rating for verdict in said if verdict.rating is not None]
    return Standing(
        image=image,
        keep=None if kept == rejected else kept > rejected,
        kept=kept,
        rejected=rejected,
        rating=sum(ratings) / len(ratings) if ratings else None,
        verdicts=tuple(said),
    )


def blind_order(images: Iterable[str], *, reviewer: str, campaign: str) -> tuple[str, ...]:
    """Pictures in an order of the reviewer's own that tells nothing of where they came from.

    The same reviewer sees the same order again; a picture that comes later changes nothing in
    the order of the others.
    """

    def key(image: str) -> tuple[bytes, str]:
        words = "\0".join((str(len(campaign)), campaign, str(len(reviewer)), reviewer, image))
        return sha256(words.encode("utf-8", "surrogatepass")).digest(), image

    return tuple(sorted(images, key=key))
