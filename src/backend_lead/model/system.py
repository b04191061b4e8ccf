"""The model of a backend: what `backend.yaml` says, typed.

The vocabulary is small on purpose. What a component *kind* allows and means is the catalogue's
business: here a kind is only a word.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from backend_lead.model.contract import Api
from backend_lead.model.data import Data, Pattern
from backend_lead.model.entities import EVERYBODY as EVERYBODY
from backend_lead.model.entities import Entity as Entity
from backend_lead.model.manners import (
    Autoscale,
    Breaker,
    Keeping,
    Limit,
    RetryTokens,
    Topic,
)
from backend_lead.model.part import Name, Part, Ref
from backend_lead.model.promises import Slo as Slo
from backend_lead.model.promises import Team as Team
from backend_lead.model.quantity import Bytes, Duration, Money, Ratio
from backend_lead.model.results import Results
from backend_lead.model.serving import (
    Backoff,
    Failing,
    Happening,
    Serving,
    Watching,
)
from backend_lead.model.topology import Network, Region, Standby
from backend_lead.model.workload import Journey, Workload

VERBS = ("cpu", "wait", "call", "query", "read", "invalidate", "publish", "parallel")
RECOVER_DEFAULT_S = 120.0  # one failover of a managed database, and as long again to settle
Balance = Literal[
    "random",
    "round-robin",
    "least-outstanding",
    "power-of-two",
    "power-of-three",
    "by-key",
    "weighted",
]


class Step(Part):
    """One thing an endpoint does; exactly one verb, then its manners.

    `limit` bounds how many of these calls one instance has under way; a `breaker` stops making
    them while they fail. With `coalesce`, reads of one key that miss at the same time ask once.
    After `hedge` without an answer a second attempt is sent beside the first. Of `parallel` calls
    it goes on after `need` good answers (all, if unsaid). `backoff` is the pause before a retry,
    `retry_tokens` (of each instance that asks) say while it may be made.
    `entity` is whose row a read, an invalidation or a call (balanced by key) is about.
    """

    cpu: Duration | None = None
    wait: Duration | None = None
    call: Ref | None = None
    query: Ref | None = None
    read: Name | None = None
    miss: list[Step] | None = None
    invalidate: Name | None = None
    publish: Ref | None = None
    parallel: list[Step] | None = None
    timeout: Duration | None = None
    retries: Annotated[int, Field(ge=0, le=10)] = 0
    optional: bool = False
    limit: Annotated[int, Field(ge=1, le=100_000)] | None = None
    breaker: Breaker | None = None
    coalesce: bool = False
    hedge: Duration | None = None
    need: Annotated[int, Field(ge=1, le=1_000)] | None = None
    backoff: Backoff | None = None
    retry_tokens: RetryTokens | None = None
    entity: Name | None = None

    @model_validator(mode="after")
    def _one_verb(self) -> Step:
        used = [verb for verb in VERBS if getattr(self, verb) is not None]
        if len(used) != 1:
            raise PydanticCustomError(
                "step", "a step has exactly one of {verbs}; here: {used}",
                {"verbs": ", ".join(VERBS), "used": ", ".join(used) or "none"},
            )  # fmt: skip
        if (self.miss is not None) != (self.read is not None):
            raise PydanticCustomError("step", "read and miss belong together", {})
        if self.need is not None and self.need > len(self.parallel or []):
            raise PydanticCustomError(
                "need", "need {need} of {n} parallel calls: at most all of them",
                {"need": self.need, "n": len(self.parallel or [])},
            )  # fmt: skip
        if self.hedge is not None and not (self.call or self.query):
            raise PydanticCustomError("step", "only a call or a query is hedged", {})
        return self

    @property
    def verb(self) -> str:
        return next(verb for verb in VERBS if getattr(self, verb) is not None)


class Endpoint(Part):
    """A request a service answers, or, with `on`, what it does with each message of a topic.

    A handler takes up to `batch` messages at once and has up to `slots` batches of a partition
    under way: compute counts for each message, waits once a batch. With `file`, what it answers or
    takes is a file that is kept as it is. Where requests are served by `priority`, 1 is the first;
    unsaid, it is its caller's. A batch that failed `tries` times is put aside (unsaid: never). When
    instances come or go, partitions that change hands stand still for `rebalance`, all if `eager`.
    """

    title: str | None = None
    request: Bytes | None = None
    response: Bytes | None = None
    edge_cache: Ratio | None = None
    writes: bool = False
    file: bool = False
    on: Ref | None = None
    batch: Annotated[int, Field(ge=1, le=100_000)] = 1
    priority: Annotated[int, Field(ge=1, le=4)] | None = None
    slots: Annotated[int, Field(ge=1, le=1_000)] = 1
    tries: Annotated[int, Field(ge=1, le=1_000)] | None = None
    rebalance: Duration | None = None
    eager: bool = False
    does: list[Step] = Field(min_length=1)


class Operation(Part):
    """A statement a store runs. `cpu` is busy time in the store, `wait` time off its cores.

    What runs on cores of somebody else has no `cpu`; its kind knows a `wait` where none is said.
    A write is a transaction of its own unless its `wait` is zero: then another's commit covers it.
    With `later_ok`, a write may be done after its request was answered: nobody relies on seeing it
    at once. With `search`, a read finds rows by words in them or by any of many fields. `pattern`
    says how it finds its rows: indexes and plans follow from it. With `locks` it holds its row
    while it runs: others that lock it wait, by the `skew` of its entity.
    """

    title: str | None = None
    type: Literal["read", "write"]
    cpu: Duration | None = None
    wait: Duration | None = None
    entity: Name | None = None
    shard_key: Name | None = None
    stale_ok: bool = False
    cacheable: bool = False
    later_ok: bool = False
    search: bool = False
    locks: bool = False
    pattern: Pattern | None = None


class Pooler(Part):
    """A transaction pooler in front of a relational store: server connections per shard primary."""

    size: Annotated[int, Field(ge=1, le=100_000)]


class Component(Part):
    """A part of the system. Which fields a kind takes, and what they mean, the catalogue says.

    `origins` names where a plain field's value comes from: `{count: "decision 0003"}`; a field that
    is not named there was stated by the author. For `own_writes` after a write of an entity, its
    reads in the same journey go to the primary. Its replicas are `lag` behind: reads from them are
    counted as stale by it, and writes that a failover to one loses. It runs in `region`, if not in
    the topology's.
    """

    kind: Name
    title: str | None = None
    instance: str | None = None
    count: Annotated[int, Field(ge=1, le=100_000)] | None = None
    zones: Annotated[int, Field(ge=1, le=6)] = 1
    region: Region | None = None
    concurrency: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    queue: Annotated[int, Field(ge=0, le=10_000_000)] | None = None
    patience: Duration | None = None
    balance: Balance | None = None
    detect: Duration | None = None
    endpoints: dict[Name, Endpoint] = {}
    operations: dict[Name, Operation] = {}
    topics: dict[Name, Topic] = {}
    autoscale: Autoscale | None = None
    serving: Serving | None = None
    watch: Watching | None = None
    fails: Failing | None = None
    limit: Limit | None = None
    pool: Annotated[int, Field(ge=1, le=10_000)] | None = None
    replicas: Annotated[int, Field(ge=0, le=64)] = 0
    shards: Annotated[int, Field(ge=1, le=4096)] = 1
    pooler: Pooler | None = None
    failover: Duration | None = None
    own_writes: Duration | None = None
    lag: Duration | None = None
    memory: Bytes | None = None
    ttl: Duration | None = None
    keeps: Keeping | None = None
    storage: Bytes | None = None
    delay: Duration | None = None
    hit_ratio: Ratio | None = None
    cpu: Duration | None = None
    notes: str | None = None
    origins: dict[str, str] = {}


class Topology(Part):
    """Where it runs. `origins` as in a component: `{region: "assumed: no region was named"}`.

    `recover_region` is stated where the loss of a whole region must be survived: how long it may
    take until another one serves.
    """

    provider: Name = "aws"
    region: str = "us-east-1"
    zones: Annotated[int, Field(ge=1, le=6)] = 3
    regions: Annotated[int, Field(ge=1, le=30)] = 1
    residency: str | None = None
    network: Network | None = None
    standby: Standby | None = None
    recover_region: Duration | None = None
    origins: dict[str, str] = {}


class System(Part):
    """A whole model."""

    schema_: str | None = Field(default=None, alias="$schema")
    backend: Name
    title: str | None = None
    brief: str | None = None
    domain: Name | None = None
    workload: Workload
    journeys: dict[Name, Journey] = Field(min_length=1)
    components: dict[Name, Component] = Field(min_length=1)
    entities: dict[Name, Entity] = {}
    api: Api | None = None
    data: Data | None = None
    slos: list[Slo] = Field(min_length=1)
    topology: Topology = Topology()
    budget: Money | None = None
    team: Team | None = None
    faults: list[Happening] = []
    results: Results | None = None

    def slo_of(self, journey: str) -> Slo:
        """The objective that applies to a journey: its own, else `*`, else the first."""
        for wanted in (journey, "*"):
            for slo in self.slos:
                if slo.journey == wanted:
                    return slo
        return self.slos[0]

    def p99_of(self, ref: str) -> float:
        """The strictest p99 (s) of journeys that ask for an endpoint; that of `*` for others."""
        asking = [name for name, journey in self.journeys.items() if ref in journey.steps]
        return min(self.slo_of(name).p99.value for name in asking or ["*"])

    @property
    def recover_limit_s(self) -> float:
        """How long the objectives allow for recovery from a fault; RECOVER_DEFAULT_S if unsaid."""
        stated = [slo.recover_within.value for slo in self.slos if slo.recover_within]
        return min(stated, default=RECOVER_DEFAULT_S)


def json_schema() -> dict[str, Any]:
    """The published JSON Schema of backend.yaml (2020-12)."""
    schema = System.model_json_schema(by_alias=True)
    _close_names(schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "backend.yaml", **{
        k: v for k, v in schema.items() if k != "title"}}  # fmt: skip


def _close_names(schema: Any) -> None:
    """Let a mapping of names refuse what is no name, as the model does."""
    if isinstance(schema, dict):
        if "patternProperties" in schema:
            schema["additionalProperties"] = False
        for inner in schema.values():
            _close_names(inner)
    elif isinstance(schema, list):
        for inner in schema:
            _close_names(inner)
