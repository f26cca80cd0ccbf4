"""What a terminal shows of a long job."""

from __future__ import annotations

import io
from contextlib import redirect_stderr

import pytest

from bozzetto.cli.output import progress_bar
from bozzetto.types import Progress


class Terminal(io.StringIO):
    """A stream that takes itself for a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("seconds", "shown"), [(12.4, "about 12 s left"), (300, "5 min left"), (9000, "2 h left")]
)
def test_the_bar_shows_the_time_that_the_job_itself_says(
    monkeypatch: pytest.MonkeyPatch, seconds: float, shown: str
) -> None:
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with redirect_stderr(terminal), progress_bar() as progress:
        progress(Progress("embed", 3, 10, seconds))
    assert shown in terminal.getvalue()
