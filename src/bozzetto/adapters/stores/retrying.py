"""What passes is tried again: around each call of a store that may be repeated."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from bozzetto.errors import BackendError

__all__ = ["retried"]

_FIRST = 0.2  # seconds before the second try; each later one waits three times as long

T = TypeVar("T")


def retried(
    work: Callable[[], T], tries: int = 3, *, sleep: Callable[[float], None] = time.sleep
) -> T:
    """What `work` gives, trying again where it fails in a way that passes.

    Waits are 0.2 s, 0.6 s and so on, each a fifth shorter or longer by chance, so that many
    who failed together do not come back together.

    Raises:
        BackendError: of the last try, or of the first that does not pass.
    """
    for tried in range(tries - 1):
        try:
            return work()
        except BackendError as error:
            if not error.retryable:
                raise
        sleep(_FIRST * 3**tried * random.uniform(0.8, 1.2))
    return work()
