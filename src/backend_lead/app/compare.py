"""compare: two models side by side, what got worse and better, judged the same way; read only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from backend_lead.analysis.capacity import capacity
from backend_lead.app.check import evidence_of
from backend_lead.app.compare_rows import Row, Side, bill, numbers, p99s
from backend_lead.app.contracted import Contracted
from backend_lead.app.figures import time_text
from backend_lead.app.model_changes import Change, model_changes
from backend_lead.app.model_contracts import contract_changes
from backend_lead.app.model_file import read_checked
from backend_lead.app.paired import Paired
from backend_lead.app.promises import lowered, promises
from backend_lead.app.set_aside import Accepting, SetAside
from backend_lead.app.settings import accepting_of
from backend_lead.checks import findings as judge
from backend_lead.intake.backend_yaml import Reading
from backend_lead.model.design import Verdict
from backend_lead.model.digest import digest
from backend_lead.model.finding import Finding, InvalidInput, Place, sort_findings
from backend_lead.model.units import counted

MODEL = "backend.yaml"


@dataclass(frozen=True)
class Objective:
    """An objective of the first model and whether each model keeps it; the rule of check that asks
    for it, and where it stands in the second."""

    name: str
    allowed: str
    before: Verdict
    after: Verdict
    rule: str
    at: Place

    @property
    def lost(self) -> bool:
        return self.before == "pass" and self.after == "fail"


@dataclass(frozen=True)
class Comparison:
    """What differs from `before` to `after`.

    `contracts` is what changed for callers, `lowered` what is promised less. `exit_code` 1: an
    objective kept before is missed, less is promised, or a caller breaks; what is `accepted` does
    not count.
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
    accepted: Accepting = field(default_factory=Accepting)
    lowered: list[Finding] = field(default_factory=list)
    simulated: Paired | None = None

    @property
    def missed(self) -> list[Objective]:
        """The objectives that the first model keeps and the second misses, but for the accepted."""
        return [o for o in self.objectives if o.lost and not self.accepted.why(o.rule, o.at.path)]

    @property
    def less(self) -> list[Finding]:
        """What is promised less, but for the accepted."""
        return [f for f in self.lowered if not self.accepted.why(f.rule, f.place.path)]

    @property
    def breaking(self) -> list[Contracted]:
        """The changes that break callers, but for the accepted."""
        return [c for c in self.contracts
                if c.breaks and not self.accepted.why(c.change.id, c.path)]  # fmt: skip

    @property
    def lost(self) -> list[str]:
        """What the first model keeps and the second misses, in words."""
        names = [f"{o.name} ({o.allowed})" for o in self.missed]
        errors = [f for f in self.new if f.level == "error"]
        names += [f"{f.rule}: {f.message}" for f in errors
                  if not self.accepted.why(f.rule, f.place.path)]  # fmt: skip
        return names + [f.message for f in self.less] + self._broken

    @property
    def _broken(self) -> list[str]:
        """Whom changes of contracts break, once for all of them."""
        breaking = self.breaking
        if not breaking:
            return []
        clients = sorted({name for c in breaking for name in c.clients})
        whom = f"callers ({', '.join(clients)})" if clients else "callers"
        return [f"contracts: {counted(str(len(breaking)), 'change')} that break {whom}"]

    @property
    def exit_code(self) -> int:
        return 1 if self.lost else 0


def compare(
    before: str, after: str, *, aside: Sequence[SetAside] = (), today: date | None = None
) -> Comparison:
    """Judge both models and tell what differs. Raises InvalidInput with the findings of both.

    What the settings of the second model accept is not lost, nor what check has set `aside`.
    """
    readings: list[Reading] = []
    wrong: list[Finding] = []
    for path in (before, after):
        try:
            readings.append(read_checked(model_path(path)))
        except InvalidInput as err:
            wrong += err.findings
    if wrong:
        raise InvalidInput(wrong)
    day = today or date.today()
    accepted = accepting_of(model_path(after), day, aside)
    folders = tuple(model_path(path).absolute().parent for path in (before, after))
    return compare_readings(readings[0], readings[1], (before, after), folders, accepted)


