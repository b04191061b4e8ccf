"""The plain reading of Hosts: jobs of several replicas that share cores evenly."""

from __future__ import annotations

import math
from heapq import heapify, heappop, heappush
from types import SimpleNamespace

from .layout import NONE
from .program import Program
from .twin_state import Frame, Machine, Replica, records


class Host:
    """Some cores, and the jobs they work on: (finish, number, frame)."""

    def __init__(self, row: SimpleNamespace, speeds: list[float]) -> None:
        self.speeds = speeds[row.speed : row.speed + row.n]
        self.v = 0.0
        self.since = 0
        self.jobs: list[tuple[float, int, Frame]] = []
        self.entered = 0
        self.due = NONE

    def speed(self) -> float:
        n, m = len(self.jobs), len(self.speeds)
        return self.speeds[n - 1] if n <= m else self.speeds[m - 1] * m / n

    def bring_up(self, now: int) -> None:
        if self.jobs:
            self.v += (now - self.since) * self.speed()
        self.since = now


class Hosts(Machine):
    """Lets replicas with a host work there."""

    def set_hosts(self, program: Program) -> None:
        speeds = program.speed.tolist()
        self.hosts = [Host(row, speeds) for row in records(program.host)]

    def enter_host(self, frame: Frame, time: int) -> None:
        host = self.hosts[frame.replica.host]
        host.bring_up(self.now)
        heappush(host.jobs, (host.v + time, host.entered, frame))
        host.entered += 1
        self.aim(host)

    def aim(self, host: Host) -> None:
        if not host.jobs:
            host.v, host.due = 0.0, NONE
            return
        wait = math.ceil((host.jobs[0][0] - host.v) / host.speed())
        host.due = self.created
        self.at(self.now + max(0, wait), self.job_due, host, host.due)

    def job_due(self, host: Host, number: int) -> None:
        if number != host.due:
            return
        host.bring_up(self.now)
        self.when_ready(self.resume, heappop(host.jobs)[2])
        while host.jobs and host.jobs[0][0] <= host.v:
            self.when_ready(self.resume, heappop(host.jobs)[2])
        self.aim(host)

    def leave_host(self, replica: Replica) -> None:
        """Let go the jobs of a replica that went down."""
        if replica.host == NONE:
            return
        host = self.hosts[replica.host]
        leaving = sorted(job[:2] for job in host.jobs if job[2].replica is replica)
        if not leaving:
            return
        host.bring_up(self.now)
        frames = {job[1]: job[2] for job in host.jobs}
        for _, number in leaving:
            self.when_ready(self.resume, frames.pop(number))
        host.jobs = [job for job in host.jobs if job[1] in frames]
        heapify(host.jobs)
        self.aim(host)
