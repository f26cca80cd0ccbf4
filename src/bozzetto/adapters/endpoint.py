"""A service behind an address: where it is, whose key it gets, what its errors say.

`rest` is a model's name, optionally followed by "@" and the address of the API
("llama3.2@http://host:11434/v1"). An address that the caller names gets the service's key
only when the environment or our table names the same host: a key belongs to its host.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from bozzetto.errors import BackendError, SetupError
from bozzetto.text.normalise import normalise, visible

__all__ = [
    "PASSING",
    "Endpoint",
    "NotJsonError",
    "PassingError",
    "Service",
    "error_words",
    "key_refused",
    "open_endpoint",
    "pause_of",
    "read_json",
    "said_by",
]


PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Statuses of failures that may pass."""


@dataclass(frozen=True, slots=True)
class Service:
    """What differs from one service to the next.

    `model` is the name to send where the user gives none; None where one must be given.
    `needs_key` holds for the default address alone: a server of one's own may want none.
    Where each customer has an address, `address` is an `example`, and its variable must be set.
    `header` carries the key, "Bearer" before it in "Authorization" alone. The first of
    `version_variables` that holds a date asks for that version, at the path `dated`.
    `vendor` names the file of what is known of its models.
    """

    title: str
    address: str
    address_variable: str
    key_variable: str
    needs_key: bool = False
    model: str | None = None
    example: bool = False
    header: str = "Authorization"
    version_variables: tuple[str, ...] = ()
    dated: str = ""
    vendor: str = ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to ask, for which model, and how long to bear silence (seconds).

    `query` goes with every address below `url`.
    """

    title: str
    url: str
    model: str
    timeout: float
    key: str = field(default="", repr=False)
    key_variable: str = ""
    address_variable: str = ""
    local: bool = False
    header: str = "Authorization"
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def credentials(self) -> dict[str, str]:
        """The header that carries the key; none without one."""
        if not self.key:
            return {}
        return {self.header: f"Bearer {self.key}" if self.header == "Authorization" else self.key}

    @property
    def place(self) -> str:
        """The server in words, for messages."""
        return f"{self.title} at {visible(self.url)}"


class PassingError(BackendError):
    """A failure that may pass; `pause` is how long the server asks to wait, seconds."""

    def __init__(self, message: str, *, status: int | None = None, pause: float = 0.0) -> None:
        super().__init__(message, retryable=True, status=status)
        self.pause = pause


def said_by(endpoint: Endpoint, text: str) -> str:
    """The server's own words for a message: one safe line, the key taken out."""
    try:
        words = error_words(read_json(text))
    except ValueError:
        words = "" if text.lstrip().startswith("<") else text
    for secret in _secrets(endpoint.key):
        words = words.replace(secret, "***")
    line = visible(normalise(words[:2000]))
    return f": {line[:200]}" if line else ""


def _secrets(key: str) -> list[str]:
    """A key in the forms that a server may echo; "user:password" goes out in base64."""
    forms = (key, b64encode(key.encode()).decode(), key.partition(":")[2])
    return [form for form in forms if len(form) > 3]


_SAYING = ("errors", "error", "detail", "message", "msg", "code")


def error_words(found: Any, depth: int = 4) -> str:  # noqa: ANN401
    """What an error says, in whichever of the usual shapes; "" where it says nothing.

    OpenAI nests {"error": {"message"}}, FastAPI lists {"detail": [{"loc", "msg"}]}, Stability
    {"errors": [...]}; AUTOMATIC1111 puts the type under "error" and the words under "errors".
    """
    if isinstance(found, str) or not depth:
        return found if isinstance(found, str) else ""
    if isinstance(found, list):
        return "; ".join(filter(None, (error_words(one, depth - 1) for one in found[:5])))
    if not isinstance(found, dict):
        return ""
    words = (error_words(found[key], depth - 1) for key in _SAYING if found.get(key))
    said, place = next(filter(None, words), ""), found.get("loc")
    return f"{place[-1]}: {said}" if said and isinstance(place, list) and place else said


_ADDRESSED = re.compile(r"(?:(?P<model>.*)@)?(?P<address>https?://.*)", re.DOTALL | re.IGNORECASE)


