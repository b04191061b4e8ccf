"""Whatever a model may state is refused in words or simulated: at zero, at its least, its most."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from backend_lead.analysis import simulation
from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.lowering import lower
from backend_lead.analysis.solver import solve
from backend_lead.app.model_bounds import SANE, SANE_WITHIN
from backend_lead.app.model_file import read_checked_text
from backend_lead.model.finding import Finding, InvalidInput
from backend_lead.model.part import Part
from backend_lead.model.quantity import Quantity
from backend_lead.model.system import System, json_schema
from backend_lead.views.document import Document
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve
from tests.app.good_model import line_of
from tests.app.rich_model import RICH
from tests.chat_model import CHAT

Loc = tuple[str | int, ...]
PLAIN = Document.parse(RICH, "backend.yaml").plain()
SYSTEM = System.model_validate(PLAIN)
PARTS = {"System": json_schema(), **json_schema()["$defs"]}
DIMENSIONS = {sub.__name__ for sub in Quantity.__subclasses__()}
TINY = 1e-9  # above zero, in any base unit
RATE_PER_S = 100.0  # at most, of what is run: few requests are enough to find what cannot run
FREE = 2**53  # tried where a whole number has no bounds: the largest that JSON keeps


def numbers(value: object, loc: Loc = ()) -> Iterator[tuple[Loc, list[str | int]]]:
    """Every quantity and whole number that a model states, with the values to try in its place."""
    if isinstance(value, Quantity):
        yield loc, _ends(loc, value)
    elif isinstance(value, Part):
        for name in (n for n in type(value).model_fields if n in value.model_fields_set):
            inner = getattr(value, name)
            if isinstance(inner, int) and not isinstance(inner, bool):
                schema = _number_of(_properties(type(value).__name__)[name])
                yield (*loc, name), [0, schema.get("minimum", -FREE), schema.get("maximum", FREE)]
            else:
                yield from numbers(inner, (*loc, name))
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from numbers(inner, (*loc, key))


def _properties(part: str) -> dict[str, Any]:
    """The properties of a part in the schema, also where it may be said as a word alone."""
    schema = PARTS[part]
    forms = [schema, *schema.get("anyOf", [])]
    found: dict[str, Any] = next(form["properties"] for form in forms if "properties" in form)
    return found


def _ends(loc: Loc, quantity: Quantity) -> list[str | int]:
    """Zero, the least and the most of what it measures, and of what is sane in its place."""
    dimension = quantity.dimension
    name = next(part for part in reversed(loc) if isinstance(part, str))
    named = (loc[-3], loc[-1]) if len(loc) > 2 else ()
    sane = SANE_WITHIN.get(loc[-2:], SANE_WITHIN.get(named, SANE.get(name, ())))
    values = (0.0, dimension.low or TINY, dimension.high, *sane)
    return [dimension.format(value) for value in dict.fromkeys(values)]


def _number_of(schema: dict[str, Any]) -> dict[str, Any]:
    return next(s for s in (schema, *schema.get("anyOf", ())) if s.get("type") == "integer")


NUMBERS = {".".join(map(str, loc)): (loc, values) for loc, values in numbers(SYSTEM)}


def with_value(loc: Loc, value: str | int) -> str:
    """The rich model, a line for each value, with one replaced; other shares make room for one."""
    plain = deepcopy(PLAIN)
    part = plain
    for key in loc[:-1]:
        part = part[key]
    part[loc[-1]] = value
    if loc[-2:-1] == ("journeys",):
        for other in part.keys() - {loc[-1]}:
            part[other] = f"{100 - float(str(value).rstrip('%'))}%"
    return json.dumps(plain, indent=1)


IN_GATE = 3  # every so many-th number is tried in the gate, all of them in the full tier


def assert_clear(finding: Finding, text: str) -> None:
    """It stands in the line of what it names, and says what was seen, what is allowed, what to
    try."""
    assert finding.place.line and finding.place.file == "backend.yaml"
    assert finding.seen and finding.allowed and finding.hint, finding
    named = re.findall(r"[A-Za-z_-]+", finding.place.path)[-1]
    assert named in text.splitlines()[finding.place.line - 1], finding


def assert_runs(flow: Flow) -> None:
    """It is lowered, kept to the rules of the kernel, solved, and runs for a moment; more users who
    think than a run can follow are told, and a part of the load runs."""
    few = min(1.0, RATE_PER_S / flow.requests_per_s)
    load = 1.0
    try:
        lower(flow).program.validate()
    except InvalidInput as err:
        (finding,) = err.findings
        assert finding.rule == "simulate-thinking" and "--load" in finding.hint
        load = few
    solve(flow)
    ran = simulation.run_steady(flow, 1, measure_s=1.0, load=few)
    assert ran.result.conserved
    for read in (simulation.latencies, simulation.hops, simulation.station_loads, simulation.ages):
        read(ran, "run")
    for fault in (fault for fault in FAULTS.values() if fault.applies(flow)):
        at_s = simulation.FAULT_AT_S
        lower(fault.altered(flow), fault.events(flow, at_s), load, fault.crowd(flow, at_s))


def test_the_rich_model_states_every_number() -> None:
    """Every quantity and whole number that the format has is stated, so that each is tried."""
    stated = {next(p for p in reversed(loc) if isinstance(p, str)) for loc, _ in NUMBERS.values()}
    for part in PARTS.values():
        for name, field in part.get("properties", {}).items():
            kinds = [field, *field.get("anyOf", ())]
            names = {str(kind.get("$ref", "")).rpartition("/")[2] for kind in kinds}
            if names & DIMENSIONS or any(kind.get("type") == "integer" for kind in kinds):
                assert name in stated, f"{part['title']}.{name} is not tried"
    assert read_checked_text(RICH).findings == []


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=[] if i % IN_GATE == 0 else [pytest.mark.full])
        for i, path in enumerate(NUMBERS)
    ],
)
def test_a_number_at_its_ends_is_refused_clearly_or_runs(path: str) -> None:
    """At 0, at its least and its most, a value is refused at its line or goes all the way."""
    loc, values = NUMBERS[path]
    for value in values:
        text = with_value(loc, value)
        try:
            reading = read_checked_text(text)
        except InvalidInput as err:
            for finding in err.findings:
                if finding.level == "error":
                    assert_clear(finding, text)
        else:
            assert_runs(resolve(reading.system))


# old text, new text, rule, text of the line, words of the answer
REFUSED = [
    ("every: 30 s", "every: 0 s", "model-zero", "connection:", ["cannot be zero"]),
    ("every: 30 s", "every: 1 ns", "model-absurd", "connection:", ["100 ms to 1 d"]),
    ("back_within: 60 s", "back_within: 0 s", "model-zero", "connection:", ["cannot be zero"]),
    ("back_within: 60 s", "back_within: 2 y", "model-absurd", "connection:", ["1 ms to 1 d"]),
    ("failures: 50%", "failures: 0%", "model-zero", "breaker:", ["cannot be zero"]),
    ("window: 10 s", "window: 0 s", "model-zero", "breaker:", ["cannot be zero"]),
    ("pause: 5 s", "pause: 0 s", "model-zero", "breaker:", ["cannot be zero"]),
    ("target: 60%", "target: 0%", "model-zero", "target: 0%", ["cannot be zero"]),
    ("least: 2,", "least: 5,", "model-autoscale", "least: 5,", ["is 4", "least: 4"]),
    ("least: 4}, {", "least: 9}, {", "model-schedule", "down: 2", ["2 to 8"]),
    ("least: 3}]", "least: 1}]", "model-schedule", "down: 2", ["2 to 8"]),
    ("least: 4}, {", "least: 5}, {", "model-schedule", "down: 2", ["at 18", "is 4", "count: 5"]),
    ("hour: 7, least: 4", "hour: 22, least: 4", "model-schedule", "down: 2", ["22", "ascend"]),
    ("hour: 22, least: 3", "hour: 6, least: 3", "model-schedule", "down: 2", ["7", "ascend"]),
    ("hour: 22, least: 3", "hour: 24, least: 3", "model-wrong-value", "down: 2", ["from 0 to 23"]),
    ("hour: 7, least: 4", "least: 4", "model-missing", "down: 2", ["hour"]),
    ("hour: 18", "hour: 24", "model-wrong-value", "hour: 24", ["from 0 to 23"]),
    ("tolerance: 10%, sch", "tolerance: 10%, ahead: true, sch", "model-schedule", "down: 2",
     ["ahead and schedule", "leave ahead out"]),
    ("most: 8,", "most: 20000,", "model-absurd", "most: 20000,", ["1 to 10,000"]),
    ("rate: 1k/s, burst: 500", "rate: 0.000001/s, burst: 1", "model-absurd", "limit: {rate: 0.0",
     ["0.001/s or more"]),
    ("rate: 1k/s, burst: 500", "rate: 0.002/s, burst: 10000000", "model-absurd",
     "limit: {rate: 0.0", ["or more"]),
    ("batch: 10,", "batch: 20000,", "model-absurd", "batch: 20000", ["1 to 10,000"]),
    ("wait: 50 ms", "wait: 10 min", "model-absurd", "batch: 10,", ["1 to 7", "slowest step"]),
    ("memory: 1 GiB\n    concurrency", "memory: 1 kB\n    concurrency", "model-absurd",
     "memory: 1 kB", ["2 MB to"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "rule", "at", "words"), REFUSED)
def test_manners_that_no_run_could_follow_are_refused(
    old: str, new: str, rule: str, at: str, words: list[str]
) -> None:
    """Times of nothing, limits below what is counted, batches beyond their work are told once."""
    assert old in RICH
    text = RICH.replace(old, new, 1)
    with pytest.raises(InvalidInput) as caught:
        read_checked_text(text, "backend.yaml")
    (finding,) = (f for f in caught.value.findings if f.level == "error")
    said = " ".join((finding.message, finding.seen, finding.allowed, finding.hint))
    assert (finding.rule, finding.place.line) == (rule, line_of(text, at))
    assert all(word in said for word in words), said


def test_more_connections_than_a_run_can_follow_are_told() -> None:
    """Such a model is read and resolved; a run of it is refused in words, one of a part is not."""
    flow = resolve(read_checked_text(CHAT.replace("users: 60k", "users: 3M")).system)
    with pytest.raises(InvalidInput) as caught:
        lower(flow)
    (finding,) = caught.value.findings
    assert finding.seen == "3,000,000 connections" and "--load" in finding.hint
    lower(flow, load=0.5)


def test_a_journey_that_nobody_makes_yet_is_simulated() -> None:
    """A share of 0 % leaves a request without a place in the run: it is left out, with a fault
    too."""
    text = CHAT.replace("{talk: 100%}", "{talk: 100%, look: 0%}")
    text = text.replace("journeys:\n  talk", "journeys:\n  look: {steps: [gate.peek]}\n  talk")
    text = text.replace("      send:\n", "      peek: {does: [cpu: 1 ms]}\n      send:\n")
    flow = resolve(read_checked_text(text).system)
    ran = simulation.run_steady(flow, 1, measure_s=2.0, load=0.1)
    seen = {latency.endpoint for latency in simulation.latencies(ran, "run")}
    assert seen == {"gate.send", "gate.beat"}
    hurt = simulation.run_fault(flow, FAULTS["zone-loss"], 1, until_s=15.0, load=0.1)
    assert simulation.trial(hurt, "run").failed_share < 1
