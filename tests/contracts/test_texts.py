from __future__ import annotations

from collections.abc import Callable

import pytest

from bozzetto.adapters.texts import tantivy
from bozzetto.ports import TextIndex
from bozzetto.testing.texts import TextIndexContract


class TestTantivy(TextIndexContract):
    @pytest.fixture
    def make(self) -> Callable[[], TextIndex]:
        return tantivy.open_index
