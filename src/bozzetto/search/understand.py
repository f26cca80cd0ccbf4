"""What a person typed, made ready for the legs of the search."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bozzetto.errors import InputError
from bozzetto.text.language import detect
from bozzetto.text.normalise import normalise
from bozzetto.text.words import content_words, stem, words

__all__ = ["MAX_READ", "MAX_TYPED", "NOTHING_SAID", "Query", "understand"]

MAX_TYPED = 100_000
"""Characters; a longer text is a file given by mistake, not an idea."""

MAX_READ = 2_000
"""Characters that are read of an idea; no embedder here reads more."""

SCRAP_WORDS = 3
"""An idea of at most that many content words may be a scrap: words to be found as they are."""

PEOPLE = "people person persons man men woman women girl boy human humans crowd figure figures"
_PEOPLE = frozenset(PEOPLE.split())

# Words for "people": the one thing that pictures are asked to be without in any sentence.
_PEOPLE_SAID = (
    r"(?:people|persons?|humans?|persone|gente|menschen|leute|personnes|gens|personas|pessoas)"
)
_NO = r"(?:no|not|without|senza|niente|ohne|kein(?:e|en)?|sans|pas de|sin|sem|nada de|non)"

_NEGATED_CLAUSE = re.compile(
    rf"(?:^|[,;.]|\band\b|\bbut\b)\s*\b{_NO}\s+(?:any\s+)?([^,;.]+)(?=[,;.]|$)", re.IGNORECASE
)
_NEGATED_PEOPLE = re.compile(rf"\b{_NO}\s+(?:any\s+|le\s+)?({_PEOPLE_SAID})\b", re.IGNORECASE)
_NEGATED_CJK = re.compile(
    r"(?:人(?:物|間)?(?:は|が)?(?:いない|なし|無し|抜き)(?:の)?|(?:没有|没|无|不要)人(?:物)?(?:的)?"
    r"|사람(?:이|은)?\s?없(?:는|이|음))"
)

# What a person says around an idea when asking for a picture of it.
_ASKED = re.compile(
    r"^\W*(?:(?:please|can you|could you|i want|i would like|i'd like|give me|show me|make|create"
    r"|generate|draw|paint|design|imagine)\s+(?:me\s+|us\s+)?)+"
    r"(?:(?:an?|the|some)\s+)?(?:(?:picture|image|prompt)s?\s+(?:of|for|with|about|showing)\s+)?"
    r"|^\W*(?:an?\s+|the\s+)?(?:picture|image)\s+(?:of|showing)\s+"
    r"|^\W*(?:(?:vorrei|voglio|disegna(?:mi)?|crea(?:mi)?|genera(?:mi)?)\s+)?un'?\s?immagine\s+(?:di|con)\s+"
    r"|^\W*(?:(?:ich (?:möchte|will)|zeichne|erstelle|mach)\s+)?ein bild (?:von|mit)\s+"
    r"|^\W*(?:(?:je (?:veux|voudrais)|dessine|crée)\s+)?une image (?:de|avec)\s+"
    r"|^\W*(?:(?:quiero|dibuja|crea)\s+)?una imagen (?:de|con)\s+"
    r"|^\W*(?:(?:quero|desenhe|crie)\s+)?uma imagem (?:de|com)\s+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Query:
    """An idea, understood.

    `text` is what is embedded: asking words and negations taken off. `content` are its
    content words, in order, each once; `negated` stems of words the person does not
    want to see. A "scrap" is a few words that may well stand in the wanted prompt as they
    are; an "idea" describes it.
    """

    idea: str
    text: str
    language: str
    kind: Literal["idea", "scrap"]
    content: tuple[str, ...]
    negated: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def terms(self) -> tuple[str, ...]:
        """The stems of the content words. Worked out when asked: the stemmer is slow to load."""
        return tuple(dict.fromkeys(map(stem, self.content)))

    @property
    def english(self) -> bool:
        """Whether the English embedder can be trusted with it."""
        return self.language in ("en", "und")


NOTHING_SAID = Query("", "", "und", "idea", ())
"""Where prompts stand for the idea."""


def understand(idea: str) -> Query:
    """Read an idea of any language.

    Raises:
        InputError: it holds no letter and no digit, or more than `MAX_TYPED` characters.
    """
    if len(idea) > MAX_TYPED:
        raise InputError(
            f"the idea is {len(idea):,} characters long; at most {MAX_TYPED:,} are read",
            hint="say it in a few sentences, or import the text as prompts",
        )
    text = normalise(idea)
    if not any(c.isalnum() for c in text):
        what = "is empty" if not idea.strip() else "holds no word"
        raise InputError(f"the idea {what}", hint='describe a picture: "a cartoon of a small dog"')
    notes: tuple[str, ...] = ()
    if len(text) > MAX_READ:
        text = _cut(text)
        notes = (f"the idea is long: its first {len(text):,} characters were searched for",)
    wanted, negated = _take_negations(text)
    wanted = _ASKED.sub("", wanted).strip(" ,;") or wanted
    language = detect(wanted)
    content = tuple(dict.fromkeys(content_words(wanted, language) or words(wanted)))
    kind: Literal["idea", "scrap"] = (
        "scrap" if len(words(wanted)) <= SCRAP_WORDS and len(content) <= SCRAP_WORDS else "idea"
    )
    return Query(text, wanted, language, kind, content, negated, notes)


def _cut(text: str) -> str:
    head = text[:MAX_READ]
    return head.rpartition(" ")[0] or head


def _take_negations(text: str) -> tuple[str, tuple[str, ...]]:
    """Take "no people" and the like off a text: what is left, and the stems not wanted."""
    unwanted: list[str] = []

    def note(match: re.Match[str]) -> str:
        said = set(words(match.group(1))) if match.groups() else {"people"}
        people = re.fullmatch(_PEOPLE_SAID, " ".join(said)) is not None
        unwanted.extend(sorted(_PEOPLE if people else said))
        return " "

    left = text
    for pattern in (_NEGATED_PEOPLE, _NEGATED_CJK, _NEGATED_CLAUSE):
        left = pattern.sub(note, left)
    left = " ".join(left.split()).strip(" ,;")
    if not any(c.isalnum() for c in left):
        return text, ()
    return left, tuple(dict.fromkeys(stem(w) for w in content_words(" ".join(unwanted))))
