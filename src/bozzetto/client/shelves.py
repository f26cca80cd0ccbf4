"""What hangs below the client, as below the assistant: library, jobs, indexes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Unpack

from bozzetto.client.connection import Connection, OnEvent, given
from bozzetto.client.options import FilterOptions
from bozzetto.client.records import Json, image, made, record
from bozzetto.types import Image, JobInfo, PromptRecord

__all__ = ["IndexClient", "JobsClient", "LibraryClient"]

PAGE = 200


class LibraryClient:
    """The prompts of a library. Filters are named as on the command line."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __iter__(self) -> Iterator[PromptRecord]:
        """Every prompt, oldest first."""
        return self.each()

    def each(self, **filters: Unpack[FilterOptions]) -> Iterator[PromptRecord]:
        """The prompts that filters want, oldest first, page by page as they are asked for."""
        after: int | None = 0
        while after is not None:
            page = self._connection.get("/library", limit=PAGE, after=after, **filters)
            yield from map(record, page["prompts"])
            after = page["next"]

    def count(self, **filters: Unpack[FilterOptions]) -> int:
        """How many prompts there are, in all or as filters want them."""
        return int(self._connection.get("/library", limit=1, **filters)["total"])

    def show(self, identity: str) -> PromptRecord:
        """A prompt by its id.

        Raises:
            NotFoundError: it is not there.
        """
        return record(self._connection.get(f"/library/{identity}"))

    def variants(self, identity: str) -> Sequence[PromptRecord]:
        """The prompts that are nearly the same as one."""
        found = self._connection.get(f"/library/{identity}/variants")
        return [record(one) for one in found["prompts"]]

    def edit(
        self,
        identity: str,
        text: str | None = None,
        *,
        negative: str | None = None,
        tags: Sequence[str] | None = None,
    ) -> PromptRecord:
        """Change a prompt; what is None stays. Another text is another prompt, with a new id.

        Raises:
            NotFoundError: the prompt is not there.
            InputError: the text holds no word, or the library has it already.
        """
        listed = None if tags is None else list(tags)
        body = given({"prompt": text, "negative": negative, "tags": listed})
        return record(self._connection.call("PATCH", f"/library/{identity}", json=body))

    def rate(self, identity: str, rating: int) -> bool:
        """Rate a prompt, 1-5; 0 takes that back. Whether it changed."""
        path = f"/library/{identity}/rating"
        return bool(self._connection.call("PUT", path, json={"rating": rating})["changed"])

    def delete(self, identity: str | None = None, *, source: str | None = None) -> int:
        """Delete a prompt, or a source with all that was seen nowhere else; how many went."""
        path = "/library" if identity is None else f"/library/{identity}"
        found = self._connection.call("DELETE", path, params=given({"source": source}))
        return int(found["deleted"])

    def export(self, **filters: Unpack[FilterOptions]) -> Iterator[Json]:
        """The prompts as `import` reads them back, oldest first."""
        return self._connection.lines("GET", "/library/export", params=given(filters))

    def stats(self) -> Json:
        """The library in numbers, and what filters can ask for."""
        return self._connection.get("/stats")


class JobsClient:
    """Pictures that wait, are drawn, are there."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __iter__(self) -> Iterator[JobInfo]:
        """Every job, the newest first."""
        return self.each()

    def each(self, *states: str) -> Iterator[JobInfo]:
        """Jobs of some states or all, the newest first, page by page as they are asked for."""
        after: int | None = None
        while True:
            page = self._connection.get("/jobs", limit=PAGE, after=after, state=states or None)
            yield from (made(JobInfo, one) for one in page["jobs"])
            after = page["next"]
            if after is None:
                return

    def show(self, job: str) -> tuple[JobInfo, Sequence[Image]]:
        """A job and what came of it so far.

        Raises:
            NotFoundError: there is none of that id.
        """
        found = self._connection.get(f"/jobs/{job}")
        return made(JobInfo, found), [image(one) for one in found["images"]]

    def wait(self, job: str, on_event: OnEvent | None = None) -> tuple[JobInfo, Sequence[Image]]:
        """The same once all of it is made; `on_event` hears what happens before."""
        found = self._connection.work("GET", f"/jobs/{job}/events", on_event)
        return made(JobInfo, found), [image(one) for one in found["images"]]

    def sheet(self, job: str, target: Path) -> Path:
        """Write the grid of a job to a .png file.

        Raises:
            NotFoundError: there is none of that id.
            InputError: it is no grid.
        """
        return self._connection.download("GET", f"/jobs/{job}/sheet.png", target)

    def comparison(self, job: str, target: Path) -> Path:
        """Write the prompts of a job side by side, a row a seed, to a .png file.

        Raises:
            NotFoundError: there is none of that id.
        """
        return self._connection.download("GET", f"/jobs/{job}/compare.png", target)

    def cancel(self, job: str) -> int:
        """Make no more of a job; how many will not be made."""
        return int(self._connection.post(f"/jobs/{job}/cancel", {})["cancelled"])

    def retry(self, job: str) -> int:
        """Have what failed or was cancelled drawn once more; how many."""
        return int(self._connection.post(f"/jobs/{job}/retry", {})["waiting"])

    def resume(self, job: str) -> JobInfo:
        """Have what is still open drawn, as after an interruption."""
        return made(JobInfo, self._connection.post(f"/jobs/{job}/resume", {}))


class IndexClient:
    """The indexes: how each stands, as `bozzetto index` says it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def status(self) -> Json:
        """How each index stands to the library."""
        return self._connection.work("GET", "/index")

    def build(self, *, embed: bool = True, on_event: OnEvent | None = None) -> Json:
        """Bring every index up to date; `on_event` hears how far that is."""
        params: Mapping[str, Any] = {"embed": embed}
        return self._connection.work("POST", "/index/build", on_event, params=params)

    def verify(self) -> Json:
        """Read every byte of the indexes, and say how each stands."""
        return self._connection.work("POST", "/index/verify")
