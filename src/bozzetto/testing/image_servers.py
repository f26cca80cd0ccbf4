"""Picture services on a loopback port that behave as documented, or as badly as told.

    with OpenAIServer(key="k") as server:
        images = open_images(f"gpt-image-1@{server.address}", environ=..., timeout=5.0)

They hold every request against the documented model, more strictly than the real ones: a field
that is not documented is refused. The pictures are real PNG files whose colours depend on the
prompt and the seed. The server of AUTOMATIC1111 is in `a1111_server`.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

__all__ = ["Asked", "ImageServer", "OpenAIServer", "Reply", "StabilityServer", "draw", "reply"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        """The parts of a multipart body by name."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        parts = message_from_bytes(head + self.body).get_payload()
        named: dict[str, str] = {}
        for part in parts if isinstance(parts, list) else []:
            if isinstance(part, str):
                continue
            name = part.get_param("name", header="content-disposition")
            content = part.get_payload(decode=True)
            named[str(name)] = content.decode() if isinstance(content, bytes) else ""
        return named


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `cut` bytes of the body are sent before the line goes dead; `wait` is seconds."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    wait: float = 0.0


def reply(found: object, status: int = 200, **headers: str) -> Reply:
    """A JSON answer."""
    return Reply(status, json.dumps(found).encode(), headers=headers)


