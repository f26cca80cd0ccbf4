r"""How strongly a front end is to weigh parts of a prompt: read, written, converted, taken out.

    a1111    "(x:1.2)"; "((x))" is 1.1 twice, "[x]" 1/1.1; nested weights multiply
    comfy    "(x:1.2)"; "(x)" is 1.1; square brackets mean nothing; an inner number stands alone
    compel   "(x)1.2", "(x)++", "x-": each "+" is 1.1, each "-" .9; nested weights multiply

After AUTOMATIC1111's stable-diffusion-webui (modules/prompt_parser.py,
`parse_prompt_attention`), ComfyUI (comfy/sd1_clip.py, `token_weights`) and Compel 2.5
(compel/prompt_parser.py; its `.and()`, `.swap()` and `.blend()` are not read). A backslash makes
a bracket an ordinary character. What `spans.literals` finds (quoted text, `<lora:...>`, wildcards,
prompt editing) passes through all of it untouched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final, Literal

from bozzetto.text.spans import literals

__all__ = ["Piece", "Syntax", "convert", "parse", "recognise", "strip_weights", "write"]

Syntax = Literal["a1111", "comfy", "compel", "none"]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text and its effective weight, to two decimals.

    `literal` text is syntax of its own, or quoted: it is never escaped.
    """

    text: str
    weight: float = 1.0
    literal: bool = False


@dataclass(slots=True)
class _Token:
    """A stretch of text, or a bracket; on a closing one the factor or the weight it carries."""

    kind: Literal["text", "literal", "open", "close"]
    text: str
    factor: float = 1.0
    absolute: bool = False
    paired: bool = False


_NUMBER: Final = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"
_WORD: Final = r"(?:\\[-+()]|[^\s()+\\,.\"=-]|[+-](?![\s(),.\"=+-]|$)|\\)"
# A possessive group ("(...)++") takes too much in Python 3.11.0 to 3.11.3; an atomic one does not.
_SCANNERS: Final = {
    "a1111": re.compile(
        r"\\(?P<escaped>[()\[\]\\])"
        rf"|(?P<open>[(\[])|(?::[ \t]*+(?P<number>{_NUMBER})[ \t]*+)?(?P<close>\))|(?P<square>\])"
        r"|(?P<text>[^\\()\[\]:]+|.)",
        re.S,
    ),
    "comfy": re.compile(
        r"\\(?P<escaped>[()])"
        rf"|(?P<open>\()|(?::[ \t]*+(?P<number>{_NUMBER})[ \t]*+)?(?P<close>\))"
        r"|(?P<text>[^\\():]+|.)",
        re.S,
    ),
    "compel": re.compile(
        r"(?P<open>\()|(?P<close>\))(?:(?P<signs>\++|-+)|(?P<number>-?(?:\d+\.?\d*|\.\d+)))?"
        rf"|(?P<word>(?>{_WORD}+))(?P<worded>\++|-+)?"
        r"|(?P<text>[\s,.\"=]+|.)",
        re.S,
    ),
}
_MARKS: Final = {
    "a1111": re.compile(r"[()\[\]\\]"),
    "comfy": re.compile(r"[()\\]"),
    "compel": re.compile(r"[()\\+-]"),
}
_COMPEL: Final = re.compile(r"(?<!\\)\)(?:\d*\.\d|(?:\++|-+)(?![\w+-]))|[^\W\d_]{2}\+\+(?!\w)")
_FACTORS: Final = {"(": 1.1, "[": 1 / 1.1}
_STEPS: Final = {"+": 1.1, "-": 0.9}
_STRONGEST: Final = 100.0


def recognise(text: str) -> Syntax:
    """The syntax of a prompt's weights: "compel" where its marks are found, else "a1111".

    ComfyUI's cannot be told from A1111's: "(x:1.2)" is the same in both.
    """
    return "compel" if _COMPEL.search(text) else "a1111"


def strip_weights(text: str, syntax: Syntax = "a1111") -> str:
    r"""Take the weights out: brackets and numbers go, "\(x\)" gives "(x)".

    A1111's unbalanced brackets go too, those of the others are text.
    """
    if syntax == "none" or not _MARKS[syntax].search(text):
        return text
    return "".join(piece.text for piece in parse(text, syntax))


def convert(text: str, source: Syntax, target: Syntax) -> str:
    """The same prompt with its weights in another syntax; for "none" without them.

    Equal syntaxes give the text back as it is.
    """
    return text if source == target else write(parse(text, source), target)


def parse(text: str, syntax: Syntax) -> tuple[Piece, ...]:
    """A prompt as pieces with effective weights, neighbours of one weight joined.

    A1111's brackets that nothing closes weigh all that follows, as there, unless they cross
    others; its closing ones that nothing opened are dropped. In the others both are text.
    """
    tokens = list(_stretches(text, syntax))
    for token in _unclosed(tokens):
        if syntax == "a1111":
            token.paired, token.factor = True, _FACTORS[token.text]
    return tuple(_joined(_spaced(_joined(_weighed(tokens, keep=syntax != "a1111")))))


def _stretches(text: str, syntax: Syntax) -> Iterator[_Token]:
    """The tokens of a prompt: its literals whole, what is between them scanned."""
    at = 0
    for span in literals(text):
        yield from _scan(text[at : span.start], syntax)
        yield _Token("literal", text[span.start : span.end])
        at = span.end
    yield from _scan(text[at:], syntax)


