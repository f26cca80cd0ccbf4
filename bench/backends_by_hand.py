"""The stores by their vendors' clients alone, as one would write it for one's own program.

Same batches, same facts, same indexes, same effort of a search as our adapters; no errors are
told, nothing is tried again, nothing is looked at twice.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from bozzetto.types import StoreRows, Vectors

__all__ = ["BY_HAND", "Closing", "Faiss", "Side"]

K = 10


class Side(Protocol):
    """A collection that is loaded and searched."""

    def put(self, rows: StoreRows) -> object:
        """Add rows, none of which is there."""

    def finish(self) -> object:
        """Build what searches need."""

    def search(self, query: Vectors) -> list[int]:
        """The ten best."""


class Closing(Side, Protocol):
    """One that holds a connection."""

    def close(self) -> object:
        """Let go of it."""


class Chroma:
    """A running server."""

    def __init__(self, address: str, dim: int) -> None:
        import chromadb
        from chromadb.config import Settings

        host, _, port = address.removeprefix("http://").partition(":")
        settings = Settings(_env_file=None, anonymized_telemetry=False)
        graph = {"space": "ip", "max_neighbors": 16, "ef_construction": 200, "ef_search": 128,
                 "sync_threshold": 10_000}  # fmt: skip
        self._client = chromadb.HttpClient(host, int(port), settings=settings)
        self._collection = self._client.create_collection(
            "by_hand", configuration={"hnsw": graph}, embedding_function=None
        )

    def put(self, rows: StoreRows) -> object:
        facts = [
            one._asdict() | {"tags": ["", *one.tags], "sources": ["", *one.sources]}
            for one in rows.facts
        ]
        ids = [str(key) for key in rows.keys.tolist()]
        return self._collection.upsert(ids=ids, embeddings=rows.vectors, metadatas=facts)

    def finish(self) -> object:
        return None

    def search(self, query: Vectors) -> list[int]:
        found = self._collection.query(query_embeddings=[query], n_results=K, include=["distances"])
        return [int(key) for key in found["ids"][0]]

    def close(self) -> object:
        from bozzetto.adapters.stores.chroma_connection import let_go

        let_go(self._client)  # its own leaves connections open
        return None


class Milvus:
    """Milvus Lite, in a file."""

    def __init__(self, file: str, dim: int) -> None:
        from pymilvus import DataType, MilvusClient

        self._client = MilvusClient(uri=file, dedicated=True)
        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("id", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dim)
        words = {"element_type": DataType.VARCHAR, "max_capacity": 4_096, "max_length": 65_535}
        for name in ("tags", "sources"):
            schema.add_field(name, DataType.ARRAY, **words)
        for name in ("use", "model_family"):
            schema.add_field(name, DataType.VARCHAR, max_length=65_535)
        for name in ("rating", "added"):
            schema.add_field(name, DataType.INT64)
        schema.add_field("nsfw", DataType.DOUBLE)
        schema.add_field("has_image", DataType.BOOL)
        self._client.create_collection("by_hand", schema=schema, consistency_level="Strong")
        self._rows = 0

    def put(self, rows: StoreRows) -> object:
        data = [
            {"id": key, "vector": vector, **one._asdict(), "tags": list(one.tags),
             "sources": list(one.sources)}
            for key, vector, one in zip(
                rows.keys.tolist(), rows.vectors.tolist(), rows.facts, strict=True
            )
        ]  # fmt: skip
        self._rows += len(rows)
        return self._client.upsert("by_hand", data)

    def finish(self) -> object:
        self._client.flush("by_hand")
        params = self._client.prepare_index_params()
        kind: dict[str, Any] = {"index_type": "FLAT", "params": {}}
        if self._rows >= 10_000:
            kind = {"index_type": "IVF_FLAT", "params": {"nlist": 256}}
        params.add_index("vector", metric_type="IP", **kind)
        self._client.create_index("by_hand", params, sync=False)
        return self._client.load_collection("by_hand")

    def search(self, query: Vectors) -> list[int]:
        (hits,) = self._client.search(
            "by_hand", data=[query], limit=K, output_fields=["id"],
            search_params={"params": {"nprobe": 96}},
        )  # fmt: skip
        return list(hits.ids)

    def close(self) -> object:
        return self._client.close()


class PostgreSQL:
    """A running server, with pgvector."""

    def __init__(self, address: str, dim: int) -> None:
        import psycopg

        self._connection = psycopg.connect(f"postgresql:{address}", autocommit=True)
        self._connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        self._connection.execute(
            "CREATE TABLE by_hand (key bigint PRIMARY KEY, tags text[], sources text[], use text,"
            " model_family text, rating integer, nsfw double precision, has_image boolean,"
            f" added bigint, vector vector({dim}))"
        )
        self._connection.execute("ALTER TABLE by_hand ALTER vector SET STORAGE PLAIN")
        self._rows = 0
        self._head = struct.pack(">HH", dim, 0)

    def put(self, rows: StoreRows) -> object:
        kinds = ("int8", "text[]", "text[]", "text", "text", "int4", "float8", "bool", "int8")
        vectors = rows.vectors.astype(">f4")
        words = "COPY by_hand FROM STDIN (FORMAT BINARY)"
        with self._connection.cursor() as cursor, cursor.copy(words) as copy:
            copy.set_types((*kinds, "bytea"))
            for key, vector, one in zip(rows.keys.tolist(), vectors, rows.facts, strict=True):
                tags, sources, *plain = one
                packed = self._head + vector.tobytes()
                copy.write_row((key, list(tags), list(sources), *plain, packed))
        self._rows += len(rows)
        return None

    def finish(self) -> object:
        for words in (
            ()
            if self._rows < 10_000
            else (
                "SET maintenance_work_mem = '512MB'",
                "CREATE INDEX ON by_hand USING gin (tags)",
                "CREATE INDEX ON by_hand USING gin (sources)",
                "CREATE INDEX ON by_hand USING hnsw (vector vector_ip_ops)"
                " WITH (m = 16, ef_construction = 100)",
                "ANALYZE by_hand",
                "SET hnsw.ef_search = 100",
            )
        ):
            self._connection.execute(words)
        return None

    def search(self, query: Vectors) -> list[int]:
        text = f"[{','.join(map(str, query.tolist()))}]"
        found = self._connection.execute(
            "SELECT key, vector <#> %s::vector AS distance FROM by_hand ORDER BY distance LIMIT 10",
            (text,),
        )
        return [key for key, _ in found.fetchall()]

    def close(self) -> object:
        return self._connection.close()


class Qdrant:
    """Its client's local mode, in a folder."""

    def __init__(self, folder: str, dim: int) -> None:
        import warnings

        from qdrant_client import QdrantClient, models

        warnings.filterwarnings("ignore", message="Local mode is not recommended")
        self._models = models
        self._client = QdrantClient(path=folder)
        size = models.VectorParams(size=dim, distance=models.Distance.DOT)
        self._client.create_collection("by_hand", vectors_config=size)

    def put(self, rows: StoreRows) -> object:
        facts = [one._asdict() for one in rows.facts]
        batch = self._models.Batch(
            ids=rows.keys.tolist(), vectors=rows.vectors.tolist(), payloads=facts
        )
        return self._client.upsert("by_hand", batch, wait=True)

    def finish(self) -> object:
        return None

    def search(self, query: Vectors) -> list[int]:
        found = self._client.query_points(
            "by_hand", query=query.tolist(), limit=K, with_payload=False
        )
        return [point.id for point in found.points]

    def close(self) -> object:
        return self._client.close()


