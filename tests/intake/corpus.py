"""Briefs with the readings an expert expects, and the comparison of a reading with them.

An entry of `briefs/*.yaml` was written by judgement, from the text alone:

- `text`: the brief. `domain`, `intent`: what it is about. `needs_domain`: its domain, compared only
  where a reference domain of that name exists.
- `quantities`: [words, kind, value]. The value is in base units (s, bytes, 1/s, a share, a month's
  money); `a|b` where either kind is right. Each must be stated, and be in the model or told.
- `load`: `{users: n}` or `{rate: n}` at peak; `derived` from what the brief says; `default` of the
  domain; `small`, a load assumed for a product called small.
- `told`: words that need a finding at their place. `ignored`: words that are no quantity.
- `refused`: words for which the brief as a whole is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from backend_lead.catalog.domains import domains, load
from backend_lead.intake.brief import BriefReading, read_brief
from backend_lead.model import units
from backend_lead.model.design import Stated
from backend_lead.model.finding import Finding, InvalidInput
from backend_lead.model.system import System

FOLDER = Path(__file__).parent / "briefs"
NEAR = 0.005  # rounding of what is printed
RESPONSE_S = 0.1
KINDS = {
    "concurrent users at peak": "concurrent",
    "users, not said whether at once": "users",
    "users of a day": "daily",
    "users of a month": "monthly",
    "registered users": "registered",
    "organisations": "tenants",
    "request rate": "rate",
    "mean request rate": "rate",
    "availability objective": "availability",
    "recovery time objective": "rto",
    "recovery point objective": "rpo",
    "data kept": "storage",
    "data added": "growth",
    "data moved": "bandwidth",
    "team size": "team",
    "share of reads": "reads",
    "think time": "think_time",
    "peak over usual load": "peak",
}  # fmt: skip
DIMENSIONS = {
    **dict.fromkeys(("rate",), units.RATE),
    **dict.fromkeys(("rto", "rpo", "think_time"), units.DURATION),
    **dict.fromkeys(("availability", "reads"), units.RATIO),
    "storage": units.BYTES,
    "budget": units.MONEY,
    "peak": units.FACTOR,
}
SPANS_S = {"s": 1, "h": 3600, "day": 86400, "month": 2629800, "year": 31557600}


@dataclass
class Score:
    """What of one brief is right, told as not understood, or silently wrong."""

    text: str
    right: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    about: list[tuple[str, bool]] = field(default_factory=list)


@cache
def entries() -> list[dict[str, Any]]:
    """All briefs of the corpus, by file and place in it."""
    yaml = YAML(typ="safe", pure=True)
    return [e for path in sorted(FOLDER.glob("*.yaml")) for e in yaml.load(path.read_text("utf-8"))]


def score(entry: dict[str, Any]) -> Score:
    """Read one brief and compare."""
    text = entry["text"]
    out = Score(text)
    try:
        reading = read_brief(text)
    except InvalidInput as refused:
        words = entry.get("refused", "")
        if words and any(words in f.message for f in refused.findings):
            out.right.append(words)
        else:
            out.told += [str(q[0]) for q in entry.get("quantities", ())] or ["the whole brief"]
        return out
    if "refused" in entry:
        out.silent.append(f"{entry['refused']!r} is not refused")
        return out
    wanted = [(_place(text, str(w)), str(w), k, v) for w, k, v in entry.get("quantities", ())]
    told = [(f, _told_at(f, text)) for f in reading.findings if f.place.column]
    stated = [s for s in reading.stated if s.meaning not in ("client", "domain")]
    for span, words, kinds, value in wanted:
        here = [s for s in stated if _meet(span, (s.start, s.end))]
        match = next((s for s in here if _agrees(s, kinds, value)), None)
        findings = [f.rule for f, at in told if _meet(span, at)]
        if match and (findings or in_model(match, reading)):
            out.right.append(words)
        elif findings:
            out.told.append(f"{words!r}: {findings}")
        else:
            out.silent.append(f"{words!r} is read as {[(s.meaning, s.text) for s in here]}")
    for words in map(str, entry.get("told", ())):
        span = _place(text, words)
        if not any(_meet(span, at) for _, at in told):
            out.silent.append(f"{words!r} is not told")
    places = [span for span, *_ in wanted] + [_place(text, str(w)) for w in entry.get("told", ())]
    out.silent += [
        f"{s.words!r} is read as {s.meaning} {s.text}"
        for s in stated
        if not any(_meet(span, (s.start, s.end)) for span in places)
    ]
    out.silent += _load(entry, reading)
    for key, got in (("domain", reading.domain), ("intent", reading.intent)):
        if key in entry:
            out.about.append((f"{key} {entry[key]}, read {got}", entry[key] == got))
    if (name := entry.get("needs_domain")) in domains():
        out.about.append((f"domain {name}, read {reading.domain}", name == reading.domain))
    return out


def kind_and_value(stated: Stated) -> tuple[str, float | str]:
    """A stated quantity in the words of the corpus and in base units."""
    if stated.meaning in ("region", "residency"):
        return stated.meaning, stated.text
    if stated.meaning == "budget":
        amount, _, rest = stated.text.partition(" ")
        currency = rest.partition("/")[0].lower()
        return ("budget" if currency == "usd" else f"budget_{currency}"), units.COUNT.parse(amount)
    if stated.meaning.endswith("latency objective"):
        return stated.meaning.partition(" ")[0], units.DURATION.parse(stated.text)
    kind = KINDS.get(stated.meaning, stated.meaning)
    if kind in ("growth", "bandwidth"):
        return kind, per_second(stated.text)
    dimension = DIMENSIONS.get(kind, units.COUNT)
    return kind, dimension.parse(stated.text)


def per_second(text: str) -> float:
    """Bytes per second of `5 TB/day`."""
    amount, _, span = text.partition("/")
    return units.BYTES.parse(amount) / SPANS_S[span]


def in_model(stated: Stated, reading: BriefReading) -> bool:
    """True if the model holds what was read."""
    kind, value = kind_and_value(stated)
    system = reading.system
    if kind in ("region", "residency"):
        return value in (system.topology.region, system.topology.residency)
    assert isinstance(value, float)
    slo = system.slos[0]
    clients = [c for n, c in system.workload.clients.items() if n != "partners"]
    fields: dict[str, list[float]] = {
        "p99": [slo.p99.value],
        "availability": [slo.availability.value],
        "rto": [slo.recover_within.value] if slo.recover_within else [],
        "budget": [system.budget.value] if system.budget else [],
        "team": [float(system.team.size)] if system.team else [],
        "regions": [float(system.topology.regions)],
        "zones": [float(system.topology.zones)],
        "think_time": [c.think_time.value for c in clients if c.think_time],
        "peak": [system.workload.peak.factor.value],
        "storage": [sum(e.rows.value * e.row.value for e in system.entities.values() if e.store)],
    }
    if kind in fields:
        return any(_close(got, value) for got in fields[kind])
    return f'brief: "{stated.words}"' in "\n".join(texts(reading.document))


def texts(part: Any) -> Iterator[str]:
    """All texts of a document, its brief left out."""
    if isinstance(part, dict):
        for key, inner in part.items():
            yield from texts(inner) if key != "brief" else ()
    elif isinstance(part, list | tuple):
        for inner in part:
            yield from texts(inner)
    elif isinstance(part, str):
        yield part


def _load(entry: dict[str, Any], reading: BriefReading) -> list[str]:
    """What is wrong with the load at peak."""
    wanted = entry.get("load")
    users, rate = loads(reading.system)
    clients = reading.system.workload.clients.values()
    found = [q for c in clients for q in (c.users, c.rate) if q is not None]
    if isinstance(wanted, dict):
        value = wanted.get("users", wanted.get("rate"))
        got = users if "users" in wanted else rate
        same = [c.users if "users" in wanted else c.rate for c in clients]
        ok = _close(got, value) or any(q and _close(q.value, value) for q in same)
        return [] if ok else [f"load {wanted}: {users:g} users, {rate:g}/s"]
    from_brief = any('brief: "' in (q.source or "") for q in found)
    if wanted == "derived" and not from_brief:
        return ["the load is not derived from the brief"]
    if wanted == "small" and not (0 < users <= 1000 and all(q.origin == "assumed" for q in found)):
        return [f"no small load: {users:g} users"]
    default = load(reading.domain).system()["workload"]["clients"].values()
    if wanted == "default":
        expected = sum(units.COUNT.parse(c["users"]["value"]) for c in default if "users" in c)
        asked = any("at once" in q.text for q in reading.questions)
        return [] if _close(users, expected) and asked else [f"no default load: {users:g} users"]
    return []


def loads(system: System) -> tuple[float, float]:
    """Users at once and requests per second of callers who don't wait, without partners."""
    clients = [c for n, c in system.workload.clients.items() if n != "partners"]
    users = sum(c.users.value for c in clients if c.users)
    return users, sum(c.rate.value for c in clients if c.rate)


def _agrees(stated: Stated, kinds: str, value: Any) -> bool:
    kind, got = kind_and_value(stated)
    if kind not in kinds.split("|"):
        return False
    if isinstance(value, str) and isinstance(got, float):
        value = per_second(value)
    return got == value if isinstance(got, str) else _close(got, float(value))


def _close(got: float, wanted: float) -> bool:
    return abs(got - wanted) <= NEAR * abs(wanted)


def _place(text: str, words: str) -> tuple[int, int]:
    start = text.index(words)
    return start, start + len(words)


def _told_at(finding: Finding, text: str) -> tuple[int, int]:
    lines = text.split("\n")
    start = sum(len(line) + 1 for line in lines[: finding.place.line - 1])
    start += finding.place.column - 1
    return start, start + max(1, len(finding.seen))


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]
