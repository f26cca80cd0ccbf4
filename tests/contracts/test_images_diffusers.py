"""Diffusers through the contract, for real: tiny pipelines with random weights, on a CPU."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bozzetto.plugins import load
from bozzetto.ports import ImageGenerator
from bozzetto.testing.images import ImageContract

Require = Callable[[str], Path]


@pytest.fixture(scope="session")
def models(require: Require, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny pipeline of each kind."""
    require("diffusers")
    from bozzetto.testing.tiny_pipelines import KINDS, build_pipeline

    folder = tmp_path_factory.mktemp("models")
    for kind in KINDS:
        build_pipeline(folder / kind, kind)
    return folder


@pytest.fixture
def images(request: pytest.FixtureRequest, models: Path) -> Iterator[ImageGenerator]:
    found = load("images", "diffusers")(str(models / request.cls.KIND), environ={}, timeout=1.0)
    yield found
    asyncio.run(found.aclose())


class TestStableDiffusion(ImageContract):
    KIND = "sd"


class TestStableDiffusionXL(ImageContract):
    KIND = "sdxl"


class TestStableDiffusion3(ImageContract):
    KIND = "sd3"
