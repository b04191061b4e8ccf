"""Platform quotas: what the design needs of what an account has by default."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.analysis.arithmetic.line import byte_words, line, people
from backend_lead.model.design import Sum
from backend_lead.views.flow import Flow
from backend_lead.views.quotas import Need, needs

GROUP = "Platform quotas"
PLACE = 70
WORTH = 0.5  # of a quota: below it a need has no line


def sums(flow: Flow, response_s: float) -> Iterator[Sum]:
    """Those that are exceeded or near; in one line how many were compared."""
    found = needs(flow)
    if found is None:
        return
    near = [need for need in found if need.share >= WORTH]
    for need in sorted(near, key=lambda need: (-need.share, need.quota.fact.id)):
        yield _quota(need)
    if len(near) < len(found):
        others = len(found) - len(near)
        yield line(GROUP, "Others compared",
                   ", ".join(n.quota.fact.label for n in found if n not in near),
                   float(others), "count", f"{others}, below half of each")  # fmt: skip


def _quota(need: Need) -> Sum:
    fact, verdict = need.quota.fact, "enough"
    if need.over:
        verdict = "raise before launch" if need.quota.adjustable else "cannot be raised"
    grows = ", more in accounts in use" if need.quota.grows else ""
    text = f"{_amount(need.value, fact.unit)} of {_amount(fact.value, fact.unit)}: {verdict}"
    label = fact.label[:1].upper() + fact.label[1:]
    return line(GROUP, label, f"{need.terms}; {_amount(fact.value, fact.unit)} by default{grows}",
                need.value, "count", text)  # fmt: skip


def _amount(value: float, unit: str) -> str:
    if unit == "B":
        return byte_words(value)
    if unit == "B/s":
        return f"{byte_words(value)}/s"
    return people(value) + ("/s" if unit == "1/s" else "")
