"""What prompts are without what people said of them: noted, kept up to date, put back.

A prompt shows what its sources know, and over it what each campaign or person said, oldest
first. Any of these layers can be taken away, so what lies beneath is kept beside.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from bozzetto.store.database import json_list
from bozzetto.store.entries import COLUMNS, Value, fill, nsfw_of
from bozzetto.store.meta import bump

__all__ = ["Beneath", "Layer", "note", "settle", "take_in"]

_IN = "IN (SELECT value FROM json_each(?))"
_RATING, _IMAGE, _IMAGE_NSFW = map(COLUMNS.index, ("rating", "image", "image_nsfw"))
_PICTURE = range(COLUMNS.index("seed"), COLUMNS.index("made_at") + 1)
_UPDATE = f"UPDATE prompts SET nsfw = ?, {', '.join(f'{c} = ?' for c in COLUMNS)} WHERE seq = ?"


@dataclass(frozen=True, slots=True)
class Layer:
    """What one campaign, or one person, says of a prompt: 1-5, what it brings, and tags."""

    rating: int
    known: Mapping[str, Value] = field(default_factory=dict)
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Beneath:
    """A prompt's columns, in the order of `COLUMNS`, and its tags."""

    values: list[Value]
    tags: frozenset[str]

    def under(self, layers: Iterable[Layer]) -> Beneath:
        """What shows with layers on it, the first lowest."""
        values, tags = list(self.values), self.tags
        for layer in layers:
            brought = [layer.known.get(name) for name in COLUMNS]
            if brought[_IMAGE] is not None:
                for at in _PICTURE:
                    # A prompt known to give unsafe pictures is not safe for a new one.
                    if at != _IMAGE_NSFW or brought[at] is not None:
                        values[at] = brought[at]
            fill(values, brought)
            values[_RATING] = layer.rating
            tags |= frozenset(layer.tags)
        return Beneath(values, tags)


def note(connection: sqlite3.Connection, prompts: Sequence[int]) -> None:
    """Note what prompts are, where it is not noted yet."""
    given = json_list(prompts)
    noted = _noted(connection, given)
    found = _shown(connection, given)
    connection.executemany(
        "INSERT INTO beneath VALUES (?, ?, ?)",
        [(seq, *_as_json(one)) for seq, one in found.items() if seq not in noted],
    )


def settle(connection: sqlite3.Connection, prompts: Sequence[int]) -> None:
    """Show prompts that are noted with all that is said of them; where nothing is, as they were."""
    layers = _layers(connection, prompts)
    given = json_list(prompts)
    noted, shown = _noted(connection, given), _shown(connection, given)
    for seq, beneath in noted.items():
        now = beneath.under(layers[seq])
        connection.execute(_UPDATE, (nsfw_of(now.values), *now.values, seq))
        for sql, tags in (
            ("DELETE FROM tags WHERE prompt = ? AND tag = ?", shown[seq].tags - now.tags),
            ("INSERT INTO tags VALUES (?, ?)", now.tags - shown[seq].tags),
        ):
            connection.executemany(sql, [(seq, tag) for tag in sorted(tags)])
    bare = json_list([seq for seq, over in layers.items() if not over])
    connection.execute(f"DELETE FROM beneath WHERE prompt {_IN}", (bare,))
    bump(connection, "ratings")


def take_in(
    connection: sqlite3.Connection, seen: Mapping[int, tuple[Sequence[Value], Sequence[str]]]
) -> None:
    """Let what an import knows of prompts reach those that are noted, too: columns and tags."""
    if connection.execute("SELECT NOT EXISTS (SELECT 1 FROM beneath)").fetchone()[0]:
        return
    noted = _noted(connection, json_list(list(seen)))
    for seq, beneath in noted.items():
        values, tags = seen[seq]
        fill(beneath.values, values)
        more = Beneath(beneath.values, beneath.tags | frozenset(tags))
        connection.execute(
            "UPDATE beneath SET known = ?, tags = ? WHERE prompt = ?", (*_as_json(more), seq)
        )
    if noted:
        settle(connection, list(noted))


def _layers(
    connection: sqlite3.Connection, prompts: Sequence[int]
) -> Mapping[int, Sequence[Layer]]:
    """What each campaign says of prompts, the one that spoke last on top."""
    found: dict[int, list[tuple[int, Layer]]] = {seq: [] for seq in prompts}
    rows = connection.execute(
        f"SELECT prompt, campaign, keep, rating, known, tags, change FROM kept"
        f" WHERE prompt {_IN} ORDER BY prompt, campaign, id",
        (json_list(list(prompts)),),
    )
    for (seq, _), some in groupby(rows.fetchall(), key=lambda row: (row[0], row[1])):
        said = list(some)
        found[seq].append((max(row[6] for row in said), _layer(said)))
    return {
        seq: [layer for _, layer in sorted(layers, key=lambda one: one[0])]
        for seq, layers in found.items()
    }


def _layer(rows: Sequence[tuple[Any, ...]]) -> Layer:
    """What one campaign says of one prompt: of kept pictures where any was kept.

    The mean, halves up; the best-rated picture stands for the prompt, the first of equals.
    """
    counted = [row for row in rows if row[2]] or list(rows)
    mean = sum(row[3] for row in counted) / len(counted)
    best = max(counted, key=lambda row: row[3])
    rating = min(5, max(1, math.floor(mean + 0.5)))
    if not best[2]:
        return Layer(rating)
    tags = dict.fromkeys(tag for row in counted for tag in json.loads(row[5]))
    return Layer(rating, json.loads(best[4]), tuple(tags))


def _noted(connection: sqlite3.Connection, given: str) -> dict[int, Beneath]:
    rows = connection.execute(
        f"SELECT prompt, known, tags FROM beneath WHERE prompt {_IN}", (given,)
    )
    return {seq: _from_json(known, tags) for seq, known, tags in rows.fetchall()}


def _shown(connection: sqlite3.Connection, given: str) -> dict[int, Beneath]:
    tags: dict[int, set[str]] = {}
    for seq, tag in connection.execute(
        f"SELECT prompt, tag FROM tags WHERE prompt {_IN}", (given,)
    ):
        tags.setdefault(seq, set()).add(tag)
    rows = connection.execute(
        f"SELECT seq, {', '.join(COLUMNS)} FROM prompts WHERE seq {_IN}", (given,)
    ).fetchall()
    return {seq: Beneath(values, frozenset(tags.get(seq, ()))) for seq, *values in rows}


def _as_json(one: Beneath) -> tuple[str, str]:
    known = {name: v for name, v in zip(COLUMNS, one.values, strict=True) if v is not None}
    return json.dumps(known, ensure_ascii=False), json.dumps(sorted(one.tags), ensure_ascii=False)


def _from_json(known: str, tags: str) -> Beneath:
    found = json.loads(known)
    return Beneath([found.get(name) for name in COLUMNS], frozenset(json.loads(tags)))
