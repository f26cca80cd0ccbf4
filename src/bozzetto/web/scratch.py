"""Folders of the home for what comes in or goes out once, gone when it is done."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

__all__ = ["scratch", "swept"]

PREFIX = "passing-"

LEFT = 24 * 3600.0
"""Seconds after which a folder was left by a server that was killed."""


def scratch(home: Path) -> Path:
    """A new folder; those that a killed server left behind go."""
    for old in home.glob(f"{PREFIX}*"):
        if _untouched(old) > LEFT:
            swept(old)
    return Path(tempfile.mkdtemp(prefix=PREFIX, dir=home))


def _untouched(folder: Path) -> float:
    try:
        return time.time() - max(one.stat().st_mtime for one in (folder, *folder.iterdir()))
    except OSError:  # somebody else sweeps it
        return 0.0


def swept(folder: Path) -> None:
    """Let go of a folder."""
    shutil.rmtree(folder, ignore_errors=True)
