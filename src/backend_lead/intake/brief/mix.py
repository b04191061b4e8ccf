"""Fit the rows of the model to a stated volume, and its journeys to a stated share of reads."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from backend_lead.intake.brief.meaning import Mention
from backend_lead.intake.brief.note import note
from backend_lead.model import units
from backend_lead.model.finding import Finding
from backend_lead.model.system import System
from backend_lead.views.growth import DAY_S, rows_per_s
from backend_lead.views.resolve import resolve


def fit_data(document: dict[str, Any], found: Mention, told: list[Finding]) -> None:
    """The stated volume fixes the rows of the entity that already holds the most bytes."""
    stored = {n: e for n, e in document["entities"].items() if "store" in e}
    sizes = {
        n: units.COUNT.parse(e["rows"]["value"]) * units.BYTES.parse(e["row"]["value"])
        for n, e in stored.items()
    }
    name = max(sizes, key=lambda n: sizes[n])
    row = units.BYTES.parse(stored[name]["row"]["value"])
    rest = sum(sizes.values()) - sizes[name]
    rows = max(1.0, (found.value - rest) / row)
    if found.value <= rest or rows > units.COUNT.high:
        told.append(
            note(
                "brief-not-honoured",
                f"{found.words!r} does not fit the other entities "
                f"({units.BYTES.format(float(units.trim(rest)))}) and row sizes of the "
                "domain; their assumed rows are kept",
                found,
                "warning",
            )
        )
        return
    stored[name]["rows"] = {
        "value": units.COUNT.format(float(units.trim(rows, 6)) if rows >= 1 else 1.0),
        "origin": "computed",
        "source": found.source,
        "why": f"({found.words} - {units.BYTES.format(float(units.trim(rest)))} of other "
        f"entities) / "
        f"{units.BYTES.format(row)} a row",
    }
    _keep_as_long(document, name, rows, found, told)


def _keep_as_long(
    document: dict[str, Any], name: str, rows: float, found: Mention, told: list[Finding]
) -> None:  # fmt: skip
    """Rows that come at a rate and fill a volume were kept for some time: the retention that the
    domain assumes gives way to it, as far as it is believed."""
    entity = document["entities"][name]
    kept = entity.get("retention")
    if kept is None or kept.get("origin") != "assumed":
        return
    try:
        rate = rows_per_s(resolve(System.model_validate(document))).get(name, 0.0)
    except ValidationError:
        return  # the reader tells of what leaves the bounds of a model
    if rate <= 0:
        return
    low, high = (units.DURATION.parse(end) for end in kept["range"])
    days = round(min(high, max(low, rows / rate)) / DAY_S)
    entity["retention"] = {
        **kept, "value": f"{days} d",
        "why": f"{units.COUNT.format(float(units.trim(rows, 3)))} rows at "
        f"{units.RATE.format(float(units.trim(rate, 3)))} on the mean of a day",
    }  # fmt: skip
    if not low <= rows / rate <= high:
        told.append(note(
            "brief-contradiction",
            f"{found.words!r} of {name} take {units.DURATION.format(round(rows / rate))} at the "
            f"rate of the brief; kept are {days} d at most, both as they are read",
            found, "warning", hint="say how long rows are kept, or what the volume holds",
        ))  # fmt: skip


def fit_reads(document: dict[str, Any], found: Mention, told: list[Finding]) -> None:
    """Scale the journeys that write until the stated share of the requests reads."""
    endpoints = {
        f"{c}.{e}": spec
        for c, comp in document["components"].items()
        for e, spec in comp.get("endpoints", {}).items()
    }
    steps = {name: j["steps"] for name, j in document["journeys"].items()}
    writes = {
        name: sum(bool(endpoints[s].get("writes")) for s in path) for name, path in steps.items()
    }
    wanted = 1 - found.value
    for client in document["workload"]["clients"].values():
        share = {n: units.RATIO.parse(q["value"]) for n, q in client["journeys"].items()}
        of_writes = sum(share[n] * writes[n] for n in share)
        long = sum(share[n] * len(steps[n]) for n in share if writes[n])
        rest = sum(share[n] * len(steps[n]) for n in share if not writes[n])
        free = of_writes - wanted * long
        if free <= 0:
            told.append(
                note(
                    "brief-not-honoured",
                    f"{found.words!r}: journeys that write also read, "
                    f"so at most {units.trim(of_writes / long * 100)}% of the requests can "
                    "write; the mix of the domain is kept",
                    found,
                    "warning",
                )
            )
            return
        factor = wanted * rest / free
        scaled = {n: share[n] * (factor if writes[n] else 1.0) for n in share}
        total = sum(scaled.values())
        client["journeys"] = {
            n: {
                "value": units.RATIO.format(round(v / total, 6)),
                "origin": "computed",
                "source": found.source,
                "why": f"the domain's mix, scaled until {units.trim(found.value * 100)}% of the "
                "requests read",
            }
            for n, v in scaled.items()
        }
    if found.vague:
        told.append(
            note(
                "brief-vague",
                f"{found.words!r} is no number; {units.RATIO.format(found.value)} reads are taken",
                found,
                "warning",
                hint="write for example 95% reads",
            )
        )
