"""Our embedding against bare `session.run` on the same batches, in as many processes.

Both sides are timed from the start of their processes to the last vector. The bare side gets
its batches tokenised and sorted for nothing, and keeps no vectors.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import pyarrow.parquet as pq
from tokenizers import Tokenizer

from bozzetto.adapters.embedders.minilm import (
    BATCH_TOKENS,
    FEATURES,
    MODEL,
    TOKENIZER,
    batches,
    open_embedder,
)
from bozzetto.embed.texts import embed_texts
from bozzetto.store.vectors import VectorCache
from bozzetto.text.normalise import normalise

__all__ = ["bare_rate", "our_rate", "sample_prompts"]


def sample_prompts(library: Path, count: int) -> list[str]:
    """Distinct prompts of a table, drawn at random by a fixed seed."""
    prompts = pq.read_table(library, columns=["prompt"])["prompt"].to_pylist()
    distinct = sorted({normalise(prompt) for prompt in prompts if prompt})
    return random.Random(0).sample(distinct, min(count, len(distinct)))


def our_rate(texts: Sequence[str], processes: int) -> float:
    """Texts a second through `embed_texts` into an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        cache = VectorCache(Path(folder) / "vectors.sqlite")
        started = time.perf_counter()
        embed_texts(open_embedder(), cache, texts, name="minilm", processes=processes)
        seconds = time.perf_counter() - started
        cache.close()
    return len(texts) / seconds


def bare_rate(texts: Sequence[str], processes: int) -> float:
    """Texts a second through `session.run` alone."""
    tokenizer = Tokenizer.from_file(str(TOKENIZER.locate()))
    tokenizer.enable_truncation(FEATURES.max_tokens)
    tokenizer.no_padding()
    tokens = [encoding.ids for encoding in tokenizer.encode_batch_fast(list(texts))]
    made = [[tokens[row] for row in rows] for rows in batches(list(map(len, tokens)), BATCH_TOKENS)]
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{share}.json" for share in range(processes)]
        for share, file in enumerate(files):
            file.write_text(json.dumps(made[share::processes]))
        started = time.perf_counter()
        running = [
            subprocess.Popen([sys.executable, "-m", "bench.embedding", str(file)]) for file in files
        ]
        failed = [process for process in running if process.wait() != 0]
        seconds = time.perf_counter() - started
    if failed:
        raise SystemExit("a bare process failed")
    return len(texts) / seconds


def run_bare(file: Path) -> None:
    """Run the batches of a file through a session of one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(MODEL.locate()), sess_options=options, providers=["CPUExecutionProvider"]
    )
    for batch in json.loads(file.read_text()):
        width = max(map(len, batch))
        ids = np.zeros((len(batch), width), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        session.run(None, feeds)


if __name__ == "__main__":
    run_bare(Path(sys.argv[1]))
