"""The sampled requests of a run: where their time went, and their traces as a file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from backend_lead import __version__
from backend_lead.analysis.critical_path import Shares, paths, shares
from backend_lead.analysis.ran import Ran, asked_roots
from backend_lead.analysis.traces import otlp
from backend_lead.app.write import write_copy
from backend_lead.model.finding import Finding, InvalidInput, Place

EVERY_MAX = 1_000_000_000
EDGE = "edge"  # what is in front of all components: its time is that of the way in


@dataclass(frozen=True)
class Told:
    """Of one kind of request: shares by component and what the time went into."""

    request: str
    at: Shares
    parts: list[tuple[str, str, float]]


def every(text: str) -> int:
    """The n of a sample of 1/n. Raises InvalidInput."""
    first, _, n = text.partition("/")
    if first.strip() == "1" and n.strip().isdecimal() and 1 <= int(n) <= EVERY_MAX:
        return int(n)
    raise InvalidInput([Finding("sample-share", "error", "this is no share of requests",
                                Place("--sample"), text, "1/N", "--sample 1/100")])  # fmt: skip


def names(ran: Ran) -> dict[int, tuple[str, str]]:
    """Component and name by endpoint row; what lies behind a component's own disk is of it.

    Requests of a session are told by journey and step, where users begin anew apart.
    """
    out = dict.fromkeys(range(len(ran.lowered.program.endpoint)), (EDGE, "other"))
    for key, row in ran.lowered.endpoints.items():
        node = ran.flow.nodes[key]
        out[row] = (node.component, node.name)
    for key, row in ran.lowered.roots.items():
        out[row] = (EDGE, ran.flow.roots[key].target)
    for visit in ran.flow.sessions:
        for i in range(len(visit.steps)):
            for key, told in zip(visit.asked(i), ("", " again")):
                row, target = ran.lowered.roots[key], ran.flow.roots[key].target
                out[row] = (
                    EDGE,
                    f"{target} ({visit.journey} of {visit.client}, step {i + 1}{told})",
                )
    return out


def where(ran: Ran) -> list[Told]:
    """Where the median and the slowest requests of each kind spent their time."""
    spans = ran.result.spans
    assert spans is not None
    found, known = paths(spans), names(ran)
    asked = {row: key for key, row in ran.lowered.roots.items()}
    return [
        Told(_asked_words(ran, asked[row]), at,
             [(known[r][0], kind, share) for r, kind, share in at.parts])
        for row in sorted(row for key, row in ran.lowered.roots.items()
                          if key in dict(asked_roots(ran)))
        for at in shares(found, row)
    ]  # fmt: skip


def _asked_words(ran: Ran, key: str) -> str:
    """What is asked; and by whom, or in which step of a session, where several ask for it."""
    flow = ran.flow
    target = flow.roots[key].target
    if sum(flow.roots[other].target == target for other, _ in asked_roots(ran)) < 2:
        return target
    for visit in flow.sessions:
        if key == visit.first_again:
            return f"{target} ({visit.client}, {visit.journey} begun again)"
        if key in visit.steps:
            step = visit.steps.index(key) + 1
            return f"{target} ({visit.client}, {visit.journey} step {step})"
    return f"{target} ({', '.join(source.client for source in flow.sources if key in source.mix)})"


def can_write(path: Path) -> None:
    """Raise InvalidInput where traces cannot become a new file there."""
    if path.exists():
        seen, hint = "a file that is there", "another name, or remove it first"
    elif not path.absolute().parent.is_dir():
        seen, hint = f"{path.parent} is not there", f"mkdir -p {path.parent}"
    else:
        return
    raise InvalidInput([Finding("traces-place", "error", f"{path} cannot be written",
                                Place("--traces"), seen, "a new file in a folder that is there",
                                hint)])  # fmt: skip


def write_traces(ran: Ran, path: Path) -> int:
    """Write the sampled requests as OTLP JSON; gives how many spans there were."""
    spans = ran.result.spans
    assert spans is not None
    content = otlp(spans, names(ran), seed=ran.result.seed, version=__version__)
    write_copy(path, json.dumps(content, separators=(",", ":")) + "\n")
    return len(spans)
