"""The headline figures: each spelled once, with its origin; every output quotes these."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence

from backend_lead.analysis import simulation
from backend_lead.analysis.cost import own_prices
from backend_lead.analysis.simulation import Ran
from backend_lead.catalog import kind_of
from backend_lead.model.design import Capacity, Cost, Design, JourneyAvailability, Run
from backend_lead.model.figure import Figure
from backend_lead.model.quantity import Origin
from backend_lead.model.system import System
from backend_lead.model.units import nines, rate_text, trim


def check_command() -> str:
    """What repeats a figure that needs no run; with the user's prices where they were used."""
    own = own_prices()
    return "backend-lead check backend.yaml" + (f" --prices {shlex.quote(own)}" if own else "")


def thousands(value: float) -> str:
    """Three significant digits, thousands separated: 90,000; 1,230; 45.6."""
    if value >= 1000:
        return f"{round(value, 3 - len(str(int(value)))):,.0f}"
    return trim(value, 3)


def load_text(users: float, per_s: float) -> str:
    """A load: `90,000 users`, or its rate where no users are stated."""
    return f"{thousands(users)} users" if users else rate_text(per_s, "requests", thousands)


def time_text(value: float) -> str:
    if math.isinf(value):
        return "no answer"
    return f"{trim(value * 1e3, 3)} ms" if value < 1 else f"{trim(value, 3)} s"


def headline_figures(design: Design, steady: Ran) -> dict[str, Figure]:
    """By id; the first five are the ones every output shows."""
    assert design.cost is not None
    every = [
        simulated_requests(*simulation.measured_rate(steady), design.runs[0]),
        instances(design.system), _p99(design), availability_of(design.availability),
        monthly_cost(design.cost, design.system.topology.region), *_users(design),
        *_objectives(design), *_capacity(design), *_per_million(design),
    ]  # fmt: skip
    return {figure.id: figure for figure in every}


def simulated_requests(value: float, low: float | None, high: float | None, run: Run) -> Figure:
    """Requests per second as a run at the stated peak counted them; without an interval where it
    has no ends."""
    low, high = (x if x is not None and math.isfinite(x) else None for x in (low, high))
    return Figure(
        "requests_per_s", "Requests per second at peak", value, "1/s",
        rate_text(value, "requests", thousands), "simulated",
        "requests started / simulated time after the warm-up, all clients", low, high, run.id,
        run.repeat,
    )  # fmt: skip


def simulated_p99(
    request: str, value: float, low: float | None, high: float | None, run: Run
) -> Figure:
    """The p99 of the slowest request, as a run at the stated peak saw it."""
    return Figure(
        "p99", "p99 of the slowest request", value, "s", time_text(value), "simulated",
        f"{request}: 99 % of its requests are answered within this at peak, as measured at the "
        "edge of the system", low, high, run.id, run.repeat,
    )  # fmt: skip


def instances(system: System) -> Figure:
    """How many machines there are to run."""
    parts = []
    for name, part in system.components.items():
        n = kind_of(part.kind).instances(part)
        if n:
            parts.append((n, name, part.instance or ""))
    total = sum(n for n, _, _ in parts)
    return Figure(
        "instances", "Machines", total, "count", f"{total} machines", "computed",
        " + ".join(f"{n} {name} ({machine})" for n, name, machine in parts)
        + "; managed balancers and CDNs not counted", repeat=check_command(),
    )  # fmt: skip


def availability_of(found: Sequence[JourneyAvailability]) -> Figure:
    """The availability of the journey that is closest to, or furthest below, its objective."""
    worst = min(found, key=lambda j: (j.availability - j.objective, j.journey))
    parts = ", ".join(f"{t.component} {nines(t.availability)}" for t in worst.terms)
    return Figure(
        "availability", "Availability of the worst journey", worst.availability, "ratio",
        nines(worst.availability), "computed",
        f"journey '{worst.journey}': share of its requests that are answered; sum over which zones "
        "are up of the chance of it x the product of the parts in that case; each by itself: "
        f"{parts}", repeat=check_command(),
    )  # fmt: skip


