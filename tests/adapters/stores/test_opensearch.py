"""OpenSearch, Amazon's service and Serverless: what is asked badly, refused, lost, twice there."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from bozzetto.adapters.stores.address import address_of
from bozzetto.adapters.stores.elastic_errors import Place, unreached
from bozzetto.errors import BackendError, NotFoundError, SetupError
from bozzetto.ports import VectorStore
from bozzetto.testing.failures import unmapped
from bozzetto.testing.opensearch_server import (
    AOSS,
    GONE,
    HALF,
    OPENSEARCH,
    SHORT,
    Answer,
    Busy,
    SearchServer,
    Slow,
)
from bozzetto.testing.search_index import Flavour
from bozzetto.testing.search_login import Basic, Signed
from bozzetto.testing.stores import rows_of
from bozzetto.types import Facts, StoreRows, Where

opensearch: Any = None
PLACE = Place("OpenSearch at http://nosuchhost:9200", "")

ROWS = rows_of(60)
DIM = ROWS.vectors.shape[1]
NAME = "bozzetto_one"


@pytest.fixture(autouse=True)
def backends(require: Callable[[str], object]) -> None:
    """The adapter is imported once its client is there."""
    require("backends")
    require("aws")
    global opensearch
    from bozzetto.adapters.stores import opensearch


def part(start: int, end: int) -> StoreRows:
    return StoreRows(ROWS.keys[start:end], ROWS.vectors[start:end], ROWS.facts[start:end])


def opened(
    server: SearchServer, query: str = "", environ: Mapping[str, str] = MappingProxyType({})
) -> VectorStore:
    nowhere = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    store: VectorStore = opensearch.open_store(
        f"{server.address}{query}", environ={**nowhere, **environ}, timeout=10
    )
    return store


@pytest.fixture
def server() -> Iterator[SearchServer]:
    with SearchServer(OPENSEARCH) as server:
        yield server


@pytest.fixture
def store(server: SearchServer) -> Iterator[VectorStore]:
    store = opened(server)
    yield store
    store.close()


@pytest.fixture
def aoss() -> Iterator[SearchServer]:
    """It shows what is written a minute later, or when a test has it refresh."""
    with SearchServer(replace(AOSS, refresh=60.0), login=Signed("aoss")) as server:
        yield server


def serverless(server: SearchServer) -> VectorStore:
    return opened(server, "?service=aoss&region=eu-central-1", Signed("aoss").environ())


def patient(server: SearchServer, *, most: int = 10_000, looking: float = 60.0) -> VectorStore:
    """The same with other bounds."""
    from bozzetto.adapters.stores.elastic_store import ElasticStore
    from bozzetto.adapters.stores.opensearch_serverless import KeyedRows

    asking = serverless(server)._asking  # type: ignore[attr-defined]
    return ElasticStore(
        opensearch.SERVERLESS, asking, KeyedRows(asking, most=most, looking=looking)
    )


def bulks(server: SearchServer) -> list[list[dict[str, Any]]]:
    """The actions of each bulk request."""
    return [
        [
            line
            for line in map(json.loads, call.body.splitlines())
            if {"index", "delete"} & set(line)
        ]
        for call in server.calls
        if call.path.endswith("_bulk")
    ]


# Addresses and credentials


def test_every_exception_has_a_row() -> None:
    import opensearchpy.exceptions

    assert unmapped(opensearchpy.exceptions, opensearch.FAILURES) == []


def test_the_package_that_is_missing_is_named() -> None:
    lacking = (
        "import sys; sys.modules['opensearchpy'] = None\n"
        "from bozzetto.errors import MissingExtraError\n"
        "from bozzetto.plugins import load\n"
        "try:\n    load('stores', 'opensearch')\n"
        "except MissingExtraError as error:\n    print(error.hint)"
    )
    done = subprocess.run([sys.executable, "-c", lacking], capture_output=True, check=True)
    assert done.stdout.decode() == "pip install 'bozzetto[opensearch]'\n"


@pytest.mark.parametrize(
    ("address", "service", "region"),
    [
        ("https://localhost:9200", "", ""),
        ("https://search-x.eu-central-1.es.amazonaws.com", "es", "eu-central-1"),
        ("https://search-x.cn-north-1.es.amazonaws.com.cn", "es", "cn-north-1"),
        ("https://search-x.aos.us-east-1.on.aws", "es", "us-east-1"),
        ("https://abc.us-west-2.aoss.amazonaws.com", "aoss", "us-west-2"),
        ("https://abc.aoss.us-west-2.on.aws", "aoss", "us-west-2"),
        ("https://prompts.example.com?service=aoss&region=eu-west-1", "aoss", "eu-west-1"),
        ("https://prompts.example.com?service=es", "es", ""),
        ("https://x.eu-west-1.es.amazonaws.com.example.com", "", ""),
    ],
)
def test_amazon_is_known_by_its_names(address: str, service: str, region: str) -> None:
    found = opensearch.amazon_of(
        address_of("opensearch", address, port=9200, instead="", queried=True)
    )
    assert (found.service, found.region) == (service, region)


@pytest.mark.parametrize(
    ("rest", "says"),
    [
        ("https://admin:topsecret@host:9200", "OPENSEARCH_USERNAME and OPENSEARCH_PASSWORD"),
        ("https://admin:top/topsecret@host", "OPENSEARCH_USERNAME and OPENSEARCH_PASSWORD"),
        ("https://admin:topsecret?x@host", "OPENSEARCH_USERNAME and OPENSEARCH_PASSWORD"),
        ("//host:9200", "such as opensearch:http://127.0.0.1:9200"),
        ("https://host:notaport", "such as opensearch:http://127.0.0.1:9200"),
        ("https://", "such as opensearch:http://127.0.0.1:9200"),
        ("https://host/?password=topsecret", "no password or key"),
        ("https://host/?service=s3", "no password or key"),
    ],
)
def test_a_bad_address_says_what_to_write(rest: str, says: str) -> None:
    with pytest.raises(SetupError) as caught:
        opensearch.open_store(rest, environ={}, timeout=5)
    assert says in (caught.value.hint or "")
    assert "topsecret" not in str(caught.value) + str(caught.value.hint)


def test_a_file_of_certificates_has_to_be_there() -> None:
    with pytest.raises(SetupError, match=r"OPENSEARCH_CA_CERTS: /no/such.pem is not a file"):
        opensearch.open_store(
            "https://host", environ={"OPENSEARCH_CA_CERTS": "/no/such.pem"}, timeout=5
        )


def test_opening_calls_nobody(server: SearchServer) -> None:
    assert opened(server).features.place == f"OpenSearch at {server.address}"
    assert server.calls == []


@pytest.mark.parametrize(
    ("login", "query", "environ", "says", "hint"),
    [
        (
            Basic("admin", "right"),
            "",
            {"OPENSEARCH_USERNAME": "admin", "OPENSEARCH_PASSWORD": "wrong-one"},
            "does not accept the credentials (401)",
            "OPENSEARCH_USERNAME",
        ),
        (Basic("admin", "right"), "", {}, "does not accept", "OPENSEARCH_PASSWORD"),
        (
            Signed("es"),
            "?service=es&region=us-east-1",
            Signed("es").environ(),
            "another region or service",
            "region=eu-central-1",
        ),
        (
            Signed("es"),
            "?service=aoss&region=eu-central-1",
            Signed("es").environ(),
            "another region or service",
            "service=es",
        ),
        (
            Signed("es"),
            "?service=es&region=eu-central-1",
            Signed("es", secret="another-secret").environ(),
            "does not accept the credentials",
            "AWS_SECRET_ACCESS_KEY",
        ),
        (
            Signed("es", token="new"),
            "?service=es&region=eu-central-1",
            Signed("es", token="old").environ(),
            "does not accept the credentials",
            "AWS_SESSION_TOKEN",
        ),
        (
            Signed("es", allowed=False),
            "?service=es&region=eu-central-1",
            Signed("es").environ(),
            "refuses the user or role",
            "es:ESHttp*",
        ),
        (
            Signed("aoss", allowed=False),
            "?service=aoss&region=eu-central-1",
            Signed("aoss").environ(),
            "lacks a permission",
            "data access policy",
        ),
        (Signed("es"), "?service=es&region=eu-central-1", {}, "credentials", "AWS_PROFILE"),
        (Signed("es"), "?service=es", Signed("es").environ(), "region", "AWS_REGION"),
        (Signed("es"), "", {}, "refuses the user or role", "es:ESHttp*"),
    ],
)  # fmt: skip
def test_whoever_is_not_let_in_learns_why(
    login: Basic | Signed, query: str, environ: dict[str, str], says: str, hint: str
) -> None:
    with SearchServer(OPENSEARCH, login=login) as server:
        store = opened(server, query, environ)
        with pytest.raises(SetupError) as caught:
            store.count(NAME)
        store.close()
    told = f"{caught.value.message} | {caught.value.hint}"
    assert says in caught.value.message
    assert hint in (caught.value.hint or "")
    assert not [value for value in environ.values() if len(value) > 5 and value in told]


def test_the_region_of_the_variables_is_used_where_the_host_names_none() -> None:
    with SearchServer(OPENSEARCH, login=Signed("es", region="eu-north-1")) as server:
        environ = {**Signed("es").environ(), "AWS_REGION": "eu-north-1"}
        assert opened(server, "?service=es", environ).count(NAME) is None


def test_credentials_that_cannot_be_renewed_are_told(tmp_path: Path) -> None:
    """They expire in a minute, so each request renews them; the second time that fails."""
    soon = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    login = Signed("es", token="t")
    found = {"Version": 1, "AccessKeyId": login.key, "SecretAccessKey": login.secret,
             "SessionToken": login.token, "Expiration": soon}  # fmt: skip
    (tmp_path / "once").write_text(json.dumps(found), "utf-8")
    renew = tmp_path / "renew.sh"
    renew.write_text(f"cd {tmp_path} && mv once used && cat used\n", "utf-8")
    config = tmp_path / "config"
    config.write_text(f"[default]\ncredential_process = sh {renew}\n", "utf-8")
    with SearchServer(OPENSEARCH, login=login) as server:
        environ = {"AWS_CONFIG_FILE": str(config)}
        store = opened(server, "?service=es&region=eu-central-1", environ)
        with pytest.raises(SetupError, match=r"^Amazon OpenSearch: Error when retrieving cred"):
            store.count(NAME)
        store.close()
    assert (tmp_path / "used").exists()


def test_who_may_only_read_counts_too(server: SearchServer, store: VectorStore) -> None:
    store.create(NAME, DIM, 60)
    store.put(NAME, ROWS)
    store.finish(NAME)
    server.plan(Answer(403, {"error": {"type": "security_exception"}}), on="_refresh")
    assert store.count(NAME) == 60


def test_a_domain_may_have_users_of_its_own() -> None:
    with SearchServer(OPENSEARCH, login=Basic("me", "pässword")) as server:
        environ = {"OPENSEARCH_USERNAME": "me", "OPENSEARCH_PASSWORD": "pässword"}
        assert opened(server, "?service=es&region=eu-central-1", environ).count(NAME) is None


def test_a_port_without_tls_is_told(server: SearchServer) -> None:
    address = server.address.replace("http:", "https:")
    with pytest.raises(SetupError, match="fails at TLS"):
        opensearch.open_store(address, environ={}, timeout=5).count(NAME)


def test_nobody_there_is_told() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        store = opensearch.open_store(
            f"http://127.0.0.1:{held.getsockname()[1]}", environ={}, timeout=5
        )
        with pytest.raises(BackendError, match="cannot be reached") as caught:
            store.count(NAME)
    assert caught.value.retryable
    assert caught.value.message.endswith(" cannot be reached: Connection refused")


def test_silence_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        store = opensearch.open_store(
            f"http://127.0.0.1:{held.getsockname()[1]}", environ={}, timeout=0.1
        )
        with pytest.raises(BackendError, match="did not answer in time"):
            store.count(NAME)


def test_a_host_that_is_not_there_is_told_in_one_line() -> None:
    from opensearchpy.exceptions import ConnectionError
    from urllib3.connection import HTTPConnection
    from urllib3.exceptions import NameResolutionError

    reason = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    nested = NameResolutionError("nosuchhost", HTTPConnection("nosuchhost"), reason)
    nested.__cause__ = reason
    error = unreached(
        ConnectionError("N/A", str(nested), nested), nested, opensearch.FAILURES, PLACE
    )
    assert isinstance(error, SetupError)
    assert (error.message, error.hint) == (
        "OpenSearch at http://nosuchhost:9200 cannot be found: Name or service not known",
        "look at the host's name in the address",
    )


# Loading


def test_it_loads_without_refreshes_and_replicas(server: SearchServer, store: VectorStore) -> None:
    store.create(NAME, DIM, 60)
    index = server.indexes[NAME]
    loading = {"refresh_interval": "-1", "number_of_replicas": "0"}
    assert index.settings == {"knn": "true", "number_of_shards": "1", **loading}
    store.put(NAME, ROWS)
    assert index.seen() == {}
    store.finish(NAME)
    assert index.settings == {"knn": "true", "number_of_shards": "1"}
    assert len(index.seen()) == 60
    assert index.merged == 1


def test_many_rows_are_cut_into_shards(server: SearchServer, store: VectorStore) -> None:
    store.create(NAME, 384, 14_000_000)
    assert server.indexes[NAME].settings["number_of_shards"] == "2"


def test_a_cluster_that_wants_its_replicas_keeps_them() -> None:
    with SearchServer(OPENSEARCH, zones=3) as server:
        store = opened(server)
        store.create(NAME, DIM, 60)
        assert server.indexes[NAME].settings == {
            "knn": "true", "number_of_shards": "1", "refresh_interval": "-1",
        }  # fmt: skip
        store.finish(NAME)
        assert server.indexes[NAME].settings == {"knn": "true", "number_of_shards": "1"}
        store.close()


def test_only_rows_that_were_turned_away_are_sent_again(
    server: SearchServer, store: VectorStore
) -> None:
    store.create(NAME, DIM, 60)
    server.plan(Busy(3), Busy(2), on="_bulk")
    store.put(NAME, ROWS)
    first = [{"index": {"_id": str(key)}} for key in ROWS.keys.tolist()]
    assert bulks(server) == [first, first[:3], first[:2]]
    assert store.count(NAME) == 60


def test_a_row_that_is_refused_is_told_and_the_others_stay(
    server: SearchServer, store: VectorStore
) -> None:
    store.create(NAME, DIM, 60)
    bad = [*ROWS.facts[:2], Facts(rating="four"), *ROWS.facts[3:5]]  # type: ignore[arg-type]
    with pytest.raises(BackendError, match=r"refuses .*field \[rating\] of type \[integer\]"):
        store.put(NAME, StoreRows(ROWS.keys[:5], ROWS.vectors[:5], bad))
    assert store.count(NAME) == 4
    assert len(bulks(server)) == 1


def test_rows_of_another_dimension_are_told(server: SearchServer, store: VectorStore) -> None:
    store.create(NAME, DIM, 60)
    wide = rows_of(5, dim=DIM + 8)
    with pytest.raises(SetupError, match=f"holds vectors of {DIM} dimensions, not {DIM + 8}"):
        store.put(NAME, wide)
    assert bulks(server) == []


def test_a_query_of_another_dimension_is_told(store: VectorStore) -> None:
    store.create(NAME, DIM, 60)
    with pytest.raises(BackendError, match=f"dimension: {DIM + 8}. Dimension should be: {DIM}"):
        store.search(NAME, rows_of(1, dim=DIM + 8).vectors[0], 5)


def test_long_rows_go_in_several_requests(server: SearchServer, store: VectorStore) -> None:
    store.create(NAME, DIM, 60)
    long = [Facts(tags=(f"{n}" + "x" * 300_000,)) for n in range(60)]
    store.put(NAME, StoreRows(ROWS.keys, ROWS.vectors, long))
    assert [len(actions) for actions in bulks(server)] == [13, 13, 13, 13, 8]
    assert max(len(call.body) for call in server.calls) < 4 * 1024 * 1024
    assert store.count(NAME) == 60


def test_a_full_disk_is_told_at_once(server: SearchServer, store: VectorStore) -> None:
    store.create(NAME, DIM, 60)
    server.full = True
    with pytest.raises(BackendError, match=r"takes no writes .*flood-stage") as caught:
        store.put(NAME, ROWS)
    assert "disk" in (caught.value.hint or "")
    assert len(bulks(server)) == 1
    with pytest.raises(BackendError, match="makes no new collections"):
        store.create("bozzetto_two", DIM, 60)


def test_a_load_that_breaks_off_goes_on(server: SearchServer, store: VectorStore) -> None:
    store.create(NAME, DIM, 60)
    store.put(NAME, part(0, 20))
    server.plan(GONE, on="_bulk")
    with pytest.raises(BackendError, match="cannot be reached") as caught:
        store.put(NAME, part(20, 40))
    assert caught.value.retryable
    assert len(server.indexes[NAME].docs) == 20
    with SearchServer(OPENSEARCH) as again:
        again.indexes = server.indexes
        other = opened(again)
        other.create(NAME, DIM, 60)
        other.put(NAME, part(10, 60))
        other.finish(NAME)
        assert other.count(NAME) == 60
        other.close()


def test_a_collection_that_is_dropped_meanwhile_is_not_made_anew(
    server: SearchServer, store: VectorStore
) -> None:
    store.create(NAME, DIM, 60)
    opened(server).drop(NAME)
    for asking in (
        lambda: store.put(NAME, ROWS),
        lambda: store.delete(NAME, ROWS.keys),
        lambda: store.finish(NAME),
        lambda: store.search(NAME, ROWS.vectors[0], 5),
    ):
        with pytest.raises(NotFoundError):
            asking()
    assert server.indexes == {}


def test_an_index_of_others_is_left_alone(server: SearchServer, store: VectorStore) -> None:
    import opensearchpy

    client = opensearchpy.OpenSearch(server.address)
    client.indices.create(index=NAME, body={"mappings": {"properties": {"a": {"type": "long"}}}})
    client.close()
    with pytest.raises(SetupError, match="was made by something else"):
        store.create(NAME, DIM, 60)
    with pytest.raises(SetupError, match="was made by something else"):
        store.put(NAME, ROWS)


# What passes, and what does not


@pytest.mark.parametrize(
    "step",
    [
        HALF,
        SHORT,
        Answer(503, {"message": "Service Unavailable"}),
        Answer(502, "<html>Bad Gateway</html>"),
        Answer(429, {"error": {"type": "circuit_breaking_exception", "reason": "too large"}}),
    ],
    ids=str,
)
def test_what_passes_is_tried_again(
    server: SearchServer, store: VectorStore, step: Answer | str
) -> None:
    store.create(NAME, DIM, 60)
    store.put(NAME, ROWS)
    server.plan(step, on="_count")
    assert store.count(NAME) == 60
    server.plan(step, on="_bulk")
    store.put(NAME, ROWS)
    assert store.count(NAME) == 60


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (Answer(503, "<html>down</html>"), r"is not available \(503\)$"),
        (
            Answer(500, {"error": {"type": "x", "reason": "an\x1b[31m odd thing"}}),
            "failed .500.: an",
        ),
    ],
    ids=str,
)
def test_what_stays_is_told_after_three_tries(
    server: SearchServer, store: VectorStore, step: Answer, says: str
) -> None:
    server.plan(*[step] * 3, on="_resolve")
    with pytest.raises(BackendError, match=says) as caught:
        store.collections("bozzetto")
    assert caught.value.retryable
    assert "\x1b" not in caught.value.message
    assert len(server.calls) == 3


@pytest.mark.parametrize("body", [{}, [], "hello", None, {"hits": 3}, {NAME: {}}], ids=str)
def test_something_else_that_answers_is_told(
    server: SearchServer, store: VectorStore, body: object
) -> None:
    for asking in (
        lambda: store.create(NAME, DIM, 60),
        lambda: store.count(NAME),
        lambda: store.collections(NAME),
        lambda: store.search(NAME, ROWS.vectors[0], 5),
    ):
        server.plan(*[Answer(200, body)] * 3)
        with pytest.raises(BackendError, match="answers what"):
            asking()


def test_a_part_of_the_shards_is_no_answer(server: SearchServer, store: VectorStore) -> None:
    store.create(NAME, DIM, 60)
    half = {"timed_out": False, "_shards": {"total": 2, "failed": 1}, "hits": {"hits": []}}
    server.plan(Answer(200, half), on="_search")
    with pytest.raises(BackendError, match="searched bozzetto_one in part"):
        store.search(NAME, ROWS.vectors[0], 5)


def test_the_last_refresh_may_take_its_time(server: SearchServer) -> None:
    store = opensearch.open_store(server.address, environ={}, timeout=0.2)
    store.create(NAME, DIM, 60)
    store.put(NAME, ROWS)
    server.plan(Slow(0.5), on="_refresh")
    store.finish(NAME)
    assert store.count(NAME) == 60
    store.close()


def test_a_refused_merge_is_no_matter(server: SearchServer, store: VectorStore) -> None:
    store.create(NAME, DIM, 60)
    store.put(NAME, ROWS)
    server.plan(Answer(403, {"error": {"type": "security_exception"}}), on="_forcemerge")
    store.finish(NAME)
    assert len(server.indexes[NAME].seen()) == 60


# Searching


def test_thorough_looks_at_every_row(server: SearchServer, store: VectorStore) -> None:
    store.create(NAME, DIM, 60)
    store.put(NAME, ROWS)
    store.finish(NAME)
    where = Where(rating=2)
    walked = store.search(NAME, ROWS.vectors[3], 10, where)
    exact = store.search(NAME, ROWS.vectors[3], 10, where, thorough=True)
    assert exact[0].tolist() == walked[0].tolist()
    assert exact[1] == pytest.approx(walked[1])
    bodies = [json.loads(call.body) for call in server.calls if call.path.endswith("_search")]
    assert [next(iter(body["query"])) for body in bodies] == ["knn", "script_score"]
    assert bodies[0]["query"]["knn"]["vector"]["filter"] == {
        "bool": {"filter": [{"range": {"rating": {"gte": 2}}}]}
    }


def test_scores_are_inner_products_on_both_sides_of_nothing(store: VectorStore) -> None:
    store.create(NAME, 2, 3)
    vectors = np.array([[1, 0], [0, 1], [-0.6, -0.8]], np.float32)
    store.put(NAME, StoreRows(np.array([1, 2, 3]), vectors, [Facts()] * 3))
    store.finish(NAME)
    for thorough in (False, True):
        keys, scores = store.search(NAME, vectors[0], 3, thorough=thorough)
        assert keys.tolist() == [1, 2, 3]
        assert scores == pytest.approx([1.0, 0.0, -0.6], abs=1e-6)


def test_no_more_than_ten_thousand_are_asked_for(server: SearchServer, store: VectorStore) -> None:
    store.create(NAME, DIM, 60)
    store.put(NAME, ROWS)
    store.finish(NAME)
    assert len(store.search(NAME, ROWS.vectors[0], 10**9)[0]) == 60
    assert json.loads(server.calls[-1].body)["size"] == 10_000


# Serverless


def test_serverless_is_asked_only_what_it_answers(aoss: SearchServer) -> None:
    store = serverless(aoss)
    store.create(NAME, DIM, 60)
    store.put(NAME, ROWS)
    aoss.indexes[NAME].refresh()
    store.finish(NAME)
    store.delete(NAME, ROWS.keys[:5])
    assert store.search(NAME, ROWS.vectors[9], 1, thorough=True)[0].tolist() == [ROWS.keys[9]]
    assert store.collections("bozzetto") == (NAME,)
    store.drop(NAME)
    store.close()
    asked = {f"{call.method} {call.path}".replace(NAME, "x") for call in aoss.calls}
    assert asked == {
        "DELETE /x", "GET /_resolve/index/bozzetto*", "GET /x/_count", "GET /x/_mapping",
        "POST /x/_bulk", "POST /x/_search", "PUT /x",
    }  # fmt: skip
    assert all(action == {"index": {}} for action in bulks(aoss)[0])


def test_how_late_rows_are_found_is_known(server: SearchServer, aoss: SearchServer) -> None:
    lags = [store.features.lag for store in (opened(server), serverless(aoss))]
    assert lags == [1.0, 60.0]


def test_serverless_replaces_what_no_search_finds_yet(aoss: SearchServer) -> None:
    store = serverless(aoss)
    store.create(NAME, DIM, 60)
    for _ in range(3):
        store.put(NAME, ROWS)
    store.delete(NAME, ROWS.keys[:10])
    assert len(aoss.indexes[NAME].docs) == 50
    aoss.indexes[NAME].refresh()
    store.finish(NAME)
    assert store.count(NAME) == 50
    store.close()


def test_serverless_finishes_once_the_rows_are_found(aoss: SearchServer) -> None:
    store = serverless(aoss)
    store.create(NAME, DIM, 60)
    store.put(NAME, ROWS)
    assert store.count(NAME) == 0
    threading.Timer(0.2, aoss.indexes[NAME].refresh).start()
    store.finish(NAME)
    assert store.count(NAME) == 60
    store.close()


def test_serverless_rows_of_two_loads_count_once(aoss: SearchServer) -> None:
    """A load that was broken off and goes on elsewhere within a minute."""
    first, second = serverless(aoss), serverless(aoss)
    first.create(NAME, DIM, 60)
    first.put(NAME, part(0, 40))
    turned = StoreRows(ROWS.keys[20:], ROWS.vectors[20:], [Facts(use="second")] * 40)
    second.put(NAME, turned)
    aoss.indexes[NAME].refresh()
    assert second.count(NAME) == 80
    found = second.search(NAME, ROWS.vectors[30], 80)[0].tolist()
    assert len(found) == len(set(found)) == 60
    second.finish(NAME)
    aoss.indexes[NAME].refresh()
    assert second.count(NAME) == 60
    uses = [doc["use"] for doc in aoss.indexes[NAME].sources.values()]
    assert uses.count("second") == 40
    first.close()
    second.close()


def test_serverless_rows_that_were_sent_twice_count_once(aoss: SearchServer) -> None:
    """An answer that is lost leaves it open whether the rows are there."""
    store = serverless(aoss)
    store.create(NAME, DIM, 60)
    aoss.plan(SHORT, on="_bulk")
    threading.Timer(0.4, aoss.indexes[NAME].refresh).start()
    store.put(NAME, ROWS)
    assert len(aoss.indexes[NAME].docs) == 60  # it was looked for before it was sent again
    store.delete(NAME, ROWS.keys[:10])
    assert len(aoss.indexes[NAME].docs) == 50
    store.close()


def test_serverless_rows_that_never_arrived_are_sent_again(aoss: SearchServer) -> None:
    store = patient(aoss, looking=0.2)
    store.create(NAME, DIM, 60)
    aoss.plan(Answer(504), on="_bulk")
    store.put(NAME, ROWS)
    assert len(aoss.indexes[NAME].docs) == 60
    store.close()


def test_serverless_removes_every_older_row(aoss: SearchServer) -> None:
    """However few keys one answer tells."""
    first, second = patient(aoss, most=10), patient(aoss, most=10)
    first.create(NAME, DIM, 60)
    first.put(NAME, ROWS)
    second.put(NAME, ROWS)
    assert len(aoss.indexes[NAME].docs) == 120
    aoss.indexes[NAME].refresh()
    second.finish(NAME)
    assert len(aoss.indexes[NAME].docs) == 60
    first.close()
    second.close()


def test_serverless_indexes_that_appear_late_are_waited_for(aoss: SearchServer) -> None:
    store = serverless(aoss)
    missing = {"error": {"type": "index_not_found_exception", "reason": "no such index"}}
    aoss.plan(*[Answer(404, missing)] * 3, on="_mapping")
    store.create(NAME, DIM, 60)
    assert list(aoss.indexes) == [NAME]
    store.close()


@pytest.mark.parametrize("flavour", [OPENSEARCH, AOSS], ids=lambda one: one.name)
def test_no_key_stands_in_what_is_shown(flavour: Flavour) -> None:
    login = Signed(flavour.name.replace("opensearch", "es"), token="a-session-token")
    with SearchServer(flavour, login=login) as server:
        store = opened(server, f"?service={login.service}&region=eu-central-1", login.environ())
        echoed = f"broken by {login.secret} and {login.token}"
        server.plan(*[Answer(500, {"error": {"type": "x", "reason": echoed}})] * 3, on="_count")
        store.create(NAME, DIM, 1)
        with pytest.raises(BackendError) as caught:
            store.finish(NAME)
        shown = f"{caught.value} {caught.value.hint} {store!r} {store.features}"
        assert login.secret not in shown
        assert login.token not in shown
        assert "broken by ***" in shown
        store.close()
