"""The shapes of design contracts as plain JSON values, the same for every door."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bozzetto.app.serving import BUILTIN, HERE
from bozzetto.errors import BozzettoError
from bozzetto.types import (
    BadRow,
    Candidate,
    Check,
    GenerateResult,
    Hit,
    Image,
    ImportReport,
    JobInfo,
    KeptFrom,
    OptimizeResult,
    Phrase,
    PromptRecord,
    SearchResult,
    Usage,
    Verdict,
)

if TYPE_CHECKING:  # a search is told without what draws and reviews
    from bozzetto.app.boards import Board, BoardItem, Campaign, Summary
    from bozzetto.app.doctor import Check as Finding
    from bozzetto.app.index import Index
    from bozzetto.config import Settings
    from bozzetto.search.examine import IndexState
    from bozzetto.store.facets import Stats, Values
    from bozzetto.types import Brief

__all__ = [
    "board_json",
    "campaign_json",
    "candidate_json",
    "checks_json",
    "config_json",
    "doctor_json",
    "error_json",
    "generate_json",
    "hit_json",
    "image_json",
    "index_json",
    "job_json",
    "optimize_json",
    "record_json",
    "report_json",
    "search_json",
    "stats_json",
    "summary_json",
    "usage_json",
    "verdict_json",
]

Json = dict[str, Any]


def hit_json(hit: Hit) -> Json:
    """One hit."""
    return {
        "id": hit.id,
        "prompt": hit.prompt,
        "negative": hit.negative,
        "score": round(hit.score, 6),
        "source": hit.source,
        "variants": hit.variants,
        "tags": list(hit.tags),
        "rating": hit.rating,
        "use": hit.use,
        "model_family": hit.model_family,
        "picture": hit.picture,
        "why": [
            {"leg": why.leg, "rank": why.rank, "score": round(why.score, 6)} for why in hit.why
        ],
    }


def search_json(result: SearchResult, *, explain: bool = False, facets: bool = False) -> Json:
    """What `search` answers; on demand with the words that say the idea's, and with counts."""
    shape: Json = {
        "idea": result.idea,
        "language": result.language,
        "confident": result.confident,
        "confidence": result.confidence,
        "hidden": result.hidden,
        "hits": [
            hit_json(hit) | ({"answers": [asdict(a) for a in hit.answers]} if explain else {})
            for hit in result.hits
        ],
        "notes": list(result.notes),
    }
    return shape | {"facets": asdict(result.facets)} if facets and result.facets else shape


def _phrase_json(phrase: Phrase) -> Json:
    shape: Json = {"text": phrase.text, "from": phrase.source}
    if phrase.original is not None:
        shape["original"] = phrase.original
    return shape


def candidate_json(candidate: Candidate) -> Json:
    """One candidate."""
    return {
        "id": candidate.id,
        "prompt": candidate.prompt,
        "negative": candidate.negative,
        "profile": candidate.profile,
        "size": candidate.size,
        "chat": candidate.chat,
        "tokens": dict(candidate.tokens),
        "phrases": [_phrase_json(phrase) for phrase in candidate.phrases],
        "scores": {
            "intent": round(candidate.intent, 4),
            "novelty": round(candidate.novelty, 4),
        },
        "warnings": list(candidate.warnings),
        "checks": checks_json(candidate.checks),
        "parent": candidate.parent,
        "seed": candidate.seed,
        "look": candidate.look,
        "references": list(candidate.references),
        "usage": usage_json(candidate.usage),
    }


def checks_json(checks: Iterable[Check]) -> list[Json]:
    """What each check of a candidate found."""
    return [asdict(check) for check in checks]


def usage_json(usage: Usage | None) -> Json | None:
    """What a chat model took; null where none was asked."""
    return asdict(usage) if usage else None


def optimize_json(result: OptimizeResult) -> Json:
    """What `optimize` answers."""
    return {
        "idea": result.idea,
        "language": result.language,
        "hits": [hit_json(hit) for hit in result.hits],
        "candidates": [candidate_json(candidate) for candidate in result.candidates],
        "degraded": result.degraded,
        "usage": usage_json(result.usage),
        "notes": list(result.notes),
    }


def record_json(record: PromptRecord) -> Json:
    """One prompt of the library, whole; `import` reads it back."""
    shape = {
        "id": record.id,
        "prompt": record.text,
        "negative": record.negative,
        "core": record.core,
        "original": record.original,
        "source": record.source,
        "sources": list(record.sources),
        "count": record.count,
        "tags": list(record.tags),
        "use": record.use,
        "model_family": record.model_family,
        "rating": record.rating,
        "image": record.image,
        "prompt_nsfw": record.prompt_nsfw,
        "image_nsfw": record.image_nsfw,
        "made_at": record.made_at,
        "added_at": record.added_at,
        "added_by": record.added_by,
        "kept": [_kept_json(one) for one in record.kept],
    }
    parameters: Mapping[str, Any] = asdict(record.parameters) if record.parameters else {}
    return shape | {k: v for k, v in parameters.items() if v is not None}


