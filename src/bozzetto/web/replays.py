"""Requests that are sent again because the answer got lost: done once, answered twice."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Protocol

from fastapi import Header, HTTPException
from pydantic import BaseModel

from bozzetto.types import Caller

__all__ = ["Key", "Replays"]

Json = dict[str, Any]

Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=100)]
"""What a client calls a request that is to be done once, however often it is sent."""


class Kept(Protocol):
    """Where answers are kept, by the key of their request; times are seconds since 1970."""

    def get(self, key: Sequence[str], at: float) -> Json | None:
        """The answer, where it is known still."""

    def put(self, key: Sequence[str], answer: Mapping[str, Any], at: float) -> None:
        """Remember an answer."""


class Replays:
    """The answers of the last day by who asked, where, and the key of the request.

    They are kept in the library: a server that was started again knows them too.
    """

    def __init__(self, kept: Kept, clock: Callable[[], float] = time.time) -> None:
        self._kept = kept
        self._clock = clock
        self._lock = threading.Lock()
        self._turns: dict[tuple[str, ...], threading.Lock] = {}
        self._waiting: Counter[tuple[str, ...]] = Counter()

    def once(
        self,
        key: str | None,
        caller: Caller,
        place: str,
        asked: BaseModel,
        make: Callable[[], Json],
    ) -> Json:
        """The answer that a key had at a place, else what `make` gives; without a key always.

        `asked` is the request's body.

        Raises:
            HTTPException: 422, something else was asked for under this key.
        """
        if not key:
            return make()
        whole = (caller.name or "", place, key)
        digest = hashlib.sha256(asked.model_dump_json(exclude_unset=True).encode()).hexdigest()
        with self._turn(whole):  # the second of two equal requests waits for the first
            found = self._kept.get(whole, self._clock())
            if found is None:
                found = {"asked": digest, "answer": make()}
                self._kept.put(whole, found, self._clock())
        if found["asked"] != digest:
            raise HTTPException(422, "Idempotency-Key: something else was asked for under it")
        answer: Json = found["answer"]
        return answer

    @contextmanager
    def _turn(self, key: tuple[str, ...]) -> Iterator[None]:
        with self._lock:
            turn = self._turns.setdefault(key, threading.Lock())
            self._waiting[key] += 1
        try:
            with turn:
                yield
        finally:
            with self._lock:
                self._waiting[key] -= 1
                if not self._waiting[key]:
                    del self._waiting[key], self._turns[key]
