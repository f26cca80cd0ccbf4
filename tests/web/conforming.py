"""Whether answers are what OpenAPI says of them: every key told of, every value of its type."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import httpx2
from pydantic import TypeAdapter

from bozzetto.web.described import ANSWERS, EVENTS, schemas

Json = Mapping[str, Any]


def shape_of(method: str, path: str) -> object:
    """What a route answers; None where that is no JSON."""
    asked = f"{method} {path}"
    return next((shape for pattern, shape in _patterns() if pattern.fullmatch(asked)), None)


@cache
def _patterns() -> list[tuple[re.Pattern[str], Any]]:
    """The most particular route first: it has the fewest names in it."""
    names = sorted(ANSWERS, key=lambda name: name.count("{"))
    return [(re.compile(re.sub(r"\{\w+(:path)?\}", _any, name)), ANSWERS[name]) for name in names]


def _any(found: re.Match[str]) -> str:
    return ".+" if found[1] else "[^/]+"


def wrong(shape: Any, data: object) -> list[str]:  # noqa: ANN401 - any type
    """What of some data its shape does not say."""
    TypeAdapter[object](shape).validate_python(data)
    by_shape, shared = schemas()
    return list(_untold(by_shape[str(shape)], data, shared, ""))


def _untold(schema: Json, data: object, shared: Json, place: str) -> Iterator[str]:
    if "$ref" in schema:
        schema = shared[schema["$ref"].rpartition("/")[2]]
    for one in schema.get("anyOf", ()) if data is not None else ():
        if one.get("type") != "null":
            yield from _untold(one, data, shared, place)
            return
    if isinstance(data, dict) and "properties" in schema:
        for name, value in data.items():
            known = schema["properties"].get(name)
            if known is None:
                yield f"{place}.{name}"
            else:
                yield from _untold(known, value, shared, f"{place}.{name}")
    elif isinstance(data, list) and "items" in schema:
        for number, value in enumerate(data):
            yield from _untold(schema["items"], value, shared, f"{place}.{number}")


def check(answer: httpx2.Response) -> None:
    """Raise where an answer is not what is said of it; streams are left alone."""
    kind = answer.headers.get("content-type", "")
    if answer.is_success and kind == "application/json":
        answer.read()
        path = answer.request.url.path
        shape = shape_of(answer.request.method, path)
        assert shape is not None, f"{answer.request.method} {path} is not in ANSWERS"
        assert wrong(shape, answer.json()) == []


def check_event(route: str, name: str, data: object) -> None:
    """Raise where an event is not what is said of it."""
    assert wrong(EVENTS[route][name], data) == []
