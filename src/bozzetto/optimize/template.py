"""Templates: a prompt with named slots, their defaults and what to put there.

`{subject} on {surface=a marble table}` has two slots; `{{` and `}}` are braces, which in a
default come in pairs and stay as they are. Choices of dynamic prompts, `{red|blue}`, are
text. What fills a slot is data: braces in it mean nothing.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bozzetto.errors import InputError, NotFoundError

__all__ = ["Slot", "Template", "fill", "idea_slot", "load", "make", "parts", "written"]

LONGEST = 10_000
"""Characters of a template's text, and of what fills a slot."""

_NAME = re.compile(r"\s*([^\W\d][\w-]{0,39})\s*")
_FILE_NAME = re.compile(r"\w[\w .-]{0,59}")
_IDEA = ("idea", "subject")
_KEYS = ("name", "text", "slots", "use", "profile", "version")
_SLOT_KEYS = ("default", "guidance")
_ESCAPE = 'a brace of the text is written twice: "{{" or "}}"'


_PART = re.compile(r"[,;\n]|\.(?=\s|$)")
_LEADS = re.compile(
    r"(?:^|\s+)(?:\w+(?:ed|ing)\s+)?(?:in the (?:style|manner) of|by|with|in|on|at|of|from|under|"
    r"near|against|behind|and|or|for)(?:\s+(?:an?|the))?\s*$",
    re.I,
)
"""Words that lead up to a thing and mean nothing without it."""
_JOINT = re.compile(r"^\s*(?:and|or)\b", re.I)


@dataclass(frozen=True, slots=True)
class Slot:
    """A place to fill; without a default it has to be. `guidance` says what belongs there."""

    name: str
    default: str | None = None
    guidance: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A text with slots, in the order of the text. `profile` is the one it is made for."""

    name: str
    text: str
    slots: tuple[Slot, ...]
    use: str = ""
    profile: str | None = None
    version: str = "1"


_Piece = tuple[str, Slot | None, bool]


# -- the text -----------------------------------------------------------------------------


def parts(text: str) -> tuple[str | Slot, ...]:
    """The pieces of a template's text in order: plain text with its braces single, and slots.

    Raises:
        InputError: a brace has no partner, a slot has no name, or two have the same.
    """
    found: list[str | Slot] = []
    plain, at = "", 0
    while at < len(text):
        if text[at : at + 2] in ("{{", "}}"):
            plain, at = plain + text[at], at + 2
        elif text[at] == "}":
            raise _wrong("no { opens this }", text, at)
        elif text[at] == "{":
            end = _end(text, at)
            slot = _slot(text, at, end)
            if slot is None:
                plain += text[at:end]
            else:
                found += [plain, slot] if plain else [slot]
                plain = ""
            at = end
        else:
            plain, at = plain + text[at], at + 1
    if plain:
        found.append(plain)
    _check_names(part.name for part in found if isinstance(part, Slot))
    return tuple(found)


def _check_names(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InputError(
                f"template: two slots are called {name!r}", hint="give each a name of its own"
            )
        seen.add(name)


def _wrong(what: str, text: str, at: int) -> InputError:
    return InputError(f"template: {what}, at {text[at : at + 30]!r}", hint=_ESCAPE)


def _end(text: str, start: int) -> int:
    """The place after the brace that closes the one at `start`."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == "{") - (text[at] == "}")
        if depth == 0:
            return at + 1
    raise _wrong("no } closes this {", text, start)


def _slot(text: str, start: int, end: int) -> Slot | None:
    """The slot from `start` to `end`, or None for a choice of dynamic prompts."""
    inside = text[start + 1 : end - 1]
    name, equals, default = inside.partition("=")
    named = _NAME.fullmatch(name)
    if named:
        return Slot(named[1], default if equals else None)
    if "|" in inside or "$" in inside:
        return None
    raise _wrong("a slot is {name} or {name=default}", text, start)


