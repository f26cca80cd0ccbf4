"""What surrounds one call to a chat model in a home: its budget, its prices, its memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from bozzetto.app.clock import now
from bozzetto.config import Settings
from bozzetto.errors import SetupError
from bozzetto.optimize.cost import Limits, Purse
from bozzetto.optimize.session import Session
from bozzetto.optimize.stopping import Stop
from bozzetto.store.answers import AnswerCache
from bozzetto.store.store import Store
from bozzetto.types import Price, WriteEvent

__all__ = ["Listening", "OnEvent", "session"]

ANSWERS = "answers.sqlite"
"""The file of a home that remembers answers; it may be thrown away."""


OnEvent = Callable[[WriteEvent], None]


@dataclass(frozen=True, slots=True)
class Listening:
    """How a caller takes part: what hears the events, what stops, whether answers count again."""

    on_event: OnEvent | None = None
    stop: Stop | None = None
    cache: bool = True

    def hear(self, event: WriteEvent) -> None:
        """Pass an event on to whoever listens."""
        if self.on_event:
            self.on_event(event)


@contextmanager
def session(settings: Settings, store: Store, chat: str, listening: Listening) -> Iterator[Session]:
    """The session of one call; what it took is written down however it ends.

    Raises:
        SetupError: money is limited and the settings do not say what the model costs.
    """
    day = now()[:10]
    limits = Limits(
        settings.max_tokens, settings.max_cost, settings.max_tokens_day, settings.max_cost_day
    )
    price = _price(chat, settings.prices)
    if price is None and (limits.cost or limits.cost_day):
        raise SetupError(
            f"max_cost is set, and no price of {chat} is known",
            hint=f'in config.toml: [prices."{chat}"], then input = ... and output = ...',
        )
    answers = None
    if listening.cache and settings.answer_days:
        answers = AnswerCache(settings.home / ANSWERS, days=settings.answer_days, clock=time.time)
    purse = Purse(limits, price, store.spent(day))
    try:
        yield Session(listening.hear, listening.stop or Stop(), purse, answers)
    finally:
        if answers:
            answers.close()
        if purse.spent.input_tokens or purse.spent.output_tokens:
            store.spend(day, chat, purse.spent)


def _price(chat: str, prices: Mapping[str, Price]) -> Price | None:
    """The price of a model by its name, or by its scheme."""
    return prices.get(chat) or prices.get(chat.partition(":")[0])
