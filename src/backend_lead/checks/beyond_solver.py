"""What only a simulation knows of is simulated before anything is promised."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence, Solved
from backend_lead.checks.rule import Rule
from backend_lead.model.design import Run
from backend_lead.model.finding import Finding
from backend_lead.model.serving import Serving
from backend_lead.model.system import System
from backend_lead.views.flow import Flow, calls_of
from backend_lead.views.keyed import exact
from backend_lead.views.places import placed_steps
from backend_lead.views.popularity import EVEN
from backend_lead.views.sharing_out import each

AT_PEAK = ("steady-seed-", "steady-precision-", "replications-")  # ids of such runs, as named
CUT_SHORT = 0.01  # share of calls that end by their timeout, above which it is told: a p99
COMPARES = ("least-outstanding", "power-of-two", "power-of-three")  # what is under way
FEW = 0.01  # share of reads; so many that come while another one fetches the same key are told
BUSY_KNOWN = 0.6  # share in use up to which its errors are small; docs/solver.md
TOLD = (  # when, as docs/solver.md lists them
    "A queue is served last come first.",
    "Requests of low priority are refused first.",
    "A balancer compares instances by weights.",
    "A balancer compares what is under way, and callers who stay in their zone load some instances "
    "more than others.",
    "Packets are lost.",
    "Load comes in bursts.",
    "More than 1 % of calls to a part, or of a client's requests, end by their timeout.",
    "More than 1 % of reads of a cache that keeps exact keys come while another one fetches "
    "the same key.",
    "A part is more than 60 % busy, and serves by priority or computes longer the more are at it.",
    "More than 1 % of calls find their limit full, and wait for pooled connections below it or ask "
    "a part that is more than 60 % busy.",
    "Some part is more than 60 % busy, and second attempts are sent.",
)  # fmt: skip


class BeyondSolver(Rule):
    id = "beyond-solver"
    title = "What the solver leaves out is simulated"
    why = (
        "The solver answers in milliseconds because it leaves some laws out: queues served last "
        "come first, shedding, packets that are lost, load that comes in bursts. Others it knows "
        "while parts are not too busy (contention, priorities and second attempts; docs/solver.md "
        "has the errors), or while hardly a call or request ends by its timeout (retries, "
        "breakers and deadlines). "
        "Where a model is beyond that, only a run of the kernel tells its latencies; until there "
        "is one, the figures of check are those of the solver."
    )
    level = "warning"

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        if any(_at_peak(run) for run in evidence.runs or ()):
            return
        found = [
            *_left_out(evidence.system), *_not_known_when_busy(evidence), *_cut_short(evidence),
            *_fetched_at_once(evidence), *_near(evidence), *_refused(evidence),
        ]  # fmt: skip
        for path, what in found:
            yield self.finding(
                f"{what}: latencies of check do not know enough of it",
                evidence.place(path), "no run of exactly this model",
                "a run at the stated peak",
                evidence.command("simulate"), level="unknown",
            )  # fmt: skip


def _at_peak(run: Run) -> bool:
    """Whether a run is of the stated load with nothing broken, and came to its end."""
    at_peak = run.id == "steady" or run.id.startswith(AT_PEAK)
    return at_peak and "partial" not in run.id and run.results.get("status") == "complete"


def _left_out(system: System) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What a model says that the solver does not know, each with its path."""
    for name, part in system.components.items():
        loc = ("components", name)
        if part.serving is not None and part.serving.order == "lifo":
            yield (*loc, "serving", "order"), f"the queue of `{name}` is served last come first"
        if part.serving is not None and part.serving.sheds is not None:
            yield (*loc, "serving", "sheds"), f"`{name}` refuses requests of low priority first"
        if part.serving is not None and part.balance != "weighted" and _unequal(part.serving):
            yield (*loc, "serving", "weights"), f"the balancer of `{name}` compares by weights"
    network = system.topology.network
    if network is not None and network.loss is not None and network.loss.value > 0:
        yield ("topology", "network", "loss"), "packets are lost"
    for i, hop in enumerate(network.hops if network is not None else ()):
        if hop.loss is not None and hop.loss.value > 0:
            told = f"packets between {hop.between[0]} and {hop.between[1]} are lost"
            yield ("topology", "network", "hops", i, "loss"), told
    for name, client in system.workload.clients.items():
        if client.bursts is not None:
            yield ("workload", "clients", name, "bursts"), f"load of `{name}` comes in bursts"


