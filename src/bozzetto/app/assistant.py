"""The assistant: the path's verbs, in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from copy import copy
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from bozzetto.app.clock import now
from bozzetto.app.counts import library_counts
from bozzetto.app.explaining import explain_kept
from bozzetto.app.index import Index
from bozzetto.app.indexing import Indexing
from bozzetto.app.intake import sources_of, take_in, together, uploaded
from bozzetto.app.orders import Order, own_profile
from bozzetto.app.pictures import Pictures
from bozzetto.app.picturing import Picturing
from bozzetto.app.readiness import Readiness
from bozzetto.app.sessions import Listening, OnEvent
from bozzetto.app.shelf import Shelf
from bozzetto.app.telling import Tell, Telling
from bozzetto.app.writer import Writer
from bozzetto.app.writing import check_chat
from bozzetto.config import Settings, load_settings
from bozzetto.errors import InputError, SetupError
from bozzetto.optimize import template as templates
from bozzetto.optimize.explain import Explanation
from bozzetto.optimize.limits import counts
from bozzetto.optimize.stopping import Stop
from bozzetto.ports import PromptSource
from bozzetto.profiles import Profile
from bozzetto.profiles import load as load_profile
from bozzetto.search.engine import Searcher
from bozzetto.store.replays import Replays
from bozzetto.store.store import Store
from bozzetto.types import (
    By,
    Candidate,
    Filters,
    ImportReport,
    OptimizeResult,
    Progress,
    SearchResult,
    Strength,
    Wishes,
)

if TYPE_CHECKING:
    from bozzetto.app.accounts import Accounts

__all__ = ["Assistant"]

MOST_CANDIDATES = 32
"""Candidates of one call."""


def _silent(_: Progress) -> None:
    """Tell nobody."""


class Assistant(Picturing):
    """A home, opened: add prompts, search them, optimize an idea.

    Use it as a context manager, or call `close`.
    """

    def __init__(self, settings: Settings, store: Store, progress: Tell) -> None:
        self.settings = settings
        self._store = store
        self._progress = told = Telling(progress)
        self._indexing = Indexing(settings, store, told)
        self._ready = Readiness(store, self._indexing, settings.actor, told)

    @classmethod
    def open(
        cls,
        home: str | Path | None = None,
        *,
        actor: str | None = None,
        progress: Tell | None = None,
    ) -> Self:
        """Open a home, making it where there is none.

        Raises:
            SetupError: the home cannot be written to, or its settings file is wrong.
            NewerSchemaError: a newer version wrote the library; it is left untouched.
        """
        settings = load_settings(home, {"actor": actor})
        try:
            settings.home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SetupError(
                f"{settings.home}: {error.strerror}", hint="--home DIR names another place"
            ) from error
        return cls(settings, Store.open(settings.home), progress or _silent)

    def close(self) -> None:
        """Let go of the home's files."""
        self._indexing.close()
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def telling(self, tell: Tell) -> AbstractContextManager[None]:
        """Within a `with`: what this thread does is told to `tell`; what that raises ends it."""
        return self._progress.to(tell)

    # The path

    def add(
        self, source: str | Path, *, kind: str | None = None, embed: bool = True
    ) -> ImportReport:
        """Import a file, a folder's only file, "-" or scheme:rest, and embed what is new.

        Raises:
            NotFoundError: there is no such file.
            InputError: it cannot be read as a whole; names the way out.
        """
        reports = self.add_each(source, kind=kind)
        if embed:
            self.embed()
        return together(str(source), reports)

    def add_each(self, source: str | Path, *, kind: str | None = None) -> list[ImportReport]:
        """Import a source without embedding: a report for each file it stands for."""
        with sources_of(str(source), kind, self.settings.home, self._progress) as found:
            return self._taken_in(found)

    def add_upload(self, file: Path, name: str, *, kind: str | None = None) -> ImportReport:
        """Import a file that was sent under a name, without embedding.

        Raises:
            InputError: it cannot be read as a whole; names the way out.
        """
        with uploaded(file, name, kind, self.settings.home) as found:
            return self._taken_in(found)[0]

    def _taken_in(self, sources: Sequence[PromptSource]) -> list[ImportReport]:
        reports = take_in(self._store, sources, self.settings.actor, self._progress)
        with ThreadPoolExecutor(1) as beside:
            words = beside.submit(self._indexing.refresh_words)
            self._ready.renew_families()
            words.result()
        return reports

    def embed(self) -> None:
        """Embed what has no vector yet, bring indexes and counts up to date; resumable."""
        self._indexing.embed()
        library_counts(self._store, self._indexing.folder)

    def search(
        self,
        idea: str | None = None,
        k: int | None = None,
        *,
        like: Sequence[str] = (),
        unlike: Sequence[str] = (),
        by: By = "both",
        explain: bool = False,
        filters: Filters = Filters(),  # noqa: B008 - frozen
    ) -> SearchResult:
        """The prompts that fit an idea, best first, no two alike.

        `like` and `unlike` are ids of prompts that hits should be like, or not; neither they
        nor their variants are found. With `like` there need be no idea. `by` goes by the whole
        prompt, by its subject or by its look alone. `explain` adds which words say the idea's.

        Raises:
            InputError: the idea holds no word, an id is unknown, or k is below 1.
        """
        self._ready.ensure()
        count, most = self.settings.k if k is None else k, self.settings.max_nsfw
        ask = partial(Searcher.search, idea=idea, k=count, like=like, unlike=unlike, by=by)
        found = self._indexing.ask(partial(ask, explain=explain, filters=filters, max_nsfw=most))
        waits = self._indexing.wish_that_waits()
        return replace(found, notes=(*found.notes, waits)) if waits else found

    def optimize(
        self,
        idea: str,
        *,
        n: int | None = None,
        k: int | None = None,
        pick: Sequence[str] = (),
        prefer: str | None = None,
        wishes: Wishes = Wishes(),  # noqa: B008 - frozen
        strength: Strength = "enrich",
        template: str | None = None,
        values: Mapping[str, str] | None = None,
        profile: str | None = None,
        chat: str | None = None,
        seed: int = 0,
        filters: Filters = Filters(),  # noqa: B008 - frozen
        save: bool = True,
        on_event: OnEvent | None = None,
        stop: Stop | None = None,
        cache: bool = True,
    ) -> OptimizeResult:
        """Write n prompts from an idea, picked hits and wishes; kept unless `save` is False.

        `template` is a text with slots, a file or a name; the idea fills one, `values` others.
        `on_event` hears what a chat model writes while it comes, in the thread that waits for
        it; `stop` ends one candidate, or all, from any thread. Without `cache` a chat model is
        asked again what it has answered already.

        Raises:
            InputError: the idea holds no word, n is out of range, a wish or a slot is wrong.
            NotFoundError: a picked id, the profile or the template does not exist.
            SetupError: the chat model lacks its key or its model; nothing is kept.
        """
        count = self.settings.n if n is None else n
        if not 1 <= count <= MOST_CANDIDATES:
            raise InputError(f"n: {count} is not between 1 and {MOST_CANDIDATES}")
        frame = templates.load(template, self.settings.home / "templates") if template else None
        order = Order(
            idea=idea,
            n=count,
            seed=seed,
            pick=tuple(pick),
            prefer=(prefer,) if prefer else (),
            profile=self._profile(profile or (frame.profile if frame else None)),
            chat=chat or self.settings.chat,
            timeout=self.settings.timeout,
            home=self.settings.home,
            wishes=wishes,
            strength=strength,
            template=frame,
            values=values or {},
            own_profile=own_profile(profile),
            filters=filters,
        )
        order.words  # noqa: B018 - a wrong slot is told before anything is made ready
        self._ready.ensure()
        listening = Listening(on_event, stop, cache)
        return self._writer.write(order, listening, k=k, save=save)

    def refine(
        self,
        candidate: str,
        prefer: str,
        *,
        chat: str | None = None,
        seed: int | None = None,
        save: bool = True,
        on_event: OnEvent | None = None,
        stop: Stop | None = None,
        cache: bool = True,
    ) -> OptimizeResult:
        """Change a kept candidate by a wish ("warmer, less crowded"); all else stays.

        Idea, profile and the rest are those it was written with, and so is the chat model
        unless another is named. The new candidate names it as its `parent`.

        Raises:
            NotFoundError: nothing is kept under that id.
            InputError: the wish is empty.
            SetupError: the chat model lacks its key or its model; nothing is kept.
        """
        self._ready.ensure()
        listening = Listening(on_event, stop, cache)
        return self._writer.rewrite(candidate, prefer, listening, chat=chat, seed=seed, save=save)

    def regenerate(
        self,
        candidate: str,
        *,
        chat: str | None = None,
        seed: int | None = None,
        save: bool = True,
        on_event: OnEvent | None = None,
        stop: Stop | None = None,
        cache: bool = True,
    ) -> OptimizeResult:
        """Write another in a kept candidate's place: steered as it was, with a new seed.

        Raises:
            NotFoundError: nothing is kept under that id.
            SetupError: the chat model lacks its key or its model; nothing is kept.
        """
        self._ready.ensure()
        listening = Listening(on_event, stop, cache)
        return self._writer.rewrite(candidate, None, listening, chat=chat, seed=seed, save=save)

    def revise(self, candidate: str, prompt: str, negative: str | None = None) -> Candidate:
        """Keep a candidate as its user edited it, under an id of its own.

        Phrases that still stand keep their origin, what is new is the user's ("user"); tokens,
        scores and checks are counted anew. Without a `negative` the old one stays; an empty one
        is none. The text of the same id again is the same candidate.

        Raises:
            NotFoundError: nothing is kept under that id.
            InputError: the prompt is empty or too long.
        """
        self._ready.ensure()
        return self._writer.revise(candidate, prompt, negative)

    def explain(self, candidate: str) -> Explanation:
        """Why a kept candidate reads as it does: the idea's words, its sources, its checks.

        Raises:
            NotFoundError: nothing is kept under that id.
        """
        return explain_kept(self._store, candidate)

    def acting(self, actor: str) -> Self:
        """The same opened home, whose changes carry another name; closing one closes both."""
        found = copy(self)
        for name in ("library", "_writer", "_drawing", "jobs", "campaigns", "accounts"):
            found.__dict__.pop(name, None)
        found.settings = replace(self.settings, actor=actor)
        return found

    # What hangs below; a search has no need to load what draws

    @property
    def replays(self) -> Replays:
        """What requests were answered that may be sent again."""
        return self._store.replays

    @cached_property
    def index(self) -> Index:
        """The indexes of the library."""
        return Index(self._indexing, self.settings)

    @cached_property
    def library(self) -> Shelf:
        """The prompts themselves."""
        indexing = self._indexing
        return Shelf(self._store, self.settings.actor, indexing.waiting, indexing.embed_few)

    @cached_property
    def pictures(self) -> Pictures:
        """The files of pictures."""
        return Pictures(self._store)

    @cached_property
    def _writer(self) -> Writer:
        return Writer(self.settings, self._store, self._indexing, self.library.show)

    @cached_property
    def accounts(self) -> Accounts:
        """Who may use this home over the network."""
        from bozzetto.app.accounts import Accounts

        return Accounts(self._store, self.settings.actor)

    def check(self, profile: str | None = None, chat: str | None = None) -> None:
        """Make sure, before many ideas, that what `optimize` would write with is set up.

        Raises:
            NotFoundError: there is no such profile.
            SetupError: the chat model lacks its key or its model's name.
        """
        self._profile(profile)
        check_chat(
            chat or self.settings.chat, timeout=self.settings.timeout, home=self.settings.home
        )

    def tokens(self, prompt: str, profile: str | None = None) -> Mapping[str, int]:
        """How many tokens a prompt has for the encoders of a profile's model, CLIP's always."""
        return counts(prompt, self._profile(profile))

    def token_limits(self, profile: str | None = None) -> Mapping[str, int]:
        """How many tokens of a prompt a profile's model reads, by encoder."""
        found = self._profile(profile)
        return {
            name: limit * (found.chunks if name == "clip" else 1)
            for name, limit in found.tokens.items()
        }

    def _profile(self, name: str | None) -> Profile:
        """The profile of that name, from the home's own first; without a name the setting's."""
        return load_profile(name or self.settings.profile, self.settings.home / "profiles")

    def backup(self, target: Path | None = None) -> Path:
        """Write a consistent copy of the library; where to is returned."""
        stamp = "".join(c for c in now() if c.isdigit())[:14]
        path = target or self.settings.home / "backups" / f"library-{stamp}.sqlite"
        self._store.backup(path)
        return path
