"""The image generators that need nothing through the contract; others have files of their own."""

import pytest

from bozzetto.plugins import load, names
from bozzetto.ports import ImageGenerator
from bozzetto.testing.images import ImageContract, ScriptedImages


class TestScripted(ImageContract):
    @pytest.fixture
    def images(self) -> ImageGenerator:
        return ScriptedImages()


class TestSketch(ImageContract):
    @pytest.fixture
    def images(self) -> ImageGenerator:
        found: ImageGenerator = load("images", "sketch")("", environ={}, timeout=1.0)
        return found


def test_the_sketch_is_registered() -> None:
    assert "sketch" in names("images")
