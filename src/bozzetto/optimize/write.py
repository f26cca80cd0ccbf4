"""Optimized prompts by a chat model: n calls side by side, each checked, the rest composed.

Every call has its own references and its own seed. What a call brings is parsed, mended and
judged; what fails is asked for once more with the reason; what fails again, or could not be
asked for at all, is a candidate of `compose` that says why it stands there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bozzetto.errors import BackendError
from bozzetto.optimize.brief import Brief
from bozzetto.optimize.check import intent, nearest
from bozzetto.optimize.compose import candidate_id, compose, negative_prompt
from bozzetto.optimize.judge import judge, same
from bozzetto.optimize.mend import Accepted, negatives
from bozzetto.optimize.messages import chat_request, references
from bozzetto.optimize.parse import MAX_ANSWER, Refusal, parse
from bozzetto.optimize.stats import LibraryStats
from bozzetto.optimize.trace import trace
from bozzetto.ports import ChatModel
from bozzetto.text.tokens import clip_tokens
from bozzetto.text.words import words
from bozzetto.types import Candidate, ChatRequest, Delta, Finish, Hit

__all__ = ["Written", "write"]

_Answer = str | Refusal | BackendError
_Outcome = Accepted | Refusal | BackendError

_AT_ONCE = 8
"""Calls that run at the same time."""


@dataclass(frozen=True, slots=True)
class Written:
    """The candidates, and why `compose` stood in where the back end failed, else None.

    `back` counts the candidates that `compose` had to stand in for.
    """

    candidates: tuple[Candidate, ...]
    degraded: str | None = None
    back: int = 0


async def write(
    brief: Brief,
    hits: Sequence[Hit],
    library: LibraryStats,
    chat: ChatModel,
    *,
    n: int,
    seed: int,
    timeout: float,
) -> Written:
    """Write n candidates; `timeout` bounds each call from its start to its end, seconds.

    Raises:
        SetupError: the key is refused, or the model is missing; the other calls are stopped.
    """
    shown = references(hits, brief.pick, n)
    desk = _Desk(brief, hits, library)
    limit = asyncio.Semaphore(_AT_ONCE)
    outcomes: list[_Outcome] = [Refusal("")] * n
    for turn in range(2):
        open_ = [i for i, outcome in enumerate(outcomes) if isinstance(outcome, Refusal)]
        requests = [
            chat_request(
                brief, shown[i], seed=seed + turn * n + i, reason=_reason(outcomes[i]) or None
            )
            for i in open_
        ]
        answers = await _together([_ask(chat, r, timeout, limit) for r in requests])
        for i, answer in zip(open_, answers, strict=True):
            outcomes[i] = desk.take(answer)
    return _written(desk, outcomes, chat, n, seed)


def _reason(outcome: _Outcome) -> str:
    return outcome.reason if isinstance(outcome, Refusal) else ""


async def _together(calls: Sequence[Coroutine[Any, Any, _Answer]]) -> list[_Answer]:
    """All the answers; where one call raises, the others are stopped before it goes on."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _ask(
    chat: ChatModel, request: ChatRequest, timeout: float, limit: asyncio.Semaphore
) -> _Answer:
    """The text of one answer; a failure of the back end is a result, not an exception."""
    try:
        async with limit, asyncio.timeout(timeout):
            return await _read(chat, request)
    except BackendError as error:
        return error
    except TimeoutError:
        return BackendError(f"{chat.features.name} took longer than {timeout:g} s")


async def _read(chat: ChatModel, request: ChatRequest) -> str | Refusal:
    text, reason = "", "stop"
    async for event in chat.stream(request):
        if isinstance(event, Delta) and len(text) < MAX_ANSWER:
            text += event.text
        elif isinstance(event, Finish):
            reason = event.reason
    if reason == "filtered":
        return Refusal("was stopped by the back end's content filter")
    return _whole(text) if reason == "length" else text


def _whole(text: str) -> str:
    """A text that was cut off, less its last, unfinished phrase."""
    end = max(text.rfind(mark) for mark in (",", ".", ";", "\n"))
    return text[:end] if end > len(text) // 2 else text


@dataclass(slots=True)
class _Desk:
    """Where answers are judged, in the order of the candidates."""

    brief: Brief
    hits: Sequence[Hit]
    library: LibraryStats
    said: list[str] = field(default_factory=list)

    def take(self, answer: _Answer) -> _Outcome:
        """What becomes of an answer."""
        if not isinstance(answer, str):
            return answer
        draft = parse(answer, f"{self.brief.idea} {self.brief.text}", self.brief.profile.languages)
        if isinstance(draft, Refusal):
            return draft
        found = judge(draft, self.brief, self.hits, self.library)
        if isinstance(found, Accepted):
            if same(found.prompt, self.said, self.brief.text):
                return Refusal("is the same as another candidate")
            self.said.append(found.prompt)
        return found

    def candidate(self, found: Accepted, chat: str) -> Candidate:
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
            chat=chat,
            tokens={"clip": clip_tokens(prompt)},
            phrases=trace(prompt, brief, self.hits),
            intent=intent(brief.text, prompt).score,
            novelty=1 - nearest(prompt, brief.text, others),
            warnings=(*brief.notes, *unmet, *found.notes),
        )


def _written(
    desk: _Desk,
    outcomes: Sequence[_Outcome],
    chat: ChatModel,
    n: int,
    seed: int,
) -> Written:
    """Candidates of the texts that stand; `compose`'s where there is none."""
    name = chat.features.name
    composed = compose(desk.brief, desk.hits, desk.library, n=n, seed=seed)
    candidates, degraded, back = [], None, 0
    for outcome, spare in zip(outcomes, composed, strict=True):
        if isinstance(outcome, Accepted):
            candidates.append(desk.candidate(outcome, name))
            continue
        back += 1
        if isinstance(outcome, BackendError):
            degraded = degraded or outcome.message
            why = outcome.message
        else:
            why = f"{name} was not used: it {outcome.reason}"
        candidates.append(replace(spare, warnings=(*spare.warnings, why)))
    return Written(tuple(candidates), degraded, back)
