"""A web UI's API (AUTOMATIC1111, Forge, SD.Next) on a loopback port, without any model.

    with A1111Server(seconds=0.2) as server:
        images = open_images(server.address, environ={}, timeout=5.0)

It draws one picture at a time, tells how far it is, with previews, and can be interrupted. A
field that is not documented is refused, where the real one would let it pass unseen.
"""

from __future__ import annotations

import base64
import json
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from bozzetto.testing.image_servers import Asked, ImageServer, Reply, draw, reply

__all__ = ["A1111Server"]

_NUMBER = (int, float)
_FIELDS: Mapping[str, type | tuple[type, ...]] = {
    **dict.fromkeys(
        (
            "prompt", "negative_prompt", "sampler_name", "scheduler", "sampler_index",
            "refiner_checkpoint", "hr_upscaler", "hr_prompt", "hr_negative_prompt",
            "hr_checkpoint_name", "hr_sampler_name", "hr_scheduler", "script_name",
            "force_task_id", "infotext", "firstpass_image",
        ),
        str,
    ),
    **dict.fromkeys(
        (
            "seed", "subseed", "seed_resize_from_h", "seed_resize_from_w", "batch_size", "n_iter",
            "steps", "width", "height", "hr_second_pass_steps", "hr_resize_x", "hr_resize_y",
            "firstphase_width", "firstphase_height",
        ),
        int,
    ),
    **dict.fromkeys(
        (
            "cfg_scale", "distilled_cfg_scale", "subseed_strength", "eta", "denoising_strength",
            "s_min_uncond", "s_churn", "s_tmax", "s_tmin", "s_noise", "refiner_switch_at",
            "hr_scale",
        ),
        _NUMBER,
    ),
    **dict.fromkeys(
        (
            "restore_faces", "tiling", "do_not_save_samples", "do_not_save_grid", "enable_hr",
            "override_settings_restore_afterwards", "disable_extra_networks", "send_images",
            "save_images",
        ),
        bool,
    ),
    "styles": list,
    "script_args": list,
    "override_settings": dict,
    "alwayson_scripts": dict,
    "comments": dict,
}  # fmt: skip


@dataclass(slots=True)
class _State:
    """What is drawn, how far, and what waits."""

    task: str | None = None
    prompt: str = ""
    step: int = 0
    steps: int = 0
    waiting: list[str] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)


