"""The workloads of `kernel.py` in SimPy, one process per customer, as its documentation has it."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from typing import Any

from measuring import cpu_s

Process = Generator[Any, Any, None]
APP_S, DB_S = 0.008, 0.005
TIMEOUT_S, BACKOFF_S, RETRIES, OUTAGE_S = 0.1, 0.05, 2, (95.0, 105.0)


def requests_per_cpu_s(workload: str, users: int, length: float) -> float:
    """Requests done per CPU-second; `length` in simulated seconds (W1: customers)."""
    work = {"w1": lambda: w1(int(length)), "w2": lambda: w2(length),
            "w3": lambda: w3(users, length), "w4": lambda: w4(length)}[workload]  # fmt: skip
    seconds, done = cpu_s(work)
    return done / seconds


def w1(customers: int) -> int:
    """M/M/1 at 80 %."""
    import simpy

    env, draw, done = simpy.Environment(), random.Random(1).expovariate, [0]
    server = simpy.Resource(env, 1)

    def customer() -> Process:
        with server.request() as turn:
            yield turn
            yield env.timeout(draw(1.0))
        done[0] += 1

    def source() -> Process:
        for _ in range(customers):
            yield env.timeout(draw(0.8))
            env.process(customer())

    env.process(source())
    env.run()
    return done[0]


def tier(env: Any, draw: random.Random, replicas: int, workers: int, pool: int) -> Any:
    """A request: a worker of a random replica, held during a database call through a pool."""
    import simpy

    apps = [simpy.Resource(env, workers) for _ in range(replicas)]
    connections = simpy.Resource(env, pool)

    def request(replica: int | None = None) -> Process:
        with apps[draw.randrange(replicas) if replica is None else replica].request() as worker:
            yield worker
            yield env.timeout(draw.expovariate(1 / APP_S))
            with connections.request() as connection:
                yield connection
                yield env.timeout(draw.expovariate(1 / DB_S))

    return request


def poisson(env: Any, draw: random.Random, start: Callable[[], Process]) -> Process:
    while True:
        yield env.timeout(draw.expovariate(1_000))
        env.process(start())


def w2(until_s: float) -> int:
    """Open arrivals at three replicas of eight workers."""
    import simpy

    env, draw, done = simpy.Environment(), random.Random(1), [0]
    request = tier(env, draw, 3, 8, 20)

    def one() -> Process:
        yield from request()
        done[0] += 1

    env.process(poisson(env, draw, one))
    env.run(until=until_s)
    return done[0]


def w3(users: int, until_s: float) -> int:
    """Users who think for ten seconds; replicas to match."""
    import simpy

    env, draw, done = simpy.Environment(), random.Random(1), [0]
    need = users / 10 * 0.013 / 0.6
    replicas = max(1, round(need / 8))
    workers, pool = max(1, round(need / replicas)), max(2, round(users / 10 * 0.005 / 0.25))
    request = tier(env, draw, replicas, workers, pool)

    def user() -> Process:
        while True:
            yield env.timeout(draw.expovariate(0.1))
            yield from request()
            done[0] += 1

    for _ in range(users):
        env.process(user())
    env.run(until=until_s)
    return done[0]


def w4(until_s: float) -> int:
    """W2 with timeouts and retries; replica 0 is silent for a while."""
    import simpy

    env, draw, done = simpy.Environment(), random.Random(1), [0]
    request = tier(env, draw, 3, 8, 20)
    under_way: set[Any] = set()

    def attempt(replica: int, answered: Any) -> Process:
        me = env.active_process
        if replica == 0:
            if OUTAGE_S[0] <= env.now < OUTAGE_S[1]:
                return
            under_way.add(me)
        try:
            yield from request(replica)
            answered.succeed()
        except simpy.Interrupt:
            pass
        finally:
            under_way.discard(me)

    def client() -> Process:
        for k in range(1 + RETRIES):
            answered = env.event()
            env.process(attempt(draw.randrange(3), answered))
            yield answered | env.timeout(TIMEOUT_S)
            if answered.triggered:
                done[0] += 1
                return
            if k < RETRIES:
                yield env.timeout(draw.random() * BACKOFF_S * 2**k)

    def outage() -> Process:
        yield env.timeout(OUTAGE_S[0])
        for process in list(under_way):
            process.interrupt()

    env.process(poisson(env, draw, client))
    env.process(outage())
    env.run(until=until_s)
    return done[0]
