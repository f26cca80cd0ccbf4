"""Kept candidates explained, and explanations as plain JSON values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from bozzetto.app.wire import candidate_json, optimize_json
from bozzetto.errors import NotFoundError
from bozzetto.optimize.explain import Explanation, Part, explain
from bozzetto.store.store import Store
from bozzetto.types import OptimizeResult

__all__ = ["explain_kept", "explain_result", "explained_json", "explanation_json"]

Json = dict[str, Any]


def explain_kept(store: Store, identity: str) -> Explanation:
    """Why a kept candidate reads as it does.

    Raises:
        NotFoundError: nothing is kept under that id.
    """
    kept = store.candidate(identity)
    if kept is None:
        raise NotFoundError(
            f"no candidate is called {identity!r}",
            hint="optimize shows ids; those written with --no-save are not kept",
        )
    named = dict.fromkeys((*kept.hits, *kept.candidate.references))
    texts = {record.id: record.text for record in store.by_ids(list(named))}
    parent = store.candidate(kept.candidate.parent) if kept.candidate.parent else None
    found = explain(kept.candidate, kept.idea, texts)
    return replace(found, earlier=parent.candidate.prompt if parent else None)


def explain_result(result: OptimizeResult) -> list[Explanation]:
    """Why each candidate of a result reads as it does."""
    texts = {hit.id: hit.prompt for hit in result.hits}
    return [explain(candidate, result.idea, texts) for candidate in result.candidates]


def _diff_json(parts: Iterable[Part]) -> list[Json]:
    """What became of the idea's words, in order."""
    return [{"change": p.change, "before": p.before, "after": p.after} for p in parts]


def explanation_json(found: Explanation) -> Json:
    """One explanation: the candidate, and what is known of how it came about."""
    hits = {source.phrase.source: source.hit for source in found.sources if source.hit}
    return {
        **candidate_json(found.candidate),
        "idea": found.idea,
        "parent_prompt": found.earlier,
        "diff": _diff_json(found.diff),
        "hits": [{"id": name, "prompt": text} for name, text in hits.items()],
    }


def explained_json(result: OptimizeResult) -> Json:
    """What `optimize --explain` answers: as without it, each candidate with its diff."""
    shape = optimize_json(result)
    for candidate, found in zip(shape["candidates"], explain_result(result), strict=True):
        candidate["diff"] = _diff_json(found.diff)
    return shape
