"""Run the tests.

    python3 scripts/test.py

Sets up .venv in the clone at the first run. Arguments go to pytest. Tests whose needs are
missing are skipped and say why; BOZZETTO_REQUIRE=llm installs a small chat model and the
server it runs in, and makes their absence a failure (tests/conftest.py).
"""

from __future__ import annotations

import os
import subprocess
import sys

import setup_env

INSTALLABLE = ("llm",)
"""Needs of tests that are met by installing the dependency group of the same name."""


def main(arguments: list[str]) -> int:
    """Run pytest in the clone's own environment; its exit code is ours."""
    required = os.environ.get("BOZZETTO_REQUIRE", "").replace(" ", "").split(",")
    python = setup_env.start(("test", *(name for name in INSTALLABLE if name in required)))
    command = [str(python), "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=setup_env.ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
