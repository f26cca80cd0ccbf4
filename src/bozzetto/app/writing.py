"""From an order and its hits to candidates: compose, or a chat model with compose behind it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from bozzetto.app.bridge import run
from bozzetto.app.orders import COMPOSE, Order
from bozzetto.app.parts import open_chat
from bozzetto.optimize.brief import Brief, make_brief
from bozzetto.optimize.checks import checked
from bozzetto.optimize.compose import compose
from bozzetto.optimize.doubt import Similar
from bozzetto.optimize.drafting import Desk
from bozzetto.optimize.rework import again, one_wish, refine
from bozzetto.optimize.session import Session
from bozzetto.optimize.stats import LibraryStats
from bozzetto.optimize.steering import Revision, Steer
from bozzetto.optimize.translate import PhraseBook
from bozzetto.optimize.write import Written, write_steered
from bozzetto.optimize.write import write as write_by_chat
from bozzetto.ports import ChatModel
from bozzetto.types import Candidate, Hit, OptimizeResult, Wishes, WriteDone, WriteEvent

__all__ = ["Material", "Rework", "brief_of", "check_chat", "sized", "write"]

WHOLE_ANSWER = 300.0
"""Seconds one whole answer may take; the setting `timeout` bounds its silences."""

Sessions = Callable[[str], AbstractContextManager[Session]]
Keep = Callable[[OptimizeResult], OptimizeResult]


@dataclass(frozen=True, slots=True)
class Material:
    """What is written from: `hits` are shown with the candidates, `wide` they draw on.

    `similar` compares an idea with its translation.
    """

    language: str
    hits: Sequence[Hit]
    wide: Sequence[Hit]
    library: LibraryStats
    book: PhraseBook
    similar: Similar


@dataclass(frozen=True, slots=True)
class Rework:
    """A kept candidate to write again, or to change by a wish; `hits` its writer was shown."""

    parent: Candidate
    seed: int
    hits: tuple[Hit, ...] = ()
    wish: str | None = None


def check_chat(name: str, *, timeout: float, home: Path) -> None:
    """Make sure that a chat model can be set up; nothing is sent.

    Raises:
        SetupError: its key, its model's name or its scheme is missing or wrong.
    """
    if name != COMPOSE:
        run(open_chat(name, timeout=timeout, home=home).aclose())


def write(
    order: Order,
    material: Material,
    *,
    sessions: Sessions,
    hear: Callable[[WriteEvent], None],
    keep: Keep,
    rework: Rework | None = None,
) -> OptimizeResult:
    """Write the candidates, or one in the place of another, and `keep` them.

    `sessions` gives what surrounds the calls to a chat model, by its name. Interrupted, what
    is finished is kept before the interrupt goes on.

    Raises:
        InputError: the idea has nothing to see in it.
        SetupError: the chat model lacks its key or its model.
    """
    task = _Task(order, material, rework)
    if order.chat == COMPOSE:
        candidates = task.composed()
        for number, one in enumerate(candidates):
            hear(WriteDone(number, one))
        return keep(task.result(Written(tuple(candidates))))
    return task.by_chat(sessions, hear, keep)


def brief_of(order: Order, material: Material) -> Brief:
    """What an order asks for, read with what there is to write from.

    Raises:
        InputError: the idea has nothing to see in it, a wish or a slot is wrong.
    """
    return make_brief(
        order.idea,
        language=material.language,
        profile=order.profile,
        prefer=order.prefer,
        pick=order.pick,
        book=material.book,
        wishes=order.wishes,
        strength=order.strength,
        template=order.template,
        values=order.values,
    )


@dataclass(slots=True)
class _Task:
    """One writing: from a brief, maybe in the place of an earlier candidate."""

    order: Order
    material: Material
    rework: Rework | None
    brief: Brief = field(init=False)
    wish: Brief = field(init=False)

    def __post_init__(self) -> None:
        order, rework = self.order, self.rework
        self.brief = self.wish = brief_of(order, self.material)
        if rework and rework.wish:
            # The order has the wish as its last; what it changes is told apart from the others.
            earlier = replace(order, prefer=order.prefer[:-1])
            alone = replace(order, prefer=(rework.wish,), wishes=Wishes())
            self.wish = brief_of(alone, self.material)
            self.brief = one_wish(brief_of(earlier, self.material), self.wish)

    def composed(self) -> Sequence[Candidate]:
        """The candidates without a chat model."""
        order, material, rework = self.order, self.material, self.rework
        wide, library = material.wide, material.library
        if rework is None:
            return [
                sized(replace(one, seed=order.seed), self.brief.size)
                for one in compose(self.brief, wide, library, n=order.n, seed=order.seed)
            ]
        if rework.wish is None:
            one = again(rework.parent, self.brief, wide, library, seed=rework.seed)
        else:
            one = refine(rework.parent, self.brief, self.wish, wide)
        return [sized(replace(one, seed=rework.seed), self.brief.size)]

    def by_chat(
        self, sessions: Sessions, hear: Callable[[WriteEvent], None], keep: Keep
    ) -> OptimizeResult:
        """The chat model's candidates; where its back end failed, those of `compose`."""
        model = open_chat(self.order.chat, timeout=self.order.timeout, home=self.order.home)
        done: dict[int, Candidate] = {}

        def note(event: WriteEvent) -> None:
            if isinstance(event, WriteDone):
                event = replace(event, candidate=sized(event.candidate, self.brief.size))
                done[event.index] = event.candidate
            hear(event)

        with sessions(model.features.name) as session:
            try:
                written = run(self._working(model, replace(session, hear=note)))
            except KeyboardInterrupt:
                if done:
                    keep(self.result(Written(tuple(done[number] for number in sorted(done)))))
                raise
        found = tuple(sized(one, self.brief.size) for one in written.candidates)
        return keep(self.result(replace(written, candidates=found)))

    async def _working(self, model: ChatModel, session: Session) -> Written:
        try:
            return await self._writing(model, session)
        finally:
            await model.aclose()

    def _writing(self, model: ChatModel, session: Session) -> Coroutine[None, None, Written]:
        order, rework, wide = self.order, self.rework, self.material.wide
        if rework is None:
            return write_by_chat(
                self.brief,
                wide,
                self.material.library,
                model,
                n=order.n,
                seed=order.seed,
                timeout=WHOLE_ANSWER,
                session=session,
            )
        revision = Revision(rework.parent, rework.wish)
        hits = rework.hits or tuple(wide[:4])
        steer = Steer(hits, rework.seed, rework.seed + 1, rework.parent.look, revision)
        desk = Desk(self.brief, wide, self.material.library, model, WHOLE_ANSWER, session)
        return write_steered(desk, [steer], self.composed)

    def result(self, written: Written) -> OptimizeResult:
        """The answer to the order."""
        material = self.material
        idea = self.order.idea if self.order.idea.strip() else self.order.words
        candidates = checked(
            written.candidates,
            self.brief,
            material.wide,
            material.library,
            similar=material.similar,
        )
        return OptimizeResult(
            idea=idea,
            language=material.language,
            hits=_cited(material.hits, material.wide, written.candidates),
            candidates=tuple(candidates),
            degraded=written.degraded,
            notes=written.notes,
            usage=written.usage,
        )


def sized(candidate: Candidate, size: str | None) -> Candidate:
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