def written(pieces: Iterable[str | Slot]) -> str:
    """The text that `parts` reads back as these pieces; braces of a default are in pairs."""
    return "".join(
        piece.replace("{", "{{").replace("}", "}}") if isinstance(piece, str) else _as_text(piece)
        for piece in pieces
    )


def _as_text(slot: Slot) -> str:
    return "{" + slot.name + ("" if slot.default is None else "=" + slot.default) + "}"


# -- the record ---------------------------------------------------------------------------


def make(
    text: str,
    *,
    name: str = "inline",
    slots: Mapping[str, Mapping[str, str]] | None = None,
    use: str = "",
    profile: str | None = None,
    version: str = "1",
) -> Template:
    """A template of a text; `slots` may hold "default" and "guidance" for each of its slots.

    Raises:
        InputError: the text is empty, too long or unbalanced, or has no such slot.
    """
    if not text.strip() or len(text) > LONGEST:
        raise InputError(
            f"template {name!r}: the text has {len(text)} of 1 to {LONGEST} characters"
        )
    found = {part.name: part for part in parts(text) if isinstance(part, Slot)}
    for slot, more in (slots or {}).items():
        if slot not in found:
            raise _no_slot(slot, tuple(found), f"template {name!r}")
        default = more.get("default", found[slot].default)
        found[slot] = Slot(slot, default, more.get("guidance", ""))
    return Template(name, text, tuple(found.values()), use, profile, version)


def _no_slot(name: str, known: Sequence[str], where: str) -> InputError:
    close = difflib.get_close_matches(name, known, n=1)
    guess = f"; did you mean {close[0]!r}?" if close else ""
    return InputError(
        f"{where} has no slot {name!r}{guess}", hint=f"its slots: {', '.join(known) or 'none'}"
    )


def idea_slot(template: Template) -> Slot | None:
    """The slot the idea goes to: `idea`, `subject`, or the first without a default."""
    by_name = {slot.name: slot for slot in template.slots}
    named = next((by_name[name] for name in _IDEA if name in by_name), None)
    return named or next((slot for slot in template.slots if slot.default is None), None)


def fill(
    template: Template, idea: str, values: Mapping[str, str]
) -> tuple[tuple[str, Slot | None, bool], ...]:
    """The pieces of the filled text: the words, their slot, whether the user gave them.

    Raises:
        InputError: a slot is left empty, does not exist, or the idea has no place.
    """
    given = _given(template, idea, values)
    slots = {slot.name: slot for slot in template.slots}
    missing = [slot.name for slot in template.slots if _words(slot, given) is None]
    if missing:
        raise InputError(
            f"template {template.name!r}: nothing fills {', '.join(missing)}",
            hint=" ".join(f"--set {name}=..." for name in missing),
        )
    return tuple(
        _without_gaps(
            [
                (part, None, False)
                if isinstance(part, str)
                else (_words(slots[part.name], given) or "", slots[part.name], part.name in given)
                for part in parts(template.text)
            ]
        )
    )


def _without_gaps(pieces: list[_Piece]) -> list[_Piece]:
    """The pieces less the template's words around a slot with nothing in it.

    "in the style of {artist=}" goes whole, as far as no other slot is in that clause.
    """
    for at, (words, slot, _) in enumerate(pieces):
        if slot is None or words.strip():
            continue
        before, after = _plain(pieces, at - 1), _plain(pieces, at + 1)
        ends = _PART.search(after)
        parted = list(_PART.finditer(before))
        closed = ends is not None or at + 2 >= len(pieces)
        if closed and parted:
            before, after = before[: parted[-1].start()], after[ends.start() :] if ends else ""
        elif closed and not after[: ends.start() if ends else None].strip():
            before = _LEADS.sub("", before)
            if not before and at <= 1:
                after = after[ends.end() :].lstrip() if ends else ""
        elif not before.strip() or _PART.fullmatch(before.strip()):
            after = _JOINT.sub("", after)
        for place, text in ((at - 1, before), (at + 1, after)):
            if 0 <= place < len(pieces) and pieces[place][1] is None:
                pieces[place] = (text, None, False)
    return pieces


