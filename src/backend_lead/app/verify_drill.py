"""verify: stores backed up, harmed, lost and brought back here; what that says of the design."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from backend_lead.app.render_capacity import columns
from backend_lead.catalog.tables import LOG_ARCHIVED
from backend_lead.emit.report.wording import data, seconds
from backend_lead.model.data import Data
from backend_lead.model.design import Verdict
from backend_lead.model.finding import Finding, Level, Place
from backend_lead.model.quantity import Quantity
from backend_lead.trial.drill import Drill, drill
from backend_lead.trial.drivers import CannotRun, driver_of
from backend_lead.trial.proof import Refused, Trial
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.recovering import (
    Rates,
    Recovery,
    assumed,
    backups_kept_s,
    recoveries,
    segment_s,
    within,
)

FILE = "evidence/data-restore.json"
MORE_ROWS = "--rows 1M, so that the rates are those of moving bytes and not of starting programs"


@dataclass(frozen=True)
class Predicted:
    """A restore of the design's own size, by the rates measured here and by those assumed."""

    recovery: Recovery
    measured_s: float | None
    assumed_s: float
    verdict: Verdict | None  # None: nothing is asked


@dataclass
class Drilled:
    """A drill with what follows from it for the design."""

    drill: Drill
    layer: Layer
    predicted: list[Predicted]

    @property
    def promised(self) -> Data:
        return self.layer.system.data or Data()


def drilled(layer: Layer, store: str, trial: Trial) -> tuple[Drilled | None, list[Finding]]:
    """Do the drill with one store where its part can be started and recovers."""
    kind = layer.system.components[store].kind
    driver, place = driver_of(kind), Place(path=f"components.{store}")
    if driver is None or not driver.recovers or driver.missing:
        gone = ", ".join(driver.missing) if driver else ""
        return None, [Finding(
            "restore-unproved", "unknown", f"{store}: no backup was restored, as nothing here runs "
            f"a {kind}", place, f"without {gone}" if gone else kind,
            "a part that can be started here and restored", "",
        )]  # fmt: skip
    try:
        seen = drill(driver, layer, store, trial)
    except (CannotRun, Refused) as err:
        return None, [Finding(
            "restore-unproved", "unknown", f"{store}: no backup was restored: {err}", place,
            str(err), "a drill that comes to its end", "backend-lead doctor",
        )]  # fmt: skip
    found = Drilled(seen, layer, list(_predicted(layer, seen)))
    return found, list(_findings(found))


def _predicted(layer: Layer, seen: Drill) -> Iterator[Predicted]:
    most = layer.system.data.restore_within if layer.system.data else None
    likely = assumed(layer.system.components[seen.store])[0]
    measured = None
    if seen.copy_rate and seen.redo_rate:
        measured = Rates(seen.copy_rate, seen.redo_rate, likely.start_s + seen.start_s)
    for one in recoveries(layer, seen.store):
        here, there = one.took_s(measured) if measured else None, one.took_s(likely)
        verdict = None
        if most is not None:
            both = [there] if here is None else [here, there]
            verdict = within(*both, most_s=most.value)
            if (here is None and verdict == "pass") or (seen.few and verdict == "fail"):
                verdict = "unknown"
        yield Predicted(one, here, there, verdict)


def _findings(found: Drilled) -> Iterator[Finding]:
    yield from _drill_findings(found)
    yield from _promises(found)


def _drill_findings(found: Drilled) -> Iterator[Finding]:
    seen = found.drill
    place = Place(path=f"components.{seen.store}")
    if seen.compared is None or not seen.compared.holds:
        names = ", ".join(seen.compared.differing) if seen.compared else "nothing was compared"
        yield Finding(
            "restore-differs", "error", f"{seen.store}: what came back is not what was there at "
            "the last good moment", place, names, "the same rows and sums in every table",
        )  # fmt: skip
    for one in seen.lost:
        if not one.holds:
            yield Finding(
                "restore-lost-more", "warning", f"{seen.store}: {one.way}: more was lost with the "
                "disk than may be", place, f"{one.lost} commits of {seconds(one.lost_s)}",
                f"at most {seconds(one.most_s)}", "run it again where nothing else runs",
            )  # fmt: skip
    if seen.forgotten is None:
        return
    if not seen.forgotten.holds:
        yield Finding(
            "person-back", "error", f"{seen.store}: somebody erased is back after a restore, or "
            "was never gone", place, str(seen.forgotten.replayed),
            "nothing of them once the list of erasures was carried out again",
        )  # fmt: skip
    promised, kept = found.promised.erase_within, backups_kept_s(found.layer, seen.store)
    if promised and kept > promised.value and not seen.forgotten.holds:
        yield Finding(
            "backups-outlive", "error", f"{seen.store}: backups are kept longer than a person may "
            "stay, and the list of erasures does not remove who comes back", place, seconds(kept),
            f"at most {seconds(promised.value)}",
        )  # fmt: skip


