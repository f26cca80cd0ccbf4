"""Any endpoint that speaks OpenAI's chat completions: one adapter, a row for each service.

`rest` is a model's name, optionally followed by "@" and the address of the API
("llama3.2@http://host:11434/v1"). An address that the caller names gets the service's key
only when the environment or our table names the same host: a key belongs to its host.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from bozzetto.adapters.chat.completions import answer
from bozzetto.adapters.chat.reading import Endpoint
from bozzetto.errors import SetupError
from bozzetto.ports import ChatFeatures
from bozzetto.types import ChatEvent, ChatRequest

__all__ = [
    "SERVICES",
    "OpenAIChat",
    "Service",
    "open_llamacpp",
    "open_lmstudio",
    "open_ollama",
    "open_openai",
    "open_service",
    "open_vllm",
]


@dataclass(frozen=True, slots=True)
class Service:
    """What differs from one OpenAI-compatible service to the next.

    `model` is the name to send where the user gives none; None where one must be given.
    `needs_key` holds for the default address alone: a server of one's own may want none.
    """

    title: str
    address: str
    address_variable: str
    key_variable: str
    needs_key: bool = False
    model: str | None = None


SERVICES: dict[str, Service] = {
    "openai": Service(
        "OpenAI", "https://api.openai.com/v1", "OPENAI_BASE_URL", "OPENAI_API_KEY", True
    ),
    "ollama": Service("Ollama", "http://127.0.0.1:11434/v1", "OLLAMA_HOST", "OLLAMA_API_KEY"),
    "llamacpp": Service(
        "llama.cpp",
        "http://127.0.0.1:8080/v1",
        "LLAMACPP_BASE_URL",
        "LLAMACPP_API_KEY",
        model="default",
    ),
    "vllm": Service("vLLM", "http://127.0.0.1:8000/v1", "VLLM_BASE_URL", "VLLM_API_KEY"),
    "lmstudio": Service(
        "LM Studio",
        "http://127.0.0.1:1234/v1",
        "LMSTUDIO_BASE_URL",
        "LMSTUDIO_API_KEY",
        model="default",
    ),
}
"""Scheme to service."""

_ADDRESSED = re.compile(r"(?:(?P<model>.*)@)?(?P<address>https?://.*)", re.DOTALL)


class OpenAIChat:
    """A chat model behind an OpenAI-compatible endpoint."""

    def __init__(self, name: str, endpoint: Endpoint, *, fixed: bool = True) -> None:
        self._features = ChatFeatures(name=name, fixed=fixed)
        self._endpoint = endpoint

    @property
    def features(self) -> ChatFeatures:
        """What the model is."""
        return self._features

    def stream(self, request: ChatRequest) -> AsyncGenerator[ChatEvent]:
        """Stream one answer; each call has a connection of its own."""
        return answer(self._endpoint, request)

    async def aclose(self) -> None:
        """Nothing is held between calls."""


def open_service(
    scheme: str, rest: str, *, environ: Mapping[str, str], timeout: float
) -> OpenAIChat:
    """Open a model of a service. `timeout` is how long the server may stay silent, seconds.

    Raises:
        SetupError: no model is named, the key is missing, or the address is none.
    """
    service = SERVICES[scheme]
    found = _ADDRESSED.fullmatch(rest.strip())
    model = (found["model"] or "" if found else rest).strip() or service.model
    if not model:
        raise SetupError(
            f"{scheme}: no model is named", hint=f"name one of {service.title}'s: {scheme}:MODEL"
        )
    home = _address(environ.get(service.address_variable, "").strip(), service, scheme)
    base = _address(found["address"], service, scheme) if found else home
    key = _key(service, environ) if base.netloc == home.netloc else ""
    if not key and service.needs_key and base.geturl() == service.address:
        raise SetupError(
            f"{scheme}: the key is missing: {service.key_variable} is not set",
            hint=f"set {service.key_variable} to your key of {service.title}",
        )
    endpoint = Endpoint(
        title=service.title,
        url=base.geturl(),
        model=model,
        timeout=timeout,
        key=key,
        key_variable=service.key_variable,
        address_variable=service.address_variable,
        local=_is_local(base.hostname or ""),
    )
    # A default name stands for whatever the server has loaded.
    return OpenAIChat(f"{scheme}:{model}", endpoint, fixed=model != service.model)


def _address(text: str, service: Service, scheme: str) -> SplitResult:
    """The API's address: scheme, port and "/v1" filled in from the service's own.

    Ollama's variable is also its server's: "0.0.0.0" there means every interface, which a
    client reaches on the loopback one.
    """
    default = urlsplit(service.address)
    if not text:
        return default
    try:
        url = urlsplit(text if "://" in text else f"http://{text}")
        host, port = url.hostname or "", url.port
    except ValueError:
        host, port, url = "", None, default
    if not host or url.scheme not in ("http", "https") or re.search(r"[\s\x00-\x1f\x7f]", text):
        raise SetupError(f"{scheme}: {text!r} is not an address", hint=f"such as {service.address}")
    if url.username is not None:
        raise SetupError(
            f"{scheme}: the address of {service.title} carries a user name or password",
            hint=f"put the key into {service.key_variable}",
        )
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    if port is None and "://" not in text:
        port = default.port
    netloc = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
    return SplitResult(url.scheme, netloc, url.path.rstrip("/") or default.path, url.query, "")


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


open_openai = partial(open_service, "openai")
open_ollama = partial(open_service, "ollama")
open_llamacpp = partial(open_service, "llamacpp")
open_vllm = partial(open_service, "vllm")
open_lmstudio = partial(open_service, "lmstudio")
