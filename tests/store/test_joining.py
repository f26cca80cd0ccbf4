from __future__ import annotations

from bozzetto.store.images import Outcome
from bozzetto.store.store import Store
from bozzetto.types import ImageRequest, ImageTask, Lineage

WHO: dict[str, str] = {"actor": "tester", "now": "2026-01-01T00:00:00+00:00"}


def task(prompt: str, seed: int = 0) -> ImageTask:
    return ImageTask(ImageRequest(prompt, seed=seed), Lineage("candidate", "idea", "c1", ("h1",)))


def test_only_what_is_not_there_is_queued(store: Store) -> None:
    row = store.boards.begin("c", {"name": "c"}, **WHO)
    join = store.queue.join
    first = join("t", [task("a"), task("b")], campaign=row.id, **WHO)
    assert join("t", [task("b"), task("a")], campaign=row.id, **WHO) == first
    second = join("t", [task("a"), task("a", 1)], campaign=row.id, **WHO)
    assert second != first
    jobs = store.queue.jobs(campaign=row.id)
    assert [(job.title, job.total) for job in jobs] == [("t (2)", 1), ("t", 2)]
    other = store.boards.begin("d", {"name": "d"}, **WHO)
    assert join("t", [task("a")], campaign=other.id, **WHO) not in (first, second)


def test_what_failed_may_be_asked_for_again(store: Store) -> None:
    row = store.boards.begin("c", {"name": "c"}, **WHO)
    first = store.queue.join("t", [task("a")], campaign=row.id, **WHO)
    claimed = store.queue.claim("me", 1.0)
    assert claimed is not None
    store.queue.finish(claimed, "me", Outcome("failed", reason="no"), **WHO)
    assert store.queue.join("t", [task("a")], campaign=row.id, **WHO) != first


def test_a_campaign_is_begun_once(store: Store) -> None:
    first = store.boards.begin("c", {"name": "c"}, **WHO)
    assert store.boards.begin("c", {"name": "c", "n": 2}, **WHO) == first
