"""data/governance/README.md: classes, purposes, rights, how long, erasure everywhere, residency."""

from __future__ import annotations

from backend_lead.catalog import kind_of
from backend_lead.emit.data.erasure_words import erasure
from backend_lead.emit.data.layer_reading import DataReading, code, data_reading, span
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import cell
from backend_lead.model.design import Design
from backend_lead.views.data.access import (
    Grant,
    deletes,
    grants,
    role_of,
    roles,
    tenant_tables,
)
from backend_lead.views.data.auditing import audited
from backend_lead.views.data.erasing import people, plan
from backend_lead.views.data.governing import audit_kept_s
from backend_lead.views.data.masking import written
from backend_lead.views.data.parts import Table
from backend_lead.views.data.upkeep import age_column, kept_s

ID = "governance-readme"
GROUP = "data"
FILES = ()
MORE = r"data/governance/README\.md"
RUNS = False
_MEANT = {
    "public": "may be shown to everybody", "internal": "for whoever works here",
    "personal": "tells of somebody", "sensitive": "tells what must not be known of somebody",
    "financial": "money or what moves it", "credential": "opens a door: never copied",
}  # fmt: skip
_SEEN = {"personal": "blurred or a pseudonym", "sensitive": "a mark", "financial": "left empty",
         "credential": "not there"}  # fmt: skip


def emit(design: Design) -> dict[str, str]:
    """Nothing where no entity has fields."""
    read = data_reading(design)
    if read is None:
        return {}
    parts = [
        "# Governance of the data",
        f"Written from the model {design.digest}; change the model, not this file. What is said "
        f"here is done by {code(f'{s}.sql' for s in read.stores)} beside it.",
        _classes(read), _purposes(read), _rights(read), _tenants(read), _kept(read), erasure(read),
        _residency(read), _flows(read), _log(read),
    ]  # fmt: skip
    return {"data/governance/README.md": "\n\n".join(part for part in parts if part) + "\n"}


def _classes(read: DataReading) -> str:
    found: dict[str, list[str]] = {}
    for made in read.layer.tables.values():
        for column in made.columns:
            if column.cls != "internal":
                found.setdefault(column.cls, []).append(f"{made.name}.{column.name}")
    rows = [[word, _MEANT[word], code(names), _SEEN.get(word, "as it is")]
            for word, names in found.items()]  # fmt: skip
    rows.append(["internal", _MEANT["internal"], "all others", "as it is"])
    head = ["class", "means", "columns", "for analysts"]
    free = [f"{t.name}.{c.name}" for t in read.layer.tables.values() for c in t.columns
            if written(t, c) and not c.guarded]  # fmt: skip
    told = (
        f"\n\nWhat people write themselves may tell of anybody: text of their rows ({code(free)}) "
        "is a mark for analysts, whatever its class, until the model says `class: public`."
    ) if free else ""  # fmt: skip
    return "## Classes\n\n" + table(head, rows) + told


def _purposes(read: DataReading) -> str:
    if not read.data.purposes:
        return (
            "## Purposes\n\nThe model states none: say under `data.purposes` what personal data is "
            "used for and what allows it, and `purpose` at each entity. Without it nobody can say "
            "why it may be kept."
        )
    rows = []
    for name, purpose in read.data.purposes.items():
        tables = [t.name for t in read.layer.tables.values()
                  if any(name in c.purpose for c in t.columns)]  # fmt: skip
        rows.append([f"`{name}`", cell(purpose.title or name), purpose.basis.replace("-", " "),
                     code(tables) or "data products only"])  # fmt: skip
    head = ["purpose", "what for", "allowed by (GDPR, article 6)", "tables"]
    return "## Purposes\n\n" + table(head, rows)


def _rights(read: DataReading) -> str:
    told = [[f"`{name}`", cell(about)] for name, about in roles(read.layer).items()]
    parts = ["## Who may do what", table(["role", "what for"], told)]
    for store in read.stores:
        rows = []
        for service, tables in grants(read.layer, store).items():
            for name, grant in tables.items():
                only = f"UPDATE of {code(sorted(grant.columns))}" if grant.columns else "UPDATE"
                may = [only if word == "UPDATE" else word for word in sorted(grant.may)]
                rows.append([f"`{role_of(read.layer, service)}`", f"`{name}`", ", ".join(may),
                             _because(read, service, name, grant)])  # fmt: skip
        parts.append(f"In {read.title(store)}, read off the statements of each service:")
        parts.append(table(["role", "table", "may", "because"], rows))
    parts.append(
        "The owner of a table may not delete what a law wants kept. People sign in with their own "
        "name for hours, not for ever, and get the role of the analyst or, for a repair, one that "
        "somebody else has granted and that the log names."
    )
    return "\n\n".join(parts)


def _because(read: DataReading, service: str, name: str, grant: Grant) -> str:
    """What asks for the rights: statements, else that the service owns the table."""
    asked = [p for p in read.layer.of_table(name)
             if service in {ref.partition(".")[0] for ref in p.asked_by}]  # fmt: skip
    why = [f"{len(asked)} statement{'s' * (len(asked) != 1)}"] if asked else []
    if read.layer.tables[name].owner == service:
        why.append("owns it")
        if "DELETE" in grant.may and not any(deletes(p, name) for p in asked):
            told = "to erase a person" if name in _erased(read) else "the owner's, for repairs"
            why.append(f"no statement deletes; DELETE is {told}")
    return "; ".join(why)


