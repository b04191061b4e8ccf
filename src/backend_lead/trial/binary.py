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


class Frame:
    """Puts blocks of rows together, again and again in the same memory.

    Every block has the same columns, each with values of one width at most. Values are moved as
    items of their width, which is several times as fast as bytes in rows.
    """

    def __init__(self, columns: Sequence[Cells], rows: int) -> None:
        self.widths = [c.octets.shape[1] for c in columns]
        self.varies = [c.length is not None or c.null is not None for c in columns]
        names, formats, offsets, at = list[str](), list[str](), list[int](), 2
        for n, width in enumerate(self.widths):
            names += [f"length{n}", f"value{n}"]
            formats += [">i4", f"V{width}"]
            offsets += [at, at + 4]
            at += 4 + width
        layout = np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": at})
        self.line = np.empty((rows, at), np.uint8)
        self.keep = np.ones((rows, at), np.bool_) if any(self.varies) else None
        self._lines = self.line.view(layout).reshape(rows)
        self._keeps = None if self.keep is None else self.keep.view(layout).reshape(rows)
        self.line[:, :2] = (len(columns) >> 8, len(columns) & 255)
        for n, width in enumerate(self.widths):
            self._lines[f"length{n}"] = width

    def rows(self, columns: Sequence[Cells], rows: int) -> bytes:
        """The rows as COPY takes them, without header and trailer."""
        lines = self._lines[:rows]
        for n, (column, width) in enumerate(zip(columns, self.widths, strict=True)):
            octets = np.ascontiguousarray(column.octets)
            lines[f"value{n}"] = octets.view(f"V{width}").reshape(rows)
            if self._keeps is None or not self.varies[n]:
                continue
            length = np.full(rows, width, np.int32) if column.length is None else column.length
            if column.null is not None:
                length = np.where(column.null, 0, length)
            self._keeps[f"value{n}"][:rows] = _first(width)[length]
            lines[f"length{n}"] = (
                length if column.null is None else np.where(column.null, -1, length)
            )
        line = self.line[:rows]
        return line.tobytes() if self.keep is None else line[self.keep[:rows]].tobytes()


@lru_cache(maxsize=256)
def _first(width: int) -> NDArray[np.void]:
    """Item n says which of `width` bytes are the first n."""
    says = np.arange(width)[None, :] < np.arange(width + 1)[:, None]
    return says.view(f"V{width}").reshape(width + 1)
