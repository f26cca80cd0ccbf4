"""The loop closed: what reviewers keep goes into the library, and can be taken back."""

from __future__ import annotations

from collections.abc import Sequence

from bozzetto.app.clock import now
from bozzetto.library.keeping import KeepItem, judged
from bozzetto.store.store import Store
from bozzetto.types import KeepReport

__all__ = ["KeepItem", "keep", "take_back"]


def keep(store: Store, campaign: str, items: Sequence[KeepItem], *, actor: str) -> KeepReport:
    """Bring what a campaign keeps into the library, as the source "campaign NAME".

    Prompts that are there already get the rating and the picture; rejected ones only where they
    are there. `items` are all that the campaign says: what it said before and does not say any
    more is taken back; said again, it changes nothing. What is new is embedded by
    `Assistant.embed`.

    Raises:
        InputError: a rating is not 1-5, or a prompt cannot be kept; nothing is, then.
    """
    return store.kept.keep(campaign, judged(items), actor=actor, now=now())


def take_back(
    store: Store,
    campaign: str | None = None,
    *,
    images: Sequence[str] | None = None,
    actor: str,
) -> int:
    """Undo what a campaign brought, or the verdicts on some pictures; the prompts concerned.

    Prompts that came from there alone go, ratings and pictures are what they were before.
    """
    return store.kept.take_back(campaign=campaign, images=images, actor=actor, now=now())
