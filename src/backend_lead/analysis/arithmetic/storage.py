"""What is kept: rows today, growth with indexes and copies, backups, what streams retain."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.analysis.arithmetic.line import byte_words, line, people
from backend_lead.catalog import kind_of
from backend_lead.catalog.kind import Kind
from backend_lead.model.design import Sum
from backend_lead.model.system import Component
from backend_lead.model.units import DURATION, trim
from backend_lead.views.flow import Flow
from backend_lead.views.growth import DAY_S, YEAR_S, rows_per_s
from backend_lead.views.traffic import stored_bytes

GROUP = "Storage"
PLACE = 50


def sums(flow: Flow, response_s: float) -> Iterator[Sum]:
    """Per store, then per topic."""
    added = rows_per_s(flow)
    for name, part in flow.system.components.items():
        if today := stored_bytes(flow.system, name):
            yield line(GROUP, f"{name}: rows today", "rows x row size, before indexes and copies",
                       today, "B", byte_words(today))  # fmt: skip
            yield from _growth(flow, name, part, added)
            yield from _backups(flow, name, part)
        for word in part.topics:
            yield _retained(flow, name, word)


def _growth(flow: Flow, name: str, part: Component, added: dict[str, float]) -> Iterator[Sum]:
    growth, parts = 0.0, []
    for entity_name, entity in flow.system.entities.items():
        if entity.store != name or entity_name not in added:
            continue
        rate = added[entity_name]
        growth += rate * entity.row.value
        parts.append(f"{people(rate, '/s')} {entity_name} x {byte_words(entity.row.value)}")
    if not growth:
        return
    day, year = growth * DAY_S, growth * YEAR_S
    yield line(GROUP, f"{name}: growth a day", " + ".join(parts) + " x 86,400 s", day, "B",
               byte_words(day))  # fmt: skip
    yield line(GROUP, f"{name}: growth a year", "growth a day x 365", year, "B", byte_words(year))
    indexes, copies = _factor(kind_of(part.kind), "index-factor"), _copies(part)
    if indexes * copies > 1:
        yield line(
            GROUP, f"{name}: growth a year on disks",
            f"growth a year x {trim(indexes)} (indexes and free space) x {copies} "
            f"cop{'ies' if copies > 1 else 'y'}, none deleted", year * indexes * copies, "B",
            byte_words(year * indexes * copies),
        )  # fmt: skip


def _factor(kind: Kind, fact: str) -> float:
    return next((one.value for one in kind.facts if one.id == fact), 1.0)


def _copies(part: Component) -> int:
    """Machines that hold the same rows: all of a shard."""
    return max(1, kind_of(part.kind).instances(part) // part.shards)


def _backups(flow: Flow, name: str, part: Component) -> Iterator[Sum]:
    kind = kind_of(part.kind)
    kept = kind.backup_bytes(part, flow.traffic[name])
    if not kept:
        return
    days, changed = _factor(kind, "backup-days"), _factor(kind, "changed")
    written = flow.traffic[name].written_bytes_per_s * DAY_S
    yield line(
        GROUP, f"{name}: backups",
        f"the data once + {trim(days)} days x {byte_words(written)} written a day x "
        f"{trim(changed)} (changed blocks and log; at most all of the data)", kept, "B",
        byte_words(kept),
    )  # fmt: skip


def _retained(flow: Flow, name: str, word: str) -> Sum:
    part = flow.system.components[name]
    kind, topic, key = kind_of(part.kind), part.topics[word], f"{name}.{word}"
    rate = flow.visits.get(key, 0.0) * flow.batch.get(key, 1.0)
    mean = rate / flow.system.workload.peak.factor.value
    kept_s = kind.kept_s(topic)
    copies = kind.copies(part)
    volume = mean * topic.message.value * kept_s * copies
    return line(
        GROUP, f"{key}: kept",
        f"{people(mean, '/s')} x {byte_words(topic.message.value)} x "
        f"{DURATION.format(kept_s)} x {copies} cop{'ies' if copies > 1 else 'y'}", volume, "B",
        byte_words(volume),
    )  # fmt: skip
