"""What people see of a search: the hits, why each was found, and what the best have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from bozzetto.cli.render import IDEA, QUIET, hit_facts, prompt_text, understood
from bozzetto.text.normalise import visible
from bozzetto.types import Answer, By, Facets, Hit, SearchResult, Why

if TYPE_CHECKING:
    from bozzetto.store.facets import Stats, Values

__all__ = ["search_view", "stats_view"]

LEGS: Mapping[str, str] = {
    "english": "meaning",
    "bridge": "meaning, by the bridge",
    "translated": "meaning, by its English",
    "many": "meaning in any language",
    "words": "its words",
    "wording": "words alike",
    "look": "look",
}
"""The legs of a search as people call them."""

ONE_HALF: Mapping[By, str] = {"both": "", "subject": "by subject", "look": "by look"}
FACETS = ("use", "tag", "model_family", "source")
MOST_VALUES = 8
"""Values that are shown of a facet."""


def search_view(
    result: SearchResult,
    like: Sequence[str],
    unlike: Sequence[str],
    by: By,
    *,
    explain: bool,
    facets: bool,
) -> RenderableType:
    """The hits of a search, best first, under what was searched for."""
    title = _title(result, like, unlike, by)
    if not result.hits:
        return Group(title, Text("nothing found", "yellow"))
    parts: list[RenderableType] = [title, Rule(style=QUIET), _table(result.hits, explain=explain)]
    if not result.confident:
        parts.append(Text("The library seems to hold nothing close to this idea.", "yellow"))
    if result.hidden:
        parts.append(Text(f"{result.hidden:,} hidden for their NSFW score (--max-nsfw)", QUIET))
    if facets and result.facets:
        parts.append(_counts(result.facets))
    return Group(*parts)


def _title(result: SearchResult, like: Sequence[str], unlike: Sequence[str], by: By) -> Text:
    idea = [(visible(result.idea), IDEA)] if result.idea else []
    wishes = [
        *(f"like {visible(identity)}" for identity in like),
        *(f"unlike {visible(identity)}" for identity in unlike),
        ONE_HALF[by],
    ]
    said = ", ".join(filter(None, wishes))
    gap = "  " if result.idea and said else ""
    return Text.assemble(*idea, (understood(result.language), QUIET), gap, (said, QUIET))


def _table(hits: Sequence[Hit], *, explain: bool) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0), expand=True)
    table.add_column(justify="right", style=QUIET, no_wrap=True)
    table.add_column(ratio=1)
    table.add_column(justify="right", no_wrap=True)
    for number, hit in enumerate(hits, 1):
        parts = [prompt_text(hit.prompt), hit_facts(hit), *(_why(hit) if explain else ())]
        table.add_row(str(number), Group(*parts), Text(f"{hit.score:.2f}", "cyan"))
    return table


def _why(hit: Hit) -> list[Text]:
    found = Text("found by ", QUIET).append("; ".join(map(_leg, hit.why)), QUIET)
    if not hit.answers:
        return [found]
    return [found, Text("says ", QUIET).append(", ".join(map(_answer, hit.answers)), "cyan")]


def _leg(why: Why) -> str:
    return f"{LEGS.get(why.leg, why.leg)} #{why.rank:,} ({why.score:.2f})"


def _answer(answer: Answer) -> str:
    wanted, found = visible(answer.wanted), visible(answer.found)
    return wanted if wanted == found else f'{wanted} as "{found}" ({answer.alike:.2f})'


def _counts(facets: Facets) -> Table:
    """A line for each facet any of the best has a value of."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style=QUIET, no_wrap=True)
    table.add_column()
    table.add_row("", Text(f"of the best {facets.of:,}", QUIET))
    for name in FACETS:
        counts: Mapping[str, int] = getattr(facets, name)
        if counts:
            table.add_row(name.replace("_", " "), _values(counts))
    return table


def stats_view(stats: Stats, values: Values) -> RenderableType:
    """A library in numbers: prompts, sources, and what filters can ask for."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style=QUIET, no_wrap=True)
    table.add_column()
    table.add_row("prompts", f"{stats.prompts:,} in {stats.families:,} families")
    table.add_row("with a picture", f"{values.has_image:,}")
    counts: Mapping[str, Mapping[str, int]] = {
        "source": {info.name: info.prompts for info in stats.sources},
        "tag": values.tag,
        "use": values.use,
        "model family": values.model_family,
        "rating": {str(stars): number for stars, number in values.rating.items()},
    }
    for name, found in counts.items():
        if found:
            table.add_row(name, _values(found))
    return table


def _values(counts: Mapping[str, int]) -> Text:
    shown = list(counts.items())[:MOST_VALUES]
    text = Text(", ").join(
        Text.assemble(visible(value), (f" {number:,}", QUIET)) for value, number in shown
    )
    more = len(counts) - len(shown)
    return text.append(f", {more:,} more", QUIET) if more else text
