"""A prompt in its two halves: what is in the picture, and how it is made to look.

The text is cut into clauses; each clause is judged by its words, cut further where a frame
("an oil painting of ...") opens it or a run of style or a credit closes it; names that
follow a credit join it. What is left over is the core.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from bozzetto.text.clauses import (
    ARTIST,
    CORE,
    FULL_NAME,
    HANDLE,
    HEAD,
    NAME,
    STYLE,
    SUBJECT,
    THEME,
    Piece,
    read_clause,
)
from bozzetto.types import Split

__all__ = ["split"]

# One character first, then what must stand around it: a set at the head lets the search skip.
_SEPARATOR: Final = re.compile(
    r"""[<,;|\n，、。；.!?:\-–—~+/•·B\[](?:
        (?<=[,;|\n，、。；])
      | (?<=\.)(?<!\b[^\W\d]\.)(?<!\b[dDmM]r\.)(?<!\b[mM]rs\.)(?<!\b[sSjJ][tTrR]\.)
        (?<!\bvs\.)(?<!\bvol\.)\.*(?=\s|$)
      | (?<=[!?])[!?]*(?=[\s,.]|$)
      | (?<=:)(?::+(?:-?\d[\d.]*)?|(?=\s)|(?<=\s:))
      | (?<=\s[-–—~+/•·])(?=\s)
      | (?<=<)[^<>]{1,200}>                                # lora, embedding: a modifier
      | (?<=\bB)REAK\b
      | (?:(?<=\[)-|(?<=\s-)|(?<=^-))-\w+(?:[ =][\d:.x]+)?\]?  # settings as Midjourney's
    )""",
    re.VERBOSE,
)
_WHITE: Final = (
    " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_EDGE: Final = _WHITE + ".,;:!?-–—~+/|•·_*#"
_WEIGHT: Final = re.compile(r":\s?[+-]?\d*\.?\d+\s?$")
_PAIRS: Final = {"(": ")", "[": "]", "{": "}", '"': '"', "“": "”", "'": "'"}
_CLOSERS: Final = frozenset(_PAIRS.values())


def split(text: str) -> Split:
    """Split a prompt into core and modifiers.

    Spans are exact ranges, in order, never overlapping, without white space, separators or
    the brackets of a weight at their ends. The core is empty only for a text without words.
    """
    pieces = _join_credits(text, _settle(_read(text)))
    core = tuple((a, b) for a, b, kind in pieces if kind == CORE)
    if not core:
        return _only_style(text, pieces)
    return Split(text, core, tuple((a, b) for a, b, kind in pieces if kind != CORE))


def _read(text: str) -> list[Piece]:
    pieces: list[Piece] = []
    start = 0
    for match in _SEPARATOR.finditer(text):
        a, b = match.span()
        if a > start:
            _add_clause(text, start, a, pieces)
        start = b
        if b - a > 2 and (text[a] == "<" or "--" in text[a:b]):
            pieces.append((a, b, STYLE))
    _add_clause(text, start, len(text), pieces)
    return pieces


def _add_clause(text: str, a: int, b: int, pieces: list[Piece]) -> None:
    clause = text[a:b]
    stripped = clause.strip(_EDGE)
    if not stripped:
        return
    a += clause.find(stripped)
    if stripped[0] in _PAIRS or stripped[-1] in _CLOSERS:
        shift, stripped = _bare(stripped)
        a += shift
        if not stripped:
            return
    lower = stripped.lower()
    if len(lower) != len(stripped):  # a few letters change length: then case stays
        lower = stripped
    read = _clause if len(lower) <= 60 else read_clause
    pieces += [(a + x, a + y, kind) for x, y, kind in read(lower)]


@lru_cache(maxsize=1 << 15)
def _clause(lower: str) -> tuple[Piece, ...]:
    """Clauses repeat from prompt to prompt ("highly detailed"): most are read only once."""
    return read_clause(lower)


def _bare(clause: str) -> tuple[int, str]:
    """The clause without brackets around it or cut off from their other half, and the shift."""
    shift = 0
    while clause:
        first, last = clause[0], clause[-1]
        if first in _PAIRS and _opens_all(clause, first, _PAIRS[first]):
            shift += 1
            clause = clause[1:]
        elif last in _CLOSERS and _lonely(clause, last):
            clause = clause[:-1]
            clause = _WEIGHT.sub("", clause)
        else:
            break
        kept = clause.lstrip(_EDGE)
        shift += len(clause) - len(kept)
        clause = kept.rstrip(_EDGE)
    return shift, clause


def _opens_all(clause: str, opener: str, closer: str) -> bool:
    """Whether the bracket at the start closes at the very end, or never."""
    if opener == closer:
        return clause.count(closer) == 1 or clause.find(closer, 1) == len(clause) - 1
    depth = 0
    for at, char in enumerate(clause):
        depth += (char == opener) - (char == closer)
        if depth == 0:
            return at == len(clause) - 1
    return True


def _lonely(clause: str, closer: str) -> bool:
    opener = next(first for first, last in _PAIRS.items() if last == closer)
    if opener == closer:
        return clause.count(closer) % 2 == 1
    return clause.count(closer) > clause.count(opener)


def _settle(pieces: list[Piece]) -> list[Piece]:
    """Decide the pieces whose kind depends on their neighbours."""
    settled: list[Piece] = []
    has_core = False
    before = ""
    for at, (a, b, kind) in enumerate(pieces):
        if kind in _NAMES:
            kind = ARTIST if _credited(pieces, at, before, has_core) else CORE
        elif kind == SUBJECT:
            kind = STYLE if has_core else CORE
        elif kind == HEAD:
            if before == STYLE:  # its subject was style too: one piece
                a = settled.pop()[0]
            kind = STYLE
        has_core = has_core or kind == CORE
        before = kind
        settled.append((a, b, kind))
    instead = STYLE if has_core else CORE
    return [(a, b, instead if kind == THEME else kind) for a, b, kind in settled]


_NAMES: Final = (HANDLE, NAME, FULL_NAME)


def _credited(pieces: list[Piece], at: int, before: str, has_core: bool) -> bool:
    """Whether a name among these neighbours is a credit: in a list of them, or amid style."""
    kind = pieces[at][2]
    if before == ARTIST:
        return True
    if not has_core or kind == HANDLE:
        return False
    after = next((kind for _, _, kind in pieces[at + 1 :] if kind not in (NAME, FULL_NAME)), "")
    return after == ARTIST or (kind == FULL_NAME and before in (STYLE, THEME))


_LINK = re.compile(r"[\s,&/+|]*(?:and|with)?[\s,&/+|]*")


def _join_credits(text: str, pieces: list[Piece]) -> list[Piece]:
    """Make one credit of those that stand in one list."""
    joined: list[Piece] = []
    for a, b, kind in pieces:
        if kind == ARTIST and joined and joined[-1][2] == ARTIST:
            start, end, _ = joined[-1]
            if _LINK.fullmatch(text, end, a):
                joined[-1] = (start, b, ARTIST)
                continue
        joined.append((a, b, kind))
    return joined


def _only_style(text: str, pieces: list[Piece]) -> Split:
    """A prompt without a subject is its own core."""
    if pieces:
        return Split(text, ((pieces[0][0], pieces[-1][1]),), ())
    start = len(text) - len(text.lstrip())
    end = len(text.rstrip())
    return Split(text, ((start, end),) if start < end else (), ())
