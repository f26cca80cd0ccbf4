"""What an export says of its pictures: a table for spreadsheets and a JSON document.

Back ends and models stand in it by name, without the folders and addresses of this machine.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bozzetto.review.brief import brief_json
from bozzetto.review.verdicts import Standing
from bozzetto.text.places import without_place, without_places
from bozzetto.types import Brief, Candidate, Image

__all__ = ["COLUMNS", "FORMAT", "Entry", "csv_bytes", "json_bytes", "prompt_lines"]

FORMAT = "bozzetto-export-1"
"""How a manifest says that it is one of ours."""

_SETTINGS = ("seed", "steps", "guidance", "sampler", "width", "height", "model")
COLUMNS = (
    "id", "file", "state", "reason", "keep", "rating", "prompt", "negative", *_SETTINGS,
    "images", "profile", "kind", "idea", "candidate", "hits",
)  # fmt: skip
"""The columns of the table that every export has."""

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""What a spreadsheet takes for the beginning of a formula, in wide letters too."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A picture of an export; `file` is its name there, None where there is no picture."""

    image: Image
    standing: Standing
    file: str | None


def csv_bytes(entries: Sequence[Entry]) -> bytes:
    """The table: a row for each picture, three columns for each reviewer.

    UTF-8 with its mark, without which spreadsheets read letters wrongly; lines end in CR LF. A
    text that a spreadsheet would take for a formula has a ' before it.
    """
    reviewers = sorted({v.reviewer for entry in entries for v in entry.standing.verdicts})
    file = io.StringIO()
    rows = csv.writer(file)
    columns = [
        f"{what} {reviewer}" for reviewer in reviewers for what in ("verdict", "rating", "note")
    ]
    rows.writerow([*COLUMNS, *columns])
    for entry in entries:
        by = {verdict.reviewer: verdict for verdict in entry.standing.verdicts}
        row = _row(entry)
        said: list[object] = []
        for reviewer in reviewers:
            verdict = by.get(reviewer)
            said += [_keep(verdict.keep), verdict.rating, verdict.note] if verdict else [""] * 3
        rows.writerow([_cell(value) for value in [*map(row.get, COLUMNS), *said]])
    return file.getvalue().encode("utf-8-sig", "replace")


def json_bytes(
    entries: Sequence[Entry],
    *,
    brief: Brief | None,
    candidates: Mapping[str, Candidate],
    files: Mapping[str, str],
) -> bytes:
    """The document; `files` are the names of all files of the export with their SHA-256."""
    used = dict.fromkeys(entry.image.lineage.candidate or "" for entry in entries)
    document = {
        "format": FORMAT,
        "brief": _brief(brief) if brief else None,
        "images": [_document(entry) for entry in entries],
        "candidates": [_candidate(candidates[one]) for one in used if one in candidates],
        "files": dict(files),
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    return (text + "\n").encode("utf-8", "replace")


def prompt_lines(entries: Iterable[Entry]) -> bytes:
    """Each prompt once, a line each, as the scripts of image tools read them."""
    prompts = dict.fromkeys(" ".join(entry.image.request.prompt.split()) for entry in entries)
    return "".join(f"{prompt}\n" for prompt in prompts if prompt).encode("utf-8", "replace")


def _row(entry: Entry) -> dict[str, Any]:
    image, standing = entry.image, entry.standing
    lineage = image.lineage
    return {
        "id": image.id,
        "file": entry.file,
        "state": image.state,
        "reason": without_places(image.reason) if image.reason else None,
        "keep": _keep(standing.keep),
        "rating": None if standing.rating is None else round(standing.rating, 3),
        "prompt": image.request.prompt,
        "negative": image.request.negative,
        **{name: _setting(image, name) for name in _SETTINGS},
        "model": _without_place(_setting(image, "model")),
        "images": without_place(image.request.images),
        "profile": image.request.profile,
        "kind": lineage.kind,
        "idea": lineage.idea,
        "candidate": lineage.candidate,
        "hits": " ".join(lineage.hits),
    }


def _document(entry: Entry) -> dict[str, Any]:
    """A picture in the document: the row's values, and what each reviewer said."""
    return _row(entry) | {
        "keep": entry.standing.keep,
        "hits": list(entry.image.lineage.hits),
        "notes": list(entry.image.effective.notes) if entry.image.effective else [],
        "verdicts": [
            {"reviewer": v.reviewer, "keep": v.keep, "rating": v.rating, "note": v.note}
            for v in entry.standing.verdicts
        ],
    }


def _setting(image: Image, name: str) -> object:
    """What really made the picture where that is known, else what was asked for."""
    made = getattr(image.effective, name, None)
    return getattr(image.request, name) if made is None else made


def _without_place(name: object) -> str | None:
    return without_place(str(name)) if name else None


def _brief(brief: Brief) -> dict[str, Any]:
    document = brief_json(brief)
    return document | {name: _without_place(document[name]) for name in ("chat", "images", "model")}


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "id": candidate.id,
        "prompt": candidate.prompt,
        "negative": candidate.negative,
        "chat": without_place(candidate.chat),
        "phrases": [
            {"text": phrase.text, "from": phrase.source}
            | ({"original": phrase.original} if phrase.original is not None else {})
            for phrase in candidate.phrases
        ],
    }


def _keep(keep: bool | None) -> str:
    return {True: "keep", False: "reject", None: ""}[keep]


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
