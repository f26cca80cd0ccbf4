"""Folders of this machine in which a vendor's package keeps its files."""

from __future__ import annotations

import os
from pathlib import Path

from bozzetto.errors import SetupError
from bozzetto.text.normalise import visible

__all__ = ["expect_writable", "folder_of", "make_folder"]


def folder_of(rest: str) -> Path:
    """The folder that `rest` names, which need not be there yet.

    Raises:
        SetupError: a file is there.
    """
    folder = Path(rest).expanduser().absolute()
    if folder.exists() and not folder.is_dir():
        raise SetupError(f"{visible(str(folder))} is not a folder", hint="name a folder")
    return folder


def make_folder(folder: Path) -> None:
    """Have a folder there: vendors say little where they cannot make theirs.

    Raises:
        SetupError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(
            f"{visible(str(folder))} cannot be made: {error.strerror}",
            hint="name a folder of your own",
        ) from error


def expect_writable(folder: Path) -> None:
    """See that a folder may be written: some vendors say of it what is true of other troubles.

    Raises:
        SetupError: it may not.
    """
    if not os.access(folder, os.W_OK):
        raise SetupError(
            f"{visible(str(folder))} may not be written", hint="name a folder of your own"
        )
