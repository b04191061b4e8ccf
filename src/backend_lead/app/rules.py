"""What the rules are told of a model: the same for check, generate and design."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from backend_lead.analysis.idle import idle_p99_s
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
    solution, hurt = solve_all(flow, 1.0), with_zone_lost(flow)
    lost = solve_all(hurt, 1.0) if hurt.stations != flow.stations else None
    return Evidence(
        system=found.system, flow=flow, solution=solution, zone_lost=lost,
        availability=found.availability, cost=found.cost, runs=runs,
        idle_p99_s=idle_p99_s(flow),
        limits={use.id: limit_of(use) for use in (lost or solution).uses}, place=place,
    )  # fmt: skip
