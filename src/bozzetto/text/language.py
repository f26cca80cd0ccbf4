"""The language of an idea: scripts, then words, endings and letters, then a model.

Ideas are short, so a table of words decides most; py3langid is loaded (a quarter of a
second) only when the tables say nothing or disagree.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, Final

from bozzetto.text.english_words import is_english
from bozzetto.text.language_words import ENDINGS, LANGUAGE_WORDS
from bozzetto.text.stop_words import STOP_WORDS
from bozzetto.text.words import words

__all__ = ["detect"]

_SCRIPTS: Final = (
    ("ja", re.compile("[\u3041-\u3096\u30a1-\u30fa\uff66-\uff9f]")),
    ("ko", re.compile("[\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e]")),
    ("zh", re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")),
    ("uk", re.compile("[іїєґІЇЄҐ]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("fa", re.compile("[پچژگ]")),
    ("ar", re.compile("[\u0620-\u06ff]")),
    ("he", re.compile("[\u05d0-\u05ea]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("bn", re.compile("[\u0980-\u09ff]")),
    ("ta", re.compile("[\u0b80-\u0bff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("ka", re.compile("[\u10a0-\u10ff]")),
    ("hy", re.compile("[\u0531-\u0587]")),
)
# Characters as Japan simplified them and China did not.
_JAPANESE_HAN: Final = re.compile(
    "[絵桜図駅働込畑峠辻枠匂沢浜竜戦広県仏円売変対楽気薬験顔鉄黒塩姫巻乗単厳剣悪歩渋渓猟獣発総縄継続"
    "聴荘蔵覚観読譲転軽辺銭闘霊髪鶏麺齢壊実嬢庁弐応恵戯払拡挙斉晩暦栄検権歓歳毎浄涙渇満焼犠畳痩眞穂粋"
    "縁繊蛍両仮価偽処剤労勲効勧囲壱]"
)
_LATIN: Final = ("en", "it", "de", "fr", "es", "pt")
_OTHERS: Final = ("nl", "pl", "sv", "da", "no", "fi", "cs", "hu", "ro", "tr", "id", "vi", "ca")

# Letters, and how much they speak for a language wherever they stand.
_LETTERS: Final = (
    (re.compile("[ñ¿¡]"), (("es", 3.0),)),
    (re.compile("[ãõ]"), (("pt", 3.0),)),
    (re.compile("ß"), (("de", 3.0),)),
    (re.compile("[äö]"), (("de", 1.5),)),
    (re.compile("ü"), (("de", 1.2), ("es", 0.2))),
    (re.compile("[œëîûù]"), (("fr", 1.5),)),
    (re.compile("[êâ]"), (("fr", 1.0), ("pt", 1.0))),
    (re.compile("ç"), (("fr", 0.8), ("pt", 0.8))),
    (re.compile("[òì]"), (("it", 2.0),)),
    (re.compile("è"), (("it", 0.8), ("fr", 0.8))),
    (re.compile("à"), (("it", 0.6), ("fr", 0.6), ("pt", 0.4))),
    (re.compile("é"), (("fr", 0.6), ("es", 0.4), ("pt", 0.4))),
    (re.compile("[áíóú]"), (("es", 0.6), ("pt", 0.5))),
    (re.compile(r"\b(?:[nscj]|qu)['’]"), (("fr", 1.5),)),
    (re.compile(r"\b[ld]['’]"), (("fr", 0.8), ("it", 0.7))),
    (re.compile(r"\b(?:un|dell|all|nell|sull|dall|quell)['’]"), (("it", 2.0),)),
    (re.compile("nh|lh"), (("pt", 0.7),)),
    (re.compile(r"ll\w|ñ|ue\w"), (("es", 0.3),)),
)
_SMALL_WORDS: Final = frozenset().union(*(STOP_WORDS[code] for code in _LATIN if code != "en"))
_ENGLISH_ONLY: Final = STOP_WORDS["en"] - _SMALL_WORDS - {"i"}
_ENOUGH: Final = 400  # characters of a text that are looked at
_SURE: Final = 0.15  # lead over the second, per word, from which the tables are believed
_ENDINGS_SPEAK: Final = 0.7  # per word: below it, unknown words in plain letters are names


def detect(text: str) -> str:
    """ISO 639-1 code of the text's language, or "und" where there are no letters.

    Made for ideas of a few words. Short texts of English words, and of names nobody knows,
    are English.
    """
    text = text[:_ENOUGH]
    if not any(char.isalpha() for char in text):
        return "und"
    if not text.isascii() and (code := _by_script(text)):
        return code
    tokens = words(text)
    scores, foreign = _scores(tokens, text.lower())
    best, second, *_ = sorted(scores, key=lambda code: -scores[code])
    each = max(1, len(tokens))
    if text.isascii() and not foreign and scores[best] < _ENDINGS_SPEAK * each:
        return "en"
    if scores[best] <= 0:
        return _ask_model(text, (*_LATIN, *_OTHERS))
    if best == "en" or scores[best] - scores[second] >= _SURE * each:
        return best
    return _ask_model(text, [code for code in scores if scores[code] >= scores[best] * 0.6])


def _by_script(text: str) -> str | None:
    """The language of the text's script, unless most of its words are Latin."""
    for code, pattern in _SCRIPTS:
        found = len(pattern.findall(text))
        if found:
            latin = len(re.findall(r"[a-zA-Z\u00c0-\u024f]+", text))
            if latin > 2 * found:
                return None
            return "ja" if code == "zh" and _JAPANESE_HAN.search(text) else code
    return None


def _scores(tokens: Sequence[str], lower: str) -> tuple[dict[str, float], int]:
    """How much speaks for each Latin-script language, about 1 a word; how many words are foreign.

    Foreign are the words of a list that are not English too.
    """
    foreign = 0
    scores = dict.fromkeys(_LATIN, 0.0)
    for token in tokens:
        known = [code for code in LANGUAGE_WORDS if token in LANGUAGE_WORDS[code]]
        if token in _ENGLISH_ONLY:
            scores["en"] += 1.6
        elif is_english(token):
            scores["en"] += 1.3
        elif known:
            scores["en"] -= 0.8 if token in _SMALL_WORDS else 0.4
            foreign += 1
        for code in known:
            scores[code] += 1.2 / len(known)
        if not known and len(token) > 3:
            _add_endings(token, scores)
    for pattern, votes in _LETTERS:
        found = len(pattern.findall(lower))
        for code, weight in votes:
            scores[code] += weight * min(found, 3)
    return scores, foreign


def _add_endings(token: str, scores: dict[str, float]) -> None:
    if is_english(token):
        return
    longest, tied = _endings(token)
    for code in tied:
        scores[code] += 0.2 * min(longest, 4) / len(tied)


@lru_cache(maxsize=1 << 14)
def _endings(token: str) -> tuple[int, tuple[str, ...]]:
    """The length of the longest ending listed that a word has, and whose it is."""
    ends = {
        code: max((len(e) for e in ENDINGS[code] if token.endswith(e)), default=0)
        for code in ENDINGS
    }
    longest = max(ends.values())
    return longest, tuple(code for code, size in ends.items() if size == longest > 0)


@cache
def _model() -> Any:  # noqa: ANN401 - py3langid has no types
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages([*_LATIN, *_OTHERS])
    return identifier


def _ask_model(text: str, among: Sequence[str]) -> str:
    return str(next(code for code, _ in _model().rank(text) if code in among))
