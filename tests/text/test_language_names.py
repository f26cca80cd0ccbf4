"""Languages by their names."""

from __future__ import annotations

from bozzetto.text.language_names import called


def test_a_language_is_called_by_its_name_and_an_unknown_one_by_its_code() -> None:
    assert [called(code) for code in ("it", "zh", "xx")] == ["Italian", "Chinese", "xx"]
