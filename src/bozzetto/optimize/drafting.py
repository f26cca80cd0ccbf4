"""One candidate by a chat model: asked for, judged, asked for again, or stood in for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from bozzetto.optimize.brief import Brief
from bozzetto.optimize.check import intent, nearest
from bozzetto.optimize.compose import candidate_id
from bozzetto.optimize.cost import total
from bozzetto.optimize.judge import judge, same
from bozzetto.optimize.limits import counts
from bozzetto.optimize.mend import Accepted, negatives
from bozzetto.optimize.messages import chat_request
from bozzetto.optimize.negative import negative_prompt
from bozzetto.optimize.parse import Refusal, parse
from bozzetto.optimize.reply import Reply
from bozzetto.optimize.session import Session, request_key
from bozzetto.optimize.stats import LibraryStats
from bozzetto.optimize.steering import Revision, Steer
from bozzetto.optimize.trace import trace
from bozzetto.ports import ChatModel
from bozzetto.store.answers import KeptAnswer
from bozzetto.text.words import words
from bozzetto.types import (
    Candidate,
    ChatRequest,
    Check,
    Hit,
    Usage,
    WriteDelta,
    WriteFailed,
    WriteStarted,
)

__all__ = ["Desk", "Draw", "Spare"]

_AT_ONCE = 8
"""Calls that run at the same time."""

TRIES = 2

SAME = "is the same as another candidate"

KEPT = 0.6
"""Share of a candidate's words that have to be there still when it was to be changed a little."""


class Desk:
    """What all the candidates of one call are written from."""

    def __init__(
        self,
        brief: Brief,
        hits: Sequence[Hit],
        library: LibraryStats,
        chat: ChatModel,
        timeout: float,
        session: Session,
    ) -> None:
        self.brief, self.hits, self.library = brief, hits, library
        self.chat, self.timeout, self.session = chat, timeout, session
        self.limit = asyncio.Semaphore(_AT_ONCE)

    def judge(self, text: str, reply_reason: str | None = None) -> Accepted | Refusal:
        """Whether the text of an answer may stand, mended where it can be."""
        if reply_reason == "filtered":
            return Refusal("was stopped by the back end's content filter")
        brief = self.brief
        draft = parse(text, f"{brief.idea} {brief.text}", brief.profile.languages)
        if isinstance(draft, Refusal):
            return draft
        return judge(draft, brief, self.hits, self.library)

    def candidate(self, found: Accepted) -> Candidate:
        """The record of a text that stands."""
        brief, prompt = self.brief, found.prompt
        base, unmet = negative_prompt(brief, self.hits)
        negative = negatives(found.negative, prompt, base, brief)
        others = [frozenset(words(hit.prompt)) for hit in self.hits]
        return Candidate(
            id=candidate_id(prompt, negative, brief.profile.name),
            prompt=prompt,
            negative=negative,
            profile=brief.profile.name,
            chat=self.chat.features.name,
            tokens=counts(prompt, brief.profile),
            phrases=trace(prompt, brief, self.hits),
            intent=intent(brief.text, prompt).score,
            novelty=1 - nearest(prompt, brief.text, others),
            warnings=(*brief.notes, *unmet, *found.notes),
            checks=found.mended,
        )


class Spare:
    """The candidates of `compose` that stand in, worked out when the first is needed."""

    def __init__(self, make: Callable[[], Sequence[Candidate]]) -> None:
        self._make = make
        self._made: asyncio.Task[Sequence[Candidate]] | None = None

    async def get(self, index: int) -> Candidate:
        """The one that stands in for a candidate; the loop goes on while they are made."""
        if self._made is None:
            self._made = asyncio.ensure_future(asyncio.to_thread(self._make))
        return (await asyncio.shield(self._made))[index]


