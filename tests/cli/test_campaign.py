"""`bozzetto campaign` and `bozzetto compare`."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bozzetto.errors import BozzettoError, InputError, NotFoundError, SetupError
from bozzetto.testing.a1111_server import A1111Server
from bozzetto.testing.image_servers import reply

Run = Callable[..., Any]

BRIEF = """
ideas = ["a small dog", "a castle above a forest"]
audience = "parents"
must = ["copy space"]
never = ["text"]
sizes = ["64x64", "96x64"]
n = 2
seeds = 2
seed = 5
"""


@pytest.fixture
def brief(tmp_path: Path) -> Path:
    file = tmp_path / "spring.toml"
    file.write_text(BRIEF, encoding="utf-8")
    return file


@pytest.fixture
def own(small_home: Path, home: Path) -> Path:
    """A small library in this test's home."""
    shutil.copytree(small_home, home)
    return home


@pytest.fixture
def campaign(run: Run, own: Path, brief: Path) -> dict[str, Any]:
    """The campaign of the brief, drawn."""
    answer = run("campaign", "run", str(brief), "--format", "json")
    assert answer.code == 0
    found: dict[str, Any] = answer.json
    return found


def test_one_command_from_a_brief_to_a_contact_sheet(
    run: Run, own: Path, brief: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out" / "sheet.pdf"
    answer = run("campaign", "run", str(brief), "--sheet", str(target), "--format", "json")
    assert answer.code == 0
    assert answer.json["sheet"] == [str(target)]
    assert target.read_bytes().startswith(b"%PDF-")
    images = answer.json["images"]
    assert len(images) == 2 * 2 * 2 * 2
    assert {image["state"] for image in images} == {"ok"}
    assert {(i["request"]["width"], i["request"]["seed"]) for i in images} == {
        (64, 5), (64, 6), (96, 5), (96, 6),
    }  # fmt: skip
    for image in images:
        assert "copy space" in image["prompt"]
        assert "text" in image["negative"].split(", ")
        assert image["lineage"]["kind"] == "candidate"
    assert [job["title"] for job in answer.json["jobs"]] == [
        "a small dog", "a castle above a forest",
    ]  # fmt: skip
    assert answer.json["name"] == "spring"


def test_run_again_it_is_the_same(run: Run, campaign: dict[str, Any], brief: Path) -> None:
    again = run("campaign", "run", str(brief), "--format", "json").json
    assert again["images"] == campaign["images"]
    assert len(again["jobs"]) == 2
    assert run("campaign", "list", "--format", "json").json["campaigns"][0]["name"] == "spring"


def test_another_brief_of_that_name_is_refused(
    run: Run, campaign: dict[str, Any], brief: Path
) -> None:
    brief.write_text(BRIEF.replace("n = 2", "n = 3"), encoding="utf-8")
    answer = run("campaign", "run", str(brief))
    assert isinstance(answer.error, InputError)
    assert answer.error.message == "there is a campaign called 'spring'"


def test_ideas_stand_for_a_brief(run: Run, own: Path) -> None:
    answer = run("campaign", "run", "--idea", "a small dog", "--name", "dogs", "--format", "json")
    assert answer.json["name"] == "dogs"
    assert len(answer.json["images"]) == 4


def test_reviewers_judge_and_take_back(run: Run, campaign: dict[str, Any]) -> None:
    one, two = (image["id"] for image in campaign["images"][:2])

    def judge(*arguments: str) -> Any:  # noqa: ANN401
        return run("campaign", "judge", "spring", *arguments, "--format", "json")

    said = judge(one, "--keep", "--rating", "5", "--as", "ada").json["verdict"]
    assert (said["image"], said["reviewer"], said["keep"], said["rating"]) == (one, "ada", True, 5)
    said = judge(one, "--note", "warm", "--as", "ada").json["verdict"]
    assert (said["keep"], said["rating"], said["note"]) == (True, 5, "warm")
    judge(one, "--reject", "--as", "bea")
    judge(two, "--keep", "--as", "bea")
    judge(two, "--keep", "--as", "ada")
    shown = run("campaign", "show", "spring", "--format", "json").json
    assert [(image["keep"], image["rating"]) for image in shown["images"][:3]] == [
        (None, 5), (True, None), (None, None),
    ]  # fmt: skip
    assert shown["agreement"]["reviewers"] == ["ada", "bea"]
    assert shown["agreement"]["same"] == 0.5
    back = judge("--undo", "--as", "ada").json["verdict"]
    assert (back["image"], back["keep"]) == (two, None)
    assert judge("--undo", "--as", "nobody").code == 3


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (("spring", "nobody", "--keep"), NotFoundError, "no picture of 'spring'"),
        (("autumn", "x", "--keep"), NotFoundError, "no campaign is called 'autumn'"),
        (("spring", "x", "--keep", "--as", " "), InputError, "reviewer"),
        (("spring", "x", "--keep", "--as", "a\x1b[31m"), InputError, "reviewer"),
        (("spring", "x", "--note", "n" * 3000), InputError, "3,000 characters"),
    ],
)
def test_a_wrong_verdict_is_told(
    run: Run,
    campaign: dict[str, Any],
    arguments: tuple[str, ...],
    error: type[BozzettoError],
    said: str,
) -> None:
    answer = run("campaign", "judge", *arguments)
    assert isinstance(answer.error, error)
    assert said in answer.error.message


