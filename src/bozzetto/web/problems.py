"""Errors as other programs read them: problem details (RFC 9457), one shape for all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from bozzetto.errors import (
    BackendError,
    BozzettoError,
    DataError,
    InputError,
    NotFoundError,
    SetupError,
)
from bozzetto.text.normalise import visible

__all__ = [
    "MISTAKE", "PROBLEMS", "STATUSES", "FullError", "PartsError", "StoppedError", "install",
    "problem", "problem_of", "told_of",
]  # fmt: skip


class StoppedError(BozzettoError):
    """Long work was stopped; what it had done stays."""

    code = "stopped"


class PartsError(InputError):
    """Several things are wrong with what was sent: places ("line 3"), what is wrong there."""

    def __init__(self, message: str, parts: Iterable[tuple[str, str]]) -> None:
        super().__init__(message)
        self.parts = list(parts)


class FullError(SetupError):
    """The disk has no room for what is sent."""


STATUSES: dict[type[BozzettoError], int] = {
    StoppedError: 503,
    InputError: 422,
    NotFoundError: 404,
    SetupError: 503,
    BackendError: 502,
    DataError: 500,
    FullError: 507,
    BozzettoError: 500,
}
"""The status of each error of ours; the nearest of its classes counts."""

_TEXT, _FIELD = {"type": "string"}, ("field", "message")
PROBLEMS: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "A problem (RFC 9457)",
        "content": {
            "application/problem+json": {
                "schema": {
                    "type": "object",
                    "required": ["type", "title", "status", "detail", "code"],
                    "properties": {
                        **dict.fromkeys(("type", "title", "detail", "code", "hint"), _TEXT),
                        "status": {"type": "integer"},
                        "errors": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "properties": dict.fromkeys(_FIELD, _TEXT),
                            },
                        },
                    },
                }
            }
        },
    }
}
"""What every route may answer besides, as OpenAPI says it."""

MOST = 20
"""Fields that a problem names."""

_CODES = {
    400: "input", 401: "login", 403: "role", 404: "not_found", 405: "method", 408: "slow",
    413: "size", 422: "input", 429: "busy", 503: "closing",
}  # fmt: skip


def problem(
    status: int,
    code: str,
    detail: str,
    hint: str | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,  # noqa: ANN401 - what a kind of problem has beside the others
) -> Response:
    """A problem: its `code` is that of every door, `hint` the way out."""
    if status == 401:
        headers = {"WWW-Authenticate": "Bearer"}
    shape = _shape(status, code, detail, hint) | more
    return JSONResponse(shape, status, headers, media_type="application/problem+json")


def _shape(status: int, code: str, detail: str, hint: str | None) -> dict[str, Any]:
    shape = {
        "type": f"urn:bozzetto:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": visible(detail),
        "code": code,
    }
    if hint:
        shape["hint"] = visible(hint)
    return shape


def problem_of(error: BozzettoError) -> dict[str, Any]:
    """An error of ours as a problem's values."""
    status = next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)
    shape = _shape(status, error.code, error.message, error.hint)
    if isinstance(error, PartsError):
        shape["errors"] = _fields(error.parts)
    return shape


def _fields(parts: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"field": visible(field)[:200], "message": visible(said)} for field, said in parts]


def told_of(error: Exception) -> dict[str, Any]:
    """Any error as a problem's values; of a mistake of ours nothing is told."""
    if isinstance(error, BozzettoError):
        return problem_of(error)
    return _shape(500, "failure", MISTAKE, None)


MISTAKE = "the program made a mistake; its log says more"


def install(app: FastAPI) -> None:
    """Have every error of an app answered as a problem."""
    app.add_exception_handler(BozzettoError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(Exception, _unforeseen)


def _ours(_: Request, error: Exception) -> Response:
    if not isinstance(error, BozzettoError):
        raise error
    shape = problem_of(error)
    return JSONResponse(shape, shape["status"], media_type="application/problem+json")


def _invalid(_: Request, error: Exception) -> Response:
    """What was sent has another shape; the value itself is not repeated."""
    if not isinstance(error, RequestValidationError):
        raise error
    found = [(".".join(map(str, one["loc"][1:])), one["msg"]) for one in error.errors()[:MOST]]
    told = "; ".join(f"{field}: {said}" for field, said in found)[:1000]
    return problem(422, "input", told, errors=_fields(found))


def _plain(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    code = _CODES.get(error.status_code, "failure")
    return problem(error.status_code, code, str(error.detail), headers=error.headers)


def _unforeseen(_: Request, __: Exception) -> Response:
    """A mistake of ours; what happened is in the server's log, not in the answer."""
    return problem(500, "failure", MISTAKE)
