"""Data that lags, and who may try again, against what is there: words that would do nothing."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.app.model_told import idle, wrong
from backend_lead.catalog import kind_of, kinds
from backend_lead.intake.backend_yaml.words import did_you_mean, listed
from backend_lead.model.finding import Finding
from backend_lead.model.serving import Happening
from backend_lead.model.system import Component, System
from backend_lead.model.workload import Client
from backend_lead.views.document import Document, Loc, path_text
from backend_lead.views.own_writes import own_reads

RULE = "model-serving"


def copies_findings(system: System, document: Document) -> Iterator[Finding]:
    """A lag without replicas, partitions that nobody owns, retries that are bounded twice."""
    for name, part in system.components.items():
        loc: Loc = ("components", name)
        if part.lag is not None and part.kind in kinds() and not part.replicas:
            yield idle(document, (*loc, "lag"), "no replicas follow this store", part.lag.text,
                        "beside replicas: 1 or more", "say replicas, or delete it")  # fmt: skip
        yield from _handlers(system, name, part, document)
    yield from _own_writes(system, document)
    for name, client in system.workload.clients.items():
        yield from _retries(client, ("workload", "clients", name), document)


def _own_writes(system: System, document: Document) -> Iterator[Finding]:
    """A time after own writes that nobody's thinking makes a difference to."""
    stores = {name for name, part in system.components.items() if part.own_writes and part.replicas}
    if not stores:
        return
    read, waited = set(), set()
    for client in system.workload.clients.values():
        for word in client.journeys:
            journey = system.journeys.get(word)
            if journey is None:
                continue
            think = journey.session.think if journey.session else client.think_time
            for found in own_reads(system, journey.steps):
                store = found.read.ref.partition(".")[0]
                read.add(store)
                if found.thinks and think is not None:
                    waited.add(store)
    for name in sorted((stores & read) - waited):
        said = system.components[name].own_writes
        assert said is not None
        loc: Loc = ("components", name, "own_writes")
        yield Finding(
            RULE, "warning", f"`{path_text(loc)}` is as good as any other time: nobody thinks "
            "between the requests of a journey here, so what follows a write does so at once",
            document.place(loc), said.text, "a time beside a session that thinks, or a think_time",
            "give the journey a session with think, or leave it: such reads go to the primary",
        )  # fmt: skip


def _handlers(system: System, name: str, part: Component, document: Document) -> Iterator[Finding]:
    for word, endpoint in part.endpoints.items():
        loc: Loc = ("components", name, "endpoints", word)
        broker = system.components.get((endpoint.on or "").split(".", 1)[0])
        if broker is None or broker.kind not in kinds():
            continue
        if endpoint.rebalance is not None and kind_of(broker.kind).spread_batches:
            yield idle(
                document, (*loc, "rebalance"), "any instance takes the next batch of such a "
                "broker, so no partition changes hands", endpoint.rebalance.text,
                "with a broker whose partitions have owners", "delete it",
            )  # fmt: skip
        if endpoint.eager and endpoint.rebalance is None:
            yield idle(document, (*loc, "eager"), "no partition stands still", "eager: true",
                        "beside rebalance: 5 s", "say rebalance, or delete it")  # fmt: skip


def _retries(client: Client, loc: Loc, document: Document) -> Iterator[Finding]:
    if client.retry_tokens is None:
        return
    loc = (*loc, "retry_tokens")
    seen = f"most {client.retry_tokens.most}"
    if client.retry_budget is not None:
        yield wrong(document, loc, "bounds retries that a retry_budget bounds already", seen,
                     "retry_tokens or retry_budget", "keep one of the two")  # fmt: skip
    if not client.retries:
        yield idle(document, loc, "nothing is tried again", seen, "beside retries: 1 or more",
                    "say retries, or delete it")  # fmt: skip


def copies_struck(
    system: System, one: Happening, loc: Loc, document: Document
) -> Iterator[Finding]:
    """A failover needs somebody who takes over, and only what lags falls further behind."""
    where = str(one.where)
    if one.what == "behind":
        able = [name for name, part in system.components.items() if part.lag and part.replicas]
        if where not in able:
            yield wrong(
                document, (*loc, "where"), "names no store whose replicas are behind", where,
                listed(able) or "none here", did_you_mean(where, able)
                or "give a store replicas and a lag",
            )  # fmt: skip
    if one.what == "failover":
        able = [name for name, part in system.components.items() if _followed(part)]
        if where not in able:
            yield wrong(
                document, (*loc, "where"), "has nobody who takes over", where,
                listed(able) or "none here", did_you_mean(where, able)
                or "a store with zones (a standby) or replicas",
            )  # fmt: skip


def _followed(part: Component) -> bool:
    """Whether somebody takes over from a lost primary of it."""
    if part.kind not in kinds() or "failover" not in kind_of(part.kind).fields:
        return False
    standby = part.zones > 1 and kind_of(part.kind).role != "cache"
    return standby or part.replicas > 0
