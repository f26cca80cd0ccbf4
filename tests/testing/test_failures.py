"""A table of failures, and what it says nothing of."""

from __future__ import annotations

from types import ModuleType

import pytest

from bozzetto.adapters.failures import Failure, failure_of, spoken, told
from bozzetto.errors import (
    BackendError,
    BozzettoError,
    DataError,
    InputError,
    NotFoundError,
    SetupError,
)
from bozzetto.testing.failures import unmapped


class VendorError(Exception):
    """The vendor's own."""


class Refused(VendorError):  # noqa: N818 - as vendors name theirs
    """Another of it."""


class Vanished(Exception):  # noqa: N818
    """Not made from it."""


class Old(VendorError, Warning):  # noqa: N818
    """A warning is no failure."""


VENDOR = ModuleType("vendor")
for one in (VendorError, Refused, Vanished, Old, KeyError):
    setattr(VENDOR, one.__name__, one)
VENDOR.number = 3  # type: ignore[attr-defined]

TABLE = {
    "VendorError": Failure("backend", "fails"),
    f"{__name__}.Refused": Failure("setup", "refuses the key", "set VENDOR_KEY"),
}


def test_what_no_row_covers_is_named() -> None:
    assert unmapped(VENDOR, TABLE) == ["Vanished"]
    assert unmapped(VENDOR, {**TABLE, "Vanished": Failure("passing", "is gone")}) == []
    assert unmapped(VENDOR, {}) == ["Refused", "Vanished", "VendorError"]


def test_the_nearest_row_tells() -> None:
    found = failure_of(Refused("no"), TABLE, "The vendor")
    assert isinstance(found, SetupError)
    assert (found.message, found.hint) == ("The vendor refuses the key: no", "set VENDOR_KEY")
    assert failure_of(Vanished(), TABLE, "The vendor") is None


@pytest.mark.parametrize(
    ("kind", "made", "again"),
    [
        ("setup", SetupError, None),
        ("input", InputError, None),
        ("absent", NotFoundError, None),
        ("data", DataError, None),
        ("backend", BackendError, False),
        ("passing", BackendError, True),
    ],
)
def test_each_kind_is_one_of_ours(kind: str, made: type[BozzettoError], again: bool | None) -> None:
    table = {"VendorError": Failure(kind, "fails")}  # type: ignore[arg-type]
    found = failure_of(VendorError(), table, "It")
    assert type(found) is made
    assert found.message == "It fails"
    assert getattr(found, "retryable", None) is again


def test_ours_and_strangers_pass_through() -> None:
    for error in (InputError("ours"), Vanished("a stranger's")):
        with pytest.raises(type(error)) as caught, told(TABLE, "It"):
            raise error
        assert caught.value is error


def test_the_chain_is_cut() -> None:
    with pytest.raises(BackendError) as caught, told(TABLE, "It"):
        raise VendorError("what was asked, with the key")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_words_are_one_safe_line_without_secrets() -> None:
    said = spoken("a\nline \x1b[31m with sk-12345 in it " + "x" * 999, ("sk-12345", "x"))
    assert "\n" not in said
    assert "\x1b" not in said
    assert "sk-12345" not in said
    assert said.startswith("a line")
    assert len(said) == 300
