"""See optimized prompts for an idea.

    python3 scripts/try.py "a cartoon of a small dog"

Sets up .venv in the clone at the first run. What follows the idea goes to `bozzetto optimize`.
Unless BOZZETTO_HOME says otherwise the library lies in the clone too, in .home, so that removing
the clone removes everything.
"""

from __future__ import annotations

import os
import subprocess
import sys

import setup_env

EXAMPLE = "a cartoon of a small dog"


def main(arguments: list[str]) -> int:
    """Run `bozzetto optimize` in the clone's own environment; its exit code is ours."""
    python = setup_env.start()
    home = os.environ.get("BOZZETTO_HOME") or str(setup_env.ROOT / ".home")
    command = [str(python), "-m", "bozzetto", "optimize", *(arguments or [EXAMPLE])]
    return subprocess.run(
        command, env={**os.environ, "BOZZETTO_HOME": home}, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
