"""A real Chroma server, `chroma run`, on a loopback port.

with ChromaRun(folder) as server:
    store = open_store(server.address, environ={}, timeout=10)
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["ChromaRun"]

_UP = 60.0  # seconds it may take to answer


class ChromaRun:
    """Keeps its data in a folder; may be stopped and started again, on the same port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it, and wait until it answers.

        Raises:
            RuntimeError: the program is not there, or does not answer.
        """
        program = shutil.which("chroma", path=_search_path())
        if program is None:
            raise RuntimeError("chroma is not installed")
        self._folder.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [program, "run", "--path", "data", "--host", "127.0.0.1", "--port", str(self._port)],
            cwd=self._folder,
            env=os.environ | {"HOME": str(self._folder)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait(self._process)

    def stop(self) -> None:
        """Stop it at once, as a machine that is switched off; what it was given stays."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + _UP
        while time.monotonic() < until and process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.address}/api/v2/heartbeat", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        self.stop()
        raise RuntimeError("chroma run does not answer")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _search_path() -> str:
    """Where programs are looked for: beside this Python first."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
