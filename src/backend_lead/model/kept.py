"""What the evidence of a run says, read part by part: a record, or None where it is none in full.

Evidence is a file that anybody may have changed, and an older version may have written it. What is
infinite or not known stands in it as null; in the results of a run just made it is a number still.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AllowInfNan, Field, Strict, TypeAdapter, ValidationError

T = TypeVar("T")
Number = Annotated[float, Strict(), AllowInfNan(False)]  # no text, no NaN
Count = Annotated[int, Strict(), Field(ge=0)]
Verdict = Literal["pass", "fail", "unknown"]


@dataclass(frozen=True)
class Recovered:
    """Of a run with a fault: whether all was well again in time, and when (s)."""

    verdict: Verdict
    why: str
    recover_s: Number | None
    limit_s: Number


@dataclass(frozen=True)
class Answered:
    """Of a run in which parts failed by chance: whether enough was answered."""

    verdict: Verdict
    why: str
    failed_share: Number


@dataclass(frozen=True)
class Handled:
    """Of a handler: the messages it handled, and those it gave up."""

    messages: Count
    put_aside: Count = 0


@dataclass(frozen=True)
class RequestCounts:
    """What became of the requests of a run."""

    started: Count
    ok: Count
    failed: Count
    timed_out: Count
    in_flight: Count


@dataclass(frozen=True)
class Estimate:
    """A number with its interval."""

    value: Number | None
    low: Number | None = None
    high: Number | None = None


@dataclass(frozen=True)
class Latencies:
    """Of one kind of request, at least its p99 (s)."""

    p99: Estimate
    p50: Estimate | None = None
    p95: Estimate | None = None
    requests: Count = 0
    failed: Count = 0


@dataclass(frozen=True)
class Rate(Estimate):
    """A number of requests a second with its interval."""

    value: Number


@dataclass(frozen=True)
class Seen:
    """What every run has found."""

    status: str
    requests_per_s: Rate
    latency_s: dict[str, Latencies]


@dataclass(frozen=True)
class Kept:
    """What every run says of itself."""

    id: str
    kind: str
    title: str
    model_digest: str
    seed: Annotated[int, Strict()]
    horizon_s: Number
    warmup_s: Number
    scale: Annotated[int, Strict()]
    requests: Count
    versions: dict[str, str]
    repeat: str
    results: Seen


def finite(value: Any) -> Any:
    """The same with None where JSON knows no number."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {name: finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    return value


@cache
def _reader(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def read_as(kind: Callable[..., T], told: object) -> T:
    """What evidence tells as a record. Raises ValueError that says what is amiss."""
    try:
        read: T = _reader(kind).validate_python(finite(told))
        return read
    except ValidationError as err:
        first = err.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the record"
        what = "is missing" if first["type"] == "missing" else "is not what belongs there"
        raise ValueError(f"{where} {what}") from None


def record_of(kind: Callable[..., T], told: object) -> T | None:
    """The same; None where something is amiss."""
    try:
        return read_as(kind, told)
    except ValueError:
        return None


def needed(kind: type[Any]) -> str:
    """The fields that such a record must have, in words."""
    return ", ".join(one.name for one in fields(kind) if one.default is MISSING)
