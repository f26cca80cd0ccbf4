"""Run a command with every non-loopback socket refused.

    python3 scripts/offline.py COMMAND...

Reaches the Python processes of the command; see no_network/sitecustomize.py for how.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "no_network"


def environment() -> dict[str, str]:
    """Our own environment, with the refusal first on PYTHONPATH."""
    paths = [str(FOLDER), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def main(command: list[str]) -> int:
    """Run the command; its exit code is ours."""
    if not command:
        print("usage: python3 scripts/offline.py COMMAND...", file=sys.stderr)
        return 2
    return subprocess.run(command, env=environment(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
