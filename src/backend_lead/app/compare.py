"""compare: two models side by side, what got worse and better, judged the same way; read only."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from backend_lead.analysis.availability import MINUTES_MONTH
from backend_lead.analysis.capacity import capacity
from backend_lead.app.check import evidence_of
from backend_lead.app.figures import instances, thousands, time_text
from backend_lead.app.model_changes import Change, model_changes
from backend_lead.app.model_contracts import Contracted, contract_changes
from backend_lead.app.model_file import read_checked
from backend_lead.catalog.complexity import complexity_usd
from backend_lead.checks import findings as judge
from backend_lead.checks.evidence import Evidence
from backend_lead.intake.backend_yaml import Reading
from backend_lead.model.design import Capacity, Verdict
from backend_lead.model.digest import digest
from backend_lead.model.finding import Finding, InvalidInput, sort_findings
from backend_lead.model.system import System
from backend_lead.model.units import counted, nines

Direction = Literal["worse", "better", "other", "same"]
MODEL = "backend.yaml"
SAME = 0.01  # relative; closer than this the solver's samples tell no difference
NEARLY = 1e-9  # of numbers that are exact: money, counts
SAME_DOWN = 0.01  # minutes a month; less is told by no clock
LINES_MAX = 8  # lines of the bill that changed most


@dataclass(frozen=True)
class Row:
    """One number of both models, in its base unit; None where one model has none."""

    group: str
    name: str
    unit: str
    before: float | None
    after: float | None
    before_text: str
    after_text: str
    direction: Direction
    change: str
    how: str
    origin: str = "computed"


@dataclass(frozen=True)
class Objective:
    """An objective of the first model and whether each model keeps it."""

    name: str
    allowed: str
    before: Verdict
    after: Verdict

    @property
    def lost(self) -> bool:
        return self.before == "pass" and self.after != "pass"


@dataclass(frozen=True)
class Comparison:
    """What differs from `before` to `after`.

    `contracts` is what changed for callers. `exit_code` 1: an objective kept before is missed, or a
    caller breaks.
    """

    before: str
    after: str
    before_digest: str
    after_digest: str
    rows: list[Row]
    bill: list[Row]
    objectives: list[Objective]
    new: list[Finding]
    gone: list[Finding]
    changes: list[Change]
    contracts: list[Contracted] = field(default_factory=list)

    @property
    def lost(self) -> list[str]:
        """What the first model keeps and the second misses, in words."""
        names = [f"{o.name} ({o.allowed})" for o in self.objectives if o.lost]
        names += [f"{f.rule}: {f.message}" for f in self.new if f.level == "error"]
        return names + self._broken

    @property
    def _broken(self) -> list[str]:
        """Whom changes of contracts break, once for all of them."""
        breaking = [c for c in self.contracts if c.breaks]
        if not breaking:
            return []
        clients = sorted({name for c in breaking for name in c.clients})
        whom = f"callers ({', '.join(clients)})" if clients else "callers"
        return [f"contracts: {counted(str(len(breaking)), 'change')} that break {whom}"]

    @property
    def exit_code(self) -> int:
        return 1 if self.lost else 0


@dataclass(frozen=True)
class _Side:
    reading: Reading
    evidence: Evidence
    capacity: Capacity
    findings: list[Finding]


def compare(before: str, after: str) -> Comparison:
    """Judge both models and tell what differs. Raises InvalidInput with the findings of both."""
    readings: list[Reading] = []
    wrong: list[Finding] = []
    for path in (before, after):
        try:
            readings.append(read_checked(model_path(path)))
        except InvalidInput as err:
            wrong += err.findings
    if wrong:
        raise InvalidInput(wrong)
    folders = tuple(model_path(path).absolute().parent for path in (before, after))
    return compare_readings(readings[0], readings[1], (before, after), folders)


def compare_readings(
    before: Reading, after: Reading, names: tuple[str, str], folders: tuple[Path, ...]
) -> Comparison:
    """The same of two models that are read; kept runs are looked for in the folder of each."""
    a, b = (_side(r, f) for r, f in zip((before, after), folders))
    rows = [
        *_promises(a, b),
        *_p99(a, b),
        _capacity(a, b),
        *_availability(a, b),
        _cost(a, b),
        *_parts(a, b),
    ]
    new, gone = _findings(a, b)
    return Comparison(
        *names, digest(a.reading.system), digest(b.reading.system), rows, _bill(a, b),
        [*_objectives(a, b)], new, gone, model_changes(a.reading.system, b.reading.system),
        contract_changes(a.reading.system, b.reading.system),
    )  # fmt: skip


def model_path(path: str) -> Path:
    """The model file that a file or a folder names."""
    return Path(path) / MODEL if Path(path).is_dir() else Path(path)


def _side(reading: Reading, folder: Path) -> _Side:
    evidence, _ = evidence_of(reading, folder)
    assert evidence.flow is not None
    found = sort_findings([*reading.findings, *judge(evidence)])
    return _Side(reading, evidence, capacity(evidence.flow), found)


def _row(
    group: str, name: str, unit: str, before: float | None, after: float | None,
    texts: tuple[str, str], how: str, *, less_is_better: bool, near: float = NEARLY,
    change: str | None = None,
) -> Row:  # fmt: skip
    direction: Direction = "same"
    if before is None or after is None:
        direction = "other"
    elif not _near(before, after, near):
        direction = "better" if (after < before) == less_is_better else "worse"
    words = _change(before, after, near) if change is None else change
    return Row(group, name, unit, before, after, *texts, direction, words, how)


def _near(before: float, after: float, near: float) -> bool:
    if not math.isfinite(before) or not math.isfinite(after):
        return before == after
    return before == after or abs(after - before) <= near * max(abs(before), abs(after))


def _change(before: float | None, after: float | None, near: float) -> str:
    if before is None:
        return "new"
    if after is None:
        return "gone"
    if _near(before, after, near):
        return "as before"
    if not before or not math.isfinite(before) or not math.isfinite(after):
        return "more" if after > before else "less"
    return f"{after / before - 1:+.1%}"


def _promises(a: _Side, b: _Side) -> Iterator[Row]:
    """What is promised otherwise: load and objectives. To promise less is worse."""
    for row in _promised(a.reading.system, b.reading.system):
        if row.direction != "same":
            yield row


def _promised(old: System, new: System) -> Iterator[Row]:
    how = "stated in the model"
    for name, was, now in (
        ("users", _sum(old, "users"), _sum(new, "users")),
        ("requests/s of callers that do not wait", _sum(old, "rate"), _sum(new, "rate")),
    ):
        yield _row("promise", f"promised {name}", "count", was, now,
                   (thousands(was), thousands(now)), how, less_is_better=False)  # fmt: skip
    for journey in old.journeys:
        if journey not in new.journeys:
            yield Row("promise", f"promised journey {journey}", "count", 1.0, None, "there", "-",
                      "worse", "gone", how)  # fmt: skip
            continue
        a, b = old.slo_of(journey), new.slo_of(journey)
        yield _row("promise", f"promised p99 of {journey}", "s", a.p99.value, b.p99.value,
                   (a.p99.text, b.p99.text), how, less_is_better=True)  # fmt: skip
        yield _row("promise", f"promised availability of {journey}", "ratio",
                   a.availability.value, b.availability.value,
                   (a.availability.text, b.availability.text), how,
                   less_is_better=False)  # fmt: skip


def _sum(system: System, field: str) -> float:
    stated = (getattr(client, field) for client in system.workload.clients.values())
    return sum((quantity.value for quantity in stated if quantity), 0.0)


def _p99s(side: _Side) -> dict[str, float]:
    """The predicted p99 of every request; infinite where some queue has no end."""
    evidence = side.evidence
    assert evidence.solution is not None and evidence.flow is not None
    if evidence.solution.stable:
        return dict(sorted(evidence.solution.p99_s.items()))
    return {root.target: math.inf for root in evidence.flow.roots.values()}


def _p99(a: _Side, b: _Side) -> Iterator[Row]:
    was, now = _p99s(a), _p99s(b)
    for name in dict.fromkeys([*was, *now]):
        before, after = was.get(name), now.get(name)
        yield _row("p99", name, "s", before, after, (_time(before), _time(after)),
                   "predicted by the solver at the stated peak, all zones up",
                   less_is_better=True, near=SAME)  # fmt: skip


def _time(value: float | None) -> str:
    return "-" if value is None else time_text(value)


def _capacity(a: _Side, b: _Side) -> Row:
    def text(side: _Side) -> str:
        rate = f"{thousands(side.capacity.max_requests_per_s)} requests/s"
        users = any(c.users for c in side.reading.system.workload.clients.values())
        return f"{thousands(side.capacity.max_users)} users, {rate}" if users else rate

    return _row(
        "capacity", "highest load within the objectives", "1/s",
        a.capacity.max_requests_per_s, b.capacity.max_requests_per_s, (text(a), text(b)),
        f"highest load at which the solver's p99 of every request keeps its objective; "
        f"{b.capacity.limit}", less_is_better=False, near=SAME,
    )  # fmt: skip


def _availability(a: _Side, b: _Side) -> Iterator[Row]:
    was = {j.journey: j for j in a.evidence.availability or ()}
    now = {j.journey: j for j in b.evidence.availability or ()}
    for name in dict.fromkeys([*was, *now]):
        before, after = was.get(name), now.get(name)
        change = None
        more = after.downtime_min_month - before.downtime_min_month if before and after else 0.0
        if abs(more) >= SAME_DOWN:
            change = f"{more:+.3g} min down a month"
        yield _row(
            "availability", name, "ratio", before.availability if before else None,
            after.availability if after else None,
            (nines(before.availability) if before else "-",
             nines(after.availability) if after else "-"),
            "computed from the graph over which zones are up", less_is_better=False,
            near=SAME_DOWN / MINUTES_MONTH, change=change,
        )  # fmt: skip


def _cost(a: _Side, b: _Side) -> Row:
    assert a.evidence.cost is not None and b.evidence.cost is not None
    was, now = a.evidence.cost.usd_month, b.evidence.cost.usd_month
    return _row("cost", "cost per month", "USD/month", was, now,
                (f"{thousands(was)} USD", f"{thousands(now)} USD"),
                f"quantity x list price, prices of {b.evidence.cost.as_of}",
                less_is_better=True)  # fmt: skip


def _parts(a: _Side, b: _Side) -> Iterator[Row]:
    old, new = a.reading.system, b.reading.system
    was, now = instances(old), instances(new)
    yield _row("instances", "machines", "count", was.value, now.value, (was.text, now.text),
               now.how, less_is_better=True)  # fmt: skip
    heavy, light = complexity_usd(old), complexity_usd(new)
    yield _row("complexity", "complexity", "USD/month", heavy, light,
               (f"{thousands(heavy)} USD/month", f"{thousands(light)} USD/month"),
               "what running the parts is assumed to take of a team; not on the bill",
               less_is_better=True)  # fmt: skip


def _bill(a: _Side, b: _Side) -> list[Row]:
    """The lines of the bill that changed most, the dearest change first."""
    was, now = _lines(a), _lines(b)
    changed = [key for key in dict.fromkeys([*was, *now])
               if not _near(was.get(key, 0.0), now.get(key, 0.0), NEARLY)]  # fmt: skip
    changed.sort(key=lambda key: (-abs(now.get(key, 0.0) - was.get(key, 0.0)), key))
    out = []
    for key in changed[:LINES_MAX]:
        before, after = was.get(key), now.get(key)
        more = (after or 0.0) - (before or 0.0)
        told = f"{'+' if more > 0 else '-'}{thousands(abs(more))} USD"
        out.append(Row(
            "cost", f"{key[0]}: {key[1]}", "USD/month", before, after, _usd(before), _usd(after),
            "worse" if more > 0 else "better", told, "quantity x list price",
        ))  # fmt: skip
    return out


def _usd(value: float | None) -> str:
    return "-" if value is None else f"{thousands(value)} USD"


def _lines(side: _Side) -> dict[tuple[str, str], float]:
    out: dict[tuple[str, str], float] = {}
    assert side.evidence.cost is not None
    for line in side.evidence.cost.lines:
        key = (line.component, line.item)
        out[key] = out.get(key, 0.0) + line.usd_month
    return out


def _objectives(a: _Side, b: _Side) -> Iterator[Objective]:
    """The objectives of the first model, and what each model makes of them."""
    was, now = _p99s(a), _p99s(b)
    for name, p99_s in was.items():
        allowed = a.evidence.objective_s(name)
        yield Objective(f"p99 of {name}", f"at most {time_text(allowed)}",
                        _kept(p99_s <= allowed), _kept_there(now.get(name), allowed))  # fmt: skip
    after = {j.journey: -j.availability for j in b.evidence.availability or ()}
    for j in a.evidence.availability or ():
        yield Objective(
            f"availability of {j.journey}", f"at least {j.objective * 100:.6g}%", j.verdict,
            _kept_there(after.get(j.journey), -j.objective),
        )  # fmt: skip
    budget = a.reading.system.budget
    if budget is not None:
        assert a.evidence.cost is not None and b.evidence.cost is not None
        yield Objective("budget", f"at most {budget.text}",
                        _kept(a.evidence.cost.usd_month <= budget.value),
                        _kept(b.evidence.cost.usd_month <= budget.value))  # fmt: skip


def _kept(holds: bool) -> Verdict:
    return "pass" if holds else "fail"


def _kept_there(value: float | None, allowed: float) -> Verdict:
    """What is not there any more can be neither kept nor missed; that is told as a change."""
    return "pass" if value is None or value <= allowed else "fail"


def _findings(a: _Side, b: _Side) -> tuple[list[Finding], list[Finding]]:
    """Findings of the second model only, and of the first only; the same one may say other
    numbers."""

    def keys(found: Sequence[Finding]) -> set[tuple[str, str, str]]:
        return {(f.rule, f.level, f.place.path) for f in found}

    was, now = keys(a.findings), keys(b.findings)
    new = [f for f in b.findings if (f.rule, f.level, f.place.path) not in was]
    gone = [f for f in a.findings if (f.rule, f.level, f.place.path) not in now]
    return new, gone
