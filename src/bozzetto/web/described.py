"""OpenAPI as it is served: what each route answers, and the events that it tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter

from bozzetto.app.boards import Summary
from bozzetto.types import JobInfo, KeepReport, Progress, WriteFailed, WriteStarted, WriteStopped
from bozzetto.web.roles import ROLES, Role
from bozzetto.web.shapes import campaigns, events, installation, pictures, prompts
from bozzetto.web.streams import MEDIA_TYPE

__all__ = ["ANSWERS", "EVENTS", "describe", "schemas"]

_V1 = "/api/v1"
_CANDIDATE = f"{_V1}/optimize/{{candidate}}"
_LIBRARY = f"{_V1}/library/{{identity}}"
_JOB = f"{_V1}/jobs/{{job}}"
_ACCOUNT = f"{_V1}/accounts/{{name}}"
_CAMPAIGN = f"{_V1}/campaigns/{{name:path}}"

ANSWERS: Mapping[str, Any] = {
    "GET /healthz": installation.Status,
    "GET /readyz": installation.Status,
    f"GET {_V1}/session": installation.Session,
    f"GET {_V1}/accounts": installation.Accounts,
    f"POST {_V1}/accounts": installation.Accounts,
    f"PATCH {_ACCOUNT}": installation.Accounts,
    f"DELETE {_ACCOUNT}": installation.Accounts,
    f"GET {_ACCOUNT}/keys": installation.Keys,
    f"POST {_ACCOUNT}/keys": installation.KeyMade,
    f"DELETE {_ACCOUNT}/keys/{{key}}": installation.Keys,
    f"GET {_ACCOUNT}/sessions": installation.Sessions,
    f"DELETE {_ACCOUNT}/sessions": installation.Ended,
    f"GET {_V1}/campaigns": campaigns.Campaigns,
    f"POST {_V1}/campaigns": campaigns.Begun,
    f"POST {_V1}/campaigns/plan": campaigns.Plan,
    f"DELETE {_CAMPAIGN}": campaigns.Gone,
    f"POST {_CAMPAIGN}/resume": campaigns.Begun,
    f"GET {_CAMPAIGN}/missing": campaigns.Missing,
    f"POST {_CAMPAIGN}/keep": KeepReport,
    f"POST {_CAMPAIGN}/take-back": campaigns.TakenBack,
    f"POST {_CAMPAIGN}/score": campaigns.Scored,
    f"GET {_CAMPAIGN}/board": pictures.ReviewBoard,
    f"GET {_CAMPAIGN}": campaigns.Campaign,
    f"POST {_CAMPAIGN}/verdicts": pictures.Judged,
    f"POST {_CAMPAIGN}/undo": pictures.Undone,
    f"POST {_V1}/search": prompts.Searched,
    f"POST {_V1}/import": prompts.Imported,
    f"POST {_V1}/optimize": prompts.Optimized,
    f"POST {_CANDIDATE}/refine": prompts.Optimized,
    f"POST {_CANDIDATE}/regenerate": prompts.Optimized,
    f"GET {_V1}/candidates/{{candidate}}": prompts.KnownCandidate,
    f"GET {_V1}/candidates/{{candidate}}/explain": prompts.Explanation,
    f"POST {_V1}/candidates/{{candidate}}/revise": prompts.KnownCandidate,
    f"POST {_V1}/tokens": prompts.Tokens,
    f"GET {_V1}/library": prompts.LibraryPage,
    f"DELETE {_V1}/library": prompts.Deleted,
    f"GET {_LIBRARY}": prompts.Prompt,
    f"PATCH {_LIBRARY}": prompts.Prompt,
    f"DELETE {_LIBRARY}": prompts.Deleted,
    f"GET {_LIBRARY}/variants": prompts.Prompts,
    f"PUT {_LIBRARY}/rating": prompts.Rated,
    f"GET {_V1}/stats": prompts.Stats,
    f"POST {_V1}/generate": JobInfo,
    f"POST {_V1}/compare": pictures.Comparison,
    f"GET {_V1}/jobs": pictures.Jobs,
    f"GET {_JOB}": pictures.Job,
    f"POST {_JOB}/cancel": pictures.Cancelled,
    f"POST {_JOB}/retry": pictures.Waiting,
    f"POST {_JOB}/resume": JobInfo,
    f"GET {_V1}/profiles": installation.Profiles,
    f"GET {_V1}/profiles/{{name}}": installation.Profile,
    f"GET {_V1}/backends": installation.Backends,
    f"GET {_V1}/index": installation.Built,
    f"POST {_V1}/index/build": installation.Built,
    f"POST {_V1}/index/verify": installation.Built,
    f"GET {_V1}/config": dict[str, installation.Setting],
    f"GET {_V1}/doctor": installation.Examination,
}
"""What each route answers that answers JSON, as "METHOD path"."""

_WRITING: Mapping[str, Any] = {
    "started": WriteStarted,
    "delta": events.Delta,
    "failed": WriteFailed,
    "done": events.Written,
    "stopped": WriteStopped,
    "result": prompts.Optimized,
    "error": installation.Problem,
}
_DRAWING: Mapping[str, Any] = {
    "started": events.Begun,
    "progress": events.Drawing,
    "retry": events.Again,
    "done": events.Drawn,
    "job": pictures.Job,
    "result": pictures.Job,
    "error": installation.Problem,
}


_RESULT = (
    prompts.Optimized
    | prompts.Imported
    | installation.Built
    | installation.Examination
    | Summary
    | KeepReport
    | campaigns.Scored
)


def _working(result: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
    return {"progress": Progress, "result": result, "error": installation.Problem}


EVENTS: Mapping[str, Mapping[str, Any]] = {
    f"POST {_V1}/optimize": _WRITING,
    f"POST {_CANDIDATE}/refine": _WRITING,
    f"POST {_CANDIDATE}/regenerate": _WRITING,
    f"GET {_V1}/runs/{{run}}/events": {**_WRITING, **_working(_RESULT)},
    f"GET {_JOB}/events": _DRAWING,
    f"POST {_V1}/import": _working(prompts.Imported),
    f"POST {_V1}/campaigns": _working(Summary),
    f"POST {_CAMPAIGN}/resume": _working(Summary),
    f"POST {_CAMPAIGN}/keep": _working(KeepReport),
    f"POST {_CAMPAIGN}/score": _working(campaigns.Scored),
    f"GET {_V1}/index": _working(installation.Built),
    f"POST {_V1}/index/build": _working(installation.Built),
    f"POST {_V1}/index/verify": _working(installation.Built),
    f"GET {_V1}/doctor": _working(installation.Examination),
}
"""The events of each route that tells any: their names, and what their `data` holds."""

Json = dict[str, Any]


@cache
def schemas() -> tuple[Mapping[str, Json], Json]:
    """The schema of each shape by its name, and what they refer to."""
    told = [*ANSWERS.values(), *(shape for some in EVENTS.values() for shape in some.values())]
    kinds = {str(shape): shape for shape in told}
    inputs = [(name, "serialization", TypeAdapter(kind)) for name, kind in kinds.items()]
    found, shared = TypeAdapter.json_schemas(inputs, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    return {name: schema for (name, _), schema in found.items()}, shared["$defs"]


BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "The token of the home, or an API key of an account; `x-role` is what it takes.",
}

ROLES_AS_TOLD = {name.replace(":path", ""): role for name, role in ROLES.items()}


def describe(app: FastAPI) -> None:
    """Have an app's OpenAPI say what its routes answer."""
    plain = app.openapi

    def openapi() -> Json:
        if app.openapi_schema is None:
            _tell(plain())
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]


