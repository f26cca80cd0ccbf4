from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from PIL import Image as Pixels
from PIL import ImageChops

from bozzetto.errors import InputError
from bozzetto.review.sheet import Column, compare_columns, compare_sheet, grid_sheet
from bozzetto.types import Image, Lineage, Phrase

Make = Callable[..., Image]

RED, GREEN, BLUE = (255, 0, 0), (0, 128, 0), (0, 0, 255)
HOLLOW = (242, 242, 244)


def opened(data: bytes) -> Pixels.Image:
    with Pixels.open(io.BytesIO(data)) as sheet:
        assert (sheet.format, sheet.info) == ("PNG", {})
        return sheet.convert("RGB")


def box(data: bytes, colour: tuple[int, int, int]) -> tuple[int, int, int, int] | None:
    """Where a colour stands: left, top, right, bottom, the last two not included."""
    masks = [
        band.point([255 * (value == wanted) for value in range(256)])
        for band, wanted in zip(opened(data).split(), colour, strict=True)
    ]
    return ImageChops.darker(ImageChops.darker(masks[0], masks[1]), masks[2]).getbbox()


def test_a_grid_has_each_picture_where_its_labels_say(make: Make) -> None:
    images = [
        make("a", "red", labels={"seed": "1", "steps": "10"}),
        make("b", "green", labels={"seed": "2", "steps": "20"}),
        make("c", "blue", labels={"seed": "3", "steps": "10"}),
    ]
    data = grid_sheet(images, ("seed", ["1", "2"]), ("steps", ["10", "20"]), title="Dogs")
    left, top, across = 226, 162, 512 + 16
    assert opened(data).size == (left + 2 * across + 36, top + 2 * across + 36)
    assert box(data, RED) == (left, top, left + 512, top + 512)
    assert box(data, GREEN) == (left + across, top + across, left + across + 512, top + 1040)
    assert box(data, BLUE) is None
    assert box(data, HOLLOW) == (left + 1, top + 1, left + across + 511, top + across + 511)


def test_what_was_refused_or_lost_says_so_in_its_cell(make: Make) -> None:
    made = make("a", labels={"seed": "1"})
    lost = replace(made, path=f"{made.path}.gone")
    refused = replace(made, state="filtered", path=None, reason="no dogs here")
    axis = ("seed", ["1"])
    sheets = {grid_sheet(found, axis) for found in ([made], [lost], [refused], [])}
    assert len(sheets) == 4
    assert all(box(sheet, RED) is None for sheet in sheets - {grid_sheet([made], axis)})


def test_of_two_pictures_in_one_cell_the_one_that_was_made_stands(make: Make) -> None:
    made = make("a", labels={"seed": "1"})
    failed = replace(made, state="failed", reason="out of memory")
    assert grid_sheet([failed, made], ("seed", ["1"])) == grid_sheet([made], ("seed", ["1"]))


def test_an_only_axis_runs_across_eight_a_line(make: Make) -> None:
    values = [str(n) for n in range(9)]
    images = [make(v, "green" if v == "8" else "red", labels={"seed": v}) for v in values]
    data = grid_sheet(images, ("seed", values))
    red, green = box(data, RED), box(data, GREEN)
    assert red is not None
    assert green is not None
    assert (green[0], green[1] > red[3]) == (red[0], True)


def test_a_sheet_stays_within_its_bounds(make: Make) -> None:
    one = make("a", labels={"x": "0", "y": "0"})
    values = [str(n) for n in range(30)]
    wide, tall = opened(grid_sheet([one], ("x", values), ("y", values))).size
    assert 16_000_000 < wide * tall <= 32_000_000
    with pytest.raises(InputError) as caught:
        grid_sheet([], ("x", values * 10), ("y", values))
    assert caught.value.message == "30 x 300 pictures do not fit on a sheet"


def test_cells_have_the_shape_of_the_pictures(make: Make) -> None:
    data = grid_sheet([make("a", size=(96, 64), labels={"x": "1"})], ("x", ["1"]))
    found = box(data, RED)
    assert found is not None
    assert (found[2] - found[0], found[3] - found[1]) == (512, 341)


@pytest.mark.parametrize(
    "text", ["ein Hund, außen, für später", "一只小狗", "\x1b[31m\u202e", "🐕"]
)
def test_any_text_is_a_label(make: Make, text: str) -> None:
    data = grid_sheet([make("a", labels={"prompt": text})], ("prompt", [text]), title=text * 99)
    assert data == grid_sheet(
        [make("a", labels={"prompt": text})], ("prompt", [text]), title=text * 99
    )
    assert box(data, RED) is not None


def test_the_columns_of_a_comparison(make: Make) -> None:
    idea = Lineage("idea", "a dog")
    hit = Lineage("hit", "a dog", None, ("h1",))
    first, second = Lineage("candidate", "a dog", "c1"), Lineage("candidate", "a dog", "c2")
    c1 = make("c1", prompt="a dog, oil", seed=2, lineage=first)
    c2 = make("c2", prompt="a dog, ink", seed=2, lineage=second)
    h1 = make("h1", prompt="a puppy", seed=2, lineage=hit)
    i1, i2 = (make(f"i{n}", prompt="a dog", seed=n, lineage=idea) for n in (1, 2))
    phrases = (Phrase("a dog", "idea"), Phrase("oil", "h1"))
    assert compare_columns([c1, c2, h1, i1, i2], {"c1": phrases}) == (
        (
            Column("original idea", "a dog", {1: i1, 2: i2}),
            Column("chosen hit", "a puppy", {2: h1}),
            Column("candidate 1", "a dog, oil", {2: c1}, phrases),
            Column("candidate 2", "a dog, ink", {2: c2}),
        ),
        (1, 2),
    )
    assert compare_columns([]) == ((), ())


def test_a_comparison_has_a_column_for_each_prompt_and_a_row_for_each_seed(make: Make) -> None:
    columns = [
        Column("original idea", "a dog", {1: make("a", "red"), 2: make("b", "green")}),
        Column("candidate 1", "a dog, " * 40, {1: make("c", "blue")}),
    ]
    data = compare_sheet(columns, [1, 2], title="a dog")
    red, green, blue = box(data, RED), box(data, GREEN), box(data, BLUE)
    assert red is not None
    assert green == (red[0], red[3] + 16, red[2], red[3] + 16 + 512)
    assert blue == (red[2] + 16, red[1], red[2] + 16 + 512, red[3])
