from __future__ import annotations

from dataclasses import replace

from bozzetto.store.store import Store
from bozzetto.types import Candidate, Hit, OptimizeResult, Phrase

NOW = "2026-01-02T03:04:05Z"


KEPT = Candidate(
    "c1", "a fox, oil painting", None, "sdxl", "compose", {"clip": 5},
    (Phrase("a fox", "idea", "una volpe"), Phrase("oil painting", "0" * 16)), 1.0, 0.5, ("cut",),
)  # fmt: skip
HIT = Hit("0" * 16, "a wolf, oil painting", None, 0.9, "one", 0)


def test_a_candidate_is_kept_with_what_it_was_written_from(store: Store) -> None:
    result = OptimizeResult("una volpe", "it", (HIT,), (KEPT,))
    store.save_candidates(result, {"seed": 1, "profile": "sdxl"}, actor="ada", now=NOW)
    kept = store.candidate("c1")
    assert kept is not None
    assert kept.candidate == KEPT
    assert (kept.idea, kept.language, kept.hits) == ("una volpe", "it", ("0" * 16,))
    assert kept.settings == {"seed": 1, "profile": "sdxl"}
    assert (kept.actor, kept.at) == ("ada", NOW)
    assert store.candidate("c2") is None


def test_what_is_kept_already_stays(store: Store) -> None:
    for actor, text in (("ada", "a fox, oil painting"), ("bob", "other")):
        result = OptimizeResult("x", "en", (), (replace(KEPT, prompt=text),))
        store.save_candidates(result, {}, actor=actor, now=NOW)
    kept = store.candidate("c1")
    assert kept is not None
    assert (kept.actor, kept.candidate.prompt) == ("ada", "a fox, oil painting")
