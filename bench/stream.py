"""How fast a chat model's words pass through, and how fast a stop reaches it.

    python bench/stream.py [--runs 50] [--candidates 4]

A scripted server stamps its first word at the moment it sends it, so that the latency is
what the program adds between its socket and the caller's `on_event`. Beside it, in the same
run, a bare socket that reads the same answers. A stop is timed from `stop()` to the moment
the server sees the connection close. The library is a handful of prompts: nothing of the
search is timed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from bench.measure import Gate, print_table
from bozzetto import profiles
from bozzetto.adapters.chat.openai import open_llamacpp
from bozzetto.optimize.brief import make_brief
from bozzetto.optimize.session import Session
from bozzetto.optimize.stats import LibraryStats
from bozzetto.optimize.stopping import Stop
from bozzetto.optimize.write import Written, write
from bozzetto.store.answers import AnswerCache
from bozzetto.testing.chat_server import HEAD, ChatServer, Step, delta, end
from bozzetto.types import Hit, WriteDelta, WriteEvent

LOOKS = (
    "soft window light, watercolor on rough paper, muted pastel palette, shallow depth of field",
    "neon glow, cinematic night photograph, reflections on wet chrome, saturated magenta haze",
    "charcoal drawing, heavy grain, stark chiaroscuro, smudged edges, expressive gestural strokes",
    "isometric 3d render, clay texture, bright studio lighting, playful candy colors, minimal",
)
STARTS = (0.05, 0.06, 0.15, 0.32)
"""Seconds before the first words of four answers; one takes a quarter of a second."""

IDEA = "a red book and a yellow vase"
TEXTS = [f"a castle on a hill, {look}" for look in LOOKS]
HITS = [Hit(f"h{i}", text, None, 1.0, "bench", 0) for i, text in enumerate(TEXTS)]
LIBRARY = LibraryStats.build(TEXTS * 10)
BRIEF = make_brief(IDEA, language="en", profile=profiles.load("sdxl"))


def stamped() -> bytes:
    """A first word that is the moment of its sending; the clock is the machine's own."""
    return delta(f"{time.monotonic_ns()} ")


def script(body: Mapping[str, Any]) -> list[Step]:
    """Words at the pace of a quick model, the first one stamped.

    The last of four answers begins when the first two are over and are being judged: what
    the program does with them must not keep its first word waiting.
    """
    seed = int(body.get("seed", 0))
    text = f"PROMPT: {IDEA}, {LOOKS[seed % 4]}"
    steps: list[Step] = [HEAD, STARTS[seed % 4], stamped]
    for word in text.split(" "):
        steps += [delta(f"{word} "), 0.01]
    return [*steps, end()]


class Ear:
    """Hears events and notes how long each candidate's first word was on its way, ms."""

    def __init__(self) -> None:
        self.first: dict[int, float] = {}

    def hear(self, event: WriteEvent) -> None:
        """Note the first word of a candidate."""
        if isinstance(event, WriteDelta) and event.index not in self.first:
            self.first[event.index] = since(event.text)


def since(text: str) -> float:
    """Milliseconds since the moment that a text begins with."""
    return (time.monotonic_ns() - int(text.split()[0])) / 1e6


async def ask(server: ChatServer, session: Session, n: int, seed: int = 0) -> Written:
    chat = open_llamacpp(f"@{server.address}", environ={}, timeout=30.0)
    return await write(BRIEF, HITS, LIBRARY, chat, n=n, seed=seed, timeout=30.0, session=session)


def ours(server: ChatServer, runs: int, n: int, folder: Path) -> list[float]:
    """First words through the program, with everything switched on."""
    found: list[float] = []
    answers = AnswerCache(folder / "answers.sqlite", days=1, clock=time.time)
    for number in range(runs):
        ear = Ear()
        session = Session(hear=ear.hear, answers=answers)
        asyncio.run(ask(server, session, n, seed=4 * number))
        found += ear.first.values()
    answers.close()
    return found


def bare(server: ChatServer, runs: int, n: int) -> list[float]:
    """First words through a plain socket a request, as many at a time."""
    found: list[float] = []

    def one(seed: int) -> None:
        place = urlsplit(server.address)
        body = json.dumps({"seed": seed}).encode()
        with socket.create_connection((place.hostname or "", place.port or 0)) as line:
            head = f"POST {place.path} HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n"
            line.sendall(head.encode() + body)
            got = b""
            while b"content" not in got or b"\n\n" not in got.partition(b"content")[2]:
                got += line.recv(65536)
            event = json.loads(got.partition(b"data: ")[2].partition(b"\n\n")[0])
            found.append(since(event["choices"][0]["delta"]["content"]))
            while line.recv(65536):
                pass

    for _ in range(runs):
        threads = [threading.Thread(target=one, args=(seed,)) for seed in range(n)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return found


def stops(runs: int, n: int) -> list[float]:
    """Milliseconds from a stop of all to the last connection closed, as the server sees it."""
    found: list[float] = []

    def silent(_: Mapping[str, Any]) -> list[Step]:
        return [HEAD, delta("PROMPT: "), 30.0]

    for _ in range(runs):
        with ChatServer(silent) as server:
            stop = Stop()
            moments: list[float] = []

            def halt(
                server: ChatServer = server, stop: Stop = stop, at: list[float] = moments
            ) -> None:
                server.wait_asked(n)
                time.sleep(0.1)
                at.append(time.monotonic())
                stop()

            thread = threading.Thread(target=halt)
            thread.start()
            asyncio.run(ask(server, Session(stop=stop), n))
            thread.join()
            if not server.wait_left(n):
                raise SystemExit("a connection stayed open after the stop")
            found.append(1000 * (max(server.left) - moments[0]))
    return found


def told(name: str, values: list[float]) -> tuple[float, float]:
    """Print and return median and 95th percentile, ms."""
    p50, p95 = (float(np.percentile(values, q)) for q in (50, 95))
    print(f"  {name}: p50 {p50:.2f} ms, p95 {p95:.2f} ms, {len(values)} samples")
    return p50, p95


def main() -> int:
    """Print the table; non-zero when a floor is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--candidates", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ChatServer(script) as server:
        cold = ours(server, 1, options.candidates, Path(folder) / "cold")
        first = ours(server, options.runs, options.candidates, Path(folder))
        plain = bare(server, options.runs, options.candidates)
    ended = stops(max(5, options.runs // 5), options.candidates)
    told("first word, a bare socket", plain)
    told("first word, the first call of a process", cold)
    _, p95 = told("first word, through us", first)
    _, stop95 = told("stop to connection closed", ended)
    gates = [
        Gate("first word of a chat model passes through, p95", p95, 10.0, 5.0, "ms", False),
        Gate("a stop reaches the server, p95", stop95, 1000.0, 100.0, "ms", False),
    ]
    return 0 if print_table("Streaming", gates) else 1


if __name__ == "__main__":
    sys.exit(main())
