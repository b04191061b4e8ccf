"""What to ask the writer of a brief, most important first, and what was taken meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

from backend_lead.catalog.domains import Domain, domains, head
from backend_lead.intake.brief import people
from backend_lead.intake.brief.laws import LAWS
from backend_lead.intake.brief.meaning import Mention
from backend_lead.intake.brief.peak_load import Load
from backend_lead.intake.brief.words import Term
from backend_lead.model import units
from backend_lead.model.design import Question

_MONTH_MIN = 30 * 24 * 60

# What the request asks for that reading a brief doesn't put into the model, by intent.
MISSING: dict[str, tuple[str, ...]] = {
    "system": (),
    "api": (),
    "data": (),
}


def _how_fresh(chosen: Domain, terms: dict[str, list[Term]]) -> Question:
    """What decides between views in the store and a stream."""
    products = chosen.system().get("data", {}).get("products", {}).values()
    said = [p["fresh"]["value"] for p in products if "fresh" in p]
    fresh = min(said, key=units.DURATION.parse, default="")
    words = " ".join(t.words for t in terms["intent"] if t.key == "data" and "time" in t.words)
    asks = f" ({words!r})" if words else ""
    return Question(
        f"How old may a figure be when somebody acts on it{asks}?",
        f"{fresh} for analyses; what is asked of the store itself is of that moment" if fresh else
        "what is asked of the store itself is of that moment",
        "it decides whether the store itself answers or changes must stream out of it",
    )  # fmt: skip


def questions(
    found: Sequence[Mention], chosen: Domain, terms: dict[str, list[Term]], load_at_peak: Load
) -> list[Question]:
    """Open questions, ranked; never two with the same text."""
    kinds = {m.kind for m in found}
    out: list[Question] = []
    if not terms["domain"]:
        others = ", ".join(head(id)["title"].lower() for id in domains() if id != chosen.id)
        out.append(
            Question(
                "What kind of product is it? The sentence names none that is known here.",
                f"the worked domain {chosen.id!r}: {chosen.summary}",
                "endpoints, data and the mix of reads and writes come from it; there are also: "
                f"{others}",
            )
        )
    out += [*people.question(found), *load_at_peak.questions]
    if load_at_peak.users is None and load_at_peak.rate is None:
        out.append(
            Question(
                "How many users are there at once at the busiest moment?",
                "10k concurrent users",
                "the load is proportional to it; the sentence gives no load at all",
            )
        )
    elif load_at_peak.users is None:
        out.append(
            Question(
                "Do the callers wait for an answer before they ask again?",
                "no: requests come at the stated rate however slow the answers are",
                "callers who wait slow down with the system; callers who don't overload it",
            )
        )
    if any(t.key == "data" for t in terms["intent"]):
        out.append(_how_fresh(chosen, terms))
    if rules := [t for t in terms["weighty"] if t.key in LAWS]:
        said = ", ".join(dict.fromkeys(repr(t.words) for t in rules))
        out.append(
            Question(
                f"Which duties follow from {said}, and who answers for them?",
                "none is modelled",
                "they may ask for controls, records, a second region or other suppliers",
            )
        )
    own = chosen.questions
    out += own if terms["domain"] else own[1:] if chosen.id == "generic" else own
    usual = chosen.system()["slos"][0]
    if "latency" not in kinds:
        p99 = f"p99 {usual['p99']['value']}"
        out.append(Question("How slow may one request in a hundred be?", p99, "the usual default"))
    if "availability" not in kinds:
        available = usual["availability"]["value"]
        down_min = (1 - units.RATIO.parse(available)) * _MONTH_MIN
        out.append(
            Question(
                "How many minutes a month may it be down?",
                f"{down_min:.0f} ({available})",
                "each further nine costs a zone, a region or a team on call",
            )
        )
    if other := [m for m in found if m.kind == "money" and m.what != "USD"]:
        out.append(
            Question(
                f"How much is {other[0].words!r} in USD?",
                "no limit",
                "prices are kept in USD and no rate of exchange is; until then the bill is not "
                "compared with it",
            )
        )
    if "money" not in kinds:
        out.append(
            Question("What may it cost a month?", "no limit", "the cheapest design is taken")
        )
    if "regions" not in kinds and not terms["residency"] and not terms["place"]:
        out.append(
            Question(
                "Where are the users, and must data stay somewhere?",
                "one region, us-east-1, no residency",
                "distance adds to every request; residency decides the region",
            )
        )
    if "team" not in kinds:
        out.append(
            Question(
                "How many people run it?", "not limited", "each service and store wants an owner"
            )
        )
    return list(dict.fromkeys(out))
