"""How parts behave beyond plain requests, as the kernel is told of it."""

from __future__ import annotations

from typing import Any

from backend_lead.analysis.lowered_sessions import thinkers
from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import Scaling, Station
from backend_lead.kernel import layout as L
from backend_lead.kernel.bounds import HELD_MAX, THINKING_MAX
from backend_lead.kernel.builder import Builder
from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.views.flow import Consumer, Flow, Node, Pauses, Root, Tokens

BALANCE = {
    "random": L.LB_RANDOM,
    "round-robin": L.LB_ROUND_ROBIN,
    "least-outstanding": L.LB_LEAST,
    "power-of-two": L.LB_P2C,
    "power-of-three": L.LB_P2C,
    "by-key": L.LB_HASH,
    "weighted": L.LB_WEIGHTED,
}
ORDER = {"fifo": L.FIFO, "lifo": L.LIFO, "priority": L.RANKED}
JITTER = {
    "full": L.JITTER_FULL, "none": L.JITTER_NONE, "equal": L.JITTER_EQUAL,
    "decorrelated": L.JITTER_DECORRELATED,
}  # fmt: skip
FIRST_PAUSE = Fact(
    "first-pause", "longest pause before the first retry where none is stated, drawn up to it and "
    "doubled each time", 0.05, 0.01, 1.0, "s", "assumed",
    "no general figure; what the client library is set to",
)  # fmt: skip
LONGEST_PAUSE = Fact(
    "longest-pause", "longest pause before a retry where none is stated", 1.0, 0.5, 20.0, "s",
    "assumed", "no general figure; AWS SDKs in their standard mode go up to 20 s",
)  # fmt: skip
PAUSES = (FIRST_PAUSE, LONGEST_PAUSE)
BUDGET_S = 10.0  # retries not used are kept for so long, as in Finagle's RetryBudget
LOOK_S = (
    15.0  # between two looks of a controller; Kubernetes' horizontal-pod-autoscaler-sync-period
)


def backoff(pauses: Pauses | None) -> dict[str, Any]:
    """Pauses before retries: as stated, else those that are taken for granted."""
    if pauses is None:
        return {"backoff_s": FIRST_PAUSE.value, "backoff_cap_s": LONGEST_PAUSE.value}
    return {"backoff_s": pauses.first_s, "backoff_cap_s": pauses.most_s,
            "shape": JITTER[pauses.jitter]}  # fmt: skip


def budgeted(b: Builder, root: Root, rate_per_s: float) -> int | None:
    """The retry budget of a class of callers: a share of its requests."""
    if root.retry_budget is None:
        return None
    return b.budget(root.retry_budget, max(1.0, BUDGET_S * rate_per_s * root.retry_budget))


def paying(
    b: Builder, made: dict[tuple[Tokens, int], int], tokens: Tokens | None, service: int
) -> int | None:
    """The budget for which failures pay: in each replica of the service that calls, those that
    scaling may add too, one for all calls of its key."""
    if tokens is None:
        return None
    if (tokens, service) not in made:
        made[tokens, service] = b.budget(
            0.0, tokens.most, spend=1.0, reward=tokens.reward, callers=b.replicas_of(service)
        )
    return made[tokens, service]


def following(consumer: Consumer) -> dict[str, Any]:
    """How the builder is told who takes the messages of a stream."""
    return {
        "partitions": consumer.partitions, "batch": consumer.batch, "slots": consumer.slots,
        "spread": consumer.spread, "tries": consumer.tries, "pause_s": consumer.pause_s,
        "all_pause": consumer.all_pause,
    }  # fmt: skip


def scaled(scaling: Scaling) -> dict[str, Any]:
    """How the builder is told how replicas follow the load."""
    return {
        "least": scaling.least, "period_s": LOOK_S, "target": scaling.target,
        "delay_s": scaling.delay_s, "cool_s": scaling.cool_s,
        "looks": max(1, round((scaling.looks_s or LOOK_S) / LOOK_S)),
        "step": scaling.step or 0, "grow": scaling.grow or 0.0,
        "tolerance": scaling.tolerance, "down": scaling.down or 0,
    }  # fmt: skip