def test_what_is_kept_is_handed_on(run: Run, campaign: dict[str, Any], tmp_path: Path) -> None:
    one, two = (image["id"] for image in campaign["images"][:2])
    run("campaign", "judge", "spring", one, "--keep", "--rating", "5", "--note", "=1+1")
    run("campaign", "judge", "spring", two, "--reject")
    target = tmp_path / "out.zip"
    answer = run("campaign", "export", "spring", str(target), "--format", "json")
    assert answer.json == {"target": str(target), "pictures": 16, "missing": []}
    with zipfile.ZipFile(target) as archive:
        names = archive.namelist()
        rows = list(csv.DictReader(io.StringIO(archive.read("manifest.csv").decode("utf-8-sig"))))
        manifest = json.loads(archive.read("manifest.json"))
    assert {"contact.pdf", "manifest.csv", "manifest.json", "prompts.txt"} <= set(names)
    assert len(rows) == 16
    assert rows[0]["prompt"] == campaign["images"][0]["prompt"]
    assert "=1+1" not in [row[key] for row in rows for key in row]
    assert manifest["brief"]["must"] == ["copy space"]
    folder = tmp_path / "kept"
    assert run("campaign", "export", "spring", str(folder), "--kept").code == 0
    assert len(list(folder.glob("*.png"))) == 1
    pairs = tmp_path / "pairs"
    answer = run("campaign", "tune", "spring", str(pairs), "--layout", "imagefolder")
    assert answer.code == 0
    (line,) = (pairs / "metadata.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["text"] == campaign["images"][0]["prompt"]
    with Image.open(next(pairs.glob("*.png"))) as bare:
        assert "parameters" not in bare.info


def test_kept_prompts_enter_the_library_and_leave_it(run: Run, campaign: dict[str, Any]) -> None:
    image = campaign["images"][0]
    before = run("search", image["prompt"], "--format", "json").json
    run("campaign", "judge", "spring", image["id"], "--keep", "--rating", "5")
    kept = run("campaign", "keep", "spring", "--format", "json").json
    assert (kept["source"], kept["new"]) == ("campaign spring", 1)
    found = run("search", image["prompt"], "--format", "json").json["hits"][0]
    assert (found["prompt"], found["rating"], found["source"]) == (
        image["prompt"], 5, "campaign spring",
    )  # fmt: skip
    assert run("campaign", "keep", "spring", "--format", "json").json["new"] == 0
    run("campaign", "judge", "spring", image["id"], "--reject")
    said = run("campaign", "keep", "spring", "--format", "json").json
    assert (said["rated"], said["taken_back"]) == (0, 1)
    run("campaign", "judge", "spring", image["id"], "--keep")
    assert run("campaign", "keep", "spring", "--format", "json").json["new"] == 1
    assert run("campaign", "take-back", "spring", "--format", "json").json == {"taken_back": 1}
    assert run("search", image["prompt"], "--format", "json").json == before


@pytest.mark.parametrize("name", ["sheet.png", "sheet.pdf"])
def test_a_contact_sheet(run: Run, campaign: dict[str, Any], tmp_path: Path, name: str) -> None:
    answer = run("campaign", "sheet", "spring", str(tmp_path / name), "--format", "json")
    assert all(Path(file).stat().st_size > 1000 for file in answer.json["sheet"])
    wrong = run("campaign", "sheet", "spring", str(tmp_path / "sheet.gif"))
    assert isinstance(wrong.error, InputError)


def test_a_brief_that_cannot_be_met_leaves_nothing(run: Run, own: Path, brief: Path) -> None:
    brief.write_text(BRIEF + 'images = "stability:core"\n', encoding="utf-8")
    assert isinstance(run("campaign", "run", str(brief)).error, SetupError)
    brief.write_text(BRIEF + 'profile = "sdlx"\n', encoding="utf-8")
    assert isinstance(run("campaign", "run", str(brief)).error, NotFoundError)
    brief.write_text(BRIEF.replace("a castle above a forest", "!!!"), encoding="utf-8")
    assert isinstance(run("campaign", "run", str(brief)).error, InputError)
    brief.write_text(BRIEF + "colour = 3\n", encoding="utf-8")
    assert isinstance(run("campaign", "run", str(brief)).error, InputError)
    assert run("campaign", "list").code == 3


def test_an_idea_is_compared_with_what_became_of_it(run: Run, own: Path, tmp_path: Path) -> None:
    answer = run(
        "compare", "a small dog", "-n", "2", "--seeds", "2", "--size", "64x64",
        "--out", str(tmp_path), "--format", "json",
    )  # fmt: skip
    assert answer.code == 0
    kinds = [(i["lineage"]["kind"], i["request"]["seed"]) for i in answer.json["images"]]
    assert kinds == [
        ("idea", 0), ("idea", 1), ("hit", 0), ("hit", 1),
        ("candidate", 0), ("candidate", 1), ("candidate", 0), ("candidate", 1),
    ]  # fmt: skip
    assert answer.json["images"][0]["prompt"] == "a small dog"
    assert answer.json["images"][2]["prompt"] == answer.json["hits"][0]["prompt"]
    page = Path(answer.json["page"]).read_text("utf-8")
    assert "<script" not in page
    assert answer.json["candidates"][0]["prompt"] in page
    with Image.open(answer.json["sheet"]) as sheet:
        assert sheet.width > sheet.height


def test_two_runs_at_once_make_one_campaign(run: Run, own: Path, brief: Path) -> None:
    command = [sys.executable, "-m", "bozzetto", "campaign", "run", str(brief)]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    ends = [one.communicate()[1] for one in both]
    assert [one.returncode for one in both] == [0, 0], ends
    shown = run("campaign", "show", "spring", "--format", "json").json
    assert [(job["title"], job["ok"]) for job in shown["jobs"]] == [
        ("a small dog", 8), ("a castle above a forest", 8),
    ]  # fmt: skip


def test_a_campaign_is_deleted_with_its_pictures(
    run: Run, campaign: dict[str, Any], own: Path
) -> None:
    run("campaign", "judge", "spring", campaign["images"][0]["id"], "--keep")
    answer = run("campaign", "delete", "spring", "--yes", "--format", "json")
    assert answer.json == {"deleted": 16}
    assert [path for path in (own / "images").rglob("*") if path.is_file()] == []
    assert run("campaign", "show", "spring").code == 3
    assert run("jobs", "list").code == 3


def test_a_damaged_file_is_not_handed_on_unseen(
    run: Run, campaign: dict[str, Any], tmp_path: Path
) -> None:
    image = campaign["images"][0]
    Path(image["path"]).write_bytes(Path(image["path"]).read_bytes()[:100])
    answer = run("campaign", "export", "spring", str(tmp_path / "out"))
    assert answer.code == 6
    assert f"{image['id']}: its file is gone or damaged" in answer.err
    answer = run("campaign", "sheet", "spring", str(tmp_path / "s.pdf"), "--format", "json")
    assert (answer.code, answer.json["missing"]) == (6, [image["id"]])


def test_what_failed_is_told_with_the_way_out(run: Run, own: Path) -> None:
    with A1111Server() as server:
        server.instead += [reply({"images": []}) for _ in range(3)]
        answer = run(
            "campaign", "run", "--idea", "a small dog", "--name", "-dogs",
            "--images", f"a1111:{server.address}",
        )  # fmt: skip
    assert answer.code == 6
    (job,) = run("jobs", "list", "--format", "json").json["jobs"]
    assert f"bozzetto jobs retry {job['id']}" in answer.err
    assert "3 failed: AUTOMATIC1111" in answer.err
    assert "bozzetto campaign review -- -dogs" in answer.err
    assert server.address not in run("campaign", "show", "--", "-dogs").out.split("failed")[0]


def test_shown_for_people(run: Run, campaign: dict[str, Any]) -> None:
    one = campaign["images"][0]
    run("campaign", "judge", "spring", one["id"], "--keep", "--rating", "4", "--as", "ada")
    shown = run("campaign", "show", "spring").out
    assert "for: parents" in shown
    assert "ada keeps it 4/5" in shown
    assert f"candidate: {one['prompt']}" in " ".join(shown.split())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (BRIEF + f'name = "{"n" * 300}"\n', "name"),
        (BRIEF.replace('never = ["text"]', 'never = ["Copy space"]'), "wants and forbids"),
    ],
)
def test_a_brief_that_makes_no_sense_is_refused(
    run: Run, own: Path, brief: Path, changed: str, said: str
) -> None:
    brief.write_text(changed, encoding="utf-8")
    answer = run("campaign", "run", str(brief))
    assert isinstance(answer.error, InputError), answer
    assert said in answer.error.message


