"""A design: a model together with everything that was found about it.

Plain values, in base units (seconds, bytes, 1/s, ratios, USD per month). Search and analysis write
them, emitters read them; nothing here computes. Every number that people read is a `Figure` or sits
in a record that names its run, its price row or its assumption.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from backend_lead.model.capacity import Bottleneck as Bottleneck
from backend_lead.model.capacity import Capacity as Capacity
from backend_lead.model.capacity import CapacityPoint as CapacityPoint
from backend_lead.model.copies import CopyReads, LostWrites
from backend_lead.model.figure import Figure
from backend_lead.model.finding import Finding
from backend_lead.model.messages import MessageAge, PutAside
from backend_lead.model.paths import Alternative, Flip, Refusal, Stage
from backend_lead.model.screens import ApiPlan
from backend_lead.model.sessions import SessionStep
from backend_lead.model.system import System
from backend_lead.model.ways import WayLoad

Verdict = Literal["pass", "fail", "unknown"]


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % confidence interval; low = high = value where it is exact."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Run:
    """One run of the kernel: enough to repeat it, and what it found.

    `scale` is 1 for full scale, k for a 1/k twin. `results` is JSON-ready. `repeat` is a command.
    """

    id: str
    kind: str
    title: str
    model_digest: str
    seed: int
    horizon_s: float
    warmup_s: float
    scale: int
    requests: int
    versions: dict[str, str]
    repeat: str
    results: dict[str, Any]


@dataclass(frozen=True)
class Latency:
    """Latency of one user-facing request over a whole run, failures counted apart."""

    endpoint: str
    journeys: tuple[str, ...]
    requests: int
    failed: int
    p50_s: Interval
    p95_s: Interval
    p99_s: Interval
    objective_p99_s: float
    verdict: Verdict
    run: str


@dataclass(frozen=True)
class Hop:
    """Where requests spend time: one endpoint or operation of one component.

    Waits are means per visit: for a worker, for a pooled connection, for a core.
    """

    component: str
    endpoint: str
    visits_per_s: float
    p50_s: float
    p99_s: float
    wait_worker_s: float
    wait_pool_s: float
    wait_core_s: float
    run: str


@dataclass(frozen=True)
class HopBudget:
    """What a part of one request takes and may take; a request makes it `calls` times.

    The p99 may be `together_s` when every part slows down alike, `alone_s` when only this one."""

    request: str
    hop: str
    calls: float
    p99_s: float
    together_s: float
    alone_s: float
    run: str


@dataclass(frozen=True)
class StationLoad:
    """How busy one station is: its name, capacity and measured use.

    `busy` is the share of cores in use, `held` the share of workers (0 where unlimited), of those
    that were there; `ended_per_s` counts visits that ended. Where scaling changes the replicas,
    `replicas` are those stated, `mean` and `most` those that a balancer saw in the run.
    """

    component: str
    station: str
    replicas: int
    cores: int
    ended_per_s: float
    busy: float
    held: float
    run: str
    mean: float | None = None
    most: int | None = None


@dataclass(frozen=True)
class TrialSecond:
    """One second of a trial: requests ended well, failed, and the p99 of those that ended well."""

    t_s: float
    ok: int
    failed: int
    p99_s: float


@dataclass(frozen=True)
class Trial:
    """The design broken on purpose, and what happened. Whom a limit `refused` has not failed.

    `hurt_s` is the whole time from the fault until all was well, `down_s` of it the seconds in
    which most requests failed; `recover_s` is counted from the end of the `trigger`, if there is
    one. `users_affected` are those in the worst second.
    """

    id: str
    title: str
    fault: str
    verdict: Verdict
    why: str
    recover_s: float | None
    recover_limit_s: float
    failed_share: float
    users_affected: float
    p99_before_s: float
    p99_worst_s: float
    p99_after_s: float
    degrades: str
    fault_at_s: float
    series: tuple[TrialSecond, ...]
    run: str
    refused: int = 0
    hurt_s: float = 0.0
    down_s: float = 0.0
    trigger: str = ""
    by_chance: bool = False  # it went on throughout, and is judged by what was answered


@dataclass(frozen=True)
class CostLine:
    """One priced item. `method` is how the price came about: copied, repaired, derived, assumed."""

    component: str
    item: str
    quantity: float
    unit: str
    unit_price_usd: float
    usd_month: float
    low_usd_month: float
    high_usd_month: float
    sku: str
    region: str
    source: str
    as_of: str
    method: str


@dataclass(frozen=True)
class Cost:
    """The monthly bill, list prices without discounts."""

    lines: tuple[CostLine, ...]
    usd_month: float
    low_usd_month: float
    high_usd_month: float
    as_of: str
    usd_per_million_requests: float


@dataclass(frozen=True)
class AvailabilityTerm:
    """One factor of a journey's availability."""

    component: str
    availability: float
    how: str


