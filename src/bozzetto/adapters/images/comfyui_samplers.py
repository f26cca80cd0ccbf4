"""The names of samplers: as other programs show them, to ComfyUI's sampler and scheduler."""

from __future__ import annotations

__all__ = ["split_sampler"]

_SAMPLERS = {
    "euler": "euler",
    "euler a": "euler_ancestral",
    "heun": "heun",
    "lms": "lms",
    "lcm": "lcm",
    "ddim": "ddim",
    "dpm2": "dpm_2",
    "dpm2 a": "dpm_2_ancestral",
    "dpm++ 2m": "dpmpp_2m",
    "dpm++ sde": "dpmpp_sde",
    "dpm++ 2m sde": "dpmpp_2m_sde",
    "dpm++ 2m sde heun": "dpmpp_2m_sde_heun",
    "dpm++ 2s a": "dpmpp_2s_ancestral",
    "dpm++ 3m sde": "dpmpp_3m_sde",
    "dpm fast": "dpm_fast",
    "dpm adaptive": "dpm_adaptive",
    "unipc": "uni_pc",
}
"""Name in AUTOMATIC1111's list, in lower case, to ComfyUI's; other names pass as they are."""

_SCHEDULERS = {
    "karras": "karras",
    "exponential": "exponential",
    "sgm uniform": "sgm_uniform",
    "sgm_uniform": "sgm_uniform",
    "ddim uniform": "ddim_uniform",
    "ddim_uniform": "ddim_uniform",
    "simple": "simple",
    "normal": "normal",
    "beta": "beta",
}


def split_sampler(name: str) -> tuple[str, str | None]:
    """A sampler and, where the name ends in one, a scheduler: "DPM++ 2M Karras" has both."""
    plain = " ".join(name.split())
    scheduler = None
    for suffix, found in _SCHEDULERS.items():
        if plain.lower().endswith(f" {suffix}"):
            plain, scheduler = plain[: -len(suffix) - 1], found
            break
    return _SAMPLERS.get(plain.lower(), plain), scheduler
