"""Campaigns below the client, as below the assistant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Unpack
from urllib.parse import quote

from bozzetto.client.connection import Connection, OnEvent, given, once
from bozzetto.client.options import JudgeOptions
from bozzetto.client.records import Json, image, made
from bozzetto.types import Image, KeepReport, Verdict

__all__ = ["CampaignsClient"]

PAGE = 200


class CampaignsClient:
    """Briefs, their pictures, what people said of them. A campaign goes by its name or its id."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __iter__(self) -> Iterator[Json]:
        """Every campaign in numbers, the newest first, page by page."""
        after: int | None = None
        while True:
            page = self._connection.get("/campaigns", limit=PAGE, after=after)
            yield from page["campaigns"]
            after = page["next"]
            if after is None:
                return

    def plan(self, brief: str | Json, *, name: str | None = None) -> int:
        """How many pictures a brief asks for, the text of a TOML file or an object.

        Raises:
            InputError: it is no brief, or cannot be met.
        """
        return int(self._connection.post("/campaigns/plan", _sent(brief, name))["pictures"])

    def run(
        self, brief: str | Json, *, name: str | None = None, on_event: OnEvent | None = None
    ) -> Json:
        """Write a campaign: how it stands then. Its pictures are drawn meanwhile, and after.

        Raises:
            InputError: it is no brief, or another one has that name.
            SetupError: the chat model or the image back end is not set up.
        """
        body = _sent(brief, name)
        return self._connection.work("POST", "/campaigns", on_event, json=body, headers=once())

    def resume(self, name: str, on_event: OnEvent | None = None) -> Json:
        """Write and draw what is left of a campaign.

        Raises:
            NotFoundError: there is none of that name.
        """
        return self._connection.work("POST", _path(name, "resume"), on_event)

    def show(self, name: str) -> Json:
        """A campaign as it stands, as `bozzetto campaign show` says it.

        Raises:
            NotFoundError: there is none of that name.
        """
        return self._connection.get(_path(name))

    def delete(self, name: str) -> int:
        """Delete a campaign; how many pictures went with it.

        Raises:
            NotFoundError: there is none of that name.
        """
        return int(self._connection.call("DELETE", _path(name))["deleted"])

    def board(self, name: str, reviewer: str, *, blind: bool = False) -> Json:
        """The pictures there are, as one reviewer sees them.

        Raises:
            NotFoundError: there is no such campaign.
        """
        return self._connection.get(_path(name, "board"), reviewer=reviewer, blind=blind)

    def judge(
        self, name: str, picture: str, reviewer: str, **said: Unpack[JudgeOptions]
    ) -> Verdict:
        """Say something of a picture: `keep`, `rating`, `note`; the rest stays as it was said.

        Raises:
            NotFoundError: there is no such campaign, or no such picture in it.
        """
        body = {"image": picture, "reviewer": reviewer, **said}
        return made(Verdict, self._connection.once(_path(name, "verdicts"), body)["verdict"])

    def undo(self, name: str, reviewer: str) -> Verdict | None:
        """Take back a reviewer's last verdict: what stands of that picture now.

        Raises:
            NotFoundError: there is no such campaign.
        """
        found = self._connection.once(_path(name, "undo"), {"reviewer": reviewer})["verdict"]
        return made(Verdict, found) if found else None

    def keep(self, name: str) -> KeepReport:
        """Bring what reviewers keep into the library, rated.

        Raises:
            NotFoundError: there is no such campaign.
        """
        return made(KeepReport, self._connection.work("POST", _path(name, "keep")))

    def take_back(self, name: str, images: Sequence[str] | None = None) -> int:
        """Have the library as it was before keep; how many prompts that concerns.

        Raises:
            NotFoundError: there is no such campaign.
        """
        body = given({"images": None if images is None else list(images)})
        return int(self._connection.post(_path(name, "take-back"), body)["taken_back"])

    def score(self, name: str, by: str, best: int | None = None) -> Sequence[Image]:
        """Have a model score the pictures: the best first.

        Raises:
            NotFoundError: there is no such campaign.
            SetupError: nobody scores under that name.
        """
        body = given({"by": by, "best": best})
        found = self._connection.work("POST", _path(name, "score"), json=body)
        return [image(one) for one in found["images"]]

    def missing(self, name: str) -> Sequence[str]:
        """The pictures whose files are gone or damaged.

        Raises:
            NotFoundError: there is no such campaign.
        """
        return list(self._connection.get(_path(name, "missing"))["missing"])

    def export(self, name: str, target: Path, *, only_kept: bool = False) -> Path:
        """Write pictures, prompts, manifests and a contact sheet to a .zip file.

        Raises:
            NotFoundError: there is no such campaign.
        """
        params = {"only_kept": only_kept}
        return self._connection.download("GET", _path(name, "export.zip"), target, params=params)

    def tune(self, name: str, target: Path, **options: Any) -> Path:  # noqa: ANN401
        """Write kept pictures with their prompts to a .zip file: `layout`, `concept`, `repeats`.

        Raises:
            NotFoundError: there is no such campaign.
            InputError: nothing is kept, or an option is wrong.
        """
        return self._connection.download("GET", _path(name, "tune.zip"), target, params=options)

    def contact_sheet(self, name: str, target: Path, *, page: int = 1) -> Path:
        """Write the contact sheet to a .pdf file, or a page of it to a .png file.

        Raises:
            NotFoundError: there is no such campaign, or no such page.
        """
        pdf = target.suffix.lower() == ".pdf"
        path = _path(name, "sheet.pdf" if pdf else "sheet.png")
        return self._connection.download(
            "GET", path, target, params=given({"page": None if pdf else page})
        )


def _path(name: str, verb: str = "") -> str:
    return f"/campaigns/{quote(name, safe='')}" + (f"/{verb}" if verb else "")


def _sent(brief: str | Json, name: str | None) -> Json:
    return {"brief": brief} | given({"name": name})
