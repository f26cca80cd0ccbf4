"""What a server writes down: JSON lines, with prompts and secrets left out.

A line for each request names its route, not its address. What other libraries log is passed
through `redacted`; of an error its kind and its place are written, not its text, for that may
hold a prompt.
"""

from __future__ import annotations

import json
import logging
import logging.handlers
import os
import re
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import TracebackType

from bozzetto.app.secret import SECRET
from bozzetto.errors import SetupError
from bozzetto.text.normalise import visible

__all__ = ["audit", "logged", "note_request", "redacted"]

OUT = "[left out]"

_requests = logging.getLogger("bozzetto.web.request")
_audit = logging.getLogger("bozzetto.web.audit")
_failures = logging.getLogger("bozzetto.web")

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (SECRET, OUT),
    (re.compile(r"(?im)\b((?:set-)?cookie['\"]?\s*[:=]).*$"), rf"\1 {OUT}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{4,}"), rf"\1 {OUT}"),
    (
        re.compile(
            r"(?i)([\w-]*(?:authorization|api[-_ ]?key|token|passw(?:or)?d|secret)['\"]?\s*[:=]"
            r"\s*)(?!\s*(?:bearer|basic) \[)(\"[^\"]*\"|'[^']*'|[^\s,;&'\"]+)"
        ),
        rf"\1{OUT}",
    ),
    (re.compile(r"://[^/\s@]+@"), f"://{OUT}@"),
    (re.compile(r"(?<=\S)\?[^\s\"'<>]*=[^\s\"'<>]*"), f"?{OUT}"),
    (
        re.compile(
            r"\b(?:sk|pk|rk)-[\w-]{16,}|\bAKIA[0-9A-Z]{12,}|\bhf_\w{16,}|\bgh[pousr]_\w{16,}"
        ),
        OUT,
    ),
)
"""What never stands in a log: secrets of ours, headers, what is called a secret, the rest of
addresses, and how keys of well-known services begin."""

_CALLED = re.compile(r"(?i)key|token|secret|passw")
FEWEST = 8
"""Characters of a value of the environment that is left out wherever it stands."""


def redacted(text: str, environ: Mapping[str, str] | None = None) -> str:
    """A text without secrets, and safe for a terminal."""
    for value in _own() if environ is None else _called_secret(environ):
        text = text.replace(value, OUT)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return visible(text)


def _called_secret(environ: Mapping[str, str]) -> tuple[str, ...]:
    found = {value for name, value in environ.items() if _CALLED.search(name)}
    return tuple(sorted((value for value in found if len(value) >= FEWEST), key=len, reverse=True))


@cache
def _own() -> tuple[str, ...]:
    """Secrets of the environment that the program was started in."""
    return _called_secret(os.environ)


def note_request(**said: object) -> None:
    """Note a request that was answered."""
    if _requests.isEnabledFor(logging.INFO):
        _requests.info("request", extra={"said": {"event": "request"} | said})


def audit(action: str, **said: object) -> None:
    """Note who got in or did not, and what was done that cannot be taken back."""
    if _audit.isEnabledFor(logging.INFO):
        _audit.info("audit", extra={"said": {"event": "audit", "action": action} | said})


class _Lines(logging.Formatter):
    """A record as a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        said = getattr(record, "said", None) or {
            "event": "log", "level": record.levelname.lower(), "logger": record.name,
            "message": _message(record),
        } | _failure(record)  # fmt: skip
        return json.dumps({"time": at} | {name: _safe(value) for name, value in said.items()})


class _Plain(logging.Formatter):
    """A record for a person who looks at the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        lines = [f"bozzetto: {_message(record)}"]
        for name, said in _failure(record).items():
            lines += [f"  {one}" for one in ([said] if name == "error" else said)]
        return "\n".join(lines)


def _message(record: logging.LogRecord) -> str:
    return redacted(" ".join(record.getMessage().split()))


def _failure(record: logging.LogRecord) -> dict[str, str | list[str]]:
    """The kinds and the places of an error and of those that led to it; never their texts."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return {}
    kinds, places = [], []
    while error is not None:
        kinds.append(type(error).__qualname__)
        places += _places(error.__traceback__)
        error = error.__cause__ or error.__context__
    return {"error": " from ".join(kinds), "trace": places}


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace, limit=-20)
    return [f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in frames]


def _safe(value: object) -> object:
    if isinstance(value, str):
        return redacted(value)
    return [_safe(one) for one in value] if isinstance(value, list) else value


@contextmanager
def logged(place: str | None) -> Iterator[None]:
    """Within it, what is logged goes to a file, to stderr ("-") or, as warnings only, there.

    Raises:
        SetupError: the file cannot be written.
    """
    handler = _handler(place)
    root, ours = logging.getLogger(), logging.getLogger("bozzetto")
    before = root.level, ours.level, threading.excepthook
    root.addHandler(handler)
    ours.setLevel(logging.WARNING if place is None else logging.INFO)
    threading.excepthook = _thread_failed
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()
        root.setLevel(before[0])
        ours.setLevel(before[1])
        threading.excepthook = before[2]


def _handler(place: str | None) -> logging.Handler:
    if place in (None, "-"):
        handler: logging.Handler = logging.StreamHandler(sys.stderr)
    else:
        handler = _file(str(place))
    handler.setFormatter(_Plain() if place is None else _Lines())
    return handler


def _file(place: str) -> logging.Handler:
    """A file that its owner alone reads; moved away by who rotates logs, it is begun anew."""
    try:
        os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        return logging.handlers.WatchedFileHandler(place, encoding="utf-8")
    except OSError as error:
        raise SetupError(
            f"--log {place}: {error.strerror or error}", hint="name a file, or - for stderr"
        ) from error


def _thread_failed(about: threading.ExceptHookArgs) -> None:
    found = about.exc_value
    if found is not None and not isinstance(found, SystemExit):
        _failures.error("a thread failed", exc_info=(type(found), found, about.exc_traceback))
