"""The build puts in what the program reads: the same file, by the same hash."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HASH = re.compile(r'"([0-9a-f]{64})"')


def test_hook_and_program_agree_on_the_vocabulary() -> None:
    hook = HASH.findall((ROOT / "scripts" / "build_hook.py").read_text("utf-8"))
    program = HASH.findall((ROOT / "src/bozzetto/text/tokens.py").read_text("utf-8"))
    built = ROOT / "src/bozzetto/text/clip_merges.txt.gz"
    assert hook == program == [hashlib.sha256(built.read_bytes()).hexdigest()]
