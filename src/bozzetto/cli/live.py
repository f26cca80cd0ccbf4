"""Candidates on a terminal while a chat model writes them, and what that took."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bozzetto.cli.output import terminal
from bozzetto.text.normalise import visible
from bozzetto.types import (
    Usage,
    WriteDelta,
    WriteDone,
    WriteEvent,
    WriteFailed,
    WriteStarted,
    WriteStopped,
)

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["drafts_shown", "usage_text"]

_LINES = 3
"""Lines of the terminal that show the end of one candidate."""


@dataclass(slots=True)
class _Draft:
    """One candidate as far as it has come."""

    look: str = ""
    text: str = ""
    state: str = "..."


@dataclass(slots=True)
class _Drafts:
    """All of them, by number; what a chat model says is data from a stranger until checked."""

    width: int
    found: dict[int, _Draft] = field(default_factory=dict)

    def hear(self, event: WriteEvent) -> None:
        """Take an event in."""
        draft = self.found.setdefault(event.index, _Draft())
        match event:
            case WriteStarted(look=look, attempt=attempt):
                draft.look, draft.text = look or "", ""
                draft.state = "..." if attempt == 1 else "second try"
            case WriteDelta(text=text):
                draft.text += text
            case WriteFailed(reason=reason):
                draft.state = reason
            case WriteStopped():
                draft.state = "stopped"
            case WriteDone(candidate=candidate):
                draft.text, draft.state = candidate.prompt, "done"

    def __rich__(self) -> Text:
        from rich.text import Text

        shown = Text()
        for number, draft in sorted(self.found.items()):
            head = f"{number + 1} {draft.state}  {draft.look}".rstrip()
            shown.append(visible(head)[: self.width] + "\n", "cyan")
            text = " ".join(visible(draft.text[-_LINES * self.width :]).split())
            shown.append(text[-_LINES * (self.width - 1) :] + "\n")
        return shown


@contextmanager
def drafts_shown() -> Iterator[Callable[[WriteEvent], None] | None]:
    """What shows the events of writing on a terminal until it is over; None elsewhere."""
    console = terminal()
    if not console.is_terminal:
        yield None
        return
    from rich.live import Live

    drafts = _Drafts(console.width)
    with Live(drafts, console=console, transient=True, refresh_per_second=12):
        yield drafts.hear


def usage_text(usage: Usage) -> str:
    """What a chat model took, in a line for a person."""
    parts = [f"{usage.input_tokens:,} tokens sent, {usage.output_tokens:,} received"]
    if usage.estimated:
        parts[0] = f"about {parts[0]}"
    if usage.cached:
        parts.append(f"{usage.cached} cached")
    if usage.cost is not None:
        parts.append(f"cost {usage.cost:.4f}")
    return ", ".join(parts)
