"""The availability of every journey, computed from its graph, reaches its objective."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.design import JourneyAvailability
from backend_lead.model.finding import Finding, Place
from backend_lead.model.units import nines


class AvailabilityObjective(Rule):
    id = "availability-objective"
    title = "Availability reaches the objective"
    why = (
        "A journey is up when everything it cannot do without is up. Factors multiply, so the "
        "weakest one decides; parts in one zone fail together with it."
    )
    level = "error"
    needs = ("model", "solution", "availability")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        assert evidence.availability is not None and evidence.solution is not None
        if not evidence.solution.stable:
            yield self.finding(
                "there is no availability at peak: the load is not carried",
                evidence.place(("slos",)), "queues without end", "a load that is carried",
                "see load-carried, then check again", level="unknown",
            )  # fmt: skip
            return
        alike: dict[tuple[Place, str], list[JourneyAvailability]] = defaultdict(list)
        for one in evidence.availability:
            if one.verdict == "fail":
                place = evidence.objective_place(one.journey, "availability")
                alike[place, nines(one.availability)].append(one)
        for (place, _), members in alike.items():
            yield self._missed(members, place)

    def _missed(self, members: list[JourneyAvailability], place: Place) -> Finding:
        one = members[0]
        names = ", ".join(f"`{member.journey}`" for member in members)
        weakest = min(one.terms, key=lambda term: (term.availability, term.component))
        subject = f"journey {names} is" if len(members) == 1 else f"journeys {names} are"
        return self.finding(
            f"{subject} available to {nines(one.availability)} of requests; the objective is"
            f" {nines(one.objective)}", place,
            f"{nines(one.availability)}, {one.downtime_min_month:,.0f} min down a month",
            f"{nines(one.objective)} or more",
            f"weakest part: {weakest.component}, {nines(weakest.availability)} ({weakest.how})",
        )  # fmt: skip


RULE = AvailabilityObjective()
