"""What analyses ask of a store: rows, bytes, questions and freshness of each fact table."""

from __future__ import annotations

from dataclasses import dataclass, replace

from backend_lead.catalog.analytics import DAY_S, FRESH, QUERIES
from backend_lead.model.quantity import Origin
from backend_lead.views.data.star import Star
from backend_lead.views.growth import YEAR_S, rows_per_s


@dataclass(frozen=True)
class Need:
    """One fact table: rows a second on the mean of a day and at `peak` times it, rows kept a year
    from now, bytes of one, the time that a question reads, and how old an answer may be. `late_s`
    is how far back each run looks again; `daily`: once a day all is read anew; `changes`: a row may
    change after it is there.

    `origins` says of `fresh`, `queries` and `scans` where they come from.
    """

    name: str
    rows_per_s: float
    peak: float
    rows: float
    row_bytes: float
    fresh_s: float
    queries_per_day: float
    scan_s: float
    late_s: float
    daily: bool
    origins: tuple[tuple[str, Origin], ...] = ()
    changes: bool = False

    @property
    def bytes(self) -> float:
        """Bytes of the rows that are kept."""
        return self.rows * self.row_bytes

    @property
    def scanned_bytes(self) -> float:
        """Bytes of the rows that one question is about; at most all."""
        return min(self.rows, self.rows_per_s * self.scan_s) * self.row_bytes

    def times(
        self, *, load: float = 1.0, kept: float = 1.0, queries: float = 1.0, fresh: float = 1.0
    ) -> Need:  # fmt: skip
        """The same with more of one thing: `load` more rows a second, which makes more to keep."""
        return replace(
            self, rows_per_s=self.rows_per_s * load, rows=self.rows * load * kept,
            queries_per_day=self.queries_per_day * queries, fresh_s=self.fresh_s * fresh,
        )  # fmt: skip


def needs(star: Star) -> list[Need]:
    """The need of each fact table of a star schema."""
    flow = star.layer.flow
    rates = rows_per_s(flow)
    out = []
    for fact in star.facts:
        table = star.layer.tables[fact.table]
        rate = rates.get(table.entity, 0.0) * table.per_parent
        rows = table.rows + rate * YEAR_S
        if table.keep_s is not None:
            rows = min(rows, max(table.rows, rate * table.keep_s))
        out.append(Need(
            fact.name, rate, flow.system.workload.peak.factor.value, rows, table.row_bytes,
            fact.fresh_s or FRESH.value,
            fact.queries_per_s * DAY_S if fact.queries_per_s else QUERIES.value,
            fact.scans_s or DAY_S, fact.late_s, fact.grows == "also daily", fact.origins,
            fact.grows != "by time",
        ))  # fmt: skip
    return out


def quiet_s(need: Need) -> float:
    """How long no row may come at the quietest time of a day without anything being wrong: once in
    ten thousand such waits, rows coming at random at a rate as far below the mean as the peak is
    above it."""
    slowest = need.rows_per_s / max(1.0, need.peak)
    return 9.21 / slowest if slowest > 0 else DAY_S  # ln(10,000)
