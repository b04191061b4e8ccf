"""mock: the contract of a model answered in memory, as slow and as fallible as its design.

How long an operation takes is what a run of this model kept beside it found, else what the solver
predicts; how often it fails is the share that failed in that run, and what the computed
availability of all it needs leaves. Failures are drawn one by one: that outages come in one piece
is what trials show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from backend_lead.analysis.api.served import LOADS, endpoints, with_roots
from backend_lead.analysis.availability import availability
from backend_lead.analysis.solver import Solution
from backend_lead.analysis.uses import solve_all
from backend_lead.app.model_file import read_checked
from backend_lead.app.runs import read_runs
from backend_lead.mock.answering import DOCUMENT, Mock
from backend_lead.mock.chance import Predicted
from backend_lead.mock.serving import Server, is_loopback
from backend_lead.model.contract import Audience
from backend_lead.model.design import Run
from backend_lead.model.digest import digest
from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.model.kept import Latencies, record_of
from backend_lead.model.system import System
from backend_lead.model.workload import Journey
from backend_lead.views.api.contract import contract
from backend_lead.views.api.graph import graph_pays
from backend_lead.views.api.parts import Contract
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve

__all__ = ["DOCUMENT", "Server", "Told", "is_loopback", "mock_of", "predictions", "serve"]
STEADY = "steady"


@dataclass(frozen=True)
class Told:
    """A mock ready to serve, and what is worth telling whoever starts it."""

    mock: Mock
    lines: tuple[str, ...]


def mock_of(
    path: str | Path, audience: str | None = None, *, seed: int = 1, faults: bool = True,
    tokens: Sequence[str] = (),
) -> Told:  # fmt: skip
    """The mock of a model file. Raises InvalidInput."""
    system = read_checked(path).system
    found = contract(system)
    if found is None:
        raise InvalidInput([Finding(
            "no-api", "error", "the model promises callers nothing yet",
            Place(str(path), path="api"),
            "no operation, and no endpoint about an entity with fields", "api: {operations: ...}",
            "add operations under api, or fields to the entities that endpoints are about",
        )])  # fmt: skip
    who = _audience(found, audience, str(path))
    runs, _ = read_runs(Path(path).absolute().parent, digest(system))
    steady = next((run for run in runs or () if run.id == STEADY), None)
    predicted = predictions(system, found, steady)
    mock = Mock(found, who, seed=seed, predicted=predicted, faults=faults, tokens=tokens)
    lines = _lines(found, who, predicted, steady)
    if graph_pays(found).yes:
        lines.append(_with_graph(mock))
    return Told(mock, tuple(lines))


def _with_graph(mock: Mock) -> str:
    """Let a mock answer for the graph too, where it is for its audience; what was done."""
    try:
        from backend_lead.mock.graph import PATH, graph_for
    except ImportError:
        return "the graph is left out: it needs the extra, pip install 'backend-lead[api]'"
    serving = graph_for(mock)
    if serving is None:
        return f"no graph: it is not for {mock.audience}"
    mock.also("POST", PATH, serving)
    return f"the graph is at POST {PATH}"


def _audience(found: Contract, asked: str | None, file: str) -> Audience:
    """The audience asked for, else the first that may ask for anything."""
    able = [a for a in found.audiences
            if any(op.nature != "event" for op in found.of_audience(a))]  # fmt: skip
    for one in able:
        if asked in (None, one):
            return one
    raise InvalidInput([Finding(
        "audience-unknown", "error", f"no operation is for the audience {asked!r}",
        Place("--audience"), str(asked), ", ".join(able) or "none: every operation is an event",
        f"see for: and access of the clients in {file}",
    )])  # fmt: skip


def predictions(system: System, found: Contract, run: Run | None) -> dict[str, Predicted]:
    """Per operation what is predicted of the endpoint that serves it, at the stated load, or at the
    largest share of it that is tried and has no queue without end."""
    flow = resolve(system)
    refs, _ = endpoints(flow, found)
    asked = with_roots(flow, refs.values())
    load, solved = next(
        ((share, told) for share in LOADS if (told := solve_all(asked, share)).stable),
        (1.0, solve_all(asked, 1.0)),
    )
    down = _down(flow, solved, sorted(set(refs.values())))
    ran = run.results["latency_s"] if run is not None else {}
    out = {}
    for name, ref in refs.items():
        one = _ran(ran[ref], down.get(ref, 0.0)) if ref in ran else None
        one = one or _solved(solved, ref, down.get(ref, 0.0), load)
        if one is not None:
            out[name] = one
    return out


def _ran(told: object, down: float) -> Predicted | None:
    row = record_of(Latencies, told)
    if row is None or row.p50 is None or row.p95 is None or not row.requests:
        return None
    p50_s, p95_s, p99_s = row.p50.value, row.p95.value, row.p99.value
    if p50_s is None or p95_s is None or p99_s is None:
        return None
    failed = row.failed / row.requests
    return Predicted(p50_s, p95_s, p99_s, 1 - (1 - failed) * (1 - down), "simulated")


def _solved(found: Solution, ref: str, down: float, load: float) -> Predicted | None:
    if not found.stable or ref not in found.p99_s:
        return None
    times = found.p50_s[ref], found.p95_s[ref], found.p99_s[ref]
    return Predicted(*times, down, "computed", load)


def _down(flow: Flow, solved: Solution, refs: list[str]) -> dict[str, float]:
    """The share of time in which an endpoint cannot answer: a journey of it alone."""
    system = flow.system
    names = {f"only-{i}": ref for i, ref in enumerate(refs)}
    alone = {name: Journey(steps=[ref]) for name, ref in names.items()}
    first = next(iter(system.workload.clients.values()))
    shares = dict.fromkeys(alone, next(iter(first.journeys.values())))
    client = first.model_copy(update={"journeys": shares})
    workload = system.workload.model_copy(update={"clients": {"all": client}})
    each = replace(flow, system=system.model_copy(update={"journeys": alone, "workload": workload}))
    busy = {u.id.removesuffix(" cores"): u.busy for u in solved.uses if u.id.endswith(" cores")}
    return {names[j.journey]: 1 - j.availability for j in availability(each, busy)}


def _lines(
    found: Contract, who: Audience, predicted: dict[str, Predicted], run: Run | None
) -> list[str]:
    """What is served, for whom, and where its times come from."""
    served = [op for op in found.of_audience(who) if op.nature != "event"]
    others = [a for a in found.audiences if a != who]
    lines = [f"{len(served)} operations for {who}"
             + (f" (others: --audience {' or '.join(others)})" if others else "")]  # fmt: skip
    if found.derived:
        lines.append("the model states no api: these were read off its endpoints")
    known = [predicted[op.name] for op in served if op.name in predicted]
    least = min((p.load for p in known), default=1.0)
    if known:
        peak = "the stated peak" if least == 1.0 else f"{least:.1%} of the stated peak"
        where = "run `steady` beside the model" if run is not None else f"solver at {peak}"
        slow, bad = max(p.p99_s for p in known), max(p.failed for p in known)
        lines.append(f"latency of the {where}: p99 up to {slow * 1e3:.0f} ms at the edge, without "
                     f"the client's network; up to {bad:.3%} of requests fail")  # fmt: skip
    if least < 1.0:
        lines.append("the design does not carry the stated load; `backend-lead design` makes one "
                     "that does")  # fmt: skip
    blind = [op.id for op in served if op.name not in predicted]
    if blind:
        lines.append(f"answered at once, nothing is predicted of: {', '.join(blind)}")
    return lines


def serve(told: Told, host: str, port: int, speed: float, ready: Callable[[str], None]) -> None:
    """Serve until interrupted; `ready` gets the address once requests are taken."""
    server = Server(host, port, told.mock.answer, speed)
    try:
        ready(server.url)
        server.serve_forever(poll_interval=0.2)
    finally:
        server.server_close()
