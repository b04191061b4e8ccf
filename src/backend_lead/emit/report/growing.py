"""What the growth of its data does to a design: sentences that every page shares."""

from __future__ import annotations

from dataclasses import dataclass

from backend_lead.model.design import Design, Sum
from backend_lead.model.figure import Figure

_BILL, _CARRIED = "sum-year-cost-a-month", "sum-year-load-carried--of-the-stated"
_UNTIL, _SIZED = "sum-year-the-stated-load-is-carried-for", "sum-year-cost-a-month--sized-for-it"
_ROWS = "sum-year-rows-of-"


@dataclass(frozen=True)
class Growing:
    """A year of the stated load: the same machines then, and what the right ones cost."""

    bill: Figure
    carried: Figure
    limit: str
    until: Figure | None
    sized: Figure | None
    young: tuple[Sum, ...]

    @property
    def ends(self) -> bool:
        """Whether these machines no longer carry the stated load within the year."""
        return self.carried.value < 1

    @property
    def bill_then(self) -> Figure:
        """What the machines that carry the load then cost, as far as is known."""
        return self.sized or self.bill


def growing(design: Design) -> Growing | None:
    """What was computed about the growth of data; None where no rows are added, and where the load
    is not even carried on the first day."""
    sums = {row.figure.id: row for row in design.arithmetic}
    bill, carried = sums.get(_BILL), sums.get(_CARRIED)
    if bill is None or carried is None:
        return None
    figures = {word: row.figure for word, row in sums.items()}
    until = figures.get(_UNTIL)
    if until is not None and until.value <= 0:
        return None
    young = tuple(row for word, row in sums.items() if word.startswith(_ROWS))
    return Growing(bill.figure, carried.figure, carried.formula.rpartition("; then ")[2],
                   until, figures.get(_SIZED), young)  # fmt: skip


def sentences(found: Growing) -> list[str]:
    """The growth in words, for the README and the roadmap."""
    out = []
    if found.ends and found.until is not None:
        how = ", sized for it" if found.sized else " on the same machines"
        bill = found.bill_then.text.removesuffix("/month")
        out.append(
            f"Its data grows: at the stated load these machines keep their margins for "
            f"{found.until.text}; in a year they carry {found.carried.text} of the load "
            f"({found.limit}). A month then costs {bill}{how}."
        )
    else:
        bill = found.bill.text.removesuffix("/month")
        out.append(f"Its data grows: in a year the same machines carry {found.carried.text} of the "
                   f"stated load, and a month costs {bill}.")  # fmt: skip
    for row in found.young:
        out.append(f"{row.label} {row.figure.text}: {row.formula}.")
    return out
