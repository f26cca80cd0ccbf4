"""The queue: claimed once, held by lease, finished once, resumed after anything."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from bozzetto.store.images import Outcome, picture_path
from bozzetto.store.jobs import LEASE, MOST_ATTEMPTS, Claimed
from bozzetto.store.store import Store
from bozzetto.types import Effective, Image, ImageRequest, ImageTask, Lineage, Verdict

NOW = "2026-01-02T03:04:05Z"
T = 1_700_000_000.0
MADE = Outcome("ok", "ab" * 32, Effective("a fox", seed=1))


def tasks(count: int, images: str = "sketch:") -> list[ImageTask]:
    return [ImageTask(ImageRequest("a fox", seed=n, images=images)) for n in range(count)]


def add(store: Store, count: int = 2, images: str = "sketch:") -> str:
    return store.queue.add("foxes", tasks(count, images), actor="ada", now=NOW)


def claim(store: Store, owner: str = "one", at: float = T) -> Claimed:
    found = store.queue.claim(owner, at)
    assert found is not None
    return found


def finish(
    store: Store, claimed: Claimed, outcome: Outcome = MADE, owner: str = "one"
) -> str | None:
    return store.queue.finish(claimed, owner, outcome, actor="ada", now=NOW)


def counts(store: Store, job: str) -> tuple[str, int, int, int, int, int, int]:
    (i,) = store.queue.jobs(job=job)
    return i.state, i.waiting, i.running, i.ok, i.filtered, i.failed, i.cancelled


def test_tasks_are_claimed_in_order_and_finished(store: Store) -> None:
    job = add(store)
    assert counts(store, job) == ("waiting", 2, 0, 0, 0, 0, 0)
    first, second = claim(store), claim(store)
    assert [(c.job, c.position, c.attempts, c.task.request.seed) for c in (first, second)] == [
        (job, 0, 1, 0), (job, 1, 1, 1),
    ]  # fmt: skip
    assert store.queue.claim("one", T) is None
    assert counts(store, job) == ("running", 0, 2, 0, 0, 0, 0)
    assert finish(store, first) == "ab" * 8
    assert finish(store, second, Outcome("filtered", reason="not shown")) is not None
    assert counts(store, job) == ("done", 0, 0, 1, 1, 0, 0)
    assert store.queue.waits_until(T) is None


def test_a_picture_is_kept_with_all_that_made_it(store: Store, tmp_path: Path) -> None:
    task = ImageTask(
        ImageRequest("a fox", "blurry", 7, 20, 6.5, "DDIM", 512, 768, "m", "sdxl", "a1111:"),
        Lineage("candidate", "una volpe", "c0ffee", ("0" * 16,)),
        {"steps": "20"},
    )
    job = store.queue.add("foxes", [task], actor="ada", now=NOW)
    effective = Effective("a fox", None, 7, 20, 6.5, "DDIM", 512, 768, "m", ("a note",))
    identity = finish(store, claim(store), Outcome("ok", "ab" * 32, effective))
    path = picture_path(tmp_path, "ab" * 32)
    assert store.queue.images(job=job) == [
        Image(
            id="ab" * 8, state="ok", request=task.request, lineage=task.lineage,
            effective=effective, path=str(path),
            thumbnail=str(tmp_path / "thumbnails" / "ab" / f"{'ab' * 32}.webp"),
            labels={"steps": "20"}, job=job, position=0, at=NOW,
        )
    ]  # fmt: skip
    assert identity is not None
    assert store.queue.images_by_ids([identity]) == store.queue.images(job=job)


def test_two_workers_never_have_the_same_task(store: Store) -> None:
    add(store, 60)
    had: list[int] = []
    lock = threading.Lock()

    def work(owner: str) -> None:
        while found := store.queue.claim(owner, T):
            with lock:
                had.append(found.position)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(had) == list(range(60))


def test_a_lease_that_ran_out_is_anybodys_and_the_first_brings_nothing(store: Store) -> None:
    job = add(store, 1)
    lost = claim(store, "one", T)
    assert store.queue.claim("two", T + LEASE - 1) is None
    taken = claim(store, "two", T + LEASE + 1)
    assert (taken.id, taken.attempts) == (lost.id, 2)
    assert finish(store, lost, owner="one") is None
    assert finish(store, taken, owner="two") is not None
    assert finish(store, taken, owner="two") is None
    assert counts(store, job) == ("done", 0, 0, 1, 0, 0, 0)


def test_a_renewed_lease_holds(store: Store) -> None:
    add(store, 1)
    held = claim(store, "one", T)
    assert store.queue.renew("one", T + 50, {held.id: 0.5}) == {held.id}
    assert store.queue.claim("two", T + LEASE + 10) is None
    assert store.queue.renew("two", T, {held.id: 0.5}) == set()


def test_a_clock_set_back_a_day_keeps_nothing_locked(store: Store) -> None:
    add(store, 1)
    claim(store, "one", T + 86_400)
    assert claim(store, "two", T).attempts == 2


def test_one_put_back_waits_and_counts(store: Store) -> None:
    add(store, 1)
    store.queue.put_back(claim(store), "one", T + 5, "busy")
    assert store.queue.claim("one", T + 4) is None
    assert store.queue.waits_until(T) == T + 5
    assert claim(store, at=T + 5).attempts == 2


@pytest.mark.parametrize(("crashed", "attempts"), [(False, 1), (True, 2)])
def test_what_an_owner_leaves_waits_again(store: Store, crashed: bool, attempts: int) -> None:
    add(store, 1)
    claim(store, "one")
    assert store.queue.owners() == ["one"]
    store.queue.let_go("one", crashed=crashed)
    assert store.queue.owners() == []
    assert claim(store, "two").attempts == attempts


def test_cancelled_is_cancelled_and_what_is_made_stays(store: Store) -> None:
    job = add(store, 3)
    finish(store, claim(store))
    running = claim(store)
    assert store.queue.cancel(job, actor="ada", now=NOW) == 2
    assert store.queue.renew("one", T, {running.id: 0.9}) == set()
    assert finish(store, running) is None
    assert counts(store, job) == ("cancelled", 0, 0, 1, 0, 0, 2)
    assert store.queue.retry(job, actor="ada", now=NOW) == 2
    assert counts(store, job) == ("waiting", 2, 0, 1, 0, 0, 0)


def test_what_failed_is_tried_again_and_its_place_taken(store: Store) -> None:
    job = add(store, 1)
    failed = finish(store, claim(store), Outcome("failed", reason="down"))
    assert [(i.id, i.state, i.reason, i.path) for i in store.queue.images(job=job)] == [
        (failed, "failed", "down", None)
    ]
    assert store.queue.retry(job, actor="ada", now=NOW) == 1
    again = claim(store)
    assert again.attempts == 1
    finish(store, again)
    assert [i.state for i in store.queue.images(job=job)] == ["ok"]
    assert store.queue.images_by_ids([failed or ""]) == []


def test_what_failed_twice_says_the_last_reason(store: Store) -> None:
    job = add(store, 1)
    finish(store, claim(store), Outcome("failed", reason="down"))
    store.queue.retry(job, actor="ada", now=NOW)
    finish(store, claim(store), Outcome("filtered", reason="refused"))
    assert [(i.state, i.reason) for i in store.queue.images(job=job)] == [("filtered", "refused")]


def test_the_same_picture_of_two_jobs_is_kept_once(store: Store) -> None:
    jobs = [add(store, 1), add(store, 1)]
    assert finish(store, claim(store)) == finish(store, claim(store))
    assert [[i.id for i in store.queue.images(job=job)] for job in jobs] == [["ab" * 8]] * 2


def test_a_busy_back_end_lets_others_go_first(store: Store) -> None:
    add(store, 2, "a1111:")
    add(store, 1, "sketch:")
    found = store.queue.claim("one", T, busy=("a1111:",))
    assert found is not None
    assert found.task.request.images == "sketch:"


def test_jobs_take_turns(store: Store) -> None:
    first, second = add(store, 3), add(store, 3)
    assert [claim(store).job for _ in range(4)] == [first, second, first, second]


def test_of_one_job_only(store: Store) -> None:
    add(store, 1)
    second = add(store, 1)
    found = store.queue.claim("one", T, jobs=(second,))
    assert found is not None
    assert found.job == second
    assert store.queue.claim("one", T, jobs=(second,)) is None


def test_the_newest_job_is_first(store: Store) -> None:
    ids = [add(store, 1) for _ in range(3)]
    assert [info.id for info in store.queue.jobs()] == ids[::-1]
    assert [info.id for info in store.queue.jobs(limit=1)] == ids[-1:]
    assert MOST_ATTEMPTS > 1


def test_pages_of_jobs_stay_as_they_are_while_jobs_are_added(store: Store) -> None:
    ids = [add(store, 1) for _ in range(5)]
    first = store.queue.page(limit=2)
    more = add(store, 1)
    second = store.queue.page(first[-1][0], limit=2)
    store.queue.withdraw(second[-1][1].id)
    third = store.queue.page(second[-1][0], limit=2)
    found = [info.id for page in (first, second, third) for _, info in page]
    assert found == ids[::-1]
    assert store.queue.page(third[-1][0]) == []
    assert store.queue.page(limit=1)[0][1] == store.queue.jobs(job=more)[0]


def test_pages_of_jobs_by_state(store: Store) -> None:
    done, cancelled, running, waiting = (add(store, 1) for _ in range(4))
    finish(store, claim(store))
    store.queue.cancel(cancelled, actor="ada", now=NOW)
    claim(store)
    for state, job in (
        ("done", done), ("cancelled", cancelled), ("running", running), ("waiting", waiting),
    ):  # fmt: skip
        ((_, info),) = store.queue.page(states=[state])
        assert (info.id, info.state) == (job, state)
    assert [info.id for _, info in store.queue.page(states=["done", "waiting"])] == [waiting, done]


def test_scores_are_noted_beside_one_another(store: Store) -> None:
    add(store, 1)
    identity = finish(store, claim(store)) or ""
    store.queue.set_scores({identity: {"clip": 0.3}})
    store.queue.set_scores({identity: {"aesthetic": 5.5}})
    (image,) = store.queue.images_by_ids([identity])
    assert image.scores == {"clip": 0.3, "aesthetic": 5.5}


def test_a_failure_somebody_judged_does_not_stand_in_the_way(store: Store) -> None:
    campaign = store.boards.add("Spring", {}, actor="ada", now=NOW).id
    job = store.queue.add("a fox", tasks(1), campaign=campaign, actor="ada", now=NOW)
    failed = finish(store, claim(store), Outcome("failed", reason="down")) or ""
    store.boards.judge(campaign, [Verdict(failed, "ada", note="why?")])
    store.queue.retry(job, actor="ada", now=NOW)
    assert finish(store, claim(store)) == "ab" * 8
    assert [image.state for image in store.queue.images(job=job)] == ["ok"]


def test_a_campaign_has_one_job_of_a_title(store: Store) -> None:
    campaign = store.boards.add("Spring", {}, actor="ada", now=NOW).id
    jobs = [
        store.queue.add("a fox", tasks(2), campaign=campaign, actor="ada", now=NOW)
        for _ in range(2)
    ]
    assert len(set(jobs)) == 1
    assert counts(store, jobs[0])[1] == 2
    assert add(store) != add(store)


def test_what_is_over_is_not_cancelled(store: Store) -> None:
    job = add(store, 1)
    finish(store, claim(store))
    assert store.queue.cancel(job, actor="ada", now=NOW) == 0
    assert counts(store, job)[0] == "done"


def test_how_far_a_job_is(store: Store) -> None:
    job = add(store, 4)
    finish(store, claim(store))
    store.queue.renew("one", T, {claim(store).id: 0.5})
    (info,) = store.queue.jobs(job=job)
    assert info.done == 0.375


def test_one_not_begun_does_not_count_as_a_try(store: Store) -> None:
    add(store, 1)
    store.queue.put_back(claim(store), "one", 0.0, "no key", begun=False)
    assert store.queue.waits_until(T, busy=("sketch:",)) is None
    assert claim(store).attempts == 1
