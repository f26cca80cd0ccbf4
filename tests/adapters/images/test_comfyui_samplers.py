from __future__ import annotations

import pytest

from bozzetto.adapters.images.comfyui_samplers import split_sampler


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("dpmpp_2m", ("dpmpp_2m", None)),
        ("dpmpp_2m karras", ("dpmpp_2m", "karras")),
        ("DPM++ 2M Karras", ("dpmpp_2m", "karras")),
        ("DPM++ 2M  SDE SGM Uniform", ("dpmpp_2m_sde", "sgm_uniform")),
        ("Euler a", ("euler_ancestral", None)),
        ("Euler", ("euler", None)),
        ("Karras", ("Karras", None)),
        ("res_2s beta", ("res_2s", "beta")),
    ],
)
def test_samplers_of_other_programs_are_understood(
    name: str, found: tuple[str, str | None]
) -> None:
    assert split_sampler(name) == found


def test_what_it_gives_it_takes() -> None:
    sampler, scheduler = split_sampler("DPM++ 2M Karras")
    assert split_sampler(f"{sampler} {scheduler}") == (sampler, scheduler)
