from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.errors import InputError, SetupError
from bozzetto.review.export import Export, Exported, export_folder, export_zip
from bozzetto.review.manifest import COLUMNS, Entry, csv_bytes
from bozzetto.review.verdicts import Standing
from bozzetto.types import (
    Brief,
    Candidate,
    Effective,
    Image,
    ImageRequest,
    Lineage,
    Phrase,
    Verdict,
)

Make = Callable[..., Image]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def table(data: bytes) -> list[dict[str, str]]:
    assert data.startswith("\ufeffid,".encode())
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def campaign(make: Make) -> Export:
    lineage = Lineage("candidate", "un cane", "c1", ("h1", "h2"))
    kept = make("aa", prompt="a small\ndog", lineage=lineage)
    lost = replace(make("bb", prompt="a dog"), path="nowhere.png")
    refused = replace(kept, id="cc", state="filtered", path=None, effective=None, reason="no dogs")
    return Export(
        images=[kept, lost, refused],
        verdicts=[
            Verdict("aa", "anna", keep=True, rating=5, note="=1+1"),
            Verdict("aa", "ben", rating=4),
            Verdict("bb", "ben", keep=False),
        ],
        brief=Brief("Dogs", ("un cane",)),
        candidates={
            "c1": Candidate(
                id="c1", prompt="a small dog", negative=None, profile="sdxl", chat="compose",
                tokens={}, phrases=(Phrase("a small dog", "idea", "un cane"),), intent=1, novelty=1,
            ),
            "other": Candidate(
                id="other", prompt="x", negative=None, profile="sdxl", chat="compose",
                tokens={}, phrases=(), intent=1, novelty=1,
            ),
        },
        sheets={"contact.png": b"a sheet"},
    )  # fmt: skip


def test_an_exported_folder(make: Make, tmp_path: Path) -> None:
    what = campaign(make)
    target = tmp_path / "new" / "dogs"
    assert export_folder(target, what) == Exported(target, 1, ("bb",))
    found = contents(target)
    manifest = json.loads(found.pop("manifest.json"))
    assert found["001-aa.png"] == Path(what.images[0].path or "").read_bytes()
    assert found["prompts.txt"] == b"a small dog\na dog\n"
    assert manifest == {
        "format": "bozzetto-export-1",
        "brief": {
            "name": "Dogs", "ideas": ["un cane"], "audience": "", "must": [], "never": [],
            "sizes": [], "n": 4, "seeds": 1, "seed": 0, "profile": None, "chat": None,
            "images": None, "model": None, "steps": None, "guidance": None, "sampler": None,
            "compare": False,
        },
        "images": [
            {
                "id": "aa", "file": "001-aa.png", "state": "ok", "reason": None, "keep": True,
                "rating": 4.5, "prompt": "a small\ndog", "negative": None, "seed": 7,
                "steps": None, "guidance": None, "sampler": None, "width": 64, "height": 64,
                "model": None, "images": "sketch:", "profile": None, "kind": "candidate",
                "idea": "un cane", "candidate": "c1", "hits": ["h1", "h2"], "notes": [],
                "verdicts": [
                    {"reviewer": "anna", "keep": True, "rating": 5, "note": "=1+1"},
                    {"reviewer": "ben", "keep": None, "rating": 4, "note": ""},
                ],
            },
            {
                "id": "bb", "file": None, "state": "ok", "reason": None, "keep": False,
                "rating": None, "prompt": "a dog", "negative": None, "seed": 7,
                "steps": None, "guidance": None, "sampler": None, "width": 64, "height": 64,
                "model": None, "images": "sketch:", "profile": None, "kind": "prompt",
                "idea": None, "candidate": None, "hits": [], "notes": [],
                "verdicts": [{"reviewer": "ben", "keep": False, "rating": None, "note": ""}],
            },
            {
                "id": "cc", "file": None, "state": "filtered", "reason": "no dogs", "keep": None,
                "rating": None, "prompt": "a small\ndog", "negative": None, "seed": 7,
                "steps": None, "guidance": None, "sampler": None, "width": 64, "height": 64,
                "model": None, "images": "sketch:", "profile": None, "kind": "candidate",
                "idea": "un cane", "candidate": "c1", "hits": ["h1", "h2"], "notes": [],
                "verdicts": [],
            },
        ],
        "candidates": [
            {
                "id": "c1", "prompt": "a small dog", "negative": None, "chat": "compose",
                "phrases": [{"text": "a small dog", "from": "idea", "original": "un cane"}],
            }
        ],
        "files": {
            name: sha256(found[name]).hexdigest()
            for name in ("001-aa.png", "prompts.txt", "manifest.csv", "contact.png")
        },
    }  # fmt: skip
    assert sorted(found) == sorted(manifest["files"])
    assert list(tmp_path.joinpath("new").iterdir()) == [target]


