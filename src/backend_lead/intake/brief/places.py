"""Where it runs and where data stays: regions, cities and countries of a brief.

A place stands for the nearest region that has prices, inside the same union or country where there
is one. Places are whole words, never repaired: a slip of "chain" is no country.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from backend_lead.catalog.prices.book import HOME, PriceBook
from backend_lead.intake.brief.note import note
from backend_lead.intake.brief.words import Term, find
from backend_lead.model.finding import Finding

# Adjectives count only before one of the nouns: a Swiss knife lies nowhere.
# Every key has rows of its own in the price book. Distances are those of the map.
NAMES: dict[str, tuple[str, ...]] = {
    "us-east-1": ("virginia", "washington dc", "new york", "nyc", "boston", "atlanta", "miami",
                  "philadelphia", "us east coast", "east coast", "united states", "the usa", "usa",
                  "the us", "us users", "us customers", "us based", "north america"),
    "us-east-2": ("ohio", "chicago", "detroit", "columbus"),
    "us-west-2": ("oregon", "seattle", "portland", "san francisco", "silicon valley",
                  "los angeles", "california", "us west coast", "west coast", "denver",
                  "mexico", "mexico city", "dallas", "texas", "vancouver"),
    "ca-central-1": ("canada", "toronto", "montreal", "ottawa"),
    "eu-west-1": ("ireland", "dublin", "europe", "spain", "madrid", "barcelona",
                  "portugal", "lisbon"),
    "eu-west-2": ("united kingdom", "the uk", "uk users", "uk based", "uk customers", "london",
                  "manchester", "england", "scotland", "britain", "great britain"),
    "eu-central-1": ("frankfurt", "germany", "berlin", "munich", "hamburg", "austria",
                     "vienna", "switzerland", "zurich", "zürich", "geneva", "france",
                     "paris", "lyon", "netherlands", "amsterdam", "belgium", "brussels",
                     "luxembourg", "poland", "warsaw", "czechia", "prague", "hungary", "budapest",
                     "italy", "milan", "rome", "denmark", "copenhagen", "sweden", "stockholm",
                     "finland", "helsinki", "norway", "oslo", "nordics", "scandinavia", "greece",
                     "athens", "romania", "bucharest", "croatia", "slovenia", "slovakia", "baltics",
                     "estonia", "latvia", "lithuania", "ukraine", "dach", "istanbul"),
    "ap-south-1": ("india", "mumbai", "delhi", "bangalore", "bengaluru", "hyderabad",
                   "chennai", "pakistan", "karachi", "sri lanka", "bangladesh", "dubai", "uae",
                   "emirates", "saudi arabia", "riyadh", "qatar", "middle east"),
    "ap-southeast-1": ("singapore", "malaysia", "kuala lumpur", "indonesia", "jakarta", "thailand",
                       "bangkok", "vietnam", "hanoi", "philippines", "manila", "asia",
                       "southeast asia", "apac"),
    "ap-southeast-2": ("australia", "sydney", "melbourne", "brisbane", "perth",
                       "new zealand", "auckland"),
    "ap-northeast-1": ("japan", "tokyo", "osaka", "korea", "south korea", "seoul",
                       "taiwan", "taipei", "hong kong", "china", "beijing", "shanghai"),
    "sa-east-1": ("são paulo", "sao paulo", "brazil", "brasil", "rio de janeiro", "argentina",
                  "buenos aires", "chile", "santiago", "colombia", "bogota", "peru",
                  "latin america", "south america", "latam"),
}  # fmt: skip
_ADJECTIVES = {
    "canadian": "ca-central-1", "british": "eu-west-2", "european": "eu-west-1",
    "german": "eu-central-1", "swiss": "eu-central-1", "austrian": "eu-central-1",
    "french": "eu-central-1", "dutch": "eu-central-1", "italian": "eu-central-1",
    "polish": "eu-central-1", "swedish": "eu-central-1", "spanish": "eu-west-1",
    "irish": "eu-west-1", "indian": "ap-south-1", "australian": "ap-southeast-2",
    "japanese": "ap-northeast-1", "korean": "ap-northeast-1", "chinese": "ap-northeast-1",
    "brazilian": "sa-east-1", "american": "us-east-1",
}  # fmt: skip
_OF = ("users", "customers", "visitors", "shoppers", "players", "market", "company", "companies",
       "bank", "region", "servers", "cities", "retailer", "government", "citizens")  # fmt: skip
FAR = ("africa", "south africa", "johannesburg", "cape town", "nigeria", "lagos", "kenya",
       "nairobi", "egypt", "cairo", "israel", "tel aviv", "russia", "moscow")  # fmt: skip
_EUROPE = ("eu-west-1", "eu-central-1")
_INSIDE = {
    "EU": ("eu-west-1", "eu-central-1", "eu-west-3", "eu-north-1", "eu-south-1", "eu-south-2"),
    "Germany": ("eu-central-1",), "France": ("eu-west-3",), "United Kingdom": ("eu-west-2",),
    "United States": ("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    "Switzerland": ("eu-central-2",), "India": ("ap-south-1", "ap-south-2"),
    "Canada": ("ca-central-1", "ca-west-1"), "Australia": ("ap-southeast-2", "ap-southeast-4"),
}  # fmt: skip
_REGION_ID = re.compile(
    r"\b(?:us|eu|ap|sa|ca|me|af|il|mx|cn)-(?:gov-)?"
    r"(?:north|south|east|west|central|northeast|southeast|northwest|southwest)-\d\b",
    re.IGNORECASE,
)
_OTHER_CLOUD = re.compile(
    r"\b(?:europe|us|asia|australia|northamerica|southamerica|me|africa)-"
    r"(?:north|south|east|west|central|northeast|southeast|southwest)\d\b"
    r"|\b(?:west|north)europe\b|\b(?:east|west|central|north|south)us\d?\b",
    re.IGNORECASE,
)
_KNOWN_TO_AWS = re.compile(
    r"(?:us-east-[12]|us-west-[12]|ca-central-1|ca-west-1|eu-west-[123]|eu-central-[12]"
    r"|eu-north-1|eu-south-[12]|ap-south-[12]|ap-southeast-[1-57]|ap-northeast-[123]|ap-east-[12]"
    r"|sa-east-1|me-south-1|me-central-1|af-south-1|il-central-1|mx-central-1"
    r"|us-gov-(?:east|west)-1|cn-north-1|cn-northwest-1)"
)
# Short names, as people write them in capitals; small letters mean other things in other tongues
# ("eu", "us"), so they count only where they stand alone between commas, or before people.
_SHORT: dict[str, str] = {
    "EU": "EU|eu-west-1", "UK": "United Kingdom|eu-west-2", "US": "United States|us-east-1",
}  # fmt: skip
_SHORT_NAME = re.compile(
    r"(?<!\w)(?:EU|UK|US|E\.U\.|U\.K\.|U\.S\.)(?![\w$]|\s*(?:[$]|dollars?\b|USD\b))"
    r"|(?:(?<=[,;:(])|(?<=[,;:(]\s))(?:eu|uk)(?=\s*(?:[,;:.)]|$))"
    r"|(?<![\w-])(?:eu|uk)(?=[\s-](?:users|customers|based|wide|shoppers|citizens|market|region)\b)"
)
_NOT_THERE = re.compile(
    r"\b(?:non|outside(?:\s+of)?|not\s+in|not\s+from|except|excluding|beyond)[\s-]+(?:the\s+)?$",
    re.I,
)
_NEVER_OUT = re.compile(r"\b(?:not|never|no|nothing|nowhere)\b", re.I)
_STAYS = re.compile(
    r"\b(?:data|stays?|only|residen(?:cy|t)|stor(?:e|ed|age)|kept|keep|remains?|leaves?|leaving"
    r"|reside|sovereign\w*|laws?)\b",
    re.IGNORECASE,
)
_HOSTED = re.compile(r"\b(?:servers?|host\w*|runs?|running|deploy\w*|primary|regions?)\b", re.I)
_DEPLOYED = re.compile(
    r"\b(?:regions|primary|standby|fail-?over|active|data\s?cent(?:er|re)s|replicat\w+)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Located:
    """The places of a brief: `regions` with the region they stand for, and all other findings."""

    regions: list[Term]
    residency: list[Term]
    spans: list[tuple[int, int]]
    findings: list[Finding]


def locate(text: str, residency: list[Term]) -> Located:
    """Find regions and places; a place is a residency only where its clause says data stays."""
    told: list[Finding] = []
    regions, spans = [], []
    for match in _REGION_ID.finditer(text):
        term = Term(match[0].lower(), match[0], match.start(), match.end(), match[0])
        spans.append(match.span())
        if _KNOWN_TO_AWS.fullmatch(term.key):
            regions.append(term)
        else:
            told.append(note("brief-place", f"{term.words!r} is no region of aws", term, "warning",
                             allowed=", ".join(NAMES)))  # fmt: skip
    for match in _OTHER_CLOUD.finditer(text):
        term = Term("", match[0], match.start(), match.end(), match[0])
        spans.append(match.span())
        told.append(note("brief-place", f"{term.words!r} is a region of another provider; only "
                         "aws has prices here", term, "warning", ", ".join(NAMES)))  # fmt: skip
    short, away = _short(text, residency)
    residency = sorted([*residency, *short], key=lambda t: t.start)
    told += away
    stays = [t for t in residency if t.term == "gdpr" or _STAYS.search(clause(text, t))]
    free = [t for t in residency if t not in stays]
    for term in find(text, _table(), exact=True):
        if any(term.start < end and start < term.end for start, end in spans):
            continue
        if term.key == "":
            told.append(note("brief-place", f"{term.words!r}: no region near it has prices here",
                             term, "warning", ", ".join(NAMES)))  # fmt: skip
        elif not any(_meets(term, t) for t in stays):
            regions.append(term)
    regions += [
        Term(t.key.partition("|")[2], t.term, t.start, t.end, t.words)
        for t in free
        if not any(
            _meets(t, r) or r.key in _INSIDE.get(t.key.partition("|")[0], ()) for r in regions
        )
    ]
    regions.sort(key=lambda t: t.start)
    return Located(regions, stays, spans, told)


def _short(text: str, known: list[Term]) -> tuple[list[Term], list[Finding]]:
    """Unions and countries by their short names, and those that a brief is said not to be in."""
    found, told = [], []
    for match in _SHORT_NAME.finditer(text):
        name = match[0].upper().replace(".", "")
        term = Term(_SHORT[name], name.lower(), match.start(), match.end(), match[0])
        if any(_meets(term, t) for t in known) or _REGION_ID.match(text, match.start()):
            continue
        before = re.split(r"[.,;:!?\n]", text[: term.start])[-1]
        away = _NOT_THERE.search(before)
        if away and not _NEVER_OUT.search(before[: away.start()]):
            words = f"{away[0]}{match[0]}".strip()
            told.append(note("brief-place", f"{words!r} is not read: it names no place to be in",
                             term, "warning", ", ".join(NAMES)))  # fmt: skip
        else:
            found.append(term)
    return found, told


@cache
def _table() -> dict[str, list[str]]:
    table = {key: list(names) for key, names in NAMES.items()} | {"": list(FAR)}
    for adjective, region in _ADJECTIVES.items():
        table[region] += [f"{adjective} {noun}" for noun in _OF]
    return table


def put(text: str, topology: dict[str, Any], found: Located, regions_said: bool) -> list[Finding]:
    """Write region and residency into the topology; tell what can't be had together."""
    told = list(found.findings)
    places = list(dict.fromkeys(t.key for t in found.regions))
    if found.residency:
        first = found.residency[0]
        name, _, region = first.key.partition("|")
        inside = [t for t in found.regions if t.key in _INSIDE.get(name, ())]
        region = inside[0].key if inside else region
        topology["residency"], topology["region"] = name, region
        topology["origins"]["residency"] = f"stated, {said(first)}"
        topology["origins"]["region"] = f"assumed: a region where data may stay, {said(first)}"
        if inside:
            topology["origins"]["region"] = f"stated, {said(inside[0])}"
        told += _residency(found, name, region)
    elif found.regions:
        first = min(found.regions, key=lambda t: (not _HOSTED.search(clause(text, t)), t.start))
        topology["region"] = first.key
        nearest = "" if first.key == first.words.lower() else "; the nearest region with prices"
        topology["origins"]["region"] = f"stated, {said(first)}{nearest}"
        for other in found.regions:
            if other.key != first.key:
                told.append(note("brief-place", f"{other.words!r} ({other.key}) is read, but one "
                                 f"region is designed: {first.key}", other, "warning"))  # fmt: skip
    by_id = all(_REGION_ID.fullmatch(t.words) for t in found.regions)
    if len(places) > 1 and not regions_said and (by_id or _DEPLOYED.search(text)):
        topology["regions"] = len(places)
        topology["origins"]["regions"] = (
            f"computed: {len(places)} are named, {said(found.regions[0])}"
        )
    if topology["region"] not in PriceBook.load().regions():
        at = (found.residency or found.regions)[0]
        told.append(note("brief-place", f"{at.words!r}: there are no prices for "
                         f"{topology['region']}; those of {HOME} are taken, with a wider range",
                         at, "warning", ", ".join(NAMES)))  # fmt: skip
    return told


