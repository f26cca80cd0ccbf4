"""Prompts and what is done with words: the library, searches, candidates, chats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias, overload

if TYPE_CHECKING:  # --help and many commands never need NumPy, which takes its time to load
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "Answer",
    "BadRow",
    "Batch",
    "By",
    "Candidate",
    "ChatEvent",
    "ChatRequest",
    "Check",
    "Delta",
    "Facets",
    "Filters",
    "Finish",
    "Hit",
    "ImportReport",
    "KeepReport",
    "KeptFrom",
    "Keys",
    "Message",
    "OptimizeResult",
    "Origin",
    "Parameters",
    "Phrase",
    "Price",
    "Progress",
    "PromptRecord",
    "SearchResult",
    "SourcePrompt",
    "Split",
    "Strength",
    "Usage",
    "Vectors",
    "Why",
    "Wishes",
    "WriteDelta",
    "WriteDone",
    "WriteEvent",
    "WriteFailed",
    "WriteStarted",
    "WriteStopped",
]

Vectors: TypeAlias = "NDArray[np.float32]"
"""Unit-length embeddings, shape (n, dim)."""

Keys: TypeAlias = "NDArray[np.int64]"
"""Prompt numbers in the library (`PromptRecord.seq`), shape (n,)."""

By = Literal["both", "subject", "look"]
"""What of a prompt a search goes by: all of it, what is in the picture, or how that looks."""

Origin = Literal["idea", "preference", "template", "guideline", "library", "model", "user"]
"""Where a phrase came from when it came from no hit."""


Strength = Literal["touch-up", "enrich", "reimagine"]
"""How far a candidate may go from the idea: a few words more, a whole look, a new setting."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is wished for beside the idea, by field; each field is a text or several.

    `aspect` is "16:9", "portrait", "landscape" or "square"; `avoid` is to be kept out of the
    picture; `keep` are words of the idea that have to stand in the prompt to the letter.
    """

    mood: str | Sequence[str] = ()
    medium: str | Sequence[str] = ()
    light: str | Sequence[str] = ()
    palette: str | Sequence[str] = ()
    camera: str | Sequence[str] = ()
    aspect: str | None = None
    avoid: str | Sequence[str] = ()
    keep: str | Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Parameters:
    """The settings that made a picture, as far as the source knew them."""

    seed: int | None = None
    steps: int | None = None
    guidance: float | None = None
    sampler: str | None = None
    width: int | None = None
    height: int | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class SourcePrompt:
    """One row of a source, as read: text not yet normalised, nothing personal in it.

    `place` names the row for a person ("row 12", "line 3"). NSFW scores are 0-1
    (DiffusionDB's image score is 2.0 where the picture was blurred); None is unknown.
    """

    text: str
    place: str
    negative: str | None = None
    parameters: Parameters | None = None
    prompt_nsfw: float | None = None
    image_nsfw: float | None = None
    image: str | None = None
    tags: tuple[str, ...] = ()
    use: str | None = None
    model_family: str | None = None
    rating: int | None = None
    made_at: str | None = None


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be used, where it is and why."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a source and the position from which reading can go on after them.

    `position` is opaque to the caller, grows from batch to batch, and is what
    `PromptSource.read(start=position)` takes. `done` is the share read so far, 0-1,
    or None where the size is unknown.
    """

    rows: Sequence[SourcePrompt]
    bad: Sequence[BadRow]
    position: int
    done: float | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long job is. `total` and `seconds_left` are None while unknown.

    `unit` is what is counted where it is not rows or texts.
    """

    stage: str
    done: int
    total: int | None = None
    seconds_left: float | None = None
    message: str | None = None
    unit: Literal["bytes"] | None = None


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What one import did. `new + known` is the number of good rows.

    `deleted` counts those whose prompts were deleted since; they stay away.
    """

    source: str
    rows: int
    new: int
    known: int
    bad: tuple[BadRow, ...]
    bad_count: int
    already_complete: bool = False
    deleted: int = 0


@dataclass(frozen=True, slots=True)
class Split:
    """A prompt in its two halves. Spans are character ranges of the text, in order.

    `core` says what is in the picture; `modifiers` how it is made to look.
    """

    text: str
    core_spans: tuple[tuple[int, int], ...]
    modifier_spans: tuple[tuple[int, int], ...]

    @property
    def core(self) -> str:
        """The core's pieces joined by ", "."""
        return ", ".join(self.text[a:b] for a, b in self.core_spans)

    @property
    def modifiers(self) -> tuple[str, ...]:
        """The modifiers, in the order of the text."""
        return tuple(self.text[a:b] for a, b in self.modifier_spans)


@dataclass(frozen=True, slots=True)
class KeepReport:
    """What keeping did: prompts that came in, and prompts there already that were rated.

    `unchanged` counts pictures of which the same was said before, `taken_back` prompts of which
    something was that is not said any more.
    """

    source: str
    new: int
    rated: int
    unchanged: int
    taken_back: int = 0


@dataclass(frozen=True, slots=True)
class KeptFrom:
    """What a campaign says of a prompt by one picture; a person, where `campaign` is empty.

    `rating` is 1-5, the mean of those who judged; `keep` False where they rejected it, or only
    rated it.
    """

    campaign: str
    keep: bool
    rating: float
    image: str | None = None
    picture: str | None = None
    candidate: str | None = None
    idea: str | None = None
    hits: tuple[str, ...] = ()
    at: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True)
