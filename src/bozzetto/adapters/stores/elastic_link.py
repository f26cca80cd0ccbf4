"""One call to a cluster, tried again; bulk requests of which only what failed is sent again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from bozzetto.adapters.stores.elastic_errors import Place, passing, refusal
from bozzetto.adapters.stores.elastic_queries import Entry, bodies
from bozzetto.adapters.stores.retrying import retried
from bozzetto.errors import BackendError

__all__ = ["Asking", "Link", "Written", "shaped"]

Written = Callable[[Sequence[Entry]], Sequence[tuple[int, str]]]
"""Of some entries those that a request without an answer has done: their keys and ids."""

_UNDONE = (429, 503)  # statuses of a request of which nothing was done
_BULK_TRIES = 6  # 0.2 s to 16 s apart: a cluster that turns rows away needs some time


T = TypeVar("T")


@contextmanager
def shaped(words: str) -> Iterator[None]:
    """While JSON is read that should have a certain shape.

    Raises:
        BackendError: it has another: something else answers there.
    """
    try:
        yield
    except (AttributeError, IndexError, KeyError, StopIteration, TypeError, ValueError):
        raise BackendError(
            f"{words} answers what no such cluster does", hint="is the address right?"
        ) from None


class Link(Protocol):
    """A vendor's client, as far as it is used, its errors in our terms."""

    @property
    def place(self) -> Place:
        """Where it goes."""
        ...

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | str | None = None,
        patience: float = 0.0,
    ) -> Any:  # noqa: ANN401 - JSON
        """The JSON of an answer; a body that is text is NDJSON.

        It waits for the time that the store was opened with, and for `patience` seconds at least.

        Raises:
            NotFoundError: there is no such index.
            SetupError, BackendError: as `VectorStore` says.
        """
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class Asking:
    """Calls of a link, repeated where their failure passes."""

    def __init__(self, link: Link, sleep: Callable[[float], None] = time.sleep) -> None:
        self.link = link
        self._sleep = sleep

    @property
    def words(self) -> str:
        """Where it goes, for messages."""
        return self.link.place.words

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        patience: float = 0.0,
    ) -> Any:  # noqa: ANN401
        """As the link's; three tries."""
        return retried(lambda: self.link.call(method, path, body, patience), sleep=self._sleep)

    def count(self, index: str) -> int:
        """How many documents searches find."""
        found = self.call("GET", f"/{index}/_count")
        with shaped(self.words):
            return int(found["count"])

    def until(self, done: Callable[[], bool], seconds: float, fails: str) -> None:
        """Ask again and again, for so long at most.

        Raises:
            BackendError: it never was so; says how it fails.
        """
        if not self.within(seconds, done):
            raise BackendError(f"{self.words} {fails} for {seconds:.0f} s", retryable=True)

    def within(self, seconds: float, done: Callable[[], bool]) -> bool:
        """Ask again and again, for so long at most: whether it was ever so."""
        waited, pause = 0.0, 0.05
        while not done():
            if waited > seconds:
                return False
            self._sleep(pause)
            waited, pause = waited + pause, min(2.0, pause * 1.5)
        return True

    def bulk(
        self, index: str, entries: Iterable[Entry], written: Written | None = None
    ) -> Iterator[tuple[int, str]]:
        """Do the entries; yield each one's key and the id of its document.

        What cannot be done twice says what is `written` before it is sent again.

        Raises:
            BackendError, SetupError, NotFoundError: some were refused; those before are done.
        """
        path = f"/{index}/_bulk"
        for body in bodies(entries):
            piece = _Piece(self, path, body, written)
            retried(piece.send, _BULK_TRIES, sleep=self._sleep)
            if piece.lost is not None:
                raise piece.lost
            yield from piece.done

    def retried(self, work: Callable[[], T]) -> T:
        """What `work` gives; three tries."""
        return retried(work, sleep=self._sleep)


class _Piece:
    """A part of a bulk request: what is done of it, what is to do, and why nothing more can be."""

    def __init__(
        self, asking: Asking, path: str, entries: list[Entry], written: Written | None
    ) -> None:
        self._asking, self._path = asking, path
        self._pending, self._written = entries, written
        self._unsure = False
        self.done: list[tuple[int, str]] = []
        self.lost: BackendError | None = None

    def send(self) -> None:
        """Send what is to do; raises where some of it is refused or turned away."""
        try:
            answer = self._asking.retried(self._once)
        except BackendError as error:  # of the whole request, and tried often enough
            self.lost = error
            return
        with shaped(self._asking.words):
            items: list[dict[str, Any]] = [next(iter(one.values())) for one in answer["items"]]
        if len(items) != len(self._pending):
            message = f"{self._asking.words} answers for {len(items)} of {len(self._pending)} rows"
            raise BackendError(message)
        self._sort(list(zip(self._pending, items, strict=True)))

    def _once(self) -> Any:  # noqa: ANN401
        if self._unsure and self._written is not None:
            self._look(self._written)
        if not self._pending:
            return {"items": []}
        body = "".join(one.lines for one in self._pending)
        try:
            return self._asking.link.call("POST", self._path, body)
        except BackendError as error:
            self._unsure = error.status not in _UNDONE
            raise

    def _look(self, written: Written) -> None:
        """Take what is written for done."""
        found = written(self._pending)
        self._unsure = False
        self.done += found
        keys = {key for key, _ in found}
        self._pending = [one for one in self._pending if one.key not in keys]

    def _sort(self, pairs: list[tuple[Entry, dict[str, Any]]]) -> None:
        failed = [(one, item) for one, item in pairs if item.get("error")]
        self.done += [(one.key, str(item["_id"])) for one, item in pairs if not item.get("error")]
        self._pending = [one for one, item in failed if passing(item)]
        if failed:
            lasting = [item for _, item in failed if not passing(item)]
            told = lasting or [item for _, item in failed]
            raise refusal(int(told[0]["status"]), told[0], self._asking.link.place, len(told))
