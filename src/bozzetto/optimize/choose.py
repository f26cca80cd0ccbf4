"""Looks put together: modifiers that go with one another, several looks that differ.

For each candidate several drafts are begun, each led by another medium or style, and filled
with what has the strongest pull: what the hits weigh, what goes with what is there, what the
candidates before have not said. The one that fits best and differs most is taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from bozzetto.optimize.modifiers import Sides, clashes, sense, senses, sides
from bozzetto.optimize.pool import Entry
from bozzetto.optimize.stats import LibraryStats
from bozzetto.types import Strength

__all__ = ["REACHES", "Reach", "Room", "choose"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a candidate goes from the idea.

    `most` modifiers are added; `agreed` hits must share what is in the picture; `flat` (0-1)
    makes weights less unequal; `caps` bounds the modifiers of one facet, 0 leaves it out;
    `leads` are the facets whose modifiers begin a draft.
    """

    most: int
    agreed: int
    flat: float
    caps: Mapping[str, int]
    leads: tuple[str, ...] = ("medium", "style")


_CAPS = {
    "medium": 2,
    "style": 1,
    "light": 2,
    "lens": 1,
    "composition": 2,
    "palette": 2,
    "mood": 1,
    "quality": 2,
    "time": 1,
    "weather": 1,
    "engine": 1,
    "site": 1,
}
_MODEST = {"light": 1, "lens": 1, "composition": 1, "palette": 1, "quality": 2}
_SETTING = {"time": 1, "weather": 1, "style": 3, "mood": 2, "quality": 1, "site": 0}

REACHES: Mapping[Strength, Reach] = MappingProxyType(
    {
        "touch-up": Reach(3, 3, 1.0, dict.fromkeys(_CAPS, 0) | _MODEST, ()),
        "enrich": Reach(12, 2, 1.0, _CAPS),
        "reimagine": Reach(12, 1, 0.6, _CAPS | _SETTING, ("medium", "style", "time", "weather")),
    }
)

_TRIES = 3
"""Drafts begun for each candidate asked for."""
_FEWEST = 4
_PRAISE, _MOST_PRAISE = ("quality", "site", "engine"), 2
"""Facets that say how good a picture is and little of its look, and how many they get together."""
_MOST_USUAL, _USUAL = 4, 0.5
"""Modifiers that a draft may have that are staler than that."""
_COMPANY, _BOND = 0.15, 0.25
_STRANGE = -1.2
"""Nats seldomer than chance from which two modifiers are never put together."""
_LIGHT = 20.0
"""Mass of words (nats of rarity, squared) below which saying them again costs less."""
_BLIND = 1.5
"""What chance may take, twice over, from modifiers that no hit has: they are all much the same."""
_WORDY, _WORDS = 0.15, 4
"""What each word of a modifier adds to its pull, up to so many: "soft window light" says more
than "light", and fewer modifiers are needed for as much."""
_OTHER = 1.5
"""What a lead gains that contradicts the leads before it: it cannot look like them."""
_ALIKE = 3.0


@dataclass(frozen=True, slots=True)
class _Phase:
    """What counts while the first `most` modifiers of a draft are taken, or the rest.

    `flat` makes weights less unequal; `again` is what a modifier costs that a candidate has
    already, `worn` what its words cost, `stale` what it costs to be on all lips; `noise` is what
    chance may add or take.
    """

    most: int
    flat: float
    again: float
    worn: float
    stale: float
    noise: float


_FRONT = _Phase(6, 1.2, 2.2, 5.0, 1.1, 0.0)
_REST = _Phase(99, 0.7, 6.0, 14.0, 1.4, 1.0)
_DRAWS = 8
"""Numbers that a digest gives."""


class _Offer:
    """The pool as arrays, one row a modifier."""

    def __init__(self, pool: Sequence[Entry], library: LibraryStats, costs: Sequence[int]) -> None:
        self.pool = pool
        self.costs = np.array(costs, dtype=np.int64)
        self.weight = np.log(np.array([max(entry.weight, 1e-12) for entry in pool]))
        self.stale = np.array([entry.stale for entry in pool])
        self.usual = self.stale > _USUAL
        self.blind = np.array([not entry.hits for entry in pool])
        self.praise = np.array([entry.look.facet in _PRAISE for entry in pool])
        facets = sorted({entry.look.facet for entry in pool})
        self.facets = facets
        self.facet = np.array([facets.index(entry.look.facet) for entry in pool])
        names = sorted(set().union(*(entry.look.stems for entry in pool)))
        self.column = {name: at for at, name in enumerate(names)}
        self.stems = _members([[self.column[s] for s in e.look.stems] for e in pool], len(names))
        self.by_stem = np.ascontiguousarray(self.stems.T)
        self.sizes = self.stems.sum(axis=1)
        self.half = self.sizes / 2
        self.rarity = _rarity(pool, self.column, library)
        self.mass = self.rarity**2
        ranks = 1 + max((rank for entry in pool for rank in entry.hits), default=0)
        hits = _members([list(entry.hits) for entry in pool], ranks)
        self.company = (hits @ hits.T > 0).astype(float)
        self.bonds = _bonds(pool, library)
        self.apart = _apart(pool) | (self.bonds <= _STRANGE)


