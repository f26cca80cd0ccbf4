"""Folders and files for people: whole or not there, and never over what somebody else wrote."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from bozzetto.errors import InputError, SetupError

__all__ = ["beside", "filling", "new_folder", "vacant"]


def vacant(target: Path) -> bool:
    """Whether nothing stands there: no file, and no folder with anything in it."""
    if target.is_dir():
        return next(target.iterdir(), None) is None
    return not target.exists() and not target.is_symlink()


@contextmanager
def new_folder(
    target: Path, *, instead_of: Callable[[Path], bool] = lambda _: False
) -> Iterator[Path]:
    """A folder to fill, which takes the place of `target` when it is complete.

    `instead_of` says of a folder that stands there whether it may go.

    Raises:
        InputError: something stands there already.
        SetupError: the disk is full or cannot be written to; what was there is as it was.
    """
    target = Path(os.path.realpath(target))
    with filling(target):
        if not vacant(target) and not (target.is_dir() and instead_of(target)):
            raise InputError(
                f"{target} is there already, and not empty", hint="name a new or an empty folder"
            )
    part, old = beside(target), beside(target)
    try:
        with filling(target):
            part.mkdir(parents=True)
            yield part
            if target.is_dir():
                target.rename(old)
            part.rename(target)
    finally:
        if old.exists() and not target.exists():
            old.rename(target)
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def filling(target: Path) -> Iterator[None]:
    """Say what went wrong with a disk in words.

    Raises:
        SetupError: the disk is full or cannot be written to.
    """
    try:
        yield
    except OSError as error:
        raise SetupError(
            f"{target} cannot be written: {error.strerror or error}",
            hint="make room, or choose another place",
        ) from error


def beside(target: Path) -> Path:
    """A name in the same folder that nobody has, for what is not complete yet."""
    return target.parent / f".bozzetto-{uuid4().hex}.part"