def said(term: Term) -> str:
    """Where a place stands in the brief."""
    return f'brief: "{term.words}" (characters {term.start}-{term.end})'


def clause(text: str, term: Term) -> str:
    """The part of the sentence around a place, to the next comma, full stop or line end."""
    before = re.split(r"[.,;:!?\n]", text[: term.start])[-1]
    return before + re.split(r"[.,;:!?\n]", text[term.start :])[0]


def _residency(found: Located, name: str, region: str) -> list[Finding]:
    told = []
    first = found.residency[0]
    for other in found.residency[1:]:
        if other.key != first.key:
            told.append(note("brief-contradiction", "data can't stay in two places: "
                             f"{first.words!r} is taken, {other.words!r} is not", other,
                             "warning"))  # fmt: skip
    for place in found.regions:
        if place.key == region or (place.key in _EUROPE and place.key in _INSIDE.get(name, ())):
            continue
        told.append(note("brief-contradiction", f"{place.words!r} ({place.key}) is not taken: "
                         f"data stays in {name} ({first.words!r}), so {region} is", place,
                         "warning"))  # fmt: skip
    if first.term == "gdpr":
        told.append(note("brief-residency", "GDPR is read as: personal data stays in the EU, "
                         "which is more than it asks; its other duties aren't modelled", first,
                         "warning"))  # fmt: skip
    return told


def _meets(one: Term, other: Term) -> bool:
    return one.start < other.end and other.start < one.end
