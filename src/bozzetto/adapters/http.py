"""What services answer over HTTP, whatever they are asked for, and what it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bozzetto.adapters.endpoint import Endpoint, PassingError, key_refused, read_json, said_by
from bozzetto.errors import BackendError, BozzettoError, SetupError

__all__ = ["Answer", "read_object", "refusal"]

_PASSING = frozenset({408, 409, 425, 429})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; `pause` is how long it asks to wait, seconds."""

    status: int
    body: bytes
    pause: float = 0.0

    @property
    def text(self) -> str:
        """The body as text, mended."""
        return self.body.decode("utf-8-sig", "replace")


def refusal(endpoint: Endpoint, answer: Answer, model: str) -> BozzettoError:
    """What a status other than 200 means."""
    status, said = answer.status, said_by(endpoint, answer.text)
    if status in (401, 403):
        return key_refused(endpoint, status, said)
    if status == 404:
        hint = f"or the address is wrong: it can be set by {endpoint.address_variable}"
        return SetupError(f"{endpoint.place} has no model {model!r}{said}", hint=hint)
    if status == 402 or "insufficient_quota" in answer.text or "billing_" in answer.text:
        hint = "the account has no credit left"
        return BackendError(f"{endpoint.place} answered {status}{said}", hint=hint, status=status)
    if status in _PASSING or status >= 500:
        message = f"{endpoint.place} answered {status}{said}"
        return PassingError(message, status=status, pause=answer.pause)
    if 300 <= status < 400:
        hint = f"set the address it moved to by {endpoint.address_variable}"
        return BackendError(f"{endpoint.place} points elsewhere", hint=hint, status=status)
    return BackendError(f"{endpoint.place} answered {status}{said}", status=status)


def read_object(endpoint: Endpoint, answer: Answer) -> dict[str, Any]:
    """The JSON object that an answer is.

    Raises:
        BackendError: it is something else.
    """
    text = answer.text
    if text.lstrip().startswith("<"):
        hint = "is there a log-in or a proxy in between?"
        raise BackendError(f"{endpoint.place} sent a web page", hint=hint)
    try:
        found = read_json(text)
    except ValueError as error:
        raise BackendError(f"{endpoint.place} sent something that is not JSON") from error
    if not isinstance(found, dict):
        raise BackendError(f"{endpoint.place} sent JSON that is no answer")
    return found
