from __future__ import annotations

from bozzetto.search.liking import liking


def test_more_stars_add_more_and_none_adds_nothing() -> None:
    worth = [liking(stars) for stars in (1, 2, 3, 4, 5)]
    assert worth == sorted(worth)
    assert len(set(worth)) == 5
    assert liking(None) == liking(3) == 0
    assert liking(5) == -liking(1)
