"""Random models, through the model language: the solver is judged by them against the kernel.

A model has 2 to 8 services that ask each other and one database, some through a cache, some of them
several at once; closed and open clients; limited workers and pools. `law` adds one more word of the
model language to it. Counts are such that the busiest part is busy as asked when its load is
`load` times the stated one.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from backend_lead.analysis.solver import solve
from backend_lead.model.system import System
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve

SERVICES = (2, 8)
RATE_PER_S = 2_000.0  # requests of all clients together
INSTANCES = ("m7g.large", "m7g.xlarge", "m7g.2xlarge")
BALANCES = ("random", "round-robin", "least-outstanding", "power-of-two")
DATABASES = ("db.m7g.xlarge", "db.m7g.2xlarge", "db.m7g.4xlarge")
LAWS = (
    "plain", "queue", "contention", "host", "share_cores", "locks", "hedge", "priority", "gives_up",
    "limit",
)  # fmt: skip
HALVINGS = 12
NEAR = 0.01


@dataclass(frozen=True)
class Drawn:
    """A random model, and the multiple of its stated load at which its busiest part is as busy as
    asked."""

    seed: int
    law: str
    busy: float
    flow: Flow
    load: float


class _Drawing:
    def __init__(self, seed: int, law: str) -> None:
        self.r = random.Random(f"{seed} {law}")
        self.law = law
        self.n = self.r.randint(*SERVICES)
        self.with_cache = self.r.random() < 0.5
        self.operations: dict[str, Any] = {}
        self.entities: dict[str, Any] = {}

    def ms(self, low: float, high: float) -> str:
        """A time, drawn evenly on the logarithmic scale."""
        return f"{low * (high / low) ** self.r.random():.3f} ms"

    def query(self) -> dict[str, Any]:
        name = f"q{len(self.operations)}"
        said: dict[str, Any] = {"type": "read", "cpu": self.ms(0.1, 1.5)}
        if self.r.random() < 0.3:
            said["wait"] = self.ms(0.2, 3.0)
        self.operations[name] = said
        return {"query": f"db.{name}"}

    def call(self, i: int) -> dict[str, Any]:
        """One call of a service: to one after it, or to the database."""
        if i + 1 < self.n and self.r.random() < 0.6:
            return {"call": f"s{self.r.randint(i + 1, self.n - 1)}.do"}
        return self.query()

    def does(self, i: int) -> list[dict[str, Any]]:
        r = self.r
        steps: list[dict[str, Any]] = [{"cpu": self.ms(0.3, 4.0)}]
        if r.random() < 0.3:
            steps.append({"wait": self.ms(1.0, 20.0)})
        if r.random() < 0.3:
            calls = [self.call(i) for _ in range(r.randint(2, 4))]
            steps.append({"parallel": calls})
            if r.random() < 0.3:
                steps[-1]["need"] = r.randint(1, len(calls))
        elif i + 1 < self.n or r.random() < 0.8:
            steps.append(self.call(i))
        if self.with_cache and r.random() < 0.4:
            steps.append({"read": "cache", "entity": "thing", "miss": [self.query()]})
        if r.random() < 0.3:
            steps.append({"cpu": self.ms(0.2, 1.0)})
        return steps

    def services(self) -> dict[str, Any]:
        r = self.r
        out: dict[str, Any] = {}
        for i in range(self.n):
            out[f"s{i}"] = {
                "kind": "http-service", "instance": r.choice(INSTANCES), "count": 1,
                "balance": r.choice(BALANCES), "concurrency": r.choice((8, 16, 32, 256)),
                "pool": r.choice((4, 8, 32)), "endpoints": {"do": {"does": self.does(i)}},
            }  # fmt: skip
        return out

    def model(self) -> dict[str, Any]:
        r = self.r
        components = self.services()
        journeys = self.journeys()
        shares = {"all": "70%", "other": "30%"} if "other" in journeys else {"all": "100%"}
        split = r.choice((0.0, 0.5, 1.0))
        think_s = r.choice((1.0, 10.0))
        clients: dict[str, Any] = {}
        if split > 0:
            clients["people"] = {"users": int(RATE_PER_S * split * think_s),
                                 "think_time": f"{think_s} s", "journeys": shares}  # fmt: skip
        if split < 1:
            clients["systems"] = {"rate": f"{RATE_PER_S * (1 - split):g}/s", "journeys": shares}
        if self.with_cache:
            components["cache"] = {"kind": "redis", "instance": "cache.m7g.large",
                                   "hit_ratio": f"{r.randint(40, 95)}%"}  # fmt: skip
            self.entities["thing"] = {"store": "db", "row": "1 kB", "rows": "100k", "skew": 0.9}
        if not self.operations:
            components["s0"]["endpoints"]["do"]["does"].append(self.query())
        components["db"] = {"kind": "postgres", "instance": r.choice(DATABASES),
                            "operations": self.operations}  # fmt: skip
        self.say(components)
        return {
            "backend": "random", "journeys": journeys, "components": components,
            "workload": {"clients": clients, "peak": {"factor": 2}},
            "entities": self.entities, "slos": [{"p99": "1 s", "availability": "99%"}],
        }  # fmt: skip

    def say(self, components: dict[str, Any]) -> None:
        """Say the law of this drawing of one part or another."""
        r, law = self.r, self.law
        name = f"s{r.randint(0, self.n - 1)}"
        part = components[name]
        if law == "queue":  # few places, so that some find none
            part |= {"concurrency": r.choice((4, 8)), "queue": r.choice((0, 1, 2, 4))}
        elif law == "gives_up":
            part |= {"concurrency": r.choice((4, 8)), "serving": {"gives_up": self.ms(5, 50)}}
        elif law == "contention":
            part["serving"] = {"contention": f"{r.uniform(0.5, 5):.2f}%",
                               "coherency": f"{r.uniform(0, 0.1):.3f}%"}  # fmt: skip
        elif law == "share_cores":
            part["serving"] = {"share_cores": True}
        elif law == "host":
            guest, home = r.sample(range(self.n), 2)
            components[f"s{guest}"] |= {"instance": components[f"s{home}"]["instance"],
                                        "serving": {"host": f"s{home}"}}  # fmt: skip
        elif law == "hedge":
            for step in part["endpoints"]["do"]["does"]:
                for call in step.get("parallel", [step]):
                    if "call" in call or "query" in call:
                        call["hedge"] = self.ms(10, 60)
        elif law == "limit":  # of calls to a service of their own, that may go without its answer
            does: list[dict[str, Any]] = [{"cpu": self.ms(0.3, 4.0)}, {"wait": self.ms(1, 20)}]
            components["hints"] = {
                "kind": "http-service", "instance": r.choice(INSTANCES), "count": 1,
                "balance": r.choice(BALANCES), "endpoints": {"do": {"does": does}},
            }  # fmt: skip
            components["s0"]["endpoints"]["do"]["does"].append(
                {"call": "hints.do", "optional": True, "limit": r.choice((1, 2, 4, 8, 16))}
            )
        elif law == "priority":  # of the first, which clients ask for both
            part = components["s0"]
            part |= {"concurrency": r.choice((2, 4)), "serving": {"order": "priority"}}
            does = part["endpoints"]["do"]
            part["endpoints"] = {"do": does | {"priority": 1}, "later": does | {"priority": 3}}
        elif law == "locks":
            self.entities["seat"] = {"store": "db", "row": "1 kB", "rows": r.choice((50, 5_000)),
                                     "skew": r.choice((0.0, 0.8))}  # fmt: skip
            self.operations[f"q{len(self.operations)}"] = {
                "type": "write", "cpu": self.ms(0.2, 1.0), "wait": self.ms(1.0, 8.0),
                "entity": "seat", "locks": True,
            }  # fmt: skip
            part["endpoints"]["do"]["does"].append({"query": f"db.q{len(self.operations) - 1}"})

    def journeys(self) -> dict[str, Any]:
        """One or two endpoints that clients ask for."""
        out = {"all": {"steps": ["s0.do"]}}
        if self.law == "priority":
            out["other"] = {"steps": ["s0.later"]}
        elif self.n > 2 and self.r.random() < 0.5:
            out["other"] = {"steps": ["s1.do"]}
        return out


def drawn(seed: int, busy: float, law: str = "plain") -> Drawn:
    """The random model of a seed with one more law, its busiest part `busy` (a share)."""
    drawing = _Drawing(seed, law)
    model = drawing.model()
    _count(model, drawing.r)
    flow = resolve(System.model_validate(model))
    return Drawn(seed, law, busy, flow, _load(flow, busy))


def _count(model: dict[str, Any], r: random.Random) -> None:
    """Give each service as many instances as keep its cores at 25 to 70 % at the stated load."""
    flow = resolve(System.model_validate(model))
    for name, part in model["components"].items():
        if part["kind"] == "http-service":
            work = sum(
                flow.visits.get(key, 0.0) * step.mean_s
                for key in flow.keys_of(name)
                for step in flow.nodes[key].steps
                if hasattr(step, "mean_s") and type(step).__name__ == "Cpu"
            )
            part["count"] = max(1, round(work / flow.stations[name].cores / r.uniform(0.25, 0.7)))


def _load(flow: Flow, busy: float) -> float:
    """The multiple of the stated load at which the solver finds the busiest part that busy."""
    low, high = 0.0, 1.0
    while (found := solve(flow, high)).stable and found.limit.busy < busy:
        low, high = high, 2 * high
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        found = solve(flow, middle)
        if found.stable and found.limit.busy < busy:
            low = middle
        else:
            high = middle
        if (high - low) < NEAR * high:
            break
    return low
