"""Passwords tried: each wrong one makes the next wait longer, by account and by client."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = ["Throttle"]

By = Literal["account", "client"]

FREE = 5
"""Wrong ones before the first wait, which is of one second; each after it doubles that."""

LONGEST: Mapping[By, float] = {"account": 60.0, "client": 900.0}
"""Seconds of the longest wait: a stranger can make an account wait, so that one is short."""

FORGOTTEN = 3600.0
"""Seconds after the last try."""

REMEMBERED = 10_000


@dataclass(slots=True)
class _Tries:
    wrong: int = 0
    until: float = 0.0
    last: float = 0.0


class Throttle:
    """Tries at passwords, of the last `REMEMBERED` accounts and clients.

    An account that does not exist is counted like one that does.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tries: OrderedDict[tuple[By, str], _Tries] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, account: str, client: str) -> float:
        """Note a try as a wrong one: 0, or the seconds to wait, and then it is none."""
        with self._lock:
            now = self._clock()
            found = {by: self._of(by, name, now) for by, name in _both(account, client)}
            wait = max(one.until for one in found.values()) - now
            if wait > 0:
                return wait
            for by, one in found.items():
                one.wrong += 1
                one.last = now
                over = one.wrong - FREE
                one.until = now + min(LONGEST[by], 2.0 ** min(over, 20)) if over >= 0 else 0.0
            while len(self._tries) > REMEMBERED:
                self._tries.popitem(last=False)
        return 0.0

    def _of(self, by: By, name: str, now: float) -> _Tries:
        found = self._tries.pop((by, name), None)
        if found is None or now - found.last > FORGOTTEN:
            found = _Tries()
        self._tries[by, name] = found
        return found

    def right(self, account: str, client: str) -> None:
        """The try was right: the account starts anew, the client has one less."""
        with self._lock:
            self._tries.pop(("account", account), None)
            found = self._tries.get(("client", client))
            if found:
                found.wrong -= 1
                found.until = 0.0


def _both(account: str, client: str) -> tuple[tuple[By, str], tuple[By, str]]:
    return ("account", account), ("client", client)
