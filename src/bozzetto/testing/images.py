"""The contract of an image generator as tests to inherit, and one that follows a script.

    class TestMine(ImageContract):
        @pytest.fixture
        def images(self) -> ImageGenerator:
            return open_mine("a-model", environ={...}, timeout=10)

The generator behind it must draw something for a plain prompt at its smallest cost; what it
shows does not matter.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace

from bozzetto.ports import ImageFeatures, ImageGenerator
from bozzetto.types import (
    Effective,
    ImageEvent,
    ImageFiltered,
    ImageMade,
    ImageProgress,
    ImageRequest,
)

__all__ = ["PLAIN", "ImageContract", "ScriptedImages", "collect", "picture"]

PLAIN = ImageRequest(
    prompt="a small dog", negative="cat", seed=7, steps=2, guidance=5.0, width=512, height=512
)
"""A request that every image generator can meet."""

Answer = bytes | ImageFiltered | Exception
Script = Callable[[ImageRequest], Answer]


async def collect(images: ImageGenerator, request: ImageRequest) -> list[ImageEvent]:
    """All the events of one picture."""
    return [event async for event in images.stream(request)]


def picture(request: ImageRequest, *, size: tuple[int, int] = (64, 64)) -> bytes:
    """A small PNG whose colour depends on the seed alone."""
    from PIL import Image

    file = io.BytesIO()
    colour = tuple((request.seed * step + 40) % 256 for step in (37, 91, 151))
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


class ScriptedImages:
    """An image generator that gives what a function makes of the request.

    A real implementation of the port, for tests and demonstrations: the bytes of a file are a
    picture, an exception is raised. `delay` seconds pass before each of the `steps` it tells of.
    `asked` holds the requests, in order; `cancelled` counts those left early.
    """

    def __init__(
        self,
        script: Script = picture,
        *,
        name: str = "scripted:",
        delay: float = 0.0,
        steps: int = 1,
        parallel: int = 1,
    ) -> None:
        self._script = script
        self._delay = delay
        self._steps = steps
        self._features = ImageFeatures(name=name, parallel=parallel, previews=True)
        self.asked: list[ImageRequest] = []
        self.cancelled = 0
        self.closed = 0

    @property
    def features(self) -> ImageFeatures:
        """What the generator is."""
        return self._features

    def stream(self, request: ImageRequest) -> AsyncGenerator[ImageEvent]:
        """Give the scripted answer."""
        return self._stream(request)

    async def _stream(self, request: ImageRequest) -> AsyncGenerator[ImageEvent]:
        self.asked.append(request)
        try:
            for step in range(self._steps):
                await asyncio.sleep(self._delay)
                yield ImageProgress(step / self._steps, picture(request, size=(8, 8)))
        except (asyncio.CancelledError, GeneratorExit):
            self.cancelled += 1
            raise
        answer = self._script(request)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, ImageFiltered):
            yield answer
            return
        yield ImageMade(
            answer,
            Effective(
                prompt=request.prompt,
                negative=request.negative,
                seed=request.seed,
                steps=request.steps,
                guidance=request.guidance,
                sampler=request.sampler,
                model="scripted",
            ),
        )

    async def aclose(self) -> None:
        """Count it."""
        self.closed += 1


class ImageContract:
    """What every image generator does. A subclass gives a fixture `images`."""

    def test_features_name_it_by_its_scheme(self, images: ImageGenerator) -> None:
        """The name is what a picture is signed with."""
        scheme, colon, _ = images.features.name.partition(":")
        assert scheme
        assert colon
        assert images.features.parallel >= 1

    def test_a_picture_is_progress_then_one_end(self, images: ImageGenerator) -> None:
        """Progress grows and stays within 0-1; the end is last, once, and a picture."""
        *before, end = asyncio.run(collect(images, PLAIN))
        assert isinstance(end, ImageMade)
        done = [event.done for event in before if isinstance(event, ImageProgress)]
        assert len(done) == len(before)
        assert done == sorted(done)
        assert all(0 <= share <= 1 for share in done)
        assert _size(end.data)

    def test_what_really_made_it_is_told(self, images: ImageGenerator) -> None:
        """The prompt always; the seed where it is honoured."""
        end = asyncio.run(collect(images, PLAIN))[-1]
        assert isinstance(end, ImageMade)
        assert end.effective.prompt
        if images.features.seeds:
            assert end.effective.seed is not None
        if not images.features.negative:
            assert end.effective.negative is None

    def test_equal_requests_give_equal_pictures_where_it_seeds(
        self, images: ImageGenerator
    ) -> None:
        """Only generators that say so are held to it."""
        if images.features.seeds:
            first, second = (asyncio.run(collect(images, PLAIN))[-1] for _ in range(2))
            other = asyncio.run(collect(images, replace(PLAIN, seed=8)))[-1]
            assert isinstance(first, ImageMade)
            assert isinstance(second, ImageMade)
            assert isinstance(other, ImageMade)
            assert _pixels(first.data) == _pixels(second.data)
            assert _pixels(first.data) != _pixels(other.data)

    def test_it_leaves_to_the_back_end_what_is_not_asked(self, images: ImageGenerator) -> None:
        """A prompt alone is a whole request."""
        end = asyncio.run(collect(images, ImageRequest("a small dog")))[-1]
        assert isinstance(end, ImageMade)

    def test_pictures_come_side_by_side(self, images: ImageGenerator) -> None:
        """Several streams of one object do not disturb one another."""

        async def three() -> list[list[ImageEvent]]:
            requests = [replace(PLAIN, seed=seed) for seed in (1, 2, 3)]
            return await asyncio.gather(*(collect(images, one) for one in requests))

        assert [type(events[-1]) for events in asyncio.run(three())] == [ImageMade] * 3

    def test_it_serves_one_event_loop_after_another(self, images: ImageGenerator) -> None:
        """Synchronous callers run a loop a call; nothing may belong to the first."""
        first, second = (asyncio.run(collect(images, PLAIN))[-1] for _ in range(2))
        assert isinstance(first, ImageMade)
        assert isinstance(second, ImageMade)

    def test_a_picture_can_be_left_early(self, images: ImageGenerator) -> None:
        """Leaving frees what the call held; the next one works."""

        async def leave() -> None:
            stream = images.stream(PLAIN)
            await anext(stream)
            if isinstance(stream, AsyncGenerator):
                await stream.aclose()

        asyncio.run(leave())
        assert isinstance(asyncio.run(collect(images, PLAIN))[-1], ImageMade)

    def test_closing_twice_is_fine(self, images: ImageGenerator) -> None:
        """So that callers need not remember."""

        async def close() -> None:
            await images.aclose()
            await images.aclose()

        asyncio.run(close())


def _size(data: bytes) -> tuple[int, int]:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as found:
        return found.size


def _pixels(data: bytes) -> bytes:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as found:
        return found.convert("RGB").tobytes()
