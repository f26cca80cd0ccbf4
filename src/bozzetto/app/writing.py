"""From an order and its hits to candidates: compose, or a chat model with compose behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import Any

from bozzetto.app.bridge import run
from bozzetto.app.parts import open_chat
from bozzetto.optimize.brief import Brief, make_brief
from bozzetto.optimize.compose import compose
from bozzetto.optimize.stats import LibraryStats
from bozzetto.optimize.template import Template, fill
from bozzetto.optimize.translate import PhraseBook
from bozzetto.optimize.write import Written
from bozzetto.optimize.write import write as write_by_chat
from bozzetto.profiles import Profile
from bozzetto.types import Candidate, Hit, OptimizeResult, Strength, Wishes

__all__ = ["Order", "check_chat", "write"]

COMPOSE = "compose"

WHOLE_ANSWER = 300.0
"""Seconds one whole answer may take; the setting `timeout` bounds its silences."""


@dataclass(frozen=True, slots=True)
class Order:
    """All that decides what is written, beside the library."""

    idea: str
    n: int
    seed: int
    pick: tuple[str, ...]
    prefer: tuple[str, ...]
    profile: Profile
    chat: str
    timeout: float
    wishes: Wishes = field(default_factory=Wishes)
    strength: Strength = "enrich"
    template: Template | None = None
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """What the library is searched for: the idea, or what fills a template without one.

        Raises:
            InputError: a slot of the template is wrong, or nothing fills it.
        """
        if self.template is None:
            return self.idea
        pieces = fill(self.template, self.idea, self.values)
        given = ", ".join(text for text, _, by_user in pieces if by_user)
        return self.idea if self.idea.strip() else given or "".join(text for text, *_ in pieces)

    def settings(self) -> dict[str, Any]:
        """What is kept beside the candidates, as JSON values; wishes that were made alone."""
        wishes = {name: value for name, value in asdict(self.wishes).items() if value}
        kept: dict[str, Any] = {
            "profile": self.profile.name,
            "chat": self.chat,
            "seed": self.seed,
            "pick": list(self.pick),
            "prefer": list(self.prefer),
            "strength": self.strength,
            "wishes": wishes,
        }
        if self.template:
            kept |= {"template": asdict(self.template), "values": dict(self.values)}
        return kept


def check_chat(name: str, *, timeout: float) -> None:
    """Make sure that a chat model can be set up; nothing is sent.

    Raises:
        SetupError: its key, its model's name or its scheme is missing or wrong.
    """
    if name != COMPOSE:
        run(open_chat(name, timeout=timeout).aclose())


def write(
    order: Order,
    *,
    language: str,
    hits: Sequence[Hit],
    wide: Sequence[Hit],
    library: LibraryStats,
    book: PhraseBook,
) -> OptimizeResult:
    """Write the candidates; `hits` are shown with them, `wide` is what they draw on.

    Raises:
        InputError: the idea has nothing to see in it.
        SetupError: the chat model lacks its key or its model.
    """
    brief = make_brief(
        order.idea,
        language=language,
        profile=order.profile,
        prefer=order.prefer,
        pick=order.pick,
        book=book,
        wishes=order.wishes,
        strength=order.strength,
        template=order.template,
        values=order.values,
    )
    if order.chat == COMPOSE:
        written, degraded = tuple(compose(brief, wide, library, n=order.n, seed=order.seed)), None
    else:
        written, degraded = _by_chat(order, brief, wide, library)
    written = tuple(_sized(one, brief.size) for one in written)
    idea = order.idea if order.idea.strip() else order.words
    return OptimizeResult(
        idea=idea,
        language=language,
        hits=_cited(hits, wide, written),
        candidates=written,
        degraded=degraded,
    )


def _sized(candidate: Candidate, size: str | None) -> Candidate:
    """The candidate with its size: another picture than the same prompt in another shape."""
    if candidate.size == size:
        return candidate
    identity = sha256(f"{candidate.id}\0{size}".encode()).hexdigest()[:16]
    return replace(candidate, id=identity, size=size)


def _cited(
    hits: Sequence[Hit], wide: Sequence[Hit], candidates: Sequence[Candidate]
) -> tuple[Hit, ...]:
    """The hits shown, and behind them those that some phrase came from."""
    named = {phrase.source for one in candidates for phrase in one.phrases}
    shown = {hit.id for hit in hits}
    return (*hits, *(hit for hit in wide if hit.id in named and hit.id not in shown))


def _by_chat(
    order: Order, brief: Brief, hits: Sequence[Hit], library: LibraryStats
) -> tuple[tuple[Candidate, ...], str | None]:
    """The chat model's candidates, and why `compose` stood in where its back end failed."""
    model = open_chat(order.chat, timeout=order.timeout)

    async def work() -> Written:
        try:
            return await write_by_chat(
                brief, hits, library, model, n=order.n, seed=order.seed, timeout=WHOLE_ANSWER
            )
        finally:
            await model.aclose()

    written = run(work())
    return written.candidates, written.degraded
