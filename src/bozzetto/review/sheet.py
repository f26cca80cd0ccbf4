"""Labelled sheets: pictures by the values of one or two axes, or prompts side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from bozzetto.errors import InputError
from bozzetto.review.canvas import GREY, Canvas, lines, png
from bozzetto.types import Image, Phrase

__all__ = ["Axis", "Column", "compare_columns", "compare_sheet", "grid_sheet"]

MOST_PIXELS = 32_000_000
"""Pixels of a sheet: about what phones make; larger ones some programs do not open."""

MOST_SIDE = 30_000
_BIG, _SMALL = 512, 48
"""Pixels of a cell's longer side, at the most and at the least."""

_BAND = 8
"""Values of a grid's only axis that stand side by side."""

Axis = tuple[str, Sequence[str]]
"""A name, as in `Image.labels`, and its values in order."""


@dataclass(frozen=True, slots=True)
class Column:
    """One prompt among those compared, and its pictures by seed.

    `title` says what it is ("original idea"). `phrases` are the pieces it was written of.
    """

    title: str
    prompt: str
    pictures: Mapping[int, Image] = field(default_factory=dict)
    phrases: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True)
class _Head:
    """What stands over a column or beside a row: a small line, then a text."""

    name: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Band:
    """Some columns and their rows of cells."""

    heads: Sequence[_Head]
    sides: Sequence[_Head]
    cells: Sequence[Sequence[Image | None]]


def grid_sheet(
    images: Iterable[Image], rows: Axis, columns: Axis | None = None, *, title: str = ""
) -> bytes:
    """A PNG file of pictures by one axis or two; a cell without a picture says why.

    An only axis runs from left to right, eight values a line.

    Raises:
        InputError: there are more cells than fit on a sheet.
    """
    found: dict[tuple[str, ...], Image] = {}
    axes = [rows, columns] if columns else [rows]
    for image in images:
        place = tuple(image.labels.get(name, "") for name, _ in axes)
        if place not in found or found[place].state != "ok":
            found[place] = image
    if columns:
        bands = [
            _Band(
                heads=[_Head(columns[0], value) for value in columns[1]],
                sides=[_Head(rows[0], value) for value in rows[1]],
                cells=[[found.get((row, column)) for column in columns[1]] for row in rows[1]],
            )
        ]
    else:
        bands = [
            _Band([_Head(rows[0], value) for value in part], [], [[found.get((v,)) for v in part]])
            for part in _parts(rows[1], _BAND)
        ]
    return _draw(title, bands, head_lines=4)


def compare_sheet(columns: Sequence[Column], seeds: Sequence[int], *, title: str = "") -> bytes:
    """A PNG file with a column for each prompt, its text above it, and a row for each seed.

    Raises:
        InputError: there are more cells than fit on a sheet.
    """
    band = _Band(
        heads=[_Head(column.title, column.prompt) for column in columns],
        sides=[_Head("seed", str(seed)) for seed in seeds],
        cells=[[column.pictures.get(seed) for column in columns] for seed in seeds],
    )
    return _draw(title, [band], head_lines=14)


_ORDER = {"idea": 0, "prompt": 1, "hit": 2, "candidate": 3}
_TITLES = {"idea": "original idea", "prompt": "prompt", "hit": "chosen hit"}


def compare_columns(
    images: Iterable[Image], phrases: Mapping[str, tuple[Phrase, ...]] | None = None
) -> tuple[tuple[Column, ...], tuple[int, ...]]:
    """The columns and the seeds of a comparison: the idea, its hit, then the candidates.

    `phrases` are those of candidates, by id. The pictures are of one idea; of several with one
    prompt and seed the first that was made is taken.
    """
    groups: dict[tuple[int, str, str], dict[int, Image]] = {}
    for image in images:
        lineage, request = image.lineage, image.request
        key = (_ORDER[lineage.kind], lineage.candidate or "", request.prompt)
        group = groups.setdefault(key, {})
        if request.seed not in group or group[request.seed].state != "ok":
            group[request.seed] = image
    seeds = sorted({seed for group in groups.values() for seed in group})
    columns: list[Column] = []
    number = 0
    for key, group in sorted(groups.items(), key=lambda item: item[0][0]):
        first = next(iter(group.values()))
        number += first.lineage.kind == "candidate"
        title = _TITLES.get(first.lineage.kind, f"candidate {number}")
        known = (phrases or {}).get(key[1], ())
        columns.append(Column(title, first.request.prompt, group, known))
    return tuple(columns), tuple(seeds)