def test_the_table(make: Make, tmp_path: Path) -> None:
    export_folder(tmp_path / "dogs", campaign(make))
    rows = table((tmp_path / "dogs" / "manifest.csv").read_bytes())
    assert rows[0] == {
        "id": "aa", "file": "001-aa.png", "state": "ok", "reason": "", "keep": "keep",
        "rating": "4.5", "prompt": "a small\ndog", "negative": "", "seed": "7", "steps": "",
        "guidance": "", "sampler": "", "width": "64", "height": "64", "model": "",
        "images": "sketch:", "profile": "", "kind": "candidate", "idea": "un cane",
        "candidate": "c1", "hits": "h1 h2", "verdict anna": "keep", "rating anna": "5",
        "note anna": "'=1+1", "verdict ben": "", "rating ben": "4", "note ben": "",
    }  # fmt: skip
    assert [row["verdict ben"] for row in rows] == ["", "reject", ""]


@given(st.text("=+-@\t\r\n＝a,;\"'|", max_size=8), st.sampled_from(["prompt", "note"]))
def test_no_text_is_a_formula(text: str, place: str) -> None:
    prompt, note = (text, "") if place == "prompt" else ("", text)
    image = Image("a", "ok", ImageRequest(prompt), Lineage(), Effective(prompt))
    said = Standing("a", verdicts=(Verdict("a", "r", note=note),))
    (row,) = table(csv_bytes([Entry(image, said, None)]))
    cell = row["prompt" if place == "prompt" else "note r"]
    assert cell == (f"'{text}" if text[:1] in tuple("=+-@\t\r\n＝") and text else text)
    assert tuple(row)[: len(COLUMNS)] == COLUMNS


def test_what_really_made_a_picture_is_told(make: Make, tmp_path: Path) -> None:
    made = make("a", seed=1)
    image = replace(
        made,
        request=replace(made.request, steps=20, sampler="Euler"),
        effective=Effective("a small dog", seed=99, steps=None, model="m", notes=("no sampler",)),
    )
    export_folder(tmp_path / "x", Export([image]))
    (found,) = json.loads((tmp_path / "x" / "manifest.json").read_text("utf-8"))["images"]
    names = ("seed", "steps", "sampler", "model", "notes")
    assert [found[name] for name in names] == [99, 20, "Euler", "m", ["no sampler"]]


def test_no_folder_and_no_address_is_told(make: Make, tmp_path: Path) -> None:
    made = make("a")
    request = replace(made.request, images="diffusers:/srv/ann/secret/turbo")
    image = replace(made, request=request, effective=Effective("a", model="/secret/turbo"))
    brief = Brief("x", ("a",), images="comfyui:~/secret/flow.json", chat="ollama:m@http://secret")
    what = replace(campaign(make), images=[image], brief=brief)
    chat = replace(what.candidates["c1"], chat="ollama:m@http://secret")
    image = replace(image, lineage=Lineage("candidate", "x", "c1"))
    export_folder(tmp_path / "x", replace(what, images=[image], candidates={"c1": chat}))
    for name in ("manifest.json", "manifest.csv"):
        assert b"secret" not in (tmp_path / "x" / name).read_bytes()
    document = json.loads((tmp_path / "x" / "manifest.json").read_bytes())
    assert (document["images"][0]["images"], document["images"][0]["model"]) == (
        "diffusers:turbo", "turbo",
    )  # fmt: skip
    assert (document["brief"]["images"], document["brief"]["chat"]) == (
        "comfyui:flow.json", "ollama:m",
    )  # fmt: skip
    assert document["candidates"][0]["chat"] == "ollama:m"


def test_only_what_is_kept(make: Make, tmp_path: Path) -> None:
    what = replace(campaign(make), only_kept=True)
    assert export_folder(tmp_path / "x", what) == Exported(tmp_path / "x", 1, ())
    rows = table((tmp_path / "x" / "manifest.csv").read_bytes())
    assert [row["id"] for row in rows] == ["aa"]


def test_an_older_export_is_replaced_and_nothing_else(make: Make, tmp_path: Path) -> None:
    what = campaign(make)
    target = tmp_path / "dogs"
    target.mkdir()
    export_folder(target, what)
    export_folder(target, replace(what, only_kept=True, sheets={}))
    assert sorted(contents(target)) == [
        "001-aa.png",
        "manifest.csv",
        "manifest.json",
        "prompts.txt",
    ]
    (target / "mine.txt").write_text("notes")
    with pytest.raises(InputError) as caught:
        export_folder(target, what)
    assert caught.value.message == f"{target / 'mine.txt'} is not as it was exported"
    (target / "mine.txt").unlink()
    (target / "001-aa.png").write_bytes(b"retouched")
    with pytest.raises(InputError, match=r"001-aa\.png is not as it was exported"):
        export_folder(target, what)
    assert (target / "001-aa.png").read_bytes() == b"retouched"


