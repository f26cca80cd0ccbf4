"""The rungs of the ladder: who writes the prompts that are measured.

Without a chat model: the raw idea, a fixed suffix, random modifiers of the library, DALL-E 3's
rewrites of DrawBench, `compose`. With one: asked plainly, with no example, with three that
never change, with three at random, with three retrieved; none of these is checked. The last rung
is the whole path: retrieval, writing, checks, choice.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import bozzetto
from bench.ladder_ideas import Topic
from bench.ladder_measure import BUDGET, PROFILE
from bench.library import Library
from bench.writing import SUFFIX
from bozzetto.app.parts import open_chat
from bozzetto.ports import ChatModel
from bozzetto.text.split import split
from bozzetto.text.tokens import clip_cut
from bozzetto.types import ChatRequest, Delta, Message, WriteEvent, WriteFailed, WriteStarted

__all__ = ["COMPOSE", "WHOLE", "Rung", "chat_rungs", "plain_rungs"]

COMPOSE = "compose"
WHOLE = "retrieved + checks + choice"
N = 4
EXAMPLES = 3
LONGEST = 90
"""Tokens of an answer: 50 words are asked for, and CLIP reads 75."""

PATIENCE = 300.0

_TASK = (
    f"You write prompts for the image model {PROFILE.title}. Rewrite the idea you are given as "
    "one prompt in English that makes a beautiful picture of it, in at most 50 words. "
    "Answer with the prompt alone."
)
_FIXED = (
    ("a lighthouse in a storm", "a lighthouse on a cliff in a storm, huge waves, dark clouds, "
     "dramatic lighting, oil painting, highly detailed"),
    ("a robot reading a book", "a small rusty robot reading a book under a tree, soft afternoon "
     "light, storybook illustration, muted colors"),
    ("portrait of an old fisherman", "portrait of an old fisherman with a white beard, weathered "
     "skin, overcast light, 85mm photograph, shallow depth of field"),
)  # fmt: skip
"""Ideas and prompts for them, written for this bench; none is in any library."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Rung:
    """A writer. `write` gives the texts for a topic, none where it has nothing to say."""

    name: str
    write: Callable[[Topic], Sequence[str]]


# -- without a chat model ----------------------------------------------------------------------


def plain_rungs(a: bozzetto.Assistant, library: Library, seed: int = 0) -> Iterator[Rung]:
    """The rungs that need no chat model."""
    keys, weights = zip(*library.stats.modifiers.items(), strict=True)

    def suffixed(topic: Topic, looks: Sequence[str]) -> str:
        return ", ".join([clip_cut(topic.said, BUDGET), *looks])

    def at_random(topic: Topic) -> Sequence[str]:
        rng = random.Random(f"{seed}:{topic.said}")
        return [suffixed(topic, rng.choices(keys, weights=weights, k=8)) for _ in range(N)]

    yield Rung("raw idea", lambda topic: [suffixed(topic, ())] * N)
    yield Rung("fixed suffix", lambda topic: [suffixed(topic, SUFFIX)] * N)
    yield Rung("idea + random modifiers", at_random)
    yield Rung("DALL-E 3's rewrites", lambda topic: [topic.rewrite] if topic.rewrite else [])
    yield Rung(COMPOSE, lambda topic: _optimized(a, topic, COMPOSE, seed))


def _optimized(a: bozzetto.Assistant, topic: Topic, chat: str, seed: int) -> Sequence[str]:
    result = a.optimize(topic.said, n=N, profile=PROFILE.name, chat=chat, seed=seed, save=False)
    return [candidate.prompt for candidate in result.candidates]


# -- with a chat model -------------------------------------------------------------------------


def chat_rungs(
    a: bozzetto.Assistant,
    library: Library,
    chat: str,
    drafts: Counter[str],
    seed: int = 0,
) -> Iterator[Rung]:
    """The rungs of one chat model ("scheme:model").

    `drafts` counts for the whole path what was "asked" for and "taken back", and for how many
    of the "candidates" `compose` "stood in".

    Raises:
        SetupError: the model cannot be set up.
    """
    model = open_chat(chat, timeout=PATIENCE)

    def asked(examples: Callable[[Topic], Sequence[Pair]]) -> Callable[[Topic], Sequence[str]]:
        return lambda topic: asyncio.run(_answers(model, topic.said, examples(topic), seed))

    def at_random(topic: Topic) -> Sequence[Pair]:
        rows = random.Random(f"{seed}:{topic.said}").sample(library.rows, EXAMPLES)
        return [_pair(row.text) for row in rows]

    def retrieved(topic: Topic) -> Sequence[Pair]:
        return [_pair(hit.prompt) for hit in a.search(topic.said, k=EXAMPLES)]

    def hear(event: WriteEvent) -> None:
        drafts["asked"] += isinstance(event, WriteStarted)
        drafts["taken back"] += isinstance(event, WriteFailed)

    def whole(topic: Topic) -> Sequence[str]:
        result = a.optimize(
            topic.said, n=N, profile=PROFILE.name, chat=chat, seed=seed, save=False,
            on_event=hear, cache=False,
        )  # fmt: skip
        drafts["candidates"] += len(result.candidates)
        drafts["stood in"] += sum(one.chat == COMPOSE for one in result.candidates)
        return [candidate.prompt for candidate in result.candidates]

    yield Rung("zero-shot LLM", asked(lambda _: ()))
    yield Rung("fixed few-shot", asked(lambda _: _FIXED))
    yield Rung("random exemplars", asked(at_random))
    yield Rung("retrieved exemplars", asked(retrieved))
    yield Rung(WHOLE, whole)


def _pair(prompt: str) -> Pair:
    """A real prompt as an example: what is in the picture as the idea, all of it as the prompt."""
    return split(prompt).core or prompt, prompt


async def _answers(
    model: ChatModel, idea: str, examples: Sequence[Pair], seed: int
) -> Sequence[str]:
    """What the model says to a plain request, once for each seed, as it says it."""
    turns = [
        turn
        for example, prompt in examples
        for turn in (Message("user", f"Idea: {example}"), Message("assistant", prompt))
    ]
    messages = (Message("system", _TASK), *turns, Message("user", f"Idea: {idea}"))
    requests = [
        ChatRequest(
            messages=messages, max_tokens=LONGEST, temperature=0.7, seed=1000 * seed + number
        )
        for number in range(N)
    ]
    return await asyncio.gather(*(_answer(model, request) for request in requests))


async def _answer(model: ChatModel, request: ChatRequest) -> str:
    pieces = [event.text async for event in model.stream(request) if isinstance(event, Delta)]
    text = "".join(pieces).strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
