"""The campaigns that are being written: each by one run at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable

from bozzetto.web.runs import Run

__all__ = ["Writings"]


class Writings:
    """The runs that write campaigns, by the campaign's id."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[str, Run] = {}

    def begin(self, campaign: str, begin: Callable[[], Run]) -> Run:
        """The run that writes a campaign already, else the one that `begin` gives."""
        with self._lock:
            self._runs = {key: run for key, run in self._runs.items() if not run.over.done()}
            if campaign not in self._runs:
                self._runs[campaign] = begin()
            return self._runs[campaign]

    def get(self, campaign: str) -> Run | None:
        """The run that writes a campaign, or wrote it last; everybody may hear it."""
        with self._lock:
            return self._runs.get(campaign)

    def stop(self, campaign: str) -> None:
        """Write no more of a campaign."""
        with self._lock:
            run = self._runs.get(campaign)
        if run:
            run.stop()
