from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.text.gist import gist


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a fox", "a fox"),
        (
            "a fox in the snow, soft morning light, highly detailed, 8k, trending on artstation",
            "a fox in the snow, soft morning light",
        ),
        (
            "a harbour at dusk, watercolor, octane render, by jane doe",
            "a harbour at dusk, watercolor",
        ),
        ("", ""),
    ],
)
def test_light_and_medium_stay_and_praise_goes(prompt: str, expected: str) -> None:
    assert gist(prompt) == expected


@given(st.text(max_size=200))
def test_it_is_empty_only_for_an_empty_text(text: str) -> None:
    assert bool(gist(text)) == bool(text)
