"""The table of checks that every prompt goes through, whoever wrote it.

Each check says whether it passed and what it found, as the end of "it ..." for a person.
`judge` takes back a chat model's text that fails one; `checked` records all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bozzetto.optimize.brief import Brief
from bozzetto.optimize.check import Intent, copied, intent, same
from bozzetto.optimize.contradict import against, within
from bozzetto.optimize.credit import named
from bozzetto.optimize.dialect import foreign_syntax
from bozzetto.optimize.doubt import Doubt, Similar, doubt
from bozzetto.optimize.enough import says_enough
from bozzetto.optimize.limits import bans, counts, fits, rules_broken
from bozzetto.optimize.mend import fitted
from bozzetto.optimize.negated import absent
from bozzetto.optimize.parse import foreign
from bozzetto.optimize.stats import LibraryStats
from bozzetto.optimize.translate import translate
from bozzetto.profiles import Profile
from bozzetto.text.language_names import called
from bozzetto.text.words import content_words, stem, words
from bozzetto.types import Candidate, Check, Hit

__all__ = ["CHECKS", "NOTHING_MARKED", "NO_WISHES", "Case", "checked", "examine"]

NOTHING_MARKED, NO_WISHES = "had nothing marked to keep", "had no wishes to meet"
"""What the checks say that had nothing to look for."""


_SURE = Doubt()


@dataclass(frozen=True, slots=True)
class Case:
    """A prompt beside all that it is judged by.

    `others` are the prompts of the candidates before it. `rebuilt` says that the idea had to
    be put in front of it. `doubt` is what speaks against the translation of the idea.
    """

    prompt: str
    negative: str | None
    brief: Brief
    hits: Sequence[Hit]
    library: LibraryStats
    others: tuple[str, ...] = ()
    rebuilt: bool = False
    doubt: Doubt = _SURE

    @property
    def new(self) -> list[str]:
        """The words of the prompt that the idea does not have in any form."""
        idea = frozenset(stem(word) for word in words(self.brief.text))
        return [word for word in words(self.prompt) if stem(word) not in idea]


Finding = tuple[bool, str]


def checked(
    candidates: Iterable[Candidate],
    brief: Brief,
    hits: Sequence[Hit],
    library: LibraryStats,
    *,
    similar: Similar | None = None,
) -> list[Candidate]:
    """The candidates with every check on record, in their order.

    A check that a candidate brings along says what was mended and is kept beside ours. An idea
    that was translated is held against its English by `similar`; what is doubtful of it counts
    as lost.
    """
    found: list[Candidate] = []
    unsure = doubt(brief, similar)
    for one in candidates:
        others = tuple(other.prompt for other in found)
        case = Case(one.prompt, one.negative, brief, hits, library, others, doubt=unsure)
        checks = _merged(examine(case), one.checks)
        found.append(replace(one, checks=checks, intent=one.intent * unsure.share))
    return found


def _merged(ours: Sequence[Check], mended: Sequence[Check]) -> tuple[Check, ...]:
    """Our checks with the mendings of the same name told beside what they led to."""
    names = {check.name for check in ours}
    return (*(_told(check, mended) for check in ours), *(c for c in mended if c.name not in names))


def _told(check: Check, mended: Sequence[Check]) -> Check:
    said = [other.found for other in mended if other.name == check.name]
    return replace(check, found="; ".join((check.found, *said)))


def examine(case: Case) -> tuple[Check, ...]:
    """Every check of the table on one prompt."""
    return tuple(Check(name, *look(case)) for name, look in CHECKS.items())


# -- the idea ---------------------------------------------------------------------------------


def _intent(case: Case) -> Finding:
    """An idea over the budget by itself counts as far as it fits."""
    brief = case.brief
    shorter = fitted(brief.text, brief.profile)
    found = max(
        (_read(text, case) for text in (shorter, *_in_english(brief))),
        key=lambda one: (one.kept, one.score),
    )
    missing = ", ".join(dict.fromkeys((*found.hard, *found.lost)))
    if not found.kept:
        return False, f"lost {missing}"
    if case.doubt.reason:
        return False, case.doubt.reason
    if shorter != brief.text:
        return True, f"keeps the idea up to what {brief.profile.title} reads"
    return True, f"keeps the idea but for {missing}" if missing else "keeps the whole idea"


def _read(idea: str, case: Case) -> Intent:
    return intent(idea, case.prompt, negative=case.negative)


def _in_english(brief: Brief) -> Iterable[str]:
    """An idea that stands in its own language as English too: a model may answer in either."""
    if brief.language not in ("en", "und") and brief.language in brief.profile.languages:
        yield translate(brief.text, brief.language, None)[0]


def _keep(case: Case) -> Finding:
    gone = [text for text in case.brief.keep if text not in case.prompt]
    if gone:
        return False, f"lost {', '.join(map(repr, gone))}"
    return True, "keeps what was marked" if case.brief.keep else NOTHING_MARKED


def _contradictions(case: Case) -> Finding:
    # A comparison ("brighter") may go against the idea: it is what was asked for too.
    asked = ", ".join(_asked(case))
    if word := against(asked, case.prompt):
        return False, f"contradicts the idea ({word})"
    if pair := within(case.prompt, asked):
        return False, f"contradicts itself ({pair[0]}, {pair[1]})"
    return True, "contradicts neither the idea nor itself"


# -- the wishes -------------------------------------------------------------------------------


def _wishes(case: Case) -> Finding:
    unmet = [w for w in case.brief.wanted if intent(w.text, case.prompt).score < 0.5]
    said = ", ".join(repr(wish.original or wish.text) for wish in unmet)
    if unmet:
        return False, f"has no room for {said}"
    return True, "meets the wishes" if case.brief.wanted else NO_WISHES


def _unwanted(case: Case) -> Finding:
    for what in case.brief.unwanted:
        wanted = {stem(word) for word in content_words(what)} or {stem(w) for w in words(what)}
        said = {stem(word) for word in words(case.prompt)} - absent(case.prompt)
        if wanted and wanted <= said:
            return False, f"has what should be left out ({what})"
    return True, "has nothing that should be left out"


def _names(case: Case) -> Finding:
    asked = " ".join(_asked(case))
    who = named(case.prompt, frozenset(words(asked)), case.library)
    return not who, f"names somebody ({who})" if who else "names nobody of its own accord"


# -- the image model --------------------------------------------------------------------------


def _budget(case: Case) -> Finding:
    profile = case.brief.profile
    said = ", ".join(
        f"{tokens} of {_limit(profile, name)} {name.upper()} tokens"
        for name, tokens in counts(case.prompt, profile).items()
        if name in profile.tokens
    )
    words_too = f"; at most {profile.words} words" if profile.words else ""
    return fits(case.prompt, profile), f"has {said}{words_too}"


def _limit(profile: Profile, encoder: str) -> int:
    return profile.tokens[encoder] * (profile.chunks if encoder == "clip" else 1)


def _guidelines(case: Case) -> Finding:
    """A banned word that the idea or a wish has stands: it was asked for."""
    profile = case.brief.profile
    asked = set(bans(", ".join(_asked(case)), profile))
    broken = [rule for rule in rules_broken(case.prompt, profile) if rule not in asked]
    if broken:
        return False, f"breaks a rule: {'; '.join(broken)}"
    if own := [rule for rule in bans(case.prompt, profile) if rule in asked]:
        return True, f"breaks a rule only as you asked: {'; '.join(own)}"
    return True, "breaks no rule"


def _asked(case: Case) -> tuple[str, ...]:
    """The idea and the wishes."""
    return (case.brief.text, *(wish.text for wish in case.brief.wanted))


def _dialect(case: Case) -> Finding:
    found = [case.prompt[a:b] for a, b, _ in foreign_syntax(case.prompt, case.brief)]
    title = case.brief.profile.title
    return not found, f"has syntax of its own ({found[0]})" if found else f"suits {title}"


def _language(case: Case) -> Finding:
    found = foreign(case.prompt, case.brief.profile.languages)
    untranslated = case.brief.text in case.prompt
    if found and not untranslated:
        return False, f"is written in {called(found)}"
    return True, "is in a language that the model reads" if not found else "stands as typed"


# -- the look ---------------------------------------------------------------------------------


def _look(case: Case) -> Finding:
    why = says_enough(case.prompt, case.new, case.brief, rebuilt=case.rebuilt)
    return why is not None, why or "says next to nothing about the look"


def _novelty(case: Case) -> Finding:
    if copied(case.prompt, case.brief.text, [hit.prompt for hit in case.hits]):
        return False, "copies a reference"
    return True, "copies none of the prompts found"


def _duplicates(case: Case) -> Finding:
    again = same(case.prompt, case.others, case.brief.text)
    return not again, "is the same as another candidate" if again else "is like no other candidate"


CHECKS: Mapping[str, Callable[[Case], Finding]] = {
    "intent": _intent,
    "keep": _keep,
    "look": _look,
    "names": _names,
    "contradictions": _contradictions,
    "unwanted": _unwanted,
    "wishes": _wishes,
    "budget": _budget,
    "dialect": _dialect,
    "guidelines": _guidelines,
    "language": _language,
    "novelty": _novelty,
    "duplicates": _duplicates,
}
"""Every check by its name, those that a person wants to read first first."""
