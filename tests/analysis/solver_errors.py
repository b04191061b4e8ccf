"""How far the solver is from the kernel on one random model, and over many of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from backend_lead.analysis import simulation
from backend_lead.analysis.ran import Ran
from backend_lead.analysis.solver import solve
from backend_lead.views.flow import calls_of
from tests.analysis.random_models import Drawn, drawn

BANDS = (0.2, 0.4, 0.6, 0.75, 0.85)  # how busy the busiest part is
REQUESTS, MEASURE_S = 100_000, 20.0  # simulated at least
LONGER = 4  # times that, where the largest error of many models is looked for
ENOUGH = 5_000  # requests of an endpoint from which its percentiles are compared


@dataclass(frozen=True)
class Errors:
    """Solver over kernel, less one, of one model; percentiles: of its endpoint that is farthest
    off. `lost` is the difference of shares of requests lost, or of optional calls that a limit
    refuses. A percentile that one of both says
    nobody reaches, as too many are lost, counts as nan."""

    throughput: float
    mean: float
    p50: float
    p99: float
    lost: float


def errors(model: Drawn, longer: int = 1) -> Errors:
    """Judge one model by both, simulated `longer` than the least."""
    said, rate = solve(model.flow, model.load), model.flow.requests_per_s * model.load
    ran = simulation.run_steady(
        model.flow, model.seed, load=model.load,
        measure_s=longer * max(MEASURE_S, REQUESTS / rate),
    )  # fmt: skip
    found = [x for x in simulation.latencies(ran, "") if x.requests > ENOUGH]
    p50 = [_off(said.p50_s[x.endpoint], x.p50_s.value) for x in found]
    p99 = [_off(said.p99_s[x.endpoint], x.p99_s.value) for x in found]
    lost = [said.lost[x.endpoint] - x.failed / x.requests for x in found]
    lost += [said.refused[gate] - share for gate, share in refused(ran).items()]
    return Errors(
        said.requests_per_s / simulation.measured_rate(ran)[0] - 1,
        said.response_s / simulation.response(ran) - 1,
        max(p50, key=_size), max(p99, key=_size), max(lost, key=abs),
    )  # fmt: skip


def refused(ran: Ran) -> dict[str, float]:
    """By gate, the share of optional calls that were not sent, of nodes that nobody else asks."""
    flow, rows = ran.flow, ran.lowered.endpoints
    seen = {key: int(ran.result.stats[row]["n"]) for key, row in rows.items()}
    return {
        call.gate: 1 - seen[call.target] / seen[node.key]
        for node in flow.nodes.values()
        for call in calls_of(node.steps)
        if call.gate and call.optional and seen[node.key]
    }


def _off(said: float, found: float) -> float:
    if math.isinf(said) or math.isinf(found):
        return 0.0 if said == found else math.nan
    return said / found - 1


def _size(error: float) -> float:
    return -1.0 if math.isnan(error) else abs(error)


def measured(law: str, busy: float, seeds: Iterable[int], longer: int = 1) -> list[Errors]:
    """Errors of the models of some seeds."""
    return [errors(drawn(seed, busy, law), longer) for seed in seeds]


def summed(all_of: list[Errors], word: str) -> tuple[float, float]:
    """Mean and largest absolute error, of those that can be told."""
    sizes = [abs(getattr(one, word)) for one in all_of]
    known = [size for size in sizes if not math.isnan(size)]
    return sum(known) / max(1, len(known)), max(known, default=0.0)
