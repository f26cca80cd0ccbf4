"""A client of `bozzetto serve`: the assistant's verbs over HTTP, with its records and errors.

    with Client("http://127.0.0.1:8642", token) as c:
        hits = c.search("un piccolo cane", k=10)
        result = c.optimize("un piccolo cane", n=4, pick=[hits[0].id])
        job = c.generate(candidate=[result.candidates[0].id], n=2)

Options are those of the interface (docs/api.md), by name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx2

from bozzetto.errors import (
    BackendError,
    BozzettoError,
    DataError,
    InputError,
    NotFoundError,
    SetupError,
)
from bozzetto.types import (
    Answer,
    Candidate,
    Check,
    Facets,
    Hit,
    JobInfo,
    OptimizeResult,
    Phrase,
    SearchResult,
    Usage,
    Why,
)

__all__ = ["Client"]

Json = Mapping[str, Any]
OnEvent = Callable[[str, Json], None]
T = TypeVar("T")

SILENCE = 60.0
"""Seconds that the server may be silent; while it writes it says every 15 that it is there."""

TRIES = 3
"""Connections that may be lost while one call writes."""

_ERRORS: Mapping[str, type[BozzettoError]] = {
    kind.code: kind for kind in (BackendError, DataError, InputError, NotFoundError, SetupError)
}


class Client:
    """Calls a server at an address; the token is in the address that `bozzetto serve` prints.

    Use it as a context manager, or call `close`. What the server refuses is raised as the error
    that the assistant would raise.
    """

    def __init__(self, address: str, token: str) -> None:
        self._http = httpx2.Client(
            base_url=f"{address.rstrip('/')}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=SILENCE,
            trust_env=False,
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def search(self, idea: str | None = None, **options: Any) -> SearchResult:  # noqa: ANN401
        """The prompts that fit an idea, best first.

        Raises:
            InputError: an option is wrong.
            BackendError: the server is not there.
        """
        return _search(self._post("/search", {"idea": idea} | options))

    def optimize(
        self,
        idea: str,
        *,
        on_event: OnEvent | None = None,
        **options: Any,  # noqa: ANN401
    ) -> OptimizeResult:
        """Write prompts; `on_event` hears the name and data of each event while they come.

        Raises:
            InputError: an option is wrong.
            SetupError: the chat model lacks its key or its model.
            BackendError: the server is not there, or went away and did not come back.
        """
        for name, data in self._told({"idea": idea} | options):
            if name == "error":
                raise _error(data)
            if name == "result":
                return _optimized(data)
            if on_event:
                on_event(name, data)
        raise BackendError("the server ended without a result", retryable=True)

    def revise(self, candidate: str, prompt: str, negative: str | None = None) -> Candidate:
        """Keep a candidate as its user edited it; without a `negative` the old one stays.

        Raises:
            NotFoundError: nothing is kept under that id.
            InputError: the prompt is empty or too long.
            BackendError: the server is not there.
        """
        body = {"prompt": prompt, "negative": negative}
        return _candidate(self._post(f"/candidates/{candidate}/revise", body))

    def tokens(
        self, prompt: str, profile: str | None = None
    ) -> tuple[Mapping[str, int], Mapping[str, int]]:
        """How many tokens a prompt has, and how many a profile's model reads, by encoder.

        Raises:
            NotFoundError: there is no such profile.
            BackendError: the server is not there.
        """
        found = self._post("/tokens", {"prompt": prompt, "profile": profile})
        return found["tokens"], found["limits"]

    def generate(self, prompt: str | None = None, **options: Any) -> JobInfo:  # noqa: ANN401
        """Have pictures drawn of a prompt, or of candidates; the job that they wait in.

        Raises:
            InputError: an option is wrong.
            SetupError: the back end lacks its key, its model or its package.
            BackendError: the server is not there.
        """
        return _made(JobInfo, self._post("/generate", {"prompt": prompt} | options))

    def job(self, job: str) -> JobInfo:
        """How a job stands.

        Raises:
            NotFoundError: there is none of that id.
            BackendError: the server is not there.
        """
        return _made(JobInfo, self._call("GET", f"/jobs/{job}"))

    def _post(self, path: str, body: Json) -> Json:
        return self._call("POST", path, json=body)

    def _call(self, method: str, path: str, **more: Any) -> Json:  # noqa: ANN401
        try:
            answer = self._http.request(method, path, **more)
        except httpx2.TransportError as error:
            raise _lost(error) from error
        return _read(answer)

    def _told(self, body: Json) -> Iterator[tuple[str, Json]]:
        """The events of a call that writes, taken up again where the connection is lost."""
        method, path, last, lost = "POST", "/optimize", 0, 0
        while True:
            headers = {"Accept": "text/event-stream", "Last-Event-ID": str(last)}
            sent = body if method == "POST" else None
            try:
                with self._http.stream(method, path, json=sent, headers=headers) as answer:
                    if answer.is_error:
                        answer.read()
                        _read(answer)
                    method, path = "GET", answer.headers["location"].removeprefix("/api/v1")
                    for number, name, data in _events(answer.iter_lines()):
                        last = number
                        yield name, data
                return
            except httpx2.TransportError as error:
                lost += 1
                if method == "POST" or lost > TRIES:
                    raise _lost(error) from error


def _events(lines: Iterator[str]) -> Iterator[tuple[int, str, Json]]:
    number, name = 0, ""
    for line in lines:
        key, _, value = line.partition(": ")
        if key == "id":
            number = int(value)
        elif key == "event":
            name = value
        elif key == "data":
            yield number, name, json.loads(value)


def _read(answer: httpx2.Response) -> Json:
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BackendError(f"this is no server of ours: status {answer.status_code}")
    if answer.is_error:
        raise _error(found)
    return found


def _lost(error: Exception) -> BackendError:
    name = type(error).__name__
    return BackendError(f"the server is not there: {name}", hint="bozzetto serve", retryable=True)


def _error(problem: Json) -> BozzettoError:
    kind = _ERRORS.get(str(problem.get("code")), BozzettoError)
    return kind(str(problem.get("detail")), hint=problem.get("hint"))


# Records from their JSON; keys that a newer server adds are left out


def _made(kind: type[T], shape: Json, **more: Any) -> T:  # noqa: ANN401
    known = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    values = {name: value for name, value in shape.items() if name in known} | more
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


def _each(kind: type[T], shapes: Any) -> tuple[T, ...]:  # noqa: ANN401
    return tuple(_made(kind, shape) for shape in shapes)


def _hit(shape: Json) -> Hit:
    answers = _each(Answer, shape.get("answers", ()))
    return _made(Hit, shape, why=_each(Why, shape["why"]), answers=answers)


def _search(shape: Json) -> SearchResult:
    facets = _made(Facets, shape["facets"]) if "facets" in shape else None
    return _made(SearchResult, shape, hits=tuple(map(_hit, shape["hits"])), facets=facets)


def _candidate(shape: Json) -> Candidate:
    return _made(
        Candidate,
        shape,
        **shape["scores"],
        phrases=tuple(_made(Phrase, one, source=one["from"]) for one in shape["phrases"]),
        checks=_each(Check, shape["checks"]),
        usage=_made(Usage, shape["usage"]) if shape["usage"] else None,
    )


def _optimized(shape: Json) -> OptimizeResult:
    return _made(
        OptimizeResult,
        shape,
        hits=tuple(map(_hit, shape["hits"])),
        candidates=tuple(map(_candidate, shape["candidates"])),
        usage=_made(Usage, shape["usage"]) if shape["usage"] else None,
    )