# -- drawing ------------------------------------------------------------------------------


_EDGE, _GAP = 36, 16
_TITLE, _TEXT, _NAME = 34, 22, 18
_SIDE = 190
"""Pixels: around the sheet, between cells; sizes of letters; width of a row's label."""


def _draw(title: str, bands: Sequence[_Band], *, head_lines: int) -> bytes:
    cell = _cell(bands)
    side = _SIDE if any(band.sides for band in bands) else 0
    across = max((len(band.heads) for band in bands), default=0)
    width = 2 * _EDGE + side + across * (cell[0] + _GAP)
    top = _EDGE + (lines(title, size=_TITLE, width=width - 2 * _EDGE, most=2) * 45 + 20) * bool(
        title
    )
    tall = [_head_height(band, cell[0], head_lines) for band in bands]
    rows = sum(len(band.cells) for band in bands)
    height = top + sum(tall) + rows * (cell[1] + _GAP) + _EDGE
    canvas = Canvas.blank(width, height)
    canvas.words((_EDGE, _EDGE), title, size=_TITLE, width=width - 2 * _EDGE, most=2)
    for band, high in zip(bands, tall, strict=True):
        top = _draw_band(canvas, band, (_EDGE, top), cell, side, high, head_lines)
    return png(canvas.sheet)


def _draw_band(
    canvas: Canvas,
    band: _Band,
    at: tuple[int, int],
    cell: tuple[int, int],
    side: int,
    high: int,
    head_lines: int,
) -> int:
    """Draw a band; the y under it is returned."""
    left, y = at
    wide, tall = cell
    for place, head in enumerate(band.heads):
        x = left + side + place * (wide + _GAP)
        under = canvas.words((x, y), head.name, size=_NAME, width=wide, fill=GREY)
        canvas.words((x, under), head.text, size=_TEXT, width=wide, most=head_lines)
    y += high
    for number, row in enumerate(band.cells):
        if band.sides:
            head = band.sides[number]
            under = canvas.words((left, y), head.name, size=_NAME, width=side - _GAP, fill=GREY)
            most = max(1, (tall - _NAME) // (_TEXT + _TEXT // 3) - 1)
            canvas.words((left, under), head.text, size=_TEXT, width=side - _GAP, most=most)
        for place, image in enumerate(row):
            canvas.picture((left + side + place * (wide + _GAP), y), cell, image)
        y += tall + _GAP
    return y


def _head_height(band: _Band, width: int, most: int) -> int:
    text = max((lines(h.text, size=_TEXT, width=width, most=most) for h in band.heads), default=0)
    return _NAME + _NAME // 3 + text * (_TEXT + _TEXT // 3) + 8


def _cell(bands: Sequence[_Band]) -> tuple[int, int]:
    """The size of a cell: as the pictures' shape, as large as the sheet's bounds let it be."""
    across = max((len(band.heads) for band in bands), default=0)
    down = sum(len(band.cells) for band in bands)
    ratio = _ratio(image for band in bands for row in band.cells for image in row)
    for side in range(_BIG, _SMALL - 1, -16):
        wide, tall = (side, ceil(side / ratio)) if ratio >= 1 else (ceil(side * ratio), side)
        width = 2 * _EDGE + _SIDE + across * (wide + _GAP)
        height = 200 + down * (tall + _GAP) + len(bands) * 450
        if width * height <= MOST_PIXELS and max(width, height) <= MOST_SIDE:
            return wide, tall
    raise InputError(
        f"{across} x {down} pictures do not fit on a sheet", hint="ask for fewer values"
    )


def _ratio(images: Iterable[Image | None]) -> float:
    """Width by height of most pictures, within 1:4 and 4:1; 1 where nothing is known."""
    shapes: dict[float, int] = {}
    for image in images:
        made = image and (image.effective or image.request)
        if made and made.width and made.height:
            shape = made.width / made.height
            shapes[shape] = shapes.get(shape, 0) + 1
    most = max(shapes, key=lambda shape: shapes[shape], default=1.0)
    return min(4.0, max(0.25, most))


def _parts(values: Sequence[str], size: int) -> list[Sequence[str]]:
    return [values[start : start + size] for start in range(0, len(values), size)]
