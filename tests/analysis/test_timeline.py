"""What `flush`, `lag` and `scale` of a model's `faults` do in a run, and failures by chance."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backend_lead.analysis import simulation
from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.lowered_manners import LOOK_S
from backend_lead.app.model_file import read_checked_text
from backend_lead.kernel import layout as L
from backend_lead.views.resolve import resolve
from tools.law_pages import merged, small_model

from .played import Played, play


def mean_s(played: Played, since: int, until: int) -> float:
    """The mean time of requests that came then and were answered."""
    windows = played.run.windows[since:until]
    return float(windows["latency"].sum() / windows["ok"].sum() / L.NS_PER_S)


def test_a_lag_is_added_to_each_round_trip_while_it_lasts() -> None:
    """30 ms more between service and store from 10 to 20 s: each request has one round trip."""
    text = merged(small_model(), """
    faults: [{at: 10 s, what: lag, where: app, to: db, more: 30 ms, lasts: 10 s}]
    """)  # fmt: skip
    played = play(text, 30)
    before, after = mean_s(played, 0, 10), mean_s(played, 20, 29)
    assert mean_s(played, 10, 20) - before == pytest.approx(0.030, abs=0.001)
    assert after == pytest.approx(before, abs=0.001)


def test_nothing_comes_through_a_cut() -> None:
    """Whoever asks the store from 10 to 13 s is not answered, and everybody else is: also who came
    before and was still computing as it ended."""
    text = merged(small_model(), "faults: [{at: 10 s, what: cut, where: app, to: db, lasts: 3 s}]")
    windows = play(text, 30).run.windows
    ok, came = (windows[name].sum(axis=1) for name in ("ok", "started"))
    assert ok[10:12].sum() == 0 and ok[12] < 0.05 * came[12]
    assert ok[:9].sum() == came[:9].sum() and ok[13:29].sum() == came[13:29].sum()


CUT = """
workload: {clients: {api: {timeout: 1 s}}}
components:
  app:
    concurrency: 200
    balance: round-robin
    endpoints: {ask: {does: [cpu: 1 ms, {query: db.read, timeout: 500 ms}]}}
"""


@pytest.mark.parametrize(("zone", "left"), [(1, 1 / 3), (2, 2 / 3), (3, 2 / 3)])
def test_a_zone_cut_off_answers_what_it_has(zone: int, left: float) -> None:
    """Of three instances, each in a zone, one is beside the store, in the first zone: cut off, it
    is alone with it; another zone is alone without it. With no network stated and with one."""
    network = "topology: {network: {same_zone: 0.2 ms, other_zone: 1 ms}}"
    cut = f"faults: [{{at: 10 s, what: cut, zone: {zone}, lasts: 5 s}}]"
    for text in (merged(small_model(), CUT, cut), merged(small_model(), CUT, network, cut)):
        windows = play(text, 30).run.windows
        ok, came = (windows[name].sum(axis=1) for name in ("ok", "started"))
        assert ok[10:15].sum() / came[10:15].sum() == pytest.approx(left, abs=0.02)
        assert ok[:9].sum() == came[:9].sum() and ok[16:29].sum() == came[16:29].sum()


def test_cuts_that_overlap_last_until_each_is_over() -> None:
    """Zone 2 from 5 to 15 s, zone 3 from 10 to 20 s, and all between the two parts from 12 to 14 s:
    each zone comes back when the last cut that it is behind has ended."""
    text = merged(small_model(), CUT, """
    faults:
      - {at: 5 s, what: cut, zone: 2, lasts: 10 s}
      - {at: 10 s, what: cut, zone: 3, lasts: 10 s}
      - {at: 12 s, what: cut, where: app, to: db, lasts: 2 s}
    """)  # fmt: skip
    windows = play(text, 30).run.windows
    ok, came = (windows[name].sum(axis=1) for name in ("ok", "started"))
    spans = {(0, 5): 1, (5, 10): 2 / 3, (10, 12): 1 / 3, (12, 14): 0, (14, 15): 1 / 3,
             (15, 20): 2 / 3, (20, 29): 1}  # fmt: skip
    for (since, until), left in spans.items():
        share = ok[since:until].sum() / came[since:until].sum()
        assert share == pytest.approx(left, abs=0.02), (since, until)


ROWS, RATE = 600, 300.0
CACHED = f"""
workload: {{clients: {{api: {{rate: {RATE}/s}}}}}}
components:
  app:
    endpoints:
      ask:
        does:
          - cpu: 1 ms
          - {{read: cache, entity: page, miss: [{{query: db.read}}]}}
  cache: {{kind: redis, instance: cache.m7g.large, replicas: 1, zones: 3, ttl: 1 d,
          keeps: {{keys: exact}}}}
  db: {{operations: {{read: {{entity: page}}}}}}
