"""A chat model's answer to a prompt and a negative prompt, whatever it wrapped them in.

Asked for two lines, models answer with greetings, reasoning, fences, lists, JSON, Markdown,
refusals, or the same words for ever. What can be taken off is taken off; what cannot be
trusted is refused with the reason. Pure; never raises; nothing it returns steers a terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bozzetto.optimize.loops import cut_loops
from bozzetto.optimize.shapes import as_lines, from_json
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
    text = _unwrapped(_bare(answer[:MAX_ANSWER], idea))
    if not text.strip():
        return Refusal("said nothing")
    refusal: Refusal | None = None
    for prompt, negative in _found(text):
        draft = _draft(prompt or text, prompt, negative, idea, languages)
        if isinstance(draft, Draft):
            return draft
        refusal = refusal or draft
    return refusal or Refusal("said nothing that can be drawn")


def _found(text: str) -> Iterator[tuple[str, str]]:
    """What may be the prompt and what to avoid, the likeliest first."""
    if pair := from_json(text):
        yield pair
        return
    lines = as_lines(text)
    labelled = list(_from_labels(lines))
    yield from labelled or [_from_prose(lines)]


def _draft(
    said: str, prompt: str, negative: str, idea: str, languages: tuple[str, ...]
) -> Draft | Refusal:
    """A proposal made clean, or why it is none; `said` is what a refusal is looked for in."""
    if declines(normalise(said)):
        return Refusal("declined")
    prompt = _line(prompt)
    if not any(c.isalnum() for c in prompt):
        return Refusal("said nothing that can be drawn")
    reason = _unusable(prompt, idea, languages)
    if reason:
        return Refusal(reason)
    dropped = _line(_ASIDE.sub("", negative))
    useless = not dropped or _NOTHING.fullmatch(dropped) or _unusable(dropped, "", ())
    return Draft(prompt, None if useless else dropped)


_ASIDE = re.compile(r"[ \t]*\((?:to|this|these|for|as|since|because|so)\b[^()]*\)[ \t]*$", re.M)


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
_NEGATIVE_HEADING = re.compile(r"^\W*negative(?: prompts?)?\W*$", re.I | re.M)
_HIDDEN = re.compile(r"<(script|style|template)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.I | re.S)


_PICTURES = "\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\U0001f300-\U0001faff\ufe0f\u200d"
_DECORATED = re.compile(rf"^[ \t]*[{_PICTURES}][{_PICTURES} \t]*|[ \t]*[{_PICTURES}]+[ \t]*$", re.M)
_ANALYSIS = re.compile(
    r"<\|channel\|>(?:analysis|commentary)<\|message\|>.*?(?:<\|end\|>|\Z)", re.S
)


def _bare(text: str, idea: str) -> str:
    """The answer without emoji around its lines, unless the idea has some."""
    return text if re.search(f"[{_PICTURES}]", idea) else _DECORATED.sub("", text)


def _unwrapped(text: str) -> str:
    """The answer less escapes, reasoning, turn markers and, where it holds all, the fence."""
    text = _CONTROL.sub("", _ESCAPES.sub("", text))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _THOUGHT_START.sub("", _THOUGHT_END.sub("", _THOUGHT.sub("", text)))
    start = _TURN_END.split(_ANALYSIS.sub("", text).lstrip())
    text = _HIDDEN.sub(" ", _MARKER.sub(" ", next((t for t in start if t.strip()), "")))
    fenced = _FENCE.search(text)
    if not fenced:
        return text
    if _NEGATIVE_HEADING.search(text[: fenced.start()] + text[fenced.end() :]):
        return _FENCE.sub(r"\n\1\n", text)
    outside = text[: fenced.start()]
    if _LABEL.search(outside) and _LABEL.search(outside)["value"].strip():  # type: ignore[index]
        return text.replace("```", "\n")
    return fenced[1] if fenced[1].strip() else _FENCE.sub("\n", text)


# -- "PROMPT: ..." and "NEGATIVE: ..." ----------------------------------------------------

_BULLET = re.compile(r"^[ \t]*(?:[-*•·–—+>]+[ \t]+|\(?\d{1,2}[.):][ \t]+|#{1,6}[ \t]+)+")
_LABEL = re.compile(
    r"^[ \t>#*_\-\d.)(•\[]{0,20}"
    r"(?:(?:the|your|my|new|final|optimi[sz]ed|improved|enhanced|rewritten|revised|refined|better"
    r"|sample|example|positive|image|full|detailed|english|stable|diffusion|sdxl?|flux|midjourney)"
    r"[ \t]+){0,4}(?:prompt|prompts|positive|output|answer|response|result|option|variation"
    r"|variant|version|candidate|提示词|提示詞|プロンプト|프롬프트)"
    r"(?:[ \t]*(?:#[ \t]*)?(?:\d{1,2}|[A-F]))?(?:[ \t]+for[ \t]+[\w .-]{1,30}?)?"
    r"(?:[ \t]*\([^()\n]{1,20}\))?"
    r"[ \t*_\])]*[:：=][ \t*_]*(?P<value>.*)$",
    re.I | re.M,
)
_NEGATIVE = re.compile(
    r"(?:^[ \t>#*_\-\d.)(•\[]{0,20}(?:SDXL |SD |Flux |Stable Diffusion )?(?:NEGATIVE|[Nn]egative)"
    r"|(?<=[.,;!?\s*])[*_]{0,4}(?:NEGATIVE|Negative|negative(?=[ _]prompt)))"
    r"(?:[ _][Pp]rompts?|[ _]PROMPTS?)?[ \t*_\])]*[:：=][ \t*_]*(?P<value>.*)$",
    re.M,
)


def _from_labels(text: str) -> Iterator[tuple[str, str]]:
    """What stands behind each label, with the negative before the next one."""
    labels = list(_LABEL.finditer(text))
    for label, after in zip(labels, (*labels[1:], None), strict=False):
        end = after.start() if after else len(text)
        negative = _NEGATIVE.search(text, label.start("value"), end)
        prompt = _paragraph(text[label.start("value") : negative.start() if negative else end])
        if prompt.strip():
            yield prompt, _avoid(text, negative) if negative else ""


def _from_prose(text: str) -> tuple[str, str]:
    negative = _NEGATIVE.search(text)
    if not negative:
        return _paragraph(text), ""
    return _paragraph(text[: negative.start()]), _avoid(text, negative)


def _avoid(text: str, negative: re.Match[str]) -> str:
    return negative["value"] or _paragraph(text[negative.end() :].partition("PROMPT:")[0])


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
    return normalise(cut_loops(text).strip(" \t|,;-–—").lstrip(":").lstrip())


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