class A1111Server(ImageServer):
    """The API of a web UI.

    A picture takes `seconds` in its steps; a preview takes `slow` seconds to be made. `auth` is
    "user:password". `like` "sdnext" gives tasks ids of its own; "nowebui" has the API and none
    of the page's addresses. `grid` puts a grid before the picture. Prompts with a word of
    `unfit` come black and said to be. Prompts that were interrupted are in `interrupted`.
    """

    def __init__(
        self,
        *,
        seconds: float = 0.0,
        slow: float = 0.0,
        auth: str = "",
        like: Literal["a1111", "sdnext", "nowebui"] = "a1111",
        grid: bool = False,
        unfit: Sequence[str] = (),
        models: Sequence[str] = ("v1-5-pruned-emaonly.safetensors [6ce0161689]",),
        samplers: Sequence[str] = ("Euler a", "Euler", "DPM++ 2M", "DDIM"),
    ) -> None:
        super().__init__()
        self.seconds, self.slow, self.like, self.grid = seconds, slow, like, grid
        self.unfit, self.models, self.samplers = unfit, models, samplers
        self.interrupted: list[str] = []
        self._login = f"Basic {base64.b64encode(auth.encode()).decode()}" if auth else ""
        self._options: dict[str, Any] = {"sd_model_checkpoint": models[0]}
        self._state = _State()
        self._lock = threading.Lock()

    @property
    def drawing(self) -> bool:
        """Whether a picture is being drawn."""
        return self._state.task is not None

    def answer(self, asked: Asked) -> Reply:
        """The answer to a request."""
        parts = urlsplit(asked.path)
        # The API asks for the password; the page's own address does not.
        page = (asked.method, parts.path) == ("POST", "/internal/progress")
        if page and self.like != "nowebui":
            return self._progress_of(asked.json)
        if self._login and asked.headers.get("authorization") != self._login:
            text = {"detail": "Incorrect username or password"}
            return reply(text, 401, **{"WWW-Authenticate": "Basic"})
        acts: dict[tuple[str, str], Callable[[], Reply]] = {
            ("POST", "/sdapi/v1/txt2img"): lambda: self._txt2img(asked.json),
            ("GET", "/sdapi/v1/progress"): lambda: self._progress(parse_qs(parts.query)),
            ("POST", "/sdapi/v1/interrupt"): self._interrupt,
            ("GET", "/sdapi/v1/options"): lambda: reply(self._options),
            ("POST", "/sdapi/v1/options"): lambda: self._set(asked.json),
            ("GET", "/sdapi/v1/sd-models"): lambda: reply([_model(name) for name in self.models]),
            ("GET", "/sdapi/v1/samplers"): lambda: reply(
                [{"name": name, "aliases": [], "options": {}} for name in self.samplers]
            ),
        }
        act = acts.get((asked.method, parts.path))
        return act() if act else reply({"detail": "Not Found"}, 404)

    def _set(self, options: dict[str, Any]) -> Reply:
        self._options |= options
        return reply(None)

    def _interrupt(self) -> Reply:
        if self._state.task:
            self.interrupted.append(self._state.prompt)
            self._state.stop.set()
        return reply({})

    def _progress(self, query: Mapping[str, list[str]]) -> Reply:
        state, busy = self._state, self._state.task is not None
        found: dict[str, Any] = {
            "progress": 0.01 + state.step / max(state.steps, 1) if busy else 0,
            "eta_relative": 0,
            "state": {
                "job": "scripts_txt2img" if busy else "",
                "job_count": int(busy),
                "job_no": 0,
                "sampling_step": state.step,
                "sampling_steps": state.steps,
                "interrupted": state.stop.is_set(),
            },
            "current_image": None,
            "textinfo": None,
        }
        if busy and query.get("skip_current_image") != ["true"]:
            time.sleep(self.slow)
            found["current_image"] = _encoded(draw("preview", state.step, (8, 8)))
        return reply(found)

    def _progress_of(self, body: Mapping[str, Any]) -> Reply:
        state, task = self._state, body["id_task"]
        active = state.task == task
        found: dict[str, Any] = {
            "active": active,
            "queued": task in state.waiting,
            "completed": task in state.finished,
            "progress": state.step / max(state.steps, 1) if active else None,
            "eta": None,
            "live_preview": None,
            "id_live_preview": -1,
            "textinfo": None if active else "Waiting...",
        }
        if self.like == "sdnext":
            found["paused"] = False
        if active and body.get("live_preview", True) and body.get("id_live_preview") != state.step:
            time.sleep(self.slow)
            step = state.step
            preview = _encoded(draw("preview", step, (8, 8)))
            found |= {"id_live_preview": step, "live_preview": f"data:image/png;base64,{preview}"}
        return reply(found)

    def _txt2img(self, body: dict[str, Any]) -> Reply:
        wrong = _wrong(body)
        if wrong:
            return reply({"detail": wrong}, 422)
        if body.get("sampler_name", "Euler") not in self.samplers:
            return reply({"detail": "Sampler not found"}, 400)
        forced = body.get("force_task_id") if self.like != "sdnext" else None
        task = forced or f"task(txt2img-{random.getrandbits(32)})"
        self._state.waiting.append(task)
        with self._lock:
            self._state.waiting.remove(task)
            return self._draw(task, body)

    def _draw(self, task: str, body: dict[str, Any]) -> Reply:
        """One picture, step by step; what is there is shown when it is interrupted."""
        state, steps = self._state, body.get("steps", 50)
        state.task, state.prompt, state.step, state.steps = task, body.get("prompt", ""), 0, steps
        state.stop.clear()
        try:
            model = body.get("override_settings", {}).get("sd_model_checkpoint")
            if model is not None and not any(name.startswith(model) for name in self.models):
                return _failed("RuntimeError", f"Unknown checkpoint: {model}")
            while state.step < steps and not state.stop.wait(self.seconds / steps):
                state.step += 1
            if self.instead:
                return self.instead.pop(0)
            return self._made(body, model or self._options["sd_model_checkpoint"])
        finally:
            state.task = None
            state.finished.append(task)

    def _made(self, body: dict[str, Any], model: str) -> Reply:
        info = self._info(body, model.partition(".")[0])
        size, seeds = (info["width"], info["height"]), info["all_seeds"]
        texts = info["infotexts"]
        pictures = [
            draw(info["prompt"], seed, size, {"parameters": text})
            for seed, text in zip(seeds, texts, strict=True)
        ]
        if set(info["prompt"].lower().split()) & set(self.unfit):
            pictures, info["nsfw_content_detected"] = [_black(size)], [True]
        if self.grid or len(pictures) > 1:
            pictures, info["index_of_first_image"] = [draw("grid", 0, size), *pictures], 1
        images = [_encoded(one) for one in pictures] if body.get("send_images", True) else []
        return reply({"images": images, "parameters": body, "info": json.dumps(info)})

    def _info(self, body: dict[str, Any], model: str) -> dict[str, Any]:
        """What the answer says of the pictures, as the real one calls it."""
        count = body.get("batch_size", 1) * body.get("n_iter", 1)
        asked = body.get("seed", -1)
        seed = asked if asked >= 0 else random.getrandbits(32)
        prompt, negative = body.get("prompt", ""), body.get("negative_prompt", "")
        found: dict[str, Any] = {
            "prompt": prompt,
            "all_prompts": [prompt] * count,
            "negative_prompt": negative,
            "all_negative_prompts": [negative] * count,
            "seed": seed,
            "all_seeds": [seed + number for number in range(count)],
            # The real one makes sides that its models can.
            "width": body.get("width", 512) // 8 * 8,
            "height": body.get("height", 512) // 8 * 8,
            "sampler_name": body.get("sampler_name", "Euler"),
            "cfg_scale": float(body.get("cfg_scale", 7.0)),
            "steps": body.get("steps", 50),
            "batch_size": body.get("batch_size", 1),
            "sd_model_name": model,
            "sd_model_hash": "6ce0161689",
            "extra_generation_params": {"Schedule type": "Automatic"},
            "index_of_first_image": 0,
            "styles": body.get("styles", []),
            "job_timestamp": "20261123095054",
            "clip_skip": 1,
            "version": "v1.10.1",
        }
        return found | {"infotexts": [_infotext(found, one) for one in found["all_seeds"]]}


