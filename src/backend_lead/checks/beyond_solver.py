"""What only a simulation knows of is simulated before anything is promised."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding
from backend_lead.model.system import System
from backend_lead.views.places import placed_steps


class BeyondSolver(Rule):
    id = "beyond-solver"
    title = "What the solver leaves out is simulated"
    why = (
        "The solver answers in milliseconds because it leaves some laws out: rows that are locked, "
        "priorities, contention, machines that two parts share, packets that are lost, second "
        "attempts that add load. Where a model says such a thing, only a run of the kernel tells "
        "its latencies; until there is one, the figures of check are those without it."
    )
    level = "warning"

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        if any("recovery" not in run.results for run in evidence.runs or ()):
            return
        for path, what in _left_out(evidence.system):
            yield self.finding(
                f"{what}: latencies of check are those without it",
                evidence.place(path), "no run of exactly this model",
                "a run at the stated peak",
                f"backend-lead simulate {evidence.place(()).file or 'backend.yaml'}",
                level="unknown",
            )  # fmt: skip


def _left_out(system: System) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What a model says that the solver does not know, each with its path."""
    for name, part in system.components.items():
        loc = ("components", name)
        said = part.serving
        if said is not None:
            words = {
                "order": said.order != "fifo" and f"the queue of `{name}` is {said.order}",
                "host": said.host and f"`{name}` shares the cores of `{said.host}`",
                "contention": said.contention and f"compute of `{name}` grows with contention",
                "coherency": said.coherency and f"compute of `{name}` grows with coherency",
                "gives_up": said.gives_up and f"who waits for `{name}` gives up",
            }
            for word, text in words.items():
                if text:
                    yield (*loc, "serving", word), text
        for word, operation in part.operations.items():
            if operation.locks:
                yield (*loc, "operations", word, "locks"), f"`{name}.{word}` locks its row"
    network = system.topology.network
    if network is not None and network.loss is not None and network.loss.value > 0:
        yield ("topology", "network", "loss"), "packets are lost"
    for name, client in system.workload.clients.items():
        if client.bursts is not None:
            yield ("workload", "clients", name, "bursts"), f"load of `{name}` comes in bursts"
    for placed in placed_steps(system):
        if placed.step.hedge is not None:
            yield (*placed.path, "hedge"), f"`{placed.endpoint}` sends second attempts"


RULE = BeyondSolver()
