import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.optimize.cost import NOTHING, Limits, Purse, estimate, priced, total
from bozzetto.testing.chat import GREETING
from bozzetto.types import Price, Usage

PRICE = Price(2.5, 10.0)


def test_a_price_is_for_a_million_tokens() -> None:
    assert priced(Usage(1_000_000, 100_000), PRICE).cost == pytest.approx(3.5)
    assert priced(Usage(5, 5), None).cost is None


def test_all_together() -> None:
    parts = [Usage(10, 5, cost=0.5), Usage(0, 0, cached=1, cost=0.0), Usage(1, 2, 0, True, 0.25)]
    assert total(parts) == Usage(11, 7, 1, True, 0.75)
    assert total([Usage(1, 1, cost=0.5), Usage(1, 1)]).cost is None
    assert total([]) == Usage(0, 0)


@given(st.lists(st.builds(Usage, st.integers(0, 999), st.integers(0, 999), st.integers(0, 3))))
def test_a_total_of_totals_is_the_total(parts: list[Usage]) -> None:
    half = len(parts) // 2
    assert total([total(parts[:half]), total(parts[half:])]) == total(parts)


def test_what_is_held_counts_until_it_is_settled() -> None:
    worst = estimate(GREETING, "").input_tokens + GREETING.max_tokens
    purse = Purse(Limits(tokens=2 * worst - 1))
    assert purse.hold(GREETING) is None
    assert (
        purse.hold(GREETING) == f"one more request may pass the budget max_tokens = {2 * worst - 1}"
    )
    assert purse.settle(GREETING, Usage(3, 4)) == Usage(3, 4)
    assert purse.hold(GREETING) is None
    assert purse.spent == Usage(3, 4)


def test_no_limit_allows_everything() -> None:
    purse = Purse(price=PRICE, day=Usage(10**9, 10**9, cost=1e9))
    assert [purse.hold(GREETING) for _ in range(9)] == [None] * 9
    assert purse.spent == NOTHING


def test_the_day_s_cost_counts_though_an_older_price_is_unknown() -> None:
    purse = Purse(Limits(cost_day=1.0), PRICE, Usage(10, 10, cost=0.9999))
    assert purse.hold(GREETING) == "one more request may pass the budget max_cost_day = 1"