class LanceDB:
    """A folder."""

    def __init__(self, folder: str, dim: int) -> None:
        import lancedb
        import pyarrow as pa

        self._arrow = pa
        self._kinds = [
            pa.field("key", pa.int64()),
            pa.field("tags", pa.list_(pa.string())),
            pa.field("sources", pa.list_(pa.string())),
            pa.field("use", pa.string()),
            pa.field("model_family", pa.string()),
            pa.field("rating", pa.int32()),
            pa.field("nsfw", pa.float64()),
            pa.field("has_image", pa.bool_()),
            pa.field("added", pa.int64()),
            pa.field("vector", pa.list_(pa.float32(), dim)),
        ]
        schema = pa.schema(self._kinds)
        self._table: Any = lancedb.connect(folder).create_table("by_hand", schema=schema)

    def put(self, rows: StoreRows) -> object:
        pa = self._arrow
        columns = [rows.keys, *zip(*rows.facts, strict=True)]
        arrays = [
            pa.array(column, field.type)
            for column, field in zip(columns, self._kinds, strict=False)
        ]
        flat = pa.array(np.ascontiguousarray(rows.vectors).reshape(-1))
        arrays.append(pa.FixedSizeListArray.from_arrays(flat, rows.vectors.shape[1]))
        return self._table.add(pa.table(arrays, schema=pa.schema(self._kinds)))

    def finish(self) -> object:
        from lancedb.index import Bitmap, HnswSq, LabelList

        self._table.optimize()
        if self._table.count_rows() < 50_000:
            return None
        graph = HnswSq(distance_type="dot", m=16, ef_construction=100)
        self._table.create_index("vector", config=graph)
        for name in ("tags", "sources"):
            self._table.create_index(name, config=LabelList())
        for name in ("use", "model_family"):
            self._table.create_index(name, config=Bitmap())
        return None

    def search(self, query: Vectors) -> list[int]:
        asked = self._table.search(query, vector_column_name="vector").distance_type("dot")
        found = asked.select(["key", "_distance"]).limit(K).refine_factor(10).to_arrow()
        keys: list[int] = found["key"].to_pylist()
        return keys

    def close(self) -> object:
        return None


class Faiss:
    """In this process: lists of 8-bit numbers, as our own index has them."""

    def __init__(self, sample: Vectors, rows: int) -> None:
        import faiss

        self._faiss: Any = faiss
        dim = sample.shape[1]
        lists = 1 << round(np.log2(2 * np.sqrt(rows)))
        self._index = faiss.IndexIVFScalarQuantizer(
            faiss.IndexFlatIP(dim), dim, lists, faiss.ScalarQuantizer.QT_8bit,
            faiss.METRIC_INNER_PRODUCT,
        )  # fmt: skip
        self._index.cp.niter, self._index.cp.max_points_per_centroid = 8, 40
        self._index.train(sample[:: max(1, len(sample) // (lists * 40))].copy())
        self._index.nprobe = min(lists, int(np.ceil(lists * max(1 / 36, 32_768 / rows))))

    def put(self, rows: StoreRows) -> object:
        """Add rows."""
        return self._index.add_with_ids(rows.vectors, rows.keys)

    def finish(self) -> object:
        """Nothing is left to do."""
        return None

    def search(self, query: Vectors) -> list[int]:
        """The ten best."""
        keys: list[int] = self._index.search(query[None, :], K)[1][0].tolist()
        return keys


BY_HAND: Mapping[str, Any] = {
    "postgresql": PostgreSQL,
    "milvus": Milvus,
    "chroma": Chroma,
    "qdrant": Qdrant,
    "lancedb": LanceDB,
}
"""The stores that run without being installed: each takes a place and a dimension."""
