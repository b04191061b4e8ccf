"""The sampled requests of a run: where their time went, and their traces as a file."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from backend_lead import __version__
from backend_lead.analysis.critical_path import Shares, paths, shares
from backend_lead.analysis.ran import Ran, asked_roots
from backend_lead.analysis.traces import otlp
from backend_lead.app.write import CannotWrite, write_copy
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
    out |= ran.lowered.network
    for key, row in ran.lowered.endpoints.items():
        node = ran.flow.nodes[key]
        out[row] = (node.component, node.name)
    for key, row in ran.lowered.roots.items():
        out[row] = (EDGE, ran.flow.roots[key].target)
    recorded = {source.client for source in ran.flow.sources if source.recorded}
    for visit in ran.flow.sessions:
        if visit.client in recorded:
            continue
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
    rows = sorted(ran.lowered.roots[key] for key, _ in asked_roots(ran))
    alike = Counter(known[row][1] for row in rows)
    return [
        Told(known[row][1] + (_by_whom(ran, asked[row]) if alike[known[row][1]] > 1 else ""), at,
             [(known[r][0], kind, share) for r, kind, share in at.parts])
        for row in rows for at in shares(found, row)
    ]  # fmt: skip


def _by_whom(ran: Ran, key: str) -> str:
    """Who asks, where several classes of callers ask for the same."""
    return f" ({', '.join(one.client for one in ran.flow.sources if key in one.mix)})"


def can_write(path: Path, option: str) -> None:
    """Raise InvalidInput where there is no such folder, CannotWrite where the file is there."""
    if path.exists():
        raise CannotWrite(f"cannot write {path}: it is there already")
    if not path.absolute().parent.is_dir():
        raise InvalidInput([Finding(f"{option[2:]}-place", "error", f"{path} cannot be written",
                                    Place(option), f"{path.parent} is not there",
                                    "a new file in a folder that is there",
                                    f"mkdir -p {path.parent}")])  # fmt: skip


def write_traces(ran: Ran, path: Path) -> int:
    """Write the sampled requests as OTLP JSON; gives how many spans there were."""
    spans = ran.result.spans
    assert spans is not None
    content = otlp(spans, names(ran), seed=ran.result.seed, version=__version__)
    write_copy(path, json.dumps(content, separators=(",", ":")) + "\n")
    return len(spans)
