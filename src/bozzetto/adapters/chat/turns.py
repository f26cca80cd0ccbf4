"""Messages for models that take fewer roles than a chat has."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from bozzetto.types import Message

__all__ = ["folded", "merged", "plain", "split_system"]

_SPEAKERS = {"user": "User", "assistant": "Assistant"}


def split_system(messages: Sequence[Message]) -> tuple[str, list[Message]]:
    """The system prompts as one text, and the turns; where there are none, it is the first."""
    system = "\n\n".join(m.content for m in messages if m.role == "system" and m.content.strip())
    turns = merged([m for m in messages if m.role != "system"])
    return (system, turns) if turns or not system else ("", [Message("user", system)])


def merged(turns: Sequence[Message]) -> list[Message]:
    """Turns that alternate, beginning with the user's: neighbours of one role become one.

    Blank ones are left out, and so is what an assistant says before anybody spoke.
    """
    spoken = [turn for turn in turns if turn.content.strip()]
    while spoken and spoken[0].role == "assistant":
        spoken = spoken[1:]
    return [
        Message(role, "\n\n".join(turn.content for turn in group))
        for role, group in groupby(spoken, key=lambda turn: turn.role)
    ]


def folded(system: str, turns: Sequence[Message]) -> list[Message]:
    """Turns with the system prompt at the head of the first."""
    if not system:
        return list(turns)
    return merged([Message("user", system), *turns])


def plain(messages: Sequence[Message]) -> str:
    """All of it as one text that a model goes on with.

    One question is just its text after the system prompt; several turns are told apart by who
    speaks, and the last line waits for the assistant.
    """
    system, turns = split_system(messages)
    if len(turns) <= 1:
        texts = [turn.content for turn in turns]
    else:
        texts = [f"{_SPEAKERS[turn.role]}: {turn.content}" for turn in turns] + ["Assistant:"]
    return "\n\n".join([system, *texts] if system else texts)
