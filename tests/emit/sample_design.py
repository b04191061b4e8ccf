"""A whole design to write about, built by hand. Its numbers are made up; its shape is real."""

from __future__ import annotations

from backend_lead.model.design import (
    Assumption,
    AvailabilityTerm,
    Bottleneck,
    Capacity,
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
    Option,
    Question,
    Run,
    Stated,
    StationLoad,
    Sum,
    Trial,
    TrialSecond,
)  # fmt: skip
from backend_lead.model.digest import digest
from backend_lead.model.figure import Figure
from backend_lead.model.finding import Finding, Place
from backend_lead.model.quantity import Origin
from tests.emit.sample_paths import (
    sample_alternatives,
    sample_flips,
    sample_refusal,
    sample_stages,
)
from tests.emit.sample_system import BRIEF, sample_system

LOAD_RUN = "load-7c1e"
REPEAT = "backend-lead simulate backend.yaml --seed 1 --run load-7c1e"
TRIAL_REPEAT = "backend-lead simulate backend.yaml --seed 1 --fault zone-loss"
VERSIONS = {"backend-lead": "0.1.0", "numba": "0.68.1", "numpy": "2.4.6"}


def _figure(word: str, label: str, value: float, unit: str, text: str, origin: Origin,
            how: str, low: float | None = None, high: float | None = None,
            run: str = "", repeat: str = "") -> Figure:  # fmt: skip
    return Figure(word, label, value, unit, text, origin, how, low, high, run, repeat)


def sample_figures() -> dict[str, Figure]:
    """The headline figures by id."""
    every = [
        _figure("concurrent_users", "Concurrent users", 1e6, "count", "1M", "stated",
                "the brief, words 8 to 9: 1 million"),
        _figure("requests_per_s", "Requests per second", 93_070, "1/s", "93.1k/s", "simulated",
                "requests completed / horizon, over all clients", 92_880, 93_260, LOAD_RUN, REPEAT),
        _figure("instances", "Instances", 136, "count", "136", "computed",
                "90 application + 24 recommender + 16 database + 6 cache",
                repeat="backend-lead check backend.yaml"),
        _figure("p99", "Latency, 99th percentile", 0.1437, "s", "144 ms", "simulated",
                "the slowest user-facing request: place_order", 0.1402, 0.1471, LOAD_RUN, REPEAT),
        _figure("availability", "Availability", 0.99962, "ratio", "99.962%", "computed",
                "product of the factors of the worst journey, buy",
                repeat="backend-lead check backend.yaml --only availability"),
        _figure("cost_usd_month", "Cost per month", 61_240, "USD/month", "61.2k USD/month",
                "catalogue", "list prices of 2026-10-01, us-east-1, no discounts", 54_100, 70_900,
                repeat="backend-lead cost backend.yaml"),
        _figure("p99_objective", "Objective, 99th percentile", 0.2, "s", "200 ms", "assumed",
                "the default of the product: answers under 200 ms", 0.1, 0.5),
        _figure("availability_objective", "Objective, availability", 0.999, "ratio", "99.9%",
                "assumed", "the default of the product", 0.99, 0.9999),
        _figure("max_users", "Most users within objectives", 1.31e6, "count", "1.31M", "simulated",
                "bisection over kernel runs", 1.28e6, 1.33e6, "capacity-51d0",
                "backend-lead capacity backend.yaml --seed 1"),
        _figure("cost_per_million", "Cost per million requests", 0.76, "USD", "0.76 USD",
                "computed", "monthly cost / requests of a month at the mean load"),
    ]  # fmt: skip
    return {figure.id: figure for figure in every}


