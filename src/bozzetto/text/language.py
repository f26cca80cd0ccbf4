"""The language of an idea, from scripts and small words."""

from __future__ import annotations

import re

from bozzetto.text.stop_words import STOP_WORDS
from bozzetto.text.words import words

__all__ = ["detect"]

_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ja", re.compile("[\u3041-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7a3\u1100-\u11ff]")),
    ("zh", re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
)
_LATIN = ("en", "it", "de", "fr", "es", "pt")


def detect(text: str) -> str:
    """ISO 639-1 code of the text's language, or "und" where there are no letters."""
    if not text.isascii():
        for code, pattern in _SCRIPTS:
            if pattern.search(text):
                return code
    tokens = words(text)
    if not any(c.isalpha() for c in text):
        return "und"
    votes = {code: sum(t in STOP_WORDS[code] for t in tokens) for code in _LATIN}
    best = max(_LATIN, key=lambda code: votes[code])
    if votes[best] > votes["en"]:
        return best
    if votes["en"] > 0 or text.isascii() and len(tokens) < 3:
        return "en"
    from py3langid import langid

    langid.set_languages(list(_LATIN))
    return str(langid.classify(text)[0])
