"""The claims of pictures: campaigns, comparisons by every back end, the queue, the loop.

Services that nobody has here stand as servers on this machine that behave as they document
(`bozzetto.testing`); diffusers draws for real, with tiny pipelines of random weights.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import images
from bench.claims import Claim, command, gate_claims, offline
from bozzetto.store.store import Store
from bozzetto.testing.a1111_server import A1111Server
from bozzetto.testing.aws_server import AwsServer
from bozzetto.testing.comfyui_server import ComfyServer
from bozzetto.testing.image_servers import OpenAIServer, StabilityServer

__all__ = ["claims"]

IDEA = "a cartoon of a small dog"
KEY = "a-key-of-nobody"
MANY = 200
BRIEF = """
ideas = ["a cartoon of a small dog", "una bottiglia di profumo in un giardino"]
audience = "parents of small children"
must = ["copy space"]
never = ["text"]
sizes = ["256x256"]
n = 2
seeds = 2
steps = 2
compare = true
"""


@dataclass(frozen=True, slots=True)
class BackEnd:
    """An image back end as it is named, with the variables it needs."""

    name: str
    environ: Mapping[str, str] = field(default_factory=dict)


def back_ends(folder: Path, stack: ExitStack) -> Iterator[BackEnd]:
    """Every back end that can be had here, its server started."""
    yield BackEnd("sketch:")
    for kind in pipelines(folder):
        yield BackEnd(f"diffusers:{kind}")
    yield BackEnd(f"a1111:{stack.enter_context(A1111Server()).address}")
    yield BackEnd(f"comfyui:{stack.enter_context(ComfyServer()).address}")
    stability = stack.enter_context(StabilityServer(key=KEY))
    yield BackEnd(
        "stability:core",
        {"STABILITY_BASE_URL": stability.address, "STABILITY_API_KEY": KEY},
    )
    openai = stack.enter_context(OpenAIServer(key=KEY))
    yield BackEnd(
        "openai:gpt-image-1",
        {"OPENAI_BASE_URL": f"{openai.address}/v1", "OPENAI_API_KEY": KEY},
    )
    if importlib.util.find_spec("boto3"):
        environ = stack.enter_context(AwsServer()).environ
        for name in (
            "bedrock:stability.stable-diffusion-xl-v1",
            "bedrock:stability.sd3-5-large-v1:0",
            "bedrock:amazon.titan-image-generator-v2:0",
            "sagemaker:jumpstart-txt2img",
        ):
            yield BackEnd(name, environ)


def pipelines(folder: Path) -> list[Path]:
    """Tiny pipelines of the SD and SDXL classes; none where diffusers is not installed."""
    if not (importlib.util.find_spec("diffusers") and importlib.util.find_spec("torch")):
        return []
    from bozzetto.testing.tiny_pipelines import build_pipeline

    return [build_pipeline(folder / f"tiny-{kind}", kind) for kind in ("sd", "sdxl")]


def claims(folder: Path, *, speed: bool) -> Iterator[Claim]:
    """All of them, in a fresh home below the folder."""
    home = folder / "home"
    with ExitStack() as stack:
        found = list(back_ends(folder, stack))
        for one in found:
            if one.name.startswith(("sketch:", "diffusers:")):
                yield from campaign_claims(home, folder, one)
        for one in found:
            yield comparison_claim(home, folder, one)
    yield from replay_claims(home)
    yield from resumed_claims(home)
    yield from loop_claims(home)
    if speed:
        yield from gate_claims(images.gates())
        if importlib.util.find_spec("playwright"):
            yield from gate_claims(images.board_gates())


def campaign_claims(home: Path, folder: Path, back_end: BackEnd) -> Iterator[Claim]:
    """One command from a brief to a contact sheet, and what is handed on."""
    name = f"campaign {back_end.name.partition(':')[0]} {Path(back_end.name).name}"
    brief = folder / "brief.toml"
    brief.write_text(BRIEF, encoding="utf-8")
    sheet = folder / f"{Path(back_end.name).name.strip(':')}.pdf"
    code, out, seconds = command(
        home, "campaign", "run", str(brief), "--name", name, "--images", back_end.name,
        "--sheet", str(sheet), "--format", "json",
    )  # fmt: skip
    made = json.loads(out)["images"] if out else []
    good = sum(image["state"] == "ok" for image in made)
    whole = sheet.exists() and sheet.read_bytes().startswith(b"%PDF")
    yield Claim(
        f"a brief to a contact sheet in one command, {Path(back_end.name).name}",
        f"exit {code}, {good} of 16 pictures, {'a' if whole else 'no'} PDF, {seconds:.0f} s",
        code == 0 and good == 16 and whole,
    )
    target = folder / f"{sheet.stem}.zip"
    code, _, _ = command(home, "campaign", "export", name, str(target))
    names = zipfile.ZipFile(target).namelist() if target.exists() else []
    pictures = sum(one.endswith(".png") for one in names)
    yield Claim(
        "  its export: pictures, manifests, sheet",
        f"exit {code}, {pictures} pictures, {len(names)} files",
        code == 0 and pictures == 16 and {"manifest.csv", "manifest.json"} <= set(names),
    )


def comparison_claim(home: Path, folder: Path, back_end: BackEnd) -> Claim:
    """The article's table: idea, hit and candidates with the same seeds."""
    out_folder = folder / "compared" / back_end.name.replace("/", "_").replace(":", "_")
    code, out, seconds = command(
        home, "compare", IDEA, "-n", "2", "--seeds", "2", "--size", "256x256", "--steps", "2",
        "--images", back_end.name, "--out", str(out_folder), "--format", "json",
        environ=back_end.environ,
    )  # fmt: skip
    made = json.loads(out)["images"] if out else []
    good = sum(image["state"] == "ok" for image in made)
    files = all((out_folder / name).exists() for name in ("compare.png", "compare.html"))
    return Claim(
        f"{IDEA!r} compared, {Path(back_end.name).name}",
        f"exit {code}, {good} of 8 pictures, {seconds:.0f} s",
        code == 0 and good == 8 and files,
    )


