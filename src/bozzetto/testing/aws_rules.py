"""Which rule stands for a model or an endpoint of Amazon's, among those for each kind of model."""

from __future__ import annotations

import re

from bozzetto.testing import aws_embed_rules, aws_image_rules
from bozzetto.testing.aws_checks import Rule

__all__ = ["endpoint_rule", "model_rule", "plain_id"]

_MODELS = (*aws_embed_rules.RULES, *aws_image_rules.RULES)
_ENDPOINTS = (*aws_embed_rules.ENDPOINTS, *aws_image_rules.ENDPOINTS)


def plain_id(model: str) -> str:
    """A model's id, out of an id, an inference profile or an ARN."""
    return re.sub(r"^(?:arn:.*/)?(?:(?:us-gov|us|eu|apac|au|ca|jp|global)\.)?", "", model)


def model_rule(model: str) -> Rule | None:
    """The rule of a Bedrock model, by its id, inference profile or ARN."""
    plain = plain_id(model)
    return next((rule for start, rule in _MODELS if plain.startswith(start)), None)


def endpoint_rule(endpoint: str) -> Rule:
    """The rule of an endpoint, by what its name holds."""
    return next(rule for part, rule in _ENDPOINTS if part in endpoint)
