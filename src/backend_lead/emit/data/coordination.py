"""data/coordination.md: who owns which table and product, who is called, phases and their cost."""

from __future__ import annotations

from dataclasses import dataclass

from backend_lead.catalog.complexity import HOUR_USD
from backend_lead.catalog.data_work import CONTRACT_H, GOVERN_H, PIPELINE_H, TABLE_H
from backend_lead.emit.data.layer_reading import DataReading, at_peak, code, data_reading
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import cell, money, number
from backend_lead.model.design import Design
from backend_lead.views.data.erasing import people
from backend_lead.views.data.offering import Offer, offers

ID = "coordination"
GROUP = "data"
FILES = ()
MORE = r"data/coordination\.md"
RUNS = False
NOBODY = "**nobody is named**"


@dataclass(frozen=True)
class Phase:
    """What is done in which order, hours of it, and what is true when it is done."""

    title: str
    what: str
    hours: float
    done: str


def emit(design: Design) -> dict[str, str]:
    """Nothing where no entity has fields."""
    read = data_reading(design)
    if read is None:
        return {}
    parts = [
        "# Who does what with the data",
        f"Written from the model {design.digest}; change the model, not this file. An owner is the "
        "service that answers for it, and so the team that runs that service.",
        _tables(read), _pipelines(read), _agreeing(), _calls(read), _phases(read),
    ]  # fmt: skip
    return {"data/coordination.md": "\n\n".join(part for part in parts if part) + "\n"}


def _tables(read: DataReading) -> str:
    rows = []
    for made in read.layer.tables.values():
        if made.parent:
            continue
        asking = {
            ref.partition(".")[0] for p in read.layer.of_table(made.name) for ref in p.asked_by
        }
        others = sorted(asking - {made.owner})
        used = [o.name for o in offers(read.layer) if made.name in _sources(o)]
        rows.append([
            f"`{made.name}`", f"`{made.owner}`" if made.owner else NOBODY,
            f"`{made.store}`", code(others) or "nobody else", code(used) or "none",
        ])  # fmt: skip
    head = ["table", "owner: changes it, answers for it", "store", "also asked by", "products"]
    return "## Tables\n\n" + table(head, rows)


def _sources(offer: Offer) -> set[str]:
    return {offer.table.name, *([offer.parent.name] if offer.parent else [])}


def _pipelines(read: DataReading) -> str:
    found = offers(read.layer)
    if not found:
        return ""
    rows = []
    for offer in found:
        said = offer.product
        producer = offer.table.owner or (offer.parent.owner if offer.parent else "")
        rows.append([
            f"[`{offer.name}`](contracts/{offer.name}.odcs.yaml)",
            f"`{producer}`" if producer else NOBODY,
            f"`{said.owner}`" if said.owner else f"`{producer}`" if producer else NOBODY,
            ", ".join(cell(c) for c in said.consumers) or NOBODY,
            said.fresh.text if said.fresh else "not said",
        ])  # fmt: skip
    head = ["product", "producer of the rows", "owner of the pipeline", "consumers",
            "not older than"]  # fmt: skip
    return "## Products and pipelines\n\n" + table(head, rows)


def _agreeing() -> str:
    return (
        "## How producers and consumers agree\n\n"
        "- The contract of a product lies with the code of its producer; a change of it is "
        "reviewed by one person of each consumer, and CI lints it and runs its checks on a filled "
        "database.\n"
        "- A column is added at any time. It is taken away or means something else only with a new "
        "version: both are there until the last consumer has said that it is done.\n"
        "- A producer that breaks a promise stops the line, not the consumer: bad rows are set "
        "aside with their reason, and the owner of the pipeline is called.\n"
        "- Whoever reads without a contract reads a masked view, and nothing is promised.\n"
        "- Once a quarter owners and consumers look at the products: what nobody asked for is "
        "switched off."
    )


