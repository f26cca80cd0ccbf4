"""The ladder, which nobody has published for still images: `python -m bench.ladder`.

    --ideas 200           ideas of each of DSG, DrawBench, GenEval, PartiPrompts and of the
                          multilingual ones, four texts each
    --chat SCHEME:MODEL   the chat model that climbs the upper rungs; "smollm2" starts
                          SmolLM2-135M in a llama.cpp server; without it they are left out
    --library FILE --intent FOLDER --home FOLDER    as in bench/writing.py
    --json FILE           every number, with its interval, for machines
    --texts FILE          every text, one a line, as JSON

Raw idea, fixed suffix, random modifiers, DALL-E 3's rewrites, zero-shot LLM, fixed few-shot,
random exemplars, retrieved exemplars, retrieved + checks + choice, `compose`: all go through
the same measures. Intervals are 95 %, by bootstrap over the ideas; two rungs are compared idea
by idea. How many texts of each writer the checks would take back is told too.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

import bozzetto
from bench.ladder_ideas import ENGLISH, Topic, topics
from bench.ladder_measure import METRICS, PROFILE, Yardstick, metrics, over_all
from bench.ladder_rungs import COMPOSE, WHOLE, Rung, chat_rungs, plain_rungs
from bench.ladder_server import serving
from bench.ladder_tables import Estimate, Values, compared, estimates, markdown, short
from bench.library import Library
from bench.paths import intent_folder, library_file
from bench.writing import artists_of
from bozzetto.embed.texts import vectors_of
from bozzetto.optimize.brief import Brief, make_brief
from bozzetto.optimize.judge import judge
from bozzetto.optimize.mend import Accepted
from bozzetto.optimize.parse import Refusal, parse
from bozzetto.plugins import load
from bozzetto.ports import Embedder
from bozzetto.store.vectors import VectorCache
from bozzetto.types import Hit

__all__ = ["SMOLLM2", "Climb", "climb", "opened", "report", "taken_back"]

SMOLLM2 = "smollm2"
PAIRS = (
    (COMPOSE, "raw idea"),
    (COMPOSE, "idea + random modifiers"),
    ("zero-shot LLM", "raw idea"),
    ("retrieved exemplars", "zero-shot LLM"),
    ("retrieved exemplars", "fixed few-shot"),
    ("retrieved exemplars", "random exemplars"),
    (WHOLE, "retrieved exemplars"),
    (WHOLE, COMPOSE),
    (COMPOSE, "DALL-E 3's rewrites"),
)
FATES = ("unchanged", "mended", "taken back")


@dataclass(frozen=True, slots=True)
class Climb:
    """What every rung wrote and what became of it.

    `texts` has a row for each topic; `values` for each metric one value a topic. `fates` are
    the shares of texts that our checks let stand, mend, and take back. `seconds` is the
    writing alone. `drafts` counts what became of a chat model's drafts on the whole path.
    """

    topics: Sequence[Topic]
    texts: Mapping[str, Sequence[Sequence[str]]]
    values: Mapping[str, Mapping[str, Values]]
    fates: Mapping[str, Mapping[str, float]]
    over_all: Mapping[str, tuple[float, float]]
    seconds: Mapping[str, float]
    drafts: Mapping[str, int]

    def rows(self, sets: Sequence[str]) -> NDArray[np.int64]:
        """The numbers of the topics of some sets."""
        return np.flatnonzero([topic.set in sets for topic in self.topics])

    def rungs(self, sets: Sequence[str]) -> list[str]:
        """The rungs that wrote for every topic of some sets."""
        rows = self.rows(sets)
        return [name for name, texts in self.texts.items() if all(texts[n] for n in rows)]

    def columns(self, rung: str, sets: Sequence[str]) -> dict[str, Values]:
        """The values of a rung on some sets."""
        rows = self.rows(sets)
        return {name: values[rows] for name, values in self.values[rung].items()}


# -- climbing ----------------------------------------------------------------------------------


def climb(
    a: bozzetto.Assistant,
    library: Library,
    intent_path: Path,
    most: int,
    *,
    chat: str | None = None,
    only: Sequence[str] = (),
) -> Climb:
    """Write with every rung, or only with some, and measure what it wrote."""
    ideas = topics(intent_path, most)
    counts: Counter[str] = Counter()
    rungs = [*plain_rungs(a, library)]
    if chat:
        rungs += chat_rungs(a, library, chat, counts)
    rungs = [rung for rung in rungs if not only or rung.name in only]
    texts: dict[str, list[Sequence[str]]] = {}
    seconds: dict[str, float] = {}
    for rung in rungs:
        texts[rung.name], seconds[rung.name] = _written(rung, ideas)
    every = [row[0] for some in texts.values() for row in some if row]
    vectors = _vectors(a, [*(topic.english for topic in ideas), *every])
    yard = Yardstick(library, intent_path, vectors, ideas)
    english = [n for n, topic in enumerate(ideas) if topic.language == "en"]
    judged = Judged(a, library)
    return Climb(
        topics=ideas,
        texts=texts,
        values={name: _values(yard, ideas, rows) for name, rows in texts.items()},
        fates={name: judged.fates(ideas, rows) for name, rows in texts.items()},
        over_all={
            name: over_all(yard, [(ideas[n], rows[n]) for n in english])
            for name, rows in texts.items()
        },
        seconds=seconds,
        drafts=counts,
    )


def _written(rung: Rung, ideas: Sequence[Topic]) -> tuple[list[Sequence[str]], float]:
    started = time.perf_counter()
    found = [rung.write(topic) for topic in ideas]
    seconds = time.perf_counter() - started
    print(f"{rung.name}: {sum(map(len, found))} texts, {seconds:.0f} s", file=sys.stderr)
    return found, seconds


def _vectors(a: bozzetto.Assistant, texts: Sequence[str]) -> Mapping[str, NDArray[np.float32]]:
    """MiniLM's vectors, kept in the home from run to run."""
    distinct = list(dict.fromkeys(texts))
    cache = VectorCache(a.settings.home / "cache" / "ladder.sqlite")
    embedder = cast(Embedder, load("embedders", "minilm")())
    try:
        found = vectors_of(embedder, cache, distinct)
    finally:
        cache.close()
    return dict(zip(distinct, found, strict=True))