def alone(after: str, *, today: date | None = None) -> Comparison:
    """The numbers of one model, set against itself. Raises InvalidInput."""
    path = model_path(after)
    accepted = Accepting(today=today or date.today())
    side = _side(read_checked(path), path.absolute().parent, accepted.today)
    return _compared(side, side, (after, after), accepted)


def compare_readings(
    before: Reading, after: Reading, names: tuple[str, str], folders: tuple[Path, ...],
    accepted: Accepting | None = None,
) -> Comparison:  # fmt: skip
    """The same of two models that are read; kept runs are looked for in the folder of each."""
    let = accepted or Accepting()
    a, b = (_side(r, f, let.today) for r, f in zip((before, after), folders))
    return _compared(a, b, names, let)


def _compared(a: Side, b: Side, names: tuple[str, str], accepted: Accepting) -> Comparison:
    new, gone = _findings(a, b)
    promised = promises(a, b)
    return Comparison(
        *names, digest(a.reading.system), digest(b.reading.system),
        [*(row for row, _ in promised), *numbers(a, b)], bill(a, b),
        [*_objectives(a, b)], new, gone, model_changes(a.reading.system, b.reading.system),
        contract_changes(a.reading.system, b.reading.system, accepted.today), accepted,
        lowered(promised),
    )  # fmt: skip


def model_path(path: str) -> Path:
    """The model file that a file or a folder names."""
    return Path(path) / MODEL if Path(path).is_dir() else Path(path)


def _side(reading: Reading, folder: Path, today: date) -> Side:
    evidence, _ = evidence_of(reading, folder, today)
    assert evidence.flow is not None
    found = sort_findings([*reading.findings, *judge(evidence)])
    return Side(reading, evidence, capacity(evidence.flow), found)


def _objectives(a: Side, b: Side) -> Iterator[Objective]:
    """The objectives of the first model, and what each model makes of them."""
    was, now = p99s(a), p99s(b)
    carried, carries = _carried(a), _carried(b)
    for name, p99_s in was.items():
        allowed = a.evidence.objective_s(name)
        yield Objective(f"p99 of {name}", f"at most {time_text(allowed)}",
                        _kept(p99_s <= allowed), _kept_there(now.get(name), allowed),
                        "p99-objective", b.evidence.request_place(name))  # fmt: skip
    after = {j.journey: -j.availability for j in b.evidence.availability or ()}
    for j in a.evidence.availability or ():
        kept = _kept_there(after.get(j.journey), -j.objective) if carries else "unknown"
        yield Objective(
            f"availability of {j.journey}", f"at least {j.objective * 100:.6g}%",
            j.verdict if carried else "unknown", kept, "availability-objective",
            _objective_place(b, j.journey),
        )  # fmt: skip
    budget = a.reading.system.budget
    if budget is not None:
        assert a.evidence.cost is not None and b.evidence.cost is not None
        yield Objective("budget", f"at most {budget.text}",
                        _kept(a.evidence.cost.usd_month <= budget.value),
                        _kept(b.evidence.cost.usd_month <= budget.value), "budget",
                        b.evidence.place(("budget",)))  # fmt: skip


def _objective_place(side: Side, journey: str) -> Place:
    there = journey in side.reading.system.journeys
    return (side.evidence.objective_place(journey, "availability") if there
            else side.evidence.place(("journeys",)))  # fmt: skip


def _carried(side: Side) -> bool:
    return side.evidence.solution is not None and side.evidence.solution.stable


def _kept(holds: bool) -> Verdict:
    return "pass" if holds else "fail"


def _kept_there(value: float | None, allowed: float) -> Verdict:
    """What is not there any more can be neither kept nor missed; that is told as a change."""
    return "pass" if value is None or value <= allowed else "fail"


def _findings(a: Side, b: Side) -> tuple[list[Finding], list[Finding]]:
    """Findings of the second model only, and of the first only; the same one may say other
    numbers."""

    def keys(found: Sequence[Finding]) -> set[tuple[str, str, str]]:
        return {(f.rule, f.level, f.place.path) for f in found}

    was, now = keys(a.findings), keys(b.findings)
    new = [f for f in b.findings if (f.rule, f.level, f.place.path) not in was]
    gone = [f for f in a.findings if (f.rule, f.level, f.place.path) not in now]
    return new, gone
