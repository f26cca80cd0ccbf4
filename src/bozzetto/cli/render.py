"""What people see: hits, candidates, records and checks, for terminals of any width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bozzetto.text.language_names import called
from bozzetto.text.normalise import visible
from bozzetto.text.split import split
from bozzetto.text.tokens import ESTIMATED
from bozzetto.types import Candidate, Hit, KeptFrom, OptimizeResult, PromptRecord

if TYPE_CHECKING:
    from bozzetto.app.doctor import Check

__all__ = [
    "IDEA",
    "QUIET",
    "candidates_view",
    "checks_view",
    "hit_facts",
    "prompt_text",
    "record_view",
    "records_view",
    "understood",
]

NARROW = 72
"""Below this many columns candidates stand one under the other."""

CORE, MODIFIER, ADDED, IDEA, QUIET = "bold", "dim", "green", "bold", "dim"


def prompt_text(prompt: str) -> Text:
    """A prompt with its core bright and its modifiers dim."""
    text, at = Text(), 0
    for start, end in split(prompt).core_spans:
        text.append(visible(prompt[at:start]), MODIFIER)
        text.append(visible(prompt[start:end]), CORE)
        at = end
    text.append(visible(prompt[at:]), MODIFIER)
    return text


def hit_facts(hit: Hit) -> Text:
    """What is known of a hit, in one line."""
    facts = [hit.id, visible(hit.source)]
    if hit.variants:
        facts.append(f"+{hit.variants} variant{'s' if hit.variants > 1 else ''}")
    if hit.rating:
        facts.append("*" * hit.rating)
    if hit.tags:
        facts.append(", ".join(visible(tag) for tag in hit.tags))
    return Text(" · ".join(facts), QUIET)


def understood(language: str) -> str:
    """The language an idea was taken for, where it is worth a word."""
    return f"  ({called(language)})" if language not in ("en", "und") else ""


def _candidate_text(candidate: Candidate) -> Text:
    """The prompt with what was added to the idea highlighted."""
    text, at = Text(), 0
    for phrase in candidate.phrases:
        start = candidate.prompt.find(phrase.text, at)
        text.append(visible(candidate.prompt[at:start]), QUIET)
        style = IDEA if phrase.source == "idea" else ADDED
        text.append(visible(phrase.text), style)
        at = start + len(phrase.text)
    text.append(visible(candidate.prompt[at:]), QUIET)
    return text


def _sources_text(candidate: Candidate, numbers: dict[str, int]) -> Text:
    """Which hits the phrases came from, by their number in the list."""
    used: dict[str, None] = {}
    for phrase in candidate.phrases:
        if phrase.source != "idea":
            number = numbers.get(phrase.source)
            used[f"hit {number}" if number else phrase.source] = None
    return Text("from " + ", ".join(used) if used else "nothing added", QUIET)


def _meter(tokens: Mapping[str, int], limits: Mapping[str, int]) -> str:
    """Tokens of each encoder out of how many it reads: "25/75 clip", estimates with a "~"."""
    return ", ".join(
        f"{tokens.get(name, 0)}/{limit} {name}{'~' * (name in ESTIMATED)}"
        for name, limit in limits.items()
    )


def _candidate_panel(
    number: int, candidate: Candidate, numbers: dict[str, int], limits: Mapping[str, int]
) -> Panel:
    parts: list[RenderableType] = [_candidate_text(candidate)]
    if candidate.negative:
        parts.append(Text.assemble(("not: ", QUIET), (visible(candidate.negative), "red dim")))
    parts.append(_sources_text(candidate, numbers))
    if candidate.parent:
        parts.append(Text(f"made from {candidate.parent}", QUIET))
    parts.extend(Text(f"! {visible(warning)}", "yellow") for warning in candidate.warnings)
    facts = [_meter(candidate.tokens, limits), candidate.size, visible(candidate.chat)]
    parts.append(Text(" · ".join(filter(None, facts)), QUIET))
    return Panel(
        Group(*parts),
        box=box.ROUNDED,
        title=Text(f"{number}", "bold cyan"),
        title_align="left",
        subtitle=Text(candidate.id, QUIET),
        subtitle_align="right",
        border_style=QUIET,
    )


class _SideBySide:
    """Two renderables a row where the terminal is wide enough, else one."""

    def __init__(self, items: Sequence[RenderableType]) -> None:
        self.items = items

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if options.max_width < NARROW:
            yield from self.items
            return
        grid = Table.grid(expand=True, padding=(0, 1, 0, 0))
        grid.add_column(ratio=1)
        grid.add_column(ratio=1)
        for at in range(0, len(self.items), 2):
            grid.add_row(*self.items[at : at + 2])
        yield grid


def candidates_view(
    result: OptimizeResult, limits: Mapping[str, int], *, shown_hits: int = 3
) -> RenderableType:
    """The idea, the hits it was written from, and the candidates, side by side.

    `limits` are how many tokens the image model reads, by encoder.
    """
    numbers = {hit.id: number for number, hit in enumerate(result.hits, 1)}
    idea = Panel(
        Text(visible(result.idea), IDEA),
        title=Text("your idea" + understood(result.language), QUIET),
        title_align="left",
        border_style=QUIET,
    )
    hits = [
        Panel(
            Group(prompt_text(hit.prompt), hit_facts(hit)),
            title=Text(f"hit {number}", QUIET),
            title_align="left",
            border_style=QUIET,
        )
        for number, hit in enumerate(result.hits[:shown_hits], 1)
    ]
    panels = [
        _candidate_panel(number, candidate, numbers, limits)
        for number, candidate in enumerate(result.candidates, 1)
    ]
    return Group(
        _SideBySide([idea, *hits]),
        Text.assemble(("  bold", IDEA), " your idea   ", ("green", ADDED), " added"),
        _SideBySide(panels),
    )


def records_view(records: Sequence[PromptRecord], total: int) -> RenderableType:
    """A page of the library."""
    table = Table(box=box.SIMPLE_HEAD, expand=True, padding=(0, 1, 0, 0))
    table.add_column("id", no_wrap=True, style=QUIET)
    table.add_column("prompt", ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column("source", no_wrap=True, style=QUIET, max_width=18, overflow="ellipsis")
    for record in records:
        table.add_row(record.id, prompt_text(record.text), visible(record.source))
    return Group(table, Text(f"{len(records):,} of {total:,}", QUIET))


def record_view(record: PromptRecord) -> RenderableType:
    """One prompt with all that is known of it."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style=QUIET, no_wrap=True)
    table.add_column()
    parameters = record.parameters
    rows: tuple[tuple[str, object], ...] = (
        ("negative", record.negative),
        ("original", record.original),
        ("from", ", ".join(record.sources)),
        ("seen", record.count),
        ("use", record.use),
        ("tags", ", ".join(record.tags)),
        ("model family", record.model_family),
        ("rating", record.rating),
        ("seed", parameters and parameters.seed),
        ("steps", parameters and parameters.steps),
        ("guidance", parameters and parameters.guidance),
        ("sampler", parameters and parameters.sampler),
        ("added", f"{record.added_at} by {record.added_by}"),
    )
    for name, value in (
        *rows,
        *(("kept" if k.keep else "rated", _said(k)) for k in record.kept),
    ):
        if value not in (None, ""):
            table.add_row(name, visible(str(value)))
    return Panel(
        Group(prompt_text(record.text), Text(), table),
        title=Text(record.id, "cyan"),
        title_align="left",
        border_style=QUIET,
    )


def _said(one: KeptFrom) -> str:
    """Where a rating or a whole prompt came from, in one line."""
    facts = (
        f"{one.rating:g} of 5",
        f"campaign {one.campaign}" if one.campaign else "",
        f"idea: {one.idea}" if one.idea else "",
        f"candidate {one.candidate}" if one.candidate else "",
        f"image {one.image}" if one.image else "",
        f"from {', '.join(one.hits)}" if one.hits else "",
        f"{one.at} by {one.actor}",
    )
    return " · ".join(filter(None, facts))


def checks_view(checks: Sequence[Check]) -> RenderableType:
    """What the doctor found."""
    marks = {"ok": ("ok", "green"), "warn": ("!", "yellow"), "fail": ("FAIL", "bold red")}
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True)
    table.add_column()
    for check in checks:
        mark, style = marks[check.state]
        detail = Text(visible(check.detail))
        if check.hint:
            detail.append("\n" + visible(check.hint), QUIET)
        table.add_row(Text(mark, style), check.name, detail)
    return table
