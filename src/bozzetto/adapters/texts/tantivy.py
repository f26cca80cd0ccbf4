"""tantivy: BM25 over stemmed words (Robertson and Zaragoza 2009; k1 1.2, b .75).

A search is a disjunction of the words' terms, built as objects: there is no query language
for an idea to stray into.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import tantivy

from bozzetto.adapters import manifest
from bozzetto.errors import DataError
from bozzetto.ports import TextIndexFeatures
from bozzetto.types import Keys, Vectors

__all__ = ["TantivyIndex", "open_index"]

_VERSION = 2
_ANALYSER = "bozzetto"
_CJK = r"\p{Han}\p{Hiragana}\p{Katakana}"
_WORD = rf"[{_CJK}]|[[\p{{L}}\p{{N}}\p{{M}}]--[{_CJK}]]+"
_MAX_CHARACTERS = 8_192
_MAX_TERMS = 64
_LONGEST_WORD = 64
_SLACK = 32
_MOST_TIES = 4_096
_HEAP = 256_000_000

_FEW = 50_000
"""Up to so many allowed keys are part of the query; of more than that enough are found anyway."""


_Scored = tuple[float, tantivy.DocAddress]
_NOTHING = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)


class TantivyIndex:
    """The index; empty until `build` or `open`."""

    def __init__(self) -> None:
        self._analyser = _analyser()
        self._schema = _schema()
        self._searcher: tantivy.Searcher | None = None

    @property
    def features(self) -> TextIndexFeatures:
        """What the index is."""
        return TextIndexFeatures(name="tantivy")

    def build(self, folder: Path, rows: Iterable[tuple[int, str]]) -> None:
        """Write an index of (key, text) rows into an empty folder and open it."""
        index = tantivy.Index(self._schema, path=str(folder), reuse=False)
        index.register_tokenizer(_ANALYSER, self._analyser)
        writer = index.writer(heap_size=_HEAP, num_threads=1)
        count = 0
        for key, text in rows:
            document = tantivy.Document()
            document.add_integer("key", key)
            document.add_text("text", text)
            writer.add_document(document)
            count += 1
        writer.commit()
        writer.wait_merging_threads()
        names = [path.name for path in folder.iterdir() if not path.name.startswith(".")]
        manifest.write(folder, "tantivy", _VERSION, names, rows=count)
        self.open(folder)

    def open(self, folder: Path) -> None:
        """Open what `build` wrote.

        Raises:
            DataError: the folder is truncated, foreign, or of another version.
        """
        facts = manifest.check(folder, "tantivy", _VERSION)
        try:
            index = tantivy.Index.open(str(folder))
            index.register_tokenizer(_ANALYSER, self._analyser)
            searcher = index.searcher()
        except (OSError, ValueError, RuntimeError) as error:
            raise DataError(f"the tantivy index in {folder} cannot be read: {error}") from error
        if searcher.num_docs != facts.get("rows"):
            raise DataError(f"the tantivy index in {folder} does not hold what its header says")
        self._searcher = searcher

    def search(self, text: str, k: int, allow: Keys | None = None) -> tuple[Keys, Vectors]:
        """The k best of the allowed keys and their BM25 scores, best first, ties by key."""
        terms = self._terms(text)
        wanted = min(k, len(self) if allow is None else len(allow))
        if self._searcher is None or wanted <= 0 or not terms or not len(self):
            return _NOTHING
        query = tantivy.Query.boolean_query([self._term(term) for term in terms])
        if allow is not None and len(allow) <= _FEW:
            query, allow = self._within(query, allow), None
        keys, scores = self._best(query, wanted, allow)
        order = np.lexsort((keys, -scores))[:k]
        return keys[order], scores[order]

    def _best(self, query: tantivy.Query, k: int, allow: Keys | None) -> tuple[Keys, Vectors]:
        """At least the k best; looks deeper until so many of them are allowed."""
        assert self._searcher is not None
        depth = k if allow is None else 2 * k * -(-len(self) // len(allow))
        while True:
            hits = _tied(self._searcher, query, min(depth, len(self)))
            scores = np.array([score for score, _ in hits], dtype=np.float32)
            values = self._searcher.fast_field_values("key", [address for _, address in hits])
            keys = np.array(values, dtype=np.int64)
            if allow is None:
                return keys, scores
            kept = allow[np.minimum(np.searchsorted(allow, keys), len(allow) - 1)] == keys
            if len(hits) < depth or kept[:depth].sum() >= k:
                return keys[kept], scores[kept]
            depth *= 4

    def __len__(self) -> int:
        return self._searcher.num_docs if self._searcher is not None else 0

    def _within(self, query: tantivy.Query, allow: Keys) -> tantivy.Query:
        """The query among some keys, which add nothing to a score."""
        keys = tantivy.Query.term_set_query(self._schema, "key", allow.tolist())
        both = (query, tantivy.Query.boost_query(keys, 0.0))
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, part) for part in both])

    def _terms(self, text: str) -> list[str]:
        readable = text[:_MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
        return list(dict.fromkeys(self._analyser.analyze(readable)))[:_MAX_TERMS]

    def _term(self, term: str) -> tuple[tantivy.Occur, tantivy.Query]:
        return tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "text", term, "freq")


def open_index(rest: str = "") -> TantivyIndex:
    """An empty index `tantivy:`."""
    return TantivyIndex()


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("key", fast=True, indexed=True)
    builder.add_text_field("text", tokenizer_name=_ANALYSER, index_option="freq")
    return builder.build()


def _analyser() -> tantivy.TextAnalyzer:
    """Words without accents, stop words and endings; each CJK character by itself."""
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.regex(_WORD))
    for step in (
        tantivy.Filter.remove_long(_LONGEST_WORD),
        tantivy.Filter.lowercase(),
        tantivy.Filter.ascii_fold(),
        tantivy.Filter.stopword("english"),
        tantivy.Filter.stemmer("english"),
    ):
        builder = builder.filter(step)
    return builder.build()


def _tied(searcher: tantivy.Searcher, query: tantivy.Query, k: int) -> list[_Scored]:
    """The k best and those that tie with the last of them, as far as that is sane."""
    most = min(k + _MOST_TIES, searcher.num_docs)
    limit = min(k + _SLACK, most)
    while True:
        hits: list[_Scored] = searcher.search(query, limit, count=False).hits
        if len(hits) < limit or limit == most or hits[-1][0] < hits[k - 1][0]:
            return hits
        limit = min(limit * 4, most)
