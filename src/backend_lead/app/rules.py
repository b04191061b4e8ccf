"""What the rules are told of a model: the same for check, generate and design."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from backend_lead.analysis.idle import idle_p99_s
from backend_lead.analysis.met import met, shed
from backend_lead.analysis.uses import limit_of, solve_all
from backend_lead.checks.evidence import Evidence
from backend_lead.model.design import Run
from backend_lead.model.finding import Place
from backend_lead.search.assess import Assessment
from backend_lead.views.document import Loc, path_text
from backend_lead.views.zones import with_zone_lost


def by_path(loc: Loc) -> Place:
    """The place of a part of a model that has no file."""
    return Place(path=path_text(loc))


def judged_by(
    found: Assessment, runs: Sequence[Run] | None, place: Callable[[Loc], Place] = by_path
) -> Evidence:
    """A model with what the solver, the prices and its runs say of it."""
    flow = found.flow
    full, hurt = met(flow), with_zone_lost(flow)
    solution, lost = solve_all(full, 1.0), None
    if hurt.stations != flow.stations:
        lost = solve_all(met(hurt, whole=flow), 1.0)
    if full.sources != flow.sources:  # all who ask, those refused at the door too
        solution = replace(solution, requests_per_s=flow.requests_per_s)
        lost = lost and replace(lost, requests_per_s=flow.requests_per_s)
    return Evidence(
        system=found.system, flow=shed(flow), solution=solution, zone_lost=lost,
        availability=found.availability, cost=found.cost, runs=runs,
        idle_p99_s=idle_p99_s(flow),
        limits={use.id: limit_of(use) for use in (lost or solution).uses}, place=place,
        refused_per_s=max(0.0, flow.requests_per_s - full.requests_per_s),
        scaled={sid: s.per_group for sid, s in full.stations.items() if s != flow.stations[sid]},
    )  # fmt: skip
