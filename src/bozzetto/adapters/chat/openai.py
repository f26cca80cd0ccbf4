"""Any endpoint that speaks OpenAI's chat completions: one adapter, a row for each service.

`rest` is a model's name, optionally followed by "@" and the address of the API
("llama3.2@http://host:11434/v1"). An address that the caller names gets the service's key
only when the environment or our table names the same host: a key belongs to its host. A model
of Azure is the name of a deployment there.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from functools import partial

from bozzetto.adapters.chat.calling import Call, answer
from bozzetto.adapters.chat.completions import COMPLETIONS, body_of
from bozzetto.adapters.endpoint import Endpoint, Service, open_endpoint
from bozzetto.adapters.models import Known, known
from bozzetto.ports import ChatFeatures
from bozzetto.types import ChatEvent, ChatRequest

__all__ = [
    "SERVICES",
    "OpenAIChat",
    "open_azure",
    "open_llamacpp",
    "open_lmstudio",
    "open_ollama",
    "open_openai",
    "open_openrouter",
    "open_service",
    "open_vllm",
]


SERVICES: dict[str, Service] = {
    "openai": Service(
        "OpenAI",
        "https://api.openai.com/v1",
        "OPENAI_BASE_URL",
        "OPENAI_API_KEY",
        True,
        vendor="openai",
    ),
    "azure": Service(
        "Azure OpenAI",
        "https://RESOURCE.openai.azure.com/openai/v1",
        "AZURE_OPENAI_ENDPOINT",
        "AZURE_OPENAI_API_KEY",
        True,
        example=True,
        header="api-key",
        version_variables=("AZURE_OPENAI_API_VERSION", "OPENAI_API_VERSION"),
        dated="/openai/deployments/{model}",
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
    "openrouter": Service(
        "OpenRouter",
        "https://openrouter.ai/api/v1",
        "OPENROUTER_BASE_URL",
        "OPENROUTER_API_KEY",
        True,
    ),
}
"""Scheme to service."""


class OpenAIChat:
    """A chat model behind an OpenAI-compatible endpoint."""

    def __init__(
        self,
        name: str,
        endpoint: Endpoint,
        *,
        fixed: bool = True,
        row: Known | None = None,
    ) -> None:
        lifecycle = row.lifecycle if row else None
        self._features = ChatFeatures(name=name, fixed=fixed, lifecycle=lifecycle)
        self._more = row.more if row else {}
        self._endpoint = endpoint
        self._refused: set[str] = set()

    @property
    def features(self) -> ChatFeatures:
        """What the model is."""
        return self._features

    def stream(self, request: ChatRequest) -> AsyncGenerator[ChatEvent]:
        """Stream one answer; each call has a connection of its own."""
        body = body_of(self._endpoint, request, self._more)
        return answer(Call(COMPLETIONS, self._endpoint, request, body, self._refused))

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
    endpoint = open_endpoint(scheme, service, rest, environ=environ, timeout=timeout)
    # A default name stands for whatever the server has loaded.
    name = f"{scheme}:{endpoint.model}"
    row = known(service.vendor, "chat", endpoint.model) if service.vendor else None
    return OpenAIChat(name, endpoint, fixed=endpoint.model != service.model, row=row)


open_azure = partial(open_service, "azure")
open_openrouter = partial(open_service, "openrouter")
open_openai = partial(open_service, "openai")
open_ollama = partial(open_service, "ollama")
open_llamacpp = partial(open_service, "llamacpp")
open_vllm = partial(open_service, "vllm")
open_lmstudio = partial(open_service, "lmstudio")
