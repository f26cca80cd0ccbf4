from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bozzetto.app import Assistant
from bozzetto.app.wire import board_json, campaign_json
from bozzetto.client import Client
from bozzetto.errors import InputError, NotFoundError, SetupError
from bozzetto.web.server import Server

NAME = "a/b? #1"
BRIEF: dict[str, Any] = {
    "name": NAME, "ideas": ["a small owl"], "n": 1, "sizes": ["64x64"], "images": "sketch:",
}  # fmt: skip


@pytest.fixture
def ours(shop: Server) -> Iterator[Client]:
    with Client(f"http://127.0.0.1:{shop.port}", shop.access.token) as found:
        yield found


def plain(shape: object) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(json.dumps(shape))
    return found


def test_a_campaign_from_brief_to_export(ours: Client, shelf: Assistant, tmp_path: Path) -> None:
    campaigns = ours.campaigns
    assert campaigns.plan(BRIEF) == 1
    heard: list[str] = []
    assert campaigns.run(BRIEF, on_event=lambda name, _: heard.append(name))["name"] == NAME
    assert set(heard) <= {"progress"}
    (job,) = shelf.campaigns.show(NAME).jobs
    _, (image,) = ours.jobs.wait(job.id)
    assert campaigns.resume(NAME)["pictures"] == 1
    assert campaigns.judge(NAME, image.id, "Ada", rating=2).rating == 2
    assert campaigns.judge(NAME, image.id, "Ada", keep=True, note="é").keep is True
    assert campaigns.show(NAME) == plain(campaign_json(shelf.campaigns.show(NAME)))
    board = campaigns.board(NAME, "Ada", blind=True)
    there = shelf.campaigns.board(NAME, reviewer="Ada", blind=True)
    assert board == plain(board_json(there))
    assert campaigns.keep(NAME).new == 1
    assert campaigns.take_back(NAME, [image.id]) == 1
    undone = campaigns.undo(NAME, "Ada")
    assert (undone and undone.keep, undone and undone.rating) == (None, 2)
    target = campaigns.export(NAME, tmp_path / "x.zip")
    with zipfile.ZipFile(io.BytesIO(target.read_bytes())) as archive:
        assert "manifest.json" in archive.namelist()
    assert campaigns.contact_sheet(NAME, tmp_path / "x.pdf").read_bytes()[:5] == b"%PDF-"
    assert campaigns.contact_sheet(NAME, tmp_path / "x.png").read_bytes()[1:4] == b"PNG"
    assert ours.jobs.comparison(job.id, tmp_path / "y.png").read_bytes()[1:4] == b"PNG"
    assert campaigns.missing(NAME) == []
    assert NAME in [one["name"] for one in campaigns]
    assert campaigns.delete(NAME) == 1


def test_errors_are_those_of_the_assistant(ours: Client, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        ours.campaigns.show("none")
    with pytest.raises(NotFoundError):
        ours.campaigns.export("none", tmp_path / "x.zip")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match="no name"):
        ours.campaigns.run({"ideas": ["a b"]})
    with pytest.raises(SetupError):
        ours.campaigns.run(BRIEF | {"images": "none:"})
    drawn = ours.generate("a fox", campaign="With the client", size="64x64", images="sketch:")
    until = time.monotonic() + 30
    while ours.job(drawn.id).state != "done" and time.monotonic() < until:
        time.sleep(0.05)
    with pytest.raises(InputError, match="no picture is kept"):
        ours.campaigns.tune("With the client", tmp_path / "x.zip")
    with pytest.raises(InputError, match="no grid"):
        ours.jobs.sheet(drawn.id, tmp_path / "x.png")
    with pytest.raises(SetupError):
        ours.campaigns.score("With the client", "none:")
