"""Systems of every shape the model allows, for property tests."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from backend_lead.model.quantity import ORIGINS, Bytes, Count, Duration, Factor, Money, Rate, Ratio
from backend_lead.model.system import System

NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}(?:[-_][a-z0-9]{1,5})?", fullmatch=True)
PLACES = st.sampled_from(["no", "null", "y", "true", "app", "db", "cache-1", "on", "e5", "x_y"])
_LINES = st.characters(
    exclude_categories=("Cc", "Cs", "Cn"), exclude_characters="\u2028\u2029\ufeff"
)
TEXTS = st.one_of(
    st.text(_LINES, max_size=40),
    st.text(_LINES | st.sampled_from("\n \t\r"), max_size=40),
    st.sampled_from([
        "no", "12:30", "1e5", "~", "null", "- a", "a: b", "a #b", "[x]", "{x", "#x", "", " ", "a ",
        "line one\nline two", "one\n\n  two", "é — ≥", "1_000", "0x1F", "2024-01-01", "@x", "%x",
        "'quoted'", '"', "\\", "*a", "&a", "!t", "|", ">", "?", "word " * 40, "a\n", "\na", "=",
    ]),
)  # fmt: skip


@st.composite
def quantity(draw: st.DrawFn, kind: Any, low: float | None = None) -> dict[str, Any] | Any:
    """A quantity of a kind, as a mapping with values in the base unit spelled by its dimension."""
    dim = kind.dimension
    low = dim.low if low is None else low
    number = st.one_of(
        st.floats(max(low, 1e-9 if low else 0.0), min(dim.high, 1e9)),
        st.integers(math.ceil(low), int(min(dim.high, 10**6))).map(float),
        st.sampled_from([0.002, 0.0003, 12.5, 1024.0**3, 20_000.0, 1e6, 0.999]),
    ).filter(lambda x: low <= x <= dim.high)
    value = draw(number)
    out: dict[str, Any] = {"value": dim.format(value), "origin": draw(st.sampled_from(ORIGINS))}
    ends = sorted([draw(number), draw(number)])
    if out["origin"] == "assumed" or draw(st.booleans()):
        out["range"] = [dim.format(min(ends[0], value)), dim.format(max(ends[1], value))]
    for word in ("source", "why"):
        if draw(st.booleans()):
            out[word] = draw(TEXTS)
    return kind.model_validate(out)


def _maybe(fields: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def steps(depth: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    """A step; reads and parallels hold further steps down to a depth."""
    manners = _maybe({"timeout": quantity(Duration), "retries": st.integers(0, 10),
                      "optional": st.booleans(), "entity": PLACES})  # fmt: skip
    ref = st.builds("{}.{}".format, NAMES, NAMES)
    verbs = [
        st.fixed_dictionaries({"cpu": quantity(Duration)}),
        st.fixed_dictionaries({"call": ref}),
        st.fixed_dictionaries({"query": ref}),
        st.fixed_dictionaries({"invalidate": PLACES}),
    ]
    if depth:
        below = st.lists(steps(depth - 1), max_size=2)
        verbs.append(st.fixed_dictionaries({"read": PLACES, "miss": below}))
        verbs.append(st.fixed_dictionaries({"parallel": below}))
    return st.builds(lambda verb, more: {**verb, **more}, st.one_of(verbs), manners)


_COMPONENT = st.builds(
    lambda kind, more: {"kind": kind, **more},
    NAMES,
    _maybe({
        "title": TEXTS, "instance": TEXTS,
        "count": st.integers(1, 1000), "zones": st.integers(1, 6),
        "balance": st.sampled_from(["random", "power-of-two"]), "pool": st.integers(1, 100),
        "endpoints": st.dictionaries(PLACES, st.builds(
            lambda does, more: {"does": does, **more}, st.lists(steps(), min_size=1, max_size=2),
            _maybe({"title": TEXTS, "response": quantity(Bytes), "writes": st.booleans()})),
            max_size=2),
        "operations": st.dictionaries(PLACES, st.fixed_dictionaries(
            {"type": st.sampled_from(["read", "write"]), "cpu": quantity(Duration)}), max_size=2),
        "pooler": st.fixed_dictionaries({"size": st.integers(1, 100)}), "memory": quantity(Bytes),
        "hit_ratio": quantity(Ratio), "notes": TEXTS,
        "origins": st.dictionaries(TEXTS, TEXTS, max_size=2),
    }),
)  # fmt: skip

_TYPES = st.sampled_from(["id", "money", "text", "list(string)", "ref(order)", "list(ref(db))",
                          "order_line", "list(order-line)"])  # fmt: skip
_FIELD = st.fixed_dictionaries({"type": _TYPES}, optional={
    "title": TEXTS, "key": st.booleans(), "personal": st.booleans(), "nullable": st.booleans(),
    "generated": st.booleans(), "hidden": st.booleans(), "most": st.integers(1, 10_000),
    "one_of": st.lists(PLACES, max_size=3), "seen_by": st.lists(PLACES, max_size=2),
    "example": st.one_of(TEXTS, st.integers(-5, 10**6), st.booleans(),
                         st.floats(-1e6, 1e6, allow_nan=False)),
})  # fmt: skip
_FIELDS = st.dictionaries(PLACES, _FIELD, max_size=2)
_ENTITY = st.builds(
    lambda must, more: {**must, **more},
    st.fixed_dictionaries({"row": quantity(Bytes), "rows": quantity(Count)}),
    _maybe({"skew": quantity(Factor), "fields": _FIELDS, "owner": PLACES, "owned_by": PLACES,
            "plural": PLACES}),
)  # fmt: skip

_LIMIT = st.fixed_dictionaries({"rate": quantity(Rate)}, optional={"burst": st.integers(1, 999)})
_ACCESS = st.fixed_dictionaries(
    {"audience": st.sampled_from(["mobile", "web", "partner", "internal"])},
    optional={
        "network": st.sampled_from(["4g", "wifi", "no"]),
        "auth": st.sampled_from(["pkce", "session", "workload"]),
        "release": st.fixed_dictionaries({"every": quantity(Duration),
                                          "support": quantity(Duration)}),
        "tiers": st.dictionaries(PLACES, st.fixed_dictionaries(
            {"callers": quantity(Count), "limit": _LIMIT}, optional={"title": TEXTS}), max_size=2),
    },
)  # fmt: skip
_REF = st.builds("{}.{}".format, NAMES, NAMES)
_DOES = st.sampled_from(["get", "list", "search", "create", "update", "delete", "act", "event"])
_API_OPERATION = st.fixed_dictionaries({"does": _DOES, "of": PLACES}, optional={
    "title": TEXTS, "endpoint": _REF, "for": st.lists(PLACES, max_size=2), "mine": st.booleans(),
    "takes": _FIELDS, "gives": _TYPES | st.just("nothing"), "filters": st.lists(PLACES, max_size=2),
    "sorts": st.lists(PLACES, max_size=2), "page": st.integers(1, 1000), "whole": st.booleans(),
    "bulk": st.integers(2, 10_000), "takes_long": st.booleans(), "idempotent": st.booleans(),
    "public": st.booleans(), "roles": st.lists(PLACES, max_size=2), "after": PLACES, "topic": _REF,
    "path": st.sampled_from(["/orders", "/me/orders/{orderId}/lines", "/no"]),
    "deprecated": st.fixed_dictionaries({"since": st.just("2026-01-01"),
                                         "sunset": st.just("2026-07-01")},
                                        optional={"instead": PLACES}),
})  # fmt: skip
_NEED = st.fixed_dictionaries({"ask": PLACES}, optional={
    "after": PLACES, "each": PLACES, "items": st.integers(1, 1000)})  # fmt: skip
_API = st.fixed_dictionaries(
    {"operations": st.dictionaries(PLACES, _API_OPERATION, min_size=1, max_size=3)},
    optional={
        "version": st.sampled_from(["1.0.0", "2.14.3"]), "host": TEXTS,
        "shapes": st.dictionaries(PLACES, st.fixed_dictionaries(
            {"fields": st.dictionaries(PLACES, _FIELD, min_size=1, max_size=2)},
            optional={"title": TEXTS}), max_size=2),
        "screens": st.dictionaries(PLACES, st.fixed_dictionaries(
            {"journey": PLACES, "needs": st.lists(_NEED | PLACES, min_size=1, max_size=3)},
            optional={"title": TEXTS, "clients": st.lists(PLACES, max_size=2)}), max_size=2),
    },
)  # fmt: skip

_RATE = st.builds(lambda rate: {"rate": rate}, quantity(Rate))
_USERS = st.builds(lambda users, think: {"users": users, "think_time": think}, quantity(Count),
                   quantity(Duration, 0.001))  # fmt: skip
_SHARES = st.sampled_from([{"browse": "100%"}, {"browse": "80%", "buy": 0.2},
                           {"a": {"value": 1, "source": "x, y"}}])  # fmt: skip

_SYSTEM = st.builds(
    lambda must, more: System.model_validate({**must, **more}),
    st.fixed_dictionaries({
        "backend": NAMES,
        "workload": st.fixed_dictionaries({
            "clients": st.dictionaries(PLACES, st.builds(
                lambda load, shares, more: {**load, "journeys": shares, **more}, _RATE | _USERS,
                _SHARES, _maybe({"access": _ACCESS})),
                min_size=1, max_size=2),
            "peak": st.fixed_dictionaries({"factor": quantity(Factor)}),
            "entry": st.lists(PLACES, max_size=2),
        }),
        "journeys": st.dictionaries(PLACES, st.fixed_dictionaries(
            {"steps": st.lists(st.builds("{}.{}".format, NAMES, NAMES), min_size=1, max_size=12)}),
            min_size=1, max_size=2),
        "components": st.dictionaries(PLACES, _COMPONENT, min_size=1, max_size=3),
        "slos": st.lists(st.fixed_dictionaries(
            {"p99": quantity(Duration), "availability": quantity(Ratio)},
            optional={"journey": st.sampled_from(["*", "browse"])}), min_size=1, max_size=2),
    }),
    _maybe({"title": TEXTS, "brief": TEXTS,
            "entities": st.dictionaries(PLACES, _ENTITY, max_size=2),
            "api": _API,
            "topology": _maybe({"region": TEXTS, "zones": st.integers(1, 6)}),
            "budget": quantity(Money), "team": st.fixed_dictionaries({"size": st.integers(1, 9)})}),
)  # fmt: skip


@st.composite
def systems(draw: st.DrawFn) -> System:
    """A valid system; what it refers to need not be there."""
    return draw(_SYSTEM)