def _values(
    yard: Yardstick, ideas: Sequence[Topic], texts: Sequence[Sequence[str]]
) -> Mapping[str, Values]:
    return {
        metric.name: np.array(
            [metric.of(yard, topic, row) for topic, row in zip(ideas, texts, strict=True)],
            dtype=np.float64,
        )
        for metric in metrics()
    }


class Judged:
    """Any text, judged as if a chat model had answered it."""

    def __init__(self, a: bozzetto.Assistant, library: Library) -> None:
        self._a, self._library = a, library
        self._known: dict[str, tuple[Brief, Sequence[Hit]]] = {}

    def fates(self, ideas: Sequence[Topic], texts: Sequence[Sequence[str]]) -> Mapping[str, float]:
        """The shares of the texts that stand unchanged, that are mended, that are taken back."""
        counts: Counter[str] = Counter()
        for topic, row in zip(ideas, texts, strict=True):
            for text, times in Counter(row).items():
                counts[self._fate(topic, text)] += times
        return {fate: counts[fate] / max(1, counts.total()) for fate in FATES}

    def _fate(self, topic: Topic, text: str) -> str:
        found = self._judged(topic, text)
        if isinstance(found, Refusal):
            return "taken back"
        return "unchanged" if found.prompt == text else "mended"

    def _judged(self, topic: Topic, text: str) -> Accepted | Refusal:
        brief, hits = self._material(topic)
        draft = parse(text, f"{brief.idea} {brief.text}", PROFILE.languages)
        if isinstance(draft, Refusal):
            return draft
        return judge(draft, brief, hits, self._library.stats)

    def _material(self, topic: Topic) -> tuple[Brief, Sequence[Hit]]:
        """The brief of a topic and what its text may have been copied from."""
        if topic.said not in self._known:
            book, searcher = self._a._indexing.phrase_book, self._a._indexing.searcher
            brief = make_brief(topic.said, language=topic.language, profile=PROFILE, book=book)
            self._known[topic.said] = brief, searcher.neighbours(topic.said)
        return self._known[topic.said]


# -- telling -----------------------------------------------------------------------------------


def report(found: Climb) -> Iterator[str]:
    """The tables, line by line."""
    english = [name for name in ENGLISH if len(found.rows((name,)))]
    views = (("English ideas", english), ("DrawBench", ["DrawBench"]), ("languages", ["languages"]))
    for title, sets in views:
        if len(rows := found.rows(sets)):
            yield f"\n#### {title}: {len(rows)} ideas, of {', '.join(sets)}"
            yield from _tables(found, sets)
    yield "\n#### Idea by idea: the first less the second, English ideas"
    yield from _pairs(found, english)
    yield "\n#### What the checks make of each writer's texts"
    yield from _fates(found)


def _tables(found: Climb, sets: Sequence[str]) -> Iterator[str]:
    numbers = {name: estimates(found.columns(name, sets)) for name in found.rungs(sets)}
    for title, group in METRICS.items():
        yield ""
        yield from markdown(
            title,
            [metric.title for metric in group],
            {name: [row[m.name].text() for m in group] for name, row in numbers.items()},
        )


