"""Names of models at Amazon Bedrock: ids, inference profiles, ARNs."""

from __future__ import annotations

import re

__all__ = ["plain_id"]

_BEFORE = re.compile(r"^(?:arn:[^/]*/)?(?:(?:us-gov|us|eu|apac|au|ca|jp|global)\.)?")


def plain_id(model: str) -> str:
    """The model's id out of an id, an inference profile or an ARN that carries it.

    What carries none, as an ARN of one's own profile, gives its last part.
    """
    return _BEFORE.sub("", model)
