"""Writes that callers were told are kept are not lost in a failover, or not more than allowed."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.copies import LostWrites
from backend_lead.model.design import Run
from backend_lead.model.finding import Finding
from backend_lead.model.kept import needed, record_of
from backend_lead.model.quantity import Duration

FAILOVERS = "failovers"  # of a run's results: who took over, and what was lost


class WritesLost(Rule):
    id = "writes-lost"
    title = "A failover loses no more than may be lost"
    why = (
        "A replica that takes over lacks the writes of its lag, though callers were told that they "
        "are kept; no count of answered requests shows them. `data.lose_most` says how much may be "
        "lost; without it nobody has agreed to any."
    )
    level = "warning"

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        data = evidence.system.data
        most = data.lose_most if data else None
        for run in evidence.runs or ():
            found = run.results.get(FAILOVERS, [])
            rows = found if isinstance(found, list) else [found]
            for told in rows:
                row = record_of(LostWrites, told)
                if row is None:
                    yield self.unread(run, "what a failover lost", FAILOVERS, needed(LostWrites),
                                      evidence.place(("components",)))  # fmt: skip
                elif row.writes > 0 and (most is None or not row.kept_to(most.value)):
                    yield self._lost(evidence, run, row, most)

    def _lost(
        self, evidence: Evidence, run: Run, row: LostWrites, most: Duration | None
    ) -> Finding:
        return self.finding(
            f"a failover of `{row.store}` loses some {row.writes:,.0f} acknowledged writes (run "
            f"{run.id})", evidence.component_place(row.store, "lag"),
            f"the writes of the last {row.lag_s:g} s",
            f"those of the last {most.text}" if most else "what may be lost is not stated",
            "a standby (zones: 2 or more) has every write; a shorter lag loses fewer; say with "
            "data.lose_most what may be lost", level="error" if most else "warning",
        )  # fmt: skip


RULE = WritesLost()
