"""One embedding process: blocks of texts on stdin, their vectors on stdout, until stdin ends.

Run by `bozzetto.embed.workers` as `python -m bozzetto.embed.worker SCHEME:REST`.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import IO

from bozzetto import plugins
from bozzetto.embed.workers import receive, send
from bozzetto.ports import Embedder

__all__ = ["main"]

_SILENCE = 60.0
"""Seconds a back end may stay silent; what has a network of its own is not run here."""


def main(name: str) -> None:
    """Answer until the other side is gone; an interruption of the terminal is its business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not stand among the answers
    scheme, rest = plugins.split_name(name)
    embedder: Embedder | None = None
    while True:
        try:
            texts, _ = receive(sys.stdin.buffer)
        except EOFError:
            return
        try:
            embedder = embedder or plugins.load("embedders", scheme)(
                rest, environ=os.environ, timeout=_SILENCE
            )
            _answer(embedder, texts, answers)
        except BrokenPipeError:
            return
        except Exception as error:  # told to the other side, which raises it
            send(answers, f"{type(error).__name__}: {error}")


def _answer(embedder: Embedder, texts: object, answers: IO[bytes]) -> None:
    if not isinstance(texts, list):
        raise TypeError(f"a list of texts is expected, not {type(texts).__name__}")
    vectors = embedder.embed(texts).astype("<f2")
    send(answers, list(vectors.shape), vectors.tobytes())


if __name__ == "__main__":
    main(sys.argv[1])