def _arithmetic() -> list[Sum]:
    rows: list[tuple[str, str, str, float, str, str]] = [
        ("Users to requests", "Mobile requests", "650k users / (10 s think + 0.04 s answer)",
         64_741, "1/s", "64.7k/s"),
        ("Users to requests", "Browser requests", "350k users / (12 s think + 0.04 s answer)",
         29_069, "1/s", "29.1k/s"),
        ("Per component", "Application", "requests × (1 - 60% answered at the edge of lists)",
         76_300, "1/s", "76.3k/s"),
        ("Per component", "Database reads", "cache misses 8% × list and item reads", 6_420, "1/s",
         "6,420/s"),
        ("Per component", "Database writes", "carts and orders", 4_100, "1/s", "4,100/s"),
        ("Bandwidth", "Out of the edge", "93.1k/s × 14 kB mean answer", 1.3e9, "B/s", "1.3 GB/s"),
        ("Storage", "Orders after one year", "1,370 orders/s / 3 × 1 kB × 1 year", 1.44e13, "B",
         "14.4 TB"),
    ]  # fmt: skip
    return [Sum(group, label, formula, _figure(f"sum.{i}", label, value, unit, text, "computed",
                                               formula))
            for i, (group, label, formula, value, unit, text) in enumerate(rows)]  # fmt: skip


def _latencies() -> list[Latency]:
    rows = [
        ("app.list_products", "browse", 2_410_000, 3.1, 9.8, 31.0),
        ("app.get_product", "browse", 2_402_000, 2.2, 6.4, 18.2),
        ("app.list_recommendations", "browse", 2_398_000, 11.2, 29.4, 88.1),
        ("app.add_to_cart", "buy", 148_000, 2.9, 8.8, 33.0),
        ("app.place_order", "buy", 147_600, 48.8, 71.2, 143.7),
        ("app.get_profile", "account", 781_000, 2.6, 8.1, 24.9),
    ]
    return [Latency(name, (journey,), n, n // 90_000, *(
        Interval(x / 1e3, x / 1e3 * 0.976, x / 1e3 * 1.024) for x in (p50, p95, p99)),
        0.2, "pass", LOAD_RUN) for name, journey, n, p50, p95, p99 in rows]  # fmt: skip


def _hops() -> list[Hop]:
    rows = [
        ("edge", "pass", 93_070, 0.4, 1.1, 0, 0, 0),
        ("balancer", "pass", 76_300, 0.6, 1.9, 0, 0, 0),
        ("app", "list_products", 14_900, 2.6, 28, 0.1, 0.2, 0.5),
        ("app", "get_product", 24_800, 1.7, 16, 0.1, 0.1, 0.4),
        ("app", "list_recommendations", 24_700, 10.4, 85, 0.2, 0, 0.6),
        ("app", "add_to_cart", 1_540, 2.3, 31, 0.1, 0.3, 0.4),
        ("app", "place_order", 1_530, 47.9, 141, 0.1, 0.4, 0.6),
        ("app", "get_profile", 8_700, 2.1, 23, 0.1, 0.2, 0.4),
        ("recommender", "rank", 24_700, 7.1, 78, 0.8, 0, 3.9),
        ("product-cache", "read", 39_700, 0.3, 0.9, 0, 0, 0.05),
        ("orders-db", "by_category", 1_190, 1.4, 12, 0, 0, 0.9),
        ("orders-db", "by_id", 1_980, 0.3, 6, 0, 0, 0.2),
        ("orders-db", "profile_by_id", 8_700, 0.3, 6.1, 0, 0, 0.2),
        ("orders-db", "upsert_cart", 1_540, 0.8, 9, 0, 0, 0.3),
        ("orders-db", "insert_order", 1_530, 1.3, 14, 0, 0, 0.5),
    ]  # fmt: skip
    return [Hop(c, e, v, *(x / 1e3 for x in rest), LOAD_RUN) for c, e, v, *rest in rows]


def _budgets() -> list[HopBudget]:
    rows = [("app.place_order", 1, 141, 196, 197), ("orders-db.insert_order", 1, 14, 19.5, 70)]
    return [HopBudget("app.place_order", hop, calls, *(x / 1e3 for x in rest), LOAD_RUN)
            for hop, calls, *rest in rows]  # fmt: skip


