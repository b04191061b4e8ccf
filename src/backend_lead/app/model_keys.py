"""What a model says of keys, against what a run can keep of them: caches, and whose row it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from backend_lead.app.model_kinds import role_of
from backend_lead.catalog import kind_of
from backend_lead.intake.backend_yaml.words import did_you_mean, listed
from backend_lead.kernel.bounds import LFU_CAPACITY_MAX
from backend_lead.kernel.places import GROUP, PARTITION
from backend_lead.model.finding import Finding
from backend_lead.model.system import Component, Step, System
from backend_lead.views.document import Document, Loc
from backend_lead.views.places import inner_steps, placed_steps
from backend_lead.views.popularity import Use, popularity, uneven
from backend_lead.views.steps import entity_of

# Items that one cache may keep key by key: a model says rows in millions, and every row has an item
# in every shard. So many take some 10 MB and a second to lay out; beyond, hits by age are as good.
ITEMS_MAX = 200_000
LIKE = 70.0  # likeness in percent from which a key is taken for an entity's name, misspelt


def key_findings(system: System, document: Document) -> Iterator[Finding]:
    """Caches whose keys a run cannot keep, words that do nothing, reads that are about two rows."""
    held: dict[str, set[str]] = defaultdict(set)
    merging: dict[tuple[str, str], set[bool]] = defaultdict(set)
    for placed in placed_steps(system):
        step = placed.step
        if step.call is not None and step.entity is not None:
            yield from _for_nothing(system, step, (*placed.path, "entity"), document)
        if step.read is None or role_of(system, step.read) != "cache":
            continue
        entity = _entity(system, step)
        if entity not in system.entities:
            continue  # told already
        held[step.read].add(entity)
        merging[step.read, entity].add(step.coalesce)
        yield from _two_rows(system, step, entity, placed.path, document)
        if _exact(system, step.read):
            yield from _two_keys(system, step, entity, placed.path, document)
        if _exact(system, step.read) and len(merging[step.read, entity]) > 1:
            yield Finding(
                "model-keys", "error", f"some reads of `{entity}` in `{step.read}` wait for each "
                "other and some do not; with exact keys all of them do or none",
                document.place((*placed.path, "read"), of_key=True), f"coalesce: {step.coalesce}",
                "coalesce on all of these reads, or on none", "say the same on each",
            )  # fmt: skip
    yield from _unlike(system, document)
    for name, part in system.components.items():
        if part.keeps is not None and role_of(system, name) == "cache":
            yield from _kept(system, name, part, held[name], document)


def _unlike(system: System, document: Document) -> Iterator[Finding]:
    """Keys that are nearly the name of an entity; any other word is a key of its own."""
    for name, part in system.components.items():
        said = [("topics", word, "key", one.key) for word, one in part.topics.items()]
        said += [("operations", w, "shard_key", one.shard_key)
                 for w, one in part.operations.items()]  # fmt: skip
        for kind, word, field, key in said:
            if key is None or key in system.entities:
                continue
            if hint := did_you_mean(key, list(system.entities), LIKE):
                yield Finding(
                    "model-keys", "warning", f"`{name}.{word}` has a {field} that is no entity: "
                    "what names it is spread evenly",
                    document.place(("components", name, kind, word, field)), key,
                    f"the name of an entity, or a word of its own: {listed(list(system.entities))}",
                    hint,
                )  # fmt: skip


def _entity(system: System, step: Step) -> str:
    try:
        return entity_of(system, step)
    except (KeyError, ValueError):
        return ""  # a reference to nothing is told elsewhere


def _exact(system: System, cache: str | None) -> bool:
    part = system.components.get(cache or "")
    if part is None or part.keeps is None or part.hit_ratio is not None:
        return False
    return part.keeps.keys == "exact"


def _kept(
    system: System, name: str, part: Component, entities: set[str], document: Document
) -> Iterator[Finding]:
    said, loc = part.keeps, ("components", name, "keeps")
    assert said is not None
    if said.renew and part.ttl is None:
        yield _unused(
            document, (*loc, "renew"), "without ttl", "beside ttl: how long a key is kept"
        )
    if part.hit_ratio is not None:
        for word in ("keys", "evict", "renew"):
            if word in said.model_fields_set:
                yield _unused(document, (*loc, word), "beside hit_ratio", "where hits are found")
        return
    if said.keys != "exact":
        return
    for entity in sorted(entities):
        rows = system.entities[entity].rows.value
        if rows * part.shards > ITEMS_MAX:
            yield Finding(
                "model-keys", "error",
                f"`{name}` keeps more keys of `{entity}` than a run can follow one by one",
                document.place((*loc, "keys")), f"{rows:,.0f} rows on {part.shards} shards",
                f"up to {ITEMS_MAX:,} rows times shards",
                "keys: by-age, which any number of rows has; it is held to exact keys",
            )  # fmt: skip
        elif said.evict == "lfu":
            size = system.entities[entity].row.value + kind_of(part.kind).fact("entry-overhead")
            memory = kind_of(part.kind).memory_bytes(part)  # type: ignore[attr-defined]
            room = min(rows, memory / size / part.shards)
            if room > LFU_CAPACITY_MAX:
                yield Finding(
                    "model-keys", "error",
                    f"a shard of `{name}` has room for more keys of `{entity}` than a run looks "
                    "through for the least used one", document.place((*loc, "evict")),
                    f"{room:,.0f} keys", f"up to {LFU_CAPACITY_MAX:,} with exact keys",
                    "keys: by-age, or evict: lru",
                )  # fmt: skip


def _two_rows(
    system: System, step: Step, entity: str, path: Loc, document: Document
) -> Iterator[Finding]:
    """A read within the miss of another entity: with exact keys a request is about one row then."""
    for inner in inner_steps(step.miss or []):
        if inner.read is None or role_of(system, inner.read) != "cache":
            continue
        other = _entity(system, inner)
        if other != entity and (_exact(system, step.read) or _exact(system, inner.read)):
            yield Finding(
                "model-keys", "error",
                f"`{inner.read}` is read for `{other or 'nothing'}` while `{entity}` is fetched",
                document.place((*path, "read"), of_key=True), f"a read of {other or 'nothing'}",
                f"within the miss of a read of {entity}, with exact keys: reads of {entity}",
                "put the inner read behind the miss, or into an endpoint that is called there",
            )  # fmt: skip


def _two_keys(
    system: System, step: Step, entity: str, path: Loc, document: Document
) -> Iterator[Finding]:
    """What goes by the key of another entity within the miss: it would go by this one's."""
    for inner in inner_steps(step.miss or []):
        verb, other = _goes_by(system, inner)
        if verb and other != entity:
            target = getattr(inner, verb)
            yield Finding(
                "model-keys", "error",
                f"`{target}` goes by the row of `{other or 'nothing'}` while `{entity}` is fetched",
                document.place((*path, "read"), of_key=True), f"{verb}: {target}, by {other}",
                f"within the miss of a read of {entity}, with exact keys: what goes by {entity}",
                f"put the {verb} behind the miss, or into an endpoint that is called there",
            )  # fmt: skip


