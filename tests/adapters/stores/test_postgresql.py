"""PostgreSQL beyond its port's suite: addresses, tokens, TLS, rights, and what goes wrong."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bozzetto.errors import BackendError, NotFoundError, SetupError
from bozzetto.testing.failures import unmapped
from bozzetto.testing.postgres import PostgresServer, running
from bozzetto.testing.postgres_gateway import Gateway, token_rule
from bozzetto.testing.stores import rows_of
from bozzetto.types import Facts, StoreRows, Where

if TYPE_CHECKING:
    from bozzetto.adapters.stores.postgresql import PostgreSQLStore

Require = Callable[[str], Path]
Open = Callable[..., "PostgreSQLStore"]

SECRET = "hunter2-with-a-tail"
TOKENS = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_REGION": "eu-west-3",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.fixture(scope="module")
def server(require: Require) -> Iterator[PostgresServer]:
    require("backends")
    with running(["statement_timeout = 20s"]) as server:
        yield server


@pytest.fixture
def opened(require: Require) -> Iterator[Open]:
    """A function that opens stores, closed at the end."""
    require("backends")
    from bozzetto.adapters.stores.postgresql import open_store

    stores: list[PostgreSQLStore] = []

    def open_one(rest: str, timeout: float = 10, **environ: str) -> PostgreSQLStore:
        stores.append(open_store(rest, environ=environ, timeout=timeout))
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


def at(server: PostgresServer, user: str = "postgres", database: str = "postgres") -> str:
    return f"//{user}@127.0.0.1:{server.port}/{database}"


@pytest.fixture
def database(server: PostgresServer) -> Iterator[str]:
    """A new database of the server, without the extension."""
    server.sql('CREATE DATABASE "o\'ne"')
    yield "o'ne"
    server.sql('DROP DATABASE "o\'ne" WITH (FORCE)')


class TestAddresses:
    @pytest.mark.parametrize(
        ("rest", "environ", "options", "place"),
        [
            (
                "//ann@db.example:6543/look?sslmode=verify-full&sslrootcert=system",
                {},
                {
                    "user": "ann",
                    "host": "db.example",
                    "port": "6543",
                    "dbname": "look",
                    "sslmode": "verify-full",
                    "sslrootcert": "system",
                },
                "PostgreSQL at db.example:6543/look",
            ),
            (
                "///look",
                {"PGHOST": "[::1]", "PGUSER": "ann", "PGPASSWORD": SECRET, "PGSSLMODE": "require"},
                {"dbname": "look", "host": "[::1]", "user": "ann", "sslmode": "require"},
                "PostgreSQL at [::1]:5432/look",
            ),
            (
                "//db.example/",
                {"PGHOST": "elsewhere", "PGPORT": "1"},
                {"host": "db.example", "port": "1"},
                "PostgreSQL at db.example:1",
            ),
            (
                "//",
                {"PGSERVICE": "mine", "PGHOST": "elsewhere"},
                {"service": "mine"},
                "PostgreSQL (service mine)",
            ),
            ("///", {}, {}, "PostgreSQL on this machine"),
        ],
    )
    def test_libpq_reads_them(
        self,
        require: Require,
        rest: str,
        environ: dict[str, str],
        options: dict[str, str],
        place: str,
    ) -> None:
        require("backends")
        from bozzetto.adapters.stores.postgresql_address import Address, parsed

        assert parsed(rest, environ) == Address(options, False, place)

    @pytest.mark.parametrize(
        "rest",
        [
            f"//ann:{SECRET}@db.example/look",
            f"//ann:{SECRET}%2F@db.example/look",
            f"//ann:{SECRET}/x@db.example/look",
            f"//ann:{SECRET}?x@db.example/look",
            f"//ann:5432?{SECRET}=x@db.example/look",
            f"//ann:{SECRET}#x@db.example/look",
            f"//ann@db.example/look?password={SECRET}",
            f"//ann@db.example/look?p%61ssword={SECRET}",
            f"//ann@db.example/look?sslpassword={SECRET}&auth=iam",
            f"//ann:{SECRET}@db.example:port/look",
        ],
    )
    def test_a_password_is_refused_and_not_repeated(self, opened: Open, rest: str) -> None:
        with pytest.raises(SetupError, match="password") as told:
            opened(rest)
        assert SECRET not in f"{told.value} {told.value.hint}"
        assert "PGPASSWORD" in str(told.value.hint)

    @pytest.mark.parametrize(
        ("rest", "said"),
        [
            ("db.example/look", "postgresql:db.example/look is no address"),
            ("//db.example/look?nonsense=1", "not a PostgreSQL address"),
            ("//db.example/look?auth=md5", "auth=iam"),
            ("//db.example/look?auth=iam", "a user and one host"),
            ("//ann@a,b/look?auth=iam", "a user and one host"),
            ("//ann@a/look?auth=iam&sslmode=prefer", "not with sslmode=prefer"),
        ],
    )
    def test_what_is_no_address(self, opened: Open, rest: str, said: str) -> None:
        with pytest.raises(SetupError, match=said) as told:
            opened(rest)
        assert told.value.hint

    def test_what_libpq_is_given(self, require: Require) -> None:
        require("backends")
        from bozzetto.adapters.stores.postgresql_address import parameters, parsed

        given = parameters(parsed("//ann@db.example/look?connect_timeout=3", {}), SECRET, 30)
        assert given == {
            "application_name": "bozzetto",
            "client_encoding": "utf8",
            "connect_timeout": "3",
            "dbname": "look",
            "host": "db.example",
            "keepalives_count": "3",
            "keepalives_idle": "10",
            "keepalives_interval": "2",
            "password": SECRET,
            "tcp_user_timeout": "30000",
            "user": "ann",
        }

    def test_no_password_is_taken_from_elsewhere(
        self, require: Require, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An empty one sends libpq to ~/.pgpass; a service's file may hold its own."""
        require("backends")
        from bozzetto.adapters.stores.postgresql_address import parameters, parsed

        monkeypatch.setenv("PGPASSWORD", SECRET)
        assert parameters(parsed("//ann@h/", {}), "", 5)["password"] == ""
        assert "password" not in parameters(parsed("//?service=mine", {}), "", 5)


