"""The refusal of sockets is real, in this process and in those it starts."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

import pytest

OUTSIDE = "192.0.2.1"  # TEST-NET-1: documentation's own network, which nobody answers from
SCRIPT = Path(__file__).parents[2] / "scripts" / "offline.py"
CONNECT = f"import socket; socket.create_connection(({OUTSIDE!r}, 80), timeout=5)"


def test_outside_is_refused() -> None:
    with pytest.raises(OSError, match="offline run"):
        socket.create_connection((OUTSIDE, 80), timeout=5)


def test_names_are_not_looked_up() -> None:
    with pytest.raises(OSError, match="offline run"):
        socket.getaddrinfo("example.com", 443)


def test_datagrams_are_refused() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
        pytest.raises(OSError, match="offline run"),
    ):
        sender.sendto(b"x", (OUTSIDE, 9))


def test_asyncio_is_refused() -> None:
    with pytest.raises(OSError, match="offline run"):
        asyncio.run(asyncio.open_connection(OUTSIDE, 80))


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_loopback_works(family: socket.AddressFamily) -> None:
    host = "127.0.0.1" if family == socket.AF_INET else "::1"
    try:
        server = socket.create_server((host, 0), family=family)
    except OSError:
        pytest.skip(f"this machine has no {host}")
    with server, socket.create_connection(server.getsockname()[:2]) as client:
        assert client.getpeername()[0] == host


def test_child_processes_are_refused_too() -> None:
    done = subprocess.run([sys.executable, "-c", CONNECT], capture_output=True, text=True)
    assert "to '192.0.2.1' refused" in done.stderr
    assert done.returncode == 1


def test_script_runs_a_command_offline_and_returns_its_code() -> None:
    command = [sys.executable, str(SCRIPT), sys.executable, "-c"]
    refused = subprocess.run([*command, CONNECT], capture_output=True, text=True, env={})
    assert "offline run" in refused.stderr
    assert subprocess.run([*command, "raise SystemExit(6)"], env={}).returncode == 6


def test_script_without_a_command_says_how() -> None:
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("COMMAND")) == (2, 1)
