"""Every error the program raises on purpose, by who must act.

BozzettoError
├── InputError      the user: what was asked cannot be done as asked      exit 2
├── NotFoundError   the user: nothing is there under that name            exit 3
├── SetupError      whoever set it up: an extra, a key, a model, a file   exit 4
│   └── MissingExtraError   a package is not installed; says the command
├── BackendError    the back end: down, slow, refusing, answering junk    exit 5
└── DataError       the data: a library, an index, a file that is broken  exit 1
    └── NewerSchemaError    written by a newer version; left untouched
"""

__all__ = [
    "BackendError",
    "BozzettoError",
    "DataError",
    "InputError",
    "MissingExtraError",
    "NewerSchemaError",
    "NotFoundError",
    "SetupError",
]


class BozzettoError(Exception):
    """Root of the tree: a message for a person, an optional way out, an exit code.

    `code` is the short name that machine-readable answers carry.
    """

    exit_code = 1
    code = "failure"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InputError(BozzettoError):
    """What the user asked for cannot be done as asked."""

    exit_code = 2
    code = "input"


class NotFoundError(BozzettoError):
    """Nothing exists under the name or id the user gave."""

    exit_code = 3
    code = "not_found"


class SetupError(BozzettoError):
    """The installation lacks something: an extra, a key, a model, a readable file."""

    exit_code = 4
    code = "setup"


class MissingExtraError(SetupError):
    """A package that an optional back end needs is not installed."""


class BackendError(BozzettoError):
    """A back end is down, slow, refuses, or answers junk.

    `retryable` says whether the same call may succeed later.
    """

    exit_code = 5
    code = "backend"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        retryable: bool = False,
        status: int | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.retryable = retryable
        self.status = status


class DataError(BozzettoError):
    """A library, an index or a file is broken."""

    code = "data"


class NewerSchemaError(DataError):
    """The library was written by a newer version and has been left untouched."""
