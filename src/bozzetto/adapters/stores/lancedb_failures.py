"""What LanceDB says went wrong, in our terms.

It has no exceptions of its own for that: what its core says comes as ValueError, RuntimeError
or OSError, told apart by its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bozzetto.adapters.failures import Failure, Failures, failure_of, row_of, spoken
from bozzetto.adapters.stores.rows import REFILL

__all__ = ["FAILURES", "told"]

_AGAIN = "the same command goes on where this one broke off"
_SIGN_IN = (
    "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION, or give this machine a role"
)

FAILURES: Failures = {
    "OSError": Failure("backend", "cannot be read or written"),
    "RuntimeError": Failure("backend", "fails"),
    "ValueError": Failure("backend", "does not take it"),
    "MissingColumnError": Failure("backend", "is not as we made it", "drop it and build it anew"),
}
"""By the class, where the words say nothing more."""

_WORDS: tuple[tuple[str, Failure], ...] = (
    ("table .* was not found", Failure("absent", "has no such collection", REFILL)),
    ("no space left", Failure("backend", "has no room left on its disk", f"make room; {_AGAIN}")),
    (
        "permission denied|read-only file system|not a directory",
        Failure("setup", "may not be written", "name a folder of your own"),
    ),
    (
        "credential|access ?denied|forbidden|invalidaccesskeyid|signaturedoesnotmatch",
        Failure("setup", "refuses the credentials", _SIGN_IN),
    ),
    ("region", Failure("setup", "is in a region that is not known", "set AWS_REGION")),
    ("nosuchbucket", Failure("setup", "names a bucket that is not there")),
    (
        "commit conflict|concurrent|timed? ?out|connection|throttl|slow ?down|error sending",
        Failure("passing", "broke off", _AGAIN),
    ),
    (
        "no such file|not found|does not exist",
        Failure("backend", "has lost its files", "drop the collection and build it anew"),
    ),
)
"""What the words hold, in order."""

_BUILT = re.compile(r",? ?/[^ ]*\.rs(:\d+)*")
"""Where in its core something was noticed, on the machine of those who built it."""


@contextmanager
def told(place: str, secrets: Sequence[str] = ()) -> Iterator[None]:
    """Within a `with`: LanceDB's exceptions come out as ours."""
    try:
        yield
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        words = _BUILT.sub("", spoken(error, secrets))
        row = next((row for said, row in _WORDS if re.search(said, words, re.IGNORECASE)), None)
        row = row or row_of(type(error), FAILURES)
        if row is None:
            raise
        raise failure_of(Exception(words), {"Exception": row}, place) or error from None