class TestTokens:
    def test_a_token_is_signed_for_user_host_and_region(self, require: Require) -> None:
        require("backends")
        require("aws")
        from bozzetto.adapters.aws import open_client
        from bozzetto.adapters.stores.postgresql_address import iam_token, parameters, parsed

        host = "look.cluster-x.eu-west-3.rds.amazonaws.com"
        address = parsed(f"//ann@{host}:6543/look?auth=iam", TOKENS)
        client = open_client("rds", environ=TOKENS, timeout=5)
        given = parameters(address, iam_token(client, address), 5)
        token = given["password"]
        assert token.startswith(f"{host}:6543/?Action=connect&DBUser=ann&X-Amz-Algorithm=")
        assert "%2Feu-west-3%2Frds-db%2Faws4_request" in token
        assert "X-Amz-Expires=900" in token
        assert SECRET not in token
        assert (given["sslmode"], given["gssencmode"]) == ("require", "disable")

    def test_a_stronger_tls_stays(self, require: Require) -> None:
        require("backends")
        from bozzetto.adapters.stores.postgresql_address import parsed

        address = parsed("//ann@h/d?auth=iam", {"PGSSLMODE": "verify-full"})
        assert address.options["sslmode"] == "verify-full"

    def test_without_credentials(self, require: Require, opened: Open, tmp_path: Path) -> None:
        require("aws")
        nothing = str(tmp_path / "none")
        environ = {
            "AWS_REGION": "eu-west-3",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": nothing,
            "AWS_SHARED_CREDENTIALS_FILE": nothing,
        }
        with pytest.raises(SetupError, match="credentials"):
            opened("//ann@127.0.0.1:1/look?auth=iam", **environ).count("a")


