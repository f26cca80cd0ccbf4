"""The server refuses what the service refuses, and the vendor's own client takes it for that."""

from typing import Any

import httpx2
import pytest

from bozzetto.testing.anthropic_server import KEY, AnthropicServer, refusal

GOOD: dict[str, Any] = {
    "model": "claude-haiku-4-5",
    "max_tokens": 20,
    "messages": [{"role": "user", "content": "hi"}],
}
HEADERS = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
NEWEST = {**HEADERS, "anthropic-version": "2026-10-21"}


def told(
    body: dict[str, Any],
    *,
    headers: dict[str, str] = HEADERS,
    path: str = "/v1/messages",
    method: str = "POST",
) -> tuple[int, str]:
    with AnthropicServer() as server:
        found = httpx2.request(
            method, f"{server.base}{path}", json=body, headers=headers, trust_env=False
        )
    answer = found.json()
    return found.status_code, answer.get("error", {}).get("message", answer["type"])


def test_a_good_request_is_answered() -> None:
    assert told(GOOD) == (200, "message")
    assert told({**GOOD, "temperature": 1, "top_k": 3, "system": "Be brief."}) == (200, "message")
    assert told(GOOD, headers={"authorization": f"Bearer {KEY}", **NEWEST}) == (200, "message")


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"max_tokens": None}, 400, "max_tokens: Input should be valid"),
        ({"max_tokens": 0}, 400, "max_tokens: Input should be valid"),
        ({"messages": []}, 400, "messages: Input should be valid"),
        ({"messages": [{"role": "system", "content": "x"}]}, 400, "messages: Input should be"),
        ({"messages": [{"role": "user", "content": " "}]}, 400, "messages: Input should be valid"),
        ({"system": ""}, 400, "system: Input should be valid"),
        ({"temperature": 1.1}, 400, "temperature: Input should be valid"),
        ({"stop_sequences": ["\n"]}, 400, "stop_sequences: Input should be valid"),
        ({"stream": "yes"}, 400, "stream: Input should be valid"),
        ({"seed": 7}, 400, "seed: Extra inputs are not permitted"),
        ({"stop": ["x"]}, 400, "stop: Extra inputs are not permitted"),
        ({"output_config": {"effort": "none"}}, 400, "output_config: Input should be valid"),
        ({"model": "claude-0"}, 404, "model: claude-0"),
        ({"model": "claude-opus-5-5", "top_p": 0.5}, 400, "`top_p` is deprecated for this model."),
        ({"model": "claude-opus-5-5", "thinking": {"type": "disabled"}}, 400, "is not supported"),
        (
            {"model": "claude-opus-5-5", "messages": [{"role": "assistant", "content": "x"}]},
            400,
            "This model does not support assistant message prefill.",
        ),
    ],
)
def test_what_is_wrong_with_a_body_is_told(change: dict[str, Any], status: int, said: str) -> None:
    found = told({**GOOD, **change})
    assert found[0] == status
    assert said in found[1]


def test_what_is_wrong_before_the_body_is_told() -> None:
    assert told(GOOD, path="/v1/complete") == (404, "Not Found")
    assert told(GOOD, method="PUT") == (405, "Method Not Allowed")
    assert told(GOOD, headers={**HEADERS, "x-api-key": "other"}) == (401, "invalid x-api-key")
    assert told(GOOD, headers={"x-api-key": KEY})[0] == 400
    assert told({"model": "m"}) == (400, "max_tokens: Field required")
    newest = told({**GOOD, "temperature": 1.0}, headers=NEWEST)
    assert newest == (400, "temperature: Extra inputs are not permitted")


def test_turns_follow_one_another_and_only_good_requests_take_one() -> None:
    busy = refusal(529, "overloaded_error", "Overloaded", "retry-after: 2")
    with AnthropicServer(busy, "good") as server:
        client = httpx2.Client(base_url=server.base, headers=HEADERS, trust_env=False)
        with client:
            found = [client.post("/v1/messages", json=body) for body in ({}, GOOD, GOOD, GOOD)]
    assert [one.status_code for one in found] == [400, 529, 200, 200]
    assert found[1].headers["retry-after"] == "2"
    assert server.problems == ["model: Field required"]


def test_its_own_client_finds_the_server_to_be_the_service() -> None:
    anthropic = pytest.importorskip("anthropic")
    hello = [{"role": "user", "content": "hi"}]
    with AnthropicServer("good morning") as server:
        client = anthropic.Anthropic(api_key=KEY, base_url=server.base, max_retries=0)
        with client.messages.stream(
            model="claude-haiku-5-5", max_tokens=20, messages=hello, system="Be brief."
        ) as stream:
            assert list(stream.text_stream) == ["good ", "morning"]
            final = stream.get_final_message()
        assert (final.stop_reason, final.usage.input_tokens, final.usage.output_tokens) == (
            "end_turn", 12, 5
        )  # fmt: skip
        whole = client.messages.create(model="claude-haiku-5-5", max_tokens=20, messages=hello)
        assert whole.content[0].text == "good morning"
        with pytest.raises(anthropic.BadRequestError, match="Extra inputs are not permitted"):
            client.messages.create(
                model="claude-haiku-4-5", max_tokens=20, messages=hello,
                extra_body={"temperature": 1.0},
            )  # fmt: skip
        with pytest.raises(anthropic.NotFoundError, match="model: claude-0"):
            client.messages.create(model="claude-0", max_tokens=20, messages=hello)
        other = anthropic.Anthropic(api_key="sk-wrong", base_url=server.base, max_retries=0)
        with pytest.raises(anthropic.AuthenticationError, match="invalid x-api-key"):
            other.messages.create(model="claude-haiku-5-5", max_tokens=20, messages=hello)
        client.close()
        other.close()
