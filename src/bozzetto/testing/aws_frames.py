"""Amazon's event streams (application/vnd.amazon.eventstream): one message a frame, checksums true.

A frame is its length and that of its headers, the checksum of these, the headers, the payload,
and the checksum of all of it:
https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping

__all__ = ["CONTENT_TYPE", "event", "exception", "frame"]

CONTENT_TYPE = "application/vnd.amazon.eventstream"

_STRING = 7  # the type of a header's value


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One message."""
    head = b"".join(_header(name, value) for name, value in headers.items())
    prelude = struct.pack(">II", 16 + len(head) + len(payload), len(head))
    body = prelude + struct.pack(">I", zlib.crc32(prelude)) + head + payload
    return body + struct.pack(">I", zlib.crc32(body))


def _header(name: str, value: str) -> bytes:
    key, data = name.encode(), value.encode()
    return struct.pack(">B", len(key)) + key + struct.pack(">BH", _STRING, len(data)) + data


def event(kind: str, payload: object) -> bytes:
    """An event: JSON, or bytes as they are."""
    raw = isinstance(payload, bytes)
    headers = {
        ":event-type": kind,
        ":content-type": "application/octet-stream" if raw else "application/json",
        ":message-type": "event",
    }
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return frame(headers, data)


def exception(kind: str, payload: Mapping[str, object]) -> bytes:
    """An error within a stream."""
    headers = {
        ":exception-type": kind,
        ":content-type": "application/json",
        ":message-type": "exception",
    }
    return frame(headers, json.dumps(payload).encode())
