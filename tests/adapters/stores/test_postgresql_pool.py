"""Connections that are shared."""

from __future__ import annotations

from bozzetto.adapters.stores.postgresql_pool import Pool


class Connection:
    """Knows whether it is closed."""

    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        """Close it."""
        self.closed = True


def test_one_is_used_again() -> None:
    pool = Pool(Connection)
    with pool.connection() as first:
        pass
    with pool.connection() as second:
        assert second is first
    pool.close()
    assert first.closed


def test_one_in_use_is_closed_when_it_comes_back() -> None:
    pool = Pool(Connection)
    with pool.connection() as first:
        pool.close()
        assert not first.closed
    assert first.closed
    with pool.connection() as second:
        assert second is not first
    assert not second.closed
