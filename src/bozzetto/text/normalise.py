"""Prompts as clean text, their duplicate key and their id.

DiffusionDB's prompts come with spaces around punctuation and between digits ("1 9 8 0 s",
"sci - fi", "( ( x ) )"): the same prompt exists spaced and unspaced, so spacing is mended
before anything compares two texts.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256

__all__ = ["fold", "normalise", "prompt_id", "visible"]

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\uffff\ud800-\udfff"
    "\U000e0000-\U000e0fff]"
    "|(?<![^\x00-\x7f])[\u200c\u200d\ufe0e\ufe0f]|[\u200c\u200d](?![^\x00-\x7f])"
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f]")
_MOJIBAKE = re.compile("[\x80-\x84\x86-\x9f]|[\u00c2-\u00f4\u0152\u0160\u0178\u017d][\u0080-\u00bf\u0152-\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]")

# One look decides for most prompts that no spacing needs mending.
_SPACED = re.compile(r"\d[ .]|[\w'] [-'/&,;.!?)\]}:]|[(\[{] | ['’:]")

_MEND: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<=\b\d)(?<!engine \d)(?<!unreal \d) (?=\d\b)"), ""),
    (re.compile(r"(?<=\d)(?<!engine \d)(?<!unreal \d)\. (?=\d\b(?! ?[kd]\b))"), "."),
    (re.compile(r"(?<=\d) (?=(?:k|mm)\b)|(?<=\b[234]) (?=d\b)|(?<=\d0) (?=s\b)", re.I), ""),
    (re.compile(r"(?<=\d) / (?=\d)"), "/"),
    (re.compile(r"(?<=\bf) ?/ (?=\d)"), "/"),
    (re.compile(r"(?<=\w) (['’]) ?(?=(?:s|t|d|m|re|ve|ll)\b)", re.I), r"\1"),
    (re.compile(r"(?<=\b\w) & (?=\w\b)"), "&"),
    (re.compile(r"(?<=[(\[{]) | (?=[)\]}])"), ""),
    (re.compile(r"(?<=\S) (?=[,;!?](?:\s|$)|\.(?:\s|$))"), ""),
    (re.compile(r"(?<=\w) ?: ?(?=\d+(?:\.\d+)?\))"), ":"),
)
_DASH = re.compile(r"(?<=\w) - (?=\w)")
_TIGHT_DASH = re.compile(r"\w-\w")


def normalise(text: str) -> str:
    """The text as it should be shown: one line, nothing invisible, spacing mended.

    Never raises, whatever the string; the result encodes to UTF-8 and is a fixed point.
    """
    if not text.isascii():
        text = _plain(text)
    elif _CONTROL.search(text):
        text = _CONTROL.sub("", text)
    text = " ".join(text.split())
    while _SPACED.search(text):
        mended = _mend(text)
        if mended == text:
            break
        text = mended
    return text


def _mend(text: str) -> str:
    for pattern, by in _MEND:
        text = pattern.sub(by, text)
    if " - " in text and text == text.lower() and not _TIGHT_DASH.search(text):
        text = _DASH.sub("-", text)
    return text


def _plain(text: str) -> str:
    """Mend what is wrong in a text that is not ASCII: encoding, composition, invisibles."""
    for _ in range(8):
        before = text
        if _MOJIBAKE.search(text):
            text = _fix_encoding(text)
        text = unicodedata.normalize("NFC", _INVISIBLE.sub("", _join_pairs(text)))
        if text == before:
            break
    return text


def _fix_encoding(text: str) -> str:
    from ftfy import fix_encoding

    return str(fix_encoding(text))


def _join_pairs(text: str) -> str:
    """Surrogate pairs as the characters they stand for; lone ones stay."""
    try:
        text.encode()
    except UnicodeEncodeError:
        data = text.encode("utf-16-le", "surrogatepass")
        return data.decode("utf-16-le", "surrogatepass") if False else data.decode(
            "utf-16-le", "ignore"
        )
    return text


def fold(text: str) -> str:
    """The duplicate key of a normalised text: case, spaces and end punctuation folded."""
    return " ".join(text.casefold().split()).rstrip(" .,;:!|-")


def prompt_id(text: str) -> str:
    """The id of a prompt, equal for texts that differ in spacing, case or end only."""
    return sha256(fold(normalise(text)).encode("utf-8", "replace")).hexdigest()[:16]


_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    r"""The text made safe for a terminal: what steers it is shown as \xNN, \uNNNN."""
    return _UNSAFE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
