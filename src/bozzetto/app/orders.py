"""What is asked to be written, all but the library; and the same again from what was kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from bozzetto.optimize.template import Slot, Template, fill
from bozzetto.profiles import Profile
from bozzetto.profiles import load as load_profile
from bozzetto.types import Filters, Strength, Wishes

__all__ = ["COMPOSE", "Order", "own_profile"]

COMPOSE = "compose"


@dataclass(frozen=True, slots=True)
class Order:
    """All that decides what is written, beside the library.

    `own_profile` is the path of a profile of the user's own.
    """

    idea: str
    n: int
    seed: int
    pick: tuple[str, ...]
    prefer: tuple[str, ...]
    profile: Profile
    chat: str
    timeout: float
    home: Path
    wishes: Wishes = field(default_factory=Wishes)
    strength: Strength = "enrich"
    template: Template | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    own_profile: str | None = None
    filters: Filters = field(default_factory=Filters)

    @classmethod
    def kept(cls, idea: str, settings: Mapping[str, Any], *, timeout: float, home: Path) -> Self:
        """The order that a kept candidate was written to, from the idea and settings kept with it.

        `home` holds the user's own profiles, and keys.

        Raises:
            NotFoundError: its profile is not there any more.
            InputError: its profile's file is wrong.
        """
        frame = settings.get("template")
        slots = tuple(Slot(**slot) for slot in frame["slots"]) if frame else ()
        own = settings.get("own_profile")
        return cls(
            idea=settings.get("typed", idea),
            n=settings.get("n", 1),
            seed=settings.get("seed", 0),
            pick=tuple(settings.get("pick", ())),
            prefer=tuple(settings.get("prefer", ())),
            profile=load_profile(own or settings.get("profile", "plain"), home / "profiles"),
            chat=settings.get("chat", COMPOSE),
            timeout=timeout,
            home=home,
            wishes=Wishes(**_fields(settings.get("wishes", {}))),
            strength=settings.get("strength", "enrich"),
            template=Template(**{**frame, "slots": slots}) if frame else None,
            values=settings.get("values", {}),
            own_profile=own,
            filters=Filters(**_fields(settings.get("filters", {}))),
        )

    @property
    def words(self) -> str:
        """What the library is searched for: the idea, or what fills a template without one.

        Raises:
            InputError: a slot of the template is wrong, or nothing fills it.
        """
        if self.template is None:
            return self.idea
        pieces = fill(self.template, self.idea, self.values)
        given = ", ".join(text for text, _, by_user in pieces if by_user)
        return self.idea if self.idea.strip() else given or "".join(text for text, *_ in pieces)

    def settings(self) -> dict[str, Any]:
        """What is kept beside the candidates, as JSON values; of wishes and filters those made."""
        kept: dict[str, Any] = {
            "profile": self.profile.name,
            "chat": self.chat,
            "seed": self.seed,
            "n": self.n,
            "pick": list(self.pick),
            "prefer": list(self.prefer),
            "strength": self.strength,
            "wishes": _made(self.wishes),
        }
        if filters := _made(self.filters):
            kept |= {"filters": filters}
        if self.template:
            kept |= {"template": asdict(self.template), "values": dict(self.values)}
            kept |= {"typed": self.idea}
        if self.own_profile:
            kept |= {"own_profile": self.own_profile}
        return kept


def _made(asked: Wishes | Filters) -> dict[str, Any]:
    fields = asdict(asked).items()
    return {name: value for name, value in fields if value not in (None, (), "")}


def _fields(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a record as they were before JSON made lists of its tuples."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in kept.items()}


def own_profile(given: str | None) -> str | None:
    """The whole path of a profile that the user named by its file; None for one of ours."""
    return str(Path(given).expanduser().absolute()) if given and given.endswith(".toml") else None