def monthly_cost(cost: Cost, region: str) -> Figure:
    """The bill at list prices; its range is of prices and assumed amounts, not of the load."""
    return Figure(
        "cost_usd_month", "Cost per month", cost.usd_month, "USD/month",
        f"{thousands(cost.usd_month)} USD/month", "computed",
        f"quantity x list price, prices of {cost.as_of}, {region}, no discounts; machines that "
        "follow the load by the hours it keeps them, all others for the peak all month; the range "
        "is of prices and assumed amounts, not of the load",
        cost.low_usd_month, cost.high_usd_month, repeat=check_command(),
    )  # fmt: skip


def _p99(design: Design) -> Figure:
    if not design.latencies:
        return Figure("p99", "p99 of the slowest request", math.inf, "s", "not known", "simulated")
    worst = max(design.latencies, key=lambda x: x.p99_s.value)
    p99 = worst.p99_s
    return simulated_p99(worst.endpoint, p99.value, p99.low, p99.high, design.runs[0])


def _users(design: Design) -> list[Figure]:
    clients = [c for c in design.system.workload.clients.values() if c.users]
    total = sum(c.users.value for c in clients if c.users)
    if not total:
        return []
    origins = {c.users.origin for c in clients if c.users}
    origin: Origin = "stated" if "stated" in origins or "computed" in origins else "assumed"
    return [
        Figure("concurrent_users", "Concurrent users at peak", total, "count", f"{total:,.0f}",
               origin, "users in the system at once, thinking or waiting (N in N = X (R + Z))"),
    ]  # fmt: skip


def _objectives(design: Design) -> list[Figure]:
    out = []
    p99s = [slo.p99 for slo in design.system.slos]
    if p99s:
        low = min(p99s, key=lambda q: q.value)
        out.append(
            Figure(
                "p99_objective",
                "Objective, p99",
                low.value,
                "s",
                time_text(low.value),
                low.origin,
                low.why or low.source or "",
                *(low.range or (None, None)),
            )
        )
    high = max((slo.availability for slo in design.system.slos), key=lambda q: q.value)
    out.append(
        Figure("availability_objective", "Objective, availability", high.value, "ratio", high.text,
               high.origin, high.why or high.source or "", *(high.range or (None, None)))
    )  # fmt: skip
    budget = design.system.budget
    if budget is not None:
        out.append(
            Figure("budget", "Budget per month", budget.value, "USD/month",
                   f"{thousands(budget.value)} USD/month", budget.origin, budget.source or "")
        )  # fmt: skip
    return out


def _capacity(design: Design) -> list[Figure]:
    capacity = design.capacity
    if capacity is None:
        return []
    users = (
        "concurrent_users"
        if any(c.users for c in design.system.workload.clients.values())
        else "requests/s"
    )
    label = "Most users within objectives" if users == "concurrent_users" else "Highest load"
    planned = _planned(capacity) if capacity.planned_per_s else []
    return [
        Figure("max_users", label, capacity.max_users, "count", thousands(capacity.max_users),
               "computed", "highest load at which the solver's p99 of every request keeps its "
               f"objective, all zones up; {capacity.limit}", repeat=check_command()),
        *planned,
    ]  # fmt: skip


def _planned(capacity: Capacity) -> list[Figure]:
    """The load carried under what the sizes are planned for, with its unit."""
    users, rate = capacity.planned_users, capacity.planned_per_s
    return [
        Figure("max_planned", f"Highest load {capacity.planned_when}", users or rate,
               "count" if users else "1/s",
               load_text(users, rate),
               "computed", "highest load at which the solver keeps every objective "
               f"{capacity.planned_when}, data grown alike", repeat=check_command())
    ]  # fmt: skip


def _per_million(design: Design) -> list[Figure]:
    cost = design.cost
    assert cost is not None
    return [
        Figure(
            "cost_per_million",
            "Cost per million requests",
            cost.usd_per_million_requests,
            "USD",
            f"{trim(cost.usd_per_million_requests, 3)} USD",
            "computed",
            "monthly cost / requests of a month at the daily mean",
            repeat=check_command(),
        ),
    ]