def _near(evidence: Evidence) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Uneven zones: who asks from elsewhere takes the emptiest instance of all, and each zone has a
    queue of its own; the solver knows the shares, and of these queues the mean."""
    flow = evidence.flow
    for station in flow.stations.values() if flow is not None else ():
        said = station.serving
        if said is None or not said.near or station.balance not in COMPARES:
            continue
        assert flow is not None
        if (over := float(each(flow, station.id).max())) > 1 + EVEN:
            told = (
                f"callers of `{station.component}` stay in their zone, an instance has {over:.1f} "
                "times the load of the mean, and the balancer compares what is under way"
            )
            yield ("components", station.component, "serving", "near"), told


def _unequal(said: Serving) -> bool:
    return said.weights is not None and len(set(said.weights)) > 1


def _fetched_at_once(evidence: Evidence) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Exact keys of which several reads at a time fetch one: whoever is back first fills it."""
    if evidence.flow is None:
        return
    for (cache, entity), curve in evidence.flow.hits.items():
        asked = curve.asked
        if asked is None or asked.coalesced or not exact(evidence.flow, cache):
            continue
        if float((curve.weight * (1 - curve.kept) * (curve.rate * asked.fetch_s > 1)).sum()) > FEW:
            told = f"several reads at once fetch one `{entity}` for `{cache}`"
            yield ("components", cache, "keeps", "keys"), told


def _not_known_when_busy(evidence: Evidence) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What the solver knows well only while a part is at most BUSY_KNOWN in use."""
    busy: dict[str, float] = {}
    solution = evidence.solution
    for use in solution.uses if solution is not None else ():
        busy[use.component] = max(busy.get(use.component, 0.0), use.busy)
    calm = solution is not None and solution.stable
    for name, part in evidence.system.components.items():
        said = part.serving
        if said is None or (calm and busy.get(name, 0.0) <= BUSY_KNOWN):
            continue
        words = {
            "order": said.order == "priority" and f"the queue of `{name}` is served by priority",
            "contention": said.contention and f"compute of `{name}` grows with contention",
            "coherency": said.coherency and f"compute of `{name}` grows with coherency",
        }
        for word, text in words.items():
            if text:
                yield ("components", name, "serving", word), f"{text}, and it is busy"
    if not calm or max(busy.values(), default=0.0) > BUSY_KNOWN:
        for placed in placed_steps(evidence.system):
            if placed.step.hedge is not None:
                told = f"`{placed.endpoint}` sends second attempts, and parts are busy"
                yield (*placed.path, "hedge"), told


def _cut_short(evidence: Evidence) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Calls of which many end by their timeout: the solver waits for all answers, so it knows
    nothing of what retries, breakers and deadlines make of these."""
    flow, solution = evidence.flow, evidence.solution
    if flow is None or solution is None or not solution.stable:
        return
    yield from _clients_gone(flow, solution)
    told: set[tuple[str, str]] = set()
    for node in flow.nodes.values():
        for call in calls_of(node.steps):
            share = solution.cut_short.get((node.key, call.target), 0.0)
            callee = flow.nodes[call.target]
            pair = (node.component, f"{callee.component}.{callee.name}")
            if share > CUT_SHORT and pair not in told:
                told.add(pair)
                what = f"{share:.0%} of calls to `{pair[1]}` end by their timeout"
                yield ("components", node.component), what


def _refused(evidence: Evidence) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Limits that bound how many wait: the solver's waits are of lines without end, so that their
    means are near and their percentiles are not."""
    flow, solution = evidence.flow, evidence.solution
    if flow is None or solution is None or not solution.stable:
        return
    busy = {u.component for u in solution.uses if u.busy > BUSY_KNOWN}
    told: set[tuple[str, str]] = set()
    for node in flow.nodes.values():
        for call in calls_of(node.steps):
            share, part = solution.refused.get(call.gate, 0.0), flow.nodes[call.target].component
            waits = call.pool is not None or part in busy
            if share > CUT_SHORT and waits and (node.component, part) not in told:
                told.add((node.component, part))
                what = f"{share:.0%} of calls to `{part}` are refused by their limit, others wait"
                yield ("components", node.component), what


def _clients_gone(flow: Flow, solution: Solved) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Clients' requests, likewise: past an edge, as it holds the timer."""
    for source in flow.sources:
        for name, share_of in source.mix.items():
            root = flow.roots[name]
            if root.timeout_s <= 0 or share_of <= 0:
                continue
            share = solution.later_than(root.target, root.timeout_s - root.pass_s)
            if share > CUT_SHORT:
                client = source.client.split(", ")[0]  # who holds connections is told together
                told = f"{share:.0%} of calls of `{client}` to `{root.target}` end by their timeout"
                yield ("workload", "clients", client, "timeout"), told


RULE = BeyondSolver()
