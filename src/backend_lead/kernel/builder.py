"""Building a program by hand: for lowering a model, for tests and cases with a known answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import layout as lay
from .layout import NONE
from .program import DTYPES, Program
from .reached_parts import ReachedParts
from .rows import ns, table_of

Step = tuple[Any, ...]


class Builder(ReachedParts):
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
        order: int = lay.FIFO,
        give_up: int | None = None,
        choices: int = 2,
        near: bool = False,
        weights: Sequence[float] | None = None,
        contention: float = 0,
        coherency: float = 0,
        slow_start_s: float = 0,
        before: int | None = None,
    ) -> int:
        """Add a service with its groups and replicas. A `queue` of None never refuses.

        With `shed` waiting, requests of low priority are refused; who waited `patience_s` (0: any
        time), or longer than drawn from the distribution `give_up`, is refused when its turn comes.
        Of each group the first `visible` replicas serve from the start (None: all). `weights` are
        those of each group's replicas, for LB_WEIGHTED and, as a divisor, LB_LEAST and LB_P2C.
        CPU times grow by `contention` for each other request in progress at the replica, and by
        `coherency` for each pair of these (universal scalability law). It stands `before` another
        service of as many groups: what looks at a cache after a call to it looks at that one.
        """
        row, first = len(self._rows["service"]), len(self._rows["replica"])
        seen = per_group if visible is None else visible
        for _ in range(groups):
            members = range(len(self._rows["replica"]), len(self._rows["replica"]) + per_group)
            live = len(self._rows["live"])
            group = self._add("group", service=row, live=live, n_live=seen)
            for i, member in enumerate(members):
                self._add("live", row=member)
                lines = self._lines() if order == lay.RANKED else NONE
                self._add("replica", service=row, group=group, up=1, visible=int(i < seen),
                          slow=1.0, lines=lines, weight=weights[i] if weights else 1.0)  # fmt: skip
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
            order=order,
            give_up=NONE if give_up is None else give_up,
            choices=choices,
            near=int(near),
            weigh=int(weights is not None or slow_start_s > 0),
            stretched=int(contention > 0 or coherency > 0),
            contention=contention,
            coherency=coherency,
            slow_start=ns(slow_start_s),
            before=NONE if before is None else before,
        )

    def _lines(self) -> int:
        return self._add_many("line", lay.RANKS)

    def delay_service(self, groups: int = 1, per_group: int = 1, before: int | None = None) -> int:
        """Add a service without limits; one replica by default, as a root endpoint needs."""
        return self.service(groups, per_group, limited=False, before=before)

    def follow_up(
        self, root: int, nexts: Sequence[tuple[float, int, int]], leaves: float = 1.0
    ) -> None:
        """After a request for `root` its user asks on: (share, root, distribution of thinking).

        The rest of the shares goes. So does, after a request that did not end OK, the share
        `leaves`, whatever the others.
        """
        upto, first = 0.0, len(self._rows["follow"])
        for share, after, think in nexts:
            upto += share
            self._add("follow", upto=upto, root=after, think=think)
        self._rows["endpoint"][root] |= {"follow": first, "follows": len(nexts), "leaves": leaves}

    def start(self, source: int, root: int, which: int, n: int) -> int:
        """At time 0 so many users of a source think after a request for `root`.

        `which` says of what follows it, counted from 0, they think before.
        """
        follow = self._rows["endpoint"][root]["follow"] + which
        return self._add("start", source=source, follow=follow, n=n)

    def endpoint(
        self, service: int, steps: Sequence[Step], low: bool = False, rank: int = 0
    ) -> int:
        """Add an endpoint that takes the steps, then replies; `low` ones are shed first.

        A step is one of: ("cpu", dist), ("delay", dist), ("call", call), ("par", [calls in
        consecutive rows]), ("some", [calls], how many answers it goes on after), ("chance", p,
        [steps taken unless the draw is below p]), ("either", p, [steps taken if it is], [steps
        taken if not]), ("cached", call, cache, [steps taken unless it is a hit]), ("publish",
        stream), ("limit", limiter), ("key", keys), ("kept", call, shelf, [steps taken unless the
        key is there; it is put there after them]), ("drop", shelf) right after a call to its cache,
        ("lock", first lock, number of locks, [steps taken with one of them held]), ("note", log),
        ("look", log). Of `rank` 0 is what its caller is.
        """
        first = len(self._rows["op"])
        self._steps(steps)
        self._add("op", code=lay.OP_END)
        return self._add("endpoint", service=service, op=first, low=int(low), rank=rank)

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
                    self._parallel(calls, 0)
                case ("some", calls, need):
                    self._parallel(calls, need)
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
                case ("key", keys):
                    self._add("op", code=lay.OP_KEY, a=keys)
                case ("kept", call, shelf, miss):
                    self._add("op", code=lay.OP_CALL, a=call)
                    jump = self._add("op", code=lay.OP_GET, a=shelf)
                    self._steps(miss)
                    self._add("op", code=lay.OP_PUT, a=shelf)
                    ops[jump]["b"] = len(ops)
                case ("drop", shelf):
                    self._add("op", code=lay.OP_DROP, a=shelf)
                case ("lock", lock, n, held):
                    self._add("op", code=lay.OP_LOCK, a=lock, b=n)
                    self._steps(held)
                    self._add("op", code=lay.OP_UNLOCK)
                case ("note", log):
                    self._add("op", code=lay.OP_NOTE, a=log)
                case ("look", log):
                    self._add("op", code=lay.OP_LOOK, a=log)
                case _:
                    raise ValueError(f"{step!r} is no step")

    def _parallel(self, calls: Sequence[int], need: int) -> None:
        if list(calls) != list(range(calls[0], calls[0] + len(calls))):
            raise ValueError(f"par: the call rows {calls} must be consecutive")
        self._add("op", code=lay.OP_PAR, a=calls[0], b=len(calls), need=need)

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
        shape: int = lay.JITTER_FULL,
        cancel: bool = False,
        by_key: bool = False,
        hops: tuple[int, int] | None = None,
        hedge_s: float = 0,
    ) -> int:
        """Add a call. A timeout of 0 is none; a backoff cap of 0 lets the backoff double freely.
        A `group` of SAME is that of the replica which calls.

        `pool_per_replica` is (caller's service, size): a pool of its own in each of its replicas.
        `pool_per_group` likewise, one for each group of the callee.
        `shared_pool` is a size: one pool for all callers, per group of the callee. `pool_of` is an
        earlier call whose pools this one uses too; where `room` attempts wait in its pool, the call
        is refused. With `deadline`, work for the call ends when its
        time or its caller's is over. `budget` and `breaker` are rows of those, of calls of
        one service. `hops` are the first
        hop row and the number of zones. After `hedge_s` a second attempt is sent beside the first.
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
            shape=shape,
            cancel=int(cancel),
            by_key=int(by_key),
            hop=NONE if hops is None else hops[0],
            zones=0 if hops is None else hops[1],
            hedge=ns(hedge_s),
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

    def fault(
        self, at_s: float, action: int, replica_row: int = 0, x: float = 0, row: int = 0
    ) -> int:
        """Add a fault, in any order; gives no row, as the table is sorted by time.

        `row` is that of a hop or a controller, where the action is upon one of these.
        """
        return self._add("fault", at=ns(at_s), action=action, replica=replica_row, x=x, row=row)

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
        tables |= self.plain_tables()
        program = Program(**tables)
        program.validate()
        return program
