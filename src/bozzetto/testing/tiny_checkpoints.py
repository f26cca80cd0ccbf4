"""A tiny pipeline as one .safetensors file, its tensors named as Stable Diffusion 1.5 named them.

Checkpoints are passed around in that form; diffusers turns the names back when it opens one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

__all__ = ["build_checkpoint"]

_PREFIXES: Final = {
    "unet": "model.diffusion_model.",
    "vae": "first_stage_model.",
    "text_encoder": "cond_stage_model.transformer.text_model.",
}

_UNET_WORDS: Final = {
    "time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
    "conv_in.": "input_blocks.0.0.", "conv_norm_out.": "out.0.", "conv_out.": "out.2.",
    "mid_block.resnets.0": "middle_block.0", "mid_block.attentions.0": "middle_block.1",
    "mid_block.resnets.1": "middle_block.2",
}  # fmt: skip
_RESNET_WORDS: Final = {
    "norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0", "conv2": "out_layers.3", "conv_shortcut": "skip_connection",
}  # fmt: skip
_VAE_WORDS: Final = {
    "mid_block.resnets.0": "mid.block_1", "mid_block.resnets.1": "mid.block_2",
    "mid_block.attentions.0": "mid.attn_1", "group_norm": "norm", "to_q": "q", "to_k": "k",
    "to_v": "v", "to_out.0": "proj_out", "conv_norm_out": "norm_out",
    "conv_shortcut": "nin_shortcut", "samplers.0.conv": "sample.conv", "resnets": "block",
}  # fmt: skip

_BLOCK = re.compile(r"(down|up)_blocks\.(\d)\.(\w+)\.(\d)\.(.+)")


def build_checkpoint(pipeline: Path, file: Path) -> Path:
    """Write the weights of a folder that `build_pipeline` made, of the kind "sd", to one file."""
    from safetensors.torch import load_file, save_file

    tensors: dict[str, Any] = {}
    for part, prefix in _PREFIXES.items():
        (weights,) = (pipeline / part).glob("*.safetensors")
        found = load_file(weights)
        for name, tensor in found.items():
            tensors[prefix + _rename(part, name, found)] = tensor
    save_file(tensors, file)
    return file


def _rename(part: str, name: str, names: Iterable[str]) -> str:
    if part == "unet":
        return _unet_name(name, names)
    return _vae_name(name) if part == "vae" else name.removeprefix("text_model.")


def _vae_name(name: str) -> str:
    """The decoder's blocks are counted from the other end."""
    name = re.sub(r"up_blocks\.(\d)", lambda found: f"up.{3 - int(found[1])}", name)
    return _replace(re.sub(r"down_blocks\.(\d)", r"down.\1", name), _VAE_WORDS)


def _unet_name(name: str, names: Iterable[str]) -> str:
    """With one layer a block: its resnet and attention, then what halves or doubles the size."""
    found = _BLOCK.fullmatch(name)
    if found is None:
        return _replace(name, _UNET_WORDS | _RESNET_WORDS if "resnets" in name else _UNET_WORDS)
    way, block, what, layer, rest = found.groups()
    number = 2 * int(block) + (way == "down") + (1 if "samplers" in what else int(layer))
    if what == "downsamplers":
        return f"input_blocks.{number}.0.{rest.replace('conv', 'op')}"
    if what == "upsamplers":
        place = 2 if any(f"up_blocks.{block}.attentions" in other for other in names) else 1
        return f"output_blocks.{number}.{place}.{rest}"
    side = "input" if way == "down" else "output"
    rest = _replace(rest, _RESNET_WORDS) if what == "resnets" else rest
    return f"{side}_blocks.{number}.{int(what == 'attentions')}.{rest}"


def _replace(name: str, words: Mapping[str, str]) -> str:
    for word, other in words.items():
        name = name.replace(word, other)
    return name
