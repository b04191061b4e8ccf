"""What the product lacks for the rest of the collection, and how it shows when that has changed.

A reason in not_yet.md is made of these features. Each has words the product would likely use if it
had the feature, and rests on parts of the kernel that would have to change; both are looked up.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import backend_lead
from backend_lead.kernel import layout
from backend_lead.kernel.program import DTYPES
from backend_lead.model.system import System

# What the kernel is made of where features are missing: columns of tables, and the names in its
# layout that begin so. A change here asks whether the reasons that rest on it are still true.
AS_IT_WAS = {
    "op": "code a b pad p",
    "OP": "END CPU DELAY CALL PAR CHANCE HIT PUBLISH LIMIT",
    "LB": "RANDOM ROUND_ROBIN LEAST P2C",
    "FAULT": "DOWN UP HIDE SHOW SLOW FLUSH DRAIN",
    "fault": "at action replica x",
    "call": "endpoint group pool pool_scope room retries optional timeout lane deadline budget "
    "breaker rtt backoff backoff_cap",
    "endpoint": "service op low pad",
    "service": "replica groups per_group balance limited link workers queue shed patience cores "
    "work",
    "budget": "tokens earn cap",
    "breaker": "state since n bad probing window least share pause",
    "controller": "service least starting period target delay cool calm_at seen",
}


@dataclass(frozen=True)
class Lack:
    """A feature the product lacks.

    `words`: beginnings of words in names (two joined by "_" follow each other), none of which is in
    the vocabulary. `rests_on`: parts of the kernel that would change if it had the feature.
    """

    words: tuple[str, ...]
    rests_on: tuple[str, ...] = ()

    def signs(self) -> list[str]:
        """Names in the product that look like the feature, or are new where it would be."""
        starts = [rf"(?:^|_){word.replace('_', '[a-z]*_')}" for word in self.words]
        named = {name for name in vocabulary() if any(re.search(start, name) for start in starts)}
        return sorted(named) + [change for part in self.rests_on for change in changes(part)]


def changes(part: str) -> list[str]:
    """Names that have come to a part of the kernel, or gone from it."""
    if part.isupper():
        now = {
            name.removeprefix(f"{part}_") for name in vars(layout) if name.startswith(f"{part}_")
        }
    else:
        now = set(DTYPES[part].names or ())
    return [f"{part}: {name}" for name in sorted(now ^ set(AS_IT_WAS[part].split()))]


LACKS = {
    # --- of the kernel
    "hedged calls": Lack(("hedg", "speculat"), ("call", "OP")),
    "going on when some of the parallel calls have answered": Lack(("some_of",), ("op", "OP")),
    "processor sharing": Lack(("processor_shar", "discipline"), ("service", "OP")),
    "a queue that serves by priority": Lack(("priority_queue", "preempt"), ("service", "endpoint")),
    "patience as a distribution": Lack(("patience_dist", "patience_mean"), ("service",)),
    "leaving a worker's queue on giving up": Lack(("reneg", "leave_queue"), ("service", "call")),
    "two services with workers of their own on one processor": Lack(("colocat",), ("service",)),
    "service times that grow with the requests in progress": Lack(
        ("contention", "coherenc"), ("service", "endpoint", "OP")
    ),
    "backoff of other shapes than full jitter": Lack(("decorrelat", "equal_jitter"), ("call",)),
    "optimistic locking": Lack(("optimistic", "row_version"), ("OP",)),
    "a breaker's window of the last calls, and more than one probe": Lack(
        ("sliding_window", "probes", "half_open_call"), ("breaker",)
    ),
    "retries that stop at the client's own share of failures": Lack(
        ("own_failures", "local_breaker"), ("budget", "call")
    ),
    "limits on how fast an autoscaler adds instances": Lack(
        ("scale_up", "scaleup"), ("controller",)
    ),
    "a failure that lets its queue and the work in hand wait for the repair": Lack(
        ("freez", "keep_queue"), ("FAULT", "fault")
    ),
    "repair crews": Lack(("crew", "repairer"), ("fault", "FAULT")),
    "outages as events with a rate and a length": Lack(("mtbf", "mttf", "mttr"), ("fault",)),
    "three choices": Lack(("three_choice", "choices_of"), ("LB", "service")),
    # --- of what is calculated without a simulation
    "speed-up by processors of a job with a serial share": Lack(
        ("amdahl", "serial_share", "speedup")
    ),
    "fitting the universal scalability law": Lack(("usl", "universal_scal")),
    "incidents in minutes a year": Lack(("incidents_per", "incident_min")),
    "error budgets split by who spent them": Lack(("error_budget",)),
    "burn-rate alerts": Lack(("burn",)),
    "answers of dependent leaves": Lack(("correlat",)),
    "the share of leaves that has answered": Lack(("leaf", "partial_answer")),
    "bounds of a closed network as formulas": Lack(("asymptot", "closed_bound", "mva")),
    "bounds of a join as formulas": Lack(("join_bound", "fork_join")),
    "Nelson and Tantawi's approximation": Lack(("nelson", "tantawi")),
    "the exact product, for availabilities that the user states": Lack(("stated_avail",)),
    "the throughput of evenly loaded shards, as a formula": Lack(("if_balanced", "evenly_load")),
    "the gain by pipelining, a ratio of two measurements": Lack(("pipelining",)),
    "the hit ratio of a cache that holds the most popular keys": Lack(("lfu", "most_popular")),
    "a time to live that each access renews": Lack(("sliding_ttl", "ttl_renew", "idle_ttl")),
}  # fmt: skip


@cache
def vocabulary() -> frozenset[str]:
    """Names the kernel's tables, the model and the product's code are made of, in lower case."""
    names = set(vars(layout)) | set(DTYPES)
    names |= {column for dtype in DTYPES.values() for column in dtype.names or ()}
    names |= set(_of_schema(System.model_json_schema()))
    for path in Path(backend_lead.__file__).parent.rglob("*.py"):
        names |= {path.stem, path.parent.name, *_defined(path)}
    return frozenset(re.sub(r"(?<=[a-z])(?=[A-Z])|-", "_", name).lower() for name in names)


def _of_schema(schema: Any) -> Iterator[str]:
    """Fields and words of the model."""
    if isinstance(schema, dict):
        yield from schema.get("properties", ())
        yield from (word for word in schema.get("enum", ()) if isinstance(word, str))
        schema = list(schema.values())
    if isinstance(schema, list):
        for inner in schema:
            yield from _of_schema(inner)


def _defined(path: Path) -> Iterator[str]:
    """Functions, classes, their parameters and fields, and constants of a source file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