def serving(b: Builder, station: Station, per_group: int) -> dict[str, Any]:
    """How the builder is told how a station, of so many replicas a group, takes up work."""
    said = station.serving
    out: dict[str, Any] = {"choices": 3} if station.balance == "power-of-three" else {}
    if said is None:
        return out
    return out | {
        "order": ORDER[said.order],
        "give_up": b.dist_exp(said.gives_up.value) if said.gives_up else None,
        "near": said.near,
        "contention": said.contention.value if said.contention else 0.0,
        "coherency": said.coherency.value if said.coherency else 0.0,
        "slow_start_s": said.slow_start.value if said.slow_start else 0.0,
        "shed": said.sheds.waiting if said.sheds else None,
        "weights": [said.weights[i % len(said.weights)] for i in range(per_group)]
        if said.weights
        else None,
    }


def shed_first(station: Station, node: Node) -> bool:
    """Whether requests for a node are refused first where its station sheds."""
    said = station.serving.sheds if station.serving else None
    return said is not None and node.priority >= said.priority


def watched(b: Builder, station: Station, service: int) -> None:
    """Tell who watches the replicas of a station, if anybody."""
    said = station.watch
    if said is not None:
        b.watch(
            service, period_s=said.every.value if said.every else 0.0, fails=said.fails,
            passes=said.passes, eject=said.eject or 0,
            pause_s=said.pause.value if said.pause else 0.0,
            share=said.share.value if said.share else 1.0,
        )  # fmt: skip


def share_hosts(b: Builder, flow: Flow, services: dict[str, int]) -> None:
    """Let replicas share cores: those of a station that is shared, and those of its guests."""
    guests: dict[str, list[Station]] = {}
    for station in flow.stations.values():
        said = station.serving
        if said is not None and said.host is not None:
            guests.setdefault(said.host, []).append(station)
    for station in flow.stations.values():
        said = station.serving
        home = station.component == station.id
        living = guests.get(station.component, []) if home else []
        if said is not None and said.host is not None:
            continue
        if not living and not (said is not None and said.share_cores):
            continue
        first = b.replica(services[station.id])
        most = len(replicas_of(b, services[station.id]))
        for i in range(most):
            rows = [first + i]
            for guest in living:
                own = replicas_of(b, services[guest.id])
                rows += [row for k, row in enumerate(own) if k % most == i]
            b.host(station.cores, rows)


def replicas_of(b: Builder, service: int) -> range:
    """The replica rows of a service."""
    first = b.replica(service)
    return range(first, first + b.replicas_of(service))


def followed(flow: Flow, load: float, crowd: list[tuple[float, float]]) -> None:
    """Raise InvalidInput where more connections are held, or more users think, than one run can
    follow."""
    users = sum(round(link.users * load) for link in flow.links)
    if users > HELD_MAX:
        who = ", ".join(link.client for link in flow.links)
        raise _too_many("simulate-held", "connections", who, users, HELD_MAX)
    thinking = sum(sum(thinkers(flow, source, load, crowd).values()) for source in flow.sources)
    if thinking > THINKING_MAX:
        who = ", ".join(dict.fromkeys(visit.client for visit in flow.sessions))
        raise _too_many("simulate-thinking", "users who think", who, thinking, THINKING_MAX)


def _too_many(rule: str, what: str, who: str, seen: int, most: int) -> InvalidInput:
    return InvalidInput([Finding(
        rule, "error", f"more {what} of {who} than one simulation can follow",
        Place("workload.clients"), f"{seen:,} {what}", f"up to {most:,}",
        "simulate a part of the load with --load; check and capacity take any number",
    )])  # fmt: skip
