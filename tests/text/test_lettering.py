from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageFont

from bozzetto.text.lettering import font, legible, wrap

OWN = font("plain", 16)


def test_wrapping() -> None:
    assert wrap("", OWN, 110, 3) == []
    assert wrap("a small\n dog", OWN, 110, 3) == ["a small dog"]
    assert wrap("one two three four five six", OWN, 110, 2) == ["one two three", "four five six"]
    assert wrap("one two", OWN, 110, 1) == ["one two"]
    assert wrap("seventeen eighteen nineteen", OWN, 110, 1) == ["seventeen…"]


@given(st.text("ab c,小", max_size=80), st.integers(1, 5))
def test_every_line_fits_and_what_is_cut_is_marked(text: str, most: int) -> None:
    lines = wrap(text, OWN, 90, most)
    assert len(lines) <= most
    assert max((OWN.getlength(line) for line in lines), default=0) <= 90
    said = "".join(lines).replace(" ", "")
    whole = "".join(text.split())
    assert said == whole or (said.endswith("…") and whole.startswith(said[:-1]))


def test_without_another_font_accents_fall() -> None:
    """Pillow's own font has no letter for them, and would draw a box."""
    assert legible("perché è così, für", OWN) == "perche e cosi, fur"
    assert legible("plain", OWN) == "plain"
    other = ImageFont.load_default(16)
    assert legible("perché", other) == "perché"
