"""What comparing replicas by what is under way gains where most of that waits elsewhere."""

from __future__ import annotations

import pytest

from backend_lead.analysis.queues import wait
from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.layout import NS_PER_S
from backend_lead.kernel.run import simulate
from tests.kernel.measured import root_of

SERVICE_S, CORES = 1e-3, 2
RULES = {"power-of-two": lay.LB_P2C, "least-outstanding": lay.LB_LEAST}
REQUESTS = 300_000
OFF = 0.15  # of what the rule gains over chance where all of its counts are in the queue


def waited_s(rule: str, replicas: int, busy: float, elsewhere: float) -> float:
    """Mean wait for a core of requests that then spend so many service times elsewhere."""
    b = Builder()
    service = b.service(per_group=replicas, workers=4_000, cores=CORES, balance=RULES[rule])
    steps = [("cpu", b.dist_exp(SERVICE_S))]
    if elsewhere:
        steps.append(("delay", b.dist_exp(elsewhere * SERVICE_S)))
    asked = b.endpoint(service, steps)
    rate = busy * CORES * replicas / SERVICE_S
    b.open(rate, {root_of(b, [("call", b.call(asked))]): 1})
    warm = 1 + 8 * elsewhere * SERVICE_S
    ran = simulate(b.build(), seed=3, until_s=warm + REQUESTS / rate, warmup_s=warm)
    stat = ran.stats[asked]
    return float(stat["wait_core"]) / float(stat["n"]) / NS_PER_S


@pytest.mark.parametrize("elsewhere", [0, 1, 10, 100])
@pytest.mark.parametrize("busy", [0.5, 0.75])
@pytest.mark.parametrize("replicas", [4, 14])
@pytest.mark.parametrize("rule", RULES)
def test_the_gain_falls_with_what_is_elsewhere(
    rule: str, replicas: int, busy: float, elsewhere: float
) -> None:
    """Within a tenth or so of the gain, from all in the queue to hardly any."""
    rate = busy * CORES / SERVICE_S
    away = rate * elsewhere * SERVICE_S
    blind = wait(rate, SERVICE_S, 1.0, CORES, "random", replicas)[1]
    best = wait(rate, SERVICE_S, 1.0, CORES, rule, replicas)[1]
    said = wait(rate, SERVICE_S, 1.0, CORES, rule, replicas, away)[1]
    found = waited_s(rule, replicas, busy, elsewhere)
    assert best <= said <= blind
    assert said == pytest.approx(found, abs=OFF * (blind - best))
