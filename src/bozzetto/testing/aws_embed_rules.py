"""What Amazon documents of its embedding models: which bodies they take, what they answer."""

from __future__ import annotations

from bozzetto.testing.aws_checks import Rule

__all__ = ["ENDPOINTS", "RULES"]

RULES: tuple[tuple[str, Rule], ...] = ()
"""How the ids of Bedrock's models begin, and their rules."""

ENDPOINTS: tuple[tuple[str, Rule], ...] = ()
"""What an endpoint's name holds, and the rule of its container."""
