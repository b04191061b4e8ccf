"""Queues whose mean, percentiles and failures are known, and how many intervals of windows hold
them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from functools import cache

from backend_lead.analysis.lowering import Lowered
from backend_lead.analysis.queues import erlang_b, erlang_c
from backend_lead.analysis.ran import Ran
from backend_lead.intake.backend_yaml import read_text
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.program import Program
from backend_lead.kernel.run import COMPLETE, simulate
from backend_lead.model.design import Interval
from backend_lead.model.windows import ESTIMATES, Window, known
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve
from tests.app.good_model import GOOD
from tests.kernel.measured import queue

QUANTILES = {"p50_s": 0.5, "p95_s": 0.95, "p99_s": 0.99}
Truth = Mapping[str, float]


@cache
def flow() -> Flow:
    """Of any model: it is only carried."""
    read = read_text(GOOD)
    assert read.system is not None
    return resolve(read.system)


def mmc(servers: int, per_s: float, served_per_s: float) -> Program:
    """Poisson arrivals at exponential servers, each of so many a second."""
    return step(servers, per_s, served_per_s, 1.0, 1.0)


def mmcc(servers: int, per_s: float, served_per_s: float) -> Program:
    """The same where nobody may wait: who finds all servers busy has failed."""
    b = Builder()
    work = b.endpoint(b.delay_service(), [("delay", b.dist_exp(1 / served_per_s))])
    caller = b.service(1, 1, workers=1_000_000, cores=1)
    call = b.call(work, pool_per_replica=(caller, servers), room=0)
    app = b.endpoint(caller, [("call", call)])
    b.open(per_s, {b.endpoint(b.delay_service(), [("call", b.call(app))]): 1})
    return b.build()


def step(servers: int, per_s: float, served_per_s: float, at_s: float, factor: float) -> Program:
    """The same as M/M/c, with so many times the arrivals from a time on."""
    b = Builder()
    b.open(per_s, {queue(b, b.dist_exp(1 / served_per_s), servers): 1},
           segments=[(0.0, 1.0), (at_s, factor)])  # fmt: skip
    return b.build()


def ran_of(program: Program, seed: int, until_s: float, warmup_s: float) -> Ran:
    """A run of a program, by the second."""
    result = simulate(program, seed=seed, until_s=until_s, warmup_s=warmup_s)
    assert result.status == COMPLETE and result.conserved
    return Ran("steady", flow(), Lowered(program, {}, {}, {}, {}, {}), result)


def truth_of_mmc(servers: int, per_s: float, served_per_s: float) -> dict[str, float]:
    """Mean and percentiles of the time in the system. Source: Gross and Harris, Fundamentals of
    Queueing Theory: who waits does so for an exponential time, after which he is served."""
    waits = erlang_c(servers, per_s / served_per_s)
    leaving = servers * served_per_s - per_s

    def longer(t: float) -> float:
        both = (leaving * math.exp(-served_per_s * t) - served_per_s * math.exp(-leaving * t)) / (
            leaving - served_per_s)  # fmt: skip
        return (1 - waits) * math.exp(-served_per_s * t) + waits * both

    def quantile(q: float) -> float:
        low, high = 0.0, 100 / min(served_per_s, leaving)
        for _ in range(100):
            middle = (low + high) / 2
            low, high = (middle, high) if longer(middle) > 1 - q else (low, middle)
        return high

    return {"mean_s": 1 / served_per_s + waits / leaving,
            **{name: quantile(q) for name, q in QUANTILES.items()}}  # fmt: skip


def lost_of_mmcc(servers: int, per_s: float, served_per_s: float) -> float:
    """Share of the requests that find all servers busy, and no place to wait."""
    return erlang_b(servers, per_s / served_per_s)


class Held:
    """Of how many windows there was an interval, and how many of these held the truth."""

    def __init__(self) -> None:
        self.windows: Counter[str] = Counter()
        self.given: Counter[str] = Counter()
        self.held: Counter[str] = Counter()

    def add(self, window: Window, truth: Truth) -> None:
        for name in ESTIMATES:
            if name not in truth:
                continue
            x: Interval = getattr(window, name)
            self.windows[name] += 1
            self.given[name] += known(x)
            self.held[name] += x.low <= truth[name] <= x.high

    def judge(self, given: float) -> None:
        """Fail where a share of the windows smaller than `given` has an interval, or fewer of these
        hold the truth than 95 % would but once in a thousand times."""
        for name, n in self.given.items():
            told = (name, self.held[name], n, self.windows[name])
            assert n >= given * self.windows[name], told
            assert self.held[name] >= at_least(n), told


def at_least(n: int, share: float = 0.95, chance: float = 0.001) -> int:
    """Of n trials that hold with a share each, so many hold but for a chance: binomial."""
    below = 0.0
    for k in range(n + 1):
        below += math.comb(n, k) * share**k * (1 - share) ** (n - k)
        if below > chance:
            return k
    return n
