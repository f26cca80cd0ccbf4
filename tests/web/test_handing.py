from __future__ import annotations

import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image as Pixels
from tests.web.conftest import told

from bozzetto.app import Assistant
from bozzetto.app.wire import campaign_json
from bozzetto.web.downloads import attached

SMALL: dict[str, Any] = {"size": "64x64", "images": "sketch:"}
NAME = '../Früh\u202eling <b> "1"'


@pytest.fixture(scope="module")
def judged(shelf: Assistant) -> tuple[str, list[str]]:
    """A campaign of three pictures, of which Ada keeps the first and rejects the last."""
    made = shelf.optimize("a red fox", n=1).candidates[0].id
    found = shelf.generate(candidate=made, compare=True, campaign=NAME, **SMALL)
    images = [image.id for image in found.images]
    shelf.campaigns.judge(NAME, images[0], reviewer="Ada", keep=True, rating=5)
    shelf.campaigns.judge(NAME, images[-1], reviewer="Ada", keep=False)
    row = shelf.campaigns.summary(NAME)
    return row.id, images


def opened(answer: httpx2.Response) -> zipfile.ZipFile:
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert answer.headers["x-content-type-options"] == "nosniff"
    return zipfile.ZipFile(io.BytesIO(answer.content))


def test_an_export_is_what_the_command_line_writes(
    api: httpx2.Client, shelf: Assistant, judged: tuple[str, list[str]], tmp_path: Path
) -> None:
    shelf.campaigns.export(NAME, tmp_path / "folder")
    with opened(api.get(f"/campaigns/{judged[0]}/export.zip")) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    assert inside == {path.name: path.read_bytes() for path in (tmp_path / "folder").iterdir()}
    assert all(name == Path(name).name for name in inside)
    with opened(api.get(f"/campaigns/{judged[0]}/export.zip?only_kept=true")) as archive:
        pictures = [name for name in archive.namelist() if name.endswith(".png")]
        assert [name.removeprefix("001-") for name in pictures] == [f"{judged[1][0]}.png"]
        assert (
            json.loads(archive.read("manifest.json"))["brief"]["name"]
            == shelf.campaigns.show(NAME).name
        )
    until = time.monotonic() + 20  # a file goes once its last piece is sent
    while time.monotonic() < until and list(shelf.settings.home.glob("passing-*")):
        time.sleep(0.01)
    assert list(shelf.settings.home.glob("passing-*")) == []


@pytest.mark.parametrize("layout", ["kohya", "imagefolder"])
def test_pairs_for_tuning(
    api: httpx2.Client,
    shelf: Assistant,
    judged: tuple[str, list[str]],
    tmp_path: Path,
    layout: str,
) -> None:
    shelf.campaigns.tune(NAME, tmp_path / "folder", layout=layout)
    shelf.campaigns.tune(NAME, tmp_path / "file.zip", layout=layout)
    answer = api.get(f"/campaigns/{judged[0]}/tune.zip", params={"layout": layout})
    assert answer.content == (tmp_path / "file.zip").read_bytes()
    with opened(answer) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            path.relative_to(tmp_path / "folder").as_posix(): path.read_bytes()
            for path in (tmp_path / "folder").rglob("*")
            if path.is_file()
        }
    for wrong in ({"layout": "x"}, {"concept": "../x"}, {"repeats": "0"}):
        assert api.get(f"/campaigns/{judged[0]}/tune.zip", params=wrong).status_code == 422


def test_contact_sheets(api: httpx2.Client, judged: tuple[str, list[str]]) -> None:
    pdf = api.get(f"/campaigns/{judged[0]}/sheet.pdf")
    assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    png = api.get(f"/campaigns/{judged[0]}/sheet.png")
    assert (png.headers["content-type"], png.headers["x-pages"]) == ("image/png", "1")
    assert Pixels.open(io.BytesIO(png.content)).size == (1754, 1240)
    assert api.get(f"/campaigns/{judged[0]}/sheet.png?page=2").status_code == 404


