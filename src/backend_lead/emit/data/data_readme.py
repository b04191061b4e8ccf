"""data/README.md: the data layer for who decides about it: what is where, why, and until when."""

from __future__ import annotations

from backend_lead.catalog import kind_of
from backend_lead.emit.data.choices import choices
from backend_lead.emit.data.figures import figures
from backend_lead.emit.data.layer_reading import DataReading, code, data_reading, ended_at
from backend_lead.emit.data.real_time import real_time
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import cell, count, data, number, rate, sentence
from backend_lead.model.design import Design
from backend_lead.views.data.offering import offers
from backend_lead.views.data.room import room
from backend_lead.views.data.saga_steps import plans
from backend_lead.views.data.star import star
from backend_lead.views.data.streams import Streams, streams

ID = "data-readme"
GROUP = "data"
FILES = ()
MORE = r"data/README\.md"
RUNS = False
_HOLDS = {
    "relational store": "rows, and what must be true of them", "cache": "copies for some time",
    "search index": "a copy for words", "object store": "files", "stream": "events, for some time",
}  # fmt: skip


def emit(design: Design) -> dict[str, str]:
    """Nothing where no entity has fields."""
    read = data_reading(design)
    if read is None:
        return {}
    parts = [
        f"# Data layer: {cell(design.title)}",
        f"Written from the model {design.digest}; change the model, not this file.",
        _short(read), real_time(design), _where(read), _choices(read), _simple(read),
        _products(read), _online(read),
        _files(read),
    ]  # fmt: skip
    return {"data/README.md": "\n\n".join(part for part in parts if part) + "\n"}


def _short(read: DataReading) -> str:
    rows = [[f.label, f.text, f.origin, cell(f.how)] for f in figures(read)]
    return "## The answer\n\n" + table(["", "figure", "origin", "how"], rows)


def _where(read: DataReading) -> str:
    rows = []
    for name, part in read.system.components.items():
        kind = kind_of(part.kind)
        if kind.role not in _HOLDS:
            continue
        tables = [t.name for t in read.layer.of_store(name)]
        held = code(tables) if tables else code(part.topics) if part.topics else "copies of rows"
        step = next((d for d in read.design.decisions if name in (d.site, d.tactic)), None)
        why = sentence(step.problem) if step else "part of the smallest system that could work"
        rows.append([f"`{name}`", kind.title, _HOLDS[kind.role], held, cell(why)])
    return "## What is where\n\n" + table(["part", "is a", "for", "holds", "there because"], rows)


def _choices(read: DataReading) -> str:
    parts = ["## Decisions"]
    for i, one in enumerate(choices(read), 1):
        refused = "\n".join(f"- not {name}: {why}." for name, why in one.refused)
        parts.append(f"### {i}. {one.title}\n\nTaken: {one.taken}. Because: {one.why}.\n\n{refused}"
                     f"\n\nUntil: {one.until}.")  # fmt: skip
    return "\n\n".join(parts)


def _simple(read: DataReading) -> str:
    """The figures at which one database is no longer enough."""
    rows = [
        [f"`{store}`", one.label, _spelt(one.now, one.unit), _spelt(one.most, one.unit),
         ended_at(one.times)]
        for store in read.stores for one in room(read.layer, store)
    ]  # fmt: skip
    head = ["store", "asked of it", "today", "one primary gives", "ends at"]
    return (
        "## Would one database do?\n\nThe largest machine of the catalogue, and what is asked of "
        "it today. Below these figures every further store is a cost without a reason; above one "
        "of them that resource is spread, the others stay.\n\n" + table(head, rows, 3)
    )


def _spelt(value: float, unit: str) -> str:
    return data(value) if unit == "B" else rate(value) if unit == "1/s" else number(value)


