"""`bozzetto generate` and `bozzetto jobs`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bozzetto import Assistant
from bozzetto.app.clock import now
from bozzetto.errors import BozzettoError, InputError, MissingExtraError, NotFoundError, SetupError
from bozzetto.store.images import Outcome
from bozzetto.store.store import Store
from bozzetto.testing.image_servers import StabilityServer
from bozzetto.types import ImageRequest, ImageTask

Run = Callable[..., Any]
SMALL = ("--size", "128x96", "--format", "json")


def test_a_prompt_is_drawn_with_several_seeds(run: Run, home: Path) -> None:
    answer = run("generate", "a small dog", "--negative", "cat", "--seed", "7", "-n", "2", *SMALL)
    assert answer.code == 0
    contract = {"id", "path", "prompt", "negative", "request", "effective", "state", "reason"}
    assert [contract - set(image) for image in answer.json["images"]] == [set(), set()]
    first, second = answer.json["images"]
    assert (first["state"], first["reason"], first["prompt"]) == ("ok", None, "a small dog")
    assert first["request"] == {
        "prompt": "a small dog", "negative": "cat", "seed": 7, "steps": None, "guidance": None,
        "sampler": None, "width": 128, "height": 96, "model": None, "profile": "sdxl",
        "images": "sketch:",
    }  # fmt: skip
    assert second["effective"]["seed"] == 8
    with Image.open(first["path"]) as picture:
        assert picture.size == (128, 96)
        assert picture.info["parameters"].startswith("a small dog\nNegative prompt: cat\n")
        ours = json.loads(picture.info["bozzetto"])
    assert ours["request"] == first["request"]
    assert ours["effective"]["notes"] == ["a placeholder: no model drew it"]


def test_the_same_request_is_the_same_picture(run: Run) -> None:
    (first,) = run("generate", "a fox", "--seed", "3", "-n", "1", *SMALL).json["images"]
    (again,) = run("generate", "--again", first["id"], "--format", "json").json["images"]
    assert (again["id"], again["path"]) == (first["id"], first["path"])


def test_copies_lie_where_they_are_wanted(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "pictures"
    (image,) = run("generate", "a fox", "--out", str(out), "-n", "1", *SMALL).json["images"]
    assert image["path"] == str(out / f"{image['id']}.png")
    assert [path.name for path in out.iterdir()] == [f"{image['id']}.png"]
    (tmp_path / "file").write_text("in the way")
    answer = run("generate", "a fox", "--out", str(tmp_path / "file"), *SMALL)
    assert isinstance(answer.error, InputError)


def test_without_a_seed_each_run_has_its_own(run: Run) -> None:
    runs = [run("generate", "a fox", "-n", "1", *SMALL).json["images"][0] for _ in range(2)]
    assert runs[0]["request"]["seed"] != runs[1]["request"]["seed"]


def test_a_grid_gives_one_sheet(run: Run) -> None:
    answer = run(
        "generate", "a fox", "--grid", "seed=1,2,3", "--grid", "prompt=a fox|a wolf", *SMALL
    )
    assert [(i["labels"]["seed"], i["labels"]["prompt"]) for i in answer.json["images"]] == [
        (seed, prompt) for seed in "123" for prompt in ("a fox", "a wolf")
    ]
    with Image.open(answer.json["sheet"]) as sheet:
        assert sheet.format == "PNG"


@pytest.fixture
def kept(run: Run, small_home: Path, home: Path) -> dict[str, Any]:
    """A candidate that is kept in this test's home."""
    shutil.copytree(small_home, home)
    answer = run("optimize", "a small dog", "-n", "1", "--aspect", "16:9", "--format", "json")
    found: dict[str, Any] = answer.json["candidates"][0]
    return found


