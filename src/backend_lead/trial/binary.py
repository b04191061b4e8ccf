"""Rows in PostgreSQL's binary COPY format, put together for many rows at once.

Format: PostgreSQL documentation, COPY, "Binary Format", and each type's `recv` function: a row is
the number of its fields, then for each its length (-1: null) and its bytes, most significant first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Octets = NDArray[np.uint8]
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"


@dataclass
class Cells:
    """The values of a column: a row of bytes each, of which `length` count (None: all of them)."""

    octets: Octets
    length: NDArray[np.int32] | None = None
    null: NDArray[np.bool_] | None = None


def fixed(values: NDArray[np.generic], code: str) -> Cells:
    """Numbers of one width; `code` is numpy's, such as `>i8`."""
    return Cells(octets_of(values, code))


def octets_of(values: NDArray[np.generic], code: str) -> Octets:
    """Numbers as rows of bytes."""
    dtype = np.dtype(code)
    made = np.ascontiguousarray(values.astype(dtype))
    return made.view(np.uint8).reshape(*values.shape, dtype.itemsize)


def assembled(columns: Sequence[Cells], rows: int) -> bytes:
    """The rows as COPY takes them, without header and trailer."""
    widths = [c.octets.shape[1] for c in columns]
    line = np.empty((rows, 2 + sum(widths) + 4 * len(columns)), np.uint8)
    line[:, :2] = (len(columns) >> 8, len(columns) & 255)
    varies = any(c.length is not None or c.null is not None for c in columns)
    keep = np.ones(line.shape, np.bool_) if varies else None
    at = 2
    for column, width in zip(columns, widths, strict=True):
        start, at = at + 4, at + 4 + width
        line[:, start:at] = column.octets
        if keep is None or (column.length is None and column.null is None):
            line[:, start - 4 : start] = list(width.to_bytes(4, "big"))
            continue
        length = np.full(rows, width, np.int32) if column.length is None else column.length.copy()
        if column.null is not None:
            length[column.null] = 0
        keep[:, start:at] = _first(width)[length]
        if column.null is not None:
            length[column.null] = -1
        line[:, start - 4 : start] = octets_of(length, ">i4")
    return line.tobytes() if keep is None else line[keep].tobytes()


@lru_cache(maxsize=256)
def _first(width: int) -> NDArray[np.bool_]:
    """Row n says which of `width` bytes are the first n."""
    return np.arange(width)[None, :] < np.arange(width + 1)[:, None]