def draw(
    prompt: str, seed: int, size: tuple[int, int], notes: Mapping[str, str] | None = None
) -> bytes:
    """A PNG with two colours by prompt and seed, and text chunks."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    digest = hashlib.sha256(f"{seed}\n{prompt}".encode()).digest()
    image = Image.new("RGB", size, (digest[0], digest[1], digest[2]))
    image.paste((digest[3], digest[4], digest[5]), (0, 0, size[0] // 2, size[1]))
    chunks, file = PngInfo(), io.BytesIO()
    for name, text in (notes or {}).items():
        chunks.add_text(name, text)
    image.save(file, "PNG", pnginfo=chunks, compress_level=1)
    return file.getvalue()


class ImageServer:
    """A server in threads of its own. A subclass says how it answers.

    `asked` holds the requests in order; `instead` answers that take the place of the next
    pictures.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.instead: list[Reply] = []
        self.address = ""
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.daemon = True

    def __enter__(self) -> Self:
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Die: what is being drawn is never answered, and nobody gets in any more."""
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()

    def answer(self, asked: Asked) -> Reply:
        """The answer to a request."""
        raise NotImplementedError

    def to(self, path: str) -> list[Asked]:
        """The requests to a path, in order."""
        return [one for one in self.asked if one.path.partition("?")[0] == path]

    def wait_for(self, done: Callable[[], bool], seconds: float = 5.0) -> bool:
        """Wait until something holds; whether it did in time."""
        until = time.monotonic() + seconds
        while not done() and time.monotonic() < until:
            time.sleep(0.005)
        return done()


class _Server(ThreadingHTTPServer):
    owner: ImageServer

    def __init__(self, *args: Any) -> None:  # noqa: ANN401
        super().__init__(*args)
        self.lines: set[Any] = set()

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients may leave."""

    def hang_up(self) -> None:
        """Cut every open line."""
        for line in list(self.lines):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.lines.add(self.connection)

    def finish(self) -> None:
        self.server.lines.discard(self.connection)
        super().finish()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, body)
        self.server.owner.asked.append(asked)
        self._send(self.server.owner.answer(asked))

    def _send(self, answer: Reply) -> None:
        time.sleep(answer.wait)
        self.close_connection = self.close_connection or answer.cut is not None
        self.send_response(answer.status)
        headers = {"Content-Type": answer.kind, "Content-Length": str(len(answer.body))}
        for name, value in (headers | dict(answer.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body[: answer.cut])

    do_GET = do_POST = _serve  # noqa: N815


def _encoded(picture: bytes) -> str:
    return base64.b64encode(picture).decode()


class StabilityServer(ImageServer):
    """Stability's REST API, v2beta: core, ultra and sd3.

    Prompts with a word of `banned` are refused, those with a word of `unfit` come blurred and
    said to be filtered. Without credit, 402.
    """

    SIZES: Mapping[str, tuple[int, int]] = {
        "1:1": (64, 64), "16:9": (96, 54), "9:16": (54, 96), "21:9": (105, 45), "9:21": (45, 105),
        "3:2": (72, 48), "2:3": (48, 72), "5:4": (75, 60), "4:5": (60, 75),
    }  # fmt: skip
    FIELDS: Mapping[str, frozenset[str]] = {
        "core": frozenset({"style_preset"}),
        "ultra": frozenset({"image", "strength"}),
        "sd3": frozenset({"model", "mode", "image", "strength", "cfg_scale", "style_preset"}),
    }
    COMMON = frozenset({"prompt", "negative_prompt", "aspect_ratio", "seed", "output_format"})
    MODELS = ("sd3.5-large", "sd3.5-large-turbo", "sd3.5-medium")

    def __init__(
        self,
        *,
        key: str = "",
        banned: Sequence[str] = (),
        unfit: Sequence[str] = (),
        credit: float = 25.0,
    ) -> None:
        super().__init__()
        self.key, self.banned, self.unfit, self.credit = key, banned, unfit, credit

    def answer(self, asked: Asked) -> Reply:
        """The answer to a request."""
        if self.key and asked.headers.get("authorization") != f"Bearer {self.key}":
            return self._error(401, "unauthorized", "authorization: invalid or missing header")
        if (asked.method, asked.path) == ("GET", "/v1/user/balance"):
            return reply({"credits": self.credit})
        kind = asked.path.removeprefix("/v2beta/stable-image/generate/")
        if asked.method != "POST" or kind not in self.FIELDS:
            return self._error(404, "not_found", "The requested resource was not found")
        if self.instead:
            return self.instead.pop(0)
        if not asked.headers.get("content-type", "").startswith("multipart/form-data"):
            return self._error(400, "bad_request", "content-type: must be multipart/form-data")
        form = asked.form
        wrong = self._wrong(kind, form)
        return self._error(400, "bad_request", *wrong) if wrong else self._picture(form)

    def _wrong(self, kind: str, form: Mapping[str, str]) -> list[str]:
        """What of a form is against the documentation."""
        turbo = "turbo" in form.get("model", "")
        seed, guidance = form.get("seed", "0"), form.get("cfg_scale", "1")
        checks = {
            "prompt: must be 1 to 10000 characters": 1 <= len(form.get("prompt", "")) <= 10_000,
            "seed: must be from 0 to 4294967294": seed.isdigit() and int(seed) <= 4294967294,
            "aspect_ratio: unknown": form.get("aspect_ratio", "1:1") in self.SIZES,
            "output_format: unknown": form.get("output_format", "png") in ("png", "jpeg", "webp"),
            "model: unknown": form.get("model", self.MODELS[0]) in self.MODELS,
            "cfg_scale: must be from 1 to 10": 1 <= float(guidance) <= 10,
            "negative_prompt: not with turbo": not (turbo and "negative_prompt" in form),
        }
        unknown = sorted(set(form) - self.COMMON - self.FIELDS[kind])
        return [f"{name}: unknown field" for name in unknown] + [
            text for text, holds in checks.items() if not holds
        ]

    def _picture(self, form: Mapping[str, str]) -> Reply:
        words = form["prompt"].lower().split()
        if self.credit <= 0:
            return self._error(402, "payment_required", "You lack sufficient credits")
        if set(words) & set(self.banned):
            text = "Your request was flagged by our content moderation system"
            return self._error(403, "content_moderation", text)
        seed = int(form.get("seed", "0")) or random.randint(1, 4294967294)
        picture = draw(form["prompt"], seed, self.SIZES[form.get("aspect_ratio", "1:1")])
        reason = "CONTENT_FILTERED" if set(words) & set(self.unfit) else "SUCCESS"
        return reply({"image": _encoded(picture), "finish_reason": reason, "seed": seed})

    @staticmethod
    def _error(status: int, name: str, *errors: str) -> Reply:
        return reply(
            {"id": "4212a4b66fbe1cedca4bf2133d35dca5", "name": name, "errors": errors}, status
        )


class OpenAIServer(ImageServer):
    """POST /v1/images/generations as OpenAI has it.

    With `compatible`, as LocalAI has it: any model, any size, `response_format`. Prompts with a
    word of `banned` are refused. DALL-E 3 rewrites prompts.
    """

    SIZES: Mapping[str, frozenset[str]] = {
        "dall-e-2": frozenset({"256x256", "512x512", "1024x1024"}),
        "dall-e-3": frozenset({"1024x1024", "1792x1024", "1024x1792"}),
        "gpt-image-1": frozenset({"auto", "1024x1024", "1536x1024", "1024x1536"}),
        "gpt-image-2": frozenset({"auto"}),
    }
    LONGEST: Mapping[str, int] = {"dall-e-2": 1000, "dall-e-3": 4000}
    FIELDS = frozenset({"model", "prompt", "n", "quality", "size", "user"})
    OLD = FIELDS | {"response_format", "style"}
    NEW = FIELDS | {"output_format", "output_compression", "background", "moderation", "stream"}

    def __init__(
        self, *, key: str = "", banned: Sequence[str] = (), compatible: bool = False
    ) -> None:
        super().__init__()
        self.key, self.banned, self.compatible = key, banned, compatible

    def answer(self, asked: Asked) -> Reply:
        """The answer to a request."""
        if self.key and asked.headers.get("authorization") != f"Bearer {self.key}":
            return self._error(401, "Incorrect API key provided.", "invalid_api_key")
        if (asked.method, asked.path) != ("POST", "/v1/images/generations"):
            return self._error(404, f"Invalid URL ({asked.method} {asked.path})", None)
        if self.instead:
            return self.instead.pop(0)
        body = asked.json
        wrong = self._wrong(body)
        if wrong:
            return wrong
        if set(body["prompt"].lower().split()) & set(self.banned):
            text = "Your request was rejected by the safety system."
            return self._error(400, text, "moderation_blocked", "image_generation_user_error")
        return self._picture(body)

    def _wrong(self, body: Mapping[str, Any]) -> Reply | None:
        """What of a body is against the documentation."""
        model = str(body.get("model", "dall-e-2"))
        if not self.compatible and model not in self.SIZES:
            return self._error(404, f"The model '{model}' does not exist", "model_not_found")
        known = self.NEW if model.startswith("gpt-image") else self.OLD
        for name in sorted(set(body) - known):
            return self._error(400, f"Unknown parameter: '{name}'.", "unknown_parameter")
        if len(body.get("prompt", "")) > self.LONGEST.get(model, 32_000) or not body.get("prompt"):
            return self._error(400, "Invalid 'prompt': too short or too long", "string_length")
        if "size" in body and not (self.compatible or self._makes(model, body["size"])):
            return self._error(400, f"Invalid value: '{body['size']}'.", "invalid_value")
        return None

    def _makes(self, model: str, size: str) -> bool:
        if size in self.SIZES[model] or model != "gpt-image-2":
            return size in self.SIZES[model]
        wide, high = map(int, size.split("x"))
        fits = wide % 16 == high % 16 == 0 and max(wide, high) <= 3840
        return fits and max(wide / high, high / wide) <= 3 and 655_360 <= wide * high <= 8_294_400

    def _picture(self, body: Mapping[str, Any]) -> Reply:
        size = body.get("size", "1024x1024").replace("auto", "1024x1024")
        wide, high = map(int, size.split("x"))
        seed = random.getrandbits(32)
        data = {"b64_json": _encoded(draw(body["prompt"], seed, (wide, high)))}
        if body["model"] == "dall-e-3":
            data["revised_prompt"] = f"{body['prompt']}, in rich detail"
        found: dict[str, Any] = {"created": int(time.time()), "data": [data]}
        return reply(found | ({"size": size} if body["model"].startswith("gpt-image") else {}))

    @staticmethod
    def _error(
        status: int, message: str, code: str | None, kind: str = "invalid_request_error"
    ) -> Reply:
        error = {"message": message, "type": kind, "param": None, "code": code}
        return reply({"error": error}, status)