def open_endpoint(
    scheme: str, service: Service, rest: str, *, environ: Mapping[str, str], timeout: float
) -> Endpoint:
    """Where a model of a service is asked. `timeout` is how long it may stay silent, seconds.

    Raises:
        SetupError: no model is named, the key is missing, or the address is none.
    """
    found = _ADDRESSED.fullmatch(rest.strip())
    model = (found["model"] or "" if found else rest).strip() or service.model
    if not model:
        raise SetupError(
            f"{scheme}: no model is named", hint=f"name one of {service.title}'s: {scheme}:MODEL"
        )
    own = environ.get(service.address_variable, "").strip()
    if service.example and not own and not found:
        raise SetupError(
            f"{scheme}: the address is missing: {service.address_variable} is not set",
            hint=f"set {service.address_variable} to yours of {service.title}",
        )
    home = _address(own, service, scheme)
    base = _address(found["address"], service, scheme) if found else home
    ours = base[:2] == home[:2] and bool(own or not service.example)
    key = _key(service, environ) if ours else ""
    wanted = ours and (service.example or base.geturl() == service.address)
    if not key and wanted and service.needs_key:
        raise SetupError(
            f"{scheme}: the key is missing: {service.key_variable} is not set",
            hint=f"set {service.key_variable} to your key of {service.title}",
        )
    base, query = _versioned(base, service, model, environ)
    return Endpoint(
        title=service.title,
        url=base.geturl(),
        model=model,
        timeout=timeout,
        key=key,
        key_variable=service.key_variable,
        address_variable=service.address_variable,
        local=_is_local(base.hostname or ""),
        header=service.header,
        query=query,
    )


def _versioned(
    base: SplitResult, service: Service, model: str, environ: Mapping[str, str]
) -> tuple[SplitResult, dict[str, str]]:
    """The address and the query for a dated version of the API, where one is asked for."""
    asked = (environ.get(name, "").strip() for name in service.version_variables)
    version = next(filter(None, asked), "")
    if not re.fullmatch(r"\d{4}-\d\d-\d\d[\w-]{0,20}", version, re.ASCII):
        return base, {}
    before = base.path.removesuffix(urlsplit(service.address).path)
    path = service.dated.format(model=quote(model, safe=""))
    return base._replace(path=before + path), {"api-version": version}


def _address(text: str, service: Service, scheme: str) -> SplitResult:
    """The API's address: scheme, port and "/v1" filled in from the service's own.

    Ollama's variable is also its server's: "0.0.0.0" there means every interface, which a
    client reaches on the loopback one.
    """
    default = urlsplit(service.address)
    if not text:
        return default
    if "?" in text or "#" in text:  # not shown: what stands behind may be a key
        raise SetupError(
            f"{scheme}: the address of {service.title} carries a query or a fragment",
            hint=f"end it with the path, and put the key into {service.key_variable}",
        )
    try:
        url = urlsplit(text if "://" in text else f"http://{text}")
        host, port = url.hostname or "", url.port
    except ValueError:
        host, port, url = "", None, default
    if not host or url.scheme not in ("http", "https") or re.search(r"[\s\x00-\x1f\x7f]", text):
        shown = text.rpartition("@")[2]
        raise SetupError(
            f"{scheme}: {shown!r} is not an address", hint=f"such as {service.address}"
        )
    if url.username is not None:
        raise SetupError(
            f"{scheme}: the address of {service.title} carries a user name or password",
            hint=f"put the key into {service.key_variable}",
        )
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    if port is None and "://" not in text:
        port = default.port
    netloc = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
    return SplitResult(url.scheme, netloc, url.path.rstrip("/") or default.path, "", "")


def _key(service: Service, environ: Mapping[str, str]) -> str:
    key = environ.get(service.key_variable, "").strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise SetupError(
            f"{service.key_variable} holds characters that no key has",
            hint="it may have been pasted with a line break or quotes",
        )
    return key


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class NotJsonError(ValueError):
    """A payload that is not JSON."""


def read_json(text: str) -> Any:  # noqa: ANN401 - a stranger's JSON holds anything
    """Parse JSON from a stranger.

    Raises:
        ValueError: it is none, or nested too deep.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotJsonError(text[:80]) from error


def key_refused(endpoint: Endpoint, status: int, said: str) -> SetupError:
    """A 401 or 403 in our words."""
    variable = endpoint.key_variable
    if endpoint.key:
        message = f"{endpoint.place} refused the key in {variable} ({status}){said}"
        return SetupError(message, hint=f"check {variable}")
    return SetupError(
        f"{endpoint.place} wants a key ({status}){said}",
        hint=f"set {variable}, and {endpoint.address_variable} to the server it is for",
    )


def pause_of(text: str) -> float:
    """Seconds of a Retry-After header, a number or a date; 0 where it says nothing."""
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text.strip()):
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError):
        return 0.0
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
