"""What a terminal shows while a chat model writes."""

from __future__ import annotations

import io
import os
import sys

import pytest
from rich.console import Console

from bozzetto.cli.live import _Drafts, drafts_shown, usage_text
from bozzetto.types import (
    Candidate,
    Usage,
    WriteDelta,
    WriteDone,
    WriteEvent,
    WriteFailed,
    WriteStarted,
    WriteStopped,
)

DONE = Candidate("c", "a fox, oil", None, "sdxl", "x:y", {"clip": 4}, (), 1.0, 1.0)


def shown(*events: WriteEvent, width: int = 40) -> list[str]:
    drafts = _Drafts(width)
    for event in events:
        drafts.hear(event)
    console = Console(file=io.StringIO(), width=width, record=True)
    console.print(drafts)
    return console.export_text().rstrip("\n").split("\n")


def test_each_candidate_has_its_look_its_state_and_the_end_of_its_text() -> None:
    assert shown(
        WriteStarted(0, 0, "oil, dusk"),
        WriteStarted(1, 1),
        WriteDelta(0, "a fox"),
        WriteDelta(0, " in the"),
        WriteDelta(1, "no"),
        WriteFailed(1, "declined"),
        WriteStarted(1, 5, None, 2),
        WriteDelta(1, "again"),
        WriteStarted(2, 2),
        WriteStopped(2),
        WriteStarted(3, 3),
        WriteDone(3, DONE),
    ) == [
        "1 ...  oil, dusk", "a fox in the", "2 second try", "again", "3 stopped", "", "4 done",
        "a fox, oil",
    ]  # fmt: skip


def test_a_long_text_shows_its_end_and_steers_no_terminal() -> None:
    lines = shown(
        WriteStarted(0, 0, "\x1b[2Jlook"), WriteDelta(0, "word " * 200 + "\x1b]52;c;x\x07end")
    )
    assert len(lines) <= 5
    assert lines[-1].endswith("end")
    assert "\x1b" not in "".join(lines)


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")
def test_only_a_terminal_is_shown_drafts() -> None:
    with drafts_shown() as hear:
        assert (hear is None) == (not sys.stderr.isatty())


def test_what_it_took_in_words() -> None:
    assert usage_text(Usage(1200, 80)) == "1,200 tokens sent, 80 received"
    assert (
        usage_text(Usage(0, 0, 2, cost=0.0)) == "0 tokens sent, 0 received, 2 cached, cost 0.0000"
    )
    assert usage_text(Usage(5, 1, 0, True)) == "about 5 tokens sent, 1 received"
