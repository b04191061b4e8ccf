"""Models in which a few long bursts of compute share cores with many short ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

from backend_lead.analysis import simulation
from backend_lead.analysis.solver import solve
from backend_lead.app.model_file import read_checked_text
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve

INSTANCES = {1: "m7g.large", 2: "m7g.large", 4: "m7g.xlarge", 8: "m7g.2xlarge"}  # by cores
HEAD = """\
backend: mixed
workload:
  clients:
    api: {{rate: {rate}/s, journeys: {{ask: {ask}%, report: {report}%}}}}
  peak: {{factor: 1}}
journeys:
  ask: {{steps: [app.ask]}}
  report: {{steps: [app.report]}}
slos:
  - {{journey: "*", p99: 10 s, availability: 99%}}
topology: {{provider: aws, region: us-east-1, zones: 1}}
"""
PART = """\
components:
  app:
    kind: http-service
    instance: {instance}
    count: {replicas}
    balance: {balance}
    concurrency: 100000
    serving: {{cores: {cores}}}
    endpoints:
      ask: {{does: [cpu: 1 ms]}}
      report: {{does: [cpu: {long} ms]}}
"""
STORE = """\
components:
  app:
    kind: http-service
    instance: m7g.4xlarge
    concurrency: 100000
    pool: 1000
    endpoints:
      ask: {{does: [{asks}]}}
      report: {{does: [query: db.long]}}
  db:
    kind: postgres
    instance: db.m7g.large
    operations:
      short: {{type: read, cpu: 1 ms, wait: 0 ms}}
      long: {{type: read, cpu: {long} ms, wait: 0 ms}}
{also}"""
# one that hardly hits: a second statement long after the first knows nothing of it
CACHE = "  cache: {kind: redis, instance: cache.m7g.large, hit_ratio: 1%}\n"
# Between two statements so many waits, together so many long bursts: one, when the second knows
# much of the first, and eight, when hardly.
WAITS, APART = 16, {"later": 1, "missed": 8}
ASKS = {  # how a request asks the database twice
    "together": "parallel: [{query: db.short}, {query: db.short}]",
    "again": "query: db.short, query: db.short",
    "later": "query: db.short, " + WAITS * "wait: {wait} ms, " + "query: db.short",
    "missed": "query: db.short, "
    + WAITS * "wait: {wait} ms, "
    + "{read: cache, miss: [query: db.short]}",
}
LONG_SEEN = (
    2_000  # long bursts of a run half busy, at least; busier ones, whose lines last, need more
)
REQUESTS = 300_000, 60_000_000  # of a run, at least and at most


@dataclass(frozen=True)
class Case:
    """Long bursts are `ratio` times as long as short ones, and `share` of the work."""

    cores: int
    ratio: int
    share: float
    busy: float
    replicas: int = 1
    balance: str = "random"

    @property
    def long_share(self) -> float:
        """Of the bursts, how many are long."""
        return self.share / (self.share + self.ratio * (1 - self.share))

    @property
    def reports(self) -> float:
        """Of the requests to a store, how many are long; the short ones ask twice."""
        return self.long_share / (self.long_share + (1 - self.long_share) / 2)

    def apart_s(self, asks: str) -> float:
        """The stated wait of a request between its statements, on the mean."""
        return (1 - self.reports) * APART.get(asks, 0) * self.ratio / 1000

    def head(self, rate: float, long_share: float) -> str:
        return HEAD.format(
            rate=f"{rate:.4f}", ask=f"{100 * (1 - long_share):.8f}",
            report=f"{100 * long_share:.8f}",
        )  # fmt: skip

    def part(self) -> Flow:
        """One part that computes all of it."""
        mean_s = 0.001 * (1 + self.long_share * (self.ratio - 1))
        rate = self.busy * self.cores * self.replicas / mean_s
        text = self.head(rate, self.long_share) + PART.format(
            instance=INSTANCES[self.cores], replicas=self.replicas, balance=self.balance,
            cores=self.cores, long=self.ratio,
        )  # fmt: skip
        return resolve(read_checked_text(text).system)

    def store(self, asks: str) -> Flow:
        """A database of two cores that each short request asks twice."""
        requests = self.reports
        mean_s = 0.001 * ((1 - requests) * 2 + requests * self.ratio)
        text = self.head(self.busy * self.cores / mean_s, requests) + STORE.format(
            asks=ASKS[asks].replace("{wait}", str(APART.get(asks, 0) * self.ratio / WAITS)),
            long=self.ratio,
            also=CACHE if "cache" in ASKS[asks] else "",
        )
        return resolve(read_checked_text(text).system)


def errors(flow: Flow, case: Case, longer: float = 1, apart_s: float = 0.0) -> tuple[float, float]:
    """Solver over kernel, less one: of the mean time without what is stated to pass `apart`, and of
    the p99 of short requests."""
    least, most = REQUESTS
    lasts = max(1.0, (0.5 / (1 - case.busy)) ** 2)
    requests = min(most, longer * max(least, LONG_SEEN * lasts / case.long_share))
    said = solve(flow)
    ran = simulation.run_steady(flow, 1, measure_s=math.ceil(requests / flow.requests_per_s))
    found = next(x for x in simulation.latencies(ran, "") if x.endpoint == "app.ask")
    return (
        (said.response_s - apart_s) / (simulation.response(ran) - apart_s) - 1,
        said.p99_s["app.ask"] / found.p99_s.value - 1,
    )
