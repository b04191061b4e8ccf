"""Cases of shared cores, orders of a queue, and services on one processor, put to the kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.run import COMPLETE, simulate
from tests.kernel.measured import root_of

from .case import Parameters, Values, answers
from .layers import geometric
from .reading import in_use, long_run, mean_s, per_attempt_s, rate_per_s, share

ANY = 10_000  # workers where all may be at work at once


def shared(b: Builder, steps: list[list[Any]], cores: int = 1) -> list[int]:
    """Endpoints of a service whose requests all share its cores evenly."""
    service = b.service(per_group=1, workers=ANY, cores=cores)
    b.host(cores, [b.replica(service)])
    return [b.endpoint(service, taken) for taken in steps]


@answers("mg1-ps-60pct")
def processor_sharing(p: Parameters) -> Values:
    """The farthest off of the three distributions, and how far they are apart."""
    mean, rate = p["service_demand_mean_s"], p["arrival_rate_per_s"]
    dists: dict[str, Callable[[Builder], int]] = {
        "exponential": lambda b: b.dist_exp(mean),
        "constant": lambda b: b.dist_const(mean),
        "lognormal cv=3": lambda b: b.dist_lognormal(mean, 3),
    }
    found = {}
    for name in p["service_distributions"]:
        b = Builder()
        (served,) = shared(b, [[("cpu", dists[name](b))]])
        b.open(rate, {root_of(b, [("call", b.call(served))]): 1})
        run = long_run(b, rate, 1_500_000)
        found[name] = (mean_s(run), mean_s(run) * rate_per_s(run))
    expected = mean / (1 - rate * mean)
    worst, under_way = max(found.values(), key=lambda pair: abs(pair[0] - expected))
    means = [pair[0] for pair in found.values()]
    return {
        "mean_response_time_for_every_distribution": worst,
        "mean_number_in_system": under_way,
        "mean_response_time_of_requests_with_demand_exactly_S": found["constant"][0],
        "largest_spread_between_distributions": (max(means) - min(means)) / expected,
    }


@answers("closed-two-classes")
def two_classes(p: Parameters) -> Values:
    values: Values = {}
    b = Builder()
    at: dict[str, list[int]] = {
        name: shared(b, [[("cpu", b.dist_exp(c["demand_s"][name]))] for c in p["classes"]])
        for name in p["classes"][0]["demand_s"]
    }
    roots = {}
    for k, c in enumerate(p["classes"]):
        steps = [("call", b.call(endpoints[k])) for endpoints in at.values()]
        roots[c["name"]] = root_of(b, steps)
        b.closed(c["users"], c["think_time_s"], {roots[c["name"]]: 1})
    run = long_run(b, 7, 400_000)
    for name, root in roots.items():
        windows = run.run.windows[10:110, run.run.roots.index(root)]
        values[f"{name}.throughput"] = float(windows["ok"].sum() / run.seconds)
        latency = windows["latency"].sum() / windows["ok"].sum() / lay.NS_PER_S
        values[f"{name}.mean_response_time"] = float(latency)
    use = {name: sum(in_use(run, e) for e in endpoints) for name, endpoints in at.items()}
    return values | {f"utilisation.{name}": busy for name, busy in use.items()}


@answers("priority-interactive-over-batch")
def priority(p: Parameters) -> Values:
    b = Builder()
    service = b.service(per_group=1, workers=p["servers"], cores=p["servers"], order=lay.RANKED)
    at = {
        c["name"]: b.endpoint(
            service, [("cpu", b.dist_exp(c["service_time_mean_s"]))], rank=1 + c["priority"]
        )
        for c in p["classes"]
    }
    for c in p["classes"]:
        root = root_of(b, [("call", b.call(at[c["name"]]))])
        b.open(c["arrival_rate_per_s"], {root: 1})
    run = long_run(b, 50, 3_000_000)
    values: Values = {}
    conserved = 0.0
    for c in p["classes"]:
        wait = per_attempt_s(run, at[c["name"]], "wait_worker")
        values[f"{c['name']}.mean_wait"] = wait
        response = per_attempt_s(run, at[c["name"]], "latency")
        values[f"{c['name']}.mean_response_time"] = response
        conserved += c["arrival_rate_per_s"] * c["service_time_mean_s"] * wait
    return values | {"conservation_sum_rho_W": conserved}


@answers("impatient-clients-overload")
def impatient(p: Parameters) -> Values:
    """Who gives up is found at his turn; till then he is among those who wait, though he has left.

    So the queue is that of those still interested: of a turn that comes after v a client has waited
    min(v, patience), which is patience times 1 - exp(-v / patience) on average.
    """
    b = Builder()
    patience, rate = p["patience_mean_s"], p["arrival_rate_per_s"]
    service = b.service(
        per_group=1, workers=p["servers"], cores=p["servers"], give_up=b.dist_exp(patience)
    )
    served = b.endpoint(service, [("cpu", b.dist_exp(p["service_time_mean_s"]))])
    b.open(rate, {root_of(b, [("call", b.call(served))]): 1})
    run = long_run(b, rate, 2_000_000)
    sampled = simulate(
        b.build(), seed=2, until_s=15_000, warmup_s=1_000, window_s=100, sample_every=20
    )
    assert sampled.status == COMPLETE and sampled.spans is not None and not sampled.spans_full
    spans = sampled.spans[(sampled.spans["endpoint"] == served) & (sampled.spans["ended"] > 0)]
    turns = spans["wait_worker"] / lay.NS_PER_S
    interested = float((patience * -np.expm1(-turns / patience)).mean())
    return {
        "abandoned_fraction": share(run, "failed"),
        "probability_of_waiting": float((turns > 0).mean()),
        "mean_queue_length": rate * interested,
        "goodput": rate_per_s(run),
    }


# --- layers ---------------------------------------------------------------------------------------

PER_CYCLE: dict[str, dict[str, float]] = {  # calls of each class, as the case says in words
    "class1": {"login": 0.6, "logout": 0.6, "add": 1, "remove": 1, "display": 0.2, "pay": 5,
               "placeOrder": 1},
    "class2": {"login": 0.5, "logout": 0.5, "add": 1, "remove": 1, "display": 1},
}  # fmt: skip


class Shop:
    """The Sock Shop: one thread a service, two on one processor with their database client."""

    def __init__(self, p: Parameters) -> None:
        self.b, self.demand = Builder(), p["demand_s"]
        b = self.b
        login = b.service(per_group=1, workers=ANY, cores=p["login_cores"])
        self.entries = {name: self.entry(login, name, {}) for name in ("login", "logout")}
        cart = self.thread()
        self.entries |= {name: self.entry(cart, name, {}) for name in ("add", "remove")}
        read = self.entry(self.thread(), "diskread", {})
        catalogue, client = self.thread(), self.thread()
        connect = self.entry(client, "connect", {read: 0.1})
        self.entries["display"] = self.entry(catalogue, "display", {connect: 2})
        self.entries["pay"] = self.entry(self.thread(), "pay", {})
        disk = self.thread()
        reading, writing = self.entry(disk, "disk3read", {}), self.entry(disk, "disk3write", {})
        order, mongo = self.thread(), self.thread()
        update = self.entry(mongo, "mongo3update", {reading: 1.1, writing: 1.1})
        address = self.entry(self.thread(), "address", {})
        self.entries["placeOrder"] = self.entry(order, "placeOrder", {update: 2, address: 0.5})
        for pair in ((catalogue, client), (order, mongo)):
            b.host(1, [b.replica(service) for service in pair])

    def thread(self) -> int:
        return self.b.service(per_group=1, workers=1, cores=1)

    def entry(self, service: int, name: str, calls: Mapping[int, float]) -> int:
        return self.b.endpoint(service, self.steps(self.demand[name], calls))

    def steps(self, demand_s: float, calls: Mapping[int, float], own: str = "cpu") -> list[Any]:
        """A geometric number of calls, to whom at random, with the work in between."""
        b, total = self.b, sum(calls.values())
        work, left, visit = (own, b.dist_exp(demand_s / (1 + total))), 0.0, None
        for callee, mean_count in calls.items():
            left += mean_count
            call = ("call", b.call(callee))
            visit = call if visit is None else ("either", mean_count / left, [call], [visit])
        return [work] if visit is None else geometric(b, total, demand_s / (1 + total), visit, own)

    def users(self, name: str, n: int, own_s: float) -> int:
        """Users of a class, whose own work lies between their calls; gives their root.

        The slice of it before the first call is the time in which they think.
        """
        calls = {self.entries[entry]: count for entry, count in PER_CYCLE[name].items()}
        root = root_of(self.b, self.steps(own_s, calls, "delay")[1:])
        self.b.closed(n, own_s / (1 + sum(calls.values())), {root: 1})
        return root


@answers("sockshop-layered-published", full=True)
def sock_shop(p: Parameters) -> Values:
    values: Values = {}
    for point in p["points"]:
        shop = Shop(p)
        sizes = {"class1": point["N1"], "class2": point["N2"]}
        roots = {name: shop.users(name, n, p["own_work_s"][name]) for name, n in sizes.items()}
        run = long_run(shop.b, 0.2, 100_000)
        prefix = f"N1={point['N1']}.N2={point['N2']}"
        for name, root in roots.items():
            ok = run.run.windows[10:110, run.run.roots.index(root)]["ok"].sum()
            values[f"{prefix}.{name}_throughput"] = float(ok / run.seconds)
        login = shop.entries["login"]
        waited = per_attempt_s(run, login, "wait_worker") + per_attempt_s(run, login, "wait_core")
        values[f"{prefix}.login_mean_wait"] = waited
    return values
