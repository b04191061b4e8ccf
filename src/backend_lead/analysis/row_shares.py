"""How often each row of an entity is asked for, as far as locks of its rows are told apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend_lead.views.flow import Flow, Key
from backend_lead.views.keyed import keyed, row_popularity


def row_shares(flow: Flow, entity: str) -> NDArray[np.float64]:
    """The share of each of these rows; they add up to 1."""
    return row_popularity(flow, Key(entity), keyed(flow).uses.get(entity, frozenset()))