def _calls(read: DataReading) -> str:
    rows = []
    for store in read.stores:
        owners = dict.fromkeys(t.owner for t in read.layer.of_store(store) if t.owner)
        rows.append([f"`{store}` down, full, slow", code(owners) or NOBODY, "at once, day or night",
                     "`recover_within` of the journeys"])  # fmt: skip
    if offers(read.layer):
        rows += [
            ["a product older than it may be", "owner of the pipeline",
             "at once where a decision waits for it, else in working hours",
             "the freshness of its contract"],
            ["counts or sums that do not agree", "producer and owner of the pipeline together",
             "the same day", "no report is sent until it is explained"],
        ]  # fmt: skip
    if people(read.layer.tables):
        within = read.data.erase_within
        rows.append(
            [
                "an erasure not done after half its time",
                "owner of the person's table",
                "in working hours",
                within.text if within else "one month (GDPR, article 12)",
            ]
        )
    team = read.system.team
    told = (
        f" Of {team.size} people each has it one week in {team.size}."
        if team
        else " The model names no team (`team`), so nobody knows how often it comes round."
    )
    return "## Who is called\n\n" + table(
        ["what", "who", "when", "until"], rows
    ) + f"\n\nThe rota is that of the services.{told}"  # fmt: skip


def _phases(read: DataReading) -> str:
    rows = [
        [str(i), phase.title, phase.what, f"{number(phase.hours)} h, "
         f"{money(phase.hours * HOUR_USD.value)}", phase.done]
        for i, phase in enumerate(phases(read), 1)
    ]  # fmt: skip
    return (
        "## Phases\n\n"
        + table(["", "phase", "what", "once", "done when"], rows)
        + f"\n\nHours at {money(HOUR_USD.value)} "
        f"({money(HOUR_USD.low)} to {money(HOUR_USD.high)}); "
        f"{TABLE_H.value:g} h a table, {GOVERN_H.value:g} h a table with people in it, "
        f"{CONTRACT_H.value:g} h a contract and {PIPELINE_H.value:g} h a pipeline are assumed, "
        "each from half to three times that."
    )


def phases(read: DataReading) -> list[Phase]:
    """What is built in which order."""
    tables = list(read.layer.tables.values())
    guarded = [t for t in tables if any(c.guarded for c in t.columns)]
    found = offers(read.layer)
    busiest = read.layer.patterns[0] if read.layer.patterns else None
    out = [
        Phase("tables", f"{len(tables)} tables, {len(read.layer.indexes)} indexes",
              len(tables) * TABLE_H.value,
              f"each statement is served as access-patterns.md says; the busiest, `{busiest.id}`, "
              f"at {at_peak(busiest)}" if busiest else "the scripts run"),
        Phase("rights and erasure", f"{len(guarded)} table{'s' * (len(guarded) != 1)} "
              "with guarded columns, a log, jobs of every night", len(guarded) * GOVERN_H.value,
              "a made-up person was erased everywhere within the time, and a restore erased it "
              "again"),
    ]  # fmt: skip
    if found:
        out += [
            Phase("contracts", code(o.name for o in found), len(found) * CONTRACT_H.value,
                  "every consumer has agreed, and CI runs the checks"),
            Phase("pipelines", f"{len(found)} from the stores to those who ask",
                  len(found) * PIPELINE_H.value,
                  "counts and sums agree with the source for a week, and no product was older than "
                  "it may be"),
        ]  # fmt: skip
    events = [name for name, op in (read.system.api.operations if read.system.api else {}).items()
              if op.does == "event"]  # fmt: skip
    if events:
        out.append(Phase(
            "events to others", f"{code(events)} from the outbox to who subscribed: signed, tried "
            "again with longer pauses, put aside after the last try", PIPELINE_H.value,
            "a receiver that was away for an hour got every event, none of another's and none "
            "without a signature that it could check; what waits (`outbox_oldest_waiting_seconds`) "
            "is told to who is called",
        ))  # fmt: skip
    out.append(Phase("a restore, practised", f"{code(read.stores)} from a backup into an empty "
                     "account", TABLE_H.value * len(read.stores),
                     "it took no longer than stores.md says, and the sums agree"))  # fmt: skip
    return out
