"""What random programs are made of beyond calls: hosts, networks, watches, keys, more sources."""

from __future__ import annotations

import random
from typing import Any

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder

MS = 0.001
ROUND_TIMES_MS = (0, 1, 2, 5, 10)
RICH = 0.85  # share of the programs in which laws beyond plain queues meet
THEMES = (
    "queues", "hosts", "freezes", "net", "watches", "scale", "joins", "hedges", "keys", "locks",
    "balance", "load", "backoff", "errors", "breakers", "sessions", "letters", "logs", "fronts",
)  # fmt: skip
FAULT_THEMES = (
    "freezes", "scale", "keys", "net", "errors", "hosts", "letters", "logs", "breakers",
)  # fmt: skip
THEME = 0.5  # share of the rich programs with each of these
KEYS = 8
FOLLOWING_MAX = 0.8  # share of requests that others follow, so that sessions end


class Parts:
    """Draws parts of a program, and remembers what there is already."""

    def __init__(self, rng: random.Random, length_s: float) -> None:
        self.rng, self.length_s = rng, length_s
        self.b = Builder()
        self.rich = self.chance(RICH)
        self.themes = {theme for theme in THEMES if self.rich and self.chance(THEME)}
        self.dists = [self.dist() for _ in range(6)]
        self.replicas: list[int] = []
        self.guarding: list[int] = []  # services whose calls have breakers or budgets
        self.homeless: list[int] = []  # replicas of limited services without a host
        self.hosted: list[int] = []
        self.shelves: dict[int, list[int]] = {}  # by service
        self.controllers: list[int] = []
        self.followed: dict[int, list[int]] = {}  # by root: roots of what may follow it
        self.consumers: list[int] = []  # services that handle the batches of a stream
        self.zones = rng.choice((1, 2, 3)) if "net" in self.themes else 0
        self.network = self.hops() if self.zones else None
        self.locks = self.b.locks(4) if self.rich else lay.NONE
        self.keys = [self.key_table(n) for n in (KEYS, 5, 2)] if self.rich else []
        self.logs = [self.b.log(KEYS, rng.choice((0, 2, 20)) * MS) for _ in "ab"
                     if "logs" in self.themes]  # fmt: skip

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def also(self, theme: str, p: float) -> bool:
        """The chance of what only programs with this theme have."""
        return theme in self.themes and self.chance(p)

    def dist(self) -> int:
        rng, mean_s = self.rng, 10 ** self.rng.uniform(-4, -2)
        match rng.randrange(7):
            case 0 | 1:
                return self.b.dist_const(rng.choice(ROUND_TIMES_MS) * MS)
            case 2:
                return self.b.dist_exp(mean_s)
            case 3:
                return self.b.dist_lognormal(mean_s, rng.uniform(0.1, 2))
            case 4:
                return self.b.dist_hyper2(rng.random(), mean_s, 5 * mean_s)
            case 5:
                return self.b.dist_erlang(rng.randint(1, 4), mean_s)
            case _:
                return self.b.dist_uniform(mean_s / 2, 2 * mean_s)

    # Places.

    def service_options(self, per_group: int) -> dict[str, Any]:
        """Queues of other orders, weights, stretched work: what a limited service may have."""
        rng = self.rng
        options: dict[str, Any] = {}
        if self.also("queues", 0.8):
            options["order"] = rng.choice((lay.LIFO, lay.RANKED, lay.RANKED))
        if self.also("queues", 0.5):
            options["give_up"] = rng.choice(self.dists)
        if self.also("balance", 0.6):
            options["balance"] = rng.choice(
                (lay.LB_WEIGHTED, lay.LB_HASH, lay.LB_LEAST, lay.LB_P2C, lay.LB_P2C)
            )
        if self.also("keys", 0.3):
            options["balance"] = lay.LB_HASH
        if self.also("balance", 0.6):
            options["choices"] = 3
        if self.also("balance", 0.6):
            options["weights"] = [rng.choice((0.5, 1, 1, 3)) for _ in range(per_group)]
        if self.themes & {"watches", "scale", "balance"} and self.chance(0.5):
            options["slow_start_s"] = rng.choice((10, 300)) * MS
        if self.also("net", 0.5):
            options["near"] = True
        if self.also("hosts", 0.4):
            options |= {"contention": rng.choice((0, 0.1)), "coherency": rng.choice((0.01, 0.5))}
        return options

    def settle(self, replicas: list[int], limited: bool, struck: bool = True) -> None:
        """Note the replicas of a new service, in zones, some on hosts; faults may strike them."""
        if struck or self.chance(0.1):
            self.replicas += replicas
        for replica in replicas:
            if self.zones > 1:
                self.b.zone(replica, self.rng.randrange(self.zones))
        if not limited:
            return
        self.homeless += replicas
        if self.also("hosts", 0.7):
            n = min(len(self.homeless), self.rng.choice((1, 2, 4)))
            guests = self.homeless[-n:]
            del self.homeless[-n:]
            self.hosted += guests
            speeds = self.rng.choice(((), (), (1.0, 0.75, 0.5), (0.3,)))
            self.b.host(self.rng.choice((1, 2)), guests, speeds)

    def hops(self) -> tuple[int, int]:
        rng, zones = self.rng, range(self.zones)
        rtt_s = [[rng.choice((0, 0, 1, 2, 0.37)) * MS for _ in zones] for _ in zones]
        loss = [[rng.choice((0, 0, 0.05, 0.5)) for _ in zones] for _ in zones]
        return self.b.hops(rtt_s, loss)

    def watch(self, service: int) -> None:
        rng = self.rng
        period_s = rng.choice((0, 10, 30)) * MS
        eject = rng.choice((1, 2, 5)) if period_s == 0 else rng.choice((0, 1, 3))
        self.b.watch(service, period_s=period_s, fails=rng.choice((1, 2)),
                     passes=rng.choice((1, 2)), eject=eject, pause_s=rng.choice((5, 50)) * MS,
                     share=rng.choice((0.34, 0.5, 1)))  # fmt: skip

    def controller(self, service: int) -> None:
        rng = self.rng
        more: dict[str, Any] = {}
        if self.also("scale", 0.7):
            more = {"step": rng.choice((0, 1)), "grow": rng.choice((0, 0.5)),
                    "looks": rng.choice((1, 2, 3))}  # fmt: skip
        if self.also("scale", 0.7):
            more |= {"tolerance": rng.choice((0, 0.1, 0.5, 1)), "down": rng.choice((0, 2, 3))}
        row = self.b.controller(
            service, least=rng.choice((0, 1, 1)), target=rng.choice((0.1, 0.5, 0.9)),
            period_s=rng.choice((20, 100)) * MS, delay_s=rng.choice((0, 5, 150)) * MS,
            cool_s=rng.choice((0, 50, 300)) * MS, **more,
        )  # fmt: skip
        self.controllers.append(row)

    # Calls.

    def call_options(self, options: dict[str, Any]) -> None:
        """Add to the options of a call what only rich programs have."""
        rng = self.rng
        if self.also("backoff", 0.8):
            options["shape"] = rng.randint(lay.JITTER_FULL, lay.JITTER_DECORRELATED)
        if (self.themes & {"joins", "hedges"}) and self.chance(0.5):
            options["cancel"] = True
        if "group" not in options and self.also("keys", 0.5):
            options["by_key"] = True
        if self.network is not None and self.chance(0.6):
            options["hops"] = self.network
        if self.also("hedges", 0.7):
            options["hedge_s"] = rng.choice((1, 2, 5, 20)) * MS

    def breaker_options(self, least: int) -> dict[str, Any]:
        if not self.also("breakers", 0.8):
            return {}
        last = self.rng.choice((0, least, least + 3, 70, 128))
        return {"last": last, "probes": self.rng.choice((1, 2, 3)), "jointly": self.chance(0.5)}

    def budget(self, callers: int) -> int:
        rng = self.rng
        if self.also("breakers", 0.7):
            share, burst = rng.choice((0, 0, 0.1)), rng.choice((1, 5, 20))
            spend, reward = rng.choice((0.5, 1, 3)), rng.choice((0.1, 1))
            return self.b.budget(share, burst, spend=spend, reward=reward, callers=callers)
        return self.b.budget(rng.choice((0, 0.1, 0.5)), rng.choice((0, 1, 5)), callers=callers)

    # Keys.

    def key_table(self, n: int) -> int:
        return self.b.keys([1 / (i + 1) for i in range(n)])

    def shelf(self, service: int) -> int:
        """Give a shelf of a cache service, a new one or one there is."""
        rng, there = self.rng, self.shelves.setdefault(service, [])
        if there and self.chance(0.6):
            return rng.choice(there)
        row = self.b.shelf(
            service, KEYS, rng.choice((1, 1, 2, KEYS)), policy=rng.choice((lay.LRU, lay.LFU)),
            ttl_s=rng.choice((0, 0, 5, 50)) * MS, renew=self.chance(0.3),
            coalesce=self.chance(0.8), warm=self.chance(0.3),
        )  # fmt: skip
        there.append(row)
        return row

    # Messages, and what was written.

    def stream_options(self) -> dict[str, Any]:
        if "letters" not in self.themes:
            return {}
        rng = self.rng
        return {"tries": rng.choice((0, 1, 2, 3)), "pause_s": rng.choice((0, 1, 10, 100)) * MS,
                "all_pause": self.chance(0.4)}  # fmt: skip

    def pass_on(self, service: int) -> None:
        """Let the owners of partitions change, and consumers fail, a few times."""
        rng, b = self.rng, self.b
        for _ in range(rng.choice((2, 4, 8))):
            at_s = round(rng.uniform(0, self.length_s), rng.choice((1, 3)))
            back_s = at_s + rng.choice((0, 0.002, 0.02, 0.1, 0.4))
            replica = b.replica(service, index=rng.randrange(b.replicas_of(service)))
            b.fault(at_s, lay.FAULT_HIDE, replica)
            b.fault(back_s, lay.FAULT_SHOW, replica)
            if self.chance(0.5):
                b.fault(at_s, lay.FAULT_ERRORS, replica, rng.choice((0.5, 1)))
                b.fault(back_s, lay.FAULT_ERRORS, replica, 0)

    def written(self) -> list[tuple[str, int]]:
        """Steps that write to a log, and read what may be behind."""
        kinds = self.rng.choice((("note",), ("look",), ("look", "note"), ("note", "look")))
        return [(kind, self.rng.choice(self.logs)) for kind in kinds]

    # Load.

    def follow_ups(self, roots: list[int], nexts: list[int]) -> None:
        """Let users ask on after requests for some of the roots."""
        rng, b = self.rng, self.b
        thinks = [b.dist_const(rng.choice((1, 5, 20)) * MS), b.dist_exp(rng.choice((2, 30)) * MS),
                  b.dist_uniform(0, 10 * MS), b.dist_erlang(2, 5 * MS)]  # fmt: skip
        for root in roots:
            if not self.also("sessions", 0.8):
                continue
            n = rng.choice((1, 1, 2, 3))
            shares = [rng.uniform(0.05, FOLLOWING_MAX / n) for _ in range(n)]
            after = [(share, rng.choice(nexts), rng.choice(thinks)) for share in shares]
            b.follow_up(root, after, leaves=rng.choice((0, 0.3, 1)))
            self.followed[root] = [one for _, one, _ in after]

    def begin_thinking(self, source: int, mix: dict[int, float]) -> None:
        """Let users of a source be in the middle of their sessions at the start."""
        rng = self.rng
        roots, after = [], list(mix)
        while after:
            roots += [root for root in after if root not in roots]
            after = [one for root in after for one in self.followed.get(root, ())
                     if one not in roots]  # fmt: skip
        for root in roots:
            for which in range(len(self.followed.get(root, ()))):
                if self.chance(0.4):
                    self.b.start(source, root, which, rng.choice((0, 1, 3, 20)))

    def mix(self, roots: list[int]) -> dict[int, float]:
        rng = self.rng
        return {root: rng.uniform(0.1, 1) for root in rng.sample(roots, rng.randint(1, len(roots)))}

    def timed_source(self, roots: list[int]) -> None:
        """Send requests at recorded times, or at equal distances."""
        rng = self.rng
        if self.chance(0.5):
            self.b.every(rng.choice((7, 20, 33.3)) * MS, self.mix(roots))
            return
        digits = rng.choice((2, 3, 6))
        times = sorted(
            round(rng.uniform(0, self.length_s), digits) for _ in range(rng.choice((0, 30)))
        )
        self.b.replay(times, self.mix(roots))

    def phases(self) -> list[tuple[float, float]]:
        rng = self.rng
        return [(rng.choice((0, 0.3, 1, 4)), rng.choice((3, 50, 400)) * MS)
                for _ in range(rng.choice((1, 2, 3)))]  # fmt: skip

    # Faults.

    def fault_beyond(self) -> None:
        """Let one of the faults of rich programs happen."""
        rng = self.rng
        at_s = round(rng.uniform(0, self.length_s), rng.choice((1, 3)))
        back_s = at_s + rng.choice((0, 0.002, 0.1, 0.4))
        match rng.choice([theme for theme in FAULT_THEMES if theme in self.themes] or ["none"]):
            case "freezes" if self.homeless and "freezes" in self.themes:
                for number in range(10):
                    self.b.fault(at_s + number * rng.choice((0.001, 0.02)), lay.FAULT_FREEZE,
                                 rng.choice(self.homeless),
                                 rng.choice((0, 1e6, 5e6, 5e7)))  # fmt: skip
            case "hosts" if self.hosted:
                replica = rng.choice(self.hosted)
                self.b.fault(at_s, lay.FAULT_DOWN, replica, rng.randrange(2))
                self.b.fault(back_s, lay.FAULT_UP, replica)
            case "scale" if self.controllers:
                self.b.fault(at_s, lay.FAULT_LEAST, x=rng.choice((0, 1)),
                             row=rng.choice(self.controllers))  # fmt: skip
            case "keys" if self.shelves:
                service = rng.choice(list(self.shelves))
                self.b.fault(at_s, lay.FAULT_FLUSH, self.b.replica(service))
            case "net" if self.network is not None:
                hop = self.network[0] + rng.randrange(self.zones**2)
                action, x, calm = rng.choice(
                    ((lay.FAULT_CUT, 1, 0), (lay.FAULT_LOSS, 0.9, 0), (lay.FAULT_LAG, 2e6, -2e6))
                )
                self.b.fault(at_s, action, x=x, row=hop)
                self.b.fault(back_s, action, x=calm, row=hop)
            case "logs" if self.logs:
                self.b.fault(at_s, lay.FAULT_BEHIND, x=rng.choice((0, 1e6, 5e7)),
                             row=rng.choice(self.logs))  # fmt: skip
            case "breakers" if self.guarding:
                service = rng.choice(self.guarding)
                replica = self.b.replica(service) + rng.randrange(self.b.replicas_of(service))
                for _ in range(3):
                    self.b.fault(at_s, lay.FAULT_DOWN, replica, rng.randrange(2))
                    at_s += rng.choice((0, 0.001, 0.005))
                    self.b.fault(at_s, lay.FAULT_UP, replica)
                    at_s += rng.choice((0.002, 0.02, 0.1))
            case "letters" if self.consumers and "letters" in self.themes:
                self.pass_on(rng.choice(self.consumers))
            case "errors" if "errors" in self.themes:
                replica = rng.choice(self.replicas)
                self.b.fault(at_s, lay.FAULT_ERRORS, replica, rng.choice((0.2, 0.5, 1)))
                self.b.fault(back_s, lay.FAULT_ERRORS, replica, 0)
