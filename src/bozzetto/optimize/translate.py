"""An idea in another language as English, phrase by phrase."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bozzetto.types import Phrase

__all__ = ["PhraseBook", "translate"]


class PhraseBook(Protocol):
    """English phrases near in meaning to phrases of other languages."""

    def nearest(self, texts: Sequence[str], k: int) -> list[list[tuple[str, float]]]:
        """For each text, up to k English phrases with their cosine, best first."""
        ...


def translate(
    text: str, language: str, book: PhraseBook | None
) -> tuple[str, tuple[Phrase, ...], tuple[str, ...]]:
    """The English of a text, its phrases with their originals, notes for a person."""
    return text, (Phrase(text, "idea"),), ()
