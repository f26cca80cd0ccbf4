"""From `bozzetto serve` to a picture that is reviewed and exported, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bench.newcomer import serving, walk, walk_claims

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_a_newcomer_gets_from_serve_to_an_exported_picture(
    browser: Browser, tmp_path: Path
) -> None:
    with serving(tmp_path / "home") as address:
        claims = list(walk_claims(walk(address, browser)))
    untimed = [claim for claim in claims if not claim.number.endswith(" ms")]
    assert [claim.line() for claim in untimed if not claim.holds] == []
    assert len(untimed) == len(claims) - 1