@pytest.mark.parametrize("manifest", [None, b"{}", b"[[[", b'{"format": "bozzetto-export-1"}'])
def test_a_folder_of_others_is_left_alone(
    make: Make, tmp_path: Path, manifest: bytes | None
) -> None:
    target = tmp_path / "photos"
    target.mkdir()
    (target / "cat.jpg").write_bytes(b"a cat")
    if manifest:
        (target / "manifest.json").write_bytes(manifest)
    before = contents(target)
    with pytest.raises(InputError) as caught:
        export_folder(target, campaign(make))
    assert caught.value.message == f"{target} is there already, and not empty"
    assert contents(target) == before
    assert list(tmp_path.glob(".*")) == []


def test_a_zip_file_is_the_same_again(make: Make, tmp_path: Path) -> None:
    what = campaign(make)
    first, folder = tmp_path / "a.zip", tmp_path / "folder"
    export_folder(folder, what)
    assert export_zip(first, what) == Exported(first, 1, ("bb",))
    data = first.read_bytes()
    assert export_zip(first, what).target == first
    assert first.read_bytes() == data
    with zipfile.ZipFile(first) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == contents(folder)
        kinds = {(i.compress_type, i.date_time) for i in archive.infolist()}
    assert kinds == {(zipfile.ZIP_STORED, (1980, 1, 1, 0, 0, 0))}


def test_a_zip_file_that_somebody_worked_in_is_left_alone(make: Make, tmp_path: Path) -> None:
    what, target = campaign(make), tmp_path / "a.zip"

    def refused(name: str) -> None:
        before = target.read_bytes()
        with pytest.raises(InputError) as caught:
            export_zip(target, what)
        assert caught.value.message == f"{target}: {name} in it is not as it was exported"
        assert target.read_bytes() == before
        target.unlink()

    export_zip(target, what)
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr("mine.txt", "notes")
    refused("mine.txt")
    export_zip(target, what)
    with zipfile.ZipFile(target, "a") as archive:
        archive.comment = b"for Ann"
    refused("the comment")
    export_zip(target, what)
    data = target.read_bytes()
    target.write_bytes(data.replace(b"a small dog\na dog", b"a small cat\na dog", 1))
    refused("prompts.txt")
    export_zip(target, what)
    with zipfile.ZipFile(target) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, b"retouched" if name == "001-aa.png" else text)
    refused("001-aa.png")


def test_nothing_kept_is_no_export(make: Make, tmp_path: Path) -> None:
    what = replace(campaign(make), verdicts=(), only_kept=True)
    for export, name in ((export_folder, "x"), (export_zip, "x.zip")):
        with pytest.raises(InputError) as caught:
            export(tmp_path / name, what)
        assert caught.value.message == "no picture is kept yet"
        assert caught.value.hint == "review the campaign first"
        assert not (tmp_path / name).exists()


@pytest.mark.parametrize("there", [b"", b"PK\x03\x04junk", b"text"])
def test_a_file_of_others_is_left_alone(make: Make, tmp_path: Path, there: bytes) -> None:
    target = tmp_path / "a.zip"
    target.write_bytes(there)
    with pytest.raises(InputError) as caught:
        export_zip(target, campaign(make))
    assert caught.value.message == f"{target} is there already, and no export"
    assert target.read_bytes() == there
    with pytest.raises(InputError):
        export_zip(tmp_path, campaign(make))


def test_a_place_that_cannot_be_written_to(make: Make, tmp_path: Path) -> None:
    what = campaign(make)
    (tmp_path / "file").write_text("")
    for export in (export_folder, export_zip):
        for target in (tmp_path / "file" / "x", tmp_path / ("x" * 300)):
            with pytest.raises(SetupError) as caught:
                export(target, what)
            assert caught.value.message.startswith(f"{target} cannot be written: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "pictures"]


def test_what_breaks_half_way_leaves_the_older_export(make: Make, tmp_path: Path) -> None:
    what = campaign(make)
    folder, archive = tmp_path / "dogs", tmp_path / "dogs.zip"
    export_folder(folder, what)
    export_zip(archive, what)
    before = contents(folder), archive.read_bytes()
    broken = replace(what, sheets={"no/such/folder.png": b""})
    with pytest.raises(SetupError):
        export_folder(folder, broken)

    class Stops(dict[str, bytes]):
        def items(self) -> NoReturn:
            raise KeyboardInterrupt

    for export, target in ((export_folder, folder), (export_zip, archive)):
        with pytest.raises(KeyboardInterrupt):
            export(target, replace(what, sheets=Stops()))
    assert (contents(folder), archive.read_bytes()) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dogs", "dogs.zip", "pictures"]


def test_ids_make_no_paths(make: Make, tmp_path: Path) -> None:
    image = replace(make("a"), id="../../x y")
    export_folder(tmp_path / "e", Export([image]))
    assert "001-______x_y.png" in contents(tmp_path / "e")
