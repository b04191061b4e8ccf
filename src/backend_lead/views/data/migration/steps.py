"""What a migration is made of: steps with what they lock, for how long, and how they are undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from backend_lead.catalog.migrations import BACKFILL, BLOCK_MOST, INDEX_BUILD, REWRITE, SCAN
from backend_lead.model.finding import Finding
from backend_lead.views.data.parts import Table

Phase = Literal["expand", "backfill", "switch", "contract"]
PHASES: tuple[Phase, ...] = ("expand", "backfill", "switch", "contract")
Blocks = Literal["nothing", "writes", "reads and writes"]
Work = Literal["none", "scan", "rewrite", "index", "backfill"]
RATES = {"scan": SCAN, "rewrite": REWRITE, "index": INDEX_BUILD, "backfill": BACKFILL}


@dataclass(frozen=True)
class Step:
    """Statements that run together, in one transaction or each alone, and their undoing.

    `blocks` is what others cannot do to `table` while it runs; `work` what it does to each of
    `rows`. `must_be_empty` is a query that must give no row before it; with `each` its statements
    are queries whose rows are statements, run one by one.
    """

    phase: Phase
    slug: str
    why: str
    table: str
    up: tuple[str, ...]
    down: tuple[str, ...] = ()
    transaction: bool = True
    blocks: Blocks = "nothing"
    work: Work = "none"
    rows: float = 0.0
    must_be_empty: str = ""
    each: bool = False
    loses: str = ""  # what its undoing cannot bring back

    @property
    def expected_s(self) -> float:
        """How long it takes by the catalogue's rates (s); next to nothing where it touches none."""
        return self.rows / RATES[self.work].value if self.work != "none" else 0.01

    @property
    def range_s(self) -> tuple[float, float]:
        """The same with the ends of the rate's range."""
        if self.work == "none":
            return 0.001, 0.1
        rate = RATES[self.work]
        return self.rows / rate.high, self.rows / rate.low

    @property
    def held_up_s(self) -> float:
        """How long it holds up others (s)."""
        return self.expected_s if self.blocks != "nothing" else 0.0


@dataclass(frozen=True)
class Choices:
    """What a model cannot say. `renamed` maps an old place to a new name: `orders` or
    `orders.state`; `fill` gives the value of rows that are there, an expression of SQL by
    `table.column`; what of `loses` may be lost is named by place."""

    renamed: Mapping[str, str] = field(default_factory=dict)
    fill: Mapping[str, str] = field(default_factory=dict)
    loses: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Plan:
    """The steps in the order they run, and what stands in the way."""

    store: str
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether it may not be run as it is."""
        return any(finding.level == "error" for finding in self.findings)

    def of(self, phase: Phase) -> list[Step]:
        """The steps of a phase."""
        return [step for step in self.steps if step.phase == phase]


def harmless(rows: float, work: Work, table: Table | None = None) -> bool:
    """Whether so much work may be done while others wait."""
    return work == "none" or rows / RATES[work].value <= BLOCK_MOST.value