def stats_json(stats: Stats, values: Values) -> Json:
    """The library in numbers, and what filters can ask for, each with how many prompts have it."""
    return {
        "prompts": stats.prompts,
        "families": stats.families,
        "candidates": stats.candidates,
        "has_image": values.has_image,
        "sources": [
            {name: value for name, value in asdict(info).items() if name != "fingerprint"}
            for info in stats.sources
        ],
        "tag": dict(values.tag),
        "use": dict(values.use),
        "model_family": dict(values.model_family),
        "rating": {str(stars): count for stars, count in values.rating.items()},
    }


def _kept_json(one: KeptFrom) -> Json:
    return asdict(one) | {"hits": list(one.hits), "campaign": one.campaign or None}


def _bad_json(row: BadRow) -> Json:
    return {"place": row.place, "reason": row.reason}


def report_json(report: ImportReport) -> Json:
    """What one import did."""
    return {
        "source": report.source,
        "rows": report.rows,
        "new": report.new,
        "known": report.known,
        "bad": report.bad_count,
        "bad_rows": [_bad_json(row) for row in report.bad],
        "already_complete": report.already_complete,
        "deleted": report.deleted,
    }


def error_json(idea: object, error: BozzettoError) -> Json:
    """A line of a batch that failed."""
    return {"idea": idea, "error": {"code": error.code, "message": error.message}}


def image_json(image: Image) -> Json:
    """One picture, or why there is none."""
    request = image.request
    made = image.effective
    return {
        "id": image.id,
        "path": image.path,
        "prompt": made.prompt if made else request.prompt,
        "negative": made.negative if made else request.negative,
        "request": asdict(request),
        "effective": asdict(made) if made else None,
        "state": image.state,
        "reason": image.reason,
        "lineage": asdict(image.lineage),
        "labels": dict(image.labels),
        "thumbnail": image.thumbnail,
        "scores": dict(image.scores),
        "job": image.job,
    }


def generate_json(result: GenerateResult) -> Json:
    """What `generate` answers."""
    shape: Json = {"images": [image_json(image) for image in result.images], "job": result.job}
    return shape | {"sheet": result.sheet} if result.sheet else shape


def verdict_json(verdict: Verdict) -> Json:
    """What one reviewer says of one picture."""
    return asdict(verdict)


def board_json(board: Board) -> Json:
    """A campaign as one reviewer sees it; blind, nothing tells where a picture came from."""
    return {
        "name": board.name,
        "brief": _brief_json(board.brief),
        "reviewer": board.reviewer,
        "blind": board.blind,
        "items": [_item_json(item, board.blind) for item in board.items],
    }


def _brief_json(brief: Brief) -> Json:
    from bozzetto.review.brief import brief_json

    return brief_json(brief)


def _item_json(item: BoardItem, blind: bool) -> Json:
    shape: Json = {
        "image": {"id": item.image.id} if blind else image_json(item.image),
        "own": verdict_json(item.own) if item.own else None,
    }
    if item.standing and not blind:
        shape["standing"] = {
            "keep": item.standing.keep,
            "kept": item.standing.kept,
            "rejected": item.standing.rejected,
            "rating": item.standing.rating,
        }
    return shape


def summary_json(summary: Summary) -> Json:
    """A campaign in numbers."""
    return asdict(summary) | {"images": list(summary.images)}


def campaign_json(campaign: Campaign) -> Json:
    """A campaign as it stands: pictures, what was said of each, how far reviewers agree."""
    said = {one.image: one for one in campaign.standings}
    return {
        "name": campaign.name,
        "id": campaign.id,
        "brief": _brief_json(campaign.brief),
        "at": campaign.at,
        "images": [
            image_json(image)
            | {
                "keep": said[image.id].keep,
                "rating": said[image.id].rating,
                "verdicts": [verdict_json(one) for one in said[image.id].verdicts],
            }
            for image in campaign.images
        ],
        "jobs": [job_json(job) for job in campaign.jobs],
        "agreement": asdict(campaign.agreement),
    }


def config_json(settings: Settings) -> Json:
    """Every setting in force, and where its value came from."""
    return {
        name: {"value": str(value) if name == "home" else value, "origin": origin}
        for name, value, origin in settings.items()
    }


def doctor_json(checks: Sequence[Finding]) -> Json:
    """What the examination found."""
    return {
        "ok": all(check.state != "fail" for check in checks),
        "checks": [asdict(check) for check in checks],
    }


def index_json(index: Index, states: Iterable[IndexState]) -> Json:
    """How each index stands, by whom it was embedded and where it is searched."""
    serving = index.serving
    return {
        "tier": index.tier,
        "embedder": serving.embedder or BUILTIN,
        "vectors": serving.vectors or HERE,
        "wished": index.waits,
        "indexes": [_index_json(state) for state in states],
    }


def _index_json(state: IndexState) -> Json:
    return {
        "name": state.name,
        "state": state.state,
        "detail": state.detail,
        "rows": state.rows,
        "refined": state.strong,
        "recall": None if state.recall is None else round(state.recall, 4),
        "bytes": state.size,
        "stored": state.stored,
    }


def job_json(job: JobInfo) -> Json:
    """One job in numbers."""
    return asdict(job)
