"""What Amazon documents of Converse: what it takes of each model, how it answers.

Written from the Bedrock user guide ("Supported models and model features" of Converse) and what
it was seen to refuse, apart from our adapters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from bozzetto.testing.aws_checks import Body

__all__ = [
    "TALKS",
    "Said",
    "Talk",
    "conversation",
    "conversation_problem",
    "converse",
    "events",
    "said_to",
]


@dataclass(frozen=True, slots=True)
class Said:
    """What a model says: words (each a token, its space before it), and why it ended.

    `reason` is Converse's: "end_turn", "max_tokens", "stop_sequence" or "content_filtered".
    """

    words: tuple[str, ...]
    reason: str
    sent: int

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.words)


def said_to(heard: str, answer: str, most: int | None, stops: Sequence[str] = ()) -> Said:
    """An answer to what was heard, as the request's limits cut it."""
    reason = "end_turn"
    for stop in stops:
        if stop and stop in answer:
            answer, reason = answer.partition(stop)[0], "stop_sequence"
    words = tuple(re.findall(r"\s*\S+|\s+\Z", answer))
    if most is not None and len(words) > most:
        words, reason = words[:most], "max_tokens"
    return Said(words, reason, len(heard.split()))


# Converse


@dataclass(frozen=True, slots=True)
class Talk:
    """What Converse takes of a model: whether it streams, has system prompts, and turns.

    `stop` is what a stop sequence may be, `most` how many tokens it writes at most; `heated`
    says that it takes a temperature.
    """

    streams: bool = True
    system: bool = True
    turns: bool = True
    stop: str = r"(?s:.*)"
    most: int = 8192
    heated: bool = True


TALKS: tuple[tuple[str, Talk], ...] = (
    ("ai21.jamba", Talk(most=4096)),
    ("ai21.j2", Talk(streams=False, system=False, turns=False, most=8191)),
    ("amazon.nova", Talk(most=10_000)),
    ("amazon.titan-text", Talk(system=False, stop=r"(\|+|User:)", most=3072)),
    ("anthropic.claude-opus-4-7", Talk(heated=False, most=64_000)),
    ("anthropic.claude", Talk(most=4096)),
    ("cohere.command-r", Talk(most=4096)),
    ("cohere.command", Talk(system=False, turns=False, most=4096)),
    ("example.newcomer", Talk(streams=False, system=False)),  # one that nobody knows
    ("meta.llama", Talk(most=2048)),
    ("mistral.mistral-7b", Talk(system=False)),
    ("mistral.mixtral", Talk(system=False)),
    ("mistral.", Talk()),
)
"""How the ids begin, and what Converse takes of those models."""


def conversation(body: Body) -> str:
    """All that was said to the model."""
    blocks = [*body.get("system", ())]
    for message in body["messages"]:
        blocks += message["content"]
    return "\n".join(block.get("text", "") for block in blocks)


def conversation_problem(body: Body, talk: Talk, *, stream: bool) -> str | None:
    """Why Converse refuses a body that fits its shape, in its words."""
    problems = (
        _order_problem(body["messages"]),
        _blank_problem(body["messages"]),
        _talk_problem(body, talk, stream),
        _config_problem(body.get("inferenceConfig", {}), talk),
    )
    return next(filter(None, problems), None)


def _order_problem(messages: Sequence[Body]) -> str | None:
    roles = [message["role"] for message in messages]
    if roles[:1] != ["user"]:
        return (
            "A conversation must start with a user message. Try again with a conversation that "
            "starts with a user message."
        )
    if any(before == after for before, after in pairwise(roles)):
        return (
            "A conversation must alternate between user and assistant roles. Make sure the "
            "conversation alternates between user and assistant roles and try again."
        )
    return None


def _blank_problem(messages: Sequence[Body]) -> str | None:
    for number_, message in enumerate(messages):
        for place, block in enumerate(message["content"]):
            if not block.get("text", "x").strip():
                return (
                    f"The text field in the ContentBlock object at messages.{number_}.content."
                    f"{place} is blank. Add text to the text field, and try again."
                )
    return None


def _talk_problem(body: Body, talk: Talk, stream: bool) -> str | None:
    if stream and not talk.streams:
        return "The model is unsupported for streaming."
    if body.get("system") and not talk.system:
        return (
            "This model doesn't support system messages. Try again without a system message or "
            "use a model that supports system messages."
        )
    if len(body["messages"]) > 1 and not talk.turns:
        return (
            "This model doesn't support conversation history. Try again with input that only "
            "includes one user message."
        )
    return None


def _config_problem(config: Body, talk: Talk) -> str | None:
    for stop in config.get("stopSequences", ()):
        if not re.fullmatch(talk.stop, stop):
            return (
                "The model returned the following errors: Malformed input request: string "
                f"[{stop}] does not match pattern ^{talk.stop}$, please reformat your input and "
                "try again."
            )
    if "temperature" in config and not talk.heated:
        return (
            "The model returned the following errors: `temperature` is deprecated for this model."
        )
    if config.get("maxTokens", 1) > talk.most:
        return (
            "The maximum tokens you requested exceeds the model limit of "
            f"{talk.most}. Try again with a maximum tokens value that is lower than {talk.most}."
        )
    return None


def _usage(said: Said) -> dict[str, int]:
    written = len(said.words)
    return {"inputTokens": said.sent, "outputTokens": written, "totalTokens": said.sent + written}


def converse(said: Said) -> dict[str, Any]:
    """Converse's answer."""
    message = {"role": "assistant", "content": [{"text": said.text}]}
    return {
        "output": {"message": message},
        "stopReason": said.reason,
        "usage": _usage(said),
        "metrics": {"latencyMs": 12},
    }


def events(said: Said) -> list[tuple[str, Any]]:
    """ConverseStream's events, a word each."""
    index = {"contentBlockIndex": 0}
    return [
        ("messageStart", {"role": "assistant"}),
        *(("contentBlockDelta", {"delta": {"text": word}, **index}) for word in said.words),
        ("contentBlockStop", index),
        ("messageStop", {"stopReason": said.reason}),
        ("metadata", {"usage": _usage(said), "metrics": {"latencyMs": 12}}),
    ]
