"""Which steps could help at all: those at what is the limit, or at what asks it."""

from __future__ import annotations

import re

from backend_lead.analysis.solver import Use
from backend_lead.model.system import System
from backend_lead.search.assess import IDLE_LATENCY
from backend_lead.search.sizing import size
from backend_lead.search.state import Move, State
from backend_lead.tactics import tactics
from backend_lead.views.flow import Flow, calls_of, topics_of
from backend_lead.views.zones import lone_stations

JUST_ABOVE = 1.03  # times the load that is carried
FEW = 8  # components; of smaller systems every step is looked at, so that decisions show them all
SIZES = frozenset({"vertical-scale"})  # the end of a search turns machine sizes with or without it
SHARE_MIN = 0.15  # of the bill: a step at what costs less saves nothing worth a step


def is_large(system: System) -> bool:
    """Whether a system has so many parts that not every step can be looked at in full."""
    return len(system.components) > FEW


def weighed(move: Move) -> bool:
    """Whether a search over load, cost and availability decides on a step: not on sizes, which are
    turned at its end anyway, nor on what answers a trial or a rule."""
    return move[0] not in SIZES and not tactics()[move[0]].answers


def could_save(state: State, move: Move) -> bool:
    """Whether a step may make the bill smaller: of large systems, those at what costs much."""
    flow, site = state.found.flow, move[1]
    if not is_large(flow.system) or site not in flow.system.components:
        return True
    near = {site} | {
        flow.nodes[call.target].component
        for node in flow.nodes.values()
        if node.component == site
        for call in calls_of(node.steps)
    }
    lines = state.found.cost.lines
    usd = sum(line.usd_month for line in lines if line.component in near)
    return usd >= SHARE_MIN * state.found.cost.usd_month


def could_help(state: State, move: Move) -> bool:
    """Whether a step may relieve what limits a design, or mend a promise that is not kept.

    A step elsewhere leaves the limit as it is; one at the system, a class of callers or a topic may
    reach anywhere. Latency without load may come from any part.
    """
    flow, site = state.found.flow, move[1]
    parts = flow.system.components
    if not is_large(flow.system) or site not in parts:
        return True
    if state.found.capacity >= 1 and not all(state.promises):
        return site in {flow.stations[sid].component for sid in lone_stations(flow)}
    limits = [state.stop] if state.found.capacity >= 1 else [state.found.limit, _next(state)]
    named = [limit for limit in limits if limit is not None]
    if not named or named[0].resource == IDLE_LATENCY:
        return True
    return any(site in near(flow, _named(flow.system, limit)) for limit in named)


def _next(state: State) -> Use | None:
    """What no knob relieves just above the load that is carried; looked for once a state.

    What limits at the stated load may be another part, reached only later.
    """
    if state.stop is None:
        load = state.found.capacity * JUST_ABOVE
        state.stop = size(state.found.system, state.knobs, load).blocked
    return state.stop


def near(flow: Flow, named: set[str]) -> set[str]:
    """The components that a limit names, those that ask them, and brokers between them."""
    out = set(named)
    for node in flow.nodes.values():
        asked = {flow.nodes[call.target].component for call in calls_of(node.steps)}
        asked |= {topic.partition(".")[0] for topic in topics_of(node.steps)}
        if asked & named:
            out.add(node.component)
    for consumer in flow.consumers:
        if flow.nodes[consumer.handler].component in named:
            out.add(consumer.topic.partition(".")[0])
    return out


def _named(system: System, limit: Use) -> set[str]:
    words = {limit.component, *re.split(r"[ .]", limit.id)}
    return words & system.components.keys()