class PromptRecord:
    """A prompt of the library. `seq` numbers it inside one library, `id` everywhere."""

    seq: int
    id: str
    text: str
    core: str
    family: int
    negative: str | None = None
    original: str | None = None
    parameters: Parameters | None = None
    prompt_nsfw: float | None = None
    image_nsfw: float | None = None
    image: str | None = None
    tags: tuple[str, ...] = ()
    use: str | None = None
    model_family: str | None = None
    rating: int | None = None
    source: str = ""
    sources: tuple[str, ...] = ()
    count: int = 1
    made_at: str | None = None
    added_at: str = ""
    added_by: str = ""
    kept: tuple[KeptFrom, ...] = ()


@dataclass(frozen=True, slots=True)
class Filters:
    """Which prompts may be found. Several values of one field mean any of them."""

    tag: tuple[str, ...] = ()
    use: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    model_family: tuple[str, ...] = ()
    min_rating: int | None = None
    max_nsfw: float | None = None
    has_image: bool | None = None
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """One leg's part in a hit: its name, the hit's rank there (from 1), its raw score."""

    leg: str
    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """A word of an idea, in English, and the word of a prompt that says it; 1 is the same."""

    wanted: str
    found: str
    alike: float


@dataclass(frozen=True, slots=True)
class Facets:
    """How many of the `of` best prompts, variants included, have each value; the most first."""

    of: int
    use: Mapping[str, int]
    tag: Mapping[str, int]
    model_family: Mapping[str, int]
    source: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Hit:
    """A prompt found for an idea. `score` is comparable within one result; higher is better.

    `answers` is filled where the search was asked to explain itself. `picture` is the id of the
    last one that was kept of it.
    """

    id: str
    prompt: str
    negative: str | None
    score: float
    source: str
    variants: int
    tags: tuple[str, ...] = ()
    rating: int | None = None
    use: str | None = None
    model_family: str | None = None
    core: str = ""
    why: tuple[Why, ...] = ()
    answers: tuple[Answer, ...] = ()
    picture: str | None = None


