"""What a rule has to say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from backend_lead.checks.evidence import Evidence
from backend_lead.model.design import Run
from backend_lead.model.finding import Finding, Level, Place

# What each kind of evidence is, and the command of ours that gives it.
ABSENT = {
    "flow": ("reading of who calls what at which rate", "check"),
    "solution": ("answer of the solver", "check"),
    "availability": ("availability of the journeys", "check"),
    "cost": ("bill", "check"),
    "runs": ("run of exactly this model", "simulate"),
}


class Rule:
    """Base of all rules. `title` and `why` make its page; `level` is that of what it finds.

    `needs` names the evidence without which nothing can be said: "model" (always there), "flow",
    "solution", "availability", "cost", "runs". `tags` are numbers of public lists of weaknesses: of
    the OWASP API Security Top 10 (API1:2023), of MITRE (CWE-639).
    """

    id: ClassVar[str]
    title: ClassVar[str]
    why: ClassVar[str]
    level: ClassVar[Level]
    tags: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ("model",)

    def check(self, evidence: Evidence) -> Iterator[Finding]:
        """What is wrong; one finding of level `unknown` where the evidence is absent."""
        for need in self.needs:
            if need != "model" and getattr(evidence, need) is None:
                yield self.unknown(evidence, need)
                return
        yield from self.judge(evidence)

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        """What is wrong, given everything that is needed."""
        raise NotImplementedError

    def unknown(self, evidence: Evidence, need: str) -> Finding:
        """That the rule could not be judged, and what to run."""
        what, verb = ABSENT[need]
        return self.finding(f"{self.title}: not known, there is no {what}", evidence.place(()),
                            "nothing", what, evidence.command(verb), level="unknown")  # fmt: skip

    def unread(self, run: Run, what: str, part: str, fields: str, place: Place) -> Finding:
        """That the evidence of a run lacks some of the `fields` in a `part` of its results."""
        return self.finding(
            f"the evidence of run {run.id} does not say in full {what}", place,
            f"an incomplete record in `{part}`", f"each with {fields}",
            f"run it again: {run.repeat}", level="unknown",
        )  # fmt: skip

    def finding(
        self, message: str, place: Place, seen: str = "", allowed: str = "", hint: str = "",
        *, level: Level | None = None,
    ) -> Finding:  # fmt: skip
        """A finding of this rule."""
        return Finding(self.id, level or self.level, message, place, seen, allowed, hint)