class TestRights:
    def test_all_is_made_and_taken_away(
        self, server: PostgresServer, opened: Open, database: str
    ) -> None:
        store = opened(at(server, database="o%27ne"))
        schemas = "SELECT nspname FROM pg_namespace WHERE nspname = 'bozzetto'"
        assert store.collections("") == ()
        assert store.count("one") is None
        store.create("one", 8, 10)
        store.create("two", 8, 10)
        assert store.collections("") == ("one", "two")
        store.drop("one")
        assert server.sql(schemas, database=database) == [("bozzetto",)]
        store.drop("two")
        assert server.sql(schemas, database=database) == []

    def test_what_is_not_ours_stays(
        self, server: PostgresServer, opened: Open, database: str
    ) -> None:
        store = opened(at(server, database="o%27ne"))
        store.create("one", 8, 10)
        server.sql(
            "CREATE FUNCTION bozzetto.f() RETURNS int LANGUAGE sql AS 'SELECT 1'", database=database
        )
        store.drop("one")
        assert server.sql("SELECT bozzetto.f()", database=database) == [(1,)]

    def test_an_extension_somewhere_else_is_found(
        self, server: PostgresServer, opened: Open, database: str
    ) -> None:
        server.sql(
            'CREATE SCHEMA "Ex t"', 'CREATE EXTENSION vector SCHEMA "Ex t"', database=database
        )
        store = opened(at(server, database="o%27ne"))
        rows = rows_of(20)
        store.create("one", 24, 10)
        store.put("one", rows)
        store.finish("one")
        assert store.search("one", rows.vectors[4], 1)[0].tolist() == [rows.keys[4]]

    def test_who_may_not(self, server: PostgresServer, opened: Open, database: str) -> None:
        """First the extension, then the schema: each with the one command that helps."""
        server.sql("CREATE ROLE guest LOGIN")
        try:
            store = opened(at(server, "guest", "o%27ne"))
            with pytest.raises(SetupError, match="lacks the extension vector") as told:
                store.create("one", 8, 10)
            assert 'psql -d "o\'ne" -c "CREATE EXTENSION vector"' in str(told.value.hint)
            server.sql("CREATE EXTENSION vector", database=database)
            with pytest.raises(SetupError, match="lacks the schema bozzetto") as told:
                store.create("one", 8, 10)
            assert 'CREATE SCHEMA bozzetto AUTHORIZATION "guest"' in str(told.value.hint)
            server.sql('CREATE SCHEMA bozzetto AUTHORIZATION "guest"', database=database)
            store.create("one", 8, 10)
            store.drop("one")
            rest = server.sql("SELECT to_regnamespace('bozzetto') IS NULL", database=database)
            assert rest == [(False,)]  # who made it keeps it
            server.sql("ALTER SCHEMA bozzetto OWNER TO postgres", database=database)
            with pytest.raises(SetupError, match="does not allow it: permission denied for schema"):
                store.create("one", 8, 10)
            store.close()
        finally:
            server.sql("DROP OWNED BY guest", "DROP SCHEMA IF EXISTS bozzetto", database=database)
            server.sql("DROP OWNED BY guest", "DROP ROLE guest")