@dataclass(frozen=True)
class SearchResult(Sequence[Hit]):
    """The hits for an idea, best first; a sequence of `Hit`.

    `language` is ISO 639-1 or "und". `confidence`, 0-1, is how likely the library holds
    something for the idea; `confident` whether it is .5 or more. `hidden` counts prompts left
    out for their NSFW score; `facets` counts what the best have. `notes` are sentences
    for a person (an index not complete yet, an embedder missing).
    """

    idea: str
    language: str
    hits: tuple[Hit, ...]
    confident: bool = True
    hidden: int = 0
    notes: tuple[str, ...] = ()
    confidence: float = 1.0
    facets: Facets | None = None

    def __len__(self) -> int:
        return len(self.hits)

    @overload
    def __getitem__(self, index: int) -> Hit: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Hit]: ...
    def __getitem__(self, index: int | slice) -> Hit | Sequence[Hit]:
        return self.hits[index]

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A piece of a candidate, and where it came from: a hit's id or an `Origin`.

    `original` carries the words of the idea's own language where they were translated.
    """

    text: str
    source: str
    original: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One check that a candidate went through: `found` says what it saw, for a person."""

    name: str
    passed: bool
    found: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An optimized prompt.

    The phrases occur in `prompt` in their order; joined by the text between them they
    give it exactly. `tokens` counts per encoder ("clip"). `intent` (0-1) is the share of
    the idea that is still there, `novelty` (0-1) one less the word-set Jaccard to the
    nearest library prompt. `chat` names who really wrote it. `parent` is the candidate it
    was refined from; `seed` the one of its own call. `look` says in a few words which look
    its writer was steered to, `references` are the ids of the hits that the writer was shown.
    `size` is the "WIDTHxHEIGHT" of the aspect that was wished for, else None.
    """

    id: str
    prompt: str
    negative: str | None
    profile: str
    chat: str
    tokens: Mapping[str, int]
    phrases: tuple[Phrase, ...]
    intent: float
    novelty: float
    warnings: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    parent: str | None = None
    seed: int | None = None
    usage: Usage | None = None
    look: str | None = None
    references: tuple[str, ...] = ()
    size: str | None = None


@dataclass(frozen=True, slots=True)
class OptimizeResult:
    """The candidates for an idea, with the hits they were written from.

    `degraded` is the reason why `compose` stood in for a chat model whose back end
    failed, else None. `usage` is what all calls to a chat model took together, second tries
    and answers that were not used included.
    """

    idea: str
    language: str
    hits: tuple[Hit, ...]
    candidates: tuple[Candidate, ...]
    degraded: str | None = None
    notes: tuple[str, ...] = ()
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """Everything that decides what a chat model answers."""

    messages: tuple[Message, ...]
    max_tokens: int = 300
    temperature: float = 0.8
    seed: int | None = None
    stop: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Delta:
    """Some more text of an answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What one or more answers took, in the back end's own tokens.

    `cached` counts answers that were there already and took nothing. `estimated` says that
    some tokens were counted by us, from the characters, where the back end did not say.
    `cost` is in the currency of the user's own price list; None where a price is not known.
    """

    input_tokens: int
    output_tokens: int
    cached: int = 0
    estimated: bool = False
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What a chat model costs for a million tokens sent and received, in the user's currency."""

    input: float
    output: float


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of an answer: "stop", "length", "filtered", "cut", or the back end's own word.

    "cut" is one that ended without saying so, as when a server dies.
    """

    reason: str


ChatEvent = Delta | Usage | Finish


@dataclass(frozen=True, slots=True)
class WriteStarted:
    """A chat model is asked for a candidate (numbered from 0), for the first or a second time.

    What was heard of that candidate before counts no more. `look` is the one it is steered to.
    """

    index: int
    seed: int
    look: str | None = None
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class WriteDelta:
    """Some more of the raw answer for a candidate, as it comes; not checked yet."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class WriteFailed:
    """An answer is not used, and why. `WriteStarted` follows, or `WriteDone` by `compose`."""

    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class WriteStopped:
    """A candidate was stopped on demand; nothing of it is kept."""

    index: int


@dataclass(frozen=True, slots=True)
class WriteDone:
    """A candidate stands: the model's text, checked and mended, or one of `compose`."""

    index: int
    candidate: Candidate


WriteEvent = WriteStarted | WriteDelta | WriteFailed | WriteStopped | WriteDone
