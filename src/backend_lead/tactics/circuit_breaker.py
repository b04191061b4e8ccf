"""Circuit breaker: what can be done without is not asked for while it fails."""

from __future__ import annotations

from backend_lead.model.manners import Breaker
from backend_lead.model.system import Step, System
from backend_lead.tactics.tactic import Applied, Tactic, copy
from backend_lead.views.places import inner_steps

BREAKER = Breaker.model_validate({
    "failures": {"value": "50%", "range": ["20%", "80%"], "origin": "assumed",
                 "source": "Netflix Hystrix wiki, Configuration: "
                 "circuitBreaker.errorThresholdPercentage 50",
                 "why": "the default of a library that many copied"},
    "least": 20,  # circuitBreaker.requestVolumeThreshold 20, same page
    "window": {"value": "10 s", "range": ["1 s", "60 s"], "origin": "assumed",
               "source": "Netflix Hystrix wiki, Configuration: "
               "metrics.rollingStats.timeInMilliseconds 10000",
               "why": "the default of a library that many copied"},
    "pause": {"value": "5 s", "range": ["1 s", "60 s"], "origin": "assumed",
              "source": "Netflix Hystrix wiki, Configuration: "
              "circuitBreaker.sleepWindowInMilliseconds 5000",
              "why": "the default of a library that many copied"},
})  # fmt: skip


class CircuitBreaker(Tactic):
    id = "circuit-breaker"
    title = "Stop calling what fails"
    answers = ("slow-dependency",)
    does = (
        "Counts how calls end that a request can do without: optional ones, and reads of a cache "
        "that has a store behind it. While half of them fail, none is made; every few seconds one "
        "probes whether to begin again."
    )
    helps = (
        "When a dependency is slow rather than gone: each call then holds a worker for its whole "
        "timeout, and the dependency is sent work whose answer nobody waits for."
    )
    costs = (
        "Each caller keeps counts for each callee; the answer without the optional part must be "
        "good enough to be shown for as long as the dependency is ill."
    )
    hurts = (
        "Where most calls fail for a reason of their own, it withholds those that would succeed: a "
        "breaker over several servers opens for all of them because of one."
    )
    sources = (
        "M. Nygard, Release It!, 2nd ed., 2018, ch. 5 'Stability Patterns' (Circuit Breaker)",
        "Netflix, Hystrix wiki, 'Configuration' (defaults: 50 % of at least 20 requests in 10 s, "
        "5 s pause)",
    )

    def sites(self, system: System) -> list[str]:
        return [
            name
            for name, part in system.components.items()
            if any(_open(step) for end in part.endpoints.values() for step in inner_steps(end.does))
        ]

    def apply(self, system: System, site: str) -> Applied:
        out = copy(system)
        for endpoint in out.components[site].endpoints.values():
            for step in inner_steps(endpoint.does):
                if _open(step):
                    step.breaker = BREAKER
        return Applied(out, ())

    def heading(self, site: str) -> str:
        return f"Let {site} stop calling what fails and can be done without"


def _open(step: Step) -> bool:
    """A call that has a way without it, a timeout by which it can fail, and no breaker yet."""
    optional = step.optional and step.verb in ("call", "query")
    return (optional or step.verb == "read") and step.timeout is not None and step.breaker is None


TACTIC = CircuitBreaker()