def _wrong(body: dict[str, Any]) -> list[dict[str, Any]]:
    """What of a body is against the documentation, as FastAPI says it."""
    found = []
    for name, value in body.items():
        kind = _FIELDS.get(name)
        if kind is None:
            found.append({"loc": ["body", name], "msg": "Extra inputs are not permitted"})
        elif value is not None and (
            not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)
        ):
            found.append({"loc": ["body", name], "msg": "Input should be of another type"})
    return found


def _infotext(info: Mapping[str, Any], seed: int) -> str:
    negative = f"\nNegative prompt: {info['negative_prompt']}" if info["negative_prompt"] else ""
    return (
        f"{info['prompt']}{negative}\nSteps: {info['steps']}, Sampler: {info['sampler_name']}, "
        f"Schedule type: Automatic, CFG scale: {info['cfg_scale']}, Seed: {seed}, "
        f"Size: {info['width']}x{info['height']}, Model hash: {info['sd_model_hash']}, "
        f"Model: {info['sd_model_name']}, Version: {info['version']}"
    )


def _failed(kind: str, text: str) -> Reply:
    """An exception, as the web UI's API reports it."""
    return reply({"error": kind, "detail": "", "body": "", "errors": text}, 500)


def _model(title: str) -> dict[str, Any]:
    name = title.partition(".")[0]
    return {"title": title, "model_name": name, "hash": "6ce0161689", "filename": f"/m/{title}"}


def _black(size: tuple[int, int]) -> bytes:
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", size).save(file, "PNG")
    return file.getvalue()


def _encoded(picture: bytes) -> str:
    return base64.b64encode(picture).decode()
