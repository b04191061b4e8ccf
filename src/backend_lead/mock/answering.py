"""The mock as one function: a request and a time in, an answer out."""

from __future__ import annotations

from calendar import timegm
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

from backend_lead.emit.api.jobs import has_result, job_path
from backend_lead.emit.api.openapi import openapi
from backend_lead.emit.api.problems import outdated
from backend_lead.emit.api.rest import APP_VERSION
from backend_lead.mock.callers import ANYBODY, Caller, Callers, unknown_caller
from backend_lead.mock.chance import Chance, Predicted
from backend_lead.mock.checking import Checker
from backend_lead.mock.doing import Doing, Done
from backend_lead.mock.jobs import Job, Jobs
from backend_lead.mock.message import JSON, Answer, Asked, Refused, encoded, refusal
from backend_lead.mock.repeats import Repeats
from backend_lead.mock.routing import Route, Routes
from backend_lead.mock.store import Store, moment
from backend_lead.model.contract import Audience
from backend_lead.views.api.keeping import cache_control
from backend_lead.views.api.parts import Contract, Operation

DOCUMENT = "/openapi.json"
AGAIN_S = 2  # what Retry-After says of jobs and of failures: as the contract's example
Extra = Callable[[Asked, Caller | None, float], Answer]


class Mock:
    """The contract of one audience, answered from memory.

    `predicted` says per operation how long it takes and how often it fails; with `faults` off only
    its latency counts.
    """

    def __init__(
        self, found: Contract, audience: Audience, *, seed: int = 1,
        predicted: Mapping[str, Predicted] | None = None, faults: bool = True,
        tokens: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self.found, self.audience, self.faults = found, audience, faults
        self.document = openapi(found, audience)
        self.predicted = dict(predicted or {})
        self.store = Store(found, seed)
        self.callers = Callers(found, audience, tokens)
        self.doing = Doing(found, audience, self.store)
        self.chance, self.jobs, self.repeats = Chance(seed), Jobs(found.host), Repeats()
        self.checker = Checker(self.document)
        self.extras: dict[tuple[str, str], Extra] = {}
        self._served = [op for op in found.of_audience(audience) if op.nature != "event"]
        self._by_id = {op.id: op for op in self._served}
        self._routes = Routes(self._addresses())
        self._asked = 0

    def also(self, method: str, path: str, extra: Extra) -> None:
        """Answer at one more address, of any caller."""
        self.extras[method, path] = extra
        self._routes = Routes(self._addresses())

    def _addresses(self) -> list[Route]:
        out = [
            Route(method.upper(), path, told["operationId"])
            for path, methods in self.document["paths"].items()
            for method, told in methods.items()
        ]
        out.append(Route("GET", DOCUMENT, DOCUMENT))
        return out + [Route(method, path, path) for method, path in self.extras]

    def answer(self, asked: Asked, now_s: float) -> Answer:
        """The answer to a request at a time (s since 1970)."""
        self._asked += 1
        request_id = f"mock-{self._asked:08d}"
        headers = {"X-Request-Id": request_id}
        try:
            return self._answer(asked, now_s, request_id, headers)
        except Refused as refused:
            return refusal(refused, request_id, headers, self.found.host)

    def _answer(
        self, asked: Asked, now_s: float, request_id: str, headers: dict[str, str]
    ) -> Answer:
        self.jobs.settle(now_s)
        route, path = self._routes.find(asked.method, asked.path)
        if route.path == DOCUMENT:
            return Answer(200, headers | {"Content-Type": JSON}, encoded(self.document))
        caller = self.callers.who(asked.headers)
        op = self._by_id.get(route.operation)
        extra = (asked.method, route.path) in self.extras  # asks of each part whether it is public
        if caller is None and not (extra or (op is not None and op.said.public)):
            raise unknown_caller("A bearer token is wanted; any will do.")
        headers.update(self.callers.take(caller, now_s))
        if extra:
            found = self.extras[asked.method, route.path](asked, caller, now_s)
            return Answer(found.status, {**headers, **found.headers}, found.body, found.wait_s)
        told = self.document["paths"][route.path][route.method.lower()]
        if op is None:  # the one operation that is of no entity: a job
            given = self.checker.given(told, asked, path)
            job = self.jobs.find(given.path["jobId"], caller.id if caller else ANYBODY)
            again = {} if job.state in ("DONE", "FAILED") else {"Retry-After": str(AGAIN_S)}
            return Answer(200, headers | {"Content-Type": JSON} | again, encoded(self._told(job)))
        if caller is not None and not op.said.public:
            self.callers.may(op, caller)
        headers.update(_ending(op))
        wait_s = self._feel(op)
        given = self.checker.parameters(told, asked, path)
        if outdated(op) and self.audience == "mobile":
            _recent(asked.headers.get(APP_VERSION.lower()))
        if op.wants_match and "if-match" not in asked.headers:
            raise Refused(428, "Send If-Match with the ETag that was read, or * for any version.")
        given = replace(given, body=self.checker.body(told, asked))
        who = caller.token if caller is not None else ANYBODY

        def work(at_s: float) -> Done:
            return self.doing.do(op, given, caller, moment(at_s), request_id)

        before = self.repeats.before(who, op.id, asked, now_s) if op.needs_key else None
        if before is not None:
            return Answer(before.status, {**before.headers, **headers}, before.body, wait_s)
        done = (
            self._begun(caller.id if caller else ANYBODY, work, now_s) if op.long else work(now_s)
        )
        answer = self._finished(op, done, headers, wait_s)
        if op.needs_key:
            self.repeats.keep(who, op.id, asked, answer, now_s)
        return answer

    def _feel(self, op: Operation) -> float:
        """How long it takes. Raises Refused where it is its turn to fail."""
        predicted = self.predicted.get(op.name)
        wait_s, fails = self.chance.latency_s(predicted), self.chance.fails(predicted)
        if fails and self.faults:
            raise Refused(503, "A part that is needed does not answer; predicted for the design.",
                          headers={"Retry-After": str(AGAIN_S)})  # fmt: skip
        return wait_s

    def _told(self, job: Job) -> dict[str, Any]:
        return job.told(with_result=has_result(self._served))

    def _begun(self, who: str, work: Callable[[float], Done], now_s: float) -> Done:
        job = self.jobs.begin(who, work, now_s)
        where = job_path(self.found).replace("{jobId}", job.id)
        return Done(202, self._told(job), {"Location": where, "Retry-After": str(AGAIN_S)})

    def _finished(
        self, op: Operation, done: Done, headers: Mapping[str, str], wait_s: float
    ) -> Answer:
        told = {**headers, **done.headers}
        if op.nature == "query":
            told["Cache-Control"] = cache_control(op)
        if done.value is None:
            return Answer(done.status, told, b"", wait_s)
        return Answer(done.status, told | {"Content-Type": JSON}, encoded(done.value), wait_s)


def _recent(version: str | None) -> None:
    """Raises Refused (426) for a version before 1: so that apps can try what they do then."""
    if version is not None and int(version.partition(".")[0]) < 1:
        raise Refused(426, "Versions before 1.0.0 are not served here.")


def _ending(op: Operation) -> dict[str, str]:
    """Since when an operation should not be used (RFC 9745), and when it ends (RFC 8594)."""
    end = op.said.deprecated
    if end is None:
        return {}
    return {"Deprecation": f"@{_day_s(end.since)}",
            "Sunset": formatdate(_day_s(end.sunset), usegmt=True)}  # fmt: skip


def _day_s(day: str) -> int:
    return timegm(datetime.fromisoformat(day).replace(tzinfo=UTC).utctimetuple())