def replay_claims(home: Path) -> Iterator[Claim]:
    """The same request is the same picture, and says how it was made."""
    _, out, _ = command(
        home, "generate", IDEA, "-n", "1", "--seed", "7", "--size", "256x256", "--format", "json"
    )
    (first,) = json.loads(out)["images"]
    _, out, _ = command(home, "generate", "--again", first["id"], "--format", "json")
    (again,) = json.loads(out)["images"]
    yield Claim("a request made again gives the same file", again["id"], again == first)
    texts = chunks(Path(first["path"]))
    lines = texts.get("parameters", "").splitlines()
    ours = json.loads(texts.get("bozzetto", "{}"))
    told = lines[:1] == [IDEA] and "Seed: 7" in lines[-1] and ours["request"] == first["request"]
    yield Claim("its file says how, as the field reads it", lines[-1] if lines else "", told)


def chunks(path: Path) -> dict[str, str]:
    """The texts of a PNG, by another reader than ours."""
    from PIL import Image

    with Image.open(path) as picture:
        return {str(key): text for key, text in picture.info.items() if isinstance(text, str)}


def resumed_claims(home: Path) -> Iterator[Claim]:
    """A program that is killed while it draws; the next goes on."""
    arguments = ("generate", "a paper boat", "-n", str(MANY), "--size", "1024x1024", "--seed", "1")
    with Store.open(home) as store:
        there = len(store.queue.jobs(limit=1000))
        process = subprocess.Popen(
            [sys.executable, "-m", "bozzetto", *arguments],
            env=offline(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        while process.poll() is None:
            jobs = store.queue.jobs(limit=1000)
            if len(jobs) > there and jobs[0].ok >= 5:
                process.kill()
            time.sleep(0.01)
        killed = store.queue.jobs(limit=1)[0]
        code, _, seconds = command(home, "jobs", "resume", killed.id)
        after = store.queue.jobs(limit=1)[0]
        made = store.queue.images(job=killed.id)
    files = {image.path for image in made if Path(image.path or "").exists()}
    yield Claim(
        "killed while drawing, resumed: nothing lost, nothing twice",
        f"{killed.ok} kept, {after.ok} of {MANY} after {seconds:.1f} s, {len(files)} files",
        code == 0 and 5 <= killed.ok < MANY == after.ok == len(files),
    )


def loop_claims(home: Path) -> Iterator[Claim]:
    """What is kept moves search and writing, and is taken back."""
    name = "campaign sketch sketch:"
    before = asked(home)
    shown = json.loads(command(home, "campaign", "show", name, "--format", "json")[1])
    drawn = [one for one in shown["images"] if one["lineage"]["idea"] == IDEA]
    best = next(one for one in drawn if one["lineage"]["kind"] == "candidate")
    command(home, "campaign", "judge", name, best["id"], "--keep", "--rating", "5")
    code, _, _ = command(home, "campaign", "keep", name)
    after = asked(home)
    first = after["hits"][0]
    yield Claim(
        "a kept candidate is found, rated, with its source",
        f"exit {code}, {first['source']!r}, rating {first['rating']}",
        (first["prompt"], first["rating"]) == (best["prompt"], 5),
    )
    command(home, "campaign", "take-back", name)
    yield Claim(
        "taken back, the library answers as before", f"{len(before)} keys", asked(home) == before
    )


def asked(home: Path) -> dict[str, Any]:
    """What a search and a writing answer."""
    search = json.loads(command(home, "search", IDEA, "--format", "json")[1])
    out = command(home, "optimize", IDEA, "--no-save", "--format", "json")[1]
    found: dict[str, Any] = search | {"candidates": json.loads(out)["candidates"]}
    return found
