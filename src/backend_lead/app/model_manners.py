"""How parts behave, against what one of them allows another: limits, batches and scaling."""

from __future__ import annotations

import math
from collections.abc import Iterator

from backend_lead.analysis.lowering import SLOW_SHARED, WAIT_CV
from backend_lead.catalog import kind_of, kinds
from backend_lead.catalog.kind import Station, Traffic
from backend_lead.kernel.bounds import (
    BATCH_MAX,
    LN_NS_MAX,
    MEAN_NS_MAX,
    WAIT_NS_MAX,
    lognormal_mean_max,
)
from backend_lead.kernel.layout import NS_PER_S
from backend_lead.kernel.shared_parts import finest
from backend_lead.model import units
from backend_lead.model.finding import Finding
from backend_lead.model.manners import Autoscale, Limit
from backend_lead.model.system import Component, System
from backend_lead.views.document import Document, Loc, path_text
from backend_lead.views.places import placed_steps

SCALED_MAX = 10_000  # instances that a component may scale to
BATCH_CPU_MAX_S = MEAN_NS_MAX / NS_PER_S  # compute of one step for a whole batch
BATCH_WAIT_MAX_S = lognormal_mean_max(WAIT_CV) / NS_PER_S  # the longest wait, times the batch


def manner_findings(system: System, document: Document) -> Iterator[Finding]:
    """Limits too slow to count, and scaling that leaves out its own count."""
    for name, client in system.workload.clients.items():
        yield from _limit(client.limit, ("workload", "clients", name, "limit"), document)
    for name, part in system.components.items():
        loc: Loc = ("components", name)
        yield from _limit(part.limit, (*loc, "limit"), document)
        if part.autoscale is not None:
            yield from _scaling(part, part.autoscale, loc, document)
            yield from _schedule(part, part.autoscale, system.workload.peak.hour,
                                 (*loc, "autoscale"), document)  # fmt: skip


def absurd(document: Document, loc: Loc, seen: str, allowed: str, hint: str) -> Finding:
    """A value that no real system has."""
    return Finding("model-absurd", "error", f"`{path_text(loc)}`: {seen} makes no sense here",
                   document.place(loc), seen, allowed, hint)  # fmt: skip


def _limit(limit: Limit | None, loc: Loc, document: Document) -> Iterator[Finding]:
    if limit is None:
        return
    low = 1 / finest(limit.burst_or_second)
    if limit.rate.value < low:
        yield absurd(document, (*loc, "rate"), limit.rate.text,
                     f"{units.RATE.format(low)} or more", "look at the unit")  # fmt: skip


def _scaling(part: Component, stated: Autoscale, loc: Loc, document: Document) -> Iterator[Finding]:
    count = part.count or 1
    if stated.most > SCALED_MAX:
        yield absurd(document, (*loc, "autoscale", "most"), f"{stated.most:,}",
                     f"1 to {SCALED_MAX:,}", "take larger machines instead")  # fmt: skip
    elif stated.least > count and stated.least <= SCALED_MAX:  # above most, count is the most
        yield Finding(
            "model-autoscale", "error",
            f"`{path_text(loc)}` always runs {stated.least} instances, but its count, which serves"
            f" at peak, is {count}",
            document.place((*loc, "autoscale", "least")), f"least {stated.least}",
            f"1 to {count}, the count", f"least: {count}, or count: {stated.least}",
        )  # fmt: skip


def _schedule(
    part: Component, stated: Autoscale, peak: int, loc: Loc, document: Document
) -> Iterator[Finding]:
    """Hours in the order of the day, each with as many as there may be; at the peak, its count."""

    def wrong(at: Loc, message: str, seen: str, allowed: str, hint: str) -> Finding:
        where = (*loc, *at)
        return Finding("model-schedule", "error", f"`{path_text(where)}` {message}",
                       document.place(where), seen, allowed, hint)  # fmt: skip

    if stated.schedule and stated.ahead:
        yield wrong(("ahead",), "is a schedule nobody wrote down, beside one by the clock",
                    "ahead and schedule", "one of the two", "leave ahead out")  # fmt: skip
    before, count = -1, part.count or 1
    if stated.least > count:
        return  # told already; what a schedule may keep follows from it
    for i, entry in enumerate(stated.schedule):
        at = ("schedule", i)
        if entry.hour <= before:
            yield wrong((*at, "hour"), f"is not after the hour before it, {before}",
                        str(entry.hour), "hours that ascend, each once",
                        "put the entries in the order of the day")  # fmt: skip
        before = entry.hour
        if not stated.least <= entry.least <= stated.most:
            yield wrong((*at, "least"), "is outside what autoscale keeps", str(entry.least),
                        f"{stated.least:,} to {stated.most:,}, its least to its most",
                        "change it, or least and most beside schedule")  # fmt: skip
        elif stated.schedule_at(peak) is entry and entry.least > count:
            yield wrong((*at, "least"), f"is what is kept at {peak}, the hour of the peak, but"
                        f" count, which serves then, is {count}", str(entry.least),
                        f"1 to {count}, the count", f"count: {entry.least}")  # fmt: skip


