"""Campaigns and verdicts."""

import pytest

from bozzetto.errors import InputError
from bozzetto.store.images import Outcome
from bozzetto.store.store import Store
from bozzetto.types import ImageRequest, ImageTask, Verdict

NOW = "2026-01-02T03:04:05Z"
BRIEF = {"name": "Spring", "ideas": ["a fox"]}


@pytest.fixture
def campaign(store: Store) -> str:
    return store.boards.add("Spring", BRIEF, actor="ada", now=NOW).id


@pytest.fixture
def pictures(store: Store, campaign: str) -> list[str]:
    """The ids of two pictures of the campaign."""
    tasks = [ImageTask(ImageRequest("a fox", seed=n)) for n in range(2)]
    store.queue.add("a fox", tasks, campaign=campaign, actor="ada", now=NOW)
    found = []
    for file in ("aa" * 32, "bb" * 32):
        claimed = store.queue.claim("one", 0.0)
        assert claimed is not None
        found.append(
            store.queue.finish(claimed, "one", Outcome("ok", file), actor="ada", now=NOW) or ""
        )
    return found


def test_a_campaign_is_found_by_name_and_id(store: Store, campaign: str) -> None:
    found = store.boards.find("Spring")
    assert found is not None
    assert found == store.boards.find(campaign)
    assert (found.id, found.name, dict(found.brief), found.at, found.actor) == (
        campaign, "Spring", BRIEF, NOW, "ada",
    )  # fmt: skip
    assert store.boards.all() == [found]
    assert store.boards.find("Autumn") is None


def test_a_name_is_taken_once(store: Store, campaign: str) -> None:
    assert store.boards.add("Spring", BRIEF, actor="bea", now=NOW).actor == "ada"
    with pytest.raises(InputError, match="there is a campaign called 'Spring'"):
        store.boards.add("Spring", {}, actor="ada", now=NOW)


def test_its_pictures_are_those_of_its_jobs(
    store: Store, campaign: str, pictures: list[str]
) -> None:
    assert [image.id for image in store.queue.images(campaign=campaign)] == pictures
    assert store.queue.image_ids(campaign=campaign) == set(pictures)
    assert store.queue.image_ids(campaign="other") == set()


def test_the_last_verdict_of_each_stands_and_is_taken_back(
    store: Store, campaign: str, pictures: list[str]
) -> None:
    one, two = pictures
    first = Verdict(one, "ada", True, 4, "", NOW)
    second = Verdict(one, "ada", False, 2, "too dark", NOW)
    other = Verdict(two, "bea", None, 5, "", NOW)
    store.boards.judge(campaign, [first, second, other])
    assert store.boards.verdicts(campaign) == [second, other]
    assert store.boards.verdicts(campaign, reviewer="bea") == [other]
    assert store.boards.undo(campaign, "ada") == first
    assert store.boards.verdicts(campaign) == [first, other]
    assert store.boards.undo(campaign, "ada") == Verdict(one, "ada")
    assert store.boards.undo(campaign, "ada") is None
    assert store.boards.verdicts(campaign) == [other]


def test_deleted_it_takes_the_pictures_nothing_else_has(
    store: Store, campaign: str, pictures: list[str]
) -> None:
    one, two = pictures
    store.boards.judge(campaign, [Verdict(one, "ada", True)])
    job = store.queue.add("again", [ImageTask(ImageRequest("a fox"))], actor="ada", now=NOW)
    claimed = store.queue.claim("one", 0.0)
    assert claimed is not None
    store.queue.finish(claimed, "one", Outcome("ok", "aa" * 32), actor="ada", now=NOW)
    assert store.boards.delete(campaign, actor="ada", now=NOW) == ["bb" * 32]
    assert store.boards.find("Spring") is None
    assert [info.id for info in store.queue.jobs()] == [job]
    assert [image.id for image in store.queue.images_by_ids([one, two])] == [one]
