"""Which pictures to ask for."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.errors import InputError
from bozzetto.generate.plan import LARGEST_SEED, grid, read_axis, read_size, with_seeds
from bozzetto.types import ImageRequest, ImageTask, Lineage

TASK = ImageTask(ImageRequest("a fox", seed=9), Lineage("candidate", "fox", "c0ffee"))


def test_each_prompt_with_each_seed() -> None:
    other = ImageTask(ImageRequest("a wolf"))
    tasks = with_seeds([TASK, other], [1, 2])
    assert [(t.request.prompt, t.request.seed) for t in tasks] == [
        ("a fox", 1), ("a fox", 2), ("a wolf", 1), ("a wolf", 2),
    ]  # fmt: skip
    assert tasks[0].lineage == TASK.lineage


def test_a_grid_goes_over_two_axes() -> None:
    tasks = grid(TASK, {"steps": ("10", "20"), "guidance": ("4", "7.5")})
    assert tasks == tuple(
        replace(
            TASK,
            request=replace(TASK.request, steps=steps, guidance=guidance),
            labels={"steps": str(steps), "guidance": said},
        )
        for steps in (10, 20)
        for guidance, said in ((4.0, "4"), (7.5, "7.5"))
    )


def test_another_prompt_has_another_lineage() -> None:
    tasks = grid(TASK, {"prompt": ("a fox", "a wolf")})
    assert [(t.request.prompt, t.lineage.kind, t.request.seed) for t in tasks] == [
        ("a fox", "prompt", 9), ("a wolf", "prompt", 9),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("seed=1,2, 3", ("seed", ("1", "2", "3"))),
        ("prompt= a fox, red | a wolf ", ("prompt", ("a fox, red", "a wolf"))),
        ("guidance=7,4,7.0", ("guidance", ("7", "4"))),
        ("Sampler=Euler a,DDIM,Euler a", ("sampler", ("Euler a", "DDIM"))),
    ],
)
def test_an_axis_is_read(typed: str, read: tuple[str, tuple[str, ...]]) -> None:
    assert read_axis(typed) == read


@pytest.mark.parametrize(
    ("typed", "said"),
    [("seed", "no axis"), ("sed=1", "did you mean 'seed'"), ("seed=", "no values"), ("=1", "axis")],
)
def test_a_wrong_axis_is_told(typed: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_axis(typed)


@pytest.mark.parametrize(
    ("axes", "said"),
    [
        ({}, "one axis or two"),
        ({"seed": ("1",), "steps": ("2",), "guidance": ("3",)}, "one axis or two"),
        ({"seed": ("-1",)}, "seed: '-1'"),
        ({"seed": (str(LARGEST_SEED + 1),)}, "not right"),
        ({"seed": ("9" * 5000,)}, "not right"),
        ({"steps": ("0",)}, "steps"),
        ({"guidance": ("nan",)}, "guidance"),
        ({"guidance": ("1e309",)}, "guidance"),
        ({"seed": tuple(map(str, range(40))), "steps": tuple(map(str, range(1, 41)))}, "1,600"),
    ],
)
def test_a_wrong_grid_is_told(axes: dict[str, tuple[str, ...]], said: str) -> None:
    with pytest.raises(InputError, match=said):
        grid(TASK, axes)


@given(st.integers(16, 6000), st.integers(16, 6000), st.sampled_from("x×X"))
def test_a_size_is_read(width: int, height: int, sign: str) -> None:
    assert read_size(f" {width}{sign}{height}") == (width, height)


@pytest.mark.parametrize(
    "typed", ["", "512", "-1x0", "512x", "5x5", "99999x64", "٣x٣", "1e3x1e3", "8000x8000"]
)
def test_a_wrong_size_is_told(typed: str) -> None:
    with pytest.raises(InputError, match="size"):
        read_size(typed)
