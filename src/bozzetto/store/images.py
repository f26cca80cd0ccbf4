"""Pictures that were made, or why not, with all that made them."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bozzetto.store.database import json_list
from bozzetto.types import Effective, Image, ImageRequest, ImageState, ImageTask, Lineage

__all__ = [
    "Outcome",
    "by_ids",
    "id_of_failure",
    "id_of_file",
    "ids",
    "page",
    "picture_path",
    "read_task",
    "save",
    "set_scores",
    "task_columns",
    "thumbnail_path",
]

_COLUMNS = (
    "i.id, i.state, i.request, i.lineage, i.effective, i.file, i.reason, i.labels, i.job,"
    " i.position, i.scores, c.at"
)
_FROM = "FROM images i JOIN changes c ON c.id = i.change"


def picture_path(folder: Path, file: str) -> Path:
    """Where the picture of a hash lies in a home."""
    return folder / "images" / file[:2] / f"{file}.png"


def thumbnail_path(folder: Path, file: str) -> Path:
    """Where its thumbnail lies, which may be thrown away and made again."""
    return folder / "thumbnails" / file[:2] / f"{file}.webp"


def id_of_file(file: str) -> str:
    """The id of a picture by the SHA-256 of its file."""
    return file[:16]


def id_of_failure(job: str, position: int) -> str:
    """The id of a picture that was not made."""
    return hashlib.sha256(f"{job}:{position}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a task: a picture's file by its SHA-256, a refusal, or a failure."""

    state: ImageState
    file: str | None = None
    effective: Effective | None = None
    reason: str | None = None


def task_columns(task: ImageTask) -> tuple[str, str, str]:
    """Request, lineage and labels of a task as JSON."""
    return _json(asdict(task.request)), _json(asdict(task.lineage)), _json(dict(task.labels))


def read_task(request: str, lineage: str, labels: str) -> ImageTask:
    """A task from its columns."""
    return ImageTask(ImageRequest(**json.loads(request)), _lineage(lineage), json.loads(labels))


def _lineage(text: str) -> Lineage:
    found = json.loads(text)
    return Lineage(**(found | {"hits": tuple(found["hits"])}))


def _effective(text: str | None) -> Effective | None:
    if text is None:
        return None
    found = json.loads(text)
    return Effective(**(found | {"notes": tuple(found["notes"])}))


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def save(
    connection: sqlite3.Connection,
    task: ImageTask,
    outcome: Outcome,
    *,
    job: str,
    position: int,
    change: int,
) -> str:
    """Keep what came of a task and return its id; a picture that is there already stays."""
    identity = id_of_file(outcome.file) if outcome.file else id_of_failure(job, position)
    effective = _json(asdict(outcome.effective)) if outcome.effective else None
    request, lineage, labels = task_columns(task)
    connection.execute(
        f"INSERT INTO images VALUES ({', '.join('?' * 13)})"
        " ON CONFLICT (id) DO UPDATE SET state = excluded.state, reason = excluded.reason,"
        " effective = excluded.effective"
        " WHERE images.file IS NULL",
        (identity, outcome.state, request, effective, lineage, task.lineage.candidate, labels,
         outcome.file, outcome.reason, job, position, "{}", change),
    )  # fmt: skip
    return identity


def by_ids(connection: sqlite3.Connection, folder: Path, ids: Sequence[str]) -> list[Image]:
    """The pictures of those ids that are there, in the order given."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} {_FROM} WHERE i.id IN (SELECT value FROM json_each(?))",
        (json_list(list(ids)),),
    )
    found = {image.id: image for image in _images(folder, rows)}
    return [found[identity] for identity in ids if identity in found]


def page(
    connection: sqlite3.Connection,
    folder: Path,
    *,
    job: str | None = None,
    campaign: str | None = None,
) -> list[Image]:
    """The pictures of a job or of a campaign, in the order they were asked for."""
    where, value = ("t.job = ?", job) if job is not None else ("j.campaign = ?", campaign)
    rows = connection.execute(
        f"SELECT {_COLUMNS}, t.labels, min(j.change * 1000000 + t.position) AS place {_FROM}"
        " JOIN tasks t ON t.image = i.id JOIN jobs j ON j.id = t.job"
        f" WHERE {where} GROUP BY i.id ORDER BY place",
        (value,),
    )
    return list(_images(folder, rows))


def ids(connection: sqlite3.Connection, campaign: str) -> set[str]:
    """The ids of the pictures there are of a campaign."""
    rows = connection.execute(
        "SELECT t.image FROM tasks t JOIN jobs j ON j.id = t.job"
        " JOIN images i ON i.id = t.image WHERE j.campaign = ? AND i.state = 'ok'",
        (campaign,),
    )
    return {row[0] for row in rows}


def _images(folder: Path, rows: Iterable[tuple[Any, ...]]) -> Iterable[Image]:
    for row in rows:
        (identity, state, request, lineage, effective, file, reason, labels, job, position,
         scores, at) = row[:12]  # fmt: skip
        yield Image(
            id=identity,
            state=state,
            request=ImageRequest(**json.loads(request)),
            lineage=_lineage(lineage),
            effective=_effective(effective),
            path=str(picture_path(folder, file)) if file else None,
            thumbnail=str(thumbnail_path(folder, file)) if file else None,
            reason=reason,
            # The same picture may stand in several grids: here the asked one's labels count.
            labels=json.loads(row[12] if len(row) > 12 else labels),
            job=job,
            position=position,
            at=at,
            scores=json.loads(scores),
        )


def set_scores(connection: sqlite3.Connection, scores: Mapping[str, Mapping[str, float]]) -> None:
    """Note a model's numbers on pictures, by id."""
    connection.executemany(
        "UPDATE images SET scores = json_patch(scores, ?) WHERE id = ?",
        [(_json(dict(one)), identity) for identity, one in scores.items()],
    )