def batch_findings(system: System, document: Document) -> Iterator[Finding]:
    """Batches must leave every time that may be drawn for a whole one within what is counted."""
    most = _batch_max(system)
    for name, part in system.components.items():
        for word, endpoint in part.endpoints.items():
            if endpoint.on is not None and endpoint.batch > most:
                yield absurd(
                    document, ("components", name, "endpoints", word, "batch"),
                    f"{endpoint.batch:,}", f"1 to {most:,}",
                    "smaller batches" if most == BATCH_MAX else
                    "smaller batches, or shorter times of the slowest step",
                )  # fmt: skip


def _batch_max(system: System) -> int:
    """The largest batch beside the longest times of the model, whoever they are asked of."""
    return max(1, min(BATCH_MAX, math.floor(_room(system))))


def _room(system: System) -> float:
    """How often the longest time of the model fits into what is counted."""
    cpu_s, wait_s = [0.0], [0.0]
    for placed in placed_steps(system):
        cpu_s.append(placed.step.cpu.value if placed.step.cpu else 0.0)
        wait_s.append(placed.step.wait.value if placed.step.wait else 0.0)
    for part in system.components.values():
        if part.kind not in kinds():
            continue
        kind = kind_of(part.kind)
        cpu_s.append(part.cpu.value if part.cpu else 0.0)
        wait_s.append(kind.start_s(part)[1])
        works = [kind.work_s(part, operation) for operation in part.operations.values()]
        works += [kind.append_s(part)] if part.topics and kind.role == "stream" else []
        cpu_s += [cpu for cpu, _ in works]
        wait_s += [wait for _, wait in works]
        if part.serving is not None and part.serving.gives_up is not None:
            cpu_s.append(part.serving.gives_up.value)  # exponential, as compute is
    return 1 / max(max(cpu_s) / BATCH_CPU_MAX_S, max(wait_s) / BATCH_WAIT_MAX_S, 1e-12)


def stretch_findings(system: System, document: Document) -> Iterator[Finding]:
    """Compute that grows with what is under way must stay within what is counted, however slow."""
    batch = max((e.batch for p in system.components.values() for e in p.endpoints.values() if e.on),
                default=1)  # fmt: skip
    if batch > _batch_max(system):
        return  # the batch is told already; what it leaves is no fault of the stretch
    room = _room(system) / batch / _sharing(system)
    for name, part in system.components.items():
        said = part.serving
        if said is None or not (said.contention or said.coherency) or part.kind not in kinds():
            continue
        others = max((s.workers - 1 for s in _stations(name, part)), default=0)
        linear = said.contention.value * others if said.contention else 0.0
        square = said.coherency.value * others * (others + 1) if said.coherency else 0.0
        if 1 + linear + square <= room:
            continue
        word = "contention" if linear > square else "coherency"
        yield absurd(
            document, ("components", name, "serving", word),
            f"work {1 + linear + square:,.0f} times as long beside {others:,} others",
            f"up to {max(room, 1.0):,.0f} times", f"less {word}, fewer at once, or shorter times",
        )  # fmt: skip


def _stations(name: str, part: Component) -> list[Station]:
    return kind_of(part.kind).stations(name, part, Traffic())


def _sharing(system: System) -> float:
    """What is left of a speed where many share cores, at their slowest, against what is counted."""
    parts = system.components
    homes = {p.serving.host for p in parts.values() if p.serving and p.serving.host}
    jobs = [
        station.workers / station.cores
        for name, part in parts.items()
        if part.kind in kinds()
        and (name in homes or (part.serving and (part.serving.share_cores or part.serving.host)))
        for station in _stations(name, part)
    ]
    stated = [one.times.value for one in system.faults if one.times]
    slow = max([SLOW_SHARED, *stated])
    return max(1.0, max(jobs, default=0.0) * slow * math.exp(LN_NS_MAX) / WAIT_NS_MAX)
