"""Small random programs in which all laws of the kernel meet; some are of plain queues alone.

Many times are whole milliseconds on purpose: events then fall on the same nanosecond, and their
order matters.
"""

from __future__ import annotations

import random
from typing import Any

from backend_lead.kernel import layout as lay
from backend_lead.kernel.program import Program

from .random_parts import MS, Parts

TIMEOUTS_MS = (3, 10, 30, 100)
REQUESTS_PER_SOURCE = (40, 200)
LENGTH_S = (0.5, 2.5)


def random_program(rng: random.Random) -> tuple[Program, int]:
    """Give a valid program of a few hundred requests and the time in ns until which to run it."""
    return _Maker(rng).make()


class _Maker(Parts):
    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng, round(rng.uniform(*LENGTH_S), 3))
        self.groups: dict[int, int] = {}  # by service
        self.endpoints: list[tuple[int, int]] = []  # (endpoint, its service), callees first
        self.pooled: list[tuple[int, int, int]] = []  # (call, its caller's service, its callee)
        self.limited: list[int] = []  # services of one group that a controller could steer
        self.budgets: dict[int, list[int]] = {}  # by the service whose calls they are of
        rates = (40 if self.rich else 0.5, 40, 100.25, 1000 / 3)
        self.limiters = [self.b.limiter(rng.choice(rates), rng.choice((1, 3, 20))) for _ in "ab"]
        self.streams: list[int] = []
        self.behind: dict[int, int] = {}  # by service that stands before another

    def make(self) -> tuple[Program, int]:
        for tier in range(self.rng.randint(2 if self.rich else 1, 4)):
            self.tier(calls_max=tier and 3)
            if self.also("fronts", 0.6):
                self.front()
            if self.chance(0.9 if "letters" in self.themes else 0.4):
                self.stream()
        roots = [self.root() for _ in range(self.rng.randint(1, 3))]
        opened = self.link() if self.chance(0.4) else []
        self.follow_ups(roots + opened, roots)
        for service in self.limited:
            if self.chance(0.7 if "scale" in self.themes else 0.2):
                self.controller(service)
        for service in self.groups:
            if self.also("watches", 0.8):
                self.watch(service)
        for _ in range(self.rng.choice((1, 1, 2, 3))):
            self.source(roots)
        if self.also("load", 0.8):
            self.timed_source(roots)
        for _ in range(self.rng.choice((0, 6, 10, 14))):
            self.fault()
        return self.b.build(), round(self.length_s * lay.NS_PER_S)

    def tier(self, calls_max: int) -> None:
        """Add a service with one or two endpoints, which call those there are already."""
        rng = self.rng
        groups, per_group = rng.choice((1, 1, 2, 3)), rng.randint(1, 4)
        if "balance" in self.themes:
            per_group += 1
        limited = not self.chance(0.15)
        if limited:
            options = {
                "workers": rng.choice((1, 1, 2) if "queues" in self.themes else (1, 2, 4, 16)),
                "cores": rng.choice((1, 1, 2)),
                "queue": rng.choice((None, None, None, 5) if self.rich else (None, None, 0, 1, 5)),
                "shed": rng.choice((None, None, 0, 2)),
                "patience_s": rng.choice((0, 0, 1, 5, 20)) * MS,
                "visible": rng.choice((None, None, rng.randint(int(self.rich), per_group))),
                "balance": rng.choice(
                    (lay.LB_RANDOM, lay.LB_ROUND_ROBIN, lay.LB_LEAST, lay.LB_P2C)
                ),
            }
            service = self.b.service(groups, per_group, **options | self.service_options(per_group))
            if groups == 1:
                self.limited.append(service)
        else:
            service = self.b.delay_service(groups, per_group)
        self.groups[service] = groups
        self.settle(
            [self.b.replica(service, g, i) for g in range(groups) for i in range(per_group)],
            limited,
        )
        for _ in range(rng.randint(1, 2)):
            # The second endpoint may call the first: a service that calls itself.
            self.endpoints.append((self.endpoint(service, calls_max), service))

    def root(self) -> int:
        home = self.b.delay_service()
        self.settle([self.b.replica(home)], limited=False, struck=not self.rich)
        return self.endpoint(home, calls_max=2, calls_min=1)

    def endpoint(self, service: int, calls_max: int, calls_min: int = 0) -> int:
        steps = self.steps(service, self.rng.randint(calls_min, max(calls_max, calls_min)))
        if calls_min and (self.also("keys", 0.8) or self.also("logs", 0.8)):
            steps.insert(0, ("key", self.rng.choice(self.keys)))
        rank = self.rng.choice((0, 0, 1, 2, lay.RANKS)) if "queues" in self.themes else 0
        return self.b.endpoint(service, steps, low=self.chance(0.3), rank=rank)

    def steps(self, service: int, calls: int, locked: bool = False) -> list[tuple[Any, ...]]:
        """Give steps with so many calls among them, and work around them."""
        rng = self.rng
        steps: list[tuple[Any, ...]] = []
        if self.also("keys", 0.5):
            steps.append(("key", rng.choice(self.keys)))
        if not locked and self.also("locks", 0.3):
            first, n = rng.choice(((0, 4), (0, 1), (1, 2)))
            held = self.steps(service, min(calls, 1), locked=True)
            return [*steps, ("lock", self.locks + first, n, held)]
        if self.chance(0.15):
            steps.append(("limit", rng.choice(self.limiters)))
        if self.also("logs", 0.4):
            steps += self.written()
        if self.chance(0.8):
            steps.append(("cpu", rng.choice(self.dists)))
        while calls > 0:
            kind = rng.randrange(5)
            if (kind == 0 or self.also("joins", 0.5)) and calls > 1:
                if self.also("joins", 0.8):
                    rows = [self.call(service) for _ in range(calls + rng.randint(0, 2))]
                    steps.append(("some", rows, rng.randint(1, len(rows))))
                else:
                    steps.append(("par", [self.call(service) for _ in range(calls)]))
                calls = 0
            elif kind in (1, 3) and self.also("keys", 0.7):
                call, callee = self.call_and_callee(service)
                if self.chance(0.2):
                    steps += [("call", call), ("drop", self.shelf(callee))]
                    calls -= 1
                    continue
                missed = [("delay", rng.choice(self.dists))]
                missed += self.steps(service, rng.randint(0, 1), locked)
                steps.append(("kept", call, self.shelf(callee), missed))
                calls -= 1
            elif kind == 1:
                call, callee = self.call_and_callee(service)
                hits = [rng.random() for _ in range(rng.randint(1, 5))]
                cache = self.b.cache(callee, hits, rng.choice((5, 50, 500)) * MS)
                steps.append(
                    ("cached", call, cache, self.steps(service, rng.randint(0, 1), locked))
                )
                calls -= 1
            elif kind == 2 and self.chance(0.6):
                steps.append(("chance", rng.random(), self.steps(service, 1, locked)))
                calls -= 1
            elif kind == 2:
                ways = [self.steps(service, rng.randint(0, 1), locked) for _ in "ab"]
                steps.append(("either", rng.random(), *ways))
                calls -= 1
            else:
                steps.append(("call", self.call(service)))
                calls -= 1
        if self.chance(0.3):
            steps.append(("delay", rng.choice(self.dists)))
        if self.streams and self.chance(0.8 if "letters" in self.themes else 0.4):
            steps.append(("publish", rng.choice(self.streams)))
        if self.chance(0.1):
            steps.append(("limit", rng.choice(self.limiters)))
        if self.chance(0.3):
            steps.append(("cpu", rng.choice(self.dists)))
        return steps

    def front(self) -> None:
        """Stand a service without limits before one that there is, and let it be called."""
        rng = self.rng
        endpoint, service = rng.choice(self.endpoints[-4:])
        if service in self.behind:
            return
        groups = self.groups[service]
        front = self.b.delay_service(groups, rng.randint(1, 3), before=service)
        self.groups[front], self.behind[front] = groups, service
        replicas = self.b.replicas_of(front)
        self.settle([self.b.replica(front) + i for i in range(replicas)], limited=False)
        asked = self.b.call(endpoint, group=lay.SAME, rtt_s=rng.choice((0, 1)) * MS)
        steps = [
            ("delay", rng.choice(self.dists)),
            ("call", asked),
            ("cpu", rng.choice(self.dists)),
        ]
        self.endpoints.append((self.b.endpoint(front, steps), front))

    def fetch(self) -> int | None:
        """A call that brings batches, in some programs."""
        if not self.also("fronts", 0.8):
            return None
        rng = self.rng
        endpoint, _ = rng.choice(self.endpoints[-4:])
        options: dict[str, Any] = {"timeout_s": rng.choice((0, *TIMEOUTS_MS)) * MS}
        if self.chance(0.4):
            options |= {"retries": rng.randint(1, 3), "backoff_s": rng.choice((0, 1, 4)) * MS}
        self.call_options(options)
        return self.b.call(
            endpoint, optional=self.chance(0.3), rtt_s=rng.choice((0, 1, 0.37)) * MS, **options
        )

    def stream(self) -> None:
        """Let an endpoint of a limited service of one group handle what is published."""
        rng = self.rng
        able = [endpoint for endpoint, service in self.endpoints if service in self.limited]
        if able:
            endpoint = rng.choice(able)
            self.consumers.append(dict(self.endpoints)[endpoint])
            self.streams.append(
                self.b.stream(
                    endpoint,
                    partitions=rng.randint(1, 5),
                    batch=rng.choice((1, 1, 3, 10)),
                    slots=rng.choice((1, 1, 2, 4)),
                    spread=self.chance(0.3),
                    backoff_s=rng.choice((1, 5, 50)) * MS,
                    by_key=self.also("keys", 0.6),
                    fetch=self.fetch(),
                    **self.stream_options(),
                )
            )

    def link(self) -> list[int]:
        """Let a service hold connections, opened by one of its endpoints; gives the roots."""
        rng = self.rng
        able = [(endpoint, service) for endpoint, service in self.endpoints
                if service in self.limited]  # fmt: skip
        if not able:
            return []
        endpoint, service = rng.choice(able)
        opens = self.root_of(self.b.call(endpoint, retries=rng.choice((0, 1))))
        beat = self.root_of(self.b.call(endpoint)) if self.chance(0.7) else None
        self.b.link(service, opens, rng.choice((1, 7, 40)), beat=beat,
                    spread_s=rng.choice((2, 5, 300)) * MS,
                    interval_s=rng.choice((50, 400)) * MS)  # fmt: skip
        return [opens] if beat is None else [opens, beat]

    def root_of(self, call: int) -> int:
        home = self.b.delay_service()
        self.settle([self.b.replica(home)], limited=False)
        return self.b.endpoint(home, [("call", call)])

    def call(self, caller: int) -> int:
        return self.call_and_callee(caller)[0]

    def call_and_callee(self, caller: int) -> tuple[int, int]:
        rng = self.rng
        endpoint, callee = rng.choice(self.endpoints[-4:])
        options: dict[str, Any] = {}
        if self.chance(0.75):
            options["timeout_s"] = rng.choice(TIMEOUTS_MS) * MS
        if self.chance(0.4):
            options |= {"retries": rng.randint(1, 3), "backoff_s": rng.choice((0, 1, 4, 30)) * MS}
            options["backoff_cap_s"] = rng.choice((0, 3, 5, 100)) * MS
        if self.chance(0.3):
            options["group"] = rng.randrange(self.groups[callee])
        elif self.groups.get(caller) == self.groups[callee] and self.chance(0.3):
            options["group"] = lay.SAME
        if self.chance(0.3):
            options["deadline"] = True
        if self.chance(0.3) or self.also("breakers", 0.5):
            options["budget"] = self.budget_of(caller)
        if self.chance(0.3):
            least = rng.choice((1, 3, 10))
            options["breaker"] = self.b.breaker(
                endpoint, window_s=rng.choice((20, 500)) * MS, least=least,
                share=rng.choice((0.1, 0.5, 1)), pause_s=rng.choice((1, 30, 200)) * MS,
                callers=self.b.replicas_of(caller), **self.breaker_options(least),
            )  # fmt: skip
        if {"budget", "breaker"} & options.keys():
            self.guarding.append(caller)
        self.call_options(options)
        shared = [c for c, of, to in self.pooled if of == caller and to == callee]
        pooled = True
        match rng.randrange(7):
            case 0 | 1:
                options["pool_per_replica"] = (caller, rng.choice((1, 1, 2, 4)))
            case 4:
                options["pool_per_group"] = (caller, rng.choice((1, 1, 3)))
            case 2:
                options["shared_pool"] = rng.choice((1, 1, 2, 5))
            case 3 if shared:
                options["pool_of"] = rng.choice(shared)
            case _:
                pooled = False
        if pooled and self.chance(0.3):
            options["room"] = rng.choice((0, 1, 3))
        row = self.b.call(
            endpoint,
            optional=self.chance(0.3),
            rtt_s=rng.choice((0, 0, 1 * MS, 0.37 * MS)),
            **options,
        )
        if pooled:
            self.pooled.append((row, caller, callee))
        return row, self.behind.get(callee, callee)

    def budget_of(self, caller: int) -> int:
        """One of the service's budgets, of which several calls may have the same."""
        made = self.budgets.setdefault(caller, [])
        if not made or self.chance(0.3):
            made.append(self.budget(self.b.replicas_of(caller)))
        return self.rng.choice(made)

    def source(self, roots: list[int]) -> None:
        rng = self.rng
        mix = self.mix(roots)
        segments = None
        if self.chance(0.5):
            starts = sorted({round(rng.uniform(0, self.length_s), 3) for _ in range(3)} - {0.0})
            segments = [(start, rng.choice((0, 0.5, 1, 2))) for start in [0.0, *starts]]
        if self.chance(0.5):
            users = rng.choice((1, 3, 10, 7.5))
            source = self.b.closed(users, rng.choice((5, 20, 80)) * MS, mix, segments)
        else:
            rate = rng.randint(*REQUESTS_PER_SOURCE) / self.length_s
            source = self.b.open(
                rate, mix, segments, self.phases() if self.also("load", 0.6) else ()
            )
        self.begin_thinking(source, mix)

    def fault(self) -> None:
        rng = self.rng
        if self.rich and self.chance(0.6):
            self.fault_beyond()
            return
        action = rng.choice((lay.FAULT_DOWN, rng.randint(lay.FAULT_DOWN, lay.FAULT_DRAIN)))
        at_s = round(rng.uniform(0, self.length_s), rng.choice((1, 3)))
        x = rng.choice((0, 0.5, 2, 10)) if action == lay.FAULT_SLOW else rng.randrange(2)
        if action == lay.FAULT_DRAIN:
            x = rng.choice((0, 1e6, 2e8))
        first = rng.randrange(len(self.replicas))
        for replica in self.replicas[first : first + rng.choice((1, 1, 2, 4))]:
            self.b.fault(at_s, action, replica, x)
            if action in (lay.FAULT_DOWN, lay.FAULT_HIDE) and self.chance(
                0.9 if self.rich else 0.7
            ):
                back_s = at_s + rng.choice((0, 0.002, 0.1, 0.4))
                self.b.fault(back_s, action + 1, replica)
