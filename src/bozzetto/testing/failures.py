"""Which of a vendor's exceptions an adapter's table says nothing of.

def test_every_exception_has_a_row() -> None:
    assert unmapped(opensearchpy.exceptions, FAILURES) == []
"""

from __future__ import annotations

from types import ModuleType

from bozzetto.adapters.failures import Failures, row_of

__all__ = ["unmapped"]


def unmapped(module: ModuleType, failures: Failures) -> list[str]:
    """The exception classes of a module, warnings aside, without a row of the table."""
    found = (
        one
        for name, one in vars(module).items()
        if not name.startswith("_") and isinstance(one, type) and issubclass(one, Exception)
    )
    ours = (one for one in found if not issubclass(one, Warning) and one.__module__ != "builtins")
    return sorted({one.__name__ for one in ours if row_of(one, failures) is None})
