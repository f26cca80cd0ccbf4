"""Times as they are written down: now, and those that people name."""

from __future__ import annotations

from datetime import UTC, date, datetime

__all__ = ["moment", "now"]


def now() -> str:
    """The time, ISO 8601, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def moment(text: str) -> str:
    """A day or a time as the library writes its own, which are compared as text; UTC.

    Raises:
        ValueError: it is neither.
    """
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
        found = found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error
    return found.isoformat(timespec="seconds")
