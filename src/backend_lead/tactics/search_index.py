"""Search index: searches leave the database for an index that follows its changes."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.catalog import first_of, kind_of
from backend_lead.model.manners import Topic
from backend_lead.model.quantity import Bytes, Duration
from backend_lead.model.system import Component, Endpoint, Operation, Step, System
from backend_lead.model.units import BYTES
from backend_lead.tactics.tactic import Applied, Knob, Tactic, copy, fresh_name, steps_up

BROKERS = 3  # a majority of three keeps a message when one is lost
COPIES_MAX = 40
INSTANCES_MAX = 2000
PARTITIONS, PARTITIONS_MAX = 3, 1000
BATCH = 500  # documents of one bulk request
TIMEOUT = Duration.model_validate({
    "value": "1 s", "range": ["200 ms", "5 s"], "origin": "assumed",
    "why": "a change that cannot be told now is read from the log of the database later",
})  # fmt: skip
DOCUMENT_CPU = Duration.model_validate({
    "value": "0.5 ms", "range": ["0.1 ms", "3 ms"], "origin": "assumed",
    "why": "taking a text apart and adding its words, merging included; no general figure",
})  # fmt: skip
RETENTION = Duration.model_validate({
    "value": "3 d", "range": ["1 d", "7 d"], "origin": "assumed",
    "why": "an index that is away over a weekend catches up without being built anew",
})  # fmt: skip
FRESH = Duration.model_validate({
    "value": "10 s", "range": ["1 s", "5 min"], "origin": "assumed",
    "why": "what was added is found soon after",
})  # fmt: skip


class SearchIndex(Tactic):
    id = "search-index"
    title = "Search in an index of its own"
    does = (
        "Searches are answered by an index on nodes of its own. Each change of what it holds is "
        "told by a stream, and a worker brings it into the index in bulk; what could not be told "
        "is read from the log of the database. A search is taken to cost the core time it costs in "
        "the database."
    )
    helps = (
        "When searches are a large part of the primary's work: nodes with copies of the index are "
        "added as searches grow. It also ranks, counts by group and forgives misspelling, which a "
        "database does badly."
    )
    costs = (
        "Three more parts to run; found is what was there some seconds ago; the index must be "
        "built anew when fields change, beside the old one."
    )
    hurts = (
        "It saves the database work, not work: each search asks every shard, and each change is "
        "written once more. Where one machine answers searches beside all else, it only costs."
    )
    sources = (
        "PostgreSQL 17 documentation, ch. 12 'Full Text Search' (what is left behind)",
        "Elasticsearch documentation, 'Tune for search speed' and 'Size your shards' (8.x)",
        "Kleppmann, Designing Data-Intensive Applications (2017), ch. 11, 'Change Data Capture'",
    )

    def sites(self, system: System) -> list[str]:
        return [
            name
            for name, part in system.components.items()
            if kind_of(part.kind).role == "relational store" and _searches(part)
        ]

    def apply(self, system: System, site: str) -> Applied:
        out = copy(system)
        store, kind = out.components[site], first_of("search index")
        index = fresh_name(out, f"{site}-index")
        moved = _searches(store)
        held = {op.entity for op in moved.values() if op.entity is not None}
        copies = 1 if store.zones > 1 else 0
        out.components[index] = Component(
            kind=kind.id, title=f"Search in {site}", instance=kind.smallest, zones=store.zones,
            replicas=copies, storage=_kept(out, held),
            operations={name: op.model_copy(update={"search": False})
                        for name, op in moved.items()},
        )  # fmt: skip
        for step in _steps(out):
            if step.query in {f"{site}.{name}" for name in moved}:
                step.query = f"{index}.{step.query.split('.', 1)[1]}"
        for name in moved:
            del store.operations[name]
        knobs = [Knob(index, "replicas", tuple(range(copies, COPIES_MAX + 1)),
                      frozenset({"CPU", "workers", "redundancy"}))]  # fmt: skip
        return Applied(out, (*knobs, *_followed(out, site, index, held)))

    def heading(self, site: str) -> str:
        return f"Answer the searches of {site} from an index"


def _searches(part: Component) -> dict[str, Operation]:
    return {name: op for name, op in part.operations.items() if op.search and op.type == "read"}


def _steps(system: System) -> Iterator[Step]:
    for part in system.components.values():
        for endpoint in part.endpoints.values():
            yield from _below(endpoint.does)


def _below(steps: list[Step]) -> Iterator[Step]:
    for step in steps:
        yield step
        yield from _below((step.parallel or []) + (step.miss or []))


def _kept(system: System, held: set[str]) -> Bytes | None:
    """Bytes of the rows in the index, before what it adds to them; None where nobody says."""
    rows = [system.entities[name] for name in sorted(held)]
    if not rows:
        return None
    total = sum(entity.row.value * entity.rows.value for entity in rows)
    return Bytes.model_validate({
        "value": BYTES.format(total), "origin": "computed",
        "why": "rows x row size of what is searched",
    })  # fmt: skip


def _followed(system: System, site: str, index: str, held: set[str]) -> list[Knob]:
    """Let the index follow the writes of its entities; the knobs of what does it."""
    writes = {
        f"{site}.{name}": op
        for name, op in system.components[site].operations.items()
        if op.type == "write" and op.entity in held
    }
    writers = [
        endpoint
        for part in system.components.values()
        for endpoint in part.endpoints.values()
        if any(step.query in writes for step in _below(endpoint.does))
    ]
    if not writers:
        return []
    zones = system.components[site].zones
    stream, worker = fresh_name(system, f"{site}-changes"), fresh_name(system, f"{site}-indexer")
    size = max(system.entities[str(op.entity)].row.value for op in writes.values())
    message = Bytes.model_validate({"value": BYTES.format(size), "origin": "computed",
                                    "why": "a row that has changed"})  # fmt: skip
    for endpoint in writers:
        endpoint.does.append(Step(publish=f"{stream}.changes", timeout=TIMEOUT, optional=True))
    log, hands = first_of("stream"), first_of("worker")
    system.components[index].operations["index_row"] = Operation(
        title="A row that has changed", type="write", cpu=DOCUMENT_CPU,
    )  # fmt: skip
    system.components[stream] = Component(
        kind=log.id, title=f"Changes of {site}", instance=log.smallest, zones=zones,
        count=max(BROKERS, zones),
        topics={"changes": Topic(message=message, partitions=PARTITIONS, retention=RETENTION,
                                 fresh_within=FRESH)},
    )  # fmt: skip
    system.components[worker] = Component(
        kind=hands.id, title=f"Brings changes of {site} into the index", instance=hands.smallest,
        count=zones, zones=zones, endpoints={"index": Endpoint(
            on=f"{stream}.changes", batch=BATCH,
            does=[Step(query=f"{index}.index_row", timeout=TIMEOUT)],
        )},
    )  # fmt: skip
    return [
        Knob(worker, "count", steps_up(zones, INSTANCES_MAX),
             frozenset({"CPU", "workers", "pool", "redundancy"})),
        Knob(stream, "topics.changes.partitions", steps_up(PARTITIONS, PARTITIONS_MAX),
             frozenset({"partitions"})),
        Knob(stream, "count", steps_up(max(BROKERS, zones), INSTANCES_MAX),
             frozenset({"CPU", "redundancy"})),
    ]  # fmt: skip


TACTIC = SearchIndex()
