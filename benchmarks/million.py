"""What a million concurrent users cost to simulate: twelve services, some 25 hops per request.

    python benchmarks/million.py

60 simulated seconds of a million users who think for 20 s, and of as many who think ten times as
long: a tenth of the requests. Cost should follow the requests, not the users.
"""

from __future__ import annotations

import resource
import sys
from typing import Any

from measuring import cpu_s, machine, pin, table

from backend_lead.analysis.lowering import lower
from backend_lead.kernel.load import compiled
from backend_lead.kernel.run import simulate
from backend_lead.model.system import System
from backend_lead.views.flow import Cpu, Flow
from backend_lead.views.resolve import resolve

USERS, THINK_S, UNTIL_S = 1_000_000, 20, 60.0
BUSY = 0.5  # of the cores of each service
KIB_PER_MIB = 1024


def service(*does: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "http-service", "instance": "m7g.xlarge", "zones": 3,
            "endpoints": {"do": {"does": list(does)}}}  # fmt: skip


def calls(*names: str) -> dict[str, Any]:
    return {"parallel": [{"call": f"{name}.do", "timeout": "1 s"} for name in names]}


def query(name: str) -> dict[str, Any]:
    return {"query": f"db.{name}", "timeout": "500 ms"}


def model(think_s: float) -> System:
    """A front, three services behind it, eight behind those, a cache and a sharded database."""
    cpu = {"cpu": "0.5 ms"}
    read = {"read": "cache", "entity": "thing", "miss": [query("by_id")]}
    parts: dict[str, Any] = {
        "edge": {"kind": "load-balancer"},
        "front": service(cpu, calls("pages", "prices", "people")),
        "pages": service(cpu, calls("catalog", "media", "reviews")),
        "prices": service(cpu, calls("stock", "offers", "taxes")),
        "people": service(cpu, calls("carts", "profiles")),
        **{name: service(cpu, read, query("list")) for name in (
            "catalog", "media", "reviews", "stock", "offers", "taxes", "carts", "profiles",
        )},
        "cache": {"kind": "redis", "instance": "cache.m7g.xlarge", "shards": 12,
                  "hit_ratio": "80%"},
        "db": {"kind": "postgres", "instance": "db.m7g.4xlarge", "shards": 16, "operations": {
            name: {"type": "read", "cpu": "0.1 ms", "entity": "thing", "shard_key": "id"}
            for name in ("by_id", "list")
        }},
    }  # fmt: skip
    said = {
        "backend": "million", "journeys": {"look": {"steps": ["front.do"]}}, "components": parts,
        "workload": {"clients": {"people": {"users": USERS, "think_time": f"{think_s} s",
                                            "timeout": "3 s", "journeys": {"look": "100%"}}},
                     "peak": {"factor": 2}, "entry": ["edge"]},
        "entities": {"thing": {"store": "db", "row": "1 kB", "rows": "1M", "skew": 0.9}},
        "slos": [{"p99": "1 s", "availability": "99%"}],
    }  # fmt: skip
    flow = resolve(System.model_validate(said))
    for name, part in parts.items():
        if part["kind"] == "http-service":
            part["count"] = max(3, round(work_s(flow, name) / flow.stations[name].cores / BUSY))
    return System.model_validate(said)


def work_s(flow: Flow, name: str) -> float:
    """Core-seconds a second."""
    return sum(
        flow.visits[key] * step.mean_s
        for key in flow.keys_of(name)
        for step in flow.nodes[key].steps
        if isinstance(step, Cpu)
    )


def measured(think_s: float) -> list[object]:
    """One row: what was simulated, and what it took."""
    flow = resolve(model(think_s))
    program = lower(flow).program
    spent, run = cpu_s(lambda: simulate(program, seed=1, until_s=UNTIL_S))
    assert run.status == "complete" and run.conserved
    hops = int(run.stats["n"].sum()) - run.ok  # each request is an attempt of its own row, too
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MIB
    return [
        f"{USERS:,}", f"{think_s:g} s", f"{run.started:,}", f"{hops / max(1, run.ok):.1f}",
        f"{run.failed + run.timed_out:,}", f"{spent:.1f}", f"{1e6 * spent / run.started:.1f}",
        f"{hops / spent / 1e6:.2f}", f"{memory:,.0f}",
    ]  # fmt: skip


def main() -> None:
    """Print the table; the first row is of the longer think time, so that memory is its own."""
    print(machine(), flush=True)
    pin()
    compiled()
    rows = [measured(10 * THINK_S), measured(THINK_S)]
    head = ["users", "think time", "requests", "hops each", "failed", "CPU s", "us a request",
            "M hops/CPU-s", "peak MiB"]  # fmt: skip
    print(table(head, rows))


if __name__ == "__main__":
    sys.exit(main())