def _plain(pieces: Sequence[_Piece], at: int) -> str:
    """The template's own text at a place; "" beyond the ends and for a slot."""
    return pieces[at][0] if 0 <= at < len(pieces) and pieces[at][1] is None else ""


def _words(slot: Slot, given: Mapping[str, str]) -> str | None:
    return given.get(slot.name, slot.default)


def _given(template: Template, idea: str, values: Mapping[str, str]) -> dict[str, str]:
    """What the user gives, the idea included, by slot."""
    where = f"template {template.name!r}"
    for name, value in values.items():
        if name not in {slot.name for slot in template.slots}:
            raise _no_slot(name, [slot.name for slot in template.slots], where)
        if not value.strip() or len(value) > LONGEST:
            raise InputError(
                f"{where}: {name} has {len(value.strip())} of 1 to {LONGEST} characters",
                hint="leave it out to use the default",
            )
    if not idea.strip():
        return dict(values)
    slot = idea_slot(template)
    if slot is None:
        raise InputError(f"{where} has no slot for the idea", hint="write {subject} in its text")
    if slot.name in values:
        raise InputError(
            f"{where}: {slot.name} is filled by the idea and by a value",
            hint="give one of the two",
        )
    return {slot.name: idea, **values}


# -- files --------------------------------------------------------------------------------


def load(source: str, folder: Path) -> Template:
    """A template by its text (it has a brace), its file (.toml, .json) or its name in a folder.

    Raises:
        NotFoundError: there is no such file, or none of that name in the folder.
        InputError: the text or a key of the file is wrong.
    """
    if "{" in source or "}" in source:
        return make(source)
    if source.endswith((".toml", ".json")):
        return _read(Path(source).expanduser())
    path = folder / f"{source}.toml"
    if _FILE_NAME.fullmatch(source) and path.is_file():
        return _read(path)
    known = sorted(file.stem for file in folder.glob("*.toml"))
    close = difflib.get_close_matches(source, known, n=1)
    raise NotFoundError(
        f"no template is called {source!r}"[:200]
        + (f"; did you mean {close[0]!r}?" if close else ""),
        hint=f"templates in {folder}: {', '.join(known) or 'none'}; "
        "or give a .toml or .json file, or a text such as '{subject}, {light=soft light}'",
    )


def _read(path: Path) -> Template:
    try:
        text = path.read_text(encoding="utf-8-sig")
        table = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except FileNotFoundError:
        raise NotFoundError(f"no template file {path}") from None
    except OSError as error:
        raise InputError(f"template {path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"template {path} cannot be read: {error}") from error
    if not isinstance(table, dict):
        raise InputError(f"template {path}: not a table of keys", hint=f"keys: {', '.join(_KEYS)}")
    try:
        return _from_table(table, path.stem)
    except InputError as error:
        raise InputError(f"{path}: {error.message}", hint=error.hint) from None


def _from_table(table: Mapping[str, Any], name: str) -> Template:
    _check_keys(table, _KEYS, "template")
    slots = table.get("slots", {})
    if not isinstance(slots, dict) or not all(isinstance(slot, dict) for slot in slots.values()):
        raise InputError("slots: not a table of tables", hint='[slots.light] guidance = "..."')
    for slot, more in slots.items():
        _check_keys(more, _SLOT_KEYS, f"slots.{slot}")
    if "text" not in table:
        raise InputError("text: missing", hint='text = "{subject}, {light=soft light}"')
    return make(
        table["text"],
        name=table.get("name", name),
        slots=slots,
        use=table.get("use", ""),
        profile=table.get("profile"),
        version=table.get("version", "1"),
    )


def _check_keys(table: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    """Every key is known and holds a text (`slots` aside)."""
    for key, value in table.items():
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            guess = f"; did you mean {close[0]!r}?" if close else ""
            raise InputError(
                f"{where}: unknown key {key!r}{guess}", hint=f"keys: {', '.join(known)}"
            )
        if key != "slots" and not isinstance(value, str):
            raise InputError(f"{where}: {key} must be a text, not {value!r}")
