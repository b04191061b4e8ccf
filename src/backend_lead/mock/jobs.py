"""Work that takes long: accepted at once, done after a while, asked after meanwhile."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from backend_lead.mock.doing import Done
from backend_lead.mock.message import Refused, problem_of
from backend_lead.mock.rows import told_time
from backend_lead.mock.store import moment

WAIT_S, RUN_S = 1.0, 4.0  # until a job begins and until it is done: long enough to be asked after
KEPT_S = 86_400.0  # as the contract says
KEPT_MAX = 10_000


@dataclass
class Job:
    """One job; `work` is done when its time has come, `problem` or `result` what came of it."""

    id: str
    who: str
    begun_s: float
    work: Callable[[float], Done]
    state: str = "WAITING"
    problem: dict[str, Any] | None = None
    result: Any = None

    def told(self, *, with_result: bool) -> dict[str, Any]:
        """The job as it travels."""
        out = {"id": self.id, "state": self.state, "createdAt": told_time(moment(self.begun_s)),
               "problem": self.problem}  # fmt: skip
        return out | ({"result": self.result} if with_result else {})


class Jobs:
    """All jobs, in the order they came."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._made = 0

    def begin(self, who: str, work: Callable[[float], Done], now_s: float) -> Job:
        """Accept work."""
        self._made += 1
        job = Job(f"job-{self._made:08d}", who, now_s, work)
        self._jobs[job.id] = job
        while len(self._jobs) > KEPT_MAX:
            self._jobs.popitem(last=False)
        return job

    def settle(self, now_s: float) -> None:
        """Do what is due, and forget what ended long ago."""
        for job in list(self._jobs.values()):
            age_s = now_s - job.begun_s
            if age_s > KEPT_S:
                del self._jobs[job.id]
            elif job.state in ("WAITING", "RUNNING") and age_s >= WAIT_S:
                job.state = "RUNNING"
                if age_s >= WAIT_S + RUN_S:
                    self._finish(job, job.begun_s + WAIT_S + RUN_S)

    def _finish(self, job: Job, at_s: float) -> None:
        try:
            job.result = job.work(at_s).value
            job.state = "DONE"
        except Refused as refused:
            job.state, job.problem = "FAILED", problem_of(refused, job.id, self._host)

    def find(self, id: str, who: str) -> Job:
        """A job of this caller. Raises Refused (404)."""
        job = self._jobs.get(id)
        if job is None or job.who != who:
            raise Refused(404, "There is no such job, or it is not yours.")
        return job
