"""gate: the question of a pull request, answered once: may this change of a model go in?

It holds the model after the change to every rule (check), sets it beside the one before (compare),
and puts both into one verdict. Where there is no model before, or it cannot be used, that is said.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from backend_lead.analysis.availability import MINUTES_MONTH
from backend_lead.app.check import INVALID, MISSED, CheckResult, check
from backend_lead.app.check_rules import UNUSABLE
from backend_lead.app.compare import Comparison, alone, compare, model_path
from backend_lead.app.compare_rows import SAME, SAME_DOWN, Direction, Row
from backend_lead.app.contracted import Contracted
from backend_lead.app.promises import GROUP, HOW, names_of
from backend_lead.app.set_aside import SetAside, apart
from backend_lead.app.settings import accepting_of
from backend_lead.intake.backend_yaml import read_bytes
from backend_lead.model.design import Verdict
from backend_lead.model.finding import Finding, InvalidInput, Level, Place, sort_findings
from backend_lead.model.units import counted
from backend_lead.views.document import Document

NO_NUMBER = "-"
LEVELS: dict[str, Level] = {"breaking": "error", "maybe": "warning", "compatible": "note"}


@dataclass(frozen=True)
class Line:
    """One line of the table: a figure before and after, with its origin."""

    name: str
    before: str
    after: str
    change: str
    direction: Direction
    origin: str
    how: str


@dataclass(frozen=True)
class Gate:
    """What a change of a model comes to. `checked` holds everything that was found, of the
    comparison too.

    `exit_code`: 0 it may go in, 1 an objective is missed or a caller breaks, 2 the model cannot be
    used. `compared` is None where there is nothing to compare with; `why_alone` says why.
    """

    before: str
    after: str
    checked: CheckResult
    compared: Comparison | None
    why_alone: str
    lines: list[Line] = field(default_factory=list)
    repeat: str = ""

    @property
    def exit_code(self) -> int:
        return self.checked.exit_code

    @property
    def failing(self) -> list[Finding]:
        """The findings because of which it does not pass."""
        return [f for f in self.checked.findings if f.level in self.checked.failing]

    @property
    def verdict(self) -> str:
        """In one sentence; what is not known is never told as clean."""
        if self.exit_code == INVALID:
            return f"not checked: the {self.checked.unusable} cannot be used"
        with_what = f"; not compared: {self.why_alone}" if self.why_alone else ""
        if self.failing:
            told = counted(str(len(self.failing)), "finding")
            return f"does not pass: {told} to mend{with_what}"
        unknown = sum(f.level == "unknown" for f in self.checked.findings)
        if unknown:
            return f"passes, not fully known: {unknown} not judged{with_what}"
        return f"passes{with_what}"


def gate(
    before: str | Path | None,
    after: str | Path,
    *,
    strict: bool = False,
    baseline: str | Path | None = None,
    named: str = "",
    absent: str = "",
    repeat: str = "",
    told: Sequence[Finding] = (),
    today: date | None = None,
) -> Gate:
    """Judge a change of a model. `before` is None, or names no file, where the model is new.

    `named` is what the model before is called where it is no file of the user's; `absent` says why
    it is not there and what is `told` of that, `repeat` the words that ask for this again.
    """
    was, path = named or str(before or ""), model_path(str(after))
    checked = check(path, strict=strict, baseline=baseline, today=today)
    words = [shlex.quote(str(one)) for one in (before, after) if one is not None]
    repeat = f"backend-lead gate {repeat or ' '.join(words)}"
    if checked.exit_code == INVALID:
        return Gate(was, str(after), checked, None, "", repeat=repeat)
    if before is None or not model_path(str(before)).exists():
        why = absent or "there is no model before; this one is new"
        lines = [*_lines(alone(str(after), today=today).rows, False), _breaks(None)]
        checked = _with(checked, *apart(told, accepting_of(path, today)))
        return Gate(was, str(after), checked, None, why, lines, repeat)
    try:
        found = compare(str(before), str(after), aside=checked.set_aside, today=today)
    except InvalidInput as err:
        unusable = Finding(
            UNUSABLE, "unknown", "the model before cannot be used: nothing is compared",
            Place(str(path), 1), err.findings[0].message, "a model that check accepts",
            "it is judged from here on, once this one is there",
        )  # fmt: skip
        lines = [*_lines(alone(str(after), today=today).rows, False), _breaks(None)]
        why = "the model before cannot be used"
        return Gate(was, str(after), _with(checked, [unusable], []), None, why, lines, repeat)
    found = replace(found, before=was)
    lines = [*_promises(found), *_lines(found.rows, True), _breaks(found)]
    return Gate(was, str(after), _with(checked, *_of_comparison(found, path, checked)), found, "",
                lines, repeat)  # fmt: skip


def _with(checked: CheckResult, more: list[Finding], aside: list[SetAside]) -> CheckResult:
    """What check found, and what the comparison adds to it."""
    every = sort_findings([*checked.findings, *more])
    levels = {f.level for f in (*every, *(one.finding for one in (*checked.set_aside, *aside)))}
    verdict: Verdict = "fail" if "error" in levels else "unknown" if "unknown" in levels else "pass"
    code = MISSED if {f.level for f in every} & checked.failing else checked.exit_code
    return replace(checked, findings=every, verdict=verdict, exit_code=code,
                   set_aside=[*checked.set_aside, *aside])  # fmt: skip


def _of_comparison(
    found: Comparison, path: Path, checked: CheckResult
) -> tuple[list[Finding], list[SetAside]]:
    """Objectives lost that check did not tell of, and changes that break callers, as findings."""
    told = {(f.rule, f.place.path) for f in checked.findings if f.level == "error"}
    lost = [
        Finding(
            o.rule, "error", f"{o.name} was kept before, and is missed", o.at, "missed", o.allowed,
            "what the model before promises counts; mend it, or suppress it with a reason",
        )
        for o in found.missed if (o.rule, o.at.path) not in told
    ]  # fmt: skip
    document = Document.parse(read_bytes(path), str(path))
    more = [_break(c, document) for c in found.contracts if c.change.level != "compatible"]
    counting, aside = apart([*found.lowered, *more], found.accepted)
    return [*lost, *counting], aside


def _break(one: Contracted, document: Document) -> Finding:
    """A change of a contract as a finding; it stands where the model says the operation, or where
    it would."""
    loc = ("api", "operations", *one.operations[:1])
    at = document.place(loc, of_key=True)
    level: Level = "unknown" if one.change.id == "not-judged" else LEVELS[one.change.level]
    who = f"; who: {one.who}" if one.who else ""
    return Finding(one.change.id, level, f"{one.document}: {one.change.message}{who}",
                   replace(at, path=one.path), one.change.level, "compatible changes",
                   one.change.safe)  # fmt: skip


# --- the table ------------------------------------------------------------------------------------
def _lines(rows: list[Row], compared: bool) -> list[Line]:
    """The headline figures, each the worst of its kind."""
    by: dict[str, list[Row]] = {}
    for row in rows:
        by.setdefault(row.group, []).append(row)
    out = [
        _worst("p99 of the slowest request", by.get("p99", []), max, compared),
        _worst("Availability of the worst journey", by.get("availability", []), min, compared),
    ]
    for group, name in (("cost", "Cost per month"),
                        ("capacity", "Highest load within the objectives"),
                        ("risk", "Top risk")):  # fmt: skip
        for row in by.get(group, []):
            out.append(Line(name, row.before_text if compared else NO_NUMBER, row.after_text,
                            said(row.change, row.direction) if compared else NO_NUMBER,
                            row.direction if compared else "other", row.origin,
                            row.how))  # fmt: skip
    return [line for line in out if line is not None]


def _promises(found: Comparison) -> list[Line]:
    """The promises that became less, in one line; none where none did."""
    less = [row for row in found.rows if row.group == GROUP and row.direction == "worse"]
    if not less:
        return []
    by: dict[tuple[str, str, str], list[Row]] = {}
    for row in less:
        what = row.name.partition(" of ")[0]
        by.setdefault((what, row.before_text, row.after_text), []).append(row)
    before = "; ".join(f"{names_of(rows)}: {was}" for (_, was, _), rows in by.items())
    after = "; ".join(f"{names_of(rows)}: {now}" for (*_, now), rows in by.items())
    accepted = len(found.lowered) - len(found.less)
    change = f"{len(found.lowered)} lowered" + (f", {accepted} accepted" if accepted else "")
    origins = sorted({row.origin for row in less})
    return [Line("Promises lowered", before, after, said(change, "worse"), "worse",
                 ", ".join(origins), HOW)]  # fmt: skip


def _worst(
    name: str, rows: list[Row], pick: Callable[[Iterable[float]], float], compared: bool
) -> Line | None:
    """The worst of each side, which need not be the same one."""
    was = [(row.before, row) for row in rows if row.before is not None]
    now = [(row.after, row) for row in rows if row.after is not None]
    if not now:
        return None
    last = pick(value for value, _ in now)
    after = next(row for value, row in now if value == last)
    text = f"{after.after_text} ({after.name})"
    if not compared or not was:
        return Line(name, NO_NUMBER, text, NO_NUMBER, "other", after.origin, after.how)
    first = pick(value for value, _ in was)
    before = next(row for value, row in was if value == first)
    change, direction = _change(first, last, less_is_better=pick is max)
    return Line(name, f"{before.before_text} ({before.name})", text, said(change, direction),
                direction, after.origin, after.how)  # fmt: skip


def _change(first: float, last: float, *, less_is_better: bool) -> tuple[str, Direction]:
    """Of times a share, of availabilities the minutes a month; of what has no end neither."""
    if first == last:
        return "as before", "same"
    better: Direction = "better" if (last < first) == less_is_better else "worse"
    if not first or not (math.isfinite(first) and math.isfinite(last)):
        return ("more" if last > first else "less"), better
    if less_is_better:
        if abs(last - first) <= SAME * max(first, last):
            return "as before", "same"
        return f"{last / first - 1:+.1%}", better
    more = (first - last) * MINUTES_MONTH
    if abs(more) < SAME_DOWN:
        return "as before", "same"
    return f"{more:+.3g} min down a month", better


def said(change: str, direction: Direction) -> str:
    return f"{change} ({direction})" if direction in ("worse", "better") else change


def _breaks(found: Comparison | None) -> Line:
    """How many changes of contracts break whom."""
    how = "the contracts of both models compared, each by its protocol"
    name = "Breaking changes"
    if found is None:
        return Line(name, NO_NUMBER, "not compared", NO_NUMBER, "other", "computed", how)
    clients = sorted({name for c in found.breaking for name in c.clients})
    whom = f", for {', '.join(clients)}" if clients else ""
    count = len(found.breaking)
    accepted = sum(c.breaks for c in found.contracts) - count
    unknown = sum(c.change.id == "not-judged" for c in found.contracts)
    parts = [f"{count}{whom}" if count else "none"]
    parts += [f"{accepted} accepted"] if accepted else []
    parts += [f"{unknown} not judged"] if unknown else []
    direction: Direction = "worse" if count else "same"
    return Line(name, NO_NUMBER, "; ".join(parts), "worse" if count else "as before", direction,
                "computed", how)  # fmt: skip
