"""Every preset of the OpenAI-compatible adapter through the contract.

The server holds each request against what is documented of chat completions: the path, the
header that carries the key, the fields and their types; anything else is answered with 400.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from bozzetto.plugins import load
from bozzetto.ports import ChatModel
from bozzetto.testing.chat import ChatContract
from bozzetto.testing.chat_server import ChatServer, Step, answer

KEY = "sk-contract"

PRESETS = {
    "openai": ("gpt-4.1-mini", {"OPENAI_BASE_URL": "{}", "OPENAI_API_KEY": KEY}),
    "azure": ("my-deployment", {"AZURE_OPENAI_ENDPOINT": "{}", "AZURE_OPENAI_API_KEY": KEY}),
    "ollama": ("llama3.2:3b", {"OLLAMA_HOST": "{}"}),
    "llamacpp": ("", {"LLAMACPP_BASE_URL": "{}", "LLAMACPP_API_KEY": KEY}),
    "vllm": ("meta-llama/Llama-3.1-8B-Instruct", {"VLLM_BASE_URL": "{}", "VLLM_API_KEY": KEY}),
    "lmstudio": ("", {"LMSTUDIO_BASE_URL": "{}"}),
    "openrouter": ("some/model:free", {"OPENROUTER_BASE_URL": "{}", "OPENROUTER_API_KEY": KEY}),
}
"""The model that is named, and the variables; {} stands for the server's address."""

HEADERS = {"azure": ("api-key", KEY), "ollama": ("", ""), "lmstudio": ("", "")}
"""What carries the key where that is not a bearer token."""

_FIELDS: dict[str, type | tuple[type, ...]] = {
    "model": str,
    "messages": list,
    "stream": bool,
    "stream_options": dict,
    "max_tokens": int,
    "max_completion_tokens": int,
    "temperature": (int, float),
    "seed": int,
    "stop": list,
}


def problem(scheme: str, head: Mapping[str, str], body: Mapping[str, Any]) -> str | None:
    """What is wrong with a request, or None."""
    method, path, _ = head[""].split(" ")
    if method != "POST" or not path.partition("?")[0].endswith("/v1/chat/completions"):
        return f"no route {method} {path}"
    name, value = HEADERS.get(scheme, ("authorization", f"Bearer {KEY}"))
    if name and head.get(name) != value:
        return f"{name} is {head.get(name)!r}"
    if head.get("content-type", "").partition(";")[0] != "application/json":
        return "not JSON"
    for field, value in body.items():
        if field not in _FIELDS or not isinstance(value, _FIELDS[field]):
            return f"{field}: {value!r}"
    for message in body["messages"]:
        if set(message) != {"role", "content"} or message["role"] not in ("system", "user"):
            return f"message: {message!r}"
    return None if body["model"] == (PRESETS[scheme][0] or "default") else "another model"


class PresetServer(ChatServer):
    """A service of that name."""

    def __init__(self, scheme: str) -> None:
        super().__init__(lambda _: answer("good morning to you too"))
        self.scheme = scheme

    def reply(self, head: Mapping[str, str], body: Mapping[str, Any]) -> Iterable[Step]:
        """The documented answer, or what is wrong with the request."""
        wrong = problem(self.scheme, head, body)
        if wrong is None:
            return super().reply(head, body)
        said = json.dumps({"error": {"message": wrong, "type": "invalid_request_error"}}).encode()
        lines = f"HTTP/1.1 400 Bad Request\r\nContent-Length: {len(said)}\r\n"
        return [f"{lines}Content-Type: application/json\r\n\r\n".encode() + said]


@pytest.fixture(params=PRESETS, scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[PresetServer]:
    with PresetServer(request.param) as found:
        yield found


class TestPresets(ChatContract):
    @pytest.fixture
    def chat(self, server: PresetServer) -> ChatModel:
        model, variables = PRESETS[server.scheme]
        address = server.address if server.scheme != "ollama" else server.address[: -len("/v1")]
        environ = {name: value.format(address) for name, value in variables.items()}
        made: ChatModel = load("chat", server.scheme)(model, environ=environ, timeout=5.0)
        return made

    def test_the_key_is_nowhere_to_be_read(self, chat: ChatModel) -> None:
        assert KEY not in repr(chat) + repr(vars(chat)) + repr(chat.features)
