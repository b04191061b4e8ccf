"""views/sequences.md: one Mermaid sequence for each user-facing request, by journey."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.emit.engineering.calls import holds_copies, way_in
from backend_lead.emit.engineering.mermaid import fenced, identifier, in_sequence
from backend_lead.emit.report.objectives import VERDICT_WORDS
from backend_lead.emit.report.readings import Readings
from backend_lead.emit.report.wording import cell, rate, seconds, share
from backend_lead.model.design import Design
from backend_lead.model.workload import Journey
from backend_lead.views.flow import (
    Bucket,
    Cached,
    Call,
    Cpu,
    DiskRead,
    Flow,
    FlowStep,
    Held,
    Par,
    Publish,
    Root,
    Send,
    Wait,
)
from backend_lead.views.resolve import resolve

ID = "sequences"
GROUP = "views"
FILES = ("views/sequences.md",)
CLIENTS = "Clients"  # the id of who asks
COMMAND = "command"  # what a cache is asked, as the flow calls it


def emit(design: Design) -> dict[str, str]:
    """Write every request once, under the first journey that makes it."""
    flow = resolve(design.system)
    parts = [
        f"# Sequences of {cell(design.title)}",
        "One drawing for each request of a user, from the flow that is simulated. Solid arrows are "
        "calls, dashed ones answers; means of computing and waiting stand in notes; hit ratios are "
        "those computed for the steady state.",
    ]
    drawn: set[str] = set()
    for name, journey in design.system.journeys.items():
        parts += [f"## {cell(journey.title or name)}", _steps(name, journey)]
        for ref in dict.fromkeys(journey.steps):
            if ref not in drawn:
                drawn.add(ref)
                parts += list(_request(design, flow, ref))
    return {"views/sequences.md": "\n\n".join(parts) + "\n"}


def _steps(name: str, journey: Journey) -> str:
    return f"Journey `{name}`: {', then '.join(f'`{ref}`' for ref in journey.steps)}."


def _request(design: Design, flow: Flow, ref: str) -> Iterator[str]:
    owner, _, word = ref.partition(".")
    title = design.system.components[owner].endpoints[word].title
    found = next((x for x in design.latencies if x.endpoint == ref), None)
    if found:
        p99 = Readings(design).latency(found, "p99").text
        known = (f"p99 {p99}, objective {seconds(found.objective_p99_s)} "
                 f"{VERDICT_WORDS[found.verdict]}")  # fmt: skip
    else:
        known = "p99 not known"
    yield f"### `{ref}`: {known}"
    roots = [root for root in flow.roots.values() if root.target == ref]
    if title:
        yield cell(title)
    if roots:
        yield fenced("\n".join(_drawing(design, flow, roots)))
    else:
        yield "No client makes this request, so nothing is drawn."


def _drawing(design: Design, flow: Flow, roots: list[Root]) -> list[str]:
    system = design.system
    ref = roots[0].target
    way = way_in(system, roots[0])
    body = [*_enter(flow, roots, way, 0)]
    names = dict.fromkeys([*way, *_components(flow, ref)])
    whose = [client.title or name for name, client in system.workload.clients.items()
             if any(ref in system.journeys[j].steps for j in client.journeys)]  # fmt: skip
    lines = ["sequenceDiagram", f"  actor {CLIENTS} as {in_sequence(', '.join(whose))}"]
    for name in names:
        title = system.components[name].title or name
        lines.append(f"  participant {identifier('C', name)} as {in_sequence(title)}")
    return lines + [f"  {line}" for line in body]


def _components(flow: Flow, key: str) -> Iterator[str]:
    """Components a request reaches, in the order it asks them."""
    yield flow.nodes[key].component
    for call in _calls(flow.nodes[key].steps):
        yield from _components(flow, call.target)


def _calls(steps: tuple[FlowStep, ...]) -> Iterator[Call]:
    for step in steps:
        if isinstance(step, Call):
            yield step
        elif isinstance(step, Publish):
            yield step.call
        elif isinstance(step, Par):
            yield from step.calls
        elif isinstance(step, Cached):
            yield step.call
            yield from _calls(step.miss)


def _enter(
    flow: Flow, roots: list[Root], way: list[str], at: int
) -> Iterator[str]:  # fmt: skip
    """From the clients through the entries; what an edge holds it answers itself."""
    root = roots[0]
    source = CLIENTS if at == 0 else identifier("C", way[at - 1])
    target = identifier("C", way[at])
    what = root.target.partition(".")[2] + (_patience(flow, roots) if at == 0 else "")
    yield f"{source}->>{target}: {in_sequence(what)}"
    last = at == len(way) - 1
    if last:
        yield from _work(flow, root.target)
    elif root.edge_hit and holds_copies(flow.system, way[at]):
        yield f"alt {in_sequence(f'a copy is there ({share(root.edge_hit)})')}"
        yield f"  {target}-->>{source}: copy"
        yield "else passed on"
        yield from (f"  {line}" for line in _enter(flow, roots, way, at + 1))
        yield f"  {target}-->>{source}: answer"
        yield "end"
        return
    else:
        yield from _enter(flow, roots, way, at + 1)
    yield f"{target}-->>{source}: answer"


def _patience(flow: Flow, roots: list[Root]) -> str:
    """How long clients wait and how often they try again, where that is said."""
    said: dict[str, list[str]] = {}
    for root in roots:
        words = _manners(root.timeout_s, root.retries, False)
        whose = [source.client for source in flow.sources if root.key in source.mix]
        said.setdefault(words, []).extend(whose)
    if len(said) == 1:
        (words,) = said
        return f" ({words})" if words else ""
    told = [f"{', '.join(whose)}: {words}" for words, whose in said.items() if words]
    return f" ({'; '.join(told)})" if told else ""


def _manners(timeout_s: float, retries: int, optional: bool) -> str:
    words = [f"gives up after {seconds(timeout_s)}" if timeout_s else "",
             f"tries again up to {retries}×" if retries else "",
             "optional, goes on without it" if optional else ""]  # fmt: skip
    return ", ".join(word for word in words if word)


def _work(flow: Flow, key: str) -> Iterator[str]:
    """What a node does: notes for its own time, calls with what they cause, answers."""
    node = flow.nodes[key]
    me = identifier("C", node.component)
    yield from _program(flow, me, node.steps)


def _program(flow: Flow, me: str, steps: tuple[FlowStep, ...]) -> Iterator[str]:
    for step in steps:
        if isinstance(step, Cpu):
            yield f"Note over {me}: computes {seconds(step.mean_s)}"
        elif isinstance(step, Wait):
            often = f" in {in_sequence(share(step.chance))} of calls" if step.chance < 1 else ""
            yield f"Note over {me}: waits {seconds(step.mean_s)}{often}"
        elif isinstance(step, DiskRead):
            chance = in_sequence(share(step.chance))
            yield f"Note over {me}: reads from disk in {chance} of calls, {seconds(step.mean_s)}"
        elif isinstance(step, Call):
            yield from _call(flow, me, step)
        elif isinstance(step, Publish):
            yield from _call(flow, me, step.call)
        elif isinstance(step, Bucket):
            yield f"Note over {me}: refuses above {rate(step.rate_per_s)}"
        elif isinstance(step, Par):
            yield from _together(flow, me, step)
        elif isinstance(step, Send):
            yield f"Note over {me}: sends for {seconds(step.mean_s)}"
        elif isinstance(step, Held):
            yield f"Note over {me}: locks the row of {step.entity}"
        elif isinstance(step, Cached):
            yield from _cached(flow, me, step)


def _call(flow: Flow, me: str, call: Call, to: str = "") -> Iterator[str]:
    node = flow.nodes[call.target]
    target = identifier("C", node.component)
    cache = node.name == COMMAND
    what = "drop the entry" if cache else node.name
    manners = _manners(call.timeout_s, call.retries, call.optional)
    sent = [f"sent in {seconds(send.mean_s)}" for send in call.over]  # to another region, and back
    words = ", ".join(word for word in (manners, *sent[:1]) if word)
    text = what + to + (f" ({words})" if words else "")
    yield f"{me}->>{target}: {in_sequence(text)}"
    if not cache:
        yield from _work(flow, call.target)
    answer = "done" if cache else "answer" + "".join(f" ({word})" for word in sent[1:])
    yield f"{target}-->>{me}: {in_sequence(answer)}"


def _together(flow: Flow, me: str, par: Par) -> Iterator[str]:
    """Calls sent at once; one call to every shard is drawn once."""
    several = {call.target: sum(c.target == call.target and c.group is not None for c in par.calls)
               for call in par.calls}  # fmt: skip
    once = {(call.target, i if several[call.target] < 2 else -1): call
            for i, call in enumerate(par.calls)}  # fmt: skip
    if len(once) == 1:
        (call,) = once.values()
        yield from _call(flow, me, call, _everywhere(several[call.target]))
        return
    for i, call in enumerate(once.values()):
        yield "par at once" if i == 0 else "and"
        lines = _call(flow, me, call, _everywhere(several[call.target]))
        yield from (f"  {line}" for line in lines)
    if once:
        yield "end"


def _everywhere(shards: int) -> str:
    return f" on each of {shards} shards" if shards > 1 else ""


def _cached(flow: Flow, me: str, step: Cached) -> Iterator[str]:
    """A read of a cache: hit, or miss and what that causes."""
    cache = identifier("C", step.cache)
    curve = flow.hits.get((step.cache, step.entity))
    hit = curve.steady if curve else None
    manners = _manners(step.call.timeout_s, step.call.retries, False)
    text = f"get {step.entity}".strip() + (f" ({manners}, then as a miss)" if manners else "")
    yield f"{me}->>{cache}: {in_sequence(text)}"
    yield f"alt {in_sequence('hit' + (f' ({share(hit)})' if hit is not None else ''))}"
    yield f"  {cache}-->>{me}: entry"
    yield f"else {in_sequence('miss' + (f' ({share(1 - hit)})' if hit is not None else ''))}"
    yield f"  {cache}-->>{me}: nothing"
    yield from (f"  {line}" for line in _program(flow, me, step.miss))
    yield "end"
