"""What else the sample could have been: alternatives, stages, flips, a refusal; all made up."""

from __future__ import annotations

from backend_lead.model.paths import Alternative, Feasible, Flip, NotYet, Refusal, Stage

PROMISES = (
    "p99 at most 200 ms",
    "availability at least 99.9%",
    "one lost zone is survived",
    "a fault is over within 60 s",
    "growth to twice the load without new parts",
)
_WIDE = (
    "app: 90 x m7g.2xlarge; recommender: 24 x c7g.xlarge; orders-db: 16 x db.r7g.4xlarge (8 "
    "shards of primary + standby); product-cache: 6 x cache.r7g.large; balancer; edge"
)
_LEAN = "app: 61 x m7g.2xlarge; orders-db: 9 x db.r7g.4xlarge (1 primary + 8 replicas); balancer"
_STEPS = ("Copies of app behind a balancer", "Cache reads of app", "Shard orders-db")


def sample_alternatives() -> tuple[Alternative, ...]:
    """Four designs that differ; the cheapest that keeps every objective was chosen."""
    return (
        Alternative("monolith", "Modular monolith", False, (), _LEAN, _STEPS[:1], 0.62, 620_000,
                    57_800, 0.31, 0.9981, True, 39_800, 3_100, 70, 9, 3, 31, None,
                    PROMISES[2:4], (*PROMISES[:2], PROMISES[4]),
                    "it carries 62% of the stated load; then orders-db primary cores are the limit",
                    "no more than 620k users come: it is 21,440 USD a month less and has two kinds "
                    "of part fewer to run"),
        Alternative("recommended", "Recommended", True, ("the cheapest",), _WIDE, _STEPS, 1.0,
                    1.31e6, 121_000, 0.144, 0.99962, True, 61_240, 6_900, 136, 22, 6, 69, None,
                    PROMISES, (), "", ""),
        Alternative("fastest", "Fastest", False, (), _WIDE, (*_STEPS, "Read replicas of orders-db"),
                    1.0, 1.9e6, 176_000, 0.081, 0.99968, True, 97_400, 8_200, 171, 38, 6, 82, None,
                    PROMISES, (), "it answers in 81 ms instead of 144 ms, which nobody asked for, "
                    "for 36,160 USD a month more", "the promise becomes 100 ms or less"),
        Alternative("resilient", "Most resilient", False, (), _WIDE, (*_STEPS, "A fourth copy"),
                    1.0, 1.35e6, 125_000, 0.139, 0.99991, True, 88_100, 9_400, 160, 30, 6, 94, None,
                    PROMISES, (), "it adds availability beyond the promise for 26,860 USD a month",
                    "99.99% is promised"),
    )  # fmt: skip


def sample_stages() -> tuple[Stage, ...]:
    """10k, 100k and 1M users."""
    shard = NotYet("Shard orders-db", 3, 620_000, "users", "then orders-db cores are the limit")
    cache = NotYet("Cache reads of app", 2, 31_000, "users", "then orders-db cores are the limit")
    zones = NotYet("Spread app over zones", 2, 0, "", "it keeps a promise or saves")
    return (
        Stage(1, 0.01, 10_000, 931, True, "app: 2 x m7g.large; orders-db: 2 x db.r7g.large (1 "
              "primary + standby); balancer", (), 612, 940, 4, 14_200, 1_320, 31_000, 2_880,
              "app cores", 0.58, "ratio", (cache, zones, shard), ("Keep sessions in orders-db: "
              "dropped at stage 2",)),
        Stage(2, 0.1, 100_000, 9_307, True, "app: 11 x m7g.2xlarge; orders-db: 2 x db.r7g.4xlarge "
              "(1 primary + standby); product-cache: 2 x cache.r7g.large; balancer", _STEPS[:2],
              7_480, 3_100, 15, 128_000, 11_900, 620_000, 57_800, "p99 of app.place_order", 0.171,
              "s", (shard,), ()),
        Stage(3, 1.0, 1e6, 93_070, True, _WIDE, _STEPS, 61_240, 6_900, 136, 1.31e6, 121_000, 2.4e6,
              223_000, "recommender cores", 0.71, "ratio", (), ()),
    )  # fmt: skip


def sample_flips() -> tuple[Flip, ...]:
    """Two within their ranges, one outside."""
    return (
        Flip("workload.clients.mobile.think_time", "Think time of mobile users", 10.0, "10 s", 6.2,
             "6.2 s", 6.6, "6.6 s", "5 s", "20 s", True, "also: read replicas of "
             "orders-db", 94_300,
             "count requests a minute of a hundred users of today's app: an afternoon"),
        Flip("components.product-cache.hit_ratio", "Hit ratio of the product cache", 0.92, "92%",
             0.83, "83%", 0.85, "85%", "80%", "97%", True, "read replicas instead of the cache",
             74_000, "replay one day of the access log against a cache of this size"),
        Flip("components.app.endpoints.list_products.does[0].cpu", "CPU of list_products", 0.002,
             "2 ms", 0.0075, "7.5 ms", 0.007, "7 ms", "1 ms", "5 ms", False,
             "lists are served from the edge", 91_000, "profile the handler with 20 rows of JSON"),
    )  # fmt: skip


def sample_refusal() -> Refusal:
    """A promise that physics and the budget refuse."""
    small = "app: 1 x m7g.large; orders-db: 1 x db.m7g.large"
    return Refusal(
        ("p99 1 ms: app.place_order takes 40.9 ms without any load; 900 us, the promise less a "
         "margin of 10%, is allowed",
         "100 USD/month: the smallest bill found is 39,800 USD/month, 398 times that"),
        (Feasible("1,000,000 concurrent users", "p99 160 ms instead of 1 ms; 61,240 USD/month "
                  "instead of 100", _WIDE, 1e6, 0.144, 61_240),
         Feasible("a bill of 100 USD/month", "900 users instead of 1,000,000", small, 900, 0.19,
                  98),
         Feasible("a bill of half of that", "every objective", small, 1e6, None, 30_100)),
    )  # fmt: skip
