"""A client of `bozzetto serve`: the assistant's verbs over HTTP, with its records and errors.

    with Client("http://127.0.0.1:8642", token) as c:
        hits = c.search("un piccolo cane", k=10)
        result = c.optimize("un piccolo cane", n=4, pick=[hits[0].id])
        job = c.generate(candidate=[result.candidates[0].id], n=2)

Options are those of the interface (docs/api.md), by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack

from bozzetto.client.campaigns import CampaignsClient
from bozzetto.client.connection import Connection, OnEvent, as_lines, given, pieces
from bozzetto.client.options import (
    CompareOptions,
    GenerateOptions,
    OptimizeOptions,
    RegenerateOptions,
    SearchOptions,
)
from bozzetto.client.records import Json, made, optimized, report, search
from bozzetto.client.records import candidate as as_candidate
from bozzetto.client.shelves import IndexClient, JobsClient, LibraryClient
from bozzetto.errors import InputError
from bozzetto.types import Candidate, ImportReport, JobInfo, OptimizeResult, SearchResult

__all__ = ["Client"]


class Client:
    """Calls a server at an address; the token is in the address that `bozzetto serve` prints.

    Use it as a context manager, or call `close`. What the server refuses is raised as the error
    that the assistant would raise.
    """

    def __init__(self, address: str, token: str) -> None:
        self._connection = connection = Connection(address, token)
        self.library = LibraryClient(connection)
        self.jobs = JobsClient(connection)
        self.campaigns = CampaignsClient(connection)
        self.index = IndexClient(connection)

    def close(self) -> None:
        """Let go of the connections."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def add(
        self,
        source: str | Path | bytes,
        *,
        name: str | None = None,
        kind: str | None = None,
        embed: bool = True,
        on_event: OnEvent | None = None,
    ) -> ImportReport:
        """Send a file, or what one holds under a `name`, into the library.

        Rows that are no prompts are in the report, with their places.

        Raises:
            InputError: it cannot be read, or holds no prompt at all.
            BackendError: the server is not there.
        """
        file = None if isinstance(source, bytes) else Path(source)
        try:
            content = pieces(file) if file else source
            size = file.stat().st_size if file else len(source)  # type: ignore[arg-type]
        except OSError as error:
            raise InputError(f"{source!r}: {error.strerror or error}") from error
        found = self._connection.work(
            "POST",
            "/import",
            on_event,
            params=given({"name": name or (file.name if file else None), "as": kind})
            | {"embed": embed},
            headers={"Content-Length": str(size)},
            content=content,
        )
        return report(found["imports"][0])

    def search(self, idea: str | None = None, **options: Unpack[SearchOptions]) -> SearchResult:
        """The prompts that fit an idea, best first.

        Raises:
            InputError: an option is wrong.
            BackendError: the server is not there.
        """
        return search(self._connection.post("/search", {"idea": idea, **options}))

    def optimize(
        self,
        idea: str,
        *,
        on_event: OnEvent | None = None,
        **options: Unpack[OptimizeOptions],
    ) -> OptimizeResult:
        """Write prompts; `on_event` hears the name and data of each event while they come.

        Raises:
            InputError: an option is wrong.
            SetupError: the chat model lacks its key or its model.
            BackendError: the server is not there, or went away and did not come back.
        """
        return self._written("/optimize", {"idea": idea, **options}, on_event)

    def refine(
        self,
        candidate: str,
        prefer: str,
        *,
        on_event: OnEvent | None = None,
        **options: Unpack[RegenerateOptions],
    ) -> OptimizeResult:
        """Change a kept candidate by a wish ("warmer, less crowded"); all else stays.

        Raises:
            NotFoundError: nothing is kept under that id.
            BackendError: the server is not there.
        """
        body = {"prefer": prefer, **options}
        return self._written(f"/optimize/{candidate}/refine", body, on_event)

    def regenerate(
        self,
        candidate: str,
        *,
        on_event: OnEvent | None = None,
        **options: Unpack[RegenerateOptions],
    ) -> OptimizeResult:
        """Write another in a kept candidate's place, with a new seed.

        Raises:
            NotFoundError: nothing is kept under that id.
            BackendError: the server is not there.
        """
        return self._written(f"/optimize/{candidate}/regenerate", options, on_event)

    def _written(self, path: str, body: Json, on_event: OnEvent | None) -> OptimizeResult:
        return optimized(self._connection.work("POST", path, on_event, json=body))

    def candidate(self, candidate: str) -> tuple[Candidate, str]:
        """A kept candidate, and the idea that it was written from.

        Raises:
            NotFoundError: nothing is kept under that id.
        """
        found = self._connection.get(f"/candidates/{candidate}")
        return as_candidate(found), found["idea"]

    def explain(self, candidate: str) -> Json:
        """Why a kept candidate reads as it does, as `bozzetto explain` says it.

        Raises:
            NotFoundError: nothing is kept under that id.
        """
        return self._connection.get(f"/candidates/{candidate}/explain")

    def revise(self, candidate: str, prompt: str, negative: str | None = None) -> Candidate:
        """Keep a candidate as its user edited it; without a `negative` the old one stays.

        Raises:
            NotFoundError: nothing is kept under that id.
            InputError: the prompt is empty or too long.
            BackendError: the server is not there.
        """
        body = {"prompt": prompt, "negative": negative}
        return as_candidate(self._connection.post(f"/candidates/{candidate}/revise", body))

    def tokens(
        self, prompt: str, profile: str | None = None
    ) -> tuple[Mapping[str, int], Mapping[str, int]]:
        """How many tokens a prompt has, and how many a profile's model reads, by encoder.

        Raises:
            NotFoundError: there is no such profile.
            BackendError: the server is not there.
        """
        found = self._connection.post("/tokens", {"prompt": prompt, "profile": profile})
        return found["tokens"], found["limits"]

    def batch_search(self, ideas: Iterable[str | Json], **options: Any) -> Iterator[Json]:  # noqa: ANN401
        """The answer to each idea, a text or an object, in order, while they are made.

        An idea that fails has `error` in its answer.

        Raises:
            InputError: an option is wrong.
            BackendError: the server is not there.
        """
        return self._batch("/batch/search", ideas, options)

    def batch_optimize(self, ideas: Iterable[str | Json], **options: Any) -> Iterator[Json]:  # noqa: ANN401
        """The candidates of each idea, a text or an object, in order, while they are made.

        An idea that fails has `error` in its answer.

        Raises:
            InputError: an option is wrong.
            SetupError: the chat model lacks its key or its model.
            BackendError: the server is not there.
        """
        return self._batch("/batch/optimize", ideas, options)

    def _batch(self, path: str, ideas: Iterable[str | Json], options: Json) -> Iterator[Json]:
        return self._connection.lines("POST", path, params=given(options), content=as_lines(ideas))

    def generate(self, prompt: str | None = None, **options: Unpack[GenerateOptions]) -> JobInfo:
        """Have pictures drawn of a prompt, or of candidates; the job that they wait in.

        Raises:
            InputError: an option is wrong.
            SetupError: the back end lacks its key, its model or its package.
            BackendError: the server is not there.
        """
        return made(JobInfo, self._connection.once("/generate", {"prompt": prompt, **options}))

    def job(self, job: str) -> JobInfo:
        """How a job stands.

        Raises:
            NotFoundError: there is none of that id.
            BackendError: the server is not there.
        """
        return made(JobInfo, self._connection.get(f"/jobs/{job}"))

    def compare(
        self, idea: str, **options: Unpack[CompareOptions]
    ) -> tuple[OptimizeResult, JobInfo]:
        """Write candidates, then have idea, hit and candidates drawn with the same seeds.

        Raises:
            InputError: an option is wrong.
            SetupError: a back end is not set up.
            BackendError: the server is not there.
        """
        found = self._connection.once("/compare", {"idea": idea, **options})
        return optimized(found), made(JobInfo, found["job"])

    def picture(self, image: str, target: Path) -> Path:
        """Write the file of a picture.

        Raises:
            NotFoundError: there is none of that id, or its file is gone.
        """
        return self._connection.download("GET", f"/images/{image}/file", target)

    def profiles(self) -> Sequence[Json]:
        """What each image model wants of a prompt."""
        return tuple(self._connection.get("/profiles")["profiles"])

    def backends(self) -> Sequence[Json]:
        """The back ends that can be named, and the packages they lack."""
        return tuple(self._connection.get("/backends")["backends"])

    def config(self) -> Json:
        """Every setting in force and where its value came from, without secrets."""
        return self._connection.get("/config")

    def doctor(self) -> Json:
        """What an examination of the installation and the library finds."""
        return self._connection.work("GET", "/doctor")

    def backup(self, target: Path) -> Path:
        """Write a whole copy of the library to a file here; `bozzetto restore` takes it back."""
        return self._connection.download("POST", "/backup", target, rights=0o600)

    def session(self) -> Json:
        """Who calls, in which role, and the server's version."""
        return self._connection.get("/session")
