"""What is lost and how long it takes, per store and sort of loss, against what the model asks."""

from __future__ import annotations

from backend_lead.catalog import kind_of
from backend_lead.catalog.fact import Fact
from backend_lead.catalog.tables import BACKUP_EVERY, LOG_ARCHIVED, REPLAY_RATE, RESTORE_RATE
from backend_lead.emit.data.layer_reading import DataReading, span
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import data, seconds
from backend_lead.views.data.recovering import assumed, recoveries, segment_s, within


def recovery(read: DataReading) -> str:
    """The section."""
    rows = [row for store in read.stores for row in losses(read, store)]
    head = ["store", "lost is", "data lost at most", "back after", "how", "asked", "verdict"]
    return (
        "## What a failure costs\n\n" + table(head, rows)
        + "\n\nA restore is computed: a machine's start, the bytes of today at "
        f"{data(RESTORE_RATE.value)}/s ({data(RESTORE_RATE.low)} to {data(RESTORE_RATE.high)}), "
        f"and the log of up to {span(BACKUP_EVERY.value)} since the last backup, replayed at "
        f"{data(REPLAY_RATE.value)}/s ({data(REPLAY_RATE.low)} to {data(REPLAY_RATE.high)}); all "
        "three rates are assumed. `backend-lead verify --only restore` does it here with rows of "
        "this model and tells its own rates. A backup that was never restored is none: restore "
        "one every month into an empty account, count rows and sums against the source, and write "
        f"the time beside this table.\n\n{_later(read)}\n\n{_log(read)}"
    )  # fmt: skip


def _later(read: DataReading) -> str:
    """How long the same takes when the store has grown."""
    most = read.data.restore_within
    rows = []
    for store in read.stores:
        rates = assumed(read.component(store))
        for one in recoveries(read.layer, store):
            likely, slow, fast = (one.took_s(rate) for rate in rates)
            when = "today" if not one.months else f"in {one.months} month{'s' * (one.months > 1)}"
            rows.append([
                f"`{store}`", when, data(one.bytes), data(one.log_bytes), seconds(likely),
                f"{seconds(fast)} to {seconds(slow)}",
                _said(within(slow, fast, most_s=most.value)) if most else "not asked",
            ])  # fmt: skip
    head = ["store", "when", "bytes of a shard", "log to replay", "back after", "range", "verdict"]
    asked = f" Asked for: {span(most.value)}." if most else ""
    return (
        f"### As it grows\n\n{table(head, rows, 4)}\n\nThe verdict is of the whole range: "
        "it holds if the slowest rates are in time, and fails if the fastest are not."
        f"{asked} Backups more often shorten the log, shards of half the size halve the rest."
    )


def _said(verdict: str) -> str:
    return {"pass": "holds", "fail": "**takes longer**"}.get(verdict, "unknown: measure the rates")


def _log(read: DataReading) -> str:
    """What is lost with a disk, by how the log is kept elsewhere."""
    most = read.data.lose_most
    rows = []
    for store in read.stores:
        for way, lost_s, cost in (
            ("whole files only", segment_s(read.layer, store), "nothing; in a quiet hour more"),
            (f"and after {span(LOG_ARCHIVED.value)} (`archive_timeout`)", LOG_ARCHIVED.value,
             "a whole file each time, most of it empty"),
            ("streamed as it is written (`pg_receivewal`, a standby)", 0.0,
             "a receiver that is watched; to lose nothing, commits wait for it"),
        ):  # fmt: skip
            held = "not asked" if most is None else (
                "holds" if lost_s <= most.value else "**loses more**"
            )  # fmt: skip
            lost = "a round trip" if not lost_s else seconds(lost_s)
            rows.append([f"`{store}`", way, lost, cost, held])
    asked = f" Asked for: {span(most.value)}." if most else ""
    head = ["store", "the log goes elsewhere", "lost with the disk", "takes", "verdict"]
    return f"### What is lost with a disk\n\n{table(head, rows)}\n\nOn the mean of a day.{asked}"


def losses(read: DataReading, store: str) -> list[list[str]]:
    """A row for each sort of loss."""
    part = read.component(store)
    kind = kind_of(part.kind)
    back = recoveries(read.layer, store)[0].took_s(assumed(part)[0])
    turn = part.failover.value if part.failover else _fact(kind.facts, "failover")
    out = []
    if part.zones > 1 and turn:
        out.append(_row(read, store, "a machine or a zone", 0.0, turn,
                        "the standby has every commit and takes over"))  # fmt: skip
    else:
        out.append(_row(read, store, "the machine", 0.0, kind.repair.value,
                        "the volume is there; a machine is started on it"))  # fmt: skip
        out.append(_row(read, store, "the zone with its volume", LOG_ARCHIVED.value, back,
                        "the last backup and the log after it, in another zone"))  # fmt: skip
    out.append(
        _row(
            read,
            store,
            "rows, by a mistake of ours",
            0.0,
            back,
            "a copy as of the second before, beside the store; rows are brought over",
        )
    )
    standby = read.system.topology.standby
    if standby is not None:
        out.append(_row(read, store, "the region", standby.lag.value, standby.failover.value,
                        f"`{standby.region}` takes over"))  # fmt: skip
    else:
        out.append([f"`{store}`", "the region", "all since the last copy elsewhere", "not planned",
                    "no second region; copy backups to one", "nothing", "not covered"])  # fmt: skip
    return out


def _row(
    read: DataReading, store: str, lost: str, rpo: float, rto: float, how: str
) -> list[str]:  # fmt: skip
    lose, within = read.data.lose_most, read.data.restore_within
    asked = ", ".join(x for x in (
        f"lose {span(lose.value)}" if lose else "",
        f"back in {span(within.value)}" if within else ""
    ) if x)  # fmt: skip
    verdict = "not asked"
    if asked:
        misses = []
        if lose and rpo > lose.value:
            misses.append("loses more")
        if within and rto > within.value:
            misses.append("takes longer")
        verdict = f"**{' and '.join(misses)}**" if misses else "holds"
    lost_text = "nothing committed" if rpo == 0 else seconds(rpo)
    return [f"`{store}`", lost, lost_text, seconds(rto), how, asked or "nothing", verdict]


def _fact(facts: tuple[Fact, ...], word: str) -> float:
    return next((f.value for f in facts if f.id == word), 0.0)
