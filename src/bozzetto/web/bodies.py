"""What may be sent, as the command line names it: every field bounded, none unknown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bozzetto.app.clock import moment
from bozzetto.app.drawing import Asked
from bozzetto.config import Settings
from bozzetto.plugins import split_name
from bozzetto.types import By, Caller, Strength, Wishes
from bozzetto.types import Filters as FilterRecord

__all__ = [
    "LARGEST_PLACE",
    "Backend",
    "BatchOptimizeQuery",
    "BatchSearchQuery",
    "Body",
    "CompareBody",
    "EditBody",
    "FilterQuery",
    "Filters",
    "GenerateBody",
    "Id",
    "Ids",
    "LibraryQuery",
    "Long",
    "Name",
    "OptimizeBody",
    "RatingBody",
    "RefineBody",
    "RegenerateBody",
    "ReviseBody",
    "SearchBody",
    "StopBody",
    "Title",
    "TokensBody",
    "let_name",
    "named",
    "no_file",
]

LARGEST_SEED = 2**32 - 1
LARGEST_PLACE = 2**53 - 1


def _text(value: str) -> str:
    """Text that can be written as UTF-8."""
    value.encode()
    return value


def no_file(value: str) -> str:
    """A name, not a file of the machine that the server runs on."""
    if "{" not in value and ("/" in value or "\\" in value or value.endswith((".toml", ".json"))):
        raise ValueError("files are not read for a request; give a name")
    return value


_NOTHING = re.compile("")
_MODEL = re.compile(r"(?!.*://)[\w.:/+ -]*", re.ASCII)
_ENDPOINT = re.compile(r"(\w+@)?[\w.-]*", re.ASCII)

HARMLESS: Mapping[str, re.Pattern[str]] = {
    "": _NOTHING,
    "compose": _NOTHING,
    "sketch": _NOTHING,
    "a1111": _NOTHING,
    "comfyui": _NOTHING,
    "openai": _MODEL,
    "ollama": _MODEL,
    "llamacpp": _MODEL,
    "vllm": _MODEL,
    "lmstudio": _MODEL,
    "azure": _MODEL,
    "openrouter": _MODEL,
    "anthropic": _MODEL,
    "stability": _ENDPOINT,
    "bedrock": _MODEL,
    "sagemaker": _ENDPOINT,
}
"""What anybody may name of each scheme: no address, no path, nothing that is fetched.

A model's name goes to the server that the settings or the environment name, as a text.
"""

_NAMED: ContextVar[frozenset[str] | None] = ContextVar("named", default=frozenset())
"""What else whoever calls may name; None: anything."""


def let_name(caller: Caller | None, settings: Settings) -> None:
    """For one request: the owner may name any back end, others what the settings name too."""
    owner = caller is not None and caller.name is None
    own = {settings.chat, settings.images, *settings.backends.split()}
    _NAMED.set(None if owner else frozenset(own))


def named(value: str) -> str:
    """The name of a back end that whoever calls may name.

    Another could have this server call any address, or tell which files there are.

    Raises:
        ValueError: it is another.
    """
    scheme, rest = split_name(value.strip())
    pattern, more = HARMLESS.get(scheme), _NAMED.get()
    if more is None or value in more or (pattern and pattern.fullmatch(rest)):
        return value
    raise ValueError(
        "a back end with an address, a path or code of its own is named by the settings alone:"
        " whoever runs this server adds it to backends in config.toml"
    )


Long = Annotated[str, Field(max_length=20_000), AfterValidator(_text)]
Text = Annotated[str, Field(max_length=2_000), AfterValidator(_text)]
Name = Annotated[str, Field(max_length=200), AfterValidator(_text), AfterValidator(no_file)]
Backend = Annotated[str, Field(max_length=1_000), AfterValidator(_text), AfterValidator(named)]
Title = Annotated[str, Field(max_length=200), AfterValidator(_text)]
Id = Annotated[str, Field(max_length=64), AfterValidator(_text)]
Ids = Annotated[list[Id], Field(max_length=100)]
Texts = Annotated[list[Text], Field(max_length=32)]
Moment = Annotated[str, Field(max_length=40), AfterValidator(moment)]
Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]


class Body(BaseModel):
    """What is sent: strict, and without fields that nobody knows."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Filters(Body):
    """Which prompts may be found; several values of one field mean any of them."""

    tag: Texts = []
    use: Texts = []
    source: Texts = []
    model_family: Texts = []
    min_rating: Annotated[int, Field(ge=1, le=5)] | None = None
    max_nsfw: Annotated[float, Field(ge=0)] | None = None
    has_image: bool | None = None
    since: Moment | None = None

    def record(self) -> FilterRecord:
        """The filters as the assistant takes them."""
        lists = {name: tuple(getattr(self, name)) for name in _LISTS}
        return FilterRecord(
            **lists,
            min_rating=self.min_rating,
            max_nsfw=self.max_nsfw,
            has_image=self.has_image,
            since=self.since,
        )


_LISTS = ("tag", "use", "source", "model_family")


class FilterQuery(Filters):
    """The filters as a query: each may stand several times."""

    model_config = ConfigDict(extra="forbid", strict=False, allow_inf_nan=False)


