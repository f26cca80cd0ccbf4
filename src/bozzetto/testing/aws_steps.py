"""What may become of a call to the stand-in for Amazon's services: answers good, late and bad."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bozzetto.testing.aws_frames import event, exception

__all__ = [
    "CUT",
    "END",
    "FILTERED",
    "Delay",
    "Events",
    "Fault",
    "Flow",
    "Midway",
    "Reply",
    "Step",
    "bedrock_chunks",
    "payload_parts",
    "spoilt",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as the services send theirs. `more` stands beside the message."""

    code: str
    message: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with status 200, whatever it holds."""

    data: bytes
    length: int | None = None
    """What the header says of its length; None for the truth."""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delay:
    """Seconds to wait before the documented answer."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Midway:
    """A stream that goes well for so many events; then an error, silence, `CUT` or `END`."""

    after: int
    then: Fault | Delay | str


@dataclass(frozen=True, slots=True)
class Events:
    """A stream of these events: kinds and payloads."""

    events: tuple[tuple[str, Any], ...]


Step = Fault | Reply | Delay | Midway | Events | str
"""What becomes of one call; a text is `CUT` or `FILTERED`."""

CUT = "cut"
"""The connection ends in the middle of the answer."""

END = "end"
"""The stream ends in good order, too early."""

FILTERED = "filtered"
"""The model's content filter takes offence."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A stream: bytes to send, seconds to wait, or `CUT`."""

    pieces: Sequence[bytes | float | str]


def spoilt(frames: Sequence[bytes], step: Step | None) -> Flow:
    """A stream as a step spoils it, if it does."""
    if step == CUT:
        whole = b"".join(frames)
        return Flow([whole[: len(whole) // 2], CUT])
    if not isinstance(step, Midway):
        return Flow(frames)
    good, rest = frames[: step.after], frames[step.after :]
    match step.then:
        case Fault(code, message, more):
            return Flow([*good, exception(code, {"message": message, "Message": message, **more})])
        case Delay(seconds):
            return Flow([*good, seconds, *rest])
        case then:
            return Flow([*good, CUT] if then == CUT else good)


def bedrock_chunks(parts: Sequence[bytes], sent: int, written: int) -> list[bytes]:
    """The events of InvokeModelWithResponseStream; the last tells what it took."""
    metrics = {"inputTokenCount": sent, "outputTokenCount": written}
    *before, last = parts
    told = {**json.loads(last), "amazon-bedrock-invocationMetrics": metrics}
    chunks = [*(part.strip() for part in before), json.dumps(told).encode()]
    return [
        event("chunk", {"bytes": base64.b64encode(chunk).decode(), "p": "abcd"}) for chunk in chunks
    ]


def payload_parts(parts: Sequence[bytes], size: int = 61) -> list[bytes]:
    """The events of InvokeEndpointWithResponseStream: cut anywhere, as the real ones are."""
    whole = b"".join(parts)
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    return [event("PayloadPart", piece) for piece in pieces]