def test_nothing_kept_is_nothing_found(run: Run, campaign: dict[str, Any]) -> None:
    assert run("campaign", "keep", "spring").code == 3
    assert run("campaign", "take-back", "spring", "--image", "nope").code == 3


def test_pictures_join_a_campaign(run: Run, small_home: Path) -> None:
    home = ("--home", str(small_home), "--format", "json")
    small = ("--images", "sketch:", "--size", "64x64", "--campaign", "My dogs")
    drawn = run("compare", "a small dog", "-n", "1", "--seeds", "1", *small, *home)
    candidate = drawn.json["candidates"][0]["id"]
    asked = ("--candidate", candidate, "--compare", "-n", "2")
    found = run("generate", *asked, *small, *home).json
    kinds = [image["lineage"]["kind"] for image in found["images"]]
    assert kinds == ["idea", "hit", "candidate"] * 2
    assert run("generate", *asked, *small, *home).json["images"] == found["images"]
    shown = run("campaign", "show", "My dogs", *home).json
    assert [job["total"] for job in shown["jobs"]] == [3, 3]
    named = run("campaign", "list", *home).json["campaigns"]
    assert "My dogs" in [one["name"] for one in named]
    refused = run("generate", "a dog", "--compare", *small, *home)
    assert refused.error is not None
    assert refused.error.message == "candidates are compared"
