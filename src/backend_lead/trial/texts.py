"""Words that nobody wrote: a vocabulary whose words are as unevenly frequent as those of people."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from backend_lead.trial.binary import Cells, Octets
from backend_lead.trial.popularity import Bits, Rows, mixed, ranks, shares

VOCABULARY = 4000  # words: a search for one finds some rows, for two few
POOL = 2**19  # bytes of running text that all texts are cut from
POOL_SEED = 20_260
ZIPF = 1.0  # exponent of words in running text: Zipf 1949, Human Behavior, chapter 2
KINDS = 64  # different values of a list or of a JSON field
TEXT_OID = 25  # of the type `text`: PostgreSQL, pg_type.dat
_ON = (*"bcdfghklmnprstv", "st", "tr", "pl")
_IN = (*"aeiou", "ai", "ou")


@lru_cache(maxsize=1)
def vocabulary() -> tuple[str, ...]:
    """Words of two or three syllables, each once."""
    size = len(_ON) * len(_IN)
    out = []
    for n in range(VOCABULARY):
        parts = [n % size, (n // size + n * 7) % size] + ([n % 97] if n % 3 else [])
        out.append("".join(_ON[p % len(_ON)] + _IN[p // len(_ON) % len(_IN)] for p in parts))
    return tuple(dict.fromkeys(out))


@lru_cache(maxsize=1)
def _pool() -> tuple[Octets, Rows]:
    """Running text, twice over so that every cut fits, and where its words begin."""
    words = vocabulary()
    drawn = ranks(shares(mixed(np.arange(POOL // 4), POOL_SEED)), len(words), ZIPF)
    text = " ".join(words[r] for r in drawn)[:POOL].encode("ascii")
    octets = np.frombuffer(text + text, np.uint8)
    starts = np.flatnonzero(octets[:POOL] == ord(" ")) + 1
    return octets, starts.astype(np.int64)


def running(bits: Bits, width: float, most: int | None) -> Cells:
    """Texts of about `width` bytes, from half of it to half more, of at most `most`."""
    high = max(1, min(round(width * 1.5), most or POOL, POOL // 2))
    low = max(1, min(round(width / 2), high))
    octets, starts = _pool()
    windows = sliding_window_view(octets, high)
    length = (low + (bits & np.uint64(0xFFFFF)).astype(np.int64) % (high - low + 1)).astype(
        np.int32
    )
    at = starts[((bits >> np.uint64(20)) % np.uint64(len(starts))).astype(np.int64)]
    return Cells(windows[at], length)


_HEX = np.frombuffer("".join(f"{n:02x}" for n in range(256)).encode("ascii"), np.uint8).reshape(
    256, 2
)


def digits(bits: Bits, number: int, before: bytes = b"", after: bytes = b"") -> Cells:
    """The last `number` hexadecimal digits (up to 16), between two texts that all have."""
    hexed = _HEX[bits.astype(">u8").view(np.uint8).reshape(-1, 8)].reshape(-1, 16)[:, -number:]
    if not before and not after:
        return Cells(np.ascontiguousarray(hexed))
    out = np.empty((len(bits), len(before) + number + len(after)), np.uint8)
    out[:, : len(before)] = list(before)
    out[:, len(before) : len(before) + number] = hexed
    if after:
        out[:, -len(after) :] = list(after)
    return Cells(out)


def chosen(values: Sequence[bytes], which: Rows) -> Cells:
    """For each row one of some values."""
    table, lengths = _padded(tuple(values))
    same = len(set(lengths.tolist())) == 1
    return Cells(table[which], None if same else lengths[which])


@lru_cache(maxsize=256)
def _padded(values: tuple[bytes, ...]) -> tuple[Octets, NDArray[np.int32]]:
    wide = max(1, *(len(v) for v in values))
    table = np.zeros((len(values), wide), np.uint8)
    for i, value in enumerate(values):
        table[i, : len(value)] = list(value)
    return table, np.array([len(v) for v in values], np.int32)


@lru_cache(maxsize=64)
def lists(words: tuple[str, ...], width: float) -> tuple[bytes, ...]:
    """Lists of words as PostgreSQL takes an array of text, of about `width` bytes."""
    pool = words or vocabulary()
    out = []
    for n in range(KINDS):
        mean = sum(len(w) for w in pool[:KINDS]) / len(pool[:KINDS]) + 4
        most = max(1, min(len(pool), round(2 * width / mean)))
        picked = [pool[(n * 31 + i * 17) % len(pool)] for i in range(n % most + 1)]
        cells = [w.encode() for w in dict.fromkeys(picked)]
        head = struct.pack(">iiiii", 1, 0, TEXT_OID, len(cells), 1)
        out.append(head + b"".join(struct.pack(">i", len(c)) + c for c in cells))
    return tuple(out)


@lru_cache(maxsize=64)
def objects(width: float) -> tuple[bytes, ...]:
    """JSON objects of about `width` bytes as PostgreSQL takes jsonb (a version byte in front)."""
    words, out = vocabulary(), []
    for n in range(KINDS):
        made: dict[str, str] = {}
        while len(json.dumps(made)) < width and len(made) < KINDS:
            i = len(made)
            made[words[i]] = words[(n * 13 + i * 7) % len(words)]
        out.append(b"\x01" + json.dumps(made).encode())
    return tuple(out)
