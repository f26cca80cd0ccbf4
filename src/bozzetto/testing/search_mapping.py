"""Mappings and documents, as OpenSearch and Elasticsearch check them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

__all__ = [
    "VECTORS",
    "Document",
    "Fields",
    "RefusedError",
    "dim_of",
    "fields_of",
    "illegal",
    "parsed",
]

Document = Mapping[str, Any]
Fields = Mapping[str, Mapping[str, Any]]
"""The properties of a mapping, by the field's name."""


class RefusedError(Exception):
    """An error as the servers send it."""

    def __init__(self, status: int, kind: str, reason: str, cause: str = "") -> None:
        super().__init__(reason)
        self.status, self.kind, self.reason, self.cause = status, kind, reason, cause

    @property
    def body(self) -> dict[str, Any]:
        """What stands under "error"."""
        inner = {"type": "illegal_argument_exception", "reason": self.cause}
        return {
            "type": self.kind,
            "reason": self.reason,
            **({"caused_by": inner} if self.cause else {}),
        }


def illegal(reason: str) -> RefusedError:
    """What a request holds that it may not."""
    return RefusedError(400, "illegal_argument_exception", reason)


_PLAIN = {
    "keyword": {"ignore_above"},
    "integer": set[str](),
    "long": set[str](),
    "double": set[str](),
    "float": set[str](),
    "boolean": set[str](),
}
VECTORS = {
    "knn_vector": {"dimension", "method", "space_type"},
    "dense_vector": {"dims", "index", "similarity", "index_options", "element_type"},
}
_METHOD = {"name": {"hnsw"}, "engine": {"faiss", "lucene"}, "space_type": {"innerproduct", "l2"}}
_GRAPHS = {"hnsw", "int8_hnsw", "int4_hnsw", "bbq_hnsw", "flat", "int8_flat"}
_SIMILARITIES = {"dot_product", "cosine", "l2_norm", "max_inner_product"}


def fields_of(mappings: Mapping[str, Any], vector: str, engines: Iterable[str]) -> Fields:
    """The fields of a mapping, checked; `vector` is the type that this server has."""
    unknown = set(mappings) - {"dynamic", "properties", "_source", "_meta"}
    if unknown:
        raise RefusedError(
            400,
            "mapper_parsing_exception",
            f"Root mapping definition has unsupported parameters:  {sorted(unknown)}",
        )
    found: Fields = mappings.get("properties", {})
    for name, one in found.items():
        _check_field(name, one, vector, set(engines))
    return found


def _check_field(name: str, one: Mapping[str, Any], vector: str, engines: set[str]) -> None:
    kind = one.get("type", "object")
    known = VECTORS[vector] if kind == vector else _PLAIN.get(kind)
    if known is None:
        raise RefusedError(
            400,
            "mapper_parsing_exception",
            f"No handler for type [{kind}] declared on field [{name}]",
        )
    unknown = set(one) - known - {"type"}
    if unknown:
        raise RefusedError(
            400,
            "mapper_parsing_exception",
            f"unknown parameter {sorted(unknown)} on mapper [{name}] of type [{kind}]",
        )
    if kind == "knn_vector":
        _check_knn(one, engines)
    elif kind == "dense_vector":
        _check_dense(one)


def _check_knn(one: Mapping[str, Any], engines: set[str]) -> None:
    dim, method = one.get("dimension"), one.get("method", {})
    if not isinstance(dim, int) or not 0 < dim <= 16_000:
        raise illegal(f"Dimension value must be greater than 0 and at most 16000: {dim}")
    for name, allowed in {**_METHOD, "engine": engines}.items():
        if method.get(name) not in allowed:
            raise illegal(f"Invalid {name} in method: {method.get(name)}")


def _check_dense(one: Mapping[str, Any]) -> None:
    dim = one.get("dims")
    if not isinstance(dim, int) or not 0 < dim <= 4096:
        raise illegal(f"The number of dimensions should be in the range [1, 4096] but was [{dim}]")
    graph = one.get("index_options", {}).get("type", "int8_hnsw")
    if one.get("similarity") not in _SIMILARITIES or graph not in _GRAPHS:
        raise illegal(f"Unknown vector similarity or index options type [{graph}]")


def dim_of(field: Mapping[str, Any]) -> int:
    """The dimension of a field of vectors."""
    return int(field.get("dimension") or field["dims"])


def parsed(source: Document, fields: Fields, id_: str) -> Document:
    """A document as it is indexed, checked against a strict mapping."""
    for name in source:
        if name not in fields:
            raise RefusedError(
                400,
                "strict_dynamic_mapping_exception",
                f"mapping set to strict, dynamic introduction of [{name}] within [_doc] is not "
                "allowed",
            )
    return {name: _value(name, value, fields[name], id_) for name, value in source.items()}


def _value(name: str, value: Any, field: Mapping[str, Any], id_: str) -> Any:  # noqa: ANN401
    if field["type"] in VECTORS:
        return _vector(name, value, field, id_)
    values = value if isinstance(value, list) else [value]
    kinds = _KINDS[field["type"]]
    for one in values:
        if not isinstance(one, kinds) or (bool not in kinds and isinstance(one, bool)):
            raise RefusedError(
                400,
                "mapper_parsing_exception",
                f"failed to parse field [{name}] of type [{field['type']}] in document with id "
                f"'{id_}'. Preview of field's value: '{one}'",
            )
    return [one for one in values if not _too_long(one, field)]


_KINDS: Mapping[str, tuple[type, ...]] = {
    "keyword": (str,),
    "integer": (int,),
    "long": (int,),
    "double": (float, int),
    "float": (float, int),
    "boolean": (bool,),
}


def _too_long(value: object, field: Mapping[str, Any]) -> bool:
    """Whether a keyword is kept but not indexed."""
    if not isinstance(value, str):
        return False
    if len(value) > field.get("ignore_above", 2**31):
        return True
    if len(value.encode()) > 32_766:
        raise illegal("Document contains at least one immense term in field")
    return False


def _vector(name: str, value: Any, field: Mapping[str, Any], id_: str) -> Any:  # noqa: ANN401
    dim = dim_of(field)
    if field["type"] == "knn_vector" and len(value) != dim:
        raise RefusedError(
            400,
            "mapper_parsing_exception",
            f"failed to parse field [{name}] of type [knn_vector] in document with id '{id_}'. "
            "Preview of field's value: 'null'",
            f"Vector dimension mismatch. Expected: {dim}, Given: {len(value)}",
        )
    vector = np.array(value, np.float32)
    wrong = ""
    if len(value) != dim:
        wrong = (
            f"The [dense_vector] field [{name}] in doc [document with id '{id_}'] has a different "
            f"number of dimensions [{len(value)}] than defined in the mapping [{dim}]"
        )
    elif field.get("similarity") == "dot_product" and abs(float(vector @ vector) - 1) > 1e-3:
        wrong = "The [dot_product] similarity can only be used with unit-length vectors."
    if wrong:
        raise RefusedError(
            400, "document_parsing_exception", f"[1:1] failed to parse: {wrong}", wrong
        )
    return vector
