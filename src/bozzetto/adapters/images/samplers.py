"""The samplers' names that people and files use, and diffusers' schedulers behind them.

After the table in diffusers' documentation (api/schedulers/overview), with the names that
AUTOMATIC1111 shows and those that ComfyUI writes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

__all__ = ["Sampler", "find_sampler", "names"]


@dataclass(frozen=True, slots=True)
class Sampler:
    """A scheduler class of diffusers and what it is made with beside the model's own settings.

    `needs` is a package that it computes with and that diffusers does not bring.
    """

    scheduler: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    needs: str | None = None


_PLUS = {"algorithm_type": "dpmsolver++"}
_SDE = {"algorithm_type": "sde-dpmsolver++"}

_SAMPLERS: Final[Mapping[str, Sampler]] = {
    "DDIM": Sampler("DDIMScheduler"),
    "DDPM": Sampler("DDPMScheduler"),
    "DEIS": Sampler("DEISMultistepScheduler"),
    "DPM++ 2M": Sampler("DPMSolverMultistepScheduler", _PLUS),
    "DPM++ 2M SDE": Sampler("DPMSolverMultistepScheduler", _SDE),
    "DPM++ 3M SDE": Sampler("DPMSolverMultistepScheduler", {**_SDE, "solver_order": 3}),
    "DPM++ SDE": Sampler("DPMSolverSinglestepScheduler"),
    "DPM2": Sampler("KDPM2DiscreteScheduler"),
    "DPM2 a": Sampler("KDPM2AncestralDiscreteScheduler"),
    "Euler": Sampler("EulerDiscreteScheduler"),
    "Euler a": Sampler("EulerAncestralDiscreteScheduler"),
    "Heun": Sampler("HeunDiscreteScheduler"),
    "LCM": Sampler("LCMScheduler"),
    "LMS": Sampler("LMSDiscreteScheduler", needs="scipy"),
    "PLMS": Sampler("PNDMScheduler"),
    "PNDM": Sampler("PNDMScheduler"),
    "TCD": Sampler("TCDScheduler"),
    "UniPC": Sampler("UniPCMultistepScheduler"),
}

_NOISES: Final[Mapping[str, Mapping[str, Any]]] = {
    "karras": {"use_karras_sigmas": True},
    "exponential": {"use_exponential_sigmas": True},
    "sgmuniform": {"timestep_spacing": "trailing"},
}
"""What may stand behind a sampler's name: how its steps are spaced."""

_FITS_NOISE: Final = ("DPMSolver", "Euler", "Heun", "KDPM2", "LMS", "DEIS", "UniPC")
_NO_NOISE: Final = ("EulerAncestral",)

_SHORT: Final[Mapping[str, str]] = {"eulerancestral": "eulera", "dpm2ancestral": "dpm2a"}
_WORDS = re.compile(r"[^a-z0-9]+")


def _key(name: str) -> str:
    """A name without case and punctuation: "DPM++ 2M" and "dpmpp_2m" are one."""
    key = _WORDS.sub("", name.lower().replace("++", "pp").replace("k_", ""))
    return _SHORT.get(key, key)


_BY_KEY: Final[Mapping[str, Sampler]] = {
    **{_key(sampler.scheduler): replace(sampler, settings={}) for sampler in _SAMPLERS.values()},
    **{_key(name): sampler for name, sampler in _SAMPLERS.items()},
}


def names() -> tuple[str, ...]:
    """The names as AUTOMATIC1111 shows them, without what may stand behind."""
    return tuple(_SAMPLERS)


def find_sampler(name: str) -> Sampler | None:
    """The scheduler behind a name, or None where diffusers has none of that name."""
    key = _key(name)
    if found := _BY_KEY.get(key):
        return found
    for ending, settings in _NOISES.items():
        plain = _BY_KEY.get(_SHORT.get(key.removesuffix(ending), key.removesuffix(ending)))
        if plain and key.endswith(ending) and _takes_noise(plain.scheduler):
            return replace(plain, settings={**plain.settings, **settings})
    return None


def _takes_noise(scheduler: str) -> bool:
    return scheduler.startswith(_FITS_NOISE) and not scheduler.startswith(_NO_NOISE)
