"""Which pictures to ask for: prompts by seeds, and grids over two axes."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import product

from bozzetto.errors import InputError
from bozzetto.types import ImageTask, Lineage

__all__ = [
    "AXES",
    "LARGEST_SEED",
    "MOST",
    "axes_of",
    "before",
    "check_guidance",
    "grid",
    "read_axis",
    "read_size",
    "with_seeds",
]

LARGEST_SEED = 2**32 - 1
MOST = 1000
"""Pictures of one job."""

LEAST_SIDE, MOST_SIDE = 16, 8192
MOST_PIXELS = 40_000_000
"""What is taken of a picture when it comes (`generate.received`)."""


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise ValueError(text)
        return value

    return read


def _number(text: str) -> float:
    value = float(text)
    if not (math.isfinite(value) and 0 <= value <= 100):
        raise ValueError(text)
    return value


AXES: Mapping[str, tuple[Callable[[str], object], str]] = {
    "prompt": (str, "texts with | between them"),
    "seed": (_whole(0, LARGEST_SEED), f"whole numbers from 0 to {LARGEST_SEED}"),
    "steps": (_whole(1, 1000), "whole numbers from 1 to 1000"),
    "guidance": (_number, "numbers from 0 to 100"),
    "sampler": (str, "names with commas between them"),
}
"""What a grid may go over: field of the request, how one value is read, what is expected."""


def read_axis(text: str) -> tuple[str, tuple[str, ...]]:
    """An axis as it is typed, "seed=1,2,3" or "prompt=a fox | a wolf".

    Raises:
        InputError: it is no axis; says which there are.
    """
    name, equals, rest = text.partition("=")
    name = name.strip().lower()
    if not equals or name not in AXES:
        close = difflib.get_close_matches(name, AXES, n=1)
        guess = f"; did you mean {close[0]!r}?" if close else ""
        raise InputError(
            f"grid: {text[:60]!r} is no axis{guess}",
            hint=f"such as seed=1,2,3; axes: {', '.join(AXES)}",
        )
    pieces = (piece.strip() for piece in rest.split("|" if name == "prompt" else ","))
    values: dict[object, str] = {}
    for piece in filter(None, pieces):
        values.setdefault(_value(name, piece), piece)  # 7 and 7.0 are one
    if not values:
        raise InputError(f"grid: {name} has no values", hint=f"give {AXES[name][1]}")
    return name, tuple(values.values())


def _value(name: str, text: str) -> object:
    read, wanted = AXES[name]
    try:
        return read(text)
    except (ValueError, OverflowError) as error:
        raise InputError(f"grid: {name}: {text[:40]!r} is not right", hint=wanted) from error


def check_guidance(value: float) -> None:
    """Guidance is a number from 0 to 100.

    Raises:
        InputError: it is not.
    """
    if not (math.isfinite(value) and 0 <= value <= 100):
        raise InputError(f"guidance: {value} is not a number from 0 to 100")


def grid(task: ImageTask, axes: Mapping[str, Sequence[str]]) -> tuple[ImageTask, ...]:
    """A task for each pair of values of one or two axes; the first axis goes down the rows.

    Raises:
        InputError: there are more than two axes, or a value is wrong.
    """
    if not 1 <= len(axes) <= 2:
        raise InputError("grid: give one axis or two", hint="--grid seed=1,2 --grid steps=20,30")
    names = tuple(axes)
    tasks = []
    for values in product(*axes.values()):
        fields = {name: _value(name, text) for name, text in zip(names, values, strict=True)}
        lineage = Lineage() if "prompt" in fields else task.lineage
        request = replace(task.request, **fields)  # type: ignore[arg-type]
        tasks.append(ImageTask(request, lineage, dict(zip(names, values, strict=True))))
    return _few(tasks)


def before(
    task: ImageTask, idea: str, hit: tuple[str, str, str | None] | None
) -> tuple[ImageTask, ...]:
    """What a candidate is compared with: its idea as it was typed, and a hit, both drawn as it is.

    Of the hit its id, its prompt and its negative prompt are given.
    """
    typed = replace(task.request, prompt=idea, negative=None)
    found = [ImageTask(typed, Lineage("idea", idea))]
    if hit:
        identity, prompt, negative = hit
        request = replace(typed, prompt=prompt, negative=negative)
        found.append(ImageTask(request, Lineage("hit", idea, hits=(identity,))))
    return tuple(found)


def axes_of(labels: Sequence[Mapping[str, str]]) -> dict[str, tuple[str, ...]]:
    """The axes of a grid from the labels of its tasks in their order; empty where it is none."""
    names = sorted({name for one in labels for name in one})
    if len(names) == 2 and len(labels) > 1 and labels[0].get(names[0]) != labels[1].get(names[0]):
        names.reverse()  # what changes first goes along the columns
    return {name: tuple(dict.fromkeys(one.get(name, "") for one in labels)) for name in names}


def with_seeds(tasks: Sequence[ImageTask], seeds: Sequence[int]) -> tuple[ImageTask, ...]:
    """Each task with each seed: all of one prompt stand together.

    Raises:
        InputError: a seed is out of range, or it comes to too many pictures.
    """
    for seed in seeds:
        _value("seed", str(seed))
    return _few(
        [
            replace(task, request=replace(task.request, seed=seed))
            for task, seed in product(tasks, seeds)
        ]
    )


def _few(tasks: Sequence[ImageTask]) -> tuple[ImageTask, ...]:
    if len(tasks) > MOST:
        raise InputError(
            f"that is {len(tasks):,} pictures; one job makes at most {MOST:,}",
            hint="ask for fewer seeds, values or candidates",
        )
    return tuple(tasks)


def read_size(text: str) -> tuple[int, int]:
    """Width and height of "WIDTHxHEIGHT", pixels.

    Raises:
        InputError: it is no size, or one that nothing draws.
    """
    found = re.fullmatch(r"(\d{1,5})\s*[x×X]\s*(\d{1,5})", text.strip(), re.A)
    if not found:
        raise InputError(f"size: {text[:40]!r} is no size", hint="such as 1024x768")
    width, height = int(found[1]), int(found[2])
    fine = all(LEAST_SIDE <= side <= MOST_SIDE for side in (width, height))
    if not fine or width * height > MOST_PIXELS:
        raise InputError(
            f"size: {width}x{height}: sides are between {LEAST_SIDE} and {MOST_SIDE} pixels,"
            f" {MOST_PIXELS:,} pixels at most"
        )
    return width, height
