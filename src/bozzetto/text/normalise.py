"""Prompts as clean text, their duplicate key and their id.

DiffusionDB's prompts come with spaces around punctuation and between digits ("1 9 8 0 s",
"sci - fi", "( ( x ) )"): the same prompt exists spaced and unspaced, so spacing is mended
before anything compares two texts.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256

__all__ = ["fold", "normalise", "plain", "prompt_id", "visible"]

_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f]")
# Joiners and variation selectors stay beside what is not ASCII: emoji and Indic need them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
    "|(?<![^\x00-\x7f])[\u200c\u200d\ufe0e\ufe0f]|[\u200c\u200d](?![^\x00-\x7f])"
)
_LONE = re.compile("[\ud800-\udfff]")
# UTF-8 read as Latin-1 or Windows-1252: a lead byte's letter, then a continuation's.
_MOJIBAKE = re.compile(
    "[\x80-\x84\x86-\x9f]|[\u00c2-\u00f4\u0102\u0413\u0420\u0421]"
    "[\u0080-\u00bf\u0152-\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"
)

# One cheap look decides that a text needs no mending: true for half of the prompts.
_SUSPECT = re.compile(r" (?:(?<=[\d(\[{'’&#:/] )|(?=[-,;!?.)\]}'’&:/]))")

# One space too many. Each alternative looks at what stands before and after that space; the
# first two lines sort out quickly the spaces that nothing is wrong with. "engine 5 8 k"
# is Unreal Engine 5 in 8k, not 58k.
_SPACE = re.compile(
    r"""\ (?:
      (?=[-,;!?.)\]}'’&:/])(?:
          (?<=\S\ )(?=[,;!?.](?:\s|$)|[)\]}])
        | (?<=\w\ )(?=['’]\ ?(?:s|t|d|m|re|ve|ll)\b)
        | (?<=\b[a-zA-Z]\ )(?=&\ [a-zA-Z]\b)
        | (?<=\d\ )(?=[:/]\ \d)
        | (?<=\b[fF]\ )(?=/\ ?\d)
        | (?<=:\ )(?=:)
        | (?=:\ ?\d+(?:\.\ ?\d+)?\ ?\))
        )
      | (?<=[\d(\[{'’&\#:/.]\ )(?:
          (?<=\b\d\ )(?<!engine\ \d\ )(?<!unreal\ \d\ )(?=\d\b(?!\ d\b))
        | (?<=\d\ )(?=(?:[kK]|mm)\b)
        | (?<=\b[234]\ )(?=[dD]\b)
        | (?<=\d\ 0\ )(?=s\b) | (?<=\d0\ )(?=s\b)
        | (?<=\b\d\.\ )(?<!engine\ \d\.\ )(?<!unreal\ \d\.\ )(?=\d\b(?!\ ?[kKdD]\b))
        | (?<=\d\ [:/]\ )(?=\d)
        | (?<=\b[fF]\ /\ )(?=\d) | (?<=\b[fF]/\ )(?=\d)
        | (?<=:\ )(?=\d+(?:\.\ ?\d+)?\ ?\))
        | (?<=\w\ ['’]\ )(?=(?:s|t|d|m|re|ve|ll)\b)
        | (?<=\b[a-zA-Z]\ &\ )(?=[a-zA-Z]\b)
        | (?<=[(\[{]\ )
        | (?<=\#\ )(?=\w)
        )
    )""",
    re.VERBOSE,
)
# A dash in a text that spaces all its dashes joins, unless what follows is a style of its own.
_DASH = re.compile(
    r"(?<=\w) - (?=\w)(?!(?:digital|oil|watercolor|concept|highly|trending|by|art|illustration"
    r"|painting|kawaii|surreal|photo of|photography)\b)"
)
_TIGHT_DASH = re.compile(r"\w-\w")


def normalise(text: str) -> str:
    """The text as it should be shown: one line, nothing invisible, spacing mended.

    Never raises, whatever the string; the result encodes to UTF-8 and is a fixed point.
    """
    if text.isascii():
        if not text.isprintable():
            text = _CONTROL.sub("", text)
        return _mend_spaces(_one_line(text))
    before = None
    while text != before:  # one repair can lay open another; each shortens the text
        before = text
        text = _mend_spaces(_one_line(_mend_characters(text)))
    return text


def _one_line(text: str) -> str:
    if "  " in text or not text.isprintable():
        return " ".join(text.split())
    return text.strip(" ")


def _mend_spaces(text: str) -> str:
    while _SUSPECT.search(text):
        before, text = text, _SPACE.sub("", text)
        if " - " in text and text == text.lower() and not _TIGHT_DASH.search(text):
            text = _DASH.sub("-", text)
        if text == before:
            break
    return text


def _mend_characters(text: str) -> str:
    text = _join_pairs(text)
    if _MOJIBAKE.search(text):
        text = _fix_encoding(text)
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", text))


def _fix_encoding(text: str) -> str:
    from ftfy import fix_encoding

    fixed = str(fix_encoding(text))
    # A real repair shortens; anything else could go on for ever.
    return fixed if len(fixed) < len(text) else text


def _join_pairs(text: str) -> str:
    """Surrogate pairs as the characters they stand for; lone ones stay."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return text


def fold(text: str) -> str:
    """The duplicate key of a normalised text: case, spaces and end punctuation folded."""
    return " ".join(text.casefold().split()).rstrip(" .,;:!|-")


def prompt_id(text: str) -> str:
    """The id of a prompt, equal for texts that differ in spacing, case or end only."""
    return sha256(fold(normalise(text)).encode()).hexdigest()[:16]


_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)


def plain(text: str) -> str:
    """A text as it is but for what no file holds: control characters, halves of characters."""
    return _LONE.sub("\ufffd", _CONTROL.sub("", text))


def visible(text: str) -> str:
    r"""The text made safe for a terminal: what steers it is shown as \xNN or \uNNNN."""
    return _UNSAFE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
