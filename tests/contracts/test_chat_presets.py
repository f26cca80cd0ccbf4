"""Every service that speaks like OpenAI through the contract, against a server of that protocol."""

from collections.abc import Iterator

import pytest

from bozzetto.adapters.chat.openai import SERVICES, open_service
from bozzetto.ports import ChatModel
from bozzetto.testing.chat import ChatContract
from bozzetto.testing.chat_server import ChatServer, answer

HEADERS = {"azure": ("api-key", "k-123")}


class TestPresets(ChatContract):
    @pytest.fixture(params=SERVICES)
    def chat(self, request: pytest.FixtureRequest) -> Iterator[ChatModel]:
        scheme, service = request.param, SERVICES[request.param]
        with ChatServer(lambda body: answer("good morning to you too")) as server:
            environ = {service.address_variable: server.address, service.key_variable: "k-123"}
            yield open_service(scheme, "vendor/tiny:3b", environ=environ, timeout=10.0)
            name, value = HEADERS.get(scheme, ("authorization", "Bearer k-123"))
            assert all(head[name] == value for head in server.heads)
            assert all(body["model"] == "vendor/tiny:3b" for body in server.requests)
