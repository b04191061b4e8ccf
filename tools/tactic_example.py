"""What a tactic does to its own example, `docs/tactics/<id>.yaml`: the trial before and after."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from backend_lead.analysis import simulation
from backend_lead.analysis.faults import FAULTS
from backend_lead.analysis.simulation import Ran
from backend_lead.app.model_file import read_checked_text
from backend_lead.catalog import kind_of
from backend_lead.model.design import Trial
from backend_lead.model.system import System
from backend_lead.model.units import trim
from backend_lead.tactics.tactic import Tactic
from backend_lead.views.resolve import resolve

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "tactics"
SEED = 1

Row = tuple[str, str, str]


def example_of(tactic: Tactic) -> System | None:
    """The model in which a tactic's effect is shown, if it has one of its own."""
    path = FOLDER / f"{tactic.id}.yaml"
    if not path.is_file():
        return None
    return read_checked_text(path.read_text(encoding="utf-8"), path.name).system


def runs_part(tactic: Tactic, before: System, after: System) -> str:
    """The tables of its page: each trial it answers, run on the kernel without it and with it."""
    parts = []
    for fault in tactic.answers:
        if fault in FAULTS and FAULTS[fault].applies(resolve(before)):
            parts.append(_trial(fault, before, after))
    return "\n".join(parts or [_steady(before, after)])


def _trial(fault: str, before: System, after: System) -> str:
    words = FAULTS[fault].words(resolve(before))
    ran = [simulation.run_fault(resolve(s), FAULTS[fault], SEED) for s in (before, after)]
    tried = [simulation.trial(one, fault) for one in ran]
    rows = [_row(label, tried, say) for label, say in TRIAL]
    return _table(f"The trial `{fault}` ({words})", [*rows, *_stations(ran)])


def _steady(before: System, after: System) -> str:
    ran = [simulation.run_steady(resolve(s), SEED) for s in (before, after)]
    worst = [max((x.p99_s.value for x in simulation.latencies(one, "")), default=0.0)
             for one in ran]  # fmt: skip
    rows: list[Row] = [("p99 of the slowest request", _ms(worst[0]), _ms(worst[1]))]
    return _table("The stated peak, nothing broken", [*rows, *_stations(ran)])


def _row(label: str, tried: list[Trial], say: Callable[[Trial], str]) -> Row:
    return label, say(tried[0]), say(tried[1])


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
            rate = trim(load.arrivals_per_s, 3)
            told.append(f"{rate} requests/s, cores {load.busy:.0%} busy{workers}")
        rows.append((f"`{name}`, mean of the run", *told))  # type: ignore[arg-type]
    return rows


def _table(title: str, rows: list[Row]) -> str:
    lines = [f"{title}:\n", "| | before | after |", "|---|---|---|"]
    lines += [f"| {label} | {before} | {after} |" for label, before, after in rows]
    return "\n".join(lines) + "\n"
