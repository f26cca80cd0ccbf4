"""Writing by Amazon's models from the command line, over loopback servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import pytest
from tests.cli.conftest import Run

from bozzetto.testing.aws_server import AwsServer, Fault

IDEA = "a small dog in the rain"
LOOKS = (
    "watercolor, soft window light, muted palette, wide shot, quiet mood",
    "charcoal drawing, strong side light, monochrome, close-up, fine paper grain, tense mood",
)
GONE = "anthropic.claude-v2:1"


@pytest.fixture
def server(
    require: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> Iterator[AwsServer]:
    require("aws")
    looks = cycle(LOOKS)
    with AwsServer(gone=(GONE,), says=lambda _: f"PROMPT: {IDEA}, {next(looks)}") as running:
        for name, value in running.environ.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.mark.parametrize(
    "chat",
    [
        "bedrock:us.anthropic.claude-sonnet-4-6",
        "bedrock:amazon.titan-text-express-v1",
        "bedrock:ai21.j2-mid-v1",
        "sagemaker:tgi@my-falcon",
    ],
)
def test_candidates_are_signed_with_the_model_that_wrote_them(
    run: Run, small_home: Path, server: AwsServer, chat: str
) -> None:
    answer = run(
        "optimize", IDEA, "-n", "2", "--chat", chat, "--home", str(small_home), "--format", "json",
        "--no-save",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert {one["chat"] for one in answer.json["candidates"]} == {chat}
    assert {one["prompt"] for one in answer.json["candidates"]} == {
        f"{IDEA}, {look}" for look in LOOKS
    }
    assert all("example-secret" not in str(call) for call in server.calls)


def test_a_model_at_its_end_is_one_line_and_exit_4(
    run: Run, small_home: Path, server: AwsServer
) -> None:
    answer = run("optimize", IDEA, "--chat", f"bedrock:{GONE}", "--home", str(small_home))
    assert answer.code == 4
    assert "end of its life" in str(answer.error)
    assert "list-foundation-models" in str(answer.error and answer.error.hint)


def test_the_wrong_region_is_exit_4(
    run: Run, small_home: Path, server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    answer = run(
        "optimize", IDEA, "--chat", "bedrock:amazon.nova-lite-v1:0", "--home", str(small_home)
    )
    assert answer.code == 4
    assert "AWS_REGION" in str(answer.error and answer.error.hint)


def test_no_credentials_are_exit_4(
    run: Run, small_home: Path, server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    answer = run(
        "optimize", IDEA, "--chat", "bedrock:amazon.nova-lite-v1:0", "--home", str(small_home)
    )
    assert answer.code == 4
    assert "AWS_ACCESS_KEY_ID" in str(answer.error and answer.error.hint)
    assert server.calls == []


def test_where_bedrock_gives_out_compose_stands_in(
    run: Run, small_home: Path, server: AwsServer
) -> None:
    server.plan(*[Fault("ModelErrorException", "out of memory")] * 9)
    answer = run(
        "optimize", IDEA, "-n", "2", "--chat", "bedrock:amazon.nova-lite-v1:0",
        "--home", str(small_home), "--format", "json",
    )  # fmt: skip
    assert answer.code == 6
    assert "out of memory" in answer.json["degraded"]
    assert {one["chat"] for one in answer.json["candidates"]} == {"compose"}
