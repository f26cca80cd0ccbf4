"""What a terminal shows of a long job."""

from __future__ import annotations

import io
from contextlib import redirect_stderr

import pytest

from bozzetto.cli.output import progress_bar, terminal
from bozzetto.types import Progress


class Terminal(io.StringIO):
    """A stream that takes itself for a terminal."""

    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, *steps: Progress) -> str:
    """What stands on a terminal after some steps."""
    screen = Terminal()
    terminal.cache_clear()  # what it knows of its terminal is of an earlier test
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with redirect_stderr(screen), progress_bar() as progress:
        for step in steps:
            progress(step)
    return screen.getvalue()


@pytest.mark.parametrize(
    ("seconds", "said"), [(12.4, "about 12 s left"), (300, "5 min left"), (9000, "2 h left")]
)
def test_the_bar_shows_the_time_that_the_job_itself_says(
    monkeypatch: pytest.MonkeyPatch, seconds: float, said: str
) -> None:
    assert said in shown(monkeypatch, Progress("embed", 3, 10, seconds))


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (Progress("embed", 3000, 10_000), " 3,000/10,000 "),
        (Progress("import", 3000), " 3,000/? "),
        (Progress("download", 1_500_000, 1_600_000_000, unit="bytes"), " 1.5/1,600.0 MB "),
        (Progress("download", 1_500_000, unit="bytes"), " 1.5/? MB "),
    ],
)
def test_the_bar_counts_in_the_unit_of_the_job(
    monkeypatch: pytest.MonkeyPatch, step: Progress, said: str
) -> None:
    assert said in shown(monkeypatch, step)


def test_a_message_alone_draws_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, Progress("import", 0, message="mine.txt waits"))
    assert "mine.txt waits" in text
    assert "0/?" not in text