def _promises(found: Drilled) -> Iterator[Finding]:
    """What is asked of a restore and of a lost disk, against what was computed."""
    seen, most = found.drill, found.promised.restore_within
    today, lose = found.predicted[0], found.promised.lose_most
    later = next((p for p in found.predicted[1:] if p.verdict == "fail"), None)
    part = found.layer.system.components[seen.store]
    if lose is not None and part.zones == 1 and lose.value < LOG_ARCHIVED.value:
        yield Finding(
            "restore-loses", _level(lose, "fail"), f"{seen.store}: a lost disk takes more with it "
            "than may be lost", Place(path="data.lose_most"),
            f"up to {seconds(LOG_ARCHIVED.value)} that are archived nowhere yet",
            f"at most {seconds(lose.value)}",
            "a standby in another zone (zones: 2), or the log streamed as it is written",
        )  # fmt: skip
    if most is not None and later is not None and today.verdict == "pass":
        yield Finding(
            "restore-late-later", "warning", f"{seen.store}: in {later.recovery.months} months a "
            "restore takes longer than is asked", Place(path="data.restore_within"),
            f"{seconds(later.assumed_s)} for {data(later.recovery.bytes)}",
            f"at most {seconds(most.value)}", "backups more often, more shards, rows kept shorter",
        )  # fmt: skip
    if most is not None and today.verdict in ("fail", "unknown"):
        worst = max(today.assumed_s, today.measured_s or 0.0)
        yield Finding(
            "restore-late", _level(most, today.verdict), f"{seen.store}: a restore of all its "
            f"bytes {'takes' if today.verdict == 'fail' else 'may take'} longer than is asked",
            Place(path="data.restore_within"), f"{seconds(worst)} for {data(today.recovery.bytes)} "
            f"and {data(today.recovery.log_bytes)} of log", f"at most {seconds(most.value)}",
            "backups more often, more shards, a standby to go back to"
            if today.verdict == "fail" else MORE_ROWS,
        )  # fmt: skip


def _level(promise: Quantity, verdict: Verdict) -> Level:
    """What was only assumed to be asked is told, and fails nobody."""
    if promise.origin == "assumed":
        return "warning"
    return "error" if verdict == "fail" else "unknown"


def drill_lines(found: Drilled) -> Iterator[str]:
    """What a terminal shows of a drill."""
    seen = found.drill
    rows = sum(seen.rows.values())
    yield (f"{seen.store}: {seen.part}, {rows:,} rows backed up, harmed, lost and brought back in "
           f"{seen.seconds:.0f} s")  # fmt: skip
    if seen.backup:
        yield (f"  backup: {data(seen.backup.bytes)} in {seconds(seen.backup.took_s)} "
               f"({data(seen.backup.rate)}/s) while it was written to; every file's sum checked in "
               f"{seconds(seen.backup.verified_s)}")  # fmt: skip
    if seen.harm and seen.compared:
        yield (f"  harm: {'; '.join(seen.harm.statements)}: {seen.harm.rows:,} rows gone; the "
               f"moment before came back in {seconds(seen.restored[0].took_s)}: "
               f"{seen.compared.tables} tables, {seen.compared.rows:,} rows, "
               f"{len(seen.compared.differing)} that differ by count or sum "
               f"(compared in {seconds(seen.compared.took_s)})")  # fmt: skip
    yield from _lost(seen)
    if seen.forgotten:
        one = seen.forgotten
        before, erased, back, after = (
            sum(x.values()) for x in (one.before, one.erased, one.restored, one.replayed)
        )
        kept = sum(one.kept.values())
        yield (
            f"  a person of {one.person}: {before} traces, {erased} when erased, {back} back "
            f"with the backup, {after} once the list was carried out again "
            f"({seconds(one.replay_s)})" + (f"; {kept} rows a law wants kept" if kept else "")
        )
    yield from _later(found)


def _lost(seen: Drill) -> Iterator[str]:
    for one in seen.lost:
        allowed = "nothing bounds it" if one.most_s is None else f"at most {seconds(one.most_s)}"
        yield (f"  disk lost, log kept by {one.way}: {one.lost:,} of {one.acknowledged:,} commits "
               f"lost, {seconds(one.lost_s)} ({allowed})")  # fmt: skip


def _later(found: Drilled) -> Iterator[str]:
    """The design's own sizes at the rates of this machine."""
    seen, most = found.drill, found.promised.restore_within
    least = "at least " if seen.few else ""
    copy = f"{least}{data(seen.copy_rate)}/s" if seen.copy_rate else "too few bytes to tell"
    redo = f"{data(seen.redo_rate)}/s" if seen.redo_rate else "too few bytes to tell"
    yield (f"  rates here: a backup put in place {copy}, log replayed {redo}, a start beside it "
           f"{seconds(seen.start_s)}")  # fmt: skip
    lines = [["the design's", "a shard", "log", "back after, rates here", "rates assumed",
              "verdict"]]  # fmt: skip
    for one in found.predicted:
        months, here = one.recovery.months, "-"
        if one.measured_s is not None:
            here = ("at most " if seen.few else "") + seconds(one.measured_s)
        lines.append([
            "today" if not months else f"in {months} month{'s' * (months > 1)}",
            data(one.recovery.bytes), data(one.recovery.log_bytes),
            here, seconds(one.assumed_s),
            one.verdict or "not asked",
        ])  # fmt: skip
    yield from columns(lines)
    if seen.few:
        yield f"  so small a backup is mostly opening and closing files; closer: {MORE_ROWS}"
    fills = segment_s(found.layer, seen.store)
    asked = [f"back within {seconds(most.value)}"] if most else []
    if found.promised.lose_most:
        asked.append(f"lose at most {seconds(found.promised.lose_most.value)}")
    yield (
        f"  asked: {', '.join(asked) or 'nothing'}; a file of its log fills in {seconds(fills)} "
        "on the mean of a day, which is lost with a disk where nothing archives it earlier"
    )


def evidence(found: list[Drilled], repeat: str) -> str:
    """Everything that was seen, as a file."""
    content = {
        "repeat": repeat,
        "stores": {
            one.drill.store: {
                **one.drill.as_json(),
                "predicted": [
                    {"months": p.recovery.months, "bytes": round(p.recovery.bytes),
                     "log_bytes": round(p.recovery.log_bytes), "measured_rates_s": p.measured_s,
                     "assumed_rates_s": p.assumed_s, "verdict": p.verdict}
                    for p in one.predicted
                ],
            }
            for one in found
        },
    }  # fmt: skip
    return json.dumps(content, indent=1, sort_keys=True) + "\n"
