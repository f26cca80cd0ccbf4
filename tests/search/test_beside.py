from __future__ import annotations

import threading

import pytest

from bozzetto.search.beside import beside


@pytest.mark.parametrize(("long", "here"), [(True, False), (False, True)])
def test_short_work_is_done_by_who_gives_it(long: bool, here: bool) -> None:
    with beside(1, long=long) as pool:
        assert (pool.submit(threading.get_ident).result() == threading.get_ident()) is here
        assert list(pool.map(lambda one: one + 1, range(3))) == [1, 2, 3]


@pytest.mark.parametrize("long", [True, False])
def test_what_goes_wrong_is_told_when_it_is_asked_for(long: bool) -> None:
    with beside(1, long=long) as pool:
        failed = pool.submit(int, "none")
        with pytest.raises(ValueError, match="none"):
            failed.result()
