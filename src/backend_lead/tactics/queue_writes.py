"""Queue writes: what may be done later is handed to a stream, and a worker does it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backend_lead.catalog import first_of, kind_of
from backend_lead.model.manners import Topic
from backend_lead.model.quantity import Bytes, Count, Duration
from backend_lead.model.system import Component, Endpoint, Entity, Operation, Step, System
from backend_lead.tactics.tactic import Applied, Knob, Tactic, copy, fresh_name, steps_up

BROKERS = 3  # a majority of three keeps a message when one is lost
WORKERS_MAX = 2000
PARTITIONS, PARTITIONS_MAX = 6, 1000
BATCH = 100  # messages taken at once at most; a batch that fails is tried again as a whole
POOL = 8
TIMEOUT = Duration.model_validate({
    "value": "1 s", "range": ["200 ms", "5 s"], "origin": "assumed",
    "why": "far above a commit on a majority of brokers; then the request fails, or its outbox "
    "sends the message later",
})  # fmt: skip
MESSAGE = Bytes.model_validate({
    "value": "1 kB", "range": ["200 B", "10 kB"], "origin": "assumed",
    "why": "the request states no size; keys and the fields to write",
})  # fmt: skip
RETENTION = Duration.model_validate({
    "value": "3 d", "range": ["1 d", "7 d"], "origin": "assumed",
    "why": "a worker that is broken over a weekend loses nothing",
})  # fmt: skip
FRESH = Duration.model_validate({
    "value": "10 s", "range": ["1 s", "5 min"], "origin": "assumed",
    "why": "who comes back after a look elsewhere should find what he did",
})  # fmt: skip
ROW_CPU = Duration.model_validate({
    "value": "0.1 ms", "range": ["0.05 ms", "0.3 ms"], "origin": "assumed",
    "why": "one row by primary key, in a transaction that is committed anyway",
})  # fmt: skip
IN_ANOTHER = Duration.model_validate({
    "value": "0 ms", "origin": "computed",
    "why": "in the transaction of the write before, so it waits for no commit of its own",
})  # fmt: skip
ROWS = Count.model_validate({
    "value": 1000, "range": [1, 1_000_000], "origin": "assumed",
    "why": "only what was not handled yet; deleted then",
})  # fmt: skip
KEPT = Duration.model_validate({
    "value": "1 d", "range": ["1 h", "7 d"], "origin": "assumed", "why": "while a worker is mended",
})  # fmt: skip


class QueueWrites(Tactic):
    id = "queue-writes"
    title = "Do writes later, behind a queue"
    does = (
        "Writes marked `later_ok` become a message, and a worker does them in batches. Where the "
        "endpoint commits something else, the message is first a row of an outbox in the same "
        "transaction, so that neither happens without the other, and what could not be published "
        "at once is sent from there later; where it commits nothing else, it publishes directly: "
        "a row would cost the commit that is to be saved."
    )
    helps = (
        "When requests wait for a database that they need not wait for: the answer no longer takes "
        "a connection and a commit, a lost or slow database delays such writes instead of failing "
        "their requests, and a crowd is worked off at the pace the database can take. A database "
        "at the limit of its commits is relieved too: a batch commits once."
    )
    costs = (
        "Brokers and workers to run; a write is seen some seconds late, and its message may be "
        "handled twice, so handling it twice must do no harm. An outbox adds two statements to "
        "the database, and somebody must look for rows that stay."
    )
    hurts = (
        "It saves waiting, not work: a database at the limit of its cores is not relieved, and "
        "with an outbox has more to do. What piles up in an outage must be worked off beside the "
        "load of the day. Without an outbox, requests fail while the brokers are away."
    )
    sources = (
        "Pat Helland, Life beyond Distributed Transactions: an Apostate's Opinion, CIDR 2007",
        "C. Richardson, Microservices Patterns, Manning 2018, ch. 3 (transactional outbox)",
        "Microsoft, Cloud Design Patterns, 'Queue-Based Load Leveling pattern' (2024)",
    )

    def sites(self, system: System) -> list[str]:
        return [
            name
            for name, part in system.components.items()
            if kind_of(part.kind).role == "service"
            and any(_later(system, end) for end in part.endpoints.values())
        ]

    def apply(self, system: System, site: str) -> Applied:
        out = copy(system)
        part = out.components[site]
        stream, worker = fresh_name(out, f"{site}-events"), fresh_name(out, f"{site}-worker")
        topics: dict[str, Topic] = {}
        handlers: dict[str, Endpoint] = {}
        for name, endpoint in part.endpoints.items():
            moved = _later(out, endpoint)
            if not moved:
                continue
            topics[name] = Topic(
                title=f"Writes of {name} to be done", message=endpoint.request or MESSAGE,
                partitions=PARTITIONS, retention=RETENTION, fresh_within=FRESH,
            )  # fmt: skip
            outbox = _outbox(out, endpoint)
            endpoint.does = _published(out, endpoint, f"{stream}.{name}", outbox)
            done = [Step(query=outbox.delete, timeout=TIMEOUT)] if outbox else []
            handlers[name] = Endpoint(
                title=f"What {name} left to be done", on=f"{stream}.{name}", batch=BATCH,
                does=[*moved, *done],
            )  # fmt: skip
        log, hands = first_of("stream"), first_of("worker")
        out.components[stream] = Component(
            kind=log.id, title=f"Writes of {site} to be done", instance=log.smallest,
            count=max(BROKERS, part.zones), zones=part.zones, topics=topics,
        )  # fmt: skip
        out.components[worker] = Component(
            kind=hands.id, title=f"Does what {site} left", instance=hands.smallest,
            count=part.zones, zones=part.zones, pool=part.pool or POOL, endpoints=handlers,
        )  # fmt: skip
        return Applied(out, (
            Knob(stream, "count", steps_up(max(BROKERS, part.zones), WORKERS_MAX),
                 frozenset({"CPU", "redundancy"})),
            Knob(worker, "count", steps_up(part.zones, WORKERS_MAX),
                 frozenset({"CPU", "workers", "pool", "redundancy"})),
            *(Knob(stream, f"topics.{name}.partitions", steps_up(PARTITIONS, PARTITIONS_MAX),
                   frozenset({"partitions"})) for name in topics),
        ))  # fmt: skip

    def heading(self, site: str) -> str:
        return f"Do the writes of {site} that can wait behind a queue"


@dataclass(frozen=True)
class _Outbox:
    """The statement that adds a row, the one that deletes it, and after which write it is added."""

    insert: str
    delete: str
    after: str


def _operation(system: System, step: Step) -> Operation | None:
    if step.query is None:
        return None
    store, name = step.query.split(".", 1)
    return system.components[store].operations.get(name)


def _can_wait(system: System, step: Step) -> bool:
    operation = _operation(system, step)
    return bool(operation and operation.type == "write" and operation.later_ok)


def _flat(steps: list[Step]) -> Iterator[Step]:
    for step in steps:
        yield from step.parallel or [step]


def _later(system: System, endpoint: Endpoint) -> list[Step]:
    """Writes of an endpoint that can wait, each with what drops its cache entry."""
    if endpoint.on is not None:
        return []
    out: list[Step] = []
    entities: set[str | None] = set()
    for step in _flat(endpoint.does):
        operation = _operation(system, step)
        if operation and _can_wait(system, step):
            out.append(step)
            entities.add(operation.entity)
        elif step.invalidate is not None and step.entity in entities:
            out.append(step)
    return out


def _outbox(system: System, endpoint: Endpoint) -> _Outbox | None:
    """An outbox beside the last write an endpoint commits at once; None where it commits none."""
    commits = [
        step.query
        for step in _flat(endpoint.does)
        if (operation := _operation(system, step))
        and operation.type == "write"
        and not operation.later_ok
        and kind_of(system.components[str(step.query).split(".", 1)[0]].kind).role
        == "relational store"
    ]
    if not commits or commits[-1] is None:
        return None
    store, name = commits[-1].split(".", 1)
    operations = system.components[store].operations
    key = operations[name].shard_key
    system.entities.setdefault("outbox", Entity(
        title="A message that was not handled yet", store=store, row=MESSAGE, rows=ROWS,
        retention=KEPT,
    ))  # fmt: skip
    for word, title in (("insert", "A message, in the transaction of the write before"),
                        ("delete", "The message was handled")):  # fmt: skip
        operations.setdefault(f"{word}_outbox", Operation(
            title=title, type="write", cpu=ROW_CPU, wait=IN_ANOTHER, entity="outbox",
            shard_key=key,
        ))  # fmt: skip
    return _Outbox(f"{store}.insert_outbox", f"{store}.delete_outbox", commits[-1])


def _published(system: System, endpoint: Endpoint, topic: str, outbox: _Outbox | None
               ) -> list[Step]:  # fmt: skip
    """What an endpoint does with its later writes published: at the end, so that what it commits
    is committed. With an outbox a failed publication does no harm: the row is sent again."""
    moved = _later(system, endpoint)
    own = any(step.optional for step in moved) and all(
        step.optional for step in moved if step.query is not None
    )
    out: list[Step] = []
    for step in endpoint.does:
        if step.parallel:
            rest = [inner for inner in step.parallel if inner not in moved]
            if len(rest) > 1:
                out.append(step.model_copy(update={"parallel": rest}))
            else:
                out += rest
        elif step not in moved:
            out.append(step)
        if outbox and any(inner.query == outbox.after for inner in step.parallel or [step]):
            timeout = next(s.timeout for s in _flat([step]) if s.query == outbox.after)
            out.append(Step(query=outbox.insert, timeout=timeout))
    out.append(Step(publish=topic, timeout=TIMEOUT, optional=own or outbox is not None))
    return out


TACTIC = QueueWrites()