def _erased(read: DataReading) -> set[str]:
    """The tables from which rows go when a person is erased, and what hangs on them."""
    every = read.layer.tables
    gone = {step.table for person in people(every) for step in plan(every, person).steps
            if step.action == "delete"}  # fmt: skip
    return gone | {t.name for t in every.values() if t.parent in gone}


def _tenants(read: DataReading) -> str:
    lines = []
    for store in read.stores:
        shared = tenant_tables(read.layer, store)
        if shared:
            lines.append(
                f"In {read.title(store)} the database itself shows a tenant its own rows only: "
                f"{code(t.name for t in shared)}. A service begins each transaction with "
                "`SET LOCAL app.tenant = '...'`, from the caller's token; with none set there are "
                "no rows. A connection pooler must work by transaction for that."
            )
    return "## Rows of tenants\n\n" + "\n\n".join(lines) if lines else ""


def _kept(read: DataReading) -> str:
    rows = [_kept_row(t) for t in read.layer.tables.values() if not t.parent]
    head = ["table", "kept", "a law wants", "age told by", "taken away by"]
    return (
        "## How long\n\n" + table(head, rows) + "\n\nWhat somebody must keep for a court goes into "
        "`upkeep.held_rows` with a reason and a day: no job deletes or blanks it before."
    )


def _kept_row(made: Table) -> list[str]:
    age, keep = age_column(made), kept_s(made)
    how = "nothing: it stays"
    if keep is not None and age is None:
        how = "**nothing: no column tells its age**"
    elif keep is not None:
        how = "dropping parts" if made.parts else "deleting in batches at night"
    return [f"`{made.name}`", span(keep), span(made.hold_s) if made.hold_s else "nothing",
            f"`{age.name}`" if age else "nothing", how]  # fmt: skip


def _residency(read: DataReading) -> str:
    place = read.system.topology
    own = {t.entity: said for t in read.layer.tables.values()
           if (said := read.system.entities[t.entity].residency)}  # fmt: skip
    lines = [f"All stores, copies and backups are in `{place.region}` ({place.provider})"
             + (f"; a second region stands by in `{place.standby.region}`, which keeps a copy"
                if place.standby else "") + "."]  # fmt: skip
    if place.residency:
        lines.append(f"The data must stay in {cell(place.residency)}; backups, logs and exports "
                     "too.")  # fmt: skip
    lines += [f"Rows of `{name}` must stay in {cell(said)}." for name, said in own.items()]
    if not place.residency and not own:
        lines.append("The model names no place where data must stay (`topology.residency`, or "
                     "`residency` at an entity).")  # fmt: skip
    return "## Where it lies\n\n" + " ".join(lines)


def _flows(read: DataReading) -> str:
    rows = []
    for name, part in read.system.components.items():
        for role in services_of(read, name):
            rows.append(
                [
                    f"`{role}` to `{name}`",
                    "TLS with certificates of both",
                    f"the identity of `{role}`, for hours",
                    "private network; no public address",
                    kind_of(part.kind).title,
                ]
            )
    rows.append(["analysts to views", "TLS", "a person's own name, single sign-on",
                 "through the company's network", "masked views only"])  # fmt: skip
    rows.append(["exports to consumers", "TLS; files with a key of the consumer",
                 "a service of its own, one for each consumer", "an object store, links for hours",
                 "what a contract promises, no more"])  # fmt: skip
    head = ["flow", "on the way", "who it is", "network path", "through"]
    return (
        "## Security of the flows\n\n" + table(head, rows) + "\n\nAt rest volumes, backups and "
        "streams are encrypted with a key of this system, kept in the provider's key store and "
        "changed every year; its use is logged. The key by which people become pseudonyms is a row "
        "that only the owner of the views reads."
    )


def services_of(read: DataReading, store: str) -> list[str]:
    """The services that ask a store."""
    return list(dict.fromkeys(
        ref.partition(".")[0] for p in read.layer.patterns
        if p.id.startswith(f"{store}.") for ref in p.asked_by
    ))  # fmt: skip


def _log(read: DataReading) -> str:
    lines = []
    for store in read.stores:
        tables = [t.name for t in read.layer.of_store(store) if audited(t)]
        if tables:
            lines.append(
                f"In {read.title(store)} each change or deletion of what is guarded or kept by law "
                f"is logged in `audit.changes` ({code(tables)}): when, which role, which caller "
                "(`SET LOCAL app.caller`), which row and which columns, no values. It is kept "
                f"{span(audit_kept_s(read.layer, store))}; services can neither read nor change it."
            )
    lines.append("What is read is not logged by triggers; the database's own log of statements "
                 "(pgaudit, of the analysts' roles) does that.")  # fmt: skip
    return "## Log of changes\n\n" + "\n\n".join(lines)
