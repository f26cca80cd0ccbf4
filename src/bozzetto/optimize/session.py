"""What goes with one call that writes: who listens, who may stop it, what it may take."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from bozzetto.optimize.cost import Purse
from bozzetto.optimize.stopping import Stop
from bozzetto.ports import ChatFeatures
from bozzetto.store.answers import AnswerCache
from bozzetto.types import ChatRequest, WriteEvent

__all__ = ["Session", "request_key"]


def _deaf(_: WriteEvent) -> None:
    """Hear nothing."""


@dataclass(frozen=True, slots=True)
class Session:
    """Everything around the writing that does not decide what is written.

    `hear` gets every event in the thread of the event loop, so it should be quick; what it
    raises ends the writing. `answers` remembers accepted answers, None remembers nothing.
    """

    hear: Callable[[WriteEvent], None] = _deaf
    stop: Stop = field(default_factory=Stop)
    purse: Purse = field(default_factory=Purse)
    answers: AnswerCache | None = None


def request_key(request: ChatRequest, features: ChatFeatures) -> str:
    """What two requests share that ask the same of the same model."""
    said = json.dumps([features.name, asdict(request)], ensure_ascii=True, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()
