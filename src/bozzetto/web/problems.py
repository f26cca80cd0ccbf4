"""Errors as other programs read them: problem details (RFC 9457), one shape for all."""

from __future__ import annotations

from http import HTTPStatus

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

__all__ = ["STATUSES", "install", "problem"]

STATUSES: dict[type[BozzettoError], int] = {
    InputError: 422,
    NotFoundError: 404,
    SetupError: 503,
    BackendError: 502,
    DataError: 500,
    BozzettoError: 500,
}
"""The status of each error of ours; the nearest of its classes counts."""

_CODES = {400: "input", 404: "not_found", 405: "method", 408: "slow", 413: "size", 422: "input"}


def problem(status: int, code: str, detail: str, hint: str | None = None) -> Response:
    """A problem: its `code` is that of every door, `hint` the way out."""
    shape = {
        "type": f"urn:bozzetto:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": visible(detail),
        "code": code,
    }
    if hint:
        shape["hint"] = visible(hint)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(shape, status, headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Have every error of an app answered as a problem."""
    app.add_exception_handler(BozzettoError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(Exception, _unforeseen)


def _ours(_: Request, error: Exception) -> Response:
    if not isinstance(error, BozzettoError):
        raise error
    status = next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)
    return problem(status, error.code, error.message, error.hint)


def _invalid(_: Request, error: Exception) -> Response:
    """What was sent has another shape; the value itself is not repeated."""
    if not isinstance(error, RequestValidationError):
        raise error
    said = [f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in error.errors()]
    return problem(422, "input", "; ".join(said)[:1000])


def _plain(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    code = _CODES.get(error.status_code, "failure")
    return problem(error.status_code, code, str(error.detail))


def _unforeseen(_: Request, __: Exception) -> Response:
    """A mistake of ours; what happened is in the server's log, not in the answer."""
    return problem(500, "failure", "the program made a mistake; its log says more")