@dataclass(frozen=True)
class JourneyAvailability:
    """Availability of one journey computed from its graph, beside the objective."""

    journey: str
    availability: float
    objective: float
    verdict: Verdict
    downtime_min_month: float
    terms: tuple[AvailabilityTerm, ...]


@dataclass(frozen=True)
class Measure:
    """What a state of the search was worth: by the solver, at design peak with one zone lost.

    `reach` is the load, as a multiple of the stated one, that turning its open knobs alone could
    carry (looked for up to the growth that is asked for); 0 where that was not looked for.
    """

    max_users: float
    requests_per_s: float
    p99_s: float | None
    availability: float
    usd_month: float
    complexity: float
    limit: str
    reach: float = 0.0


@dataclass(frozen=True)
class Option:
    """A tactic at a site that was considered in one step, sized, with what it would have given."""

    tactic: str
    site: str
    summary: str
    after: Measure
    chosen: bool
    why: str


@dataclass(frozen=True)
class Decision:
    """One step of the search: what broke, what was considered, what was taken, before and after.

    `needed_above_users`, or `needed_above_per_s` where no users are stated, is the load above which
    the step becomes necessary; 0 where it was not taken for the load. `growth` is set where it was
    taken to be able to grow: to so many times the stated load, by turning knobs alone.
    """

    number: int
    id: str
    title: str
    tactic: str
    site: str
    problem: str
    options: tuple[Option, ...]
    before: Measure
    after: Measure
    summary: str
    costs: str
    needed_above_users: float
    status: str = "accepted"
    needed_above_per_s: float = 0.0
    growth: float = 0.0

    @property
    def for_load(self) -> bool:
        """Whether the step was taken because the load was not carried."""
        return bool(self.needed_above_users or self.needed_above_per_s)


@dataclass(frozen=True)
class Assumption:
    """A number nobody stated: its value, range and reason; where it sits in the model.

    `cost_low` and `cost_high`: USD a month with the value at the low and the high end of the range,
    the design sized anew; None where no sizes hold, both None where it was not tried.
    """

    path: str
    label: str
    text: str
    low_text: str
    high_text: str
    why: str
    source: str
    cost_low: float | None = None
    cost_high: float | None = None

    @property
    def tried(self) -> bool:
        """Whether the cost is known at an end of the range."""
        return self.cost_low is not None or self.cost_high is not None


@dataclass(frozen=True)
class Question:
    """What to ask the asker, and what was taken meanwhile."""

    text: str
    taken: str
    why: str


@dataclass(frozen=True)
class Sum:
    """One line of the load arithmetic: a label, the formula in words and numbers, the figure."""

    group: str
    label: str
    formula: str
    figure: Figure


@dataclass(frozen=True)
class Stated:
    """A quantity found in the brief: the words, where they stand, what they were read as."""

    words: str
    start: int
    end: int
    meaning: str
    text: str


@dataclass
class Design:
    """The whole answer. `figures` holds every headline number by id; outputs quote only these.

    `links` (the ways between regions), `ages` and `sessions` are of the steady run; so are
    `copies`, and of each run in which a replica fell further behind than is stated; `put_aside`
    and `lost_writes` are of all runs.

    The five every output shows: `requests_per_s`, `instances`, `p99`, `availability`,
    `cost_usd_month`.
    """

    system: System
    digest: str
    seed: int
    title: str
    headline: str
    verdict: Verdict
    figures: dict[str, Figure]
    stated: list[Stated] = field(default_factory=list)
    arithmetic: list[Sum] = field(default_factory=list)
    latencies: list[Latency] = field(default_factory=list)
    hops: list[Hop] = field(default_factory=list)
    budgets: list[HopBudget] = field(default_factory=list)
    loads: list[StationLoad] = field(default_factory=list)
    links: list[WayLoad] = field(default_factory=list)
    ages: list[MessageAge] = field(default_factory=list)
    put_aside: list[PutAside] = field(default_factory=list)
    sessions: list[SessionStep] = field(default_factory=list)
    copies: list[CopyReads] = field(default_factory=list)
    lost_writes: list[LostWrites] = field(default_factory=list)
    capacity: Capacity | None = None
    trials: list[Trial] = field(default_factory=list)
    availability: list[JourneyAvailability] = field(default_factory=list)
    cost: Cost | None = None
    decisions: list[Decision] = field(default_factory=list)
    alternatives: tuple[Alternative, ...] = ()
    stages: tuple[Stage, ...] = ()
    flips: tuple[Flip, ...] = ()
    refusal: Refusal | None = None
    screens: ApiPlan | None = None
    assumptions: list[Assumption] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    solver_error: dict[str, float] = field(default_factory=dict)
    not_covered: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    asks_data: bool = False  # the brief asks for a data layer: front pages begin with its answer
    source_text: str = ""  # the YAML the system was read from; its comments are kept
