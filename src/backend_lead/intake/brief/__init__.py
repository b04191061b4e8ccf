"""Read a brief, one or a few sentences, into a first model. No language model: a grammar and lists.

What was stated keeps its words and their place; everything else comes from a reference domain and
says so. What is read but can't be honoured is told, never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from backend_lead.catalog.domains import UNNAMED, Domain, domains, head, load
from backend_lead.intake.brief import (
    accept,
    asides,
    clients,
    demand,
    grammar,
    names,
    objectives,
    people,
    places,
    population,
    relations,
    words,
)  # fmt: skip
from backend_lead.intake.brief.ask import MISSING, questions
from backend_lead.intake.brief.meaning import Mention, mention
from backend_lead.intake.brief.tell import explain, unread_numbers
from backend_lead.model import units
from backend_lead.model.design import Question, Stated
from backend_lead.model.finding import Finding, InvalidInput, Place, sort_findings
from backend_lead.model.system import System

__all__ = ["BriefReading", "read_brief"]

DEFAULT_DOMAIN = UNNAMED
_SHARE_OF = re.compile(
    r"\s+(?:of|open|off|test|code|cache|hit|cpu|sure|free|confident|discount|remote|coverage|accuracy"
    r"|accurate|correct|recall|precision|margin|growth|faster|cheaper|more|less|python|java|go|rust"
    r"|serverless|managed|compatible|organic|green|renewable|customer|satisfaction)\b",
    re.IGNORECASE,
)
_NEVER_ENDS = re.compile(r"\b(?:24/7|24x7|around the clock|all month|all day)\b", re.I)
_BARE_PERCENT_MIN = 0.98  # "99.95%" alone is an availability, "40%" alone is not


@dataclass
class BriefReading:
    """What a brief says. `document` is `system` as a mapping to be written as YAML.

    `intent` is `system`, `api` or `data`; `missing` lists what of the request isn't covered yet.
    """

    system: System
    document: dict[str, Any]
    intent: str
    domain: str
    stated: list[Stated] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def read_brief(text: str) -> BriefReading:
    """Read a brief. Raises InvalidInput if it is no text about a backend or asks for nonsense."""
    accept.check_text(text)
    terms = _terms(text)
    located = places.locate(text, terms["residency"])
    terms |= {"residency": located.residency, "place": located.regions}
    stream = grammar.tokens(names.hide(text, *located.spans))
    read = [mention(match, text) for match in grammar.matches(stream)]
    read = sorted([*read, *relations.carried(text, stream, read)], key=lambda m: m.start)
    accept.check_separators(stream, read)
    bare = [m for m in read if m.kind == "availability" and m.what == "" and _no_promise(text, m)]
    intent = _intent(terms["intent"])
    if all(t.key == DEFAULT_DOMAIN for t in terms["domain"]):
        terms["domain"] += _of_things(read)
    chosen = _domain(terms["domain"])
    terms["weighty"] = [t for t in terms["weighty"] if t.term not in chosen.honours]
    related = relations.related(text, [m for m in read if m not in bare])
    together = bool(words.find(text, {"": chosen.at_once}))
    settled = people.settle(text, related, together)
    found, aside = asides.set_aside(text, settled)
    about: list[object] = [m for m in read if m.kind in accept.SURELY]
    about += [*words.find(text, {"": words.BACKEND}), *terms["domain"], *terms["intent"]]
    if words.find(text, {"": words.VERBS}):
        about += terms["other"]
    accept.check_sense(found, len(about))
    unread = unread_numbers(text, stream, read)
    accept.check_numbers(text, unread, read)

    terms["client"] += words.find(text, chosen.clients)
    named = list(dict.fromkeys(t.key for t in terms["client"]))
    document = chosen.system()
    peak = document["workload"]["peak"]["factor"]
    load_at_peak = demand.derive(found, chosen, peak, _shares(document, found))
    if _one_broadcast(text, chosen, named, found) and chosen.broadcast is not None:
        document["workload"]["peak"]["factor"] = dict(chosen.broadcast.peak)
        chosen = _asking(chosen, chosen.broadcast.question)
    if terms["small"] and load_at_peak.users is None and load_at_peak.rate is None:
        population.small(terms["small"][0].words, load_at_peak)
    clients.hold(document, load_at_peak)
    who = clients.counted(load_at_peak.counts, chosen)
    clients.spread(document, load_at_peak, named, chosen, who)
    clients.scale_entities(document, load_at_peak, chosen)
    findings = [*load_at_peak.findings, *asides.tell(aside), *objectives.apply(document, found)]
    regions_said = any(m.kind == "regions" for m in found)
    findings += places.put(text, document["topology"], located, regions_said)
    findings += explain(text, unread, found, terms, chosen, bare)
    document = {k: document[k] for k in ("backend", "title")} | {"brief": text} | document
    asked = questions(found, chosen, terms, load_at_peak)
    return BriefReading(
        system=_valid(document),
        document=document,
        intent=intent,
        domain=chosen.id,
        stated=_stated(found, terms, chosen, text),
        questions=asked,
        findings=sort_findings([_placed(f, text) for f in findings]),
        missing=list(MISSING[intent]),
    )


def _one_broadcast(
    text: str, chosen: Domain, named: list[str], found: Sequence[Mention]
) -> bool:  # fmt: skip
    """Whether people watch one thing at once while it lasts, and nothing says what peaks it has."""
    kinds = {m.kind for m in found}
    if chosen.broadcast is None or len(named) != 1:
        return False
    if "concurrent" not in kinds or "peak" in kinds or _NEVER_ENDS.search(text):
        return False
    return bool(words.find(text, {"": chosen.broadcast.words}, exact=True))


def _asking(chosen: Domain, question: Question) -> Domain:
    """The domain with one of its questions taken otherwise."""
    rest = [q for q in chosen.questions if q.text != question.text]
    return replace(chosen, questions=(question, *rest))


def _valid(document: dict[str, Any]) -> System:
    """The model; numbers that are sane alone may leave a model's bounds when multiplied."""
    try:
        return System.model_validate(document)
    except ValidationError as err:
        raise InvalidInput(
            [
                Finding(
                    "brief-value",
                    "error",
                    "the quantities of the brief together leave what a model can hold: "
                    f"{'.'.join(map(str, fault['loc']))}",
                    Place("brief"),
                    str(fault["input"])[:80],
                    fault["msg"],
                    accept.HINT,
                )
                for fault in err.errors()
            ]
        ) from None


