"""Services that take money for each picture: how long they may be silent, and what is lost then."""

from __future__ import annotations

from bozzetto.errors import BackendError

__all__ = ["SILENCE", "lost", "silence"]

SILENCE = 300.0
"""Seconds: no less is taken for silence, as nothing comes at all until the picture is drawn."""


def silence(timeout: float) -> float:
    """How long a service may stay silent that draws, seconds."""
    return max(timeout, SILENCE)


def lost(message: str) -> BackendError:
    """A call that went out whole and came to nothing: asked again unseen, it may cost twice."""
    return BackendError(
        f"{message}; the picture may have been drawn and paid for",
        hint="bozzetto jobs retry asks for it again",
    )
