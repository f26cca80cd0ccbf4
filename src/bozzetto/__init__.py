"""From a rough idea, in any language, to the prompt and the picture you meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bozzetto.errors import (
    BackendError,
    BozzettoError,
    DataError,
    InputError,
    NotFoundError,
    SetupError,
)
from bozzetto.types import (
    Candidate,
    Filters,
    Hit,
    OptimizeResult,
    Phrase,
    SearchResult,
    Usage,
    Wishes,
    WriteDelta,
    WriteDone,
    WriteEvent,
    WriteFailed,
    WriteStarted,
    WriteStopped,
)

if TYPE_CHECKING:
    from bozzetto.app import Assistant
    from bozzetto.optimize.stopping import Stop

__version__ = "0.1.0"

__all__ = [
    "Assistant",
    "BackendError",
    "BozzettoError",
    "Candidate",
    "DataError",
    "Filters",
    "Hit",
    "InputError",
    "NotFoundError",
    "OptimizeResult",
    "Phrase",
    "SearchResult",
    "SetupError",
    "Stop",
    "Usage",
    "Wishes",
    "WriteDelta",
    "WriteDone",
    "WriteEvent",
    "WriteFailed",
    "WriteStarted",
    "WriteStopped",
    "__version__",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the signature Python gives module __getattr__
    """Import the assistant only when it is asked for, so that `import bozzetto` stays light."""
    if name == "Assistant":
        from bozzetto.app import Assistant

        return Assistant
    if name == "Stop":
        from bozzetto.optimize.stopping import Stop

        return Stop
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