@dataclass(slots=True)
class Draw:
    """One candidate on its way. `settled` is set when nothing about it can change any more.

    `failure` is why its back end failed, `refused` why it was not asked at all.
    """

    desk: Desk
    index: int
    steer: Steer
    accepted: Accepted | None = None
    reason: str | None = None
    failure: str | None = None
    refused: str | None = None
    seed: int | None = None
    stopped: bool = False
    usages: list[Usage] = field(default_factory=list)
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, earlier: Sequence[Draw]) -> None:
        """Ask until something may stand, twice at most; equal texts go to the earliest."""
        first = self._request(1)
        if await self._remembered(first, earlier):
            return
        for attempt in range(1, TRIES + 1):
            request = first if attempt == 1 else self._request(attempt)
            reply = await self._ask(request, attempt)
            if reply is None:
                return
            if await self._take(reply, earlier):
                if reply.complete:
                    self._remember(first, reply)
                return
            self.desk.session.hear(WriteFailed(self.index, self.reason or ""))
            if self.failure:
                return

    def _request(self, attempt: int) -> ChatRequest:
        steer = self.steer
        return chat_request(
            self.desk.brief,
            steer.hits,
            seed=steer.seed if attempt == 1 else steer.again,
            look=steer.look,
            revision=steer.revision,
            reason=self.reason,
        )

    # -- asking ----------------------------------------------------------------------------

    async def _ask(self, request: ChatRequest, attempt: int) -> Reply | None:
        """The answer, or None where the budget does not allow the question."""
        session, chat = self.desk.session, self.desk.chat
        async with self.desk.limit:
            self.refused = session.purse.hold(request)
            if self.refused:
                self.reason = self.refused
                return None
            reply = Reply(request)
            session.hear(WriteStarted(self.index, request.seed or 0, self.steer.look, attempt))
            try:
                await reply.receive(
                    chat, self.desk.timeout, lambda text: session.hear(WriteDelta(self.index, text))
                )
            finally:
                self.usages.append(session.purse.settle(request, reply.usage))
        return reply

    async def _take(self, reply: Reply, earlier: Sequence[Draw]) -> bool:
        """Whether an answer may stand; where not, `reason` and `failure` say why."""
        if reply.error and not reply.text:
            self.failure = self.reason = reply.error.message
            return False
        stands = await self._judge(reply.whole, reply.reason, earlier)
        if stands and reply.error and self.accepted:
            note = f"the answer broke off: {reply.error.message}"
            self.accepted = replace(self.accepted, notes=(*self.accepted.notes, note))
        elif reply.error:
            self.failure = self.reason = reply.error.message
        self.seed = reply.request.seed
        return stands

    async def _judge(self, text: str, ended: str | None, earlier: Sequence[Draw]) -> bool:
        # Beside the loop, which has the other candidates' words to pass on meanwhile.
        found = await asyncio.to_thread(self.desk.judge, text, ended)
        if isinstance(found, Accepted) and self.steer.revision:
            found = _changed(found, self.steer.revision, self.desk.brief.text)
        if isinstance(found, Accepted):
            for other in earlier:
                await other.settled.wait()
            said = [other.accepted.prompt for other in earlier if other.accepted]
            if same(found.prompt, said, self.desk.brief.text):
                found = Refusal(SAME)
        if isinstance(found, Refusal):
            self.reason = found.reason
            return False
        self.accepted, self.reason = found, None
        return True

    # -- remembering -----------------------------------------------------------------------

    async def _remembered(self, request: ChatRequest, earlier: Sequence[Draw]) -> bool:
        """Whether an answer that was accepted before stands again."""
        answers, features = self.desk.session.answers, self.desk.chat.features
        kept = answers.get(request_key(request, features)) if answers and features.fixed else None
        if kept is None or not await self._judge(kept.text, None, earlier):
            self.reason = None
            return False
        self.seed = kept.seed
        self.usages.append(Usage(0, 0, cached=1, cost=0.0))
        hear = self.desk.session.hear
        hear(WriteStarted(self.index, kept.seed, self.steer.look))
        hear(WriteDelta(self.index, kept.text))
        return True

    def _remember(self, request: ChatRequest, reply: Reply) -> None:
        """Keep an accepted answer under the first request, whichever try brought it."""
        answers, features = self.desk.session.answers, self.desk.chat.features
        if answers and features.fixed:
            kept = KeptAnswer(reply.text, reply.request.seed or 0)
            answers.put(request_key(request, features), kept)

    # -- the end ---------------------------------------------------------------------------

    def candidate(self) -> Candidate | None:
        """The candidate, where some text stands."""
        if self.accepted is None:
            return None
        return self._signed(self.desk.candidate(self.accepted), self.seed)

    def stand_in(self, spare: Candidate) -> Candidate:
        """The candidate of `compose` in its place, saying why."""
        name = self.desk.chat.features.name
        known = self.failure or (f"{name} was not asked: {self.refused}" if self.refused else None)
        why = known or f"{name} was not used: it {self.reason}"
        told = replace(
            spare,
            warnings=(*spare.warnings, why),
            checks=(*spare.checks, Check("writer", False, f"stands in: {why}")),
        )
        return self._signed(told, spare.seed)

    def _signed(self, candidate: Candidate, seed: int | None) -> Candidate:
        revision = self.steer.revision
        written = self.accepted is not None  # a stand-in says itself what it was made from
        return replace(
            candidate,
            parent=revision.parent.id if revision and written else candidate.parent,
            seed=seed,
            usage=total(self.usages) if self.usages else None,
            look=self.steer.look,
            references=tuple(hit.id for hit in self.steer.hits),
        )


def _changed(found: Accepted, revision: Revision, idea: str) -> Accepted | Refusal:
    """A text in another's place: a little changed by a wish, or another one without."""
    before = revision.parent.prompt
    if revision.wish is None:
        again = same(found.prompt, [before], idea)
        return Refusal("is the same as the one before") if again else found
    if words(found.prompt) == words(before):
        return Refusal("changed nothing")
    if intent(before, found.prompt).score < KEPT:
        return Refusal("changed more than was wished")
    return found
