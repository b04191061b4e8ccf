"""Building a program by hand: for lowering a model, for tests and cases with a known answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from . import layout as lay
from .layout import NONE, NS_PER_S
from .policy_rules import PARTS_MAX
from .program import DTYPES, Program
from .rows import Rows, ns, table_of

Step = tuple[Any, ...]
RATE_DENOMINATOR_MAX = 1_000  # of a limiter


def finest(burst: int) -> int:
    """The largest denominator of the rate of a limiter: no rate is below one through it."""
    return max(1, min(RATE_DENOMINATOR_MAX, PARTS_MAX // (burst * NS_PER_S)))


class Builder(Rows):
    """Builds a program by hand: callees first, then their callers, then sources and faults.

    Every method gives the row it made, to be named by later ones. Times are in seconds.
    """

    def __init__(self) -> None:
        super().__init__()
        self._hits: list[float] = []
        self._pool_sizes: list[list[int]] = []  # per service: one size per slot of its replicas
        self._shared: dict[int, int] = {}  # call row with shared pools: their size
        self._pool_of: dict[int, int] = {}  # call row: the call whose pools it shares

    def service(
        self,
        groups: int = 1,
        per_group: int = 3,
        workers: int = 8,
        cores: int = 8,
        queue: int | None = None,
        balance: int = lay.LB_RANDOM,
        limited: bool = True,
        shed: int | None = None,
        patience_s: float = 0,
        visible: int | None = None,
    ) -> int:
        """Add a service with its groups and replicas. A `queue` of None never refuses.

        With `shed` waiting, requests of low priority are refused; who waited `patience_s` (0: any
        time) is refused when its turn comes. Of each group the first `visible` replicas serve from
        the start (None: all).
        """
        row, first = len(self._rows["service"]), len(self._rows["replica"])
        seen = per_group if visible is None else visible
        for _ in range(groups):
            members = range(len(self._rows["replica"]), len(self._rows["replica"]) + per_group)
            live = len(self._rows["live"])
            group = self._add("group", service=row, live=live, n_live=seen)
            for i, member in enumerate(members):
                self._add("live", row=member)
                self._add("replica", service=row, group=group, up=1, visible=int(i < seen),
                          slow=1.0)  # fmt: skip
        self._pool_sizes.append([])
        return self._add(
            "service",
            replica=first,
            groups=groups,
            per_group=per_group,
            balance=balance,
            limited=int(limited),
            workers=workers,
            queue=NONE if queue is None else queue,
            shed=NONE if shed is None else shed,
            patience=ns(patience_s),
            link=NONE,
            cores=cores,
        )

    def delay_service(self, groups: int = 1, per_group: int = 1) -> int:
        """Add a service without limits; one replica by default, as a root endpoint needs."""
        return self.service(groups, per_group, limited=False)

    def replica(self, service: int, group: int = 0, index: int = 0) -> int:
        """Give the row of a replica of the service, to be named by a fault."""
        home = self._rows["service"][service]
        return int(home["replica"] + group * home["per_group"] + index)

    def endpoint(self, service: int, steps: Sequence[Step], low: bool = False) -> int:
        """Add an endpoint that takes the steps, then replies; `low` ones are shed first.

        A step is one of: ("cpu", dist), ("delay", dist), ("call", call), ("par", [calls in
        consecutive rows]), ("chance", p, [steps taken unless the draw is below p]), ("either", p,
        [steps taken if it is], [steps taken if not]), ("cached", call, cache, [steps taken unless
        it is a hit]), ("publish", stream), ("limit", limiter).
        """
        first = len(self._rows["op"])
        self._steps(steps)
        self._add("op", code=lay.OP_END)
        return self._add("endpoint", service=service, op=first, low=int(low))

    def _steps(self, steps: Sequence[Step]) -> None:
        ops = self._rows["op"]
        for step in steps:
            match step:
                case ("cpu", dist):
                    self._add("op", code=lay.OP_CPU, a=dist)
                case ("delay", dist):
                    self._add("op", code=lay.OP_DELAY, a=dist)
                case ("call", call):
                    self._add("op", code=lay.OP_CALL, a=call)
                case ("par", calls):
                    if list(calls) != list(range(calls[0], calls[0] + len(calls))):
                        raise ValueError(f"par: the call rows {calls} must be consecutive")
                    self._add("op", code=lay.OP_PAR, a=calls[0], b=len(calls))
                case ("chance", p, otherwise):
                    jump = self._add("op", code=lay.OP_CHANCE, p=p)
                    self._steps(otherwise)
                    ops[jump]["a"] = len(ops)
                case ("either", p, first, second):
                    jump = self._add("op", code=lay.OP_CHANCE, p=p)
                    self._steps(second)
                    leave = self._add("op", code=lay.OP_CHANCE, p=1.0)
                    ops[jump]["a"] = len(ops)
                    self._steps(first)
                    ops[leave]["a"] = len(ops)
                case ("cached", call, cache, miss):
                    self._add("op", code=lay.OP_CALL, a=call)
                    jump = self._add("op", code=lay.OP_HIT, a=cache)
                    self._steps(miss)
                    ops[jump]["b"] = len(ops)
                case ("publish", stream):
                    self._add("op", code=lay.OP_PUBLISH, a=stream)
                case ("limit", limiter):
                    self._add("op", code=lay.OP_LIMIT, a=limiter)
                case _:
                    raise ValueError(f"{step!r} is no step")

    def call(
        self,
        endpoint: int,
        *,
        timeout_s: float = 0,
        retries: int = 0,
        backoff_s: float = 0,
        backoff_cap_s: float = 0,
        optional: bool = False,
        rtt_s: float = 0,
        group: int | None = None,
        pool_per_replica: tuple[int, int] | None = None,
        pool_per_group: tuple[int, int] | None = None,
        shared_pool: int | None = None,
        pool_of: int | None = None,
        room: int | None = None,
        deadline: bool = False,
        budget: int | None = None,
        breaker: int | None = None,
    ) -> int:
        """Add a call. A timeout of 0 is none; a backoff cap of 0 lets the backoff double freely.

        `pool_per_replica` is (caller's service, size): a pool of its own in each of its replicas.
        `pool_per_group` likewise, one for each group of the callee.
        `shared_pool` is a size: one pool for all callers, per group of the callee. `pool_of` is an
        earlier call whose pools this one uses too; where `room` attempts wait in its pool, the call
        is refused. With `deadline`, work for the call ends when its
        time or its caller's is over. `budget` and `breaker` are rows of those.
        """
        row, backoff = len(self._rows["call"]), ns(backoff_s)
        pool = scope = NONE
        if pool_per_replica is not None:
            caller, size = pool_per_replica
            scope, pool = 0, len(self._pool_sizes[caller])
            self._pool_sizes[caller].append(size)
        elif pool_per_group is not None:
            caller, size = pool_per_group
            scope, pool = 2, len(self._pool_sizes[caller])
            callee = self._rows["endpoint"][endpoint]["service"]
            groups = self._rows["service"][callee]["groups"]
            self._pool_sizes[caller].extend([size] * groups)
        elif shared_pool is not None:
            scope = 1
            self._shared[row] = shared_pool
        elif pool_of is not None:
            scope, pool = (self._rows["call"][pool_of][k] for k in ("pool_scope", "pool"))
            if scope == 1:
                self._pool_of[row] = self._pool_of.get(pool_of, pool_of)
        return self._add(
            "call",
            endpoint=endpoint,
            group=NONE if group is None else group,
            pool=pool,
            pool_scope=max(scope, 0),
            room=NONE if room is None else room,
            retries=retries,
            optional=int(optional),
            timeout=ns(timeout_s),
            lane=self._lane(ns(timeout_s)),
            deadline=int(deadline),
            budget=NONE if budget is None else budget,
            breaker=NONE if breaker is None else breaker,
            rtt=ns(rtt_s),
            backoff=backoff,
            backoff_cap=ns(backoff_cap_s) or backoff << max(retries - 1, 0),
        )

    def _lane(self, timeout: int) -> int:
        lanes = [lane["timeout"] for lane in self._rows["lane"]]
        if timeout == 0 or timeout in lanes:
            return lanes.index(timeout) if timeout else NONE
        return self._add("lane", timeout=timeout)

    def cache(self, service: int, hit_rows: Sequence[float], step_s: float) -> int:
        """Add a hit table: the hit ratio by age of the service's groups, one row per step."""
        first = len(self._hits)
        self._hits.extend(hit_rows)
        return self._add("cache", service=service, first=first, n=len(hit_rows), step=ns(step_s))

    def budget(self, share: float, burst: float) -> int:
        """Add a retry budget: `share` retries per first attempt; `burst` retries saved at most."""
        cap = round(burst * lay.TOKEN)
        return self._add("budget", tokens=cap, earn=round(share * lay.TOKEN), cap=cap)

    def limiter(self, rate_per_s: float, burst: int) -> int:
        """Add a token bucket, full at the start: so many a second on average, `burst` at once.

        The rate is kept as a fraction with a denominator of at most 1,000, less for bursts of
        millions, so that both readings count in whole numbers.
        """
        rate = Fraction(rate_per_s).limit_denominator(finest(burst))
        price = NS_PER_S * rate.denominator
        return self._add("limiter", level=burst * price, cap=burst * price, price=price,
                         earn=rate.numerator)  # fmt: skip

    def breaker(
        self, endpoint: int, *, window_s: float, least: int, share: float, pause_s: float
    ) -> int:
        """Add circuit breakers for calls to an endpoint's service, one per group; gives the first.

        One opens when at least `least` attempts of a window ended and `share` of them badly.
        """
        callee = self._rows["service"][self._rows["endpoint"][endpoint]["service"]]
        rows = [
            self._add("breaker", window=ns(window_s), least=least, share=share, pause=ns(pause_s))
            for _ in range(callee["groups"])
        ]
        return rows[0]

    def stream(
        self,
        endpoint: int,
        *,
        partitions: int = 1,
        batch: int = 1,
        slots: int = 1,
        spread: bool = False,
        backoff_s: float = 0.1,
    ) -> int:
        """Add a stream whose batches are handled by an endpoint.

        Each partition has at most `slots` batches under way, at its owner or, with `spread`, where
        the balancer says.
        """
        service = self._rows["endpoint"][endpoint]["service"]
        first, replica = len(self._rows["partition"]), self.replica(service)
        live = max(1, sum(row["visible"] for row in self._first_group(service)))
        row = len(self._rows["stream"])
        for i in range(partitions):
            self._add("partition", stream=row, owner=replica + i % live)
        return self._add(
            "stream", first=first, partitions=partitions, endpoint=endpoint, batch=batch,
            slots=slots, spread=int(spread), backoff=ns(backoff_s),
        )  # fmt: skip

    def link(
        self, service: int, root: int, users: int, *, spread_s: float, beat: int | None = None,
        interval_s: float = 0,
    ) -> int:  # fmt: skip
        """Let the visible replicas of a service hold connections, opened by requests for `root`.

        `beat` is the root endpoint of heartbeats, one per `interval_s` and connection.
        """
        source = self._source({root: 1.0}, None, closed=lay.OPEN, rate=0.0)
        beats = NONE
        users = users if any(row["visible"] for row in self._first_group(service)) else 0
        if beat is not None:
            beats = self._source({beat: 1.0}, None, closed=lay.BEATS, users=float(users),
                                 think=interval_s * NS_PER_S)  # fmt: skip
        home = self._rows["service"][service]
        seen = [row for row in self._first_group(service) if row["visible"]]
        for i, row in enumerate(seen):
            row["held"] = users // len(seen) + (i < users % len(seen))
        home["link"] = len(self._rows["link"])
        return self._add("link", service=service, root=root, source=source, beats=beats,
                         spread=ns(spread_s))  # fmt: skip

    def _first_group(self, service: int) -> list[dict[str, Any]]:
        home = self._rows["service"][service]
        return self._rows["replica"][home["replica"] : home["replica"] + home["per_group"]]

    def controller(
        self, service: int, *, least: int, period_s: float, target: float, delay_s: float,
        cool_s: float,
    ) -> int:  # fmt: skip
        """Let the visible replicas of a service follow the use of their cores."""
        return self._add("controller", service=service, least=least, period=ns(period_s),
                         target=target, delay=ns(delay_s), cool=ns(cool_s))  # fmt: skip

    def open(
        self,
        rate_per_s: float,
        mix: Mapping[int, float],
        segments: Sequence[tuple[float, float]] | None = None,
    ) -> int:
        """Add open arrivals. `mix` is root endpoint: share; `segments` are (start in s, factor)."""
        return self._source(mix, segments, closed=lay.OPEN, rate=rate_per_s / NS_PER_S)

    def closed(
        self,
        users: float,
        think_s: float,
        mix: Mapping[int, float],
        segments: Sequence[tuple[float, float]] | None = None,
    ) -> int:
        """Add users who think between their requests; `mix` and `segments` as for `open`."""
        return self._source(mix, segments, closed=lay.CLOSED, users=users, think=think_s * NS_PER_S)

    def _source(
        self,
        mix: Mapping[int, float],
        segments: Sequence[tuple[float, float]] | None,
        **columns: float,
    ) -> int:
        first_segment, first_mix = len(self._rows["segment"]), len(self._rows["mix"])
        for start_s, factor in segments or [(0.0, 1.0)]:
            self._add("segment", start=ns(start_s), factor=factor)
        total, upto = sum(mix.values()), 0.0
        for root, share in mix.items():
            upto += share / total
            self._add("mix", upto=upto, root=root)
        return self._add(
            "source",
            segment=first_segment,
            segments=len(self._rows["segment"]) - first_segment,
            mix=first_mix,
            n_mix=len(mix),
            **columns,
        )

    def fault(self, at_s: float, action: int, replica_row: int, x: float = 0) -> int:
        """Add a fault, in any order; gives no row, as the table is sorted by time."""
        return self._add("fault", at=ns(at_s), action=action, replica=replica_row, x=x)

    def build(self) -> Program:
        """Lay out the pools and give the program, validated."""
        rows = {name: [dict(row) for row in table] for name, table in self._rows.items()}
        for service, sizes in enumerate(self._pool_sizes):
            for replica in rows["replica"]:
                if sizes and replica["service"] == service:
                    replica |= {"pool": len(rows["pool"]), "pools": len(sizes)}
                    rows["pool"].extend({"size": size} for size in sizes)
        for call, size in self._shared.items():
            callee = rows["endpoint"][rows["call"][call]["endpoint"]]["service"]
            rows["call"][call]["pool"] = len(rows["pool"])
            rows["pool"].extend({"size": size} for _ in range(rows["service"][callee]["groups"]))
        for call, other in self._pool_of.items():
            rows["call"][call]["pool"] = rows["call"][other]["pool"]
        rows["fault"].sort(key=lambda fault: fault["at"])
        tables = {name: table_of(DTYPES[name], rows[name]) for name in DTYPES}
        tables["live"] = np.array([live["row"] for live in rows["live"]], "i4")
        tables["hit"] = np.array(self._hits, "f8")
        program = Program(**tables)
        program.validate()
        return program
