"""What each model of Bedrock takes, as data, and what a refusal teaches of one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bozzetto.adapters.bedrock_ids import plain_id
from bozzetto.adapters.models import Known, known

__all__ = ["Takes", "row_of", "takes_of", "taught"]


@dataclass(frozen=True, slots=True)
class Takes:
    """How a model is called.

    `api` is "converse-stream", "converse", "invoke-stream" or "invoke"; the last two send a
    `body` of the model's own. `system`, `turns`, `stop` and `temperature` say whether it takes
    them; `tokens` is how many it writes at most.
    """

    api: str = "converse-stream"
    system: bool = True
    turns: bool = True
    stop: bool = True
    temperature: bool = True
    tokens: int | None = None
    body: str = ""


def row_of(model: str) -> Known | None:
    """What the table of models says of one; None where nothing does."""
    return known("bedrock", "chat", plain_id(model))


def takes_of(model: str) -> Takes:
    """How a model is called; one that is not known is tried by ConverseStream."""
    row = row_of(model)
    return Takes(**row.more) if row else Takes()


_LESSONS: tuple[tuple[re.Pattern[str], Mapping[str, Any]], ...] = (
    (re.compile(r"support system messages|system prompts? (?:is|are) not supp"), {"system": False}),
    (re.compile(r"support conversation history|only (?:includes|contains) one"), {"turns": False}),
    (re.compile(r"stop_?sequences|does not match pattern", re.IGNORECASE), {"stop": False}),
    (re.compile(r"temperature\W+(?:is|may|does|and|cannot|not)\b"), {"temperature": False}),
    (re.compile(r"unsupported for streaming|support streaming"), {"api": "converse"}),
)
"""Words of a ValidationException, and what the model does not take, or how it is called then."""

_NO_CONVERSE = re.compile(
    r"action doesn't support the model|not support(?:ed)? .{0,40}converse", re.IGNORECASE
)
_LIMIT = re.compile(r"exceeds the model limit of (\d+)")


def taught(takes: Takes, words: str) -> Takes | None:
    """How a model is to be called after it refused a call in these words; None where no way is."""
    changed = _lesson(takes, words)
    return changed if changed != takes else None


def _lesson(takes: Takes, words: str) -> Takes:
    limit = _LIMIT.search(words)
    if limit:
        return replace(takes, tokens=max(int(limit[1]) - 1, 1))
    if _NO_CONVERSE.search(words) and takes.body:
        return replace(takes, api="invoke")
    if "streaming" in words and takes.api == "invoke-stream":
        return replace(takes, api="invoke")
    for pattern, change in _LESSONS:
        if pattern.search(words):
            return replace(takes, **change)
    return takes
