"""What no run knows of parts in other regions is told: what it says of them is too good."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding
from backend_lead.views.flow import Cached, Flow, FlowStep
from backend_lead.views.network import region_of


class BeyondRuns(Rule):
    id = "beyond-runs"
    title = "Runs know how parts in other regions are reached"
    why = (
        "A run hands messages to their consumers at once and over no network: one in another "
        "region than its broker gets them too early, through a cut too, and nothing of it goes "
        "over the way between the two. What a cache in another region is asked and answers over a "
        "stated bandwidth goes over it, but before the read's own timeout counts and also while "
        "that region is cut off."
    )
    level = "warning"
    needs = ("model", "flow")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        flow = evidence.flow
        assert flow is not None
        for consumer in flow.consumers:
            word, (asks, asked) = consumer.handler, _apart(flow, consumer.handler, consumer.topic)
            if asks != asked:
                name, endpoint = word.split(".", 1)
                yield self.finding(
                    f"`{word}` in {asks} gets the messages of `{consumer.topic}` in {asked} at "
                    "once in every run, over no network",
                    evidence.place(("components", name, "endpoints", endpoint, "on")),
                    f"a consumer in {asks}", f"one in {asked}",
                    f"let a part in {asked} take them and call `{name}`: calls take their time",
                )  # fmt: skip
        for node in flow.nodes.values():
            for step in _reads(node.steps):
                if step.call.over and step.call.timeout_s > 0:
                    yield self.finding(
                        f"`{node.key}` reads `{step.cache}` in another region: its timeout does "
                        "not bound what is waited for on the way",
                        evidence.component_place(step.cache, "region"),
                        step.call.over[0].link, "a cache in the region of who reads it",
                        "state no bandwidth of that way where it is wide enough, or place the "
                        "cache beside its readers",
                    )  # fmt: skip


def _apart(flow: Flow, *keys: str) -> list[str]:
    parts = flow.system.components
    return [region_of(flow.system, parts[flow.nodes[key].component]) for key in keys]


def _reads(steps: tuple[FlowStep, ...]) -> Iterator[Cached]:
    for step in steps:
        if isinstance(step, Cached):
            yield step
            yield from _reads(step.miss)


RULE = BeyondRuns()
