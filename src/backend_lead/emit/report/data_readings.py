"""What runs found of users and their data, as figures: sessions, reads from replicas, writes that
failovers lost, messages put aside, ways between regions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backend_lead.emit.report import wording
from backend_lead.emit.report.columns import (
    COPY_COLUMNS,
    SESSION_COLUMNS,
    WAY_COLUMNS,
    column_words,
)
from backend_lead.model.copies import CopyReads, LostWrites
from backend_lead.model.design import Design, Verdict
from backend_lead.model.figure import Figure
from backend_lead.model.messages import PutAside
from backend_lead.model.sessions import SessionStep
from backend_lead.model.ways import WayLoad


class DataReadings:
    """Figures of these records; each names its run."""

    def __init__(self, design: Design) -> None:
        self.design = design
        self._repeat = {run.id: run.repeat for run in design.runs}

    def _simulated(
        self, word: str, label: str, value: float, unit: str, run: str, how: str = "", **more: Any
    ) -> Figure:
        text = more.pop("text", "") or wording.in_unit(value, unit, word)
        return Figure(word, label, value, unit, text, "simulated", how, run=run,
                      repeat=self._repeat.get(run, ""), **more)  # fmt: skip

    def session(self, row: SessionStep, column: str) -> Figure:
        """One column of a step of a session: requests, how many a session, the share answered."""
        how = {
            "requests": "requests begun after the warm-up",
            "per_session": "requests of this step / sessions begun after the warm-up",
            "answered": f"of {row.requests:,} requests, the share that ended well",
        }[column]
        value, share = getattr(row, column), column == "answered"
        return self._simulated(
            f"session.{row.client}.{row.journey}.{row.step}.{column}",
            f"{row.journey} of {row.client}, step {row.step}, {column_words(column)}",
            value, "ratio" if share else "count", row.run, how,
            text=wording.availability(value) if share else "",
        )  # fmt: skip

    def copy(self, row: CopyReads, column: str) -> Figure | None:
        """One column of a store's reads; None for a share of no reads."""
        word = f"copies.{row.run}.{row.store}.{column}"
        label = f"{row.store}, {column_words(column)}"
        if column == "stale_share":
            if not row.read:
                return None
            lag = f"{wording.seconds(row.lag_s)}{_at_most(row)}"
            how = f"{row.stale:,} of {row.read:,}: their row was written less than {lag} before"
            return self._simulated(word, label, row.stale / row.read, "ratio", row.run, how)
        how = {
            "read": "reads answered by replicas",
            "to_primary": "reads that went to the primary, as their caller had just written",
            "avoided": "of these, reads of a row that anybody wrote less than the lag before: the "
            "least that would have been stale at a replica",
        }[column]
        return self._simulated(word, label, getattr(row, column), "count", row.run, how)

    def lost(self, row: LostWrites) -> Figure:
        """How many acknowledged writes a failover lost."""
        word = f"failover.{row.run}.{row.store}.{row.at_s:g}"
        text = wording.count(round(row.writes))
        return Figure(
            f"{word}.lost", f"{row.store}: acknowledged writes lost in its failover at "
            f"{row.at_s:g} s", row.writes, "count", text, row.origin, row.why, run=row.run,
            repeat=self._repeat.get(row.run, ""),
        )  # fmt: skip

    def may_lose(self, row: LostWrites) -> tuple[str, Verdict | None]:
        """What may be lost by the model's objective, and whether the failover kept to that; where
        none is stated, that (of writes that are lost) and None."""
        data = self.design.system.data
        most = data.lose_most if data else None
        if most is None:
            return "what may be lost is not stated" if row.writes else "", None
        held: Verdict = "pass" if row.kept_to(most.value) else "fail"
        return f"objective: those of the last {most.text} at most", held

    def aside(self, row: PutAside, column: str) -> Figure:
        """How many messages were put aside, or their share of those that were over."""
        word, over = f"aside.{row.run}.{row.handler}.{column}", row.put_aside + row.handled
        how = f"{row.put_aside:,} put aside, {row.handled:,} handled; over the whole run"
        label = f"{row.topic} at {row.handler}, {column_words(column)}"
        if column == "put_aside":
            return self._simulated(word, label, row.put_aside, "count", row.run, how)
        return self._simulated(word, label, row.put_aside / over, "ratio", row.run, how)

    def way(self, row: WayLoad, column: str) -> Figure:
        """One column of a way between regions: what it carried, its share in use, what was sent."""
        how = {
            "busy": "time that transfers take alone / time of the run after the warm-up",
            "bytes_per_s": "share in use x bandwidth of the way",
            "ended_per_s": "requests, answers and batches of messages that were through",
        }[column]
        words, unit = WAY_COLUMNS[column]
        return self._simulated(f"link.{row.way}.{column}", f"{row.way}, {words}",
                               getattr(row, column), unit, row.run, how)  # fmt: skip

    def of_data(self) -> Iterator[Figure | None]:
        """Every figure of this file."""
        design = self.design
        for step in design.sessions:
            yield from (self.session(step, c) for c in SESSION_COLUMNS)
        for copy in design.copies:
            yield from (self.copy(copy, c) for c in COPY_COLUMNS)
        for lost in design.lost_writes:
            yield self.lost(lost)
        for aside in design.put_aside:
            yield from (self.aside(aside, c) for c in ("put_aside", "aside_share"))
        for way in design.links:
            yield from (self.way(way, c) for c in WAY_COLUMNS)


def _at_most(row: CopyReads) -> str:
    return f", {wording.seconds(row.most_s)} at its most" if row.most_s > row.lag_s else ""
