"""Run the tests.

    python3 scripts/test.py

Sets up .venv in the clone at the first run. Arguments go to pytest. Tests whose needs are
missing are skipped and say why; BOZZETTO_REQUIRE=browser,llm, or others of GROUPS below, installs
what the ones that it names need, and makes its absence a failure (tests/conftest.py).
A browser comes from the system: Chromium.
"""

from __future__ import annotations

import os
import subprocess
import sys

import setup_env

GROUPS = {
    "llm": "llm",
    "diffusers": "pictures",
    "aws": "pictures",
    "browser": "pages",
    "schemathesis": "pages",
    "mcp": "integrations",
    "langchain": "integrations",
    "streamlit": "integrations",
    "backends": "backends",
}
"""Needs of tests and the dependency groups of pyproject.toml that meet them."""


def groups(required: str) -> tuple[str, ...]:
    """The dependency groups that a list of needs asks for, each once."""
    needs = required.replace(" ", "").split(",")
    return tuple(dict.fromkeys(GROUPS[need] for need in needs if need in GROUPS))


def main(arguments: list[str]) -> int:
    """Run pytest in the clone's own environment; its exit code is ours."""
    python = setup_env.start(("test", *groups(os.environ.get("BOZZETTO_REQUIRE", ""))))
    command = [str(python), "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=setup_env.ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