def _rarity(pool: Sequence[Entry], column: Mapping[str, int], library: LibraryStats) -> Floats:
    """How rare the words of each column are in the library, in nats: the commonest counts."""
    found = np.full(len(column), np.inf)
    for word in {word for entry in pool for word in entry.look.key.split()}:
        at = column[sense(word)]
        found[at] = min(found[at], library.word_rarity(word))
    return found


def _members(rows: Sequence[Sequence[int]], width: int) -> Floats:
    """A row of zeros and ones for each list of columns."""
    found = np.zeros((len(rows), width))
    for at, columns in enumerate(rows):
        found[at, columns] = 1.0
    return found


def _bonds(pool: Sequence[Entry], library: LibraryStats) -> Floats:
    at = {entry.look.key: number for number, entry in enumerate(pool)}
    found = np.zeros((len(pool), len(pool)))
    for name, number in at.items():
        row = library.bonds.get(name, {})
        for other in row.keys() & at.keys():
            found[number, at[other]] = found[at[other], number] = row[other] / 10
    return found


def _apart(pool: Sequence[Entry]) -> Flags:
    """Which modifiers contradict each other: the rule of `clashes`, of all pairs at once."""
    at: dict[Sides, int] = {}
    kind = np.array([at.setdefault(entry.sides, len(at)) for entry in pool])
    sets = {one: column for column, one in enumerate(sorted(frozenset().union(*at)))}
    stances = _members([[sets[one] for one in stance] for stance in at], len(sets))
    table = np.zeros((len(at), len(at)), dtype=bool)
    for matter in {line for line, _ in sets}:
        own = stances[:, [column for (line, _), column in sets.items() if line == matter]]
        concerned = own.any(axis=1)
        table |= np.outer(concerned, concerned) & (own @ own.T == 0)
    found: Flags = table[kind][:, kind]
    return found


@dataclass(slots=True)
class _Draft:
    """What a draft says so far, and what it has room for.

    `left` are the modifiers that it may still take where it has the tokens for them, `shared`
    how many of those it has stand with each in some hit.
    """

    room: int
    left: Flags
    caps: NDArray[np.int64]
    said: Floats
    unsaid: Floats
    pulls: Floats
    usual: int = _MOST_USUAL
    praise: int = _MOST_PRAISE
    chosen: list[int] = field(default_factory=list)
    shared: Floats | None = None

    def open(self, offer: _Offer) -> Flags:
        """Which modifiers it could take."""
        open_: Flags = self.left & (offer.costs <= self.room) & (self.unsaid > offer.half)
        return open_

    def add(self, at: int, offer: _Offer) -> None:
        """Take a modifier."""
        self.chosen.append(at)
        self.room -= int(offer.costs[at])
        new = np.nonzero(offer.stems[at] > self.said)[0]
        self.said[new] = 1.0
        self.unsaid = self.unsaid - offer.by_stem[new].sum(axis=0)
        self.left &= ~offer.apart[at]
        self.left[at] = False
        self._count(at, offer)
        self.pulls = self.pulls + _BOND * offer.bonds[at]
        row = offer.company[at]
        self.shared = row if self.shared is None else self.shared + row

    def _count(self, at: int, offer: _Offer) -> None:
        """Close what there is enough of."""
        facet = offer.facet[at]
        self.caps[facet] -= 1
        if self.caps[facet] <= 0:
            self.left &= offer.facet != facet
        self.usual -= bool(offer.usual[at])
        if self.usual <= 0:
            self.left &= ~offer.usual
        self.praise -= bool(offer.praise[at])
        if self.praise <= 0:
            self.left &= ~offer.praise

    def strongest(self, offer: _Offer) -> int | None:
        """The modifier with the strongest pull that it could take."""
        open_ = self.open(offer)
        if not open_.any():
            return None
        pulls = self.pulls if self.shared is None else self.pulls + np.log1p(_COMPANY * self.shared)
        return int(np.where(open_, pulls, -np.inf).argmax())


@dataclass(frozen=True, slots=True)
class Room:
    """What drafts are written into: the text before them, and the tokens left beside it.

    Modifiers of the facets in `closed` are not taken; `kind` says what every picture of the
    model is, so that nothing contradicts it.
    """

    text: str
    tokens: int
    closed: frozenset[str] = frozenset()
    kind: str = ""


def choose(
    pool: Sequence[Entry],
    room: Room,
    library: LibraryStats,
    reach: Reach,
    *,
    n: int,
    seed: int,
    cost: Callable[[Entry], int],
) -> list[tuple[Entry, ...]]:
    """The modifiers of n candidates, each in the order of their pull.

    `cost` is how many tokens a modifier takes.
    """
    if not pool:
        return [()] * n
    offer = _Offer(pool, library, [cost(entry) for entry in pool])
    desk = _Desk(offer, room, reach, seed, most=_most(pool, reach, n))
    for _ in range(n):
        desk.take(max(desk.drafts(), key=desk.worth))
    return [tuple(pool[at] for at in one.chosen) for one in desk.taken]