def test_sheets_of_jobs(api: httpx2.Client, shelf: Assistant) -> None:
    axes = {"steps": ("1", "2"), "seed": ("7", "8", "9")}
    found = shelf.generate("a wolf", grid=axes, **SMALL)
    answer = api.get(f"/jobs/{found.job}/sheet.png")
    with Pixels.open(io.BytesIO(answer.content)) as shown, Pixels.open(found.sheet or "") as there:
        assert shown.width == there.width
    compared = shelf.compare("a red fox", n=1, seeds=1, **SMALL)
    answer = api.get(f"/jobs/{compared.drawn.job}/compare.png")
    assert answer.content == compared.sheet.read_bytes()
    assert api.get(f"/jobs/{compared.drawn.job}/sheet.png").json()["code"] == "input"
    for name in ("sheet", "compare"):
        assert api.get(f"/jobs/none/{name}.png").status_code == 404


def test_what_is_kept_comes_into_the_library_and_goes_again(
    api: httpx2.Client, judged: tuple[str, list[str]]
) -> None:
    path = f"/campaigns/{judged[0]}"
    kept = api.post(f"{path}/keep").json()
    assert (kept["new"], kept["taken_back"]) == (1, 0)
    with api.stream("POST", f"{path}/keep", headers={"Accept": "text/event-stream"}) as stream:
        assert list(told(stream))[-1][2]["unchanged"] == kept["new"] + kept["rated"]
    assert api.post(f"{path}/take-back", json={"images": ["none"]}).json() == {"taken_back": 0}
    assert api.post(f"{path}/take-back").json() == {"taken_back": 1}
    scored = api.post(f"{path}/score", json={"by": "none:"})
    assert (scored.status_code, scored.json()["code"]) == (503, "setup")
    assert api.get(f"{path}/missing").json() == {"missing": []}


def test_campaigns_are_listed_with_counts(
    api: httpx2.Client, shelf: Assistant, judged: tuple[str, list[str]]
) -> None:
    shelf.generate("a wolf", campaign="The newest", **SMALL)
    first = api.get("/campaigns", params={"limit": 1}).json()
    assert [one["name"] for one in first["campaigns"]] == ["The newest"]
    rest = api.get("/campaigns", params={"after": first["next"]}).json()
    (found,) = [one for one in rest["campaigns"] if one["id"] == judged[0]]
    counts = ("total", "waiting", "running", "pictures", "kept", "rejected", "reviewers")
    assert [found[name] for name in counts] == [3, 0, 0, 3, 1, 1, 1]
    assert (found["images"][0], set(found["images"])) == (judged[1][0], set(judged[1]))
    assert rest["next"] is None
    whole = api.get(f"/campaigns/{judged[0]}").json()
    assert whole == json.loads(json.dumps(campaign_json(shelf.campaigns.show(NAME))))


def test_nobody_hands_on_what_is_not_there(api: httpx2.Client) -> None:
    for path in ("export.zip", "tune.zip", "sheet.pdf", "sheet.png", "missing"):
        assert api.get(f"/campaigns/none/{path}").status_code == 404
    for path in ("keep", "take-back"):
        assert api.post(f"/campaigns/none/{path}").status_code == 404
    assert api.post("/campaigns/none/score", json={"by": "clip:x"}).status_code == 404


@pytest.mark.parametrize(
    ("name", "plain", "whole"),
    [
        ("Spring 1", "Spring_1", "Spring%201"),
        ("../x", "x", "_x"),
        ("a\r\nX-Injected: 1", "a_X-Injected_1", "a_X-Injected_%201"),
        ('"; filename="x.exe', "filename_x.exe", "_%3B%20filename%3D_x.exe"),
        ("春 \u202efdp", "fdp", "%E6%98%A5%20_fdp"),
        ("<img>", "img", "_img_"),
        (" . ", "bozzetto", "bozzetto"),
    ],
)
def test_names_of_files_are_safe(name: str, plain: str, whole: str) -> None:
    said = attached(name, ".zip")["Content-Disposition"]
    assert said == f"attachment; filename=\"{plain}.zip\"; filename*=UTF-8''{whole}.zip"