def _pairs(found: Climb, english: Sequence[str]) -> Iterator[str]:
    shown = [metric for metric in metrics() if metric.better]
    differences = {}
    for one, other in PAIRS:
        sets = english if other in found.rungs(english) else ["DrawBench"]
        if one in found.texts and other in found.rungs(sets):
            columns = compared(found.columns(one, sets), found.columns(other, sets))
            differences[f"{one} - {other}"] = columns
    for start in range(0, len(shown), 6):
        group = shown[start : start + 6]
        rows = {name: [_signed(row[m.name]) for m in group] for name, row in differences.items()}
        yield ""
        yield from markdown("", [metric.title for metric in group], rows)


def _signed(estimate: Estimate) -> str:
    """A difference; in bold where its interval does not hold 0."""
    if not estimate.n:
        return "–"
    text = f"{estimate.mean:+.3f} ({estimate.low:+.3f} to {estimate.high:+.3f})"
    return f"**{text}**" if estimate.low > 0 or estimate.high < 0 else text


def _fates(found: Climb) -> Iterator[str]:
    headings = [*FATES, "commonest modifier", "of the 200 commonest", "seconds an idea"]
    rows = {}
    for name, shares in found.fates.items():
        wrote = max(1, sum(map(bool, found.texts[name])))
        numbers = (*(shares[fate] for fate in FATES), *found.over_all[name])
        rows[name] = [
            *(short(number) for number in numbers),
            f"{found.seconds[name] / wrote:.2f}",
        ]
    yield ""
    yield from markdown("share of texts", headings, rows)
    yield ""
    yield taken_back(found.drafts)


def taken_back(drafts: Mapping[str, int]) -> str:
    """What became of the drafts on the whole path, as a sentence."""
    if not drafts:
        return "No --chat: the rungs of a chat model are left out."
    back, asked = drafts["taken back"], drafts["asked"]
    stood, of = drafts["stood in"], drafts["candidates"]
    return (
        f"Whole path: {back / asked:.1%} of {asked} drafts taken back; "
        f"compose stood in for {stood / of:.1%} of {of} candidates."
    )


def machine(found: Climb, chat: str | None) -> dict[str, Any]:
    """Every number, for --json."""
    sets = {topic.set: None for topic in found.topics}
    views = {name: [name] for name in sets} | {"English": [s for s in sets if s in ENGLISH]}
    return {
        "chat": chat,
        "ideas": {name: len(found.rows(some)) for name, some in views.items()},
        "measures": {
            view: {
                rung: {k: v.json() for k, v in estimates(found.columns(rung, some)).items()}
                for rung in found.rungs(some)
            }
            for view, some in views.items()
            if some
        },
        "checks": found.fates,
        "commonest": {name: numbers[0] for name, numbers in found.over_all.items()},
        "top_200_used": {name: numbers[1] for name, numbers in found.over_all.items()},
        "seconds": found.seconds,
        "drafts": dict(found.drafts),
    }


def texts_of(found: Climb) -> Iterator[str]:
    """Every text as a line of JSON."""
    for rung, rows in found.texts.items():
        for topic, texts in zip(found.topics, rows, strict=True):
            for text in texts:
                row = {"rung": rung, "set": topic.set, "idea": topic.said, "prompt": text}
                yield json.dumps(row, ensure_ascii=False) + "\n"


# -- the command -------------------------------------------------------------------------------


@contextmanager
def opened(home: Path | None, library: Path) -> Iterator[bozzetto.Assistant]:
    """A home that holds the library: the one given, else a fresh one."""
    with tempfile.TemporaryDirectory() as fresh, bozzetto.Assistant.open(home or fresh) as a:
        if home is None:
            a.add(str(library))
        yield a


def main(arguments: Sequence[str] | None = None) -> int:
    """Climb and print; `python bench/writing.py --ladder` comes here too."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--library", type=Path)
    parser.add_argument("--intent", type=Path)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--ideas", type=int, default=200)
    parser.add_argument("--chat", metavar="SCHEME:MODEL")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--texts", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    started, folder = time.perf_counter(), intent_folder(options.intent)
    served = serving() if options.chat == SMOLLM2 else nullcontext(options.chat)
    with opened(options.home, library_file(options.library)) as a, served as chat:
        library = Library(a, artists_of(folder))
        found = climb(a, library, folder, options.ideas, chat=chat)
        print("\n".join(report(found)))
    if options.json:
        text = json.dumps(machine(found, options.chat), indent=1, ensure_ascii=False)
        options.json.write_text(text + "\n", encoding="utf-8")
    if options.texts:
        options.texts.write_text("".join(texts_of(found)), encoding="utf-8")
    print(f"\n{time.perf_counter() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
