"""Where keys go: the groups, partitions and locks that a run hashes them to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from . import layout as lay

GROUP, PARTITION = 1, 2  # what a key is hashed with where a group or a partition is chosen by it


def places(keys: int, what: int, n: int) -> NDArray[np.int64]:
    """For each of the keys 0, 1, .. the number of its place among `n`: hash(key, what) mod n."""
    golden = np.uint64(lay.GOLDEN)
    with np.errstate(over="ignore"):
        z = (np.arange(keys, dtype=np.uint64) ^ (np.uint64(what) * golden)) + golden
        z = (z ^ (z >> np.uint64(30))) * np.uint64(lay.MIX1)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(lay.MIX2)
        z = z ^ (z >> np.uint64(31))
    out: NDArray[np.int64] = (z % np.uint64(n)).astype(np.int64)
    return out
