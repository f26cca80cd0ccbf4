"""A Milvus server on a loopback port: Milvus Lite's engine behind what a server does besides.

    with MilvusServer(folder, token="root:Milvus") as server:
        store = open_store(server.address, environ={"MILVUS_TOKEN": "root:Milvus"}, timeout=10)

Beyond Lite it asks for the key (gRPC's UNAUTHENTICATED where it is wrong), knows filter
templates and wants no string but through them, searches and counts nothing that is not indexed
and loaded (codes 101 and 700), and answers 16,384 rows at most (Milvus's documented limit). Its
statistics know the rows of files that a flush has closed, and no others.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from concurrent import futures
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import grpc
from milvus_lite.adapter.grpc.servicer import MilvusServicer
from milvus_lite.db import MilvusLite
from pymilvus.grpc_gen import common_pb2, milvus_pb2, milvus_pb2_grpc

__all__ = ["MilvusServer"]

_VERSION = "v2.6.4"
_MOST = 16_384
_NAMED = re.compile(r"\{(\w+)\}")


class MilvusServer:
    """Runs in threads of this process; may be stopped and started again, on the same port."""

    def __init__(self, folder: Path, token: str = "") -> None:
        self._folder = folder
        self._token = token
        self._port = 0
        self._server: Any = None
        self._engine: Any = None
        self.loaded: set[str] = set()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it."""
        self._engine = MilvusLite(str(self._folder))
        self._server = grpc.server(
            futures.ThreadPoolExecutor(8), interceptors=[_Door(self._token)] if self._token else []
        )
        service = _Servicer(self._engine, self.loaded)
        milvus_pb2_grpc.add_MilvusServiceServicer_to_server(service, self._server)
        self._port = self._server.add_insecure_port(f"127.0.0.1:{self._port}")
        self._server.start()

    def stop(self) -> None:
        """Stop it; what it was given stays."""
        if self._server is not None:
            self._server.stop(grace=0).wait()
            self._engine.close()
            self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class _Door(grpc.ServerInterceptor):  # type: ignore[misc]
    """Lets in who brings the key."""

    def __init__(self, token: str) -> None:
        self._wanted = base64.b64encode(token.encode()).decode()

    def intercept_service(self, go_on: Callable[[Any], Any], details: Any) -> Any:  # noqa: ANN401
        if dict(details.invocation_metadata).get("authorization") == self._wanted:
            return go_on(details)
        return grpc.unary_unary_rpc_method_handler(_refuse)


def _refuse(request: object, context: Any) -> None:  # noqa: ANN401
    context.abort(
        grpc.StatusCode.UNAUTHENTICATED,
        "auth check failure, please check username and password are correct",
    )


class _Servicer(MilvusServicer):  # type: ignore[misc]
    """What a server does where Lite does otherwise; method names are the protocol's."""

    def __init__(self, engine: Any, loaded: set[str]) -> None:  # noqa: ANN401
        super().__init__(engine)
        self._engine = engine
        self._loaded = loaded
        self._closed: dict[str, Any] = {}

    def GetVersion(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        return milvus_pb2.GetVersionResponse(status=common_pb2.Status(), version=_VERSION)

    def LoadCollection(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        if not self._indexed(request.collection_name):
            return _wrong(700, f"index not found[collection={request.collection_name}]")
        status = super().LoadCollection(request, context)
        self._loaded.add(request.collection_name)
        return status

    def Flush(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        done = super().Flush(request, context)
        for name in request.collection_names:
            asked = milvus_pb2.GetCollectionStatisticsRequest(collection_name=name)
            self._closed[name] = super().GetCollectionStatistics(asked, context)
        return done

    def GetCollectionStatistics(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        found = super().GetCollectionStatistics(request, context)
        none = [common_pb2.KeyValuePair(key="row_count", value="0")]
        return self._closed.get(request.collection_name) or (
            milvus_pb2.GetCollectionStatisticsResponse(status=found.status, stats=none)
        )

    def DropCollection(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        self._loaded.discard(request.collection_name)
        self._closed.pop(request.collection_name, None)
        return super().DropCollection(request, context)

    def Search(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        asked = {pair.key: pair.value for pair in request.search_params}
        limit, effort = int(asked["topk"]), json.loads(asked["params"])
        if not 0 < limit <= _MOST:
            wrong = _wrong(65_535, f"topk [{limit}] is invalid, should be in range [1, {_MOST}]")
            return milvus_pb2.SearchResults(status=wrong)
        if effort["ef"] < limit:
            wrong = _wrong(65_535, f"ef({effort['ef']}) should be larger than k({limit})")
            return milvus_pb2.SearchResults(status=wrong)
        wrong = self._unready(request.collection_name) or _unnamed(request.dsl)
        if wrong is not None:
            return milvus_pb2.SearchResults(status=wrong)
        request.dsl = _filled(request.dsl, request.expr_template_values)
        return super().Search(request, context)

    def Query(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        wrong = self._unready(request.collection_name)
        if wrong is not None:
            return milvus_pb2.QueryResults(status=wrong)
        return super().Query(request, context)

    def _unready(self, collection: str) -> Any:  # noqa: ANN401
        """Why a collection cannot be searched: it is there, and not loaded."""
        if self._engine.has_collection(collection) and collection not in self._loaded:
            return _wrong(101, f"collection not loaded[collection={collection}]")
        return None

    def _indexed(self, collection: str) -> bool:
        return not self._engine.has_collection(collection) or bool(
            self._engine.get_collection(collection)._index_specs
        )


def _wrong(code: int, reason: str) -> Any:  # noqa: ANN401
    return common_pb2.Status(code=code, error_code=common_pb2.UnexpectedError, reason=reason)


def _unnamed(words: str) -> Any:  # noqa: ANN401
    """A string that stands in an expression: here every one has to be a value with a name."""
    if '"' in words or "'" in words:
        return _wrong(1_100, f"cannot parse expression: {words}")
    return None


def _filled(words: str, values: Any) -> str:  # noqa: ANN401
    return _NAMED.sub(lambda name: _literal(values[name[1]]), words)


def _literal(value: Any) -> str:  # noqa: ANN401
    kind = value.WhichOneof("val")
    if kind == "array_val":
        found = list(value.array_val.string_data.data)
        return json.dumps(found, ensure_ascii=False)
    return json.dumps(getattr(value, kind))
