"""What a request can do without is still done for most of them."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import FULL, Evidence
from backend_lead.checks.rule import Rule
from backend_lead.checks.wording import amount, percent, seconds
from backend_lead.model.finding import Finding
from backend_lead.model.units import per_of
from backend_lead.views.flow import Bucket, Cpu, Flow, Node, Wait, calls_of
from backend_lead.views.places import PlacedStep, placed_steps

MOSTLY = 0.5  # share of calls that fail, from which on the request is without its part as a rule
TOLD = 0.01  # share of calls that a limit on calls at once refuses, above which it is told: a p99


class OptionalFails(Rule):
    id = "optional-fails"
    title = "Optional calls mostly succeed"
    why = (
        "A call marked optional may fail and its request still succeeds, so no p99, availability "
        "or count of failures shows that it fails every time. What is never there is not an "
        "option: it costs the wait for its timeout and gives nothing. A smaller part that a limit "
        "on calls at once sheds, as it is stated to, is told as a note."
    )
    level = "warning"
    needs = ("model", "flow")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        flow = evidence.flow
        assert flow is not None
        for placed in placed_steps(evidence.system):
            target = str(getattr(placed.step, placed.step.verb))
            node = flow.nodes.get(target) if placed.step.optional else None
            told = node and self._fails(evidence, flow, placed, node)
            if node and not told:
                yield from self._sheds(evidence, flow, placed, node)
            if told:
                seen, allowed, hint = told
                yield self.finding(
                    f"`{placed.endpoint}` asks `{target}` as optional, but that mostly fails: "
                    "requests succeed without it", evidence.place((*placed.path, placed.step.verb)),
                    seen, allowed, hint,
                )  # fmt: skip

    def _sheds(
        self, evidence: Evidence, flow: Flow, placed: PlacedStep, node: Node
    ) -> Iterator[Finding]:
        """How many calls find as many under way as their limit allows, in the worse state."""
        if placed.step.limit is None:
            return
        steps = flow.nodes[placed.endpoint].steps
        gates = {call.gate for call in calls_of(steps) if call.target == node.key}
        shares = [
            (max(solved.refused.get(gate, 0.0) for gate in gates), when)
            for when, solved in evidence.zones_words if solved.stable
        ]  # fmt: skip
        most = max((share for share, _ in shares), default=0.0)
        if most > TOLD:
            seen = ", ".join(f"{percent(share)} {when}" for share, when in shares)
            yield self.finding(
                f"`{placed.endpoint}` goes without the answer of `{node.key}` where it finds "
                f"{placed.step.limit} calls under way; at peak, of its calls: {seen}",
                evidence.place((*placed.path, placed.step.verb)), f"{percent(most)} refused",
                f"up to {percent(MOSTLY)} of what can be done without",
                "nothing, if so much may be shed; else a higher limit, or a faster answer",
                level="warning" if most >= MOSTLY else "note",
            )  # fmt: skip

    def _fails(
        self, evidence: Evidence, flow: Flow, placed: PlacedStep, node: Node
    ) -> tuple[str, str, str] | None:
        """What is seen, what is allowed and what to try, where most of its calls must fail."""
        asked = _asked(flow, node)
        given = min((s.rate_per_s for s in node.steps if isinstance(s, Bucket)), default=asked)
        if asked and 1 - given / asked >= MOSTLY:
            per = per_of(asked)
            return (f"{per.text(asked, 'calls', amount)} against a limit of "
                    f"{per.text(given, digits=amount)}: {percent(1 - given / asked)} are refused",
                    f"up to {per.text(given, 'calls', amount)}",
                    "a higher limit, fewer calls, or leave the call out")  # fmt: skip
        least_s = sum(s.mean_s for s in node.steps if isinstance(s, Cpu))
        least_s += sum(s.mean_s * s.chance for s in node.steps if isinstance(s, Wait))
        timeout = placed.step.timeout
        if timeout is not None and timeout.value < least_s:
            return (f"it takes {seconds(least_s)} on the mean, without any waiting line",
                    f"a mean below the timeout of {seconds(timeout.value)}",
                    f"timeout: {seconds(3 * least_s)}, or leave the call out")  # fmt: skip
        for use in evidence.solution.uses if evidence.solution else ():
            full = use.busy >= FULL and use.component == node.component
            if full and timeout is not None and "failover" not in use.id:
                return (f"`{node.component}` is asked for {percent(use.busy)} of its "
                        f"{use.resource}, so its line has no end and the timeout of "
                        f"{seconds(timeout.value)} ends the calls", "below 100%",
                        "a larger or further instance, or leave the call out")  # fmt: skip
        return None


def _asked(flow: Flow, node: Node) -> float:
    """Calls a second that share the limit of a node: a bucket is of a whole component."""
    keys = {step.key for step in node.steps if isinstance(step, Bucket)}
    return sum(
        flow.visits.get(other.key, 0.0)
        for other in flow.nodes.values()
        if any(isinstance(step, Bucket) and step.key in keys for step in other.steps)
    )


RULE = OptionalFails()