def _products(read: DataReading) -> str:
    found = offers(read.layer)
    if not found:
        return (
            "## Data products\n\nThe model names none (`data.products`): say which question is "
            "asked, of what, by whom, and how old the answer may be."
        )
    rows = []
    for offer in found:
        said = offer.product
        rows.append([
            f"[{cell(said.title or offer.name)}](contracts/{offer.name}.odcs.yaml)",
            cell(said.answers or "not said"), f"`{offer.table.name}`",
            ", ".join(cell(c) for c in said.consumers) or "nobody named",
            said.fresh.text if said.fresh else "not said",
            said.queries.text if said.queries else "not said",
            said.scans.text if said.scans else "a day",
        ])  # fmt: skip
    head = ["product", "answers", "of", "for", "not older than", "asked", "reads"]
    return "## Data products\n\n" + table(head, rows)


def _online(read: DataReading) -> str:
    if not read.data.online:
        return ""
    rows = []
    for name, said in read.data.online.items():
        owner = next((t for t in read.layer.tables.values() if t.entity == said.of), None)
        target = next((c.refers for c in owner.columns if c.field == said.by.replace("-", "_")), ""
                      ) if owner else ""  # fmt: skip
        keys = read.layer.tables[target].rows if target else (owner.rows if owner else 0.0)
        rows.append([
            f"`{name}`: {cell(said.title or name)}", f"`{said.of}` by `{said.by}`",
            f"{code(said.sums)} over {said.window.text}", said.within.text, said.fresh.text,
            count(keys), cell(said.fallback),
        ])  # fmt: skip
    head = ["answer", "of", "adds up", "within", "not older than", "keys", "without it"]
    return (
        "## Answers in milliseconds\n\n" + table(head, rows) + "\n\nKept beside the source of "
        "truth as a number for each key and twelfth of the window (`online/`), written by whoever "
        "takes its events, read by key in one look. It can be thrown away and is made again from "
        "the events; until then the fallback decides. Filling, reading, a blocked and a killed "
        "store, and every key against the source of truth are run by `backend-lead verify` "
        "(`proof.md`)."
    )


def _files(read: DataReading) -> str:
    rows = [[f"`oltp/{s}.sql`", "tables, parts, indexes with their reason"] for s in read.stores]
    rows += [[f"`governance/{s}.sql`", "rights, tenants, masked views, retention, erasure, log"]
             for s in read.stores]  # fmt: skip
    rows += [
        ["`oltp/access-patterns.md`", "every statement and what serves it"],
        ["`oltp/stores.md`", "size, cost, shards, copies, what a failure costs"],
        ["`governance/README.md`", "classes, purposes, how long, erasing a person everywhere"],
        ["`coordination.md`", "who owns what, who is called, phases"],
        ["`executive.md`", "two minutes"],
    ]
    if star(read.layer) is not None:
        rows.insert(-1, ["`analytics/README.md`", "the analytical model, where it is asked, its "
                         "cost; a dbt project"])  # fmt: skip
        rows.insert(-1, ["`lineage.md`", "from which column each figure comes"])
    if streams(read.layer).streams:
        rows.insert(-1, ["`streaming/README.md`", _flows(streams(read.layer))])
        rows.insert(-1, ["`watching/alerts.yaml`", "freshness, completeness and counts as alerts, "
                         "with their tests; what exports their metrics"])  # fmt: skip
    if read.data.online:
        rows.insert(-1, ["`online/`", "the store of each answer that a decision waits for"])
    if plans(read.layer):
        rows.insert(-1, ["`sagas/`", "requests that write to several places, as a state machine"])
    if offers(read.layer):
        rows.insert(4, ["`contracts/`", "what each data product promises"])
    return "## Files\n\n" + table(["file", "holds"], rows)


def _flows(found: Streams) -> str:
    if found.needed:
        return "events: captured, keyed, kept, how fresh, after an outage; outbox, brokers, runbook"
    outbox = "; the outbox of the API's events" if found.leaves else ""
    return f"why no stream runs, and at which figures one is needed{outbox}"
