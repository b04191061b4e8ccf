"""What is lost and how long it takes, per store and sort of loss, against what the model asks."""

from __future__ import annotations

from backend_lead.catalog import kind_of
from backend_lead.catalog.fact import Fact
from backend_lead.catalog.tables import LOG_ARCHIVED, RESTORE_RATE
from backend_lead.emit.data.layer_reading import DataReading, span
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import data, seconds
from backend_lead.views.data.volume import sizes


def recovery(read: DataReading) -> str:
    """The section."""
    rows = [row for store in read.stores for row in losses(read, store)]
    head = ["store", "lost is", "data lost at most", "back after", "how", "asked", "verdict"]
    return (
        "## What a failure costs\n\n" + table(head, rows)
        + f"\n\nA restore is computed from the bytes of today at {data(RESTORE_RATE.value)}/s "
        f"({data(RESTORE_RATE.low)} to {data(RESTORE_RATE.high)}, assumed) and a machine's start. "
        "A backup that was never restored is none: restore one every month into an empty account, "
        "count rows and sums against the source, and write the time beside this table."
    )  # fmt: skip


def losses(read: DataReading, store: str) -> list[list[str]]:
    """A row for each sort of loss."""
    part = read.component(store)
    kind = kind_of(part.kind)
    held = sum(s.bytes for t, s in sizes(read.layer).items()
               if read.layer.tables[t].store == store) / part.shards  # fmt: skip
    back = restore_s(held, kind.repair.value)
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


def restore_s(held: float, start_s: float) -> float:
    """Time until so many bytes are back from a backup."""
    return start_s + held / RESTORE_RATE.value


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