class TestRefusals:
    @pytest.mark.parametrize(
        ("rest", "kind", "said"),
        [
            ("//postgres@127.0.0.1:{port}/nothing", SetupError, "has no such database"),
            ("//nobody@127.0.0.1:{port}/postgres", SetupError, "knows no such user"),
            ("//postgres@127.0.0.1:1/postgres", BackendError, "cannot be reached"),
            ("//postgres@nowhere.invalid/postgres", SetupError, "cannot be found"),
            (
                "//postgres@127.0.0.1:{port}/postgres?sslmode=require",
                SetupError,
                "do not agree on TLS",
            ),
        ],
    )
    def test_one_line_that_says_why(
        self, server: PostgresServer, opened: Open, rest: str, kind: type[Exception], said: str
    ) -> None:
        with pytest.raises(kind, match=said) as told:
            opened(rest.format(port=server.port)).count("one")
        assert "\n" not in str(told.value)
        assert told.value.__cause__ is None

    def test_a_wrong_password(self, server: PostgresServer, opened: Open) -> None:
        server.sql("ALTER ROLE postgres PASSWORD 'right'")
        before = (server.data / "pg_hba.conf").read_text()
        server.rules("host all all 127.0.0.1/32 scram-sha-256")
        server.reload()
        try:
            for given in ({}, {"PGPASSWORD": SECRET}):
                with pytest.raises(SetupError, match="refuses the user or the password") as told:
                    opened(at(server), **given).count("one")
                assert SECRET not in f"{told.value} {told.value.hint}"
            store = opened(at(server), PGPASSWORD="right")
            assert store.count("one") is None
            assert "right" not in f"{vars(store)} {store.features}"
        finally:
            server.rules(before)
            server.reload()

    def test_a_pass_file(self, server: PostgresServer, opened: Open, tmp_path: Path) -> None:
        server.sql("ALTER ROLE postgres PASSWORD 'right'")
        before = (server.data / "pg_hba.conf").read_text()
        file = tmp_path / "pgpass"
        file.write_text(f"127.0.0.1:{server.port}:*:postgres:right\n")
        file.chmod(0o600)
        server.rules("host all all 127.0.0.1/32 scram-sha-256")
        server.reload()
        try:
            assert opened(at(server), PGPASSFILE=str(file)).count("one") is None
        finally:
            server.rules(before)
            server.reload()

    def test_a_search_that_takes_too_long(self, server: PostgresServer, opened: Open) -> None:
        store = opened(at(server), timeout=0.2)
        store.create("slow", 8, 10)
        try:
            import psycopg

            address = f"host=127.0.0.1 port={server.port} user=postgres dbname=postgres"
            with psycopg.connect(address) as other:
                other.execute("LOCK TABLE bozzetto.slow")
                with pytest.raises(BackendError, match="took too long") as told:
                    store.count("slow")
            assert not told.value.retryable
        finally:
            store.drop("slow")

    def test_another_dimension(self, server: PostgresServer, opened: Open) -> None:
        store, rows = opened(at(server)), rows_of(5)
        store.create("one", 8, 10)
        with pytest.raises(BackendError, match="expected 8 dimensions, not 24"):
            store.put("one", rows)
        store.drop("one")
        with pytest.raises(SetupError, match=r"16,000 dimensions at most, not 16,001"):
            store.create("one", 16_001, 10)
        with pytest.raises(NotFoundError, match="has no such collection"):
            store.put("one", rows)

    def test_a_message_ends_before_the_statement(
        self, server: PostgresServer, opened: Open
    ) -> None:
        store = opened(at(server))
        store.create("other", 24, 1)
        with pytest.raises(NotFoundError) as told:
            store.search("one", rows_of(1).vectors[0], 3)
        store.drop("other")
        assert str(told.value) == (
            f"PostgreSQL at 127.0.0.1:{server.port}/postgres has no such collection:"
            ' relation "bozzetto.one" does not exist'
        )

    @pytest.mark.parametrize(
        ("name", "kind", "said", "retryable"),
        [
            ("DiskFull", BackendError, "has no room left on its disk: words", False),
            ("OutOfMemory", BackendError, "has too little memory", False),
            ("AdminShutdown", BackendError, "broke off", True),
            ("DeadlockDetected", BackendError, "broke off", True),
            ("ReadOnlySqlTransaction", SetupError, "is a read-only copy", None),
            ("UntranslatableCharacter", SetupError, "an encoding without these letters", None),
            ("SyntaxError", BackendError, "fails: words", False),
        ],
    )
    def test_what_a_server_may_say(
        self,
        require: Require,
        name: str,
        kind: type[Exception],
        said: str,
        retryable: bool | None,
    ) -> None:
        require("backends")
        from psycopg import errors

        from bozzetto.adapters.stores.postgresql_failures import told

        with pytest.raises(kind, match=said) as found, told("PostgreSQL"):
            raise getattr(errors, name)("words")
        assert getattr(found.value, "retryable", None) is retryable

    def test_every_exception_has_a_row(self, require: Require) -> None:
        require("backends")
        import psycopg

        from bozzetto.adapters.stores.postgresql_failures import FAILURES

        # PEP 249 wants a Warning that is an exception; nothing raises it.
        assert unmapped(psycopg.errors, FAILURES) == ["Warning"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a certificate for "localhost", signed by itself, beside its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command += ["-keyout", str(folder / "key"), "-out", str(folder / "crt")]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "crt"


@pytest.fixture(scope="module")
def gateway(server: PostgresServer, certificate: Path) -> Iterator[Gateway]:
    """TLS in front of the server, whose build has none."""
    with Gateway(server.port, certificate, certificate.with_name("key")) as gateway:
        yield gateway


class TestEncryption:
    @pytest.mark.parametrize(
        ("host", "query"),
        [
            ("127.0.0.1", "sslmode=require"),
            ("127.0.0.1", "sslmode=verify-ca&sslrootcert={file}"),
            ("localhost", "sslmode=verify-full&sslrootcert={file}&hostaddr=127.0.0.1"),
        ],
    )
    def test_the_address_says_how_much_is_checked(
        self, gateway: Gateway, certificate: Path, opened: Open, host: str, query: str
    ) -> None:
        rest = f"//postgres@{host}:{gateway.port}/postgres?{query.format(file=certificate)}"
        assert opened(rest).count("one") is None

    def test_variables_do_too(self, gateway: Gateway, certificate: Path, opened: Open) -> None:
        rest = f"//postgres@127.0.0.1:{gateway.port}/postgres"
        store = opened(rest, PGSSLMODE="verify-ca", PGSSLROOTCERT=str(certificate))
        assert store.count("one") is None

    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ("sslmode=disable", "lets nobody in from here in this way"),
            ("sslmode=verify-full&sslrootcert={file}", "do not agree on TLS"),
            ("sslmode=verify-full&sslrootcert=system", "do not agree on TLS"),
            ("sslmode=verify-ca&sslrootcert=/not/there", "do not agree on TLS"),
        ],
    )
    def test_what_does_not_hold_is_told(
        self, gateway: Gateway, certificate: Path, opened: Open, query: str, said: str
    ) -> None:
        rest = f"//postgres@127.0.0.1:{gateway.port}/postgres?{query.format(file=certificate)}"
        with pytest.raises(SetupError, match=said) as told:
            opened(rest).count("one")
        assert told.value.hint


