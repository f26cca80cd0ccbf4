"""Names of Bedrock's models."""

from __future__ import annotations

import pytest

from bozzetto.adapters.bedrock_ids import plain_id


@pytest.mark.parametrize(
    ("model", "plain"),
    [
        ("amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"),
        ("us.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"),
        ("global.anthropic.claude-opus-5", "anthropic.claude-opus-5"),
        (
            "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
            "amazon.nova-lite-v1:0",
        ),
        (
            "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.mistral.pixtral-large",
            "mistral.pixtral-large",
        ),
        ("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/ab12", "ab12"),
        ("usual.model", "usual.model"),
    ],
)
def test_the_id_within_a_name(model: str, plain: str) -> None:
    assert plain_id(model) == plain
