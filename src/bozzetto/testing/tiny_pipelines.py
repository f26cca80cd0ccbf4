"""Diffusers pipelines of a few hundred kB with random weights, written by this module.

They draw noise, but by the same code as the real ones: `diffusers:` runs on them for real, on a
CPU, in a fraction of a second. For tests, benchmarks and demonstrations without any download.

    python -m bozzetto.testing.tiny_pipelines FOLDER    one folder for each kind

Needs the packages of `pip install 'bozzetto[diffusers]'`. The same kind gives the same weights.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

__all__ = ["KINDS", "build_clip", "build_pipeline", "build_tokenizer"]

SEED: Final = 20221122
SIDE: Final = 64
"""Pixels of a side when no size is asked for; the latents have an eighth of that."""

_MARKERS = ("<|startoftext|>", "<|endoftext|>")
_WIDTH = 32


def build_pipeline(folder: Path, kind: str = "sd", *, flagging: bool = False) -> Path:
    """Write a pipeline of a kind ("sd", "sdxl" or "sd3") into a folder, in diffusers' layout.

    A `flagging` one ("sd" only) has a safety checker that finds fault with every picture.

    Raises:
        KeyError: there is no such kind.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        pipeline = _BUILDERS[kind](folder / "tokenizer")
        if flagging:
            pipeline.register_modules(**_flagging())
        pipeline.save_pretrained(folder, safe_serialization=True)
    return folder


def build_tokenizer(folder: Path) -> Path:
    """Write a CLIP tokenizer that knows single bytes only: a token a letter."""
    from tokenizers.pre_tokenizers import ByteLevel

    letters = sorted(ByteLevel.alphabet())
    words = [*letters, *(f"{letter}</w>" for letter in letters), *_MARKERS]
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = {word: number for number, word in enumerate(words)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", "utf-8")
    settings = {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")
    return folder


def build_clip(folder: Path) -> Path:
    """Write a whole CLIP, both halves with its processor, as scores are computed by."""
    import torch
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

    config = CLIPConfig(
        text_config=_text_settings(), vision_config=_vision_settings(), projection_dim=_WIDTH
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        CLIPModel(config).save_pretrained(folder)
    build_tokenizer(folder)
    CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=32).save_pretrained(folder)
    return folder


def _text_settings(width: int = _WIDTH) -> dict[str, Any]:
    vocabulary = 2 * 256 + len(_MARKERS)
    return {
        "vocab_size": vocabulary, "hidden_size": width, "intermediate_size": 2 * width,
        "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 77,
        "projection_dim": _WIDTH, "bos_token_id": vocabulary - 2, "eos_token_id": vocabulary - 1,
        "pad_token_id": vocabulary - 1,
    }  # fmt: skip


def _vision_settings() -> dict[str, Any]:
    return {
        "hidden_size": _WIDTH, "intermediate_size": 2 * _WIDTH, "num_hidden_layers": 1,
        "num_attention_heads": 4, "image_size": 32, "patch_size": 8, "projection_dim": _WIDTH,
    }  # fmt: skip


def _vae(channels: int = 4, **settings: Any) -> Any:  # noqa: ANN401 - diffusers' own classes
    """Four blocks, for the factor 8 between latents and pixels of the real ones."""
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(8, 8, 16, 16),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=channels,
        norm_num_groups=4,
        sample_size=SIDE,
        **settings,
    )


def _unet(**settings: Any) -> Any:  # noqa: ANN401
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=SIDE // 8,
        block_out_channels=(16, 32),
        layers_per_block=1,
        norm_num_groups=8,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        **settings,
    )


def _tokenizer(folder: Path) -> Any:  # noqa: ANN401
    from transformers import CLIPTokenizer

    return CLIPTokenizer.from_pretrained(build_tokenizer(folder))


def _sd(tokenizer: Path) -> Any:  # noqa: ANN401
    from diffusers import PNDMScheduler, StableDiffusionPipeline
    from transformers import CLIPTextConfig, CLIPTextModel

    return StableDiffusionPipeline(
        vae=_vae(),
        text_encoder=CLIPTextModel(CLIPTextConfig(**_text_settings())),
        tokenizer=_tokenizer(tokenizer),
        unet=_unet(cross_attention_dim=_WIDTH, attention_head_dim=4),
        scheduler=PNDMScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
            skip_prk_steps=True, set_alpha_to_one=False, steps_offset=1,
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )  # fmt: skip


def _sdxl(tokenizer: Path) -> Any:  # noqa: ANN401
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    return StableDiffusionXLPipeline(
        vae=_vae(scaling_factor=0.13025),
        text_encoder=CLIPTextModel(CLIPTextConfig(**_text_settings())),
        text_encoder_2=CLIPTextModelWithProjection(CLIPTextConfig(**_text_settings())),
        tokenizer=_tokenizer(tokenizer),
        tokenizer_2=_tokenizer(tokenizer),
        unet=_unet(
            cross_attention_dim=2 * _WIDTH,
            attention_head_dim=(2, 4),
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=6 * 8 + _WIDTH,
        ),
        scheduler=EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
            timestep_spacing="leading", steps_offset=1,
        ),
        add_watermarker=False,
    )  # fmt: skip


def _sd3(tokenizer: Path) -> Any:  # noqa: ANN401
    """Without its T5, which may be left out of the real one too."""
    from diffusers import (
        FlowMatchEulerDiscreteScheduler,
        SD3Transformer2DModel,
        StableDiffusion3Pipeline,
    )
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection

    return StableDiffusion3Pipeline(
        transformer=SD3Transformer2DModel(
            sample_size=SIDE // 8, patch_size=2, in_channels=16, out_channels=16, num_layers=1,
            attention_head_dim=8, num_attention_heads=4, joint_attention_dim=2 * _WIDTH,
            caption_projection_dim=32, pooled_projection_dim=2 * _WIDTH, pos_embed_max_size=96,
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=_vae(16, use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.0609),
        text_encoder=CLIPTextModelWithProjection(CLIPTextConfig(**_text_settings())),
        tokenizer=_tokenizer(tokenizer),
        text_encoder_2=CLIPTextModelWithProjection(CLIPTextConfig(**_text_settings())),
        tokenizer_2=_tokenizer(tokenizer),
        text_encoder_3=None,
        tokenizer_3=None,
    )  # fmt: skip


def _flagging() -> dict[str, Any]:
    """A checker whose thresholds lie below every likeness, and what prepares pictures for it."""
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from transformers import CLIPConfig, CLIPImageProcessor

    config = CLIPConfig(vision_config=_vision_settings(), projection_dim=_WIDTH)
    checker = StableDiffusionSafetyChecker(config)
    checker.concept_embeds_weights.data.fill_(-2.0)
    processor = CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=32)
    return {"safety_checker": checker, "feature_extractor": processor}


_BUILDERS: Mapping[str, Callable[[Path], Any]] = {"sd": _sd, "sdxl": _sdxl, "sd3": _sd3}

KINDS: Final = tuple(_BUILDERS)
"""The pipelines there are: Stable Diffusion 1.5, XL and 3, by the classes of their parts."""


if __name__ == "__main__":
    for name in KINDS:
        build_pipeline(Path(sys.argv[1]) / name, name)
