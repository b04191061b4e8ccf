"""Instances follow the day, and the peak and the loss of a zone are as they were."""

from __future__ import annotations

from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.lowering import lower
from backend_lead.analysis.simulation import latencies, run_fault, run_steady, trial
from backend_lead.kernel.run import simulate
from backend_lead.model.system import System
from backend_lead.search.assess import assess
from backend_lead.search.climb import climb_preferring
from backend_lead.search.sizing import size_and_assess
from backend_lead.tactics import tactics
from backend_lead.views.resolve import resolve
from tests.tactics.models import example

TACTIC = tactics()["autoscaling"]
CALM, PEAK_AT_S, ENDS_S = 0.25, 3300.0, 3400.0  # an hour of calm, then the peak at once

SAME = 1.03  # runs differ by as much when one instance more or less draws other numbers


def scaled(system: System, *, ahead: bool = True) -> System:
    out = TACTIC.apply(system, "app").system
    rule = out.components["app"].autoscale
    assert rule is not None
    rule.ahead = ahead
    return out


def lost_at_dawn(system: System) -> int:
    """Requests that fail when the peak follows the calm from one second to the next."""
    lowered = lower(resolve(system), crowd=[(0.0, CALM), (PEAK_AT_S, 1.0)])
    result = simulate(lowered.program, seed=1, until_s=ENDS_S, warmup_s=0.0)
    rows = result.windows[int(PEAK_AT_S) :]
    return int((rows["failed"] + rows["timed_out"]).sum())


def test_the_bill_falls_with_the_day() -> None:
    """A peak four times the mean: instances cost less than half, and nothing carries less."""
    system = example("autoscaling")
    before, after = assess(system), assess(scaled(system))
    cost = [sum(line.usd_month for line in one.cost.lines if line.component == "app")
            for one in (before, after)]  # fmt: skip
    assert cost[1] < cost[0] / 2
    assert after.capacity == before.capacity
    assert [j.availability for j in after.availability] == [
        j.availability for j in before.availability
    ]


def test_peak_and_zone_loss_are_as_without_it() -> None:
    """All instances of the peak are there before it; more may come, none leaves."""
    runs = [resolve(s) for s in (example("autoscaling"), scaled(example("autoscaling")))]
    steady = [latencies(run_steady(flow, 1), "x")[0].p99_s for flow in runs]
    assert steady[1].value <= steady[0].value * SAME
    lost = [trial(run_fault(flow, FAULTS["zone-loss"], 1), "zone-loss") for flow in runs]
    assert lost[0].verdict == lost[1].verdict == "pass"
    assert lost[1].p99_worst_s <= lost[0].p99_worst_s * SAME
    assert lost[1].failed_share <= lost[0].failed_share * SAME


def test_without_a_schedule_a_sudden_peak_finds_too_few() -> None:
    """Following use alone, thousands of requests fail in the minutes until instances are there."""
    assert lost_at_dawn(scaled(example("autoscaling"))) == 0
    assert lost_at_dawn(scaled(example("autoscaling"), ahead=False)) > 10_000


def test_the_most_follows_the_count_that_is_found() -> None:
    """Sized for twice the load, scaling may still double what the peak needs."""
    applied = TACTIC.apply(example("autoscaling"), "app")
    part = size_and_assess(applied.system, applied.knobs, 2.0).system.components["app"]
    assert part.count is not None and part.count > 12
    assert part.autoscale is not None and part.autoscale.most == 2 * part.count


def test_a_search_takes_it_for_twelve_and_leaves_it_for_four() -> None:
    """It pays where many instances idle; for one instance less it does not."""
    large = climb_preferring(example("autoscaling"), "simplest").final
    few = climb_preferring(example("autoscaling-hurts"), "simplest").final
    assert ("autoscaling", "app") in large.moves
    assert "autoscaling" not in {move[0] for move in few.moves}


def test_more_instances_after_it_raise_the_most() -> None:
    """A number of instances that is set later never lies above the most that scaling may run."""
    out = scaled(example("autoscaling"))
    applied = tactics()["horizontal-scale"].apply(out, "app")
    knob = next(one for one in applied.knobs if one.field == "count")
    rule = applied.system.components["app"].autoscale
    assert rule is not None
    was = rule.most
    knob.set(applied.system, max(knob.values))
    assert rule.most == max(knob.values) > was
    knob.set(applied.system, min(knob.values))
    assert rule.most == was
