"""How much of a run's beginning to leave out: a rule that looks at the run itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

GROUP = 5  # windows averaged before the rule looks, the 5 of MSER-5
GROUPS_MIN = 10  # fewer say nothing


def warm_up(total: NDArray[Any], count: NDArray[Any]) -> tuple[int, bool]:
    """How many windows to leave out, and whether the run has settled: else it is too short to tell.

    `total` and `count` (n_windows,) are the sum of what is looked at and how often it was seen, by
    consecutive windows. The rule is MSER-5: of the means of five windows each, as many of the first
    are left out as makes the estimated error of the mean of the others smallest. Where that is not
    within the first half, the beginning has not ended.

    Source: White, "An effective truncation heuristic for bias reduction in simulation output",
    Simulation 69 (1997); Franklin and White, "Stationarity tests and MSER-5", Winter Simulation
    Conference 2008, with the bound of half the run.
    """
    groups = len(total) // GROUP
    sums = total[: groups * GROUP].reshape(groups, GROUP).sum(axis=1).astype(float)
    seen = count[: groups * GROUP].reshape(groups, GROUP).sum(axis=1)
    rows = np.flatnonzero(seen)
    if len(rows) < GROUPS_MIN:
        return 0, False
    means = sums[rows] / seen[rows]
    means = means / means.mean()  # squares of ns would lose digits
    left = np.arange(len(means), 0, -1)
    tail = np.cumsum(means[::-1])[::-1]
    squares = np.cumsum((means**2)[::-1])[::-1]
    error = np.maximum(squares - tail**2 / left, 0.0) / left.astype(float) ** 2
    looked_at = len(means) // 2 + 1
    best = int(np.argmin(error[:looked_at]))
    return int(rows[best]) * GROUP, best < looked_at - 1
