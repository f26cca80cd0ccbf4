"""What people see of why a prompt reads as it does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from bozzetto.optimize.checks import NO_WISHES, NOTHING_MARKED
from bozzetto.optimize.explain import Explanation, Part, Source
from bozzetto.text.normalise import visible
from bozzetto.types import Check

__all__ = ["explanation_view"]

STYLES = {"kept": "bold", "changed": "yellow", "added": "green", "lost": "red strike"}
QUIET = "dim"
Marks = Mapping[str, tuple[str, str]]
MARKS: Marks = {"lost": ("[-", "-]"), "added": ("{+", "+}")}
NONE = ("", "")
NOTHING_ASKED = (NO_WISHES, NOTHING_MARKED)
AROUND = 24
"""Characters that are shown on either side of a phrase in the prompt it came from."""


def explanation_view(explanation: Explanation) -> RenderableType:
    """A prompt with what became of the idea's words, its sources and its checks."""
    candidate = explanation.candidate
    return Group(
        Rule(
            Text(f"{candidate.id} · {visible(candidate.chat)} · {candidate.profile}", QUIET),
            align="left",
            style=QUIET,
        ),
        _Diff(explanation.diff),
        Text(),
        _sources(explanation.sources),
        Text(),
        _checks(candidate.checks),
    )


class _Diff:
    """The prompt with the lost words of the idea where they would have stood.

    Where no colour is shown, lost words stand in [-...-] and added ones in {+...+}.
    """

    def __init__(self, parts: Iterable[Part]) -> None:
        self.parts = tuple(parts)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        marks = MARKS if console.color_system is None or console.no_color else {}
        yield _diff(self.parts, marks)
        yield _legend(self.parts, marks)


def _diff(parts: Iterable[Part], marks: Marks) -> Text:
    text, last = Text(), ""
    for part in parts:
        said = part.before if part.change == "lost" else part.after
        bare = said.strip()
        before, after = marks.get(part.change, NONE)
        if last == "lost" and not said[:1].isspace() and not text.plain[-1:].isspace():
            text.append(" ")
        last = part.change
        text.append(visible(said[: len(said) - len(said.lstrip())]))
        text.append(before + visible(bare) + after, STYLES[part.change])
        text.append(visible(said[len(said.rstrip()) :]) if bare else "")
        if part.change == "changed":
            text.append(f" ({visible(part.before.strip())})", QUIET)
    return text


def _legend(parts: Iterable[Part], marks: Marks) -> Text:
    """What the styles mean, those that occur."""
    there = {part.change for part in parts}
    names = (
        Text(name.join(marks.get(name, NONE)), style)
        for name, style in STYLES.items()
        if name in there
    )
    return Text(" ").join([Text("  "), *names])


def _grid() -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style=QUIET)
    table.add_column(ratio=1)
    return table


def _sources(sources: Iterable[Source]) -> Table:
    """Each source with its phrases, in the order of the prompt; hits with their text."""
    table = _grid()
    by_name: dict[str, list[Source]] = {}
    for source in sources:
        by_name.setdefault(source.phrase.source, []).append(source)
    for name, found in by_name.items():
        cell = Text(visible("; ".join(filter(None, map(_phrase, found)))))
        if found[0].hit:
            cell.append(f"\n{visible(_excerpt(found[0].hit, found[0].phrase.text))}", QUIET)
        table.add_row(name, cell)
    return table


def _excerpt(hit: str, phrase: str) -> str:
    """A prompt around a phrase that came from it, or its beginning."""
    at = max(hit.lower().find(phrase.lower()), 0)
    start, end = max(at - AROUND, 0), at + len(phrase) + AROUND
    return ("…" if start else "") + hit[start:end].strip() + ("…" if end < len(hit) else "")


def _phrase(source: Source) -> str:
    phrase = source.phrase
    if not any(letter.isalnum() for letter in phrase.text):
        return ""
    return f"{phrase.text} ({phrase.original})" if phrase.original else phrase.text


def _checks(checks: Iterable[Check]) -> Table:
    table = _grid()
    for check in checks:
        if check.found in NOTHING_ASKED:
            continue
        mark = Text("ok ", "green") if check.passed else Text("no ", "bold red")
        table.add_row(mark + Text(check.name, QUIET), Text(visible(check.found)))
    return table
