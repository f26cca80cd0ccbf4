"""From a brief to the pictures that it asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bozzetto.app.comparing import tasks_of
from bozzetto.app.drawing import Asked, Drawing
from bozzetto.app.joining import campaign_name
from bozzetto.app.writeout import write_whole
from bozzetto.config import Settings
from bozzetto.errors import InputError
from bozzetto.generate import plan
from bozzetto.profiles import load as load_profile
from bozzetto.review.brief import LARGEST, brief_from, parse_brief
from bozzetto.text.words import words
from bozzetto.types import Brief, ImageTask, OptimizeResult, Wishes

__all__ = ["LARGEST", "Optimize", "pictures_each", "possible", "read", "tasks_for"]

Optimize = Callable[..., OptimizeResult]


UNNAMED = "a campaign without a name"


def read(said: str | Mapping[str, Any], name: str | None = None) -> Brief:
    """A brief that was sent: the text of a TOML file, or an object; `name` goes before its own.

    Raises:
        InputError: it is none, or has no name.
    """
    if isinstance(said, str):
        found = parse_brief(said.encode("utf-8", "replace"), name=UNNAMED)
    else:
        found = brief_from(said, name=UNNAMED)
    if name is not None:
        return replace(found, name=campaign_name(name))
    if found.name == UNNAMED:
        raise InputError("the brief has no name", hint='give it one: name = "Spring"')
    return found


def pictures_each(brief: Brief) -> int:
    """How many pictures of each idea."""
    return (brief.n + 2 * brief.compare) * brief.seeds * max(1, len(brief.sizes))


def possible(brief: Brief, settings: Settings) -> None:
    """Whether a brief can be met, before anything is kept.

    Raises:
        InputError: it cannot; says why.
        NotFoundError: there is no such profile.
    """
    if (count := pictures_each(brief)) > plan.MOST:
        raise InputError(
            f"{count:,} pictures an idea; at most {plan.MOST:,} are made",
            hint="fewer candidates, seeds or sizes",
        )
    both = {one.casefold() for one in brief.must} & {one.casefold() for one in brief.never}
    if both:
        raise InputError(f"the brief wants and forbids {', '.join(sorted(both))!r}")
    load_profile(brief.profile or settings.profile, settings.home / "profiles")
    for idea in brief.ideas:
        if not words(idea):
            raise InputError(f"the idea {idea[:60]!r} holds no word")


def tasks_for(
    brief: Brief, campaign: str, idea: str, settings: Settings, drawing: Drawing, optimize: Optimize
) -> Sequence[ImageTask]:
    """The pictures of one idea: every prompt in every size with every seed."""
    written = optimize(
        idea,
        n=brief.n,
        wishes=Wishes(avoid=brief.never),
        profile=_profile(brief, campaign, settings),
        chat=brief.chat,
        seed=brief.seed,
    )
    found = [
        task
        for size in brief.sizes or (None,)
        for task in tasks_of(drawing, written, _asked(brief, size), compare=brief.compare)
    ]
    return plan.with_seeds(found, range(brief.seed, brief.seed + brief.seeds))


def _asked(brief: Brief, size: str | None) -> Asked:
    return Asked(
        images=brief.images,
        size=size,
        steps=brief.steps,
        guidance=brief.guidance,
        sampler=brief.sampler,
        model=brief.model,
    )


def _profile(brief: Brief, campaign: str, settings: Settings) -> str | None:
    """The profile to write with: one of the campaign's own where the brief asks for more."""
    if not (brief.must or brief.never or brief.audience):
        return brief.profile
    name = brief.profile or settings.profile
    base = load_profile(name, settings.home / "profiles")
    said = (f"The pictures are for: {brief.audience}",) if brief.audience else ()
    lists = {
        "guidelines": (*base.guidelines, *said),
        "banned": (*base.banned, *brief.never),
        "required": (*base.required, *brief.must),
    }
    whole = str(Path(name).expanduser().absolute()) if name.endswith(".toml") else name
    texts = {"name": base.name, "extends": whole}
    lines = [f"{key} = {_toml(value)}" for key, value in (texts | lists).items()]
    path = settings.home / "campaigns" / f"{campaign}.toml"
    return str(write_whole(path, ("\n".join(lines) + "\n").encode()))


def _toml(value: str | Sequence[str]) -> str:
    """A text or a list of texts as TOML."""
    if not isinstance(value, str):
        return "[" + ", ".join(map(_toml, value)) + "]"
    plain = {'"': '\\"', "\\": "\\\\"}
    return (
        '"'
        + "".join(
            plain.get(c) or (c if c.isprintable() or c == " " else f"\\U{ord(c):08x}")
            for c in value
        )
        + '"'
    )
