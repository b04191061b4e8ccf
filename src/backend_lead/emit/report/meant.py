"""What a component, a request or a number of the model is about, in words rather than paths."""

from __future__ import annotations

import re

from backend_lead.model.design import Assumption, Design
from backend_lead.model.system import System

_PARTS = re.compile(r"[^.\[\]]+")
_BILLED = {
    "internet": "data sent to users over the internet",
    "zones": "data sent between data centres",
    "nat": "ways out to the internet",
    "logs": "records of what happened",
}
TITLE_WORDS = 6  # of a title that somebody gave


def clipped(text: str, most: int = TITLE_WORDS) -> str:
    """The text, cut after so many words."""
    words = text.split()
    return " ".join(words) if len(words) <= most else " ".join(words[:most]).rstrip(",;:.") + " …"


def part(system: System, name: str) -> str:
    """What a component is called, else what a line of the bill is for."""
    component = system.components.get(name)
    if component is None:
        return _BILLED.get(name, name)
    return clipped((component.title or name).partition(" (")[0] or name)


def request(system: System, ref: str) -> str:
    """A user-facing request in quotation marks: its title, else its name in words."""
    owner, _, name = ref.partition(".")
    component = system.components.get(owner)
    endpoint = component.endpoints.get(name) if component else None
    title = endpoint.title if endpoint and endpoint.title else name.replace("_", " ")
    return f"“{clipped(title.partition(' (')[0])}”"


def assumed(system: System, row: Assumption) -> str:
    """What an assumption is about."""
    words: list[str] = _PARTS.findall(row.path)
    last = words[-1] if words else ""
    if words[:2] == ["workload", "clients"] and len(words) > 3:
        client = system.workload.clients.get(words[2])
        whose = clipped((client.title if client else None) or words[2])
        if last == "think_time":
            return f"pause of a user between two requests ({whose})"
        if words[3] == "journeys":
            return f"share of visits of the kind “{_journey(system, last)}” ({whose})"
    if words[:2] == ["workload", "peak"]:
        return "how far the busiest time exceeds the daily average"
    if words[0:1] == ["components"] and len(words) > 4:
        return _of_part(system, words, last) or row.label
    if words[0:1] == ["entities"] and len(words) == 3:
        entity = system.entities.get(words[1])
        title = clipped((entity.title if entity else None) or words[1])
        what = {"rows": "number kept of", "row": "size of one of"}.get(last)
        return f"{what} “{title}”" if what else row.label
    if words[0:1] == ["slos"]:
        promised = {"availability": "promised availability", "p99": "promised time to answer"}
        name = system.slos[int(words[1])].journey
        of = "" if name == "*" else f" of “{_journey(system, name)}”"
        return f"{promised[last]}{of}" if last in promised else row.label
    return row.label


def where(path: str) -> str:
    """Where the number at a path stands in the model: its path, or its list if it has no name."""
    home, bracket, _ = path.partition("[")
    return f"an entry of `{home}` in backend.yaml" if bracket else f"`{path}`"


def of_path(design: Design, path: str, label: str) -> str:
    """What the number at a path is about, with a capital; its label where no words are known."""
    row = next((a for a in design.assumptions if a.path == path), None)
    row = row or Assumption(path, label, "", "", "", "", "")
    found = assumed(design.system, row)
    return f"{found[:1].upper()}{found[1:]}" if found != label else label


def _journey(system: System, name: str) -> str:
    journey = system.journeys.get(name)
    return clipped((journey.title if journey else None) or name)


def _of_part(system: System, words: list[str], last: str) -> str:
    """A number of an endpoint or an operation; empty where it is another."""
    if words[2] == "endpoints":
        whose = request(system, f"{words[1]}.{words[3]}")
        what = {
            "response": "size of the answer to", "request": "size of the request",
            "cpu": "computing time of", "wait": "waiting time inside",
            "edge_cache": "share of copies that may be served for",
            "timeout": "time after which is given up in",
        }.get(last)  # fmt: skip
        return f"{what} {whose}" if what else ""
    if words[2] == "operations" and last == "cpu":
        return f"computing time of “{words[3].replace('_', ' ')}” in {part(system, words[1])}"
    return ""