def _scan(text: str, syntax: Syntax) -> Iterator[_Token]:
    if syntax == "none":
        yield _Token("text", text)
        return
    last = _Token("text", "")
    for match in _SCANNERS[syntax].finditer(text):
        for token in _read(match.groupdict(), match[0], syntax):
            if token.kind == "close" and match[0][0] == ":":
                last.text = last.text.rstrip()  # "(snow : 1.2)"
            yield last
            last = token
    yield last


def _read(found: dict[str, str | None], whole: str, syntax: Syntax) -> Iterator[_Token]:
    """The tokens of one match of a scanner; a weighted word is three."""
    word, signs = found.get("word"), found.get("worded")
    if found["open"]:
        yield _Token("open", whole)
    elif found["close"]:
        yield _close(found, whole, syntax)
    elif found.get("square"):
        yield _Token("close", "]", _FACTORS["["])
    elif word and signs:
        yield _Token("open", "(")
        yield _Token("text", _unescaped(word))
        yield _Token("close", ")", _stepped(signs))
    else:
        yield _Token("text", found.get("escaped") or _unescaped(word or "") or whole)


def _unescaped(word: str) -> str:
    return re.sub(r"\\([-+()])", r"\1", word)


def _stepped(signs: str) -> float:
    return _STEPS[signs[0]] ** min(len(signs), 100)


def _close(found: dict[str, str | None], whole: str, syntax: Syntax) -> _Token:
    signs, number = found.get("signs"), found["number"]
    if signs:
        return _Token("close", whole, _stepped(signs))
    if number is not None:
        return _Token("close", whole, float(number), absolute=syntax == "comfy")
    return _Token("close", whole, 1.0 if syntax == "compel" else _FACTORS["("])


def _unclosed(tokens: list[_Token]) -> list[_Token]:
    """Marks the brackets that pair, hands the closing one's factor on; the opening ones left."""
    opened: list[_Token] = []
    waiting = {"(": 0, "[": 0}
    for token in tokens:
        opener = "[" if token.text == "]" else "("
        if token.kind == "open":
            opened.append(token)
            waiting[token.text] += 1
        elif token.kind == "close" and waiting[opener]:
            while opened[-1].text != opener:  # one within was never closed
                waiting[opened.pop().text] -= 1
            partner = opened.pop()
            waiting[opener] -= 1
            partner.paired = token.paired = True
            partner.factor, partner.absolute = token.factor, token.absolute
    return opened


def _weighed(tokens: Iterable[_Token], *, keep: bool) -> Iterator[Piece]:
    """Pieces in order. `keep` says that brackets without a partner are text."""
    weights = [1.0]
    for token in tokens:
        if token.kind in ("text", "literal"):
            yield Piece(token.text, round(weights[-1], 2), token.kind == "literal")
        elif not token.paired:
            if keep:
                yield Piece(token.text, round(weights[-1], 2))
        elif token.kind == "open":
            weights.append(_bounded(token.factor * (1.0 if token.absolute else weights[-1])))
        else:
            weights.pop()


def _bounded(weight: float) -> float:
    return max(-_STRONGEST, min(weight, _STRONGEST))


def _spaced(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Space at the end of a weighted run goes behind it: "(snow )1.2" is "(snow)1.2 "."""
    for weight, group in groupby((p for p in pieces if p.text), lambda piece: piece.weight):
        *run, last = group
        text = last.text if last.literal or weight == 1.0 else last.text.rstrip()
        yield from (*run, replace(last, text=text))
        yield Piece(last.text[len(text) :])


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    some = (piece for piece in pieces if piece.text)
    for (weight, literal), group in groupby(some, lambda piece: (piece.weight, piece.literal)):
        if literal:
            yield from group
        else:
            yield Piece("".join(piece.text for piece in group), weight)


def write(pieces: Sequence[Piece], syntax: Syntax) -> str:
    """Pieces as a prompt; neighbours of one weight share their brackets.

    What `parse` gives comes back equal, but for a backslash right before a bracket in syntaxes
    that cannot escape a backslash (comfy, compel).
    """
    if syntax == "none":
        return "".join(piece.text for piece in pieces)
    written = ""
    parts: list[str] = []
    for weight, group in groupby(pieces, lambda piece: piece.weight):
        text = "".join(p.text if p.literal else _escaped(p.text, syntax) for p in group)
        bare = weight == 1.0 and not (syntax == "compel" and written and text[:1].isdigit())
        written = "" if bare else _bracketed(text, weight, syntax)
        parts.append(written or text)
    return "".join(parts)


def _bracketed(text: str, weight: float, syntax: Syntax) -> str:
    number = f"{weight:.2f}".removesuffix("0")
    return f"({text}){number}" if syntax == "compel" else f"({text}:{number})"


def _escaped(text: str, syntax: Syntax) -> str:
    if syntax == "a1111":
        return re.sub(r"[()\[\]]|\\(?=[()\[\]\\]|$)", r"\\\g<0>", text)
    if syntax == "comfy":
        return re.sub(r"[()]", r"\\\g<0>", text)
    return re.sub(r"[()]|(?<!\s)[+-](?=[\s(),.\"=+-]|$)", r"\\\g<0>", text)
