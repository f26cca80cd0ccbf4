"""Check that a release holds what the program needs.

    python scripts/check_package.py

Builds the source archive, and the wheel from that archive alone, as a stranger would; the wheel
must hold every file of src/bozzetto, CLIP's vocabulary and the licences, and nothing else.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import check_wheels

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src"


def build(folder: Path) -> Path:
    """Build both into a folder; the path of the wheel."""
    command = [*check_wheels.find_uv(), "build", "--quiet", "--out-dir", str(folder), str(ROOT)]
    subprocess.run([*command, "--python", sys.executable], check=True)
    return next(folder.glob("*.whl"))


def main() -> int:
    """Compare the wheel with the source; 1 where they differ."""
    with tempfile.TemporaryDirectory() as folder:
        wheel = build(Path(folder))
        held = set(zipfile.ZipFile(wheel).namelist())
        size = wheel.stat().st_size
    wanted = {
        path.relative_to(SRC).as_posix()
        for path in (SRC / "bozzetto").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    code = {name for name in held if ".dist-info/" not in name}
    licences = {Path(name).name for name in held - code if "/licenses/" in name}
    problems = [
        *(f"missing: {name}" for name in sorted(wanted - code)),
        *(f"too much: {name}" for name in sorted(code - wanted)),
        *(f"missing: {name}" for name in sorted({"LICENSE", "NOTICE"} - licences)),
    ]
    print("\n".join(problems) or f"{len(held)} files, {size / 1e6:.1f} MB")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
