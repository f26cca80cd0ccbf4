"""Amazon's services as botocore's own models describe them: routes, members, types, limits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote

__all__ = ["Operation", "operation_of", "problem_of"]

_SERVICES = ("bedrock-runtime", "sagemaker-runtime")


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of a service; `scope` is the service's name in signatures."""

    service: str
    scope: str
    name: str
    input: Any  # botocore's StructureShape: its classes have no types


@cache
def _routes() -> tuple[tuple[str, re.Pattern[str], Operation], ...]:
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    loader, found = Loader(), []
    for service in _SERVICES:
        model = ServiceModel(loader.load_service_model(service, "service-2"), service)
        for name in model.operation_names:
            operation = model.operation_model(name)
            path = re.sub(
                r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(operation.http["requestUri"])
            )
            made = Operation(service, model.signing_name, name, operation.input_shape)
            found.append((operation.http["method"], re.compile(path), made))
    return tuple(found)


def operation_of(method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation that a request line means, and what its path says; None where none does."""
    for verb, pattern, operation in _routes():
        found = pattern.fullmatch(path)
        if found and verb == method:
            return operation, {name: unquote(value) for name, value in found.groupdict().items()}
    return None


def problem_of(
    operation: Operation, said: Mapping[str, str], headers: Mapping[str, str], data: bytes
) -> str | None:
    """What of a request does not fit the operation's members; header names in lower case."""
    from botocore.validate import ParamValidator

    try:
        members = dict(_members(operation.input, said, headers, data))
    except ValueError:
        return "the body is not JSON"
    report = ParamValidator().validate(members, operation.input).generate_report()
    return report or next(_beyond(operation.input, members, "#"), None)


def _members(
    shape: Any,  # noqa: ANN401
    said: Mapping[str, str],
    headers: Mapping[str, str],
    data: bytes,
) -> Iterator[tuple[str, Any]]:
    for name, member in shape.members.items():
        header = member.serialization.get("name", "").lower()
        match member.serialization.get("location"):
            case "uri":
                yield name, said[name]
            case "header" if header in headers:
                yield name, headers[header]
    payload = shape.serialization.get("payload")
    if payload:
        yield payload, data
    elif data:
        body = json.loads(data)
        yield from body.items() if isinstance(body, dict) else [("body", body)]


def _beyond(shape: Any, value: Any, place: str) -> Iterator[str]:  # noqa: ANN401
    """The limits that botocore leaves to the service: the highest, the longest, one of a few."""
    match shape.type_name:
        case "structure" if not getattr(shape, "is_document_type", False):
            for name, member in shape.members.items():
                if name in value:
                    yield from _beyond(member, value[name], f"{place}/{name}")
        case "list":
            yield from _too_much(shape, len(value), value, place)
            for number, one in enumerate(value):
                yield from _beyond(shape.member, one, f"{place}/{number}")
        case "string":
            yield from _too_much(shape, len(value), value, place)
            if shape.enum and value not in shape.enum:
                yield _limit(place, value, f"enum value set: {shape.enum}")
        case "integer" | "long" | "float" | "double":
            yield from _too_much(shape, value, value, place)


def _too_much(shape: Any, size: float, value: object, place: str) -> Iterator[str]:  # noqa: ANN401
    most = shape.metadata.get("max")
    if most is not None and size > most:
        yield _limit(place, value, f"less than or equal to {most}")


def _limit(place: str, value: object, limit: str) -> str:
    return f"Value {str(value)[:80]!r} at {place!r} failed to satisfy constraint: {limit}"