class LibraryQuery(FilterQuery):
    """A page of the library: how many prompts, after which place."""

    limit: Annotated[int, Field(ge=1, le=1_000)] = 50
    after: Annotated[int, Field(ge=0, le=LARGEST_PLACE)] = 0


class SearchBody(Filters):
    """What `search` takes; the filters stand beside it."""

    idea: Long | None = None
    k: Annotated[int, Field(ge=1, le=1_000)] | None = None
    like: Ids = []
    unlike: Ids = []
    by: By = "both"
    explain: bool = False
    facets: bool = False


class BatchSearchQuery(FilterQuery):
    """What `batch/search` takes for all lines; a line's own `k` comes first."""

    k: Annotated[int, Field(ge=1, le=1_000)] | None = None
    like: Ids = []
    unlike: Ids = []
    by: By = "both"
    explain: bool = False
    facets: bool = False


class BatchOptimizeQuery(FilterQuery):
    """What `batch/optimize` takes for all lines; what a line says comes first."""

    n: Annotated[int, Field(ge=1, le=32)] | None = None
    prefer: Text | None = None
    strength: Strength = "enrich"
    profile: Name | None = None
    chat: Backend | None = None
    seed: Seed = 0
    save: bool = True
    cache: bool = True
    explain: bool = False


class OptimizeBody(Filters):
    """What `optimize` takes: idea, picked hits, wishes, filters."""

    idea: Long = ""
    n: Annotated[int, Field(ge=1, le=32)] | None = None
    k: Annotated[int, Field(ge=1, le=1_000)] | None = None
    pick: Ids = []
    prefer: Text | None = None
    mood: Texts = []
    medium: Texts = []
    light: Texts = []
    palette: Texts = []
    camera: Texts = []
    aspect: Text | None = None
    avoid: Texts = []
    keep: Texts = []
    strength: Strength = "enrich"
    template: Annotated[str, Field(max_length=2_000), AfterValidator(no_file)] | None = None
    values: Annotated[dict[Id, Text], Field(max_length=64)] = {}
    profile: Name | None = None
    chat: Backend | None = None
    seed: Seed = 0
    save: bool = True
    cache: bool = True
    explain: bool = False

    def wishes(self) -> Wishes:
        """The wishes as one record."""
        lists = {name: tuple(getattr(self, name)) for name in _WISHES}
        return Wishes(**lists, aspect=self.aspect)


_WISHES = ("mood", "medium", "light", "palette", "camera", "avoid", "keep")


class RegenerateBody(Body):
    """How a kept candidate is written again."""

    chat: Backend | None = None
    seed: Seed | None = None
    save: bool = True
    cache: bool = True


class RefineBody(RegenerateBody):
    """How a kept candidate is changed: "warmer, less crowded"."""

    prefer: Text


class ReviseBody(Body):
    """A candidate's text as its user edited it; without a negative prompt the old one stays."""

    prompt: Long
    negative: Long | None = None


class TokensBody(Body):
    """A prompt, and the profile whose model would read it."""

    prompt: Long
    profile: Name | None = None


class StopBody(Body):
    """Which candidate is to stop; without a number all."""

    index: Annotated[int, Field(ge=0, le=31)] | None = None


class _Drawn(Body):
    images: Backend | None = None
    size: Annotated[str, Field(max_length=20)] | None = None
    steps: Annotated[int, Field(ge=1, le=1_000)] | None = None
    profile: Name | None = None


Axis = Literal["prompt", "seed", "steps", "guidance", "sampler"]
Values = Annotated[list[Text], Field(min_length=1, max_length=100)]


class GenerateBody(_Drawn):
    """What `generate` takes: a prompt, candidates, or a picture whose request is made again."""

    prompt: Long | None = None
    candidate: Ids = []
    again: Id | None = None
    n: Annotated[int, Field(ge=1, le=1_000)] | None = None
    seed: Seed | None = None
    negative: Long | None = None
    guidance: Annotated[float, Field(ge=0, le=100)] | None = None
    sampler: Text | None = None
    model: Text | None = None
    grid: Annotated[dict[Axis, Values], Field(max_length=2)] | None = None
    compare: bool = False
    campaign: Title | None = None

    def asked(self) -> Asked:
        """How the pictures are to be made."""
        return Asked(
            self.images, self.size, self.steps, self.guidance, self.sampler, self.model,
            self.profile, self.negative,
        )  # fmt: skip


class CompareBody(_Drawn):
    """What `compare` takes."""

    idea: Long
    pick: Ids = []
    n: Annotated[int, Field(ge=1, le=32)] = 3
    seeds: Annotated[int, Field(ge=1, le=64)] = 2
    seed: Seed = 0
    chat: Backend | None = None
    campaign: Title | None = None

    def asked(self) -> Asked:
        """How the pictures are to be made."""
        return Asked(self.images, self.size, self.steps)


class EditBody(Body):
    """What of a prompt is to be another; what is left out stays, an empty negative is none."""

    prompt: Long | None = None
    negative: Long | None = None
    tags: Annotated[list[Text], Field(max_length=64)] | None = None


class RatingBody(Body):
    """Stars, 1 to 5; 0 takes them back."""

    rating: Annotated[int, Field(ge=0, le=5)]
