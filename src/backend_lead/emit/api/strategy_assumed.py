"""The numbers the strategy stands on that nobody stated, with their ranges."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.catalog.domains import UNNAMED
from backend_lead.emit.api.reading import Reading
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import cell
from backend_lead.model.quantity import Quantity


def assumed(read: Reading) -> str:
    """What was taken for granted: numbers of callers, and what the analysis took."""
    rows = [[what, cell(q.text), cell(_range(q)), cell(q.why or "")]
            for what, q in _said(read) if q.origin == "assumed"]  # fmt: skip
    lines = [f"- {cell(text)}" for text in read.plan.taken]
    if read.design.system.domain == UNNAMED:
        lines.insert(0, "- the sentence names no product: a worked example was taken; its "
                     "operations are to be replaced by yours in `backend.yaml`")  # fmt: skip
    if not rows and not lines:
        return ""
    parts = ["## Taken for granted"]
    if rows:
        parts.append("Rates, limits and capacities follow from these; state your own in "
                     "`backend.yaml` and generate again.")  # fmt: skip
        parts.append(table(["what", "taken", "range", "because"], rows))
    if lines:
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _said(read: Reading) -> Iterator[tuple[str, Quantity]]:
    """The numbers of every caller, with what they are."""
    for caller in read.found.callers.values():
        client = read.design.system.workload.clients[caller.name]
        name = f"`{caller.name}`"
        said = (("users", client.users), ("rate", client.rate),
                ("pause between two requests", client.think_time),
                ("gives up after", client.timeout))  # fmt: skip
        yield from ((f"{name}: {what}", q) for what, q in said if q is not None)
        release = caller.access.release
        if release is not None:
            yield f"{name}: between releases", release.every
            yield f"{name}: a release must work", release.support
        for tier, one in caller.access.tiers.items():
            yield f"{name}, `{tier}`: callers", one.callers
            yield f"{name}, `{tier}`: limit of each", one.limit.rate


def _range(q: Quantity) -> str:
    if q.range is None:
        return ""
    low, high = (q.model_copy(update={"value": end}).text for end in q.range)
    return f"{low} to {high}"
