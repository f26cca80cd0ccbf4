"""Every workflow of ours through the contract, and a server of years ago."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bozzetto.adapters.images.comfyui import open_images
from bozzetto.ports import ImageGenerator
from bozzetto.testing.comfyui_server import ComfyServer, Trouble
from bozzetto.testing.images import ImageContract


@pytest.mark.parametrize("workflow", ["sd", "sdxl", "sd3", "flux"])
class TestWorkflows(ImageContract):
    @pytest.fixture
    def images(self, workflow: str) -> Iterator[ImageGenerator]:
        with ComfyServer() as server:
            yield open_images(f"{workflow}@{server.address}", environ={}, timeout=10.0)


class TestOldServer(ImageContract):
    @pytest.fixture
    def images(self) -> Iterator[ImageGenerator]:
        with ComfyServer(trouble=Trouble(old=True)) as server:
            yield open_images("", environ={"COMFYUI_BASE_URL": server.address}, timeout=10.0)
