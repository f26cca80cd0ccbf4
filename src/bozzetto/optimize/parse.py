"""A chat model's answer to a prompt and a negative prompt, whatever it wrapped them in.

Asked for two lines, models answer with greetings, reasoning, fences, lists, JSON, Markdown,
refusals, or the same words for ever. What can be taken off is taken off; what cannot be
trusted is refused with the reason. Pure; never raises; nothing it returns steers a terminal.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from bozzetto.optimize.loops import cut_loops
from bozzetto.optimize.talk import about_task, declines, is_talk, without_talk
from bozzetto.text.language import detect
from bozzetto.text.normalise import normalise
from bozzetto.text.stop_words import STOP_WORDS
from bozzetto.text.words import words

__all__ = ["MAX_ANSWER", "Draft", "Refusal", "foreign", "parse"]

MAX_ANSWER = 20_000
"""Characters of an answer that are looked at."""

_MAX_PROMPT = 3_000


@dataclass(frozen=True, slots=True)
class Draft:
    """What a model proposes: one line of clean text, and what to leave out of the picture."""

    prompt: str
    negative: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an answer gave no prompt, as the end of "it ..." for a person."""

    reason: str


def parse(answer: str, idea: str = "", languages: tuple[str, ...] = ("en",)) -> Draft | Refusal:
    """Find the prompt in an answer to an idea.

    `languages` (ISO 639-1) are those the image model reads.
    """
    text = _unwrapped(answer[:MAX_ANSWER])
    if not text.strip():
        return Refusal("said nothing")
    prompt, negative = _from_json(text) or _from_labels(text) or _from_prose(text)
    if declines(normalise(prompt or text)):
        return Refusal("declined")
    prompt = _line(prompt)
    if not any(c.isalnum() for c in prompt):
        return Refusal("said nothing that can be drawn")
    reason = _unusable(prompt, idea, languages)
    if reason:
        return Refusal(reason)
    dropped = _line(negative)
    useless = not dropped or _NOTHING.fullmatch(dropped) or _unusable(dropped, "", ())
    return Draft(prompt, None if useless else dropped)


# -- around the answer -------------------------------------------------------------------

