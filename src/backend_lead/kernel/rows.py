"""What a builder writes into: rows of each table by name, and the distributions they name."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from . import layout as lay
from .layout import NONE, NS_PER_S
from .program import DTYPES, Table

# Columns that hold NONE rather than 0 when nothing is said.
_NONE_COLUMNS = {
    "head", "tail", "q_head", "q_tail", "c_head", "c_tail", "host", "lines", "hop", "give_up",
    "holder", "fetcher", "root",
}  # fmt: skip


def table_of(dtype: np.dtype[Any], rows: Sequence[Mapping[str, Any]]) -> Table:
    table = np.zeros(len(rows), dtype)
    if dtype.names is None:
        return table
    none = _NONE_COLUMNS | ({"pool"} if dtype == lay.replica_t else set())
    none |= {"at", "prev", "next"} if dtype == lay.item_t else set()
    for column in none.intersection(dtype.names):
        table[column] = NONE
    for i, row in enumerate(rows):
        for column, value in row.items():
            table[column][i] = value
    return table


def ns(time_s: float) -> int:
    return round(time_s * NS_PER_S)


class Rows:
    """Rows of each table; each method adds one and gives its number. Times are in seconds."""

    def __init__(self) -> None:
        self._rows: dict[str, list[dict[str, Any]]] = {name: [] for name in DTYPES}

    def _add(self, table: str, **columns: Any) -> int:
        self._rows[table].append(columns)
        return len(self._rows[table]) - 1

    def _add_many(self, table: str, n: int) -> int:
        """Add rows of which nothing is said; gives the first."""
        first = len(self._rows[table])
        self._rows[table].extend({} for _ in range(n))
        return first

    def dist_const(self, time_s: float) -> int:
        """Always the same time; rounded to whole nanoseconds."""
        return self._add("dist", kind=lay.DIST_CONST, mean=ns(time_s))

    def dist_exp(self, mean_s: float) -> int:
        """Exponential."""
        return self._add("dist", kind=lay.DIST_EXP, mean=mean_s * NS_PER_S)

    def dist_lognormal(self, mean_s: float, cv: float) -> int:
        """Lognormal with coefficient of variation `cv`."""
        variance = math.log1p(cv * cv)
        mu = math.log(mean_s * NS_PER_S) - variance / 2
        return self._add("dist", kind=lay.DIST_LOGNORMAL, p0=mu, p1=math.sqrt(variance))

    def dist_hyper2(self, p_first: float, mean_first_s: float, mean_second_s: float) -> int:
        """One of two exponentials, the first with probability `p_first`."""
        first, second = mean_first_s * NS_PER_S, mean_second_s * NS_PER_S
        mean = p_first * first + (1 - p_first) * second
        return self._add("dist", kind=lay.DIST_HYPER2, mean=mean, p0=p_first, p1=first, p2=second)

    def dist_erlang(self, stages: int, mean_s: float) -> int:
        """Sum of `stages` exponentials; `mean_s` is the mean of the sum."""
        return self._add("dist", kind=lay.DIST_ERLANG, mean=mean_s * NS_PER_S, p0=stages)

    def dist_uniform(self, low_s: float, high_s: float) -> int:
        """Uniform between two times."""
        low, high = low_s * NS_PER_S, high_s * NS_PER_S
        return self._add("dist", kind=lay.DIST_UNIFORM, mean=(low + high) / 2, p0=low, p1=high)
