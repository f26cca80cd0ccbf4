"""Bedrock and SageMaker through the contract: boto3's own client against a loopback server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from bozzetto.plugins import load
from bozzetto.ports import ChatModel
from bozzetto.testing.aws_server import AwsServer
from bozzetto.testing.chat import ChatContract

NAMES = (
    ("bedrock", "us.anthropic.claude-sonnet-4-6"),
    ("bedrock", "anthropic.claude-opus-4-7"),
    ("bedrock", "arn:aws:bedrock:us-west-2::foundation-model/amazon.nova-lite-v1:0"),
    ("bedrock", "amazon.titan-text-express-v1"),
    ("bedrock", "ai21.jamba-1-5-mini-v1:0"),
    ("bedrock", "ai21.j2-ultra-v1"),
    ("bedrock", "cohere.command-r-v1:0"),
    ("bedrock", "cohere.command-text-v14"),
    ("bedrock", "meta.llama3-8b-instruct-v1:0"),
    ("bedrock", "mistral.mistral-7b-instruct-v0:2"),
    ("sagemaker", "jumpstart-dft-hf-llm-falcon-7b-instruct-bf16"),
    ("sagemaker", "llama2@jumpstart-dft-meta-textgeneration-llama-2-7b-f"),
    ("sagemaker", "jumpstart-dft-hf-text2text-flan-t5-xl"),
    ("sagemaker", "jumpstart-dft-hf-textgeneration1-bloomz-7b1-fp16"),
    ("sagemaker", "cohere-command-medium"),
    ("sagemaker", "j2-mid"),
    ("sagemaker", "messages@my-vllm"),
)


@pytest.fixture(scope="module")
def server() -> Iterator[AwsServer]:
    with AwsServer() as running:
        yield running


@pytest.fixture(scope="module")
def opened() -> dict[str, ChatModel]:
    """Each is opened once: boto3 takes its time, and one that was closed serves again."""
    return {}


@pytest.mark.parametrize("chat", NAMES, indirect=True, ids=[":".join(name) for name in NAMES])
class TestAws(ChatContract):
    @pytest.fixture
    def chat(
        self,
        request: pytest.FixtureRequest,
        server: AwsServer,
        opened: dict[str, ChatModel],
        require: Callable[[str], object],
    ) -> ChatModel:
        require("aws")
        scheme, rest = request.param
        if rest not in opened:
            opened[rest] = load("chat", scheme)(rest, environ=server.environ, timeout=20.0)
        return opened[rest]
