"""How much of a prompt an image model reads, its weights, and the rules of its profile.

Every writer keeps a profile's budget through `counts`, `fits` and `cut`, so that no two of them
can differ about what fits.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from functools import lru_cache
from typing import Final

from bozzetto.profiles import Profile
from bozzetto.text.spans import protected
from bozzetto.text.tokens import CHUNK, ENCODERS, clip_chunks, clip_tokens, longest
from bozzetto.text.weights import Syntax, convert, parse, recognise, strip_weights

__all__ = ["as_encoded", "bans", "budget", "counts", "cut", "fits", "rules_broken", "with_weights"]

_A_WORD: Final = 1.24
"""CLIP tokens a word of English prose: 200 rewrites of DrawBench by DALL-E 3."""

_AN_ENCODER: Final = {"clip": 1.0, "t5": 1.5, "qwen": 1.25}
"""Tokens of an encoder for one of CLIP's, as `text.tokens` counts them in prose."""

_HAN: Final = re.compile("[\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_EXTRA: Final = re.compile(r"\s*<(?:lora|lyco|hypernet)\s?:[^<>\n]{1,200}>")
_BREAK: Final = re.compile(r"\bBREAK\b")
_ESCAPED: Final = re.compile(r"\\([()\[\]])")
_SQUARE: Final = re.compile(r"\\([\[\]])")
_SHOWN: Final = 40


def as_encoded(prompt: str, profile: Profile) -> str:
    """What is left for the text encoders once the front end has taken its syntax out."""
    if profile.weight_syntax == "none":
        return prompt
    return strip_weights(_EXTRA.sub("", prompt), profile.weight_syntax)


def counts(prompt: str, profile: Profile) -> dict[str, int]:
    """Tokens of a prompt for each encoder of a profile, CLIP's always.

    Weights and `<lora:...>` are not counted where the front end takes them out. CLIP's count is
    exact; `text.tokens.ESTIMATED` names the encoders whose counts are estimates.
    """
    text = as_encoded(prompt, profile)
    clip = sum(_chunks(text, profile))
    return {"clip": clip} | {
        name: ENCODERS[name](text) for name in profile.tokens if name != "clip"
    }


def fits(prompt: str, profile: Profile) -> bool:
    """Whether a prompt is within each limit of a profile: encoders, chunks, words."""
    text = as_encoded(prompt, profile)
    if profile.words and _words(text) > profile.words:
        return False
    return all(_within(text, name, profile) for name in profile.tokens)


def cut(prompt: str, profile: Profile) -> str:
    """The longest beginning of whole words that fits; no syntax and no quotation is torn.

    A prompt that begins with one that does not fit by itself is cut inside it.
    """
    spans = protected(prompt)
    starts = [span.start for span in spans]

    def between(place: int) -> bool:
        before = bisect_left(starts, place) - 1
        return before < 0 or place >= spans[before].end

    return longest(prompt, lambda text: fits(text, profile), between) or longest(
        prompt, lambda text: fits(text, profile)
    )


def budget(profile: Profile) -> int:
    """About how many CLIP tokens fit a profile, to plan with; `fits` decides."""
    limits = [
        limit * (profile.chunks if name == "clip" else 1) / _AN_ENCODER[name]
        for name, limit in profile.tokens.items()
    ]
    return math.floor(min(limits + [profile.words * _A_WORD] * bool(profile.words)))


def with_weights(prompt: str, profile: Profile) -> tuple[str, tuple[str, ...]]:
    """A prompt with its weights as the model's front end reads them, and notes for a person.

    Weights may come in A1111's or Compel's syntax. For a model without weights they are taken
    out and that is said; single round brackets stay, for there they are punctuation.
    """
    source, target = recognise(prompt), profile.weight_syntax
    weights = [span for span in protected(prompt) if span.kind == "weight"]
    if target == "compel" or (source == "compel" and target != "none"):
        weighted = any(piece.weight != 1.0 for piece in parse(prompt, source))
        return (convert(prompt, source, target) if weighted else prompt), ()
    if source == target:
        return prompt, ()
    parts, at = [], 0
    for span in weights:
        parts += [_unescaped(prompt[at : span.start], target)]
        parts += [convert(prompt[span.start : span.end], source, target)]
        at = span.end
    text = "".join((*parts, _unescaped(prompt[at:], target)))
    if not weights or target != "none":
        return text, ()
    taken = ", ".join(_short(prompt[span.start : span.end]) for span in weights)
    return text, (f"{profile.title} reads no weights; taken out: {taken}",)


def _unescaped(text: str, target: Syntax) -> str:
    """Brackets that need no backslash any more, without it; literals as they are."""
    return (_ESCAPED if target == "none" else _SQUARE).sub(r"\1", text)


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def rules_broken(prompt: str, profile: Profile) -> tuple[str, ...]:
    """Which of a profile's rules a prompt breaks, in words; upper and lower case are the same."""
    lacks = [f"the profile requires {t!r}" for t in profile.required if not _holds(prompt, t)]
    return (*bans(prompt, profile), *lacks)


def bans(text: str, profile: Profile) -> tuple[str, ...]:
    """What a text has that a profile bans, in words."""
    return tuple(f"the profile bans {word!r}" for word in profile.banned if _holds(text, word))


def _holds(prompt: str, text: str) -> bool:
    return bool(_whole(text).search(prompt))


@lru_cache(maxsize=256)
def _whole(text: str) -> re.Pattern[str]:
    """A text as whole words, with hyphens or spaces between them."""
    loose = re.escape(text).replace(r"\ ", r"[\s-]+")
    return re.compile(rf"(?<!\w){loose}(?!\w)", re.I)


def _within(text: str, encoder: str, profile: Profile) -> bool:
    limit = profile.tokens[encoder]
    if encoder != "clip":
        return ENCODERS[encoder](text) <= limit
    if profile.chunks > 1 and limit == CHUNK:
        return len(clip_chunks(text)) <= profile.chunks
    return sum(_chunks(text, profile)) <= limit * profile.chunks


def _chunks(text: str, profile: Profile) -> tuple[int, ...]:
    """CLIP's tokens; "BREAK" is none where the front end starts a chunk by it."""
    if profile.weight_syntax == "a1111" and _BREAK.search(text):
        return clip_chunks(text)
    return (clip_tokens(text),)


def _words(text: str) -> int:
    """Words by their spaces; two Chinese or Japanese characters make one."""
    han = len(_HAN.findall(text))
    return len(_HAN.sub(" ", text).split()) + (han + 1) // 2