def _capacity() -> Capacity:
    curve = [(u, 0.055 + 0.0006 * u**2 + max(0, u - 13) ** 2 * 0.02) for u in range(1, 17)]
    points = [CapacityPoint(u * 1e5, u * 9_350, p99, u <= 13, "solver") for u, p99 in curve]
    points.append(CapacityPoint(1.7e6, 158_000, None, False, "solver"))
    points += [CapacityPoint(1e6, 93_070, 0.1437, True, LOAD_RUN),
               CapacityPoint(1.31e6, 121_000, 0.196, True, "capacity-51d0")]  # fmt: skip
    return Capacity(tuple(points), 1.31e6, 121_000, 1.22e6, (
        Bottleneck(1, "recommender", "cores", 1.34e6, 124_500, 0.72,
                   "96 cores serve 6 ms each: 16k/s a zone; at 72% busy now"),
        Bottleneck(2, "orders-db", "pooled connections", 1.61e6, 149_000, 0.58,
                   "Little's law: 1,920 connections, 1.1 ms held each"),
    ), 1.31)  # fmt: skip


def _series(at: int, down: int, depth: float) -> tuple[TrialSecond, ...]:
    out = []
    for t in range(120):
        hit = at <= t < at + down
        ok = int(93_000 * (1 - depth * hit)) + (t * 37) % 400
        out.append(TrialSecond(float(t), ok, int(93_000 * depth * 0.9) if hit else (t % 3),
                               0.62 if hit else 0.142 + (t * 13 % 7) / 1e3))  # fmt: skip
    return tuple(out)


def _trials() -> list[Trial]:
    return [
        Trial("zone-loss", "One zone is lost", "all of zone 2 stops at 30 s", "pass",
              "answers are back within the limit", 11.4, 60, 0.0061, 41_000, 0.142, 0.62, 0.151,
              "a third of the cache is cold for 40 s", 30, _series(30, 11, 0.3), "trial-zone-91aa",
              hurt_s=11.4),
        Trial("cache-loss", "The product cache is empty", "product-cache loses all keys at 30 s",
              "fail", "the database queue is still growing at the limit", None, 60, 0.212, 312_000,
              0.142, 4.1, 2.2, "product pages fail, buying goes on", 30, _series(30, 80, 0.6),
              "trial-cache-3b07", hurt_s=80.0),
        Trial("db-failover", "A database primary fails over", "shard 3 of orders-db stops",
              "unknown", "the run ended before the failover did", 28.0, 60, 0.0014, 9_800, 0.142,
              0.31, 0.149, "writes of one shard in eight wait", 30, (), "trial-db-77f2",
              hurt_s=28.0),
    ]  # fmt: skip


def _cost() -> Cost:
    rows = [
        ("app", "m7g.2xlarge", 90, "instance", 0.3264, 21_444, "copied"),
        ("recommender", "c7g.xlarge", 24, "instance", 0.145, 2_540, "copied"),
        ("orders-db", "db.r7g.4xlarge Multi-AZ", 16, "instance", 1.912, 22_332, "copied"),
        ("orders-db", "storage gp3", 32_768, "GB-month", 0.115, 3_768, "copied"),
        ("product-cache", "cache.r7g.large", 6, "instance", 0.219, 959, "derived"),
        ("balancer", "load balancer capacity units", 210, "LCU-hour", 0.008, 1_226, "derived"),
        ("edge", "transfer out", 298_000, "GB", 0.03, 8_971, "assumed"),
    ]
    lines = tuple(CostLine(c, item, n, unit, price, month, month * 0.9, month * 1.15, item,
                           "us-east-1", "AWS price list", "2026-10-01", how)
                  for c, item, n, unit, price, month, how in rows)  # fmt: skip
    return Cost(lines, 61_240, 54_100, 70_900, "2026-10-01", 0.76)


