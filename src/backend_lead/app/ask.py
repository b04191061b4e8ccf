"""design --ask: the open questions, ranked by how much their answers move the design."""

from __future__ import annotations

from dataclasses import dataclass

from backend_lead.analysis.assumptions import assumptions
from backend_lead.app.assume import short_name
from backend_lead.app.design import Request
from backend_lead.app.figures import thousands
from backend_lead.app.progress import Progress
from backend_lead.model.design import Assumption
from backend_lead.search.searches import search
from backend_lead.search.sensitivity import costs_over_ranges, spread


@dataclass(frozen=True)
class Open:
    """A number nobody stated, what the design costs at both ends, and the flag that answers it."""

    number: Assumption
    flag: str

    @property
    def moves(self) -> float:
        """USD a month between both ends; infinite where no sizes hold at one of them."""
        return spread((self.number.cost_low, self.number.cost_high))


@dataclass(frozen=True)
class Asked:
    """Open numbers, the one that moves most first, and the questions in words of the reader."""

    usd_month: float
    holds: bool
    numbers: list[Open]
    others: int
    request: Request


def ask(request: Request, progress: Progress | None = None) -> Asked:
    """Search without simulating, then try each weighty number at both ends of its range."""
    progress = progress or Progress()
    progress.stage("searching, without simulating")
    trail = search(request.system)
    progress.check()
    found = trail.final.found
    progress.stage("trying what was assumed at both ends of its range")
    rows = costs_over_ranges(
        found.system, trail.final.knobs, assumptions(found.system, found.flow), trail.reserve
    )
    asked = {row.path for row in assumptions(request.system, found.flow)}
    tried = [row for row in rows if row.tried and row.path in asked]
    numbers = [Open(row, f"--assume {short_name(request.system, row.path)}=") for row in tried]
    return Asked(found.cost.usd_month, trail.holds, numbers, len(rows) - len(tried), request)


def render_text(found: Asked) -> str:
    """A block per open number, then the questions the reader has in words."""
    lines = [f"The design costs {thousands(found.usd_month)} USD/month as assumed (computed, not "
             "simulated)."]  # fmt: skip
    if not found.holds:
        lines.append("It does not keep every objective; no tactic is left.")
    lines += ["", "What would move it most"] if found.numbers else []
    for rank, item in enumerate(found.numbers, 1):
        number = item.number
        lines += [
            f"  {rank}. {number.label}: taken as {number.text}",
            f"     moves   {_moves(item)}",
            *([f"     why     {number.why}"] if number.why else []),
            f"     answer  {item.flag}{number.text.replace(' ', '')}",
        ]
    lines += ["", f"{found.others} more numbers are assumed; by an estimate they move less."]
    if found.request.questions:
        lines += ["", "More open questions"]
        for question in found.request.questions:
            lines += [f"  {question.text}", f"     taken   {question.taken}",
                      f"     why     {question.why}"]  # fmt: skip
    return "\n".join(lines)


def _moves(item: Open) -> str:
    number = item.number
    ends = ((number.low_text, number.cost_low), (number.high_text, number.cost_high))
    told = [f"{usd if usd is None else thousands(usd) + ' USD/month'} at {text}".replace(
        "None at", "no sizes hold at") for text, usd in ends]  # fmt: skip
    return f"{told[0]}, {told[1]}"
