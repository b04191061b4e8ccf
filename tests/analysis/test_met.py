"""What parts meet: a limit at the door lets in its rate at most, scaling adds what is too few."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend_lead.analysis.overload import overload
from backend_lead.analysis.simulation import run_steady, station_loads
from backend_lead.app.check import evidence_of
from backend_lead.app.model_file import read_checked_text
from backend_lead.app.simulate import simulate
from backend_lead.checks import rules
from backend_lead.checks.evidence import Evidence
from backend_lead.model.finding import InvalidInput
from backend_lead.rendering import simulation_text
from backend_lead.views.resolve import resolve

PLAIN = """\
backend: laws
workload:
  clients:
    api: {rate: 2000/s, timeout: 2 s, journeys: {ask: 100%}}
  peak: {factor: 1}
journeys:
  ask: {steps: [app.ask]}
components:
  app:
    kind: http-service
    instance: m7g.large
    count: 3
    zones: 3
    endpoints:
      ask: {does: [cpu: 4 ms]}
slos:
  - {journey: "*", p99: 300 ms, availability: 99%}
topology: {provider: aws, region: us-east-1, zones: 3}
"""
SCALE = ("    count: 3\n", "    count: 3\n    autoscale: {least: 3, most: 12, target: 50%, "
         "delay: 5 s, cool: 60 s, step: 4, grow: 100%}\n")  # fmt: skip
LIMIT = ("rate: 2000/s,", "rate: 1800/s, limit: {rate: 1200/s},")
ABROAD = """\
  price:
    kind: http-service
    instance: m7g.large
    count: 3
    region: eu-west-1
    concurrency: 1000
    endpoints:
      quote: {response: 100 kB, does: [cpu: 1 ms]}
slos"""
HOP = ("us-east-1, zones: 3}", "us-east-1, zones: 3, network: {same_zone: 0.2 ms, other_zone: "
       "1 ms, hops: [{between: [us-east-1, eu-west-1], rtt: 76 ms, bandwidth: 45 Mbit/s}]}"
       "}")  # fmt: skip
WAY = (("slos", ABROAD), ("[cpu: 4 ms]", "[cpu: 1 ms, {call: price.quote}]"),
       ("rate: 2000/s", "rate: 90/s"), HOP)  # fmt: skip


def model(*changes: tuple[str, str]) -> str:
    text = PLAIN
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def evidence(*changes: tuple[str, str]) -> Evidence:
    return evidence_of(read_checked_text(model(*changes)), Path("/nowhere"))[0]


def carried(*changes: tuple[str, str]) -> list[tuple[str, str]]:
    found = rules()["load-carried"].check(evidence(*changes))
    return [(f.level, f"{f.message}; {f.seen}; {f.hint}") for f in found]


def test_use_is_of_the_instances_that_scaling_brought() -> None:
    """Twice the load of three: some eight serve it, half busy, and nothing is above capacity."""
    flow = resolve(read_checked_text(model(SCALE)).system)
    ran = run_steady(flow, 1, measure_s=115)
    (app,) = station_loads(ran, "")
    assert app.mean is not None and app.most is not None
    assert 6.5 < app.mean < 9 and app.mean <= app.most <= 12 and app.replicas == 3
    assert app.busy == pytest.approx(2000 * 0.004 / 2 / app.mean, rel=0.05)
    assert overload(ran, 1.0) is None


def test_a_check_counts_with_what_scaling_may_add() -> None:
    """It says how many are needed; where the most are too few, the load is not carried."""
    (said,) = carried(SCALE)
    assert said[0] == "note" and "`app` needs 8 instances" in said[1] and "up to 12" in said[1]
    assert evidence(SCALE).solution is not None and evidence(SCALE).solution.stable  # type: ignore[union-attr]
    told = carried(SCALE, ("rate: 2000/s", "rate: 7000/s"))
    assert ("error", True) in {(level, "most: 12" in text) for level, text in told}


def test_a_limit_at_the_door_bounds_the_load() -> None:
    """120 % of what there is are asked for, 80 % let in: carried, and the refused ones are told."""
    assert not [text for level, text in carried(LIMIT) if "all zones up" in text]
    done = simulate(read_checked_text(model(LIMIT)).system, duration_s=30)
    assert done.over is None and done.verdict == "pass"
    asked = done.run.results["requests"]
    told = sum(asked[word] for word in ("ok", "failed", "refused", "timed_out", "in_flight"))
    assert asked["refused"] > 10_000 and told == asked["started"]
    assert f"{asked['refused']:,} refused at the door" in simulation_text(done)


def test_one_worker_is_what_is_full() -> None:
    """With one worker on two cores the worker is full, not half of the CPU."""
    one = (
        ("rate: 2000/s", "rate: 800/s"),
        ("    zones: 3\n", "    zones: 3\n    concurrency: 1\n"),
    )
    assert any("107% of its workers" in text for _, text in carried(*one))
    done = simulate(read_checked_text(model(*one)).system, duration_s=15)
    assert done.over is not None and done.over.limit == "workers of app"
    assert max(load.held for load in done.loads) <= 1


def test_a_full_way_is_named() -> None:
    """Answers of 100 kB fill the way from the other region: it, and what helps, is told."""
    told = [text for level, text in carried(*WAY) if "161%" in text]
    assert told and "`price`" in told[0] and "way from eu-west-1 to us-east-1" in told[0]
    assert "bandwidth" in told[0] and "CPU" not in told[0]
    done = simulate(read_checked_text(model(*WAY)).system, duration_s=15)
    assert done.over is not None and "way from eu-west-1 to us-east-1" in done.over.limit


@pytest.mark.parametrize(
    ("fault", "seconds", "least"), [(None, 5.5, "6 s"), ("zone-loss", 4, "11 s")]
)
def test_a_run_that_measures_nothing_is_refused(
    fault: str | None, seconds: float, least: str
) -> None:
    """Shorter than its warm-up, or over before the fault: refused with the shortest time."""
    with pytest.raises(InvalidInput) as told:
        simulate(read_checked_text(PLAIN).system, fault=fault, duration_s=seconds)
    (found,) = told.value.findings
    assert found.rule == "duration-short" and f"from {least}" in found.allowed
