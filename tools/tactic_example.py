"""A tactic where it helps and where it hurts: its examples, solved and tried, before and after.

`docs/tactics/examples/<id>.yaml` is where it helps, `<id>-hurts.yaml` where it hurts. The first
line says what it is; the trials that are run are those the tactic answers, and one the model names
by `# trial: <id>`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from backend_lead.analysis import simulation
from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.simulation import Ran
from backend_lead.analysis.solver import solve
from backend_lead.app.model_file import read_checked_text
from backend_lead.catalog import kind_of
from backend_lead.model.design import Trial
from backend_lead.model.system import System
from backend_lead.model.units import trim
from backend_lead.search.assess import Assessment, assess
from backend_lead.search.sizing import size_and_assess
from backend_lead.tactics.tactic import Applied, Tactic
from backend_lead.views.resolve import resolve

EXAMPLES = Path(__file__).resolve().parents[1] / "docs" / "tactics" / "examples"
NAMED = "# trial: "
FAR = 8.0  # multiples of an example's load that are looked at
SEED = 1

Changed = Callable[[System, System], str]
Row = tuple[str, str, str]


def examples(tactic: Tactic, changed: Changed) -> str:
    """The part of its page: where it helps and, if there is one, where it hurts; "" where it has no
    model of its own. `changed` tells what differs between two models."""
    return "\n".join(
        _example(tactic, path, word, changed)
        for path, word in (
            (EXAMPLES / f"{tactic.id}.yaml", "helps"),
            (EXAMPLES / f"{tactic.id}-hurts.yaml", "hurts"),
        )
        if path.is_file()
    )


def changes(system: System, applied: Applied, changed: Changed) -> list[str]:
    """What a tactic changes in a model, and the knobs it opens."""
    change = changed(system, applied.system)
    lines = ["```diff\n" + change + "\n```\n"] if change else []
    for knob in applied.knobs:
        low, high = knob.values[0], knob.values[-1]
        lines.append(f"Opens the knob `{knob.id}`: `{low}` to `{high}`.\n")
    return lines


def _example(tactic: Tactic, path: Path, word: str, changed: Changed) -> str:
    text = path.read_text(encoding="utf-8")
    says = text.splitlines()[0].removeprefix("# ")
    system = read_checked_text(text, path.name).system
    site = tactic.sites(system)[0]
    applied = tactic.apply(system, site)
    after = size_and_assess(applied.system, applied.knobs).system
    lines = [
        f"## An example where it {word}\n",
        f"{says} The model is [{path.name}](examples/{path.name}), the site `{site}`.\n",
    ]
    if word == "helps":
        lines += changes(system, applied, changed)
    lines.append(_solved(assess(system, FAR), assess(after, FAR)))
    named = [line.removeprefix(NAMED) for line in text.splitlines() if line.startswith(NAMED)]
    faults = [f for f in dict.fromkeys([*tactic.answers, *named]) if f in FAULTS]
    tried = [_trial(f, system, after) for f in faults if FAULTS[f].applies(resolve(system))]
    if not tried and tactic.answers:
        tried = [_steady(system, after)]
    return "\n".join([*lines, *tried])


def _solved(before: Assessment, after: Assessment) -> str:
    both = (before, after)
    lost = ", with one zone lost" if before.survives_zone and after.survives_zone else ""
    rows = [
        ("of the load is carried", *map(_carried, both)),
        ("slowest p99 at the load carried", *map(_p99, both)),
        ("availability", *(f"{x.worst_availability.availability:.4%}" for x in both)),
        ("USD/month", *(trim(x.cost.usd_month, 3) for x in both)),
        ("complexity, USD/month", *(trim(x.complexity_usd, 3) for x in both)),
    ]
    return _table(f"Solved{lost}", rows)


def _carried(found: Assessment) -> str:
    """The share of the stated load that is carried, and what is the limit above it."""
    if found.capacity >= FAR:
        return f"{FAR:g} times or more"
    return f"{trim(found.capacity, 2)} times; then {found.limit.component}: {found.limit.resource}"


def _p99(found: Assessment) -> str:
    """The worst p99 of a request, where anything is carried."""
    solution = solve(found.flow, min(1.0, found.capacity)) if found.capacity else None
    if solution is None or not solution.stable:
        return "none"
    return _ms(max(solution.p99_s.values()))


def _trial(fault: str, before: System, after: System) -> str:
    words = FAULTS[fault].words(resolve(before))
    ran = [simulation.run_fault(resolve(s), FAULTS[fault], SEED) for s in (before, after)]
    tried = [simulation.trial(one, fault) for one in ran]
    rows = [(label, say(tried[0]), say(tried[1])) for label, say in TRIAL]
    return _table(f"The trial `{fault}` ({words}), simulated", [*rows, *_stations(ran)])


def _steady(before: System, after: System) -> str:
    ran = [simulation.run_steady(resolve(s), SEED) for s in (before, after)]
    worst = [max((x.p99_s.value for x in simulation.latencies(one, "")), default=0.0)
             for one in ran]  # fmt: skip
    rows: list[Row] = [("p99 of the slowest request", _ms(worst[0]), _ms(worst[1]))]
    return _table("The stated peak, nothing broken, simulated", [*rows, *_stations(ran)])


def _ms(seconds: float) -> str:
    return f"{trim(seconds * 1e3, 2)} ms"


TRIAL: tuple[tuple[str, Callable[[Trial], str]], ...] = (
    ("verdict", lambda t: f"{t.verdict}: {t.why}"),
    ("failed, while it was not healthy", lambda t: f"{t.failed_share:.1%}"),
    ("p99 of the worst second", lambda t: _ms(t.p99_worst_s)),
    ("what a user sees", lambda t: t.degrades),
)


def _stations(ran: list[Ran]) -> list[Row]:
    """How busy each part was: its cores, the workers it holds, what it was asked."""
    rows: list[Row] = []
    found = [{load.station: load for load in simulation.station_loads(one, "")} for one in ran]
    for name in dict.fromkeys([*found[0], *found[1]]):
        told = []
        for loads, one in zip(found, ran):
            if name not in loads:
                told.append("not there")
                continue
            load = loads[name]
            kind = kind_of(one.flow.system.components[load.component].kind)
            workers = f", workers {load.held:.0%} held" if kind.role == "service" else ""
            rate = trim(load.ended_per_s, 3)
            told.append(f"{rate} requests/s, cores {load.busy:.0%} busy{workers}")
        rows.append((f"`{name}`, mean of the run", *told))  # type: ignore[arg-type]
    return rows


def _table(title: str, rows: list[Row]) -> str:
    lines = [f"{title}:\n", "| | before | after |", "|---|---|---|"]
    lines += [f"| {label} | {before} | {after} |" for label, before, after in rows]
    return "\n".join(lines) + "\n"