def _goes_by(system: System, step: Step) -> tuple[str, str]:
    """The verb of a step that goes by a row's key so that it matters, and the entity of that."""
    if step.invalidate is not None and step.entity and _exact(system, step.invalidate):
        return "invalidate", step.entity
    part, word = _target(system, step.publish or step.query)
    if part is None:
        return "", ""
    if step.publish is not None and word in part.topics:
        topic = part.topics[word]
        if _matters(system, topic.key, (PARTITION, topic.partitions)):
            return "publish", topic.key or ""
    if step.query is not None and word in part.operations:
        by = part.operations[word].shard_key
        if _matters(system, by, (GROUP, part.shards)):
            return "query", by or ""
    return "", ""


def _target(system: System, ref: str | None) -> tuple[Component | None, str]:
    name, _, word = (ref or "").partition(".")
    return system.components.get(name), word


def _matters(system: System, entity: str | None, use: Use) -> bool:
    """Whether going by the rows of an entity makes some places busier than others, as in a run."""
    part = system.entities.get(entity or "")
    if part is None or use[1] < 2:
        return False
    skew = part.skew.value if part.skew else 0.0
    return uneven(popularity(part.rows.value, skew, uses=frozenset([use])), use)


def _for_nothing(system: System, step: Step, loc: Loc, document: Document) -> Iterator[Finding]:
    """Whose row a call is about matters to a balancer that goes by keys, and to nobody else."""
    part = system.components.get(str(step.call).partition(".")[0])
    if part is not None and part.balance != "by-key":
        yield _unused(document, loc, f"on a call to {str(step.call).partition('.')[0]}",
                      "on calls to what is balanced by-key, reads and invalidations")  # fmt: skip


def _unused(document: Document, loc: Loc, where: str, allowed: str) -> Finding:
    word = str(loc[-1])
    return Finding(
        "model-manner-unused", "warning", f"`{word}` does nothing {where}",
        document.place(loc, of_key=True), word, allowed, "delete it",
    )  # fmt: skip