entities:
  page: {{store: db, row: 2 kB, rows: {ROWS}, skew: 0}}
faults: [{{at: 10 s, what: flush, where: cache}}]
"""


def test_a_flushed_cache_is_filled_again_by_who_asks() -> None:
    """Of 600 rows that are asked for alike, 300 requests a second miss exp(-t / 2 s) of the time
    after the flush: in all, each row once."""
    played = play(merged(small_model(), CACHED), 30, spans=True)
    missed = np.histogram(played.spans_of("db.read")["begun"] / L.NS_PER_S, np.arange(31))[0]
    assert missed[:10].sum() < 5
    for since in range(6):
        wanted = ROWS * (math.exp(-since * RATE / ROWS) - math.exp(-(since + 1) * RATE / ROWS))
        assert missed[10 + since] == pytest.approx(wanted, abs=4 * math.sqrt(wanted)), since
    assert missed[10:].sum() == pytest.approx(ROWS, rel=0.02)


SCALED = """
components:
  app: {count: 3, autoscale: {least: 3, most: 9, target: 90%, delay: 4 s, cool: 1 s}}
"""


def asked(played: Played, since: float, until: float) -> int:
    """How many instances were sent something in a time."""
    times = (played.sent_to("app.ask", i) for i in range(9))
    return sum(bool(((since < t) & (t < until)).any()) for t in times)


def test_a_scale_keeps_as_many_from_the_next_look_on() -> None:
    """Seven from 20 s on are ordered at the look at 30 s and serve at 34 s, though the load needs
    three; four from 50 s on: what is too much goes at the looks from 60 s on, one at each."""
    text = merged(small_model(), SCALED, """
    faults:
      - {at: 20 s, what: scale, where: app, instances: 7}
      - {at: 50 s, what: scale, where: app, instances: 4}
    """)  # fmt: skip
    played = play(text, 140, spans=True)
    look, delay_s = LOOK_S, 4.0
    assert asked(played, 1, 2 * look + delay_s) == 3
    assert asked(played, 2 * look + delay_s + 0.01, 4 * look) == 7
    for k, there in enumerate((6, 5, 4, 4)):
        assert asked(played, (4 + k) * look + 0.1, (5 + k) * look) == there


@pytest.mark.parametrize(("ahead", "there"), [("true", 6), ("false", 3)])
def test_a_schedule_ahead_keeps_the_count(ahead: str, there: int) -> None:
    """Six instances are there at first; without it one goes at each look, down to the least."""
    text = merged(
        small_model(),
        SCALED,
        f"""
    components: {{app: {{count: 6, autoscale: {{ahead: {ahead}}}}}}}
    """,
    )
    played = play(text, 90, spans=True)
    assert asked(played, 1, 14) == 6 and asked(played, 61, 90) == there


def test_random_failures_leave_the_share_of_time_between_them() -> None:
    """Of one instance that is up for 15 s and gone for 5 s on the mean, three quarters of the
    requests are answered: MTBF / (MTBF + MTTR), with the time up until a failure as MTBF; and as
    many as the failures that were drawn leave."""
    up_s, down_s, span_s = 15.0, 5.0, 7_010.0
    text = merged(small_model(), f"""
    workload: {{clients: {{api: {{rate: 20/s}}}}}}
    components:
      app: {{count: 1, zones: 1, fails: {{every: {up_s:g} s, lasts: {down_s:g} s}}}}
    """)  # fmt: skip
    flow = resolve(read_checked_text(text).system)
    ran = simulation.run_fault(flow, FAULTS["random-failures"], 1, until_s=span_s)
    answered = 1 - simulation.trial(ran, "random-failures").failed_share
    share, measured_s = up_s / (up_s + down_s), span_s - simulation.FAULT_AT_S
    # of a share of time that is up, times being exponential (Cox 1962, Renewal Theory, chapter 7)
    deviation = math.sqrt(2 * (up_s * down_s) ** 2 / (up_s + down_s) ** 3 / measured_s)
    assert answered == pytest.approx(share, abs=3 * deviation)
    faults = ran.lowered.program.fault
    went, came = (
        np.sort(faults["at"][faults["action"] == action]) / L.NS_PER_S
        for action in (L.FAULT_DOWN, L.FAULT_UP)
    )
    gone_s = (np.append(came, span_s)[: len(went)].clip(max=span_s) - went).sum()
    assert len(went) > 300 and answered == pytest.approx(1 - gone_s / measured_s, abs=0.005)