def _most(pool: Sequence[Entry], reach: Reach, n: int) -> int:
    """Fewer than wanted where the drafts have to share a few."""
    return max(min(_FEWEST, reach.most), min(reach.most, len(pool) // n))


class _Desk:
    """Where drafts are begun and compared with the candidates taken before."""

    def __init__(self, offer: _Offer, room: Room, reach: Reach, seed: int, most: int) -> None:
        self.offer, self.room, self.reach, self.seed, self.most = offer, room, reach, seed, most
        self.taken: list[_Draft] = []
        self.times = np.zeros(len(offer.pool))
        self.words = np.zeros(len(offer.rarity))
        self.leads: list[int] = []
        own = senses(room.text)
        self.said = np.array([float(name in own) for name in offer.column])
        self.unsaid = offer.stems @ (1 - self.said)
        stance = sides(room.text) | sides(room.kind)
        self.left = np.array([not clashes(entry.sides, stance) for entry in offer.pool])
        caps = {name: 0 if name in room.closed else most for name, most in reach.caps.items()}
        self.caps = np.array([caps.get(name, 0) for name in offer.facets])

    def drafts(self) -> list[_Draft]:
        """Some drafts for the next candidate, each with another lead."""
        front, rest = self._pulls(_FRONT), self._pulls(_REST)
        leads: Sequence[int | None] = self._leads(front) or [None]
        return [self._filled(front, rest, lead) for lead in leads]

    def _pulls(self, phase: _Phase) -> Floats:
        """How much each modifier is wanted, before what stands beside it is known."""
        offer = self.offer
        worn = offer.stems @ (self.words * offer.mass) / (offer.stems @ offer.mass + _LIGHT)
        pulls: Floats = self.reach.flat * phase.flat * offer.weight
        noise = self.noise()
        pulls += phase.noise * noise - _BLIND * offer.blind * (1 - noise)
        pulls += _WORDY * np.minimum(offer.sizes, _WORDS)
        again = phase.again * self.times + _REST.again * (offer.usual & (self.times > 0))
        pulls -= again + phase.stale * offer.stale + np.log1p(phase.worn * worn)
        return pulls

    def noise(self) -> Floats:
        """Numbers of -1 to 1 that depend on seed, idea, candidate and modifier alone."""
        block, column = divmod(len(self.taken), _DRAWS)
        if column == 0:
            stamp = f"{self.seed}:{self.room.text}:{block}:"
            keys = (entry.look.key for entry in self.offer.pool)
            digests = b"".join(sha256((stamp + key).encode()).digest() for key in keys)
            draws = np.frombuffer(digests, dtype=">u4").reshape(-1, _DRAWS)
            self.draws = draws / 2**31 - 1
        found: Floats = self.draws[:, column]
        return found

    def _leads(self, pulls: Floats) -> list[int]:
        offer = self.offer
        blank = self._blank(pulls)
        leading = np.array([name in self.reach.leads for name in offer.facets])[offer.facet]
        able = np.nonzero(blank.open(offer) & leading)[0]
        other = offer.apart[able][:, self.leads].all(axis=1) if self.leads else 0.0
        order = np.argsort(-(pulls[able] + _OTHER * other), kind="stable")
        return [int(at) for at in able[order][:_TRIES]]

    def _blank(self, pulls: Floats) -> _Draft:
        room = self.room.tokens
        said = self.said.copy()
        left = self.left & (self.caps > 0)[self.offer.facet]
        return _Draft(room, left, self.caps.copy(), said, self.unsaid, pulls)

    def _filled(self, front: Floats, rest: Floats, lead: int | None) -> _Draft:
        one = self._blank(front)
        at = one.strongest(self.offer) if lead is None else lead
        while at is not None and len(one.chosen) < self.most:
            one.add(at, self.offer)
            if len(one.chosen) == _FRONT.most:
                one.pulls = one.pulls - front + rest
            at = one.strongest(self.offer)
        return one

    def worth(self, one: _Draft) -> float:
        """How well a draft fits, less how like it is to a candidate taken before."""
        if not one.chosen:
            return -math.inf
        fit = float(self.offer.weight[one.chosen].mean())
        alike = max((self._alike(one, other) for other in self.taken), default=0.0)
        return self.reach.flat * fit - _ALIKE * alike

    def _alike(self, one: _Draft, other: _Draft) -> float:
        """Cosine of the words of two drafts by their rarity, 0-1."""
        a, b = one.said * self.offer.rarity, other.said * self.offer.rarity
        return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b) or 1.0))

    def take(self, one: _Draft) -> None:
        """Make a draft a candidate."""
        self.taken.append(one)
        self.times[one.chosen] += 1
        self.words += self.offer.stems[one.chosen].sum(axis=0)
        self.leads += one.chosen[:1]
