from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import PROMPTS

from bozzetto.app import Assistant
from bozzetto.app.drawing import Asked
from bozzetto.app.joining import brief_for, campaign_name
from bozzetto.errors import InputError, NotFoundError
from bozzetto.types import Brief, GenerateResult, ImageRequest, ImageTask, Lineage

IDEA = "un piccolo cane"
SMALL: dict[str, Any] = {"size": "64x64", "images": "sketch:"}


@pytest.fixture
def a(tmp_path: Path) -> Assistant:
    file = tmp_path / "mine.txt"
    file.write_text("\n".join(PROMPTS) + "\n", encoding="utf-8")
    found = Assistant.open(tmp_path / "home", actor="tester")
    found.add(file)
    return found


def lineage(found: GenerateResult) -> list[tuple[str, int]]:
    return [(image.lineage.kind, image.request.seed) for image in found.images]


def test_pictures_begin_a_campaign_and_join_it(a: Assistant) -> None:
    with a:
        hits = a.search(IDEA, 3)
        one, two = a.optimize(IDEA, n=2, pick=[hits[1].id]).candidates
        asked = {**SMALL, "n": 2, "compare": True, "campaign": " My  dog "}
        first = a.generate(candidate=one.id, **asked)
        told = [(kind, seed) for kind in ("idea", "hit", "candidate") for seed in (0, 1)]
        assert lineage(first) == told
        assert {image.lineage.idea for image in first.images} == {IDEA}
        assert {image.request.prompt for image in first.images} == {
            IDEA, hits[1].prompt, one.prompt,
        }  # fmt: skip
        found = a.campaigns.show("My dog")
        assert found.brief == Brief(
            "My dog", (IDEA,), n=1, seeds=2, profile="sdxl", images="sketch:",
            sizes=("64x64",), compare=True,
        )  # fmt: skip
        again = a.generate(candidate=one.id, **asked)
        assert (again.job, again.images) == (first.job, first.images)
        more = a.generate(candidate=[one.id, two.id], **asked)
        assert lineage(more) == [*told, ("candidate", 0), ("candidate", 1)]
        assert [job.total for job in a.campaigns.show("My dog").jobs] == [6, 2]
        board = a.campaigns.board("My dog")
        assert {item.image.id for item in board.items} == {image.id for image in more.images}
        a.campaigns.judge("My dog", more.images[-1].id, keep=True)
        assert a.campaigns.keep("My dog").new == 1


def test_jobs_and_comparisons_join_too(a: Assistant, tmp_path: Path) -> None:
    with a:
        asked = Asked(images="sketch:", size="64x64")
        one, other = (a.jobs.add(asked, prompt="a fox", campaign="c") for _ in range(2))
        assert one == other
        third = a.jobs.add(asked, prompt="a fox", n=2, campaign="c")
        assert a.jobs.show(third)[0].title == "a fox (2)"
        a.jobs.cancel(third)
        assert a.jobs.show(a.jobs.add(asked, prompt="a fox", n=2, campaign="c"))[0].total == 1
        drawn = [
            a.compare(IDEA, folder=tmp_path / "out", n=1, seeds=1, campaign="c", **SMALL).drawn
            for _ in range(2)
        ]
        assert lineage(drawn[0]) == [("idea", 0), ("hit", 0), ("candidate", 0)]
        assert drawn[0] == drawn[1]
        assert a.campaigns.show("c").brief.ideas == ("a fox",)


def test_what_cannot_join(a: Assistant) -> None:
    with a:
        for name in (" ", "x" * 101):
            with pytest.raises(InputError, match="is no name"):
                a.generate("a fox", campaign=name, **SMALL)
        with pytest.raises(InputError, match="candidates are compared"):
            a.generate("a fox", compare=True, **SMALL)
        with pytest.raises(NotFoundError):
            a.generate(candidate="none", compare=True, campaign="c", **SMALL)
        assert a.campaigns.list() == []


def test_a_brief_says_what_was_asked_for() -> None:
    name = campaign_name("a\n b\x07")
    lots = [
        ImageTask(
            ImageRequest("p", seed=2**32 - 1 - seed, width=64, height=32, guidance=7.5),
            Lineage("candidate", f"idea {one}\x00" + "x" * 3_000, f"c{one}"),
        )
        for one in range(210)
        for seed in range(70)
    ]
    found = brief_for(name, lots)
    assert (found.name, len(found.ideas), found.n, found.seeds) == ("a b", 200, 32, 64)
    assert (found.seed, found.sizes, found.guidance) == (2**32 - 70, ("64x32",), 7.5)
    assert all(len(idea) == 2_000 for idea in found.ideas)
