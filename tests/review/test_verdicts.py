from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bozzetto.review.verdicts import Standing, blind_order, latest, standings
from bozzetto.types import Verdict


def test_the_last_verdict_of_a_reviewer_counts() -> None:
    first = Verdict("a", "anna", keep=True, rating=5)
    other = Verdict("a", "ben", keep=False)
    second = Verdict("a", "anna", keep=False, rating=1)
    assert latest([first, other, second]) == (second, other)


def test_where_pictures_stand() -> None:
    verdicts = [
        Verdict("a", "anna", keep=True, rating=5),
        Verdict("a", "ben", keep=True, rating=4, note="good"),
        Verdict("a", "carla", keep=False),
        Verdict("b", "anna", keep=True),
        Verdict("b", "ben", keep=False, rating=2),
        Verdict("c", "anna", note="hm"),
        Verdict("elsewhere", "anna", keep=True),
    ]
    assert standings(["c", "a", "b", "d"], verdicts) == {
        "c": Standing("c", None, 0, 0, None, (verdicts[5],)),
        "a": Standing("a", True, 2, 1, 4.5, tuple(verdicts[:3])),
        "b": Standing("b", None, 1, 1, 2.0, tuple(verdicts[3:5])),
        "d": Standing("d"),
    }
    assert list(standings(["c", "a"], verdicts)) == ["c", "a"]


IDS = st.lists(st.text(max_size=8), unique=True, max_size=12)


@given(IDS, st.text(), st.text())
def test_a_blind_order_is_the_reviewer_s_own_and_stays(
    images: list[str], reviewer: str, campaign: str
) -> None:
    order = blind_order(images, reviewer=reviewer, campaign=campaign)
    assert sorted(order) == sorted(images)
    assert blind_order(reversed(images), reviewer=reviewer, campaign=campaign) == order
    fewer = blind_order(images[1:], reviewer=reviewer, campaign=campaign)
    assert fewer == tuple(image for image in order if image not in images[:1])


def test_a_blind_order_tells_nothing_of_the_position() -> None:
    """Over many reviewers each picture comes first about as often as any other."""
    images = [f"{n:02}" for n in range(10)]
    first = [blind_order(images, reviewer=f"r{n}", campaign="spring")[0] for n in range(1000)]
    counts = [first.count(image) for image in images]
    assert sum(counts) == 1000
    assert all(60 < count < 145 for count in counts)  # 100, standard deviation 9.5


def test_reviewers_and_campaigns_have_orders_of_their_own() -> None:
    images = [f"{n:02}" for n in range(10)]
    orders = {
        blind_order(images, reviewer=reviewer, campaign=campaign)
        for reviewer, campaign in [("anna", "a"), ("ben", "a"), ("anna", "b"), ("annaa", "")]
    }
    assert len(orders) == 4
