"""How often each row of an entity is asked for, as far as locks of its rows are told apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend_lead.views.flow import Flow

HOT_ROWS = 2_000  # of an entity that have a lock of their own
COLD_ROWS = 2_000  # that stand for all the others, which are asked for alike


def row_weights(flow: Flow, entity: str) -> NDArray[np.float64]:
    """Relative popularity of the rows of an entity ("": any keys), the hottest first.

    The most popular rows are themselves, by Zipf's law with the entity's skew; the others are
    shared out evenly among some more.
    """
    part = flow.system.entities.get(entity)
    rows = max(1.0, part.rows.value) if part is not None else float(HOT_ROWS)
    skew = part.skew.value if part is not None and part.skew is not None else 0.0
    hot = int(min(rows, HOT_ROWS))
    shares: NDArray[np.float64] = np.arange(1, hot + 1, dtype=float) ** -skew
    if rows > hot:
        edges = np.linspace(hot + 0.5, rows + 0.5, 1001)  # what the rest adds up to, in slices
        middles, widths = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
        cold = float((middles**-skew * widths).sum())
        shares = np.concatenate([shares, np.full(COLD_ROWS, cold / COLD_ROWS)])
    return shares


def row_shares(flow: Flow, entity: str) -> NDArray[np.float64]:
    """The share of each of these rows; they add up to 1."""
    weights = row_weights(flow, entity)
    out: NDArray[np.float64] = weights / weights.sum()
    return out