_ESCAPES = re.compile(
    r"\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b."
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff]")
_THINK = r"(?:think|thinking|thought|thoughts|reasoning|analysis|reflection)"
_THOUGHT = re.compile(rf"<{_THINK}>.*?</{_THINK}>", re.I | re.S)
_THOUGHT_END = re.compile(rf"\A.*</{_THINK}>", re.I | re.S)
_THOUGHT_START = re.compile(rf"<{_THINK}>.*", re.I | re.S)
_TURN_END = re.compile(r"<\|(?:im_end|eot_id|end|endoftext|return)\|>|</s>|<end_of_turn>")
_MARKER = re.compile(
    r"<\|[^|<>\n]{1,30}\|>(?:assistant|final|user|system)?|</?s>|\[/?INST\]|<start_of_turn>(?:model)?"
)
_FENCE = re.compile(r"(?:```|~~~)[ \t]*[\w-]*[ \t]*\n?(.*?)(?:```|~~~|\Z)", re.S)
_HIDDEN = re.compile(r"<(script|style|template)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.I | re.S)


def _unwrapped(text: str) -> str:
    """The answer less escapes, reasoning, turn markers and, where it holds all, the fence."""
    text = _CONTROL.sub("", _ESCAPES.sub("", text))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _THOUGHT_START.sub("", _THOUGHT_END.sub("", _THOUGHT.sub("", text)))
    start = _TURN_END.split(text.lstrip())
    text = _HIDDEN.sub(" ", _MARKER.sub(" ", next((t for t in start if t.strip()), "")))
    fenced = _FENCE.search(text)
    if not fenced:
        return text
    outside = text[: fenced.start()]
    if _LABEL.search(outside) and _LABEL.search(outside)["value"].strip():  # type: ignore[index]
        return text.replace("```", "\n")
    return fenced[1] if fenced[1].strip() else _FENCE.sub("\n", text)


# -- JSON ---------------------------------------------------------------------------------

_POSITIVE_KEYS = ("prompt", "positive_prompt", "positive", "optimized_prompt", "text", "content")
_NEGATIVE_KEYS = ("negative", "negative_prompt", "avoid")
_PAIR = re.compile(r'"((?:positive_|optimized_)?prompt)"\s*:\s*"((?:[^"\\]|\\.)*)', re.I)


def _from_json(text: str) -> tuple[str, str] | None:
    stripped = text.strip()
    if not stripped.startswith(("{", "[")):
        return None
    try:
        found = json.JSONDecoder().raw_decode(stripped)[0]
    except (ValueError, RecursionError):
        found = None
    while isinstance(found, list) and found:
        found = found[0]
    if isinstance(found, dict):
        folded = {str(key).lower().replace(" ", "_"): value for key, value in found.items()}
        prompt = _first_text(folded, _POSITIVE_KEYS)
        return (prompt, _first_text(folded, _NEGATIVE_KEYS)) if prompt else None
    broken = _PAIR.search(stripped)
    return (re.sub(r"\\(.)", r"\1", broken[2]), "") if broken else None


def _first_text(found: dict[str, object], keys: tuple[str, ...]) -> str:
    for key in keys:
        value = found.get(key)
        if isinstance(value, list):
            value = ", ".join(item for item in value if isinstance(item, str))
        if isinstance(value, str) and value.strip():
            return value
    return ""


# -- "PROMPT: ..." and "NEGATIVE: ..." ----------------------------------------------------

_BULLET = re.compile(r"^[ \t]*(?:[-*•·–—+>]+[ \t]+|\(?\d{1,2}[.):][ \t]+|#{1,6}[ \t]+)+")
_LABEL = re.compile(
    r"^[ \t>#*_\-\d.)(•\[]{0,20}"
    r"(?:(?:the|your|my|new|final|optimi[sz]ed|improved|enhanced|rewritten|revised|refined|better"
    r"|sample|example|positive|image|full|detailed)[ \t]+){0,4}"
    r"(?:prompt|prompts|positive|提示词|提示詞|プロンプト|프롬프트)"
    r"(?:[ \t]*(?:#[ \t]*)?\d{1,2})?[ \t*_\])]*[:：=][ \t*_]*(?P<value>.*)$",
    re.I | re.M,
)
_NEGATIVE = re.compile(
    r"(?:^[ \t>#*_\-\d.)(•\[]{0,20}|(?<=[.,;!?\s*])[*_]{0,4})"
    r"(?:NEGATIVE|Negative|negative(?=[ _]prompt))(?:[ _][Pp]rompts?|[ _]PROMPTS?)?"
    r"[ \t*_\])]*[:：=][ \t*_]*(?P<value>.*)$",
    re.M,
)


def _from_labels(text: str) -> tuple[str, str] | None:
    label = _LABEL.search(text)
    if not label:
        return None
    negative = _NEGATIVE.search(text, label.start("value"))
    after = _LABEL.search(text, label.end())
    end = min(m.start() for m in (negative, after) if m) if negative or after else len(text)
    prompt = _paragraph(text[label.start("value") : end])
    avoid = ""
    if negative and not (after and after.start() < negative.start()):
        avoid = _avoid(text, negative)
    return prompt, avoid


def _from_prose(text: str) -> tuple[str, str]:
    negative = _NEGATIVE.search(text)
    if not negative:
        return _paragraph(text), ""
    return _paragraph(text[: negative.start()]), _avoid(text, negative)


def _avoid(text: str, negative: re.Match[str]) -> str:
    return negative["value"] or _paragraph(text[negative.end() :])


def _paragraph(text: str) -> str:
    """The first paragraph that is no talk; of a list the first item, or all when they are tags."""
    for block in re.split(r"\n[ \t]*\n", text):
        lines = [line for line in block.split("\n") if line.strip()]
        items = [_BULLET.sub("", line) for line in lines]
        listed = [a != b.lstrip() or a != b for a, b in zip(items, lines, strict=True)]
        kept = [(i, is_item) for i, is_item in zip(items, listed, strict=True) if not is_talk(i)]
        if not kept:
            continue
        if not kept[0][1]:
            kept = [pair for pair in kept if not pair[1]]
            return " ".join(item for item, _ in kept)
        tags = [item.strip(" ,;.") for item, is_item in kept if is_item]
        short = all(len(tag.split()) <= 6 for tag in tags)
        return ", ".join(tags) if short and len(tags) > 2 else tags[0]
    return ""


# -- the line itself ----------------------------------------------------------------------

_TAG = re.compile(r"</?(?!lora\b|lyco\b|hypernet\b)[a-z!][a-z0-9-]*(?:\s[^<>]*|/)?>", re.I)
_ENTITY = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&nbsp;": " ", "&amp;": "&"}
_MARKS = re.compile(
    r"\*\*|`+|(?<!\w)__(?=\S[^_]*\s)|(?<=\S)__(?!\w)(?<!\w__)|(?<!\w)\*(?=\w)|(?<=\w)\*"
)
_QUOTES = (('"', '"'), ("“", "”"), ("'", "'"), ("‘", "’"), ("«", "»"), ("「", "」"), ("`", "`"))
_QUOTED = re.compile(r'"[^"]*"|“[^”]*”|«[^»]*»|「[^」]*」')
_NOTHING = re.compile(
    r"(?:none|n/?a|no|nothing|null|empty|-|\.|\(none\)|not applicable)[. ]*", re.I
)
_ADDRESS = re.compile(
    r"https?:|\bwww\.|\b[a-z][a-z0-9+.-]*://|\bdata:\w+/|\bjavascript:"
    r"|\b[\w.+-]+@[\w-]+\.\w{2,}|\b[\w-]+\.(?:com|org|net|io|ai|co|gov|edu|info|xyz)\b",
    re.I,
)


def _line(text: str) -> str:
    """One clean line: markup, talk around it, outer quotes and loops taken off."""
    for entity, character in _ENTITY.items():
        text = text.replace(entity, character)
    text = normalise(_MARKS.sub("", _TAG.sub(" ", _BULLET.sub("", text[:_MAX_PROMPT]))))
    for _ in range(4):
        before = text
        text = _unquoted(without_talk(text).strip())
        if text == before:
            break
    return normalise(cut_loops(text).strip(" \t|,;-–—"))


def _unquoted(text: str) -> str:
    for opening, closing in _QUOTES:
        if len(text) > 2 and text.startswith(opening) and text.endswith(closing):
            inner = text[1:-1]
            if opening not in inner and closing not in inner:
                return inner.strip()
    lone = text[:1] in '"“' and text.count('"') + text.count("“") + text.count("”") == 1
    return text[1:] if lone else text


def _unusable(prompt: str, idea: str, languages: tuple[str, ...]) -> str | None:
    """Why a clean line is no prompt, or None."""
    if _ADDRESS.search(prompt):
        return "carries an address"
    if "```" in prompt or "{{" in prompt or _TAG.search(prompt):
        return "carries markup"
    if languages and about_task(prompt, idea):
        return "talks about the task"
    found = foreign(prompt, languages) if languages else None
    return f"is written in {found!r}" if found else None


def foreign(prompt: str, languages: tuple[str, ...]) -> str | None:
    """The language of a prompt that the model does not read. Names in one do not make it so."""
    prompt = _QUOTED.sub(" ", prompt)
    found = detect(prompt)
    if found in (*languages, "und"):
        return None
    letters = [c for c in prompt if c.isalpha()]
    if sum(c > "\u024f" for c in letters) > len(letters) / 10:
        return found
    votes = sum(len(w) > 1 and w in STOP_WORDS.get(found, ()) for w in words(prompt))
    return found if votes >= 2 else None
