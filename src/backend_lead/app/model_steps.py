"""What endpoints do, against the roles of the components they do it with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from backend_lead.app.model_kinds import role_of
from backend_lead.catalog import kinds
from backend_lead.intake.backend_yaml.words import listed
from backend_lead.model.finding import Finding
from backend_lead.model.system import Step, System
from backend_lead.views.document import Document
from backend_lead.views.places import Path, placed_steps, steps_of

ASKING = ("call", "query", "read", "invalidate", "publish")  # verbs that name a component
SAME = {"invalidate": "read"}  # verbs asked of the same kinds
WITHIN_PARALLEL = ("call", "query")
WITHOUT_MANNERS = ("cpu", "wait", "parallel")
CALLS_MAX = 10_000  # a request that makes more calls than this, each counted anew, is a slip
CALLS_DEEP_MAX = 40  # requests that go through more services one below the other are slips


def step_findings(system: System, document: Document) -> Iterator[Finding]:
    """Every step that its kinds do not allow, and operations that must ask every shard."""
    for placed in placed_steps(system):
        at, step = placed.path, placed.step
        yield from _role(system, document, at, step)
        yield from _parallel(document, at, step)
        yield from _entity(system, document, at, step)
        yield from _manners(document, at, step)
    yield from _shard_keys(system, document)
    yield from _pools(system, document)
    yield from _depth(system, document)


def _role(system: System, document: Document, loc: Path, step: Step) -> Iterator[Finding]:
    if step.verb not in ASKING:
        return
    wanted = SAME.get(step.verb, step.verb)
    target = str(getattr(step, step.verb))
    name, _, word = target.partition(".")
    role, verb = role_of(system, name), _verb(system, name)
    if role is None or verb == wanted:
        return
    part = system.components[name]
    if word and word not in {**part.endpoints, **part.operations, **part.topics}:
        return  # the reference itself is told already
    fits = [other for other in system.components if _verb(system, other) == wanted]
    roles = listed(sorted({k.role for k in kinds().values() if k.asked_with == wanted}))
    yield Finding(
        "model-step-role", "error",
        f"`{step.verb}` needs a {roles}; `{name}` is a {role}", document.place((*loc, step.verb)),
        target, listed(fits) or f"a {roles}; the model has none",
        f"a {role} is asked with {verb}" if verb else "requests pass it by themselves",
    )  # fmt: skip


def _verb(system: System, name: str) -> str | None:
    """The verb a component is asked with; None where its kind is not known."""
    part = system.components.get(name)
    return kinds()[part.kind].asked_with if part is not None and part.kind in kinds() else None


def _parallel(document: Document, loc: Path, step: Step) -> Iterator[Finding]:
    if step.parallel is None:
        return
    if not step.parallel:
        yield Finding("model-parallel", "error", "`parallel` has nothing to do",
                      document.place((*loc, "parallel")), "nothing", "calls and queries",
                      "delete the step, or list its calls")  # fmt: skip
    for i, inner in enumerate(step.parallel):
        if inner.verb not in WITHIN_PARALLEL:
            yield Finding(
                "model-parallel", "error",
                f"`{inner.verb}` cannot be done in parallel: only calls and queries are sent"
                " together",
                document.place((*loc, "parallel", i, inner.verb), of_key=True), inner.verb,
                "call, query", f"put {inner.verb} before or after the parallel step",
            )  # fmt: skip


def _entity(system: System, document: Document, loc: Path, step: Step) -> Iterator[Finding]:
    """A cache must know what it holds, or be told how often it has it."""
    if step.read is None or role_of(system, step.read) != "cache":
        return
    if step.entity is not None or system.components[step.read].hit_ratio is not None:
        return
    for inner in step.miss or []:
        if inner.query is not None:
            store, _, word = inner.query.partition(".")
            part = system.components.get(store)
            operation = part.operations.get(word) if part else None
            if operation is not None and operation.entity is not None:
                return
    yield Finding(
        "model-cache-entity", "error",
        f"how often `{step.read}` has what is read here cannot be known: no entity, no hit_ratio",
        document.place((*loc, "read"), of_key=True), f"read: {step.read}",
        "entity on the step or on the query of its miss, or hit_ratio on the cache",
        f"add entity: {next(iter(system.entities), 'NAME')} to the step, or hit_ratio: 90% to"
        f" `{step.read}`",
    )  # fmt: skip


def _manners(document: Document, loc: Path, step: Step) -> Iterator[Finding]:
    if step.coalesce and step.verb != "read":
        yield Finding(
            "model-manner-unused", "warning", f"`coalesce` does nothing on `{step.verb}`",
            document.place((*loc, "coalesce"), of_key=True), "coalesce", "on reads of a cache",
            "delete it",
        )  # fmt: skip
    for word in ("backoff", "retry_tokens"):
        unused = getattr(step, word) is not None and not step.retries
        if unused and step.verb not in WITHOUT_MANNERS:
            yield Finding(
                "model-manner-unused", "warning", f"`{word}` does nothing without `retries`",
                document.place((*loc, word), of_key=True), word, "beside retries: 1 or more",
                "say retries, or delete it",
            )  # fmt: skip
    if step.verb not in WITHOUT_MANNERS:
        return
    for word in ("timeout", "retries", "optional", "limit", "breaker", "backoff", "retry_tokens"):
        if word in step.model_fields_set:
            yield Finding(
                "model-manner-unused", "warning", f"`{word}` does nothing on `{step.verb}`",
                document.place((*loc, word), of_key=True), word, "on calls, queries and reads",
                "put it on the calls inside" if step.verb == "parallel" else "delete it",
            )  # fmt: skip


def _shard_keys(system: System, document: Document) -> Iterator[Finding]:
    for name, part in system.components.items():
        if part.shards == 1:
            continue
        for word, operation in part.operations.items():
            kind = kinds().get(part.kind)
            if kind is not None and kind.pooled and kind.asks_all(part, operation):
                yield Finding(
                    "model-no-shard-key", "warning",
                    f"`{name}.{word}` has no shard_key: it asks all {part.shards} shards",
                    document.place(("components", name, "operations", word), of_key=True),
                    "no shard_key", "shard_key, the field whose hash says which shard",
                    "add shard_key where the statement knows it, for example shard_key: user_id",
                )  # fmt: skip


def _pools(system: System, document: Document) -> Iterator[Finding]:
    """A connection leads to one shard, so a pool below the number of shards cannot be kept."""
    for name, part in system.components.items():
        if part.pool is None:
            continue
        stores = {
            placed.step.query.partition(".")[0]
            for word in part.endpoints
            for placed in steps_of(system, f"{name}.{word}")
            if placed.step.query is not None
        }
        for store in sorted(stores & system.components.keys()):
            other = system.components[store]
            kind = kinds().get(other.kind)
            if kind is None or not kind.pooled:
                continue
            if other.pooler is None and other.shards > part.pool:
                yield Finding(
                    "model-pool-small", "warning",
                    f"a pool of {part.pool} cannot reach {other.shards} shards of `{store}`; one"
                    " connection to each is computed", document.place(("components", name, "pool")),
                    str(part.pool), f"{other.shards} or more", f"pool: {other.shards}, or a pooler",
                )  # fmt: skip


def _depth(system: System, document: Document) -> Iterator[Finding]:
    """Chains of calls longer, or requests of more calls, than anything that is meant; circles are
    told elsewhere."""
    calls: dict[str, list[tuple[str, Path]]] = defaultdict(list)
    callers: dict[str, int] = defaultdict(int)
    for placed in placed_steps(system):
        if placed.step.call is not None:
            calls[placed.endpoint].append((placed.step.call, (*placed.path, "call")))
            callers[placed.step.call] += 1
    level: dict[str, int] = defaultdict(int)
    told = False
    ready = [endpoint for endpoint in calls if not callers[endpoint]]
    often = defaultdict(int, dict.fromkeys(ready, 1))  # ways that lead to an endpoint
    while ready:
        endpoint = ready.pop()
        for target, path in calls.get(endpoint, []):
            level[target] = max(level[target], level[endpoint] + 1)
            often[target] += often[endpoint]
            if often[target] > CALLS_MAX and not told:
                told = True
                yield Finding(
                    "model-calls-many", "error",
                    f"one request may ask for `{target}` more than {CALLS_MAX:,} times",
                    document.place(path), f"{often[target]:,} times", f"up to {CALLS_MAX:,}",
                    "let services that call each other more than once ask once for all they need",
                )  # fmt: skip
            callers[target] -= 1
            if not callers[target]:
                ready.append(target)
            if level[target] == CALLS_DEEP_MAX + 1:
                yield Finding(
                    "model-calls-deep", "error",
                    f"`{target}` is more than {CALLS_DEEP_MAX} calls below a journey",
                    document.place(path), f"{level[target]} calls", f"up to {CALLS_DEEP_MAX}",
                    "let one service answer what the next ones only pass on",
                )  # fmt: skip
