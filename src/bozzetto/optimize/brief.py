"""What is asked for: the idea as the prompt will carry it, wishes, picks, a model's profile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import get_args

from bozzetto.errors import InputError
from bozzetto.optimize.aspect import nearest_size
from bozzetto.optimize.limits import bans, with_weights
from bozzetto.optimize.settle import kept_places, settle
from bozzetto.optimize.template import Slot, Template, fill
from bozzetto.optimize.translate import PhraseBook, translate
from bozzetto.optimize.wishes import hear, spoken, texts
from bozzetto.profiles import Profile
from bozzetto.text.language import detect
from bozzetto.text.normalise import normalise
from bozzetto.text.spans import untouched
from bozzetto.types import Phrase, Strength, Wishes

__all__ = ["Brief", "make_brief", "tidy"]

_LONGEST = 20_000
_EDGES = " \t\n,;"


@dataclass(frozen=True, slots=True)
class Brief:
    """A request ready to be written out.

    `text` is the idea in a language the model reads, `phrases` its pieces in order (joined
    by the text between them they give `text`). `wanted` are wishes to add, `facets` what each
    of them speaks of ("" where unknown), `unwanted` things to keep out, `pick` ids of hits to
    draw on first. `notes` are sentences for a person. `keep` are words of `text` that have to
    stand in the prompt to the letter. `guidance` says what belongs in a template's slots,
    `size` is the one of the profile that was wished for.
    """

    idea: str
    language: str
    profile: Profile
    text: str
    phrases: tuple[Phrase, ...]
    wanted: tuple[Phrase, ...] = ()
    unwanted: tuple[str, ...] = ()
    pick: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    strength: Strength = "enrich"
    keep: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    guidance: tuple[str, ...] = ()
    size: str | None = None


def make_brief(
    idea: str,
    *,
    language: str,
    profile: Profile,
    prefer: Iterable[str] = (),
    pick: Sequence[str] = (),
    book: PhraseBook | None = None,
    wishes: Wishes = Wishes(),  # noqa: B008 - frozen
    strength: Strength = "enrich",
    template: Template | None = None,
    values: Mapping[str, str] | None = None,
) -> Brief:
    """Read an idea and its wishes; translate them where the model does not read their language.

    `language` is ISO 639-1 or "und"; `book` finds English phrases for foreign ones. `values`
    fill the slots of the template, the idea the one that is its own.

    Raises:
        InputError: the idea has nothing to see in it, a wish, a strength or a slot is wrong.
    """
    if strength not in get_args(Strength):
        raise InputError(
            f"strength: {strength!r} is none", hint=f"one of {', '.join(get_args(Strength))}"
        )
    if values and template is None:
        name = next(iter(values))
        raise InputError(
            f"no template has the slot {name!r}",
            hint=f"give one that has: --template '{{subject}}, {{{name}}}'",
        )
    keep = tuple(dict.fromkeys(normalise(text) for text in texts(wishes.keep)))
    draft = _Draft(language, profile, book, tuple(text for text in keep if text))
    filled = fill(template, idea, values or {}) if template else [(idea, None, True)]
    for words, slot, given in filled:
        draft.add(words, slot, given=given, own=words == idea)
    if not draft.text.strip(_EDGES):
        raise InputError("the idea is empty", hint='say what to see: "a small dog in the snow"')
    heard = hear(prefer, wishes, language=language, reads=profile.languages, book=book)
    if not profile.negative:
        heard.implied.clear()
    found = settle(
        draft.finished(), tuple(draft.phrases), heard, keep, wins=strength == "reimagine"
    )
    size, off = nearest_size(heard.aspect, profile.sizes) if heard.aspect else (None, None)
    kept = [found.text[start:end] for start, end in kept_places(found.text, keep)]
    return Brief(
        idea=idea,
        language=language,
        profile=profile,
        text=found.text,
        phrases=found.phrases,
        wanted=tuple(wish.phrase for wish in found.wanted),
        unwanted=tuple(found.unwanted),
        pick=tuple(pick),
        notes=(
            *draft.notes,
            *heard.notes,
            *found.notes,
            *_missing(keep, kept),
            *_banned([found.text, *(wish.phrase.text for wish in found.wanted)], profile),
            *filter(None, [off]),
        ),
        strength=strength,
        keep=tuple(dict.fromkeys(kept)),
        facets=tuple(wish.facet for wish in found.wanted),
        guidance=tuple(f"{s.name}: {s.guidance}" for _, s, _ in filled if s and s.guidance),
        size=size,
    )


def _missing(keep: Iterable[str], kept: Iterable[str]) -> Iterator[str]:
    """A note for each word to keep that the idea does not have."""
    there = " ".join(kept).lower()
    for text in keep:
        if text.lower() not in there:
            yield f"keep: {text!r} is not in the idea, so there is nothing to keep"


def _banned(asked: Iterable[str], profile: Profile) -> Iterator[str]:
    """A note for each word of the idea or a wish that the profile bans."""
    for rule in bans(", ".join(asked), profile):
        yield f"{rule}; it stands because you asked for it"


@dataclass(slots=True)
class _Draft:
    """The idea's text as it is put together, from the pieces of a template or from one."""

    language: str
    profile: Profile
    book: PhraseBook | None
    keep: tuple[str, ...]
    text: str = ""
    phrases: list[Phrase] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, words: str, slot: Slot | None, *, given: bool, own: bool) -> None:
        """Put a piece behind the others: what the user gave, a default, or a template's text."""
        if not given:
            self._put(_clean(words, ()) if slot is None else tidy(words))
            return
        if len(words) > _LONGEST:
            self.notes.append(f"only the first {_LONGEST} characters of the idea were read")
        clean, said = with_weights(tidy(words[:_LONGEST], self.keep), self.profile)
        self.notes += said
        same = own or detect(clean) == self.language
        code = self.language if same else spoken(clean, "en")
        if code in (*self.profile.languages, "und") or not clean:
            self.text += clean
            self.phrases += [Phrase(clean, "idea")] if clean else []
            return
        places = kept_places(clean, self.keep)
        text, phrases, notes = translate(clean, code, self.book, places)
        self.text += text
        self.phrases += phrases
        self.notes += notes

    def _put(self, text: str) -> None:
        """Words of a template: no phrase where it only parts its neighbours."""
        self.text += text
        said = text.strip(_EDGES + ".")
        if said:
            self.phrases.append(Phrase(said, "template"))

    def finished(self) -> str:
        """The text without what stands around its first and last phrase."""
        if self.phrases:
            start = self.text.find(self.phrases[0].text)
            end = self.text.rfind(self.phrases[-1].text) + len(self.phrases[-1].text)
            self.text = self.text[start:end]
        return self.text


def tidy(idea: str, keep: Sequence[str] = ()) -> str:
    """An idea as clean text; what has to pass to the letter does so; no full stop at the end."""
    return _clean(idea, keep).strip(_EDGES).removesuffix(".").removesuffix("。").rstrip()


def _clean(text: str, keep: Sequence[str]) -> str:
    pieces, start = [], 0
    for first, last in untouched(text, kept_places(text, keep)):
        pieces += [_between(text[start:first]), text[first:last]]
        start = last
    pieces.append(_between(text[start:]))
    return "".join(pieces)


def _between(text: str) -> str:
    """Normalised, with the space at either end that parts it from its neighbours."""
    clean = normalise(text)
    before = " " if text[:1].isspace() and clean[:1] not in (",", ".", ";") else ""
    after = " " if text[-1:].isspace() and clean else ""
    return before + clean + after