def _tell(schema: Json) -> None:
    by_shape, shared = schemas()
    schema.setdefault("components", {}).setdefault("schemas", {}).update(shared)
    schema["components"]["securitySchemes"] = {"bearer": BEARER}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            _drop_nothing(operation["responses"])
            role = ROLES_AS_TOLD[f"{method.upper()} {path}"]
            operation["x-role"] = role.value
            operation["security"] = [] if role is Role.open else [{"bearer": []}]
    for name, shape in ANSWERS.items():
        for answer in _answers(schema, name):
            answer["application/json"] = {"schema": by_shape[str(shape)]}
    for name, some in EVENTS.items():
        for answer in _answers(schema, name):
            answer[MEDIA_TYPE] = _stream(some)


def _drop_nothing(responses: Json) -> None:
    """Leave out that a route answers any JSON, which FastAPI says where it is told nothing."""
    for answer in responses.values():
        if answer.get("content", {}).get("application/json") == {"schema": {}}:
            del answer["content"]["application/json"]


def _answers(schema: Json, name: str) -> Iterable[Json]:
    """What a route answers where all is well, by media type."""
    method, _, path = name.partition(" ")
    operation = schema["paths"].get(path.replace(":path", ""), {}).get(method.lower(), {})
    for status, answer in operation.get("responses", {}).items():
        if status.startswith("2"):
            yield answer.setdefault("content", {})


def _stream(some: Mapping[str, Any]) -> Json:
    """A stream of events; OpenAPI has no words for their data, so an extension says it."""
    by_name = {name: schemas()[0][str(shape)] for name, shape in some.items()}
    return {"schema": {"type": "string"}, "x-events": by_name}
