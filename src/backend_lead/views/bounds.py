"""What bounds calls: pools, breakers, pauses, tokens and buckets, resolved."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pool:
    """A limit on calls under way to each group of the callee: of one caller replica, or, shared,
    of all callers together."""

    key: str
    size: int
    shared: bool


@dataclass(frozen=True)
class Breaking:
    """A breaker opens when `share` of at least `least` attempts in `window_s`, or of the `last`,
    failed. Each instance of the caller has one for each group of the callee."""

    share: float
    least: int
    window_s: float
    pause_s: float
    last: int = 0
    probes: int = 1
    jointly: bool = False


@dataclass(frozen=True)
class Pauses:
    """Pauses before retries: the first, doubled up to the longest; `jitter` by name."""

    first_s: float
    most_s: float
    jitter: str


@dataclass(frozen=True)
class Tokens:
    """A bucket of `most` retries, of each instance of the caller, for which failures pay; one that
    is no failure brings `reward`."""

    key: str
    most: float
    reward: float


@dataclass(frozen=True)
class Bucket:
    """A token bucket: who finds no token is refused."""

    key: str
    rate_per_s: float
    burst: int
