"""Freshness and catch-up in closed form, against a simulation of every single event."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from random import Random
from statistics import fmean

import pytest

from backend_lead.analysis.catching_up import simulated
from backend_lead.catalog import first_of
from backend_lead.views.data.freshness import (
    Costs,
    Pipeline,
    backlog,
    catch_up,
    freshness,
    pipeline,
    waits,
)
from backend_lead.views.data.layer import layer
from backend_lead.views.data.streams import streams
from tests.views.streaming_model import shop

COSTS = Costs(look_s=6e-3, publish_s=3e-4, broker_s=1e-3, load_s=0.08, row_s=4e-4)


def line(rate: float, every_s: float = 0.5, poll_s: float = 0.1, times: float = 3.0,
         costs: Costs = COSTS) -> Pipeline:  # fmt: skip
    """A pipeline whose loads take `times` what arrives meanwhile."""
    batch = int(times * rate * every_s)
    return Pipeline(rate, poll_s, batch, every_s, batch, costs, costs, costs)


def loads(p: Pipeline, seconds: float, seed: int = 1, away: tuple[float, float] = (0.0, 0.0)
          ) -> list[tuple[float, list[float]]]:  # fmt: skip
    """(commit, arrivals) of each load, events moved one by one through relay and sink; the sink
    begins no load within `away`."""
    dice, c = Random(seed), p.costs
    arrivals, at = [], 0.0
    while at < seconds:
        at += dice.expovariate(p.rate_per_s)
        arrivals.append(at)
    published, clock, done = [], 0.0, 0
    while done < len(arrivals):
        taken = [a for a in arrivals[done : done + p.relay_batch] if a <= clock]
        for i in range(len(taken)):
            published.append(clock + c.look_s + c.publish_s * (i + 1) + c.broker_s)
        done += len(taken)
        full = len(taken) == p.relay_batch
        clock += c.look_s + c.publish_s * len(taken) + (0.0 if full else p.poll_s)
    out, clock, done = [], 0.0, 0
    while done < len(published):
        if away[0] <= clock < away[1]:
            clock = away[1]
        ready = 0
        while done + ready < len(published) and ready < p.batch and (
            published[done + ready] <= clock
        ):  # fmt: skip
            ready += 1
        took = c.load_s + c.row_s * ready
        out.append((clock + took, arrivals[done : done + ready]))
        done += ready
        clock += max(p.every_s, took if ready else 0.0)
    return out


def ages(p: Pipeline, seconds: float) -> list[float]:
    """Ages of the events that arrive in the middle of a run, sorted."""
    return sorted(commit - at for commit, came in loads(p, seconds) for at in came
                  if 5 < at < seconds - 5)  # fmt: skip


@pytest.mark.parametrize("rate", [100.0, 400.0, 900.0])
@pytest.mark.parametrize("every_s", [0.25, 1.0])
def test_freshness_is_what_single_events_see(rate: float, every_s: float) -> None:
    """p50 and p99 within 5 % of a simulation of every event, whatever binds."""
    p = line(rate, every_s)
    seen = ages(p, 60.0)
    for q in (0.5, 0.99):
        assert freshness(p, q).value == pytest.approx(seen[int(q * len(seen))], rel=0.05)


def test_catching_up_is_what_single_events_see() -> None:
    """From the sink's return until a load takes all that waits: the mean of runs with other
    arrivals is the law's, as near as so many runs show it."""
    p = line(300.0, times=2.0)
    took, law = [], []
    for seed in range(25):
        made = loads(p, 30.0, seed, away=(10.0, 13.0))
        last = max(commit - COSTS.load_s - COSTS.row_s * len(came)
                   for commit, came in made if commit < 10)  # fmt: skip
        done = next(at for at, came in made if at > 13 and len(came) < p.batch)
        took.append(done - 13)
        law.append(catch_up(p, 13 - last).value)
    assert fmean(took) == pytest.approx(fmean(law), rel=0.05)


def test_an_outage_a_little_longer_is_not_a_load_longer() -> None:
    """How many loads are full depends on who happens to come: the law's mean has no steps where a
    single run has one of a whole load."""
    p = line(150.0, times=2.0)
    found = [catch_up(p, 2.9 + 0.02 * i).value for i in range(11)]
    steps = [b - a for a, b in pairwise(found)]
    assert all(0 < step < 0.15 * p.every_s for step in steps)
    assert found[-1] - found[0] == pytest.approx(0.2, abs=0.05)  # twice the rate: as long as it


@pytest.mark.parametrize(
    ("rate", "times", "outage_s"), [(150, 2, 3), (150, 2, 20), (400, 3, 30), (800, 1.5, 10)]
)
def test_catching_up_is_what_the_kernel_says(rate: float, times: float, outage_s: float) -> None:
    """The compiled simulator, with relay, streams and a sink that is away, gives the same mean, and
    most of its runs lie about it."""
    p = line(rate, times=times)
    told = simulated(p, outage_s, seed=3)
    expected = catch_up(p, outage_s).value
    assert told.until_s == pytest.approx(expected, rel=0.05)
    assert told.low_s <= expected <= told.high_s


def test_what_falls_behind_is_never_fresh() -> None:
    """A sink that takes less than what arrives has no freshness and never catches up."""
    slow = line(900.0, costs=Costs(6e-3, 3e-4, 1e-3, 0.08, 2e-3))
    assert not slow.keeps_up
    assert math.isinf(freshness(slow, 0.5).value) and math.isinf(catch_up(slow, 60).value)
    with pytest.raises(ValueError, match="takes less"):
        simulated(slow, 10.0, seed=1)


def test_a_short_outage_fits_into_one_load() -> None:
    """What waits is less than a load takes: it is there after that load."""
    p = line(100.0)
    assert backlog(p, 0.5) == 50
    assert catch_up(p, 0.5).value == pytest.approx(COSTS.load_s + 50 * COSTS.row_s)


def test_figures_of_a_design_have_ranges() -> None:
    """The ends of what is believed of the costs bound each figure; most of the age is chosen."""
    made = layer(shop("300/s", "10 s"))
    assert made is not None
    found = streams(made)
    for consumer in found.consumers:
        p = pipeline(found, consumer, first_of("stream"))
        fresh = freshness(p, 0.99)
        assert fresh.low < fresh.value < fresh.high
        assert 0.3 < waits(p) < 1


@pytest.mark.parametrize(("rate", "outage_s"), [(0.0, 3.0), (150.0, 0.0)])
def test_nothing_to_catch_up_takes_one_load(rate: float, outage_s: float) -> None:
    """Without events, or without an outage, the next load is like any other."""
    assert catch_up(replace(line(150.0), rate_per_s=rate), outage_s).value <= 1.0


def test_near_capacity_the_mean_is_that_without_chance() -> None:
    """299 events a second for loads of 300: backlog over surplus, each a second, at once told."""
    p = replace(line(299.0, 1.0, times=1.0), batch=300)
    assert catch_up(p, 3.0).value == pytest.approx(598, rel=0.01)
