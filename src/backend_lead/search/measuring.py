"""The cheapest way to find out what an assumed number really is, by where it sits in a model."""

from __future__ import annotations

import re

_PARTS = re.compile(r"[^.\[\]]+")
_LOG = "count in a day of today's access log"
_PROTOTYPE = "measure in a prototype of this one part"
_HOW = {
    "users": "ask who runs what exists today, or count sessions open at once in its access log",
    "rate": "ask the callers for their own counts, or count requests a second in their logs",
    "think_time": f"{_LOG}: users active at once / requests a second, less the time to answer",
    "timeout": "ask the makers of the client; it is a line of its configuration",
    "cpu": f"{_PROTOTYPE}: core time used / calls, under a steady load of only these; half a day",
    "wait": f"{_PROTOTYPE}: mean time spent outside its own cores, under a light load",
    "response": f"{_LOG}: mean bytes sent for this request, compressed as it is sent",
    "request": f"{_LOG}: mean bytes received for this request",
    "rows": "count them where they are kept today; an hour",
    "row": "import a thousand real rows: size of the table without indexes / rows",
    "skew": f"{_LOG}: requests by key, ordered by frequency",
    "hit_ratio": "replay a day of keys from the access log against a cache of this size",
    "edge_cache": "ask the product owner which answers are the same for everybody; check the log",
    "factor": "access log of some weeks: highest quarter of an hour / mean of its day",
    "failover": "stop a primary of the smallest machine on purpose and take the time; an hour",
    "p99": "ask who promises it: nothing to measure",
    "availability": "ask who promises it: nothing to measure",
    "recover_within": "ask who promises it: nothing to measure",
    "retention": "ask who is responsible for the data",
}
_SHARES = "count in traces or the access log: share of visits that take this path"
_ELSE = "measure it where it occurs, in traces of real requests"


def cheapest_test(path: str) -> str:
    """How to test the assumption at a path of a model, the cheapest way first."""
    words: list[str] = _PARTS.findall(path)
    if "journeys" in words:
        return _SHARES
    return _HOW.get(words[-1] if words else "", _ELSE)
