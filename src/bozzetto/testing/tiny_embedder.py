"""Small embedding models for sentence-transformers and fastembed, without any download.

    python -m bozzetto.testing.tiny_embedder FOLDER    one folder for each kind

"static" has the vectors of the word pieces of bozzetto's own student model: a text is the mean of
its pieces, and near what it means. "transformer" is a BERT of two layers with random weights, to
run the code of the real ones: near are texts that share words. Needs the packages of
`pip install 'bozzetto[sentence-transformers]'`. The same kind gives the same weights. `build_onnx`
lays out the weights that bozzetto has anyway as an export to ONNX does, for fastembed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from bozzetto.adapters.embedders import minilm
from bozzetto.embed.student import FILE

__all__ = ["KINDS", "PROMPTS", "build_embedder", "build_onnx"]

SEED: Final = 20221122
PROMPTS: Final = {"query": "query: ", "document": "passage: "}

_UNKNOWN = "[UNK]"
_WIDTH = 32
_LONGEST = 64


def build_embedder(
    folder: Path, kind: str = "static", *, prompts: Mapping[str, str] | None = None
) -> Path:
    """Write a model of a kind ("static" or "transformer") into a folder.

    `prompts` are what it puts before queries and documents, such as `PROMPTS`.

    Raises:
        KeyError: there is no such kind.
    """
    import torch
    from sentence_transformers import SentenceTransformer

    folder.mkdir(parents=True, exist_ok=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        modules = _BUILDERS[kind]()
    model = SentenceTransformer(modules=modules, device="cpu", prompts=dict(prompts or {}))
    model.save_pretrained(str(folder), create_model_card=False)
    return folder


def build_onnx(folder: Path) -> Path:
    """Lay out the English embedder's own weights as an exported model; they are not copied.

    Raises:
        SetupError: the package that carries them is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for file, name in ((minilm.MODEL, "model.onnx"), (minilm.TOKENIZER, "tokenizer.json")):
        (folder / name).symlink_to(file.locate())
    settings = {"model_max_length": minilm.FEATURES.max_tokens, "pad_token": "[PAD]"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")
    config = {"hidden_size": minilm.FEATURES.dim, "pad_token_id": 0}
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    return folder


def _tokenizer(pieces: Sequence[str], **settings: Any) -> Any:  # noqa: ANN401 - tokenizers' own
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    found = Tokenizer(models.WordPiece(vocabulary, unk_token=_UNKNOWN, **settings))
    found.normalizer = normalizers.BertNormalizer(lowercase=True)
    found.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return found


def _static() -> list[Any]:
    """The student's table; its first row is what holds no known piece, and says nothing here."""
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    arrays = FILE.read(None)
    pieces = arrays["pieces"].tobytes().decode("ascii").split("\n")
    table = arrays["table"].astype(np.float32) * arrays["scales"].astype(np.float32)
    table = np.concatenate([np.zeros_like(table[:1]), table])
    return [StaticEmbedding(_tokenizer([_UNKNOWN, *pieces]), embedding_weights=table)]


def _transformer() -> list[Any]:
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    letters = [chr(n) for n in range(33, 127) if not chr(n).isupper()]
    marks = ["[PAD]", _UNKNOWN, "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = [*marks, *letters, *(f"##{letter}" for letter in letters)]
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=_WIDTH, num_hidden_layers=2,
        num_attention_heads=4, intermediate_size=2 * _WIDTH, max_position_embeddings=_LONGEST,
    )  # fmt: skip
    with TemporaryDirectory() as place:
        BertModel(config).save_pretrained(place)
        words = Path(place, "vocab.txt")
        words.write_text("\n".join(vocabulary), "utf-8")
        BertTokenizerFast(str(words), model_max_length=_LONGEST).save_pretrained(place)
        return [Transformer(place), Pooling(_WIDTH, "mean")]


_BUILDERS: Mapping[str, Callable[[], list[Any]]] = {
    "static": _static,
    "transformer": _transformer,
}

KINDS: Final = tuple(_BUILDERS)
"""The models there are."""


if __name__ == "__main__":
    for name in KINDS:
        build_embedder(Path(sys.argv[1]) / name, name)
