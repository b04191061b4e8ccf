"""The answer in one sentence: what carries the load, what it costs, and what is not known."""

from __future__ import annotations

from backend_lead.model.design import Design
from backend_lead.model.finding import Finding
from backend_lead.model.units import counted

NOT_MADE = "request-not-covered"
# These judge objectives; every other rule judges the design itself.
OBJECTIVE_RULES = {"p99-objective", "p99-proved", "availability-objective", "budget",
                   "recovery-proved"}  # fmt: skip


def headline(design: Design) -> str:
    """The answer in one sentence."""
    if design.refusal is not None:
        return _refused(design)
    f = design.figures
    rate, users = f["requests_per_s"].text, f.get("concurrent_users")
    assumed = " (assumed)" if users and users.origin == "assumed" else ""
    load = f"{counted(users.text, 'concurrent user')}{assumed}, {rate}" if users else rate
    cost, after = f["cost_usd_month"].text, ""
    if design.verdict != "unknown":
        holds = design.verdict == "pass"
        words = "hold every objective for" if holds else "do not hold every objective for"
    elif any(x.rule == NOT_MADE for x in design.findings):
        words = "carry the load; most of what was asked for is not covered yet. They cost"
    elif why := _unknown_objectives(design):
        words, after = "cost", f"; whether they hold every objective is not known: {_first(why)}"
    else:
        rules = [_of_rule(x) for x in design.findings if x.level == "unknown"]
        words, after = "hold every objective for", f"; not known: {_first(rules)}"
    return f"{load} at peak: {f['instances'].text} {words} {cost}{after}."


def _unknown_objectives(design: Design) -> list[str]:
    """What keeps it from being known whether every objective holds."""
    if not design.latencies:
        return ["no request was run to its end"]
    out = [f"p99 of {x.endpoint}" for x in design.latencies if x.verdict == "unknown"]
    out += [f"how late messages of {x.topic} are" for x in design.ages if x.verdict == "unknown"]
    out += [f"{x.title}: {x.why}" for x in design.trials if x.verdict == "unknown"]
    out += [_of_rule(x) for x in design.findings
            if x.level == "unknown" and x.rule in OBJECTIVE_RULES]  # fmt: skip
    if not out and not any(x.level == "unknown" for x in design.findings):
        return ["the run at peak did not come to its end"]
    return out


def _of_rule(found: Finding) -> str:
    return f"{found.message.rstrip('.')} (rule {found.rule})"


def _first(reasons: list[str]) -> str:
    more = len(reasons) - 1
    return reasons[0].rstrip(".") + (f"; and {more} more" if more else "")


def _refused(design: Design) -> str:
    """What is refused and the nearest design, in one sentence."""
    refusal = design.refusal
    assert refusal is not None
    named = [text.partition(":")[0] for text in refusal.binds]
    once = [n for i, n in enumerate(named) if not any(n.startswith(m) for m in named[:i])]
    missed = f"Refused: no design was found that keeps {' and '.join(once)}"
    if not refusal.closest:
        return f"{missed}, nor one that comes near."
    near = refusal.closest[0]
    gives = near.gives.replace("; ", " and ")
    return f"{missed}; the closest keeps {near.keeps}, but gives {gives}."
