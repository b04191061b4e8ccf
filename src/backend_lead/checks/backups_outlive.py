"""What is erased does not come back with a backup, and ends there by the deadline."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding
from backend_lead.model.units import DURATION
from backend_lead.views.data.layer import layer
from backend_lead.views.data.parts import Table
from backend_lead.views.data.recovering import backups_kept_s


class BackupsOutlive(Rule):
    id = "backups-outlive"
    title = "Who was erased does not come back with a backup"
    why = (
        "A backup holds everybody who was there when it was taken. Kept longer than the time in "
        "which people must be gone, it brings them back when it is restored, unless the list of "
        "erasures is kept apart from it and carried out again before anybody is served."
    )
    level = "warning"

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        system = evidence.system
        if system.data is None or system.data.erase_within is None or system.data.erase_again:
            return
        found = layer(system)
        if found is None:
            return
        most = system.data.erase_within.value
        for store in dict.fromkeys(t.store for t in found.tables.values() if _personal(t)):
            kept = backups_kept_s(found, store)
            if kept > most:
                yield self.finding(
                    f"backups of `{store}` are kept longer than a person may stay, and nobody "
                    "erases again after a restore",
                    evidence.place(("data", "erase_again")),
                    f"kept for {DURATION.format(kept)}, erase_again: false",
                    f"backups_kept of at most {DURATION.format(most)}, or erase_again: true",
                    "keep the list of erasures outside of the backups and carry it out after each "
                    "restore (erase_again: true), or keep backups for less long",
                )  # fmt: skip


def _personal(table: Table) -> bool:
    return any(column.cls in ("personal", "sensitive") for column in table.columns)


RULE = BackupsOutlive()
