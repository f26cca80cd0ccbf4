"""What writing takes, in tokens and in money, and what it may take.

Prices are the user's own (config.toml), in whatever currency they are written there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bozzetto.types import ChatRequest, Price, Usage

__all__ = ["NOTHING", "Limits", "Purse", "estimate", "priced", "total"]

NOTHING = Usage(0, 0)

_BYTES_A_TOKEN = 3
"""Fewer than a chat model's tokenizer makes of usual text, so that estimates are not too low."""

_TOKENS_A_MESSAGE = 8
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one call and one day may take, in tokens and in money; 0 is no limit."""

    tokens: int = 0
    cost: float = 0.0
    tokens_day: int = 0
    cost_day: float = 0.0


def priced(usage: Usage, price: Price | None) -> Usage:
    """The usage with what it costs, where a price is known."""
    if price is None:
        return usage
    cost = usage.input_tokens * price.input + usage.output_tokens * price.output
    return replace(usage, cost=cost / _MILLION)


def total(usages: Iterable[Usage]) -> Usage:
    """All together; the cost is None where one of them, taken from a model, has none."""
    found = list(usages)
    paid = [usage.cost for usage in found if usage.input_tokens or usage.output_tokens]
    costs = [cost for cost in paid if cost is not None]
    known = len(costs) == len(paid) and any(usage.cost is not None for usage in found)
    return Usage(
        sum(usage.input_tokens for usage in found),
        sum(usage.output_tokens for usage in found),
        sum(usage.cached for usage in found),
        any(usage.estimated for usage in found),
        sum(costs) if known else None,
    )


def estimate(request: ChatRequest, answer: str) -> Usage:
    """The tokens of a request and an answer that nobody counted, rather too many than too few."""
    sent = sum(_tokens(m.content) + _TOKENS_A_MESSAGE for m in request.messages)
    return Usage(sent, _tokens(answer), estimated=True)


def _tokens(text: str) -> int:
    return -(-len(text.encode("utf-8", "replace")) // _BYTES_A_TOKEN)


class Purse:
    """What the requests of one call may still take; asked before each, told after each.

    `day` is what the day has taken so far. A request is allowed only if its worst case, the
    longest answer it permits, stays within every limit, together with all that are under way.
    """

    def __init__(
        self, limits: Limits = Limits(), price: Price | None = None, day: Usage = NOTHING
    ) -> None:
        self._limits, self._price, self._day = limits, price, day
        self._held: list[Usage] = []
        self._spent: list[Usage] = []

    @property
    def spent(self) -> Usage:
        """What this call has taken so far."""
        return total(self._spent)

    def hold(self, request: ChatRequest) -> str | None:
        """Set aside what a request may take; or the reason why it may not be sent."""
        worst = self._worst(request)
        call = total([*self._spent, *self._held, worst])
        day = total([self._day, call])
        for name, limit, value in (
            ("max_tokens", self._limits.tokens, _all_tokens(call)),
            ("max_cost", self._limits.cost, call.cost or 0.0),
            ("max_tokens_day", self._limits.tokens_day, _all_tokens(day)),
            ("max_cost_day", self._limits.cost_day, (self._day.cost or 0.0) + (call.cost or 0.0)),
        ):
            if limit and value > limit:
                return f"one more request may pass the budget {name} = {limit:g}"
        self._held.append(worst)
        return None

    def settle(self, request: ChatRequest, usage: Usage) -> Usage:
        """Put what a request took in the place of what was held for it; returns it priced."""
        self._held.remove(self._worst(request))
        paid = priced(usage, self._price)
        self._spent.append(paid)
        return paid

    def _worst(self, request: ChatRequest) -> Usage:
        sent = estimate(request, "").input_tokens
        return priced(Usage(sent, request.max_tokens), self._price)


def _all_tokens(usage: Usage) -> int:
    return usage.input_tokens + usage.output_tokens
