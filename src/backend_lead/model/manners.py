"""How parts behave beyond plain requests: topics, held connections, limits, breakers, scaling."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from backend_lead.model.part import Name, Part, Ref
from backend_lead.model.quantity import Bytes, Duration, Rate, Ratio


class Topic(Part):
    """Messages of one sort, kept in partitions until every consumer has handled them.

    `fresh_within`: objective for the age at which 99 % of messages are handled. `key` says what
    messages of one partition have in common; without it they go to any. Where it names an entity,
    popular ones of it fill their partitions, by its `skew`.
    """

    title: str | None = None
    message: Bytes
    partitions: Annotated[int, Field(ge=1, le=10_000)] = 1
    key: Name | None = None
    retention: Duration | None = None
    fresh_within: Duration | None = None


class Keeping(Part):
    """What a cache does with its keys.

    With `keys: exact` a run keeps each key by itself; by-age it draws hits by a ratio that follows
    from popularity and age, for any number of keys. A full cache gives up what was used longest
    ago, or, with `evict: lfu`, least often. With `renew` each hit begins the `ttl` anew.
    """

    keys: Literal["exact", "by-age"] = "by-age"
    evict: Literal["lru", "lfu"] = "lru"
    renew: bool = False


class Connection(Part):
    """A connection that each user of a client holds open.

    `open` is the endpoint that opens one, `heartbeat` the one asked `every` so often on each. After
    a loss, clients come back at a random moment of `back_within`.
    """

    open: Ref
    heartbeat: Ref | None = None
    every: Duration | None = None
    back_within: Duration

    @model_validator(mode="after")
    def _beats(self) -> Connection:
        if (self.heartbeat is None) != (self.every is None):
            raise PydanticCustomError(
                "connection", "heartbeat and every belong together: which endpoint, how often", {}
            )
        return self


class Limit(Part):
    """A token bucket: `rate` tokens a second, at most `burst` saved; who finds none is refused.

    Without `burst`, what comes in one second may come at once.
    """

    rate: Rate
    burst: Annotated[int, Field(ge=1, le=10_000_000)] | None = None

    @property
    def burst_or_second(self) -> int:
        """Tokens that may be saved."""
        return self.burst if self.burst is not None else max(1, round(self.rate.value))


class RetryTokens(Part):
    """A bucket of retries that failures pay for: each attempt that fails takes one token of `most`,
    each that does not brings the share `reward` of one. Retries are made while it is more than half
    full; it is full at first (gRPC's retry throttling: maxTokens, tokenRatio). On a call each
    instance that calls has one; all users of a client share one.
    """

    most: Annotated[int, Field(ge=1, le=1_000)]
    reward: Ratio


class Breaker(Part):
    """A circuit breaker of one call, in each instance that calls: opens when, of at least `least`
    attempts within `window`, the share `failures` ended badly; after `pause` one attempt probes
    whether to close it.

    With `last` it looks at so many attempts instead of a window. It closes after `probes` good
    ones, and opens again at the first that fails; `jointly`, only if `failures` of all of them did.
    """

    failures: Ratio
    least: Annotated[int, Field(ge=1, le=1_000_000)] = 20
    window: Duration | None = None
    last: Annotated[int, Field(ge=1, le=128)] | None = None
    pause: Duration
    probes: Annotated[int, Field(ge=1, le=100)] = 1
    jointly: bool = False

    @model_validator(mode="after")
    def _one_window(self) -> Breaker:
        if (self.window is None) == (self.last is None):
            raise PydanticCustomError("breaker", "say window (a time) or last (attempts)", {})
        if self.last is not None and self.least > self.last:
            raise PydanticCustomError(
                "breaker", "least {least} of the last {last}: it would never open",
                {"least": self.least, "last": self.last},
            )  # fmt: skip
        return self


class Scheduled(Part):
    """From this `hour` of the day on, to the next entry's, at least so many instances are kept.

    `least`: how many; the last entry of the day holds until the first one of the next.
    """

    hour: Annotated[int, Field(ge=0, le=23)]
    least: Annotated[int, Field(ge=1, le=100_000)]


class Autoscale(Part):
    """Instances follow the use of their cores: between `least` and `most`, aiming at `target`.

    `count` instances serve at peak (scheduled ahead of it where `ahead`); `delay` passes from the
    order of one until it serves, `cool` before one is taken away. The use is averaged over
    `window`. At most `step` are ordered in one look, or the share `grow` of those there are; at
    most `down` are taken away. A use within `tolerance` (a share) of the target changes nothing.

    A `schedule` says by the clock how many are kept in place of `least`:
    `[{hour: 7, least: 12}, {hour: 22, least: 3}]`.
    """

    least: Annotated[int, Field(ge=1, le=100_000)]
    most: Annotated[int, Field(ge=1, le=100_000)]
    target: Ratio
    delay: Duration
    cool: Duration
    ahead: bool = False
    window: Duration | None = None
    step: Annotated[int, Field(ge=1, le=100_000)] | None = None
    grow: Ratio | None = None
    down: Annotated[int, Field(ge=1, le=100_000)] | None = None
    tolerance: Ratio | None = None
    schedule: list[Scheduled] = Field(default=[], max_length=24)

    @model_validator(mode="after")
    def _ordered(self) -> Autoscale:
        if self.least > self.most:
            raise PydanticCustomError(
                "autoscale", "least is {least}, above most, {most}",
                {"least": self.least, "most": self.most},
            )  # fmt: skip
        return self

    def least_at(self, hour: int) -> int:
        """Instances that are kept in an hour of the day, 0 to 23."""
        entry = self.schedule_at(hour)
        return self.least if entry is None else entry.least

    def schedule_at(self, hour: int) -> Scheduled | None:
        """What holds in an hour of the day: the last entry before it, or of the day before."""
        begun = [entry for entry in self.schedule if entry.hour <= hour]
        return (begun or self.schedule)[-1] if self.schedule else None
