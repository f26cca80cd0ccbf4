"""Ideas that never repeat, and clients that ask a server for them as fast as it answers.

The ideas are made of those in bench/data/ideas.jsonl, which people wrote in nine languages: the
first half of the words of one and the second half of the words of another (of characters where
there are no spaces), so that each is as long as a real one and none is asked twice. The words
come from 231 ideas a language and do repeat; with `fresh` each idea also holds a word that was
put together of the halves of two others, which no table and no cache can know.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import numpy as np

__all__ = ["ENGLISH", "OTHERS", "Place", "Tally", "ask", "ideas", "listen_all", "search_all"]

ENGLISH = ("en",)
OTHERS = ("it", "de", "fr", "es", "pt", "ja", "zh", "ko")
UNSPACED = ("ja", "zh")
EVENTS = "text/event-stream"
IDEAS = Path(__file__).parent / "data" / "ideas.jsonl"


def ideas(languages: Sequence[str], seed: int, *, fresh: bool = False) -> Iterator[str]:
    """Ideas in these languages by turns, each once; the same seed, the same ideas."""
    rows = [json.loads(line) for line in IDEAS.read_text(encoding="utf-8").splitlines()]
    sources = {code: _joined([row[code] for row in rows], code, seed) for code in set(languages)}
    rng, asked = random.Random(seed), set[str]()
    for code in cycle(languages):
        idea = next(sources[code])
        idea = _with_fresh_word(idea, code, rng) if fresh else idea
        if idea not in asked:
            asked.add(idea)
            yield idea


def _joined(texts: Sequence[str], code: str, seed: int) -> Iterator[str]:
    """The first half of a text and the second of another, in an order drawn by lot."""
    rng = random.Random(f"{code} {seed}")
    glue = "" if code in UNSPACED else " "
    parts = [list(text) if code in UNSPACED else text.split() for text in texts]
    while True:
        one, other = rng.sample(parts, 2)
        yield glue.join(one[: len(one) // 2] + other[len(other) // 2 :])


def _with_fresh_word(idea: str, code: str, rng: random.Random) -> str:
    if code in UNSPACED:
        at = len(idea) // 2
        return idea[:at] + "".join(rng.sample(idea, min(3, len(idea)))) + idea[at:]
    words = idea.split()
    one, other = rng.choice(words), rng.choice(words)
    letters = "".join(rng.sample("aeioulnrst", 2))
    made = one[: len(one) // 2 + 1] + letters + other[len(other) // 2 :]
    words.insert(len(words) // 2, made.strip(",.'’"))
    return " ".join(words)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens, and the token that it wants."""

    host: str
    port: int
    token: str

    def request(self, path: str, body: object, accept: str = "application/json") -> bytes:
        """A POST as it goes over the wire, on a connection that stays open."""
        data = json.dumps(body, ensure_ascii=False).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nAccept: {accept}\r\n"
            f"Authorization: Bearer {self.token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(data)}\r\n\r\n"
        )
        return head.encode() + data


@dataclass(slots=True)
class Tally:
    """What many requests came to: seconds each took, what went wrong, how long it all took."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    lasted: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.lasted if self.lasted else 0.0

    def quantile(self, share: float) -> float:
        """Milliseconds that this share of the answers took at most."""
        return 1000 * float(np.quantile(self.seconds, share)) if self.seconds else 0.0


async def ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> tuple[int, bytes]:
    """One request on an open connection: status and body."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    body = await reader.readexactly(int(length))
    return int(head.split(b" ", 2)[1]), body


async def listen_all(place: Place, source: Iterator[str], listeners: int, seconds: float) -> Tally:
    """Clients that each have one prompt after another written, and hear it as a stream of events.

    A stream is served when it ends with the result; how long it took is what is noted.
    """
    tally, started = Tally(), time.perf_counter()
    until = started + seconds

    async def client() -> None:
        while time.perf_counter() < until:
            body = {"idea": next(source), "n": 1, "save": False}
            begun = time.perf_counter()
            status, heard = await _hear(place, place.request("/api/v1/optimize", body, EVENTS))
            tally.seconds.append(time.perf_counter() - begun)
            if status != 200 or b"event: result\n" not in heard:
                tally.errors.append(f"{status} {heard[-200:]!r}")

    async with asyncio.TaskGroup() as group:
        for _ in range(listeners):
            group.create_task(client())
    tally.lasted = time.perf_counter() - started
    return tally


async def _hear(place: Place, request: bytes) -> tuple[int, bytes]:
    """A stream to its end, on a connection of its own: status and all that was said."""
    reader, writer = await asyncio.open_connection(place.host, place.port)
    try:
        writer.write(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
        heard = await reader.read(-1)
    except OSError as error:
        return 0, repr(error).encode()
    finally:
        writer.close()
    return int(heard.split(b" ", 2)[1]), heard


async def search_all(
    place: Place, source: Iterator[str], clients: int, seconds: float, pause: float = 0.0
) -> Tally:
    """Clients that each ask one idea after another; those under way at the end are waited for.

    `pause` is how long a client thinks between two.
    """
    tally, started = Tally(), time.perf_counter()
    until = started + seconds

    async def client() -> None:
        reader, writer = await asyncio.open_connection(place.host, place.port)
        try:
            while time.perf_counter() < until:
                request = place.request("/api/v1/search", {"idea": next(source)})
                begun = time.perf_counter()
                status, body = await ask(reader, writer, request)
                tally.seconds.append(time.perf_counter() - begun)
                if status != 200 or b'"hits":[{' not in body:
                    tally.errors.append(f"{status} {body[:200]!r}")
                if pause:
                    await asyncio.sleep(pause)
        except (OSError, EOFError) as error:
            tally.errors.append(repr(error))
        finally:
            writer.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(client())
    tally.lasted = time.perf_counter() - started
    return tally