@pytest.fixture(scope="module")
def guarded(server: PostgresServer, certificate: Path, require: Require) -> Iterator[Gateway]:
    """A server that wants Amazon's tokens."""
    require("aws")
    with Gateway(server.port, certificate, certificate.with_name("key")) as gateway:
        gateway.accepts = token_rule("localhost", gateway.port, TOKENS)
        yield gateway


class TestTokensAtTheDoor:
    def test_each_connection_has_a_token(
        self, guarded: Gateway, certificate: Path, opened: Open
    ) -> None:
        rest = f"//postgres@localhost:{guarded.port}/postgres?auth=iam&sslmode=verify-full"
        store = opened(f"{rest}&hostaddr=127.0.0.1&sslrootcert={certificate}", **TOKENS)
        assert store.count("one") is None
        store.close()
        assert store.count("one") is None
        assert SECRET not in str(vars(store))

    @pytest.mark.parametrize(
        ("rest", "changed"),
        [
            ("localhost:{port}/postgres?hostaddr=127.0.0.1&auth=iam", {"AWS_REGION": "us-east-1"}),
            ("localhost:{port}/postgres?hostaddr=127.0.0.1&auth=iam", {"AWS_ACCESS_KEY_ID": "A"}),
            ("127.0.0.1:{port}/postgres?auth=iam", {}),
        ],
        ids=["region", "key", "host"],
    )
    def test_the_wrong_one_is_refused(
        self, guarded: Gateway, opened: Open, rest: str, changed: dict[str, str]
    ) -> None:
        environ = {**TOKENS, **changed}
        store = opened(f"//postgres@{rest.format(port=guarded.port)}", **environ)
        with pytest.raises(SetupError, match="refuses the user or the password") as told:
            store.count("one")
        assert "X-Amz" not in str(told.value)
        assert "rds-db:connect" in str(told.value.hint)


