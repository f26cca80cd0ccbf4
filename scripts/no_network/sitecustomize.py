"""Refuse every connection that leaves this machine, for the whole Python process.

Python imports a module of this name at start-up, so a process whose PYTHONPATH holds this
folder runs offline, and so do the Python processes it starts. The refusal is an audit hook:
it cannot be undone, and it sees every socket that goes through Python's socket module,
asyncio's included. Sockets that a native library opens by itself are not seen.
"""

from __future__ import annotations

import errno
import ipaddress
import sys

_CONNECTS = ("socket.connect", "socket.sendto", "socket.sendmsg")
_LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname")


def is_loopback(host: object) -> bool:
    """Whether a host, as text or bytes, is this machine; None and "" mean it too."""
    if isinstance(host, bytes | bytearray):
        host = host.decode("ascii", "replace")
    if host is None or host in ("", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(host))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    """Raise OSError where an audit event would leave this machine."""
    if event in _CONNECTS:
        address = arguments[1]
        # Only internet addresses are tuples that begin with a host name.
        host = address[0] if isinstance(address, tuple) and address else None
        outside = isinstance(host, str) and not is_loopback(host)
    elif event in _LOOKUPS:
        host = arguments[0]
        outside = not is_loopback(host)
    else:
        return
    if outside:
        raise OSError(errno.ENETUNREACH, f"offline run: {event} to {host!r} refused")


sys.addaudithook(refuse)