def _no_promise(text: str, m: Mention) -> bool:
    """True for a share alone that is no availability: too low, or of something that is named."""
    return m.value < _BARE_PERCENT_MIN or bool(_SHARE_OF.match(text[m.end :]))


def _terms(text: str) -> dict[str, list[words.Term]]:
    """Terms of each table; a phrase of a domain or a neutral one hides the clients inside it."""
    of_domains = {id: tuple(head(id)["words"]) for id in domains()}
    domain_terms = words.find(text, of_domains | {"": words.NEUTRAL})
    residency = {f"{name}|{region}": t for (name, region), t in words.RESIDENCY.items()}
    client_terms = words.find(text, words.CLIENTS)
    other = words.find(text, words.OTHER_DOMAINS)
    known = [t for t in domain_terms if t.key]
    intent = [t for t in words.find(text, words.INTENTS) if not _inside(t, [*other, *known])]
    weighty = [
        t
        for t in words.find(text, words.WEIGHTY)
        if not any(_inside(t, [k]) and len(k.words) > len(t.words) for k in known)
    ]
    return {
        "domain": known,
        "client": [t for t in client_terms if not _inside(t, domain_terms)],
        "intent": intent,
        "residency": words.find(text, residency),
        "weighty": [t for t in weighty if not _inside(t, intent)],
        "other": other,
        "vague": words.find(text, {"": words.VAGUE}),
        "small": words.find(text, {"": words.SMALL}),
    }


def _inside(term: words.Term, others: list[words.Term]) -> bool:
    return any(o.start <= term.start and term.end <= o.end for o in others)


def _intent(found: list[words.Term]) -> str:
    """The request with more terms in the sentence; `system` where none is named."""
    keys = [t.key for t in found]
    return max(("api", "data"), key=keys.count) if keys else "system"


def _domain(found: list[words.Term]) -> Domain:
    """The domain with the most different terms; the first wins a tie, the worked one loses."""
    votes: dict[str, set[str]] = {}
    for term in [t for t in found if t.key != DEFAULT_DOMAIN] or found:
        votes.setdefault(term.key, set()).add(term.term)
    best = max(votes, key=lambda id: len(votes[id]), default=DEFAULT_DOMAIN)
    return load(best)


def _of_things(read: list[Mention]) -> list[words.Term]:
    """The domain of the things that are counted, where no word of the brief names one: trucks."""
    out = []
    for m in read:
        if m.kind == "concurrent" and m.what:
            known = [id for id in domains() if clients.counted(m.what, load(id))]
            out += [words.Term(id, m.what, m.start, m.end, m.words) for id in known[:1]]
    return out


def _shares(document: dict[str, Any], found: list[Mention]) -> dict[str, float]:
    """Shares of all requests: those that create an entity, by its name; `reads` and `writes`."""
    calls: dict[str, float] = {}
    for client in document["workload"]["clients"].values():
        rate = clients.requests_per_s(client)
        steps = {n: document["journeys"][n]["steps"] for n in client["journeys"]}
        share = {n: units.RATIO.parse(q["value"]) for n, q in client["journeys"].items()}
        length = sum(share[n] * len(steps[n]) for n in share)
        for name, path in steps.items():
            for ref in path:
                calls[ref] = calls.get(ref, 0.0) + rate * share[name] / length
    total = sum(calls.values())
    endpoints = document["components"]["app"]["endpoints"]
    writes = sum(n for ref, n in calls.items() if endpoints[ref.partition(".")[2]].get("writes"))
    reads = next((m.value for m in found if m.kind == "reads"), 1 - writes / total)
    out = {"reads": reads, "writes": 1 - reads}
    for name, entity in document["entities"].items():
        if entity.get("created_by") in calls:
            out[name] = calls[entity["created_by"]] / total
    return {name: share for name, share in out.items() if share > 0}


def _stated(
    found: list[Mention], terms: dict[str, list[words.Term]], chosen: Domain, text: str
) -> list[Stated]:
    from backend_lead.intake.brief.tell import meaning_of

    out = [Stated(m.words, m.start, m.end, *meaning_of(m)) for m in found]
    for kind, meaning in (("client", "client"), ("domain", "domain"), ("residency", "residency")):
        for t in terms[kind]:
            if kind != "domain" or t.key == chosen.id:
                out.append(Stated(t.words, t.start, t.end, meaning, t.key.partition("|")[0]))
    out += [Stated(t.words, t.start, t.end, "region", t.key) for t in terms["place"]]
    return sorted(set(out), key=lambda s: (s.start, s.end, s.meaning))


def _placed(finding: Finding, text: str) -> Finding:
    """Readers of single words count characters; people count lines and columns."""
    if finding.place.file != "brief" or not finding.place.column:
        return finding
    before = text[: finding.place.column - 1]
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return replace(finding, place=Place("brief", line, column, finding.place.path))
