"""How long a store takes to come back from a backup and the log after it, today and later."""

from __future__ import annotations

from dataclasses import dataclass

from backend_lead.catalog import kind_of
from backend_lead.catalog.tables import BACKUP_EVERY, REPLAY_RATE, RESTORE_RATE, SEGMENT
from backend_lead.model.design import Verdict
from backend_lead.model.system import Component
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.room import log_bytes_per_s
from backend_lead.views.data.volume import MONTH_S, sizes

MONTHS = (0, 1, 12, 36)
DAY_S = 86_400.0


@dataclass(frozen=True)
class Rates:
    """Bytes a second at which a backup is put in place and log replayed, and what a machine takes
    to be there."""

    copy: float
    redo: float
    start_s: float


@dataclass(frozen=True)
class Recovery:
    """One shard brought back: `bytes` of it, and the log since the last backup at worst."""

    months: int
    bytes: float
    log_bytes: float

    def took_s(self, rates: Rates) -> float:
        """From the decision until it answers."""
        return rates.start_s + self.bytes / rates.copy + self.log_bytes / rates.redo


def assumed(part: Component) -> tuple[Rates, Rates, Rates]:
    """The rates of the catalogue: likely, the slowest and the fastest."""
    start = kind_of(part.kind).repair
    return (
        Rates(RESTORE_RATE.value, REPLAY_RATE.value, start.value),
        Rates(RESTORE_RATE.low, REPLAY_RATE.low, start.high),
        Rates(RESTORE_RATE.high, REPLAY_RATE.high, start.low),
    )


def recoveries(layer: Layer, store: str) -> list[Recovery]:
    """Today and in so many months. Shards are brought back side by side; the load stays."""
    shards = layer.system.components[store].shards
    log = log_bytes_per_s(layer, store) * BACKUP_EVERY.value / shards
    out = []
    for months in MONTHS:
        held = sum(size.bytes for name, size in sizes(layer, months * MONTH_S).items()
                   if layer.tables[name].store == store)  # fmt: skip
        out.append(Recovery(months, held / shards, log))
    return out


def segment_s(layer: Layer, store: str) -> float:
    """How long a file of the log takes to fill, on the mean of a day: what is lost with a disk
    where nothing is archived earlier; in a quiet hour more."""
    log = log_bytes_per_s(layer, store) / layer.system.components[store].shards
    return SEGMENT.value / log if log else float("inf")


def within(*took_s: float, most_s: float) -> Verdict:
    """Pass where every one of several predictions is in time, fail where none is; else unknown."""
    held = [took <= most_s for took in took_s]
    return "pass" if all(held) else "unknown" if any(held) else "fail"


def backups_kept_s(layer: Layer, store: str) -> float:
    """How long a backup of a store is kept: as the model says, else as the kind usually does."""
    data, part = layer.system.data, layer.system.components[store]
    if data and data.backups_kept:
        return data.backups_kept.value
    facts = kind_of(part.kind).facts
    return DAY_S * next((f.value for f in facts if f.id == "backup-days"), 0.0)
