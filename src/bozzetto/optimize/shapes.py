r"""The shapes that chat models answer in, brought into lines of "PROMPT:" and "NEGATIVE:".

JSON in all its spellings, XML tags, Markdown headings, tables, numbered versions, lists of
fields, `\boxed{}`. What has none of these shapes stays as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence

__all__ = ["as_lines", "from_json"]

_ADJECTIVES = (
    r"(?:(?:the|your|my|new|final|optimi[sz]ed|improved|enhanced|rewritten|revised|refined|better"
    r"|sample|example|positive|image|full|detailed|english|stable|diffusion|sdxl?|flux|midjourney)"
    r"[ \t]+){0,4}"
)
_Rule = tuple[re.Pattern[str], str]
_RULES: Sequence[_Rule] = tuple(
    (re.compile(pattern, re.I | re.M | re.S), instead)
    for pattern, instead in (
        (r"<(reference|idea|idea_in_\w+|wishes|leave_out|look|change)>.*?</\1>", "\n"),
        (r"</?(?:output|answer|response|result|final|final_answer)>", "\n"),
        (r"\A\s*(?:assistant|ai|bot|model)[ \t]*[:：][ \t]*", ""),
        (r"^[ \t]*(?:好的|当然|没问题|もちろん|はい|네|물론)[^\n]{0,6}$", ""),
        (r"^[ \t]*\[(prompt|negative)\][ \t:]*", r"\1: "),
        (r"^[ \t]*(?-i:(PROMPT|NEGATIVE))[ \t]+[-–—][ \t]+", r"\1: "),
        (r"^([ \t]*(?:prompt|negative):[ \t]*)[<\[{](?!lora|lyco|hypernet)([^<>\[\]{}|\n]+)[>\]}]"
         r"[ \t]*$", r"\1\2"),
        (r"^[ \t#*_>\-\d.)]*(?:option|variation|variant|version)[ \t]*(?:\d{1,2}|[A-F])\b"
         r"[^\n]{0,50}\*\*[ \t]*$", "\nPROMPT:"),
        (r"(?:[ \t]+#[a-z]\w*)+[ \t]*$", ""),
        (r"<br\s*/?>|\\n(?=\s*\W{0,4}(?:prompt|negative)\b)", "\n"),
        (r"<(?:negative|negative_prompt)>(.*?)(?:</\w+>|\Z)", r"\nNEGATIVE: \1\n"),
        (r"<(?:prompt|positive|positive_prompt|optimi[sz]ed_prompt)>(.*?)(?:</\w+>|\Z)",
         r"\nPROMPT: \1\n"),
        (r"^[ \t]*\$*\\boxed\{(?:\\text\{)?(.*?)\}+\$*[ \t]*$", r"\1"),
        (r"^[ \t]*\|[ \t*]*(?:optimi[sz]ed |positive )?prompt[ \t*]*\|(.*?)\|?[ \t]*$",
         r"PROMPT: \1"),
        (r"^[ \t]*\|[ \t*]*negative(?: prompt)?[ \t*]*\|(.*?)\|?[ \t]*$", r"NEGATIVE: \1"),
        (r"^[ \t]*\|[^\n]*$", ""),
        # Headings: of the prompt, of what to avoid, of anything else.
        (rf"^[ \t]*(?:#+[ \t]*|\*\*|__)[^\w\n]*{_ADJECTIVES}prompt[^\w\n]*$", "\nPROMPT:"),
        (r"^[ \t]*(?:#+[ \t]*|\*\*|__)[^\w\n]*negative(?:[ \t]prompts?)?[^\w\n]*$", "\nNEGATIVE:"),
        (r"^[ \t]*[#*_>\-\d.)( \t]*(?:option|variation|variant|version|prompt|candidate)[ \t]*"
         r"(?:#?\d{1,2}|[A-F])\b[^:：\n]{0,40}$", "\nPROMPT:"),
        (r"^[ \t]*#{1,6}[ \t][^\n]*$", "\n"),
        (r"^[ \t]*[（(][^()（）\n]*[)）][ \t]*$", ""),
        (r"^[ \t]*/imagine[ \t]+", ""),
        (r"^[ \t]*(\d{1,2}[.)][ \t]+)(?:\*\*|__)[^*_\n]{1,50}(?:[:：](?:\*\*|__)|(?:\*\*|__)[:：])",
         r"\1"),
        (r"\n[ \t]*neg(?:ative|ativ|ati|at|a)?[ \t]*\Z", "\n"),
        (r"[ \t]*[（(]~?\d+ (?:words?|tokens?|characters?)[)）]", ""),
    )
)  # fmt: skip


def as_lines(text: str) -> str:
    """The answer with its prompt behind "PROMPT:", where another shape marks it."""
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return _fields(text) or text


# -- a list of fields ---------------------------------------------------------------------

_FIELD = re.compile(
    r"^[ \t>#*_\-•\d.)]*(?:main )?(subject|scene|setting|action|environment|background|medium|style"
    r"|art style|technique|lighting|light|mood|atmosphere|palette|colou?rs?|colou?r palette"
    r"|composition|camera|lens|framing|angle|details?|texture|quality)[ \t*_]*[:：][ \t*_]*(.+)$",
    re.I | re.M,
)
_LABELLED = re.compile(r"^\W*(?:\w+ ){0,3}prompt\b[^:\n]{0,20}[:：]", re.I | re.M)


def _fields(text: str) -> str | None:
    """A list of fields ("Subject: ...", "Lighting: ...") as one prompt; None for other texts."""
    found = [value.strip(" \t.*_") for _, value in _FIELD.findall(text)]
    if len(found) < 3 or _LABELLED.search(text):
        return None
    return f"PROMPT: {', '.join(found)}"


# -- JSON ---------------------------------------------------------------------------------

_POSITIVE = (
    "prompt", "positive_prompt", "positive", "optimized_prompt", "prompts", "text", "content",
)  # fmt: skip
_NEGATIVE = ("negative", "negative_prompt", "avoid")
_KEYS = re.compile(r"""[{,\[]\s*["'](?:\w+[ _])?prompts?["']\s*:""", re.I)
_DEEPEST = 4


def from_json(text: str) -> tuple[str, str] | None:
    """The prompt and what to avoid out of JSON, whole or broken, with text around or without."""
    stripped = text.strip()
    keyed = _KEYS.search(text)
    if not stripped.startswith(("{", "[")) and not keyed:
        return None
    start = text.find("{") if keyed else text.find(stripped[0])
    try:
        found = json.JSONDecoder().raw_decode(text[start:])[0]
    except (ValueError, RecursionError):
        return _broken(text)
    prompt = next(_texts(found, _POSITIVE), "")
    return (prompt, next(_texts(found, _NEGATIVE), "")) if prompt else None


def _texts(found: object, keys: Sequence[str], depth: int = 0) -> Iterator[str]:
    """The texts under some keys, those of the outermost first."""
    if depth > _DEEPEST:
        return
    if isinstance(found, list):
        for item in found[:1]:
            yield from _texts(item, keys, depth + 1)
    if not isinstance(found, dict):
        return
    folded = {str(key).lower().replace(" ", "_"): value for key, value in found.items()}
    for key in keys:
        yield from _text(folded.get(key), several=key != "prompts")
    for value in folded.values():
        yield from _texts(value, keys, depth + 1)


def _text(value: object, *, several: bool) -> Iterator[str]:
    """A text; of a list all texts as one, or the first of several prompts."""
    if isinstance(value, list):
        texts = [item for item in value if isinstance(item, str)]
        value = ", ".join(texts if several else texts[:1])
    if isinstance(value, str) and value.strip():
        yield value


def _pair(keys: str) -> Callable[[str], str]:
    """Reads the text of a key out of JSON that does not parse, its end missing maybe."""
    patterns = [
        re.compile(rf"{mark}(?:{keys}){mark}\s*:\s*{mark}((?:[^{mark}\\]|\\.)*)", re.I)
        for mark in ('"', "'")
    ]

    def read(text: str) -> str:
        found = next((match for p in patterns if (match := p.search(text))), None)
        return re.sub(r"\\(.)", r"\1", found[1]) if found else ""

    return read


_broken_prompt = _pair("(?:positive_|optimized_)?prompt")
_broken_negative = _pair("negative(?:_prompt)?|avoid")


def _broken(text: str) -> tuple[str, str] | None:
    prompt = _broken_prompt(text)
    whole = text.rstrip().endswith(("}", "]", "`"))
    return (prompt, _broken_negative(text) if whole else "") if prompt else None
