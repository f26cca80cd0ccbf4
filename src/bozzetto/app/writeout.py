"""Files for people, written beside their place and put there whole."""

from __future__ import annotations

import os
from pathlib import Path

from bozzetto.errors import InputError

__all__ = ["make_folder", "write_whole"]


def make_folder(path: Path) -> None:
    """Make a folder that files will be written into, before anything is done for them.

    Raises:
        InputError: it cannot be made there.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error


def write_whole(path: Path, data: bytes) -> Path:
    """Write a file beside its place and rename it; its folder is made.

    Raises:
        InputError: it cannot be written there.
    """
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_bytes(data)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    return path
