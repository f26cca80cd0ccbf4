from __future__ import annotations

import pytest

from bozzetto.search.views import spelled


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a frog, oil on canvas", "a frog, oil on canvas"),
        ("café  🐸", "café frog face"),
        ("💪🏽🍺🐸, kimi no na wa", "flexed biceps beer mug frog face , kimi no na wa"),
        ("❤️ and 👩‍🚀", "heavy black heart and woman rocket"),
        ("夕暮れ  の海", "夕暮れ  の海"),
        ("", ""),
    ],
)
def test_emoji_are_read_by_their_names(text: str, read: str) -> None:
    assert spelled(text) == read