def _availability() -> list[JourneyAvailability]:
    terms = [
        ("edge", 0.9999, "provider's agreement"), ("balancer", 0.9999, "provider's agreement"),
        ("app", 0.9999992, "90 copies, 60 needed, three zones"),
        ("orders-db", 0.99984, "failover 30 s, 2 a year a shard, 8 shards"),
    ]  # fmt: skip
    factors = tuple(AvailabilityTerm(*term) for term in terms)
    return [
        JourneyAvailability("browse", 0.99975, 0.999, "pass", 11.0, factors[:3]),
        JourneyAvailability("buy", 0.99962, 0.999, "pass", 16.6, factors),
        JourneyAvailability("account", 0.99962, 0.999, "pass", 16.6, factors),
    ]  # fmt: skip


def _decisions() -> list[Decision]:
    start = Measure(12_000, 1_100, None, 0.9952, 2_400, 4, "app cores")
    wide = Measure(310_000, 28_900, 0.41, 0.9981, 31_000, 4, "orders-db cores")
    cached = Measure(620_000, 57_800, 0.31, 0.9981, 32_900, 6, "orders-db cores")
    end = Measure(1_310_000, 121_000, 0.144, 0.99962, 61_240, 9, "recommender cores")
    replica = Measure(840_000, 78_000, 0.22, 0.9991, 55_700, 7, "orders-db primary cores")
    return [
        Decision(1, "0001", "Copies of the application behind a balancer", "replicate", "app",
                 "one instance saturates at 12k users", (
                     Option("replicate", "app", "90 copies over three zones", wide, True,
                            "carries 26 times the load at 13 times the cost"),
                     Option("bigger-instance", "app", "one m7g.16xlarge", Measure(
                         96_000, 8_900, 0.6, 0.9952, 4_100, 4, "app cores"), False,
                         "one machine is one zone: the objective of 99.9% is out of reach")),
                 start, wide, "Run the application as 90 copies", "state must leave the process",
                 12_000),
        Decision(2, "0002", "Cache product reads", "cache-aside", "app.list_products",
                 "orders-db has no cores left at 310k users", (
                     Option("cache-aside", "app.list_products", "Redis in front of product reads",
                            cached, True, "cheapest step that lifts the limit"),
                     Option("read-replicas", "orders-db", "two replicas a shard", replica, False,
                            "lifts more, costs 24.7k USD a month more")),
                 wide, cached, "Read products through product-cache",
                 "entries may be 10 min old; a cold cache is a fault to try", 310_000),
        Decision(3, "0003", "Shard the orders database by customer", "shard", "orders-db",
                 "writes alone keep the primary 94% busy at 620k users", (
                     Option("shard", "orders-db", "8 shards by customer", end, True,
                            "the only option that moves writes"),
                     Option("read-replicas", "orders-db", "two replicas", replica, False,
                            "writes stay on one primary")),
                 cached, end, "Split orders-db into 8 shards by customer id",
                 "no queries across customers; moving a shard is a procedure", 620_000),
    ]  # fmt: skip


def _runs() -> list[Run]:
    rows = [
        (LOAD_RUN, "load", "Design peak, all zones", 120.0, 8_288_600, REPEAT),
        ("capacity-51d0", "load", "1.31M users", 60.0, 7_260_000,
         "backend-lead capacity backend.yaml --seed 1"),
        ("trial-zone-91aa", "trial", "One zone is lost", 120.0, 11_100_000, TRIAL_REPEAT),
        ("trial-cache-3b07", "trial", "The product cache is empty", 120.0, 10_400_000,
         "backend-lead simulate backend.yaml --seed 1 --fault cache-loss"),
        ("trial-db-77f2", "trial", "A database primary fails over", 120.0, 11_150_000,
         "backend-lead simulate backend.yaml --seed 1 --fault db-failover"),
    ]  # fmt: skip
    return [Run(i, kind, title, digest(sample_system()), 1, horizon, 30.0, 1, n, VERSIONS, repeat,
                {"p99_s": 0.1437, "failed": 91})
            for i, kind, title, horizon, n, repeat in rows]  # fmt: skip


