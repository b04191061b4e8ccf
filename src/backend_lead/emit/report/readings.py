"""The numbers in a design's records, as figures: value, origin, and the way back to the run.

A record names its run; here that becomes a `Figure`, so that no writer of this folder can print a
result without its origin.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace

from backend_lead.emit.report import wording
from backend_lead.emit.report.columns import (
    BUDGET_COLUMNS,
    CAPACITY_COLUMNS,
    HOP_COLUMNS,
    LOAD_COLUMNS,
    MEASURE_COLUMNS,
    MEASURE_UNITS,
    NECK_COLUMNS,
    TRIAL_COLUMNS,
    column_words,
)
from backend_lead.emit.report.data_readings import DataReadings
from backend_lead.model.design import (
    AvailabilityTerm,
    Bottleneck,
    CapacityPoint,
    Cost,
    CostLine,
    Decision,
    Design,
    Hop,
    HopBudget,
    Interval,
    JourneyAvailability,
    Latency,
    Measure,
    Run,
    StationLoad,
    Trial,
)  # fmt: skip
from backend_lead.model.figure import Figure
from backend_lead.model.messages import MessageAge
from backend_lead.model.quantity import Origin
from backend_lead.model.units import rate_text

_QUANTILES = {"p50": "median", "p95": "95th percentile", "p99": "99th percentile"}
_SOLVER = "by the analytic solver, with one zone lost and the margins of planning"
_PRICED = {"copied": "copied from the price list", "repaired": "price list, repaired",
           "derived": "derived from listed prices", "assumed": "assumed"}  # fmt: skip


def run_of(design: Design, run_id: str) -> Run | None:
    """The run with this id, if the design kept it."""
    return next((run for run in design.runs if run.id == run_id), None)


class Readings(DataReadings):
    """Turns the records of one design into figures; every figure has one id and one spelling."""

    def __init__(self, design: Design) -> None:
        super().__init__(design)
        prices = design.versions.get("prices", "").partition(" ")[0]
        options = f" --seed {design.seed} -o again/" + (f" --prices {prices}" if prices else "")
        brief = design.system.brief
        self._generate = f"backend-lead generate backend.yaml{options}"
        searched = design.decisions or design.alternatives or design.stages or design.refusal
        asked = shlex.quote(brief) if brief and searched else "backend.yaml"
        self.search_command = f"backend-lead design {asked}{options}"

    def _computed(
        self, word: str, label: str, value: float, unit: str, how: str, repeat: str = ""
    ) -> Figure:
        return Figure(word, label, value, unit, wording.in_unit(value, unit, word), "computed", how,
                      repeat=repeat or self._generate)  # fmt: skip

    def searched(self, word: str, label: str, value: float, unit: str, how: str) -> Figure:
        """A number the search came by: repeated by the command that searches."""
        return self._computed(word, label, value, unit, how, self.search_command)

    def latency(self, row: Latency, quantile: str) -> Figure:
        """p50, p95 or p99 of one user-facing request."""
        found: Interval = getattr(row, f"{quantile}_s")
        return self._simulated(
            f"latency.{row.endpoint}.{quantile}", f"{row.endpoint}, {_QUANTILES[quantile]}",
            found.value, "s", row.run, f"over {row.requests:,} requests, failures counted apart",
            low=found.low, high=found.high)  # fmt: skip

    def failed(self, row: Latency) -> Figure:
        """The share of one user-facing request that failed."""
        part = row.failed / row.requests if row.requests else 0.0
        how = f"{row.failed:,} of {row.requests:,} requests"
        return self._simulated(f"latency.{row.endpoint}.failed", f"{row.endpoint}, failed", part,
                               "ratio", row.run, how)  # fmt: skip

    def age(self, row: MessageAge, quantile: str) -> Figure:
        """p50 or p99 of the age at which messages have been handled."""
        return self._simulated(
            f"age.{row.handler}.{quantile}", f"{row.topic} at {row.handler}, {quantile} of the age",
            getattr(row, f"{quantile}_s"), "s", row.run,
            f"over {row.messages:,} messages, from their publication until they are handled",
        )  # fmt: skip

    def hop(self, row: Hop, column: str) -> Figure:
        """One column of a hop: a rate, a percentile or a mean wait."""
        word = f"hop.{row.component}.{row.endpoint}.{column}"
        unit = "1/s" if column == "visits_per_s" else "s"
        label = f"{row.component}.{row.endpoint}, {column_words(column)}"
        how = "mean per visit" if column.startswith("wait") else ""
        return self._simulated(word, label, getattr(row, column), unit, row.run, how)

    def budget(self, row: HopBudget, column: str) -> Figure:
        """One column of a hop's budget: its p99 now, or what it may become."""
        word = f"budget.{row.request}.{row.hop}.{column}"
        label = f"{row.hop} within {row.request}, {column_words(column)}"
        if column == "p99_s":
            return self._simulated(word, label, row.p99_s, "s", row.run)
        how = {
            "together_s": "p99 now x objective / p99 of the request",
            "alone_s": "p99 now + (objective - p99 of the request) / calls",
        }[column]
        value = getattr(row, column)
        return Figure(word, label, value, "s", wording.in_unit(value, "s", word), "computed", how,
                      run=row.run, repeat=self._repeat.get(row.run, ""))  # fmt: skip

    def load(self, row: StationLoad, column: str) -> Figure:
        """One column of a station: visits that ended, shares of cores busy and workers held."""
        word = f"load.{row.component}.{row.station}.{column}"
        unit = "1/s" if column == "ended_per_s" else "ratio"
        label = f"{row.component} {row.station}, {column_words(column)}"
        return self._simulated(word, label, getattr(row, column), unit, row.run)

    def trial(self, row: Trial, column: str) -> Figure | None:
        """One column of a trial; None where it never recovered, or no users are stated."""
        value = getattr(row, column)
        if value is None or (column == "users_affected" and not self.by_users):
            return None
        unit = {"failed_share": "ratio", "users_affected": "count"}.get(column, "s")
        label = f"{row.title}: {column_words(column)}"
        return self._simulated(f"trial.{row.id}.{column}", label, value, unit, row.run, row.fault)

    def point(self, row: CapacityPoint) -> Figure | None:
        """The p99 of one point of the capacity curve; None where the load has no steady state."""
        if row.p99_s is None:
            return None
        load = f"{wording.count(row.users)} users" if self.by_users else (
            wording.rate(row.requests_per_s))  # fmt: skip
        word, label = f"capacity.{row.users:.0f}.{row.by}", f"p99 at {load}"
        if row.by == "solver":
            return Figure(word, label, row.p99_s, "s", wording.seconds(row.p99_s), "computed",
                          "by the analytic solver", repeat=self._generate)  # fmt: skip
        return self._simulated(word, label, row.p99_s, "s", row.by, "kernel run at this load")

    def capacity(self, word: str) -> Figure | None:
        """`max_users`, `max_requests_per_s` or `knee_users`; the headline figure first."""
        capacity = self.design.capacity
        if word in self.design.figures or capacity is None:
            return self.design.figures.get(word)
        value = getattr(capacity, word)
        unit = "1/s" if word.endswith("per_s") else "count"
        return self._computed(word, column_words(word), value, unit, "read off the capacity curve")

    def most(self, word: str = "max") -> Figure | None:
        """The `max` or `knee` load with its unit: in users where these are stated, else a rate."""
        found = self.capacity(f"{word}_users")
        if found is None:
            return None
        if found.value <= 0:
            return replace(found, text="no load")
        if self.by_users:
            return replace(found, text=f"{found.text} users")
        if word == "max":
            found = self.capacity("max_requests_per_s") or found
        label = "Most requests per second" if word == "max" else "Requests per second at the knee"
        text = rate_text(found.value, "requests", wording.count)
        return replace(found, id=f"capacity.{word}_per_s", label=label, unit="1/s", text=text,
                       low=None, high=None)  # fmt: skip

    def binds(self, row: Bottleneck) -> Figure:
        """The load at which a bottleneck binds, with its unit: in users where these are stated."""
        found = self.bottleneck(row, "at_users" if self.by_users else "at_requests_per_s")
        return replace(found, text=wording.load(found))

    def bottleneck(self, row: Bottleneck, column: str) -> Figure:
        """At which users or requests a bottleneck binds, or how busy it is at the target."""
        unit = {"at_users": "count", "at_requests_per_s": "1/s"}.get(column, "ratio")
        label = f"{row.component} {row.resource}, {column_words(column)}"
        return self._computed(
            f"bottleneck.{row.rank}.{column}", label, getattr(row, column), unit, row.why
        )

    def line(self, row: CostLine) -> Figure:
        """What one priced item costs a month."""
        origin: Origin = {"copied": "catalogue", "repaired": "catalogue", "derived": "computed",
                          "assumed": "assumed"}.get(row.method, "catalogue")  # type: ignore[assignment]  # fmt: skip
        how = (f"{wording.number(row.quantity, 6)} {row.unit} at {row.unit_price_usd:g} USD; "
               f"{_PRICED.get(row.method, row.method)}: {row.source}, {row.sku}, {row.region}, "
               f"{row.as_of}")  # fmt: skip
        word = f"cost.{row.component}.{wording.slug(row.item)}"
        return Figure(word, f"{row.component}: {row.item}", row.usd_month, "USD/month",
                      wording.money(row.usd_month), origin, how, row.low_usd_month,
                      row.high_usd_month, repeat=self._generate)  # fmt: skip

    def total(self, cost: Cost) -> Figure:
        """The monthly bill: the headline figure, else the sum of the lines."""
        found = self.design.figures.get("cost_usd_month")
        how = f"sum of {len(cost.lines)} lines, list prices of {cost.as_of}, no discounts"
        return found or Figure("cost.total", "Cost per month", cost.usd_month, "USD/month",
                               wording.money(cost.usd_month), "computed", how,
                               cost.low_usd_month, cost.high_usd_month,
                               repeat=self._generate)  # fmt: skip

    def per_million(self, cost: Cost) -> Figure:
        """What a million requests cost."""
        found = self.design.figures.get("cost_per_million")
        return found or self._computed("cost.per_million", "Cost per million requests",
                                  cost.usd_per_million_requests, "USD",
                                  "monthly cost / requests of a month")  # fmt: skip

    def journey(self, row: JourneyAvailability) -> Figure:
        """The availability of a journey."""
        how = (
            "share of requests answered: sum over which zones are up, the chance of it × the "
            "product of the parts below in that case; parts in one zone fail together, so it is "
            "more than the product of their own; a lost shard fails requests for its keys alone"
        )
        return self._computed(f"availability.{row.journey}", f"Availability of {row.journey}",
                              row.availability, "ratio", how)  # fmt: skip

    def downtime(self, row: JourneyAvailability) -> Figure:
        """Minutes a month a journey is down, if all that fails did so at once."""
        value, how = (
            row.downtime_min_month * 60,
            "(1 - availability) × one month: as if all requests failed at once",
        )
        label = f"Down time of {row.journey} a month"
        return self._computed(f"downtime.{row.journey}", label, value, "s", how)

    def term(self, journey: str, row: AvailabilityTerm) -> Figure:
        """One part of a journey's availability, by itself."""
        word, label = f"availability.{journey}.{row.component}", f"Availability of {row.component}"
        return self._computed(word, label, row.availability, "ratio", row.how)

    def measure(self, decision: Decision, state: str, row: Measure, column: str) -> Figure | None:
        """One column of a state of the search; None where the load has no steady state."""
        value = getattr(row, column)
        if value is None:
            return None
        unit = MEASURE_UNITS.get(column, "count")
        word = f"decision.{decision.number}.{wording.slug(state)}.{column}"
        label = f"Decision {decision.number}, {state}: {column_words(column)}"
        return self._computed(word, label, value, unit, _SOLVER, self.search_command)

    @property
    def by_users(self) -> bool:
        """Whether the load is stated in users; else in requests a second."""
        return any(client.users for client in self.design.system.workload.clients.values())

    def needed(self, row: Decision) -> Figure:
        """The load above which a decision is needed."""
        word, label = f"decision.{row.number}.needed", f"Decision {row.number} needed above"
        how = f"most {{}} within objectives before the step, {_SOLVER}"
        if row.needed_above_users:
            value, unit, how = row.needed_above_users, "count", how.format("users")
        else:
            value, unit, how = row.needed_above_per_s, "1/s", how.format("requests a second")
        return self._computed(word, label, value, unit, how, self.search_command)

    def all(self) -> Iterator[Figure]:
        """Every figure of the design, headline first, each id once."""
        seen: set[str] = set()
        for figure in self._every():
            if figure is not None and figure.id not in seen:
                seen.add(figure.id)
                yield figure

    def _every(self) -> Iterator[Figure | None]:
        design = self.design
        yield from design.figures.values()
        yield from (row.figure for row in design.arithmetic)
        for latency in design.latencies:
            yield from (self.latency(latency, q) for q in _QUANTILES)
            yield self.failed(latency)
        for age in design.ages:
            yield from (self.age(age, q) for q in ("p50", "p99"))
        for hop in design.hops:
            yield from (self.hop(hop, c) for c in HOP_COLUMNS)
        for part in design.budgets:
            yield from (self.budget(part, c) for c in BUDGET_COLUMNS)
        for load in design.loads:
            yield from (self.load(load, c) for c in LOAD_COLUMNS)
        yield from self.of_data()
        if design.capacity:
            yield from (self.capacity(c) for c in CAPACITY_COLUMNS)
            yield from (self.point(p) for p in design.capacity.points)
            for neck in design.capacity.bottlenecks:
                yield from (self.bottleneck(neck, c) for c in NECK_COLUMNS)
        for trial in design.trials:
            yield from (self.trial(trial, c) for c in TRIAL_COLUMNS)
        for journey in design.availability:
            yield from (self.journey(journey), self.downtime(journey))
            yield from (self.term(journey.journey, t) for t in journey.terms)
        if design.cost:
            yield from (self.total(design.cost), self.per_million(design.cost))
            yield from (self.line(x) for x in design.cost.lines)
        for decision in design.decisions:
            yield self.needed(decision) if decision.for_load else None
            states = [("before", decision.before), ("after", decision.after)]
            states += [(f"{o.tactic} at {o.site}", o.after) for o in decision.options]
            for state, measure in states:
                yield from (self.measure(decision, state, measure, c) for c in MEASURE_COLUMNS)
