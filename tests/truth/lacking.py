"""What the product lacks for the rest of the collection, and how it shows when that has changed.

A reason in not_yet.md is made of these features. Each has words the product would have to use if it
had the feature, or the columns of the kernel's table that would have to grow; both are looked up.
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


@dataclass(frozen=True)
class Lack:
    """A feature the product lacks.

    `words`: beginnings of words, none of which may be in the vocabulary; two words joined by "_"
    must not follow each other in a name. `columns`: a table and all columns it has without it.
    """

    words: tuple[str, ...] = ()
    table: str = ""
    columns: str = ""

    def signs(self) -> list[str]:
        """Names in the product that look like the feature."""
        found = [
            name
            for name in sorted(vocabulary())
            for word in self.words
            if re.search(rf"(?:^|_){word.replace('_', '[a-z]*_')}", name)
        ]
        if self.table:
            now, then = set(DTYPES[self.table].names or ()), set(self.columns.split())
            found += [f"{self.table}.{column}" for column in sorted(now ^ then)]
        return found


CALL = (
    "endpoint group pool pool_scope room retries optional timeout lane deadline budget breaker rtt "
    "backoff backoff_cap"
)
SERVICE = (
    "replica groups per_group balance limited link workers queue shed patience cores work"
)
BREAKER = "state since n bad probing window least share pause"
CONTROLLER = "service least starting period target delay cool calm_at seen"
BUDGET = "tokens earn cap"
FAULT = "at action replica x"

LACKS = {
    # --- of the kernel
    "hedged calls": Lack(("hedg", "speculat", "backup_request", "duplicate_after"), "call", CALL),
    "going on when some of the parallel calls have answered": Lack(
        ("first_of", "any_of", "wait_for_some", "needed_answers"), "op", "code a b pad p"
    ),
    "processor sharing": Lack(
        ("sharing", "processor_shar", "timeslice", "discipline"), "service", SERVICE
    ),
    "a queue that serves by priority": Lack(("priorit", "urgent", "preempt"), "service", SERVICE),
    "patience as a distribution": Lack(("patience_dist", "patience_mean"), "service", SERVICE),
    "leaving a worker's queue on giving up": Lack(("renege", "leave_queue", "abandon")),
    "two services with workers of their own on one processor": Lack(
        ("processor", "colocat", "host_of"), "service", SERVICE
    ),
    "service times that grow with the requests in progress": Lack(
        ("contention", "coherenc", "degrad", "slowdown"), "replica",
        "service group up visible silent epoch pool pools starting pad held busy waiting sent "
        "q_head q_tail cores_busy c_head c_tail slow",
    ),
    "backoff of other shapes than full jitter": Lack(
        ("equal_jitter", "decorrelat", "jitter_kind"), "call", CALL
    ),
    "optimistic locking": Lack(("optimistic", "compare_and", "row_version", "conflict_retr")),
    "a breaker's window of the last calls, and more than one probe": Lack(
        ("sliding", "ring_of_results", "half_open_calls", "probes"), "breaker", BREAKER
    ),
    "retries that stop at the client's own share of failures": Lack(
        ("failure_ratio", "own_share"), "budget", BUDGET
    ),
    "limits on how fast an autoscaler adds instances": Lack(
        ("scale_up", "step_most", "grow_most", "growth"), "controller", CONTROLLER
    ),
    "a failure that lets its queue and the work in hand wait for the repair": Lack(
        ("freeze", "keep_queue", "fault_pause", "suspend"), "fault", FAULT
    ),
    "repair crews": Lack(("crew", "repairer", "repair_"), "fault", FAULT),
    "outages as events with a rate and a length": Lack(("mtbf", "mttr", "outage_rate"), "fault", FAULT),
    "three choices": Lack(("lb_p3", "three_choice", "choices")),
    # --- of what is calculated without a simulation
    "speed-up by processors of a job with a serial share": Lack(("amdahl", "serial_share", "speedup")),
    "fitting the universal scalability law": Lack(("usl", "scalability")),
    "incidents in minutes a year": Lack(("incident_m", "incidents")),
    "error budgets split by who spent them": Lack(("error_budget", "spent_by")),
    "burn-rate alerts": Lack(("burn",)),
    "answers of dependent leaves": Lack(("leaf_correl", "dependent_lea")),
    "the share of leaves that has answered": Lack(("answered",)),
    "bounds of a closed network as formulas": Lack(("knee", "closed_bound", "asymptot")),
    "bounds of a join as formulas": Lack(("join_bound", "fork", "harmonic")),
    "Nelson and Tantawi's approximation": Lack(("nelson", "tantawi")),
    "the exact product, for availabilities that the user states": Lack(("stated_availab",)),
    "the throughput of evenly loaded shards, as a formula": Lack(("if_balanced", "even_shards")),
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
