from __future__ import annotations

from dataclasses import replace

from bozzetto.store.store import Store
from bozzetto.types import Candidate, Check, Hit, OptimizeResult, Phrase, Usage

NOW = "2026-01-02T03:04:05Z"


KEPT = Candidate(
    "c1", "a fox, oil painting", None, "sdxl", "compose", {"clip": 5},
    (Phrase("a fox", "idea", "una volpe"), Phrase("oil painting", "0" * 16)), 1.0, 0.5, ("cut",),
    (Check("intent", False, "lost 'fox'"),), "c0", 7, Usage(10, 5, 1, True, 0.25), "oil, dusk",
    ("0" * 16,),
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


def test_what_was_made_from_a_candidate_is_found_in_its_order(store: Store) -> None:
    for name, parent in (("c3", "c1"), ("c2", "c1"), ("c4", "c3"), ("c1", None)):
        result = OptimizeResult("x", "en", (), (replace(KEPT, id=name, parent=parent),))
        store.save_candidates(result, {}, actor="ada", now=NOW)
    assert [found.id for found in store.children("c1")] == ["c3", "c2"]
    assert store.children("c1")[0] == replace(KEPT, id="c3", parent="c1")
    assert store.children("c4") == []


def test_what_a_day_took_adds_up_over_models(store: Store) -> None:
    assert store.spent("2026-01-02") == Usage(0, 0, cost=0.0)
    store.spend("2026-01-02", "ollama:a", Usage(10, 5))
    store.spend("2026-01-02", "ollama:a", Usage(1, 2, cost=0.25))
    store.spend("2026-01-02", "openai:b", Usage(100, 50, cost=0.5))
    store.spend("2026-01-03", "openai:b", Usage(7, 7, cost=7.0))
    assert store.spent("2026-01-02") == Usage(111, 57, cost=0.75)