@pytest.fixture
def many() -> StoreRows:
    """Rows enough for an index."""
    count = 12_000
    vectors = np.random.default_rng(3).standard_normal((count, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    facts = [Facts(tags=("rare",) if n % 300 == 0 else (), rating=n % 6) for n in range(count)]
    return StoreRows(np.arange(1, count + 1, dtype=np.int64), vectors, facts)


class TestLargeCollections:
    def test_they_have_an_index(
        self, server: PostgresServer, opened: Open, many: StoreRows
    ) -> None:
        """Filters and large answers look behind it; what comes later is found too."""
        store = opened(at(server))
        store.create("large", 8, len(many))
        try:
            store.put("large", many)
            store.finish("large")
            store.finish("large")
            kinds = server.sql(
                "SELECT m.amname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
                " JOIN pg_am m ON m.oid = c.relam WHERE i.indrelid = 'bozzetto.large'::regclass"
            )
            assert sorted(kinds) == [("btree",), ("gin",), ("gin",), ("hnsw",)]
            scores = many.vectors @ many.vectors[7]
            best = np.argsort(-scores) + 1
            near = store.search("large", many.vectors[7], 10)[0]
            assert len(set(near.tolist()) & set(best[:10].tolist())) >= 9
            assert store.search("large", many.vectors[7], 10, thorough=True)[0].tolist() == (
                best[:10].tolist()
            )
            rare = [int(key) for key in best if (key - 1) % 300 == 0]
            where = Where(tags=("rare",))
            assert store.search("large", many.vectors[7], 100, where)[0].tolist() == rare
            where = Where(tags=("rare",), rating=5)
            assert store.search("large", many.vectors[7], 100, where)[0].tolist() == []
            assert store.search("large", many.vectors[7], 3_000)[0].tolist() == (
                best[:3_000].tolist()
            )
            assert len(store.search("large", many.vectors[7], 900, Where(rating=5))[0]) == 900
            later = StoreRows(np.array([99_999]), -many.vectors[:1], [Facts()])
            store.put("large", later)
            assert store.search("large", -many.vectors[0], 1)[0].tolist() == [99_999]
        finally:
            store.drop("large")

    def test_long_vectors_are_compared_in_half_precision_first(self, require: Require) -> None:
        """As run by hand on pgvector 0.8.5; the one that the tests carry has no such type."""
        require("backends")
        from bozzetto.adapters.stores.postgresql import _nearest
        from bozzetto.adapters.stores.postgresql_schema import Extension

        query = np.zeros(2_100, np.float32)
        found = Extension((0, 8), "public")
        words, values = _nearest(found, "one", query, 10, Where(rating=3), False)
        assert words.as_string(None) == (
            'SELECT "key", "vector" OPERATOR("public".<#>) %b::"public"."vector" AS distance FROM'
            ' (SELECT "key", "vector" FROM "bozzetto"."one" WHERE "rating" >= %s ORDER BY'
            ' ("vector"::"public"."halfvec"(2100)) OPERATOR("public".<#>)'
            ' %b::"public"."vector"::"public"."halfvec"(2100) LIMIT %s) AS near'
            " ORDER BY distance LIMIT %s"
        )
        assert values[1:] == [3, values[0], 20, 10]
        for old in (Extension((0, 6), "public"), Extension((0, 8), "public")):
            plain, _ = _nearest(old, "one", query, 10, Where(), True)
            assert "halfvec" not in plain.as_string(None)
        assert not Extension((0, 6), "public").indexes(2_001)
        assert not found.indexes(4_001)

    def test_the_index_is_used_and_settings_end_with_a_search(
        self, server: PostgresServer, opened: Open, many: StoreRows
    ) -> None:
        """Nothing that a search set is left for who has the connection next."""
        store = opened(at(server))
        store.create("large", 8, len(many))
        try:
            store.put("large", many)
            store.finish("large")
            scans = (
                "SELECT idx_scan FROM pg_stat_user_indexes i JOIN pg_class c"
                " ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam"
                " WHERE i.relname = 'large' AND m.amname = 'hnsw'"
            )
            store.search("large", many.vectors[7], 10)
            store.search("large", many.vectors[7], 2_000)
            with store._pool.connection() as connection:
                shown = connection.execute(
                    "SELECT current_setting('hnsw.ef_search'), current_setting('enable_indexscan'),"
                    " current_setting('statement_timeout')"
                ).fetchone()
            assert shown == ("40", "on", "20s")
            store.close()  # its process reports what it did when it ends
            until = time.monotonic() + 5
            while server.sql(scans) != [(1,)] and time.monotonic() < until:
                time.sleep(0.05)
            assert server.sql(scans) == [(1,)]
        finally:
            store.drop("large")


class TestLoading:
    def test_a_server_that_stops_in_the_middle(self, require: Require, opened: Open) -> None:
        """What it took is there when it is back, the rest goes on, and nothing is there twice."""
        require("backends")
        rows = rows_of(300)
        with running() as server:
            store = opened(at(server))
            store.create("one", 24, 300)
            store.put("one", _part(rows, 0, 100))
            server.stop()
            with pytest.raises(BackendError, match="cannot be reached") as told:
                store.put("one", _part(rows, 100, 200))
            assert told.value.retryable
            server.start()
            assert store.count("one") == 100
            for start in (0, 100, 200):
                store.put("one", _part(rows, start, start + 100))
            store.finish("one")
            assert store.count("one") == 300
            assert store.search("one", rows.vectors[250], 1)[0].tolist() == [rows.keys[250]]

    def test_a_lost_connection_is_made_anew(self, server: PostgresServer, opened: Open) -> None:
        store = opened(at(server))
        assert store.count("nothing") is None
        server.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'bozzetto'"
        )
        assert store.count("nothing") is None

    def test_what_text_cannot_hold(self, server: PostgresServer, opened: Open) -> None:
        store, rows = opened(at(server)), rows_of(2)
        strange = StoreRows(rows.keys, rows.vectors, [Facts(use="a\0b"), Facts(use="a\ud800b")])
        store.create("one", 24, 10)
        store.put("one", strange)
        found = store.search("one", rows.vectors[0], 5, Where(use=("a\0b",)))[0]
        assert found.tolist() == [rows.keys[0]]
        store.drop("one")


def _part(rows: StoreRows, start: int, end: int) -> StoreRows:
    return replace(
        rows,
        keys=rows.keys[start:end],
        vectors=rows.vectors[start:end],
        facts=rows.facts[start:end],
    )
