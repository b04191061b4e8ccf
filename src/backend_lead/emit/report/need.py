"""What a step is needed for: the one meaning of "needed above", shared by all files.

Loads of the roadmap, where stages were looked for: each stage keeps the data of its own load. What
a step of the search carried is another load: at the sizes it had, with all data of the stated one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from backend_lead.emit.report.path_readings import PathReadings
from backend_lead.emit.report.readings import Readings
from backend_lead.emit.report.wording import load as worded
from backend_lead.emit.report.wording import number
from backend_lead.model.design import Decision, Design
from backend_lead.model.figure import Figure
from backend_lead.model.paths import Stage

SO_FAR = "at the sizes it had, with the data of the stated load kept"


@dataclass(frozen=True)
class Need:
    """A sentence with at most one figure in it: the words before, the figure, the words after."""

    before: str
    figure: Figure | None = None
    after: str = "."

    @property
    def text(self) -> str:
        """The sentence."""
        return f"{self.before} {self.figure.text}{self.after}" if self.figure else self.before

    @property
    def short(self) -> str:
        """The same without what the reader of a column knows."""
        head = f"{self.before} {self.figure.text}" if self.figure else self.before.rstrip(".")
        return head.removeprefix("Needed ")


def need(design: Design, row: Decision) -> Need | None:
    """What a decision is needed for; None where its problem says so."""
    if not row.for_load:
        if not row.growth:
            return None
        return Need(f"Needed to be able to grow to {number(row.growth)} times the stated load.")
    paths = PathReadings(design)
    stage = next((s for s in design.stages if row.title in s.steps), None)
    if stage is None:
        read = Readings(design)
        most = read.needed(row)
        return Need("Taken because the design before it carries no more than",
                    replace(most, text=worded(most)), f", {SO_FAR}.")  # fmt: skip
    if stage.number == 1:
        return Need("Needed from", paths.load(stage), f" on, the first stage{_below(stage)}.")
    before = design.stages[stage.number - 2]
    most = paths.load(before, "knobs_until")
    if most.value >= paths.load(stage).value:
        return Need("Taken from the stage of", paths.load(stage), " on, a load that larger sizes "
                    "of the parts before it would carry too.")  # fmt: skip
    return Need("Needed above", most, ": so far larger sizes of the parts of stage "
                f"{before.number} hold, with the data of that load.")  # fmt: skip


def _below(stage: Stage) -> str:
    return "; smaller loads were not looked at" if stage.factor <= 1 else ""
