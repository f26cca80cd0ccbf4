from __future__ import annotations

from collections.abc import Callable

import pytest

from bozzetto.adapters.stores.retrying import retried
from bozzetto.errors import BackendError


def failing(*errors: Exception) -> Callable[[], str]:
    """Work that fails once with each of those, then answers."""
    left = list(errors)

    def work() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return work


def test_what_passes_is_tried_again() -> None:
    waits: list[float] = []
    passing = [BackendError("busy", retryable=True) for _ in range(2)]
    assert retried(failing(*passing), sleep=waits.append) == "done"
    assert waits == [pytest.approx(0.2, rel=0.21), pytest.approx(0.6, rel=0.21)]


def test_the_last_failure_is_told() -> None:
    waits: list[float] = []
    passing = [BackendError(f"try {n}", retryable=True) for n in range(4)]
    with pytest.raises(BackendError, match=r"^try 2$"):
        retried(failing(*passing), sleep=waits.append)
    assert len(waits) == 2


@pytest.mark.parametrize("error", [BackendError("full"), KeyError("ours")])
def test_the_rest_is_told_at_once(error: Exception) -> None:
    waits: list[float] = []
    with pytest.raises(type(error)):
        retried(failing(error), sleep=waits.append)
    assert waits == []
