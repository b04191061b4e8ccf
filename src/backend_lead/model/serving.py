"""How instances take up work, who watches them, and what breaks when."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from backend_lead.model.part import Name, Part
from backend_lead.model.quantity import Duration, Factor, Ratio
from backend_lead.model.topology import Region

Jitter = Literal["full", "none", "equal", "decorrelated"]
RANKS = 4  # priorities, 1 is served first
SHED_FROM = 3  # the priority from which on requests are shed, where none is said


class Shedding(Part):
    """While `waiting` requests or more wait at an instance, it refuses those of endpoints whose
    `priority` is this one or comes after it."""

    waiting: Annotated[int, Field(ge=0, le=10_000_000)]
    priority: Annotated[int, Field(ge=1, le=RANKS)] = SHED_FROM


class Serving(Part):
    """How an instance takes up work.

    `order` is that of its queue: first in first out, last in first out, or by the priority of
    endpoints. With `share_cores`, all that compute share its cores evenly (processor sharing).
    `host` names the component on whose machines it runs: both share their cores. It computes on
    at most so many `cores` of its machine: one, where a single loop does everything.
    `contention` lengthens compute for each other request in progress, `coherency` for each pair of
    them (universal scalability law). `gives_up` is the mean time, exponential, after which who
    waits leaves. With `near`, callers choose instances in their own zone while there are any. The
    share of a new instance in the load rises over `slow_start`. It `sheds` requests of low priority
    first. `weights` are those of its instances, one after the other and again from the start:
    shares of the load with `balance: weighted`; with one that looks at what is under way, an
    instance of weight 3 counts as full as one of weight 1 when it has three times as much.
    """

    order: Literal["fifo", "lifo", "priority"] = "fifo"
    share_cores: bool = False
    cores: Annotated[int, Field(ge=1, le=1_000)] | None = None
    host: Name | None = None
    contention: Ratio | None = None
    coherency: Ratio | None = None
    gives_up: Duration | None = None
    near: bool = False
    slow_start: Duration | None = None
    sheds: Shedding | None = None
    weights: (
        Annotated[list[Annotated[int, Field(ge=1, le=1_000)]], Field(min_length=1, max_length=100)]
        | None
    ) = None


class Watching(Part):
    """Health checks and ejection of outliers, by the balancer in front of a component.

    A check comes `every` so often; after `fails` in a row that fail an instance gets no more
    requests, after `passes` that pass it does again. After `eject` failures in a row, as callers
    see them, it is left out for `pause`, but never more than `share` of all.
    """

    every: Duration | None = None
    fails: Annotated[int, Field(ge=1, le=100)] = 3
    passes: Annotated[int, Field(ge=1, le=100)] = 2
    eject: Annotated[int, Field(ge=1, le=1_000)] | None = None
    pause: Duration | None = None
    share: Ratio | None = None

    @model_validator(mode="after")
    def _something(self) -> Watching:
        if self.every is None and self.eject is None:
            raise PydanticCustomError("watch", "say every (health checks), eject, or both", {})
        if (self.eject is None) != (self.pause is None):
            raise PydanticCustomError("watch", "eject and pause belong together", {})
        return self


class Backoff(Part):
    """Pauses between attempts: the `first`, doubled up to `most`, with a `jitter`."""

    first: Duration
    most: Duration | None = None
    jitter: Jitter = "full"


class Bursts(Part):
    """Load that comes in bursts: `factor` times the stated mean while one `lasts`, less between.

    One begins `every` so often; both times are means, exponential (a Markov-modulated source).
    """

    factor: Factor
    lasts: Duration
    every: Duration

    @model_validator(mode="after")
    def _mean(self) -> Bursts:
        if self.every.value == 0:
            return self  # refused where zeros are
        if self.lasts.value >= self.every.value or self.factor.value * self.busy > 1:
            raise PydanticCustomError(
                "bursts", "bursts of {factor} times the load for {busy} of the time are more "
                "than the whole load: a smaller factor, shorter, or more rarely",
                {"factor": self.factor.text, "busy": f"{self.busy:.1%}"},
            )  # fmt: skip
        return self

    @property
    def busy(self) -> float:
        """Share of the time in bursts."""
        return self.lasts.value / self.every.value

    @property
    def between(self) -> float:
        """Multiple of the mean load between bursts."""
        return (1 - self.factor.value * self.busy) / (1 - self.busy)


class Failing(Part):
    """Instances fail at random: one `every` so often each, for as long as it `lasts`; both are
    means, exponential (MTBF less MTTR, and MTTR)."""

    every: Duration
    lasts: Duration


What = Literal[
    "crash", "restart", "freeze", "slow", "errors", "flush", "zone", "cut", "loss", "lag", "deploy",
    "scale", "behind", "failover", "region",
]  # fmt: skip
LINKS = ("cut", "loss", "lag")
LASTING = ("restart", "freeze", "cut", "zone", "region")
WITHOUT_END = ("flush", "scale")


class Happening(Part):
    """Something that happens on the timeline of a run, `at` so long after its start.

    `what`: crash (gone without a word; with `lasts` it comes back), restart (refuses for `lasts`),
    freeze (answers nothing for `lasts`, then goes on), slow (`times` slower), errors (a `share` of
    what starts fails), flush (a cache forgets), zone (`zone` is lost for `lasts`), cut, loss (of a
    `share` of packets) and lag (`more` per round trip) of the network between `where` and `to`,
    which it asks or gets messages from, deploy (instances are replaced one at a time; a new version
    that makes a `share` of errors or computes `times` slower is taken back, alike, after it
    `lasts`), scale (autoscaling keeps at least `instances` from then on), behind (the replicas of a
    store get nothing and fall behind, up to `more`; afterwards they have all at once), failover
    (the primary of a store is gone without a word, or by `command`; its standby, or else a replica,
    serves in its place after it `lasts`, or the time of its kind), region (all of `region` is lost
    for `lasts`; a cut of a `region` or a `zone` lasts between it and the others). `where` is a
    component; of a store, its primaries, unless it says `name.replicas`. It strikes `instances` of
    it, from the first on (all, if unsaid).
    """

    at: Duration
    what: What
    where: str | None = None
    to: Name | None = None
    instances: Annotated[int, Field(ge=1, le=100_000)] | None = None
    lasts: Duration | None = None
    times: Factor | None = None
    share: Ratio | None = None
    more: Duration | None = None
    zone: Annotated[int, Field(ge=1, le=6)] | None = None
    region: Region | None = None
    command: bool = False

    @model_validator(mode="after")
    def _complete(self) -> Happening:
        apart = self.what == "cut" and (self.region is not None or self.zone is not None)
        bad = self.what == "deploy" and (self.share is not None or self.times is not None)
        needs = {
            "where": self.what not in ("zone", "region") and not apart,
            "to": self.what in LINKS and not apart,
            "region": self.what == "region" or (apart and self.zone is None),
            "lasts": self.what in LASTING or bad, "times": self.what == "slow",
            "share": self.what in ("errors", "loss"), "more": self.what in ("lag", "behind"),
            "zone": self.what == "zone" or (apart and self.region is None),
            "instances": self.what == "scale",
        }  # fmt: skip
        may = {"deploy": ("share", "times")}.get(self.what, ())
        for word, needed in needs.items():
            if needed and getattr(self, word) is None:
                raise PydanticCustomError(
                    "happening", "{what} needs {word}", {"what": self.what, "word": word}
                )
        for word in ("where", "to", "times", "share", "more", "zone", "region"):
            if getattr(self, word) is not None and not needs[word] and word not in may:
                raise PydanticCustomError(
                    "happening", "{what} takes no {word}", {"what": self.what, "word": word}
                )
        endless = self.what in WITHOUT_END or (self.what == "deploy" and not bad)
        if self.lasts is not None and endless:
            raise PydanticCustomError("happening", "{what} takes no lasts", {"what": self.what})
        if self.command and self.what != "failover":
            raise PydanticCustomError("happening", "{what} takes no command", {"what": self.what})
        return self