def test_a_candidate_is_drawn_as_it_was_written(run: Run, kept: dict[str, Any]) -> None:
    answer = run("generate", "--candidate", kept["id"], "-n", "1", "--format", "json")
    (image,) = answer.json["images"]
    assert (image["prompt"], image["negative"]) == (kept["prompt"], kept["negative"])
    assert (image["request"]["width"], image["request"]["height"]) == (1344, 768)
    assert image["lineage"]["kind"] == "candidate"
    assert image["lineage"]["candidate"] == kept["id"]
    assert image["lineage"]["idea"] == "a small dog"
    sources = {phrase["from"] for phrase in kept["phrases"]}
    assert set(image["lineage"]["hits"]) >= {one for one in sources if len(one) == 16}


def test_candidates_by_seeds(run: Run, kept: dict[str, Any]) -> None:
    answer = run("optimize", "a castle", "-n", "1", "--format", "json")
    other = answer.json["candidates"][0]
    answer = run(
        "generate", "--candidate", kept["id"], "--candidate", other["id"], "-n", "2",
        "--seed", "5", *SMALL,
    )  # fmt: skip
    assert [(i["lineage"]["candidate"], i["request"]["seed"]) for i in answer.json["images"]] == [
        (kept["id"], 5), (kept["id"], 6), (other["id"], 5), (other["id"], 6),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ((), InputError, "name one"),
        (("a fox", "--candidate", "x"), InputError, "name one"),
        ((" ",), InputError, "the prompt is empty"),
        (("a" * 30_000,), InputError, "30,000 characters"),
        (("--candidate", "nobody"), NotFoundError, "no candidate is called 'nobody'"),
        (("--again", "nobody"), NotFoundError, "no picture is called 'nobody'"),
        (("a fox", "--size", "huge"), InputError, "size: 'huge'"),
        (("a fox", "--size", "8000x8000"), InputError, "40,000,000 pixels at most"),
        (("\x07",), InputError, "is empty"),
        (("a fox", "--guidance", "nan"), InputError, "guidance: nan"),
        (("a fox", "--grid", "prompt=a wolf"), InputError, "prompts from the axis"),
        (("--again", "x", "--steps", "9"), InputError, "made again as it was"),
        (("--again", "x", "-n", "3"), InputError, "made again as it was"),
        (("a fox", "-n", "5000"), InputError, "n: 5000"),
        (("a fox", "--seed", str(2**32)), InputError, "seed"),
        (("a fox", "--grid", "colour=1"), InputError, "no axis"),
        (("a fox", "--profile", "sdlx"), NotFoundError, "did you mean 'sdxl'"),
        (("a fox", "--images", "skech:"), SetupError, "did you mean 'sketch'"),
        (("a fox", "--images", "nothing"), SetupError, "no images back end"),
        (("a fox", "--images", "stability:core"), SetupError, "STABILITY_API_KEY"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_queued(
    run: Run, home: Path, arguments: tuple[str, ...], error: type[BozzettoError], said: str
) -> None:
    answer = run("generate", *arguments)
    assert isinstance(answer.error, error), answer
    assert not isinstance(answer.error, MissingExtraError)
    assert said in answer.error.message
    with Store.open(home) as store:
        assert store.queue.jobs() == []


def test_a_size_that_nothing_draws_is_a_failed_picture(run: Run) -> None:
    answer = run("generate", "a fox", "--size", "5000x6000", "-n", "1", "--format", "json")
    assert answer.code == 5
    (image,) = answer.json["images"]
    assert (image["state"], image["path"]) == ("failed", None)
    assert "5000x6000 is no size" in image["reason"]


def test_for_people_each_picture_has_its_place(run: Run) -> None:
    answer = run("generate", "a fox", "--seed", "1", "-n", "1", "--size", "64x64")
    assert answer.code == 0
    assert "seed 1" in answer.out
    assert "a placeholder: no model drew it" in answer.out


def queued(home: Path, count: int) -> str:
    """A job that nobody has drawn."""
    with Store.open(home) as store:
        tasks = [
            ImageTask(ImageRequest("a fox", seed=n, width=64, height=64)) for n in range(count)
        ]
        return store.queue.add("a fox \x1b[31m", tasks, actor="ada", now=now())


def test_jobs_are_listed_cancelled_retried_and_resumed(run: Run, home: Path) -> None:
    assert run("jobs", "list").code == 3
    job = queued(home, 3)
    (listed,) = run("jobs", "list", "--format", "json").json["jobs"]
    assert (listed["id"], listed["state"], listed["waiting"]) == (job, "waiting", 3)
    assert "\x1b" not in run("jobs", "list").out
    assert run("jobs", "cancel", job, "--format", "json").json == {"cancelled": 3}
    assert run("jobs", "resume", "--format", "json").json == {"jobs": []}
    assert run("jobs", "retry", job, "--format", "json").json == {"waiting": 3}
    answer = run("jobs", "resume", "--format", "json")
    assert answer.code == 0
    assert [image["state"] for image in answer.json["jobs"][0]["images"]] == ["ok"] * 3
    shown = run("jobs", "show", job, "--format", "json").json
    assert (shown["state"], shown["ok"], len(shown["images"])) == ("done", 3, 3)
    assert run("jobs", "resume", job).code == 0


@pytest.mark.parametrize("verb", ["show", "cancel", "retry", "resume"])
def test_no_such_job(run: Run, verb: str) -> None:
    answer = run("jobs", verb, "nobody")
    assert answer.code == 3
    assert answer.error.message == "no job is called 'nobody'"


def test_in_python(home: Path) -> None:
    with Assistant.open(home) as a:
        result = a.generate("a fox", n=2, seed=1, size="64x64")
        assert [image.state for image in result.images] == ["ok", "ok"]
        info, images = a.jobs.show(result.job)
    assert (info.title, info.ok, tuple(images)) == ("a fox", 2, result.images)


def test_an_axis_is_named_once(run: Run) -> None:
    answer = run("generate", "a fox", "--grid", "steps=1,2", "--grid", "steps=3")
    assert answer.code == 2
    assert "names an axis twice" in answer.err


def test_half_a_character_is_drawn_as_a_whole_one(run: Run) -> None:
    answer = run("generate", "a fox \udcff", "--negative", "\udcff", "-n", "1", *SMALL)
    assert answer.code == 0
    assert answer.json["images"][0]["prompt"] == "a fox \ufffd"
    assert run("jobs", "show", "\udcff").code == 3
    assert run("campaign", "show", "\udcff").code == 3


def test_what_somebody_cancels_meanwhile_is_told(run: Run, home: Path) -> None:
    job = queued(home, 3)
    with Store.open(home) as store:
        store.queue.claim("another", 0.0)
        store.queue.cancel(job, actor="ada", now=now())
        store.queue.retry(job, actor="ada", now=now())
        claimed = store.queue.claim("another", 0.0)
        assert claimed is not None
        store.queue.finish(claimed, "another", Outcome("failed", reason="no"), actor="a", now=now())
    answer = run("jobs", "resume", job, "--format", "json")
    assert answer.code == 6
    assert [image["state"] for image in answer.json["jobs"][0]["images"]] == ["failed", "ok", "ok"]


def test_a_key_that_is_refused_leaves_nothing_queued(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with StabilityServer(key="right") as server:
        monkeypatch.setenv("STABILITY_BASE_URL", server.address)
        monkeypatch.setenv("STABILITY_API_KEY", "wrong")
        answer = run("generate", "a fox", "--images", "stability:core", *SMALL)
    assert isinstance(answer.error, SetupError)
    assert run("jobs", "list").code == 3


def test_a_path_is_on_one_line_and_a_sheet_goes_with_its_pictures(run: Run, tmp_path: Path) -> None:
    out = tmp_path / ("long" * 30)
    answer = run(
        "generate", "--grid", "seed=1,2", "--grid", "prompt=a fox|a wolf", "--out", str(out),
        "--size", "64x64",
    )  # fmt: skip
    assert answer.code == 0
    assert "prompt: a wolf\n" in answer.out
    lines = [line.strip() for line in answer.out.splitlines()]
    for path in out.glob("????????????????.png"):
        assert str(path) in lines
    assert (out / "sheet.png").exists()
