"""From when on a system under trial is healthy again: promises of shares, judged second by second.

In one second few requests of a kind may be answered, and of few a handful of slow ones are beyond
any p99: of 450 a second with a true share of 0.5 % beyond the objective, some second in a hundred
shows 1 %. A second is called sick where more broke a promise than chance explains. The seconds
after the last sick one must keep it together: by more than chance explains where none was sick
since the fault, and without that allowance where one was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend_lead.kernel import stats


@dataclass(frozen=True)
class Kept:
    """A promise: of the requests of each second, at most the share `most` may break it."""

    broke: NDArray[Any]
    of: NDArray[Any]
    most: float

    def sick(self) -> NDArray[np.bool_]:
        """Per second, whether more broke it than chance explains."""
        out: NDArray[np.bool_] = self.broke > stats.by_chance(self.of * self.most)
        return out

    def broken_from(self, start: int) -> bool:
        """Whether the seconds from one on break it together, by more than chance explains."""
        asked = np.array(self.of[start:].sum() * self.most)
        return bool(self.broke[start:].sum() > stats.by_chance(asked))

    def kept_from(self, start: int) -> int:
        """The first second from `start` on after which it is kept on the whole, chance or not."""
        broke, asked = (x[::-1].cumsum()[::-1] for x in (self.broke, self.of * self.most))
        kept = np.flatnonzero(broke[start:] <= asked[start:])
        return start + int(kept[0]) if kept.size else len(self.of)


def healthy_from(promises: Sequence[Kept], sick: Sequence[bool], at: int) -> int:
    """The first second, `at` or later, from which on every promise is kept.

    `sick` are seconds that are not healthy for another reason. The number of seconds: never.
    """
    bad = np.array(sick, dtype=bool)
    ill = [promise.sick() for promise in promises]
    for seconds in ill:
        bad |= seconds
    after = np.flatnonzero(bad[at:])
    start = at + int(after[-1]) + 1 if after.size else at
    # who was seen to break it is not excused by the few seconds in which chance might explain it
    return max([start, *(
        promise.kept_from(start)
        for promise, seconds in zip(promises, ill)
        if seconds[at:].any() or promise.broken_from(start)
    )])  # fmt: skip