def _assumptions() -> list[Assumption]:
    return [
        Assumption("workload.clients.mobile.think_time", "Think time of mobile users", "10 s",
                   "5 s", "20 s", "reading pace of a list page", "default of the domain", 33_000,
                   112_000),
        Assumption("components.product-cache.hit_ratio", "Hit ratio of the product cache", "92%",
                   "80%", "97%", "Zipf popularity with s = 0.99 and 10 min to live", "computed "
                   "from the skew", 58_000, 74_000),
        Assumption("components.app.endpoints.list_products.does.0.cpu", "CPU of list_products",
                   "2 ms", "1 ms", "5 ms", "JSON of 20 rows", "catalogue of costs"),
    ]  # fmt: skip


def sample_design(without: str = "") -> Design:
    """The design, or the same without one component: no record of it is left anywhere."""
    system = sample_system(without)
    at = BRIEF.index("1 million")
    design = Design(
        system=system, digest=digest(system), seed=1,
        title="A backend for one million concurrent users",
        headline="A modular monolith on 90 instances carries one million concurrent users and "
                 "answers 99 of 100 requests within 144 ms.",
        verdict="fail", figures=sample_figures(),
        stated=[Stated("1 million", at, at + 9, "concurrent users", "1M"),
                Stated("concurrent users", at + 10, at + 26, "kind of load: closed loop", "users")],
        arithmetic=_arithmetic(), latencies=_latencies(), hops=_hops(), budgets=_budgets(),
        loads=[StationLoad("app", "cores", 90, 8, 76_300, 0.61, 0.22, LOAD_RUN),
               StationLoad("recommender", "cores", 24, 4, 24_700, 0.72, 0.31, LOAD_RUN),
               StationLoad("orders-db", "primaries", 8, 16, 10_500, 0.58, 0.44, LOAD_RUN)],
        capacity=_capacity(), trials=_trials(), availability=_availability(), cost=_cost(),
        decisions=_decisions(), alternatives=sample_alternatives(), stages=sample_stages(),
        flips=sample_flips(), assumptions=_assumptions(),
        questions=[Question("How long does a user think between two requests?", "10 s",
                            "cost moves between 33k and 112k USD a month over its range"),
                   Question("Must an order survive the loss of a region?", "no",
                            "one region is half the cost of two")],
        findings=[Finding("timeout-order", "warning", "the client gives up before the server",
                          Place("backend.yaml", 31, 7, "workload.clients.mobile.timeout"),
                          "2 s", "above 2.5 s", "raise the timeout of the client"),
                  Finding("backup-drill", "unknown", "no restore has been tried", Place(), "",
                          "a restore in the last 90 days", "run the drill")],
        runs=_runs(), solver_error={"p99_s": 0.081, "requests_per_s": -0.004},
        not_covered=["Loss of a whole region", "Growth of one customer beyond one shard"],
        versions=VERSIONS,
    )  # fmt: skip
    for records in (design.hops, design.loads):
        records[:] = [r for r in records if r.component != without]
    design.budgets = [b for b in design.budgets if not b.hop.startswith(f"{without}.")]
    if without:
        design.cost = design.capacity = None
        design.availability, design.trials, design.decisions = [], [], []
        design.assumptions, design.runs = [], []
        design.alternatives = design.stages = design.flips = ()
        design.figures.pop("instances")
    return design


def refused_design() -> Design:
    """The sample with a promise that cannot be kept."""
    design = sample_design()
    design.refusal = sample_refusal()
    return design


def bare_design() -> Design:
    """A design of which only the system is known: nothing was run, priced or tried."""
    system = sample_system()
    return Design(system, digest(system), 1, system.title or "", "Nothing was run yet.", "unknown",
                  {})  # fmt: skip
