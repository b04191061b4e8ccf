"""Who comes: classes of callers beside each other, jobs, crowds that come at once, and messages
that are caught up with."""

from __future__ import annotations

import numpy as np
import pytest

from backend_lead.analysis import simulation
from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.faults.flash_crowd import CROWD_S, FACTOR
from backend_lead.analysis.simulation import FAULT_AT_S
from backend_lead.app.model_file import read_checked_text
from backend_lead.kernel import layout as L
from backend_lead.kernel import stats
from backend_lead.views.resolve import resolve
from tools.law_pages import merged, small_model

from .played import play

ONE_CORE = """
components:
  app: {count: 1, zones: 1, serving: {cores: 1}, endpoints: {ask: {does: [cpu: 4 ms]}}}
  db: null
"""
SECOND = """
workload: {clients: {api: {rate: %s/s, timeout: null}, office: {rate: %s/s, journeys: {report: 100%%}}}}
journeys: {report: {steps: [app.report]}}
components: {app: {endpoints: {report: {does: [cpu: 40 ms]}}}}
"""  # noqa: E501


def test_two_classes_wait_as_a_mixture_does() -> None:
    """100 requests of 4 ms and 8 of 40 ms at one core: both wait the sum of rate E[S^2] over
    2 (1 - rho), by Pollaczek and Khinchine; the small ones alone would wait a twentieth of it."""
    classes = ((100.0, 0.004), (8.0, 0.040))
    busy = sum(rate * mean for rate, mean in classes)
    wait = sum(rate * 2 * mean**2 for rate, mean in classes) / (2 * (1 - busy))
    played = play(merged(small_model(), ONE_CORE, SECOND % (100, 8)), 4_000, warmup_s=20)
    seen = slice(20, 3_980)
    for (_, mean), name in zip(classes, ("app.ask", "app.report"), strict=True):
        (key,) = (key for key, root in played.flow.roots.items() if root.target == name)
        windows = played.run.windows[seen, played.run.roots.index(played.lowered.roots[key])]
        # of 100 batches, longer than the queue remembers
        batches = windows[: len(windows) // 100 * 100].reshape(100, -1)
        latency = batches["latency"].sum(axis=1) / batches["ok"].sum(axis=1) / L.NS_PER_S
        found, low, high = stats.mean_interval(latency - mean - played.flow.roots[key].pass_s)
        assert abs(found - wait) < 1.7 * (high - low) / 2, (name, found, wait)  # 99.9 %


@pytest.mark.parametrize("every_s", [0.7, 10])
def test_a_job_asks_as_often_as_stated(every_s: float) -> None:
    """At each multiple of its time and never else, whatever the others do."""
    text = merged(small_model(), f"""
    workload: {{clients: {{nightly: {{every: {every_s} s, journeys: {{report: 100%}}}}}}}}
    journeys: {{report: {{steps: [app.report]}}}}
    components: {{app: {{endpoints: {{report: {{does: [cpu: 100 ms]}}}}}}}}
    """)  # fmt: skip
    played = play(text, 61, spans=True)
    begun = np.sort(played.spans_of("app.report")["begun"] / L.NS_PER_S)
    assert len(begun) == int(61 / every_s)
    wanted = every_s * np.arange(1, len(begun) + 1)
    assert np.all((begun >= wanted - 1e-6) & (begun < wanted + 0.01))


def test_a_crowd_leaves_what_it_brought_above_capacity() -> None:
    """Three times 600 a second at 1,500 a second for 30 s leave 9,000 that wait, and these are
    worked off at 900 a second, in ten seconds."""
    text = merged(small_model(), """
    workload: {clients: {api: {rate: 600/s, timeout: null}}}
    components: {app: {queue: 100000, endpoints: {ask: {does: [cpu: 4 ms]}}}, db: null}
    """)  # fmt: skip
    flow = resolve(read_checked_text(text).system)
    ran = simulation.run_fault(flow, FAULTS["flash-crowd"], 1, until_s=70.0)
    windows = ran.result.windows
    started = windows["started"].sum(axis=1)
    ends = int(FAULT_AT_S + CROWD_S)
    capacity, rate = 3 * 2 / 0.004, 600.0
    assert started[int(FAULT_AT_S) : ends].mean() == pytest.approx(FACTOR * rate, rel=0.02)
    left = (FACTOR * rate - capacity) * CROWD_S
    # who comes as the crowd goes waits for all that is left: left / capacity
    latency = windows["latency"].sum(axis=1) / windows["ok"].sum(axis=1).clip(1) / L.NS_PER_S
    assert latency[ends - 1] == pytest.approx(left / capacity, rel=0.1)
    over = next(t for t in range(ends, 70) if latency[t] < 0.05)
    assert over - ends == pytest.approx(left / (capacity - rate), abs=2)


CONSUMED = """
workload: {clients: {api: {rate: 1000/s}}}
components:
  app: {endpoints: {ask: {does: [cpu: 1 ms, {publish: bus.things, timeout: 1 s}]}}}
  db: null
  bus:
    kind: kafka
    instance: m7g.large
    count: 3
    zones: 3
    topics: {things: {message: 300 B, partitions: 60}}
  worker:
    kind: worker
    instance: m7g.large
    count: 3
    zones: 3
    endpoints: {take: {on: bus.things, batch: 20, does: [cpu: 4 ms]}}
faults: [{at: 5 s, what: restart, where: worker, lasts: 10 s}]
"""


def test_a_backlog_is_worked_off_at_what_is_to_spare() -> None:
    """A thousand messages a second for ten seconds wait, and go at 1,500 less 1,000 a second: all
    is well again 20 s after the outage."""
    played = play(merged(small_model(), CONSUMED), 60)
    rows = played.run.stream_windows[:, played.lowered.streams["worker.take"]]
    waiting = (rows["published"] - rows["done"]).cumsum()
    rate, capacity, outage_s, back = 1_000.0, 3 * 2 / 0.004, 10.0, 15
    assert waiting[back - 1] == pytest.approx(rate * outage_s, rel=0.05)
    assert rows["done"][back + 2 : back + 15].mean() == pytest.approx(capacity, rel=0.03)
    over = next(t for t in range(back, 60) if waiting[t] < 0.05 * rate)
    assert over - back == pytest.approx(rate * outage_s / (capacity - rate), rel=0.2)
    assert waiting[-1] < 0.05 * rate
