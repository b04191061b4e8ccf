"""Put objectives, budget, places, team, data and the read share of a brief into the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backend_lead.intake.brief.meaning import Mention
from backend_lead.intake.brief.mix import fit_data, fit_reads
from backend_lead.intake.brief.note import note, stated
from backend_lead.intake.brief.peak_load import strictest
from backend_lead.model import units
from backend_lead.model.finding import Finding

HIGHEST = 0.9999  # taken where a brief asks for 100 %
_NEEDS_REGIONS = 0.99995  # above it one region is plainly too few: a region's own promise is lower
_LEAST_P99_S = 0.005  # below one commit and two hops in a zone no request that writes can answer
_USD_MONTH_USER = 0.001  # less than this a month for each user at once is plainly too little


def apply(document: dict[str, Any], mentions: Sequence[Mention]) -> list[Finding]:
    """Patch the document with everything but the load; return what has to be told."""
    by = {k: [m for m in mentions if m.kind == k] for k in {m.kind for m in mentions}}
    told: list[Finding] = []
    _latency(document["slos"][0], by.get("latency", []), told)
    availability = _availability(document["slos"][0], by.get("availability", []), told)
    if found := strictest(by.get("recovery", []), told, "recovery times", min):
        value = units.DURATION.format(found.value)
        document["slos"][0]["recover_within"] = stated(value, found)
    _others(document["slos"], by, told)
    _places(document["topology"], by, told)
    if found := _money(by.get("money", []), told):
        document["budget"] = stated(units.MONEY.format(float(units.trim(found.value, 9))), found)
        _too_cheap(document, found, told)
    if found := strictest(by.get("team", []), told, "team sizes", max):
        document["team"] = {"size": max(1, round(found.value))}
        told.append(_not_honoured(found, "the size of the team does not shape the design"))
    if found := strictest(by.get("data", []), told, "amounts of data", max):
        fit_data(document, found, told)
    if found := strictest(by.get("reads", []), told, "shares of reads", max):
        fit_reads(document, found, told)
    for kind, why in _UNUSED.items():
        told += [_not_honoured(m, why) for m in by.get(kind, [])]
    one_region = any(m.value == 1 for m in by.get("regions", []))
    if availability and availability.value >= _NEEDS_REGIONS and one_region:
        told.append(
            note(
                "brief-contradiction",
                f"{availability.words!r} and one region contradict each "
                "other: a region's own promise is lower; both are kept",
                availability,
                "warning",
                hint="ask for two regions or for four nines",
            )
        )
    return told


_UNUSED = {
    "rpo": "how much data may be lost is not modelled",
    "data_growth": "growth follows from the writes of the model",
    "bandwidth": "bytes moved follow from the requests of the model and their sizes",
    "tenants": "the load does not follow from the number of organisations",
}


def _not_honoured(m: Mention, why: str) -> Finding:
    message = f"{m.words!r} is read but not honoured yet: {why}"
    return note("brief-not-honoured", message, m, "warning")


def _latency(slo: dict[str, Any], found: list[Mention], told: list[Finding]) -> None:
    exact = [m for m in found if m.what in ("p99", "")]
    high = [m for m in found if m.what in ("p99.9", "p99.99")]
    low = [m for m in found if m.what in ("p95", "p90")]
    best = strictest(exact or high or low, told, "p99 latencies", min)
    for m in found:
        if m in high:
            told.append(
                note(
                    "brief-percentile",
                    f"{m.words!r}: the model judges the 99th percentile, "
                    "which is weaker than what is asked",
                    m,
                    "warning",
                )
            )
        elif m in low:
            told.append(
                note(
                    "brief-percentile",
                    f"{m.words!r}: the model judges the 99th percentile, "
                    "which is stricter than what is asked",
                    m,
                )
            )
        elif m.what not in ("p99", ""):
            told.append(_not_honoured(m, "only the 99th percentile is judged"))
    if best is not None:
        slo["p99"] = stated(units.DURATION.format(float(units.trim(best.value))), best)
        if best.value < _LEAST_P99_S:
            told.append(
                note(
                    "brief-contradiction",
                    f"{best.words!r} is shorter than one commit and two network hops",
                    best,
                    "warning",
                )
            )


def _availability(slo: dict[str, Any], found: list[Mention], told: list[Finding]) -> Mention | None:
    best = strictest(found, told, "availabilities", max)
    if best is None:
        return None
    value = best.value
    if value >= 1:
        value = HIGHEST
        told.append(
            note(
                "brief-contradiction",
                f"no system has {best.words!r}; {units.RATIO.format(value)} is taken",
                best,
                "warning",
                allowed="up to 99.999%",
            )
        )
    slo["availability"] = stated(units.RATIO.format(value), best)
    return best


def _others(slos: list[dict[str, Any]], by: dict[str, list[Mention]], told: list[Finding]) -> None:
    """Journeys that are slow by nature keep their own latency, and nothing else of their own."""
    for slo in slos[1:]:
        for kind, key in (("availability", "availability"), ("recovery", "recover_within")):
            if kind in by:
                slo[key] = dict(slos[0][key])
        for m in by.get("latency", []):
            if slos[0]["p99"].get("origin") == "stated":
                kept = (
                    f"journey {slo['journey']!r} is slow by nature and keeps its own objective, "
                    f"{slo['p99']['value']}"
                )
                told.append(_not_honoured(m, kept))


def _places(
    topology: dict[str, Any],
    by: dict[str, list[Mention]],
    told: list[Finding],
) -> None:
    if found := strictest(by.get("regions", []), told, "numbers of regions", max):
        topology["regions"] = round(found.value)
        topology["origins"]["regions"] = f"stated, {found.source}"
        if found.value > 1:
            told.append(_not_honoured(found, "one region is designed"))
        if found.vague:
            told.append(
                note(
                    "brief-vague",
                    f"{found.words!r} is no number; 2 regions are written into the model",
                    found,
                    "warning",
                    hint="write the number of regions",
                )
            )
    if found := strictest(by.get("zones", []), told, "numbers of zones", max):
        topology["zones"] = round(found.value)
        topology["origins"]["zones"] = f"stated, {found.source}"


def _money(found: list[Mention], told: list[Finding]) -> Mention | None:
    usd = [m for m in found if m.what == "USD"]
    for m in found:
        if m.what != "USD":
            told.append(
                note(
                    "brief-currency",
                    f"the bill is not compared with {m.words!r}: prices are kept in USD, and no "
                    f"rate of exchange from {m.what} is kept here",
                    m,
                    "unknown",
                    "USD",
                    "turn it into USD at the rate you pay, and write for example $20k/month",
                )
            )
        elif m.vague:
            told.append(
                note(
                    "brief-vague",
                    f"{m.words!r} names no period; read as a month",
                    m,
                    "warning",
                    hint="write for example $20k/month",
                )
            )
    return strictest(usd, told, "budgets", min)


def _too_cheap(document: dict[str, Any], budget: Mention, told: list[Finding]) -> None:
    clients = document["workload"]["clients"].values()
    users = sum(units.COUNT.parse(c["users"]["value"]) for c in clients if "users" in c)
    if budget.value < users * _USD_MONTH_USER:
        told.append(
            note(
                "brief-contradiction",
                f"{budget.words!r} for {units.trim(users)} users at once is "
                "plainly too little; both are kept",
                budget,
                "warning",
            )
        )
