"""The steps to build a design, each leaving a system that serves: from its model and decisions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backend_lead.catalog import kinds
from backend_lead.emit.report import decisions, objectives
from backend_lead.emit.report.readings import Readings
from backend_lead.emit.report.wording import cell, seconds, sentence, share
from backend_lead.model.design import Decision, Design, Measure, Run, Trial
from backend_lead.model.figure import Figure
from backend_lead.model.system import Component, Endpoint, Step
from backend_lead.model.units import rate_of
from backend_lead.views.data.layer import layer
from backend_lead.views.data.streams import streams

SYSTEM = "system"
DO_WITHOUT = "do-without"
SIZING = "sizing"
_SIZED = ("Give the parts the sizes under **Set** of their steps: they are those of the finished "
          "design, and need not be ordered before.")  # fmt: skip
_PROVED_BY = {"multi-zone": ("zone-loss", "primary-failover"), "cache-aside": ("cache-cold",)}
_BACK = {
    "sharding": "Not by a switch: rows have moved. Keep the old primary complete and take writes "
                "on both until the shards are proved; after that, going back is a migration.",
    "cache-aside": "Switch the reads of the cache off; all reads go to the store again.",
    "read-replicas": "Send the reads back to the primary, then remove the replicas.",
    "connection-pooler": "Let the instances connect to the database directly again.",
    "cdn": "Point the host name back past it; purge what it holds.",
    "multi-zone": "Leave the other zones empty; keep the standby until a backup has been restored.",
}  # fmt: skip
_BACK_BY_VALUE = "Set the values back to what they were."
_SIZES = ("instance", "count", "concurrency", "pool", "replicas", "shards", "pooler", "memory",
          "storage", "zones", "ttl")  # fields of a component that a decision sets  # fmt: skip


@dataclass(frozen=True)
class Milestone:
    """One step: `number` in the order of work, the numbers it depends on, and its texts.

    `carries` and `bill` are those of the system once it is taken; empty where not known.
    """

    number: int
    title: str
    why: str
    build: tuple[str, ...]
    sets: tuple[str, ...]
    verify: tuple[str, ...]
    back: str
    needs: tuple[int, ...]
    carries: str = ""
    bill: str = ""


def accepted(design: Design) -> list[Decision]:
    """The decisions the design stands on: not superseded, and not a part left out."""
    return [d for d in design.decisions if d.status == "accepted" and not leaves_out(d)]


def leaves_out(row: Decision) -> bool:
    """Whether a decision does without a part that was taken before."""
    return any(option.chosen and option.tactic == DO_WITHOUT for option in row.options)


def milestones(design: Design) -> list[Milestone]:
    """Foundations, the smallest system, then a step for each decision the design stands on."""
    out = [_foundations(design), _smallest(design)]
    for row in accepted(design):
        out.append(_step(design, row, len(out) + 1, out))
    return out


def _foundations(design: Design) -> Milestone:
    system = design.system
    place = system.topology
    stores = [name for name, part in system.components.items() if part.operations]
    build = [f"Accounts, access and secrets at {place.provider}, region {place.region}.",
             f"A network over {place.zones} zones; nothing but the entry can be reached from "
             "outside."]  # fmt: skip
    for name in stores:
        kept = [e for e, entity in system.entities.items() if entity.store == name]
        what = f" It keeps {', '.join(f'`{e}`' for e in kept)}." if kept else ""
        build.append(f"The database `{name}` with a backup that is made by itself.{what}")
    private = [f"`{e}.{field}`" for e, entity in system.entities.items()
               for field, about in entity.fields.items() if about.personal]  # fmt: skip
    if private:
        build.append(f"Rules for personal data: {', '.join(private)}.")
    build.append("Measuring from the first day: requests, failures and time to answer for each "
                 "request; cores, connections and disk reads of each part.")  # fmt: skip
    return Milestone(
        1, "Foundations", "Everything else stands on them, and data that cannot be restored must "
        "not be taken in.", tuple(build), (),
        tuple(f"Restore a backup of `{name}` into an empty database and compare it."
              for name in stores),
        "Remove it; nothing uses it yet.", (),
    )  # fmt: skip


def _smallest(design: Design) -> Milestone:
    system = design.system
    later = _brought(design)
    build = []
    for name, part in system.components.items():
        if name in later:
            continue
        does = [*part.endpoints, *part.operations]
        what = part.kind + (f" for {', '.join(f'`{word}`' for word in does)}" if does else "")
        build.append(f"`{name}` ({cell(part.title or name)}): {what}")
    build += _events(design)
    first = next(iter(accepted(design)), None)
    read = Readings(design)
    verify = ["Every request of [views/sequences.md](views/sequences.md) answers, one user at a "
              "time."]  # fmt: skip
    carries = bill = ""
    if first:
        carries, bill = _load(read, first, "before", first.before), _bill(read, first, "before")
        within = "every request answers" if _late(design, first.before) else (
            "every request within its objective")  # fmt: skip
        verify.append(f"A load test up to {carries}: {within}. Expect "
                      f"{cell(first.before.limit)} to be what limits it.")  # fmt: skip
    else:
        verify.append("It is the whole design: what proves it stands under *Prove it*.")
    return Milestone(
        2, "The smallest system", "All of the product on the fewest parts: from here on each step "
        "changes something that already serves.", tuple(build), tuple(_sets(design)), tuple(verify),
        "Take the release before; the data stays.", (1,), carries, bill,
    )  # fmt: skip


def _events(design: Design) -> list[str]:
    """What the events that the API promises need, from the first day."""
    made = layer(design.system)
    found = streams(made) if made else None
    if found is None or not found.leaves:
        return []
    told = ", ".join(f"`{s.entity}`" for s in found.leaving)
    return [f"The outbox ([data/streaming/outbox.sql](data/streaming/outbox.sql)) of {told}, and "
            "what delivers its events to callers."]  # fmt: skip


def _late(design: Design, found: Measure) -> bool:
    """Whether the solver already expects answers later than is promised."""
    strictest = min(slo.p99.value for slo in design.system.slos)
    return found.p99_s is not None and found.p99_s > strictest


def _brought(design: Design) -> set[str]:
    """Components that a step of the plan brings, rather than the smallest system."""
    taken = {row.tactic for row in accepted(design)}
    roles = {"cache": "cache-aside", "cdn": "cdn"}
    return {
        name for name, part in design.system.components.items()
        if (kind := kinds().get(part.kind)) and roles.get(kind.role) in taken
    }  # fmt: skip


def _step(design: Design, row: Decision, number: int, before: list[Milestone]) -> Milestone:
    read = Readings(design)
    sets = _sets(design, row)
    return Milestone(
        number,
        row.title,
        f"{sentence(row.problem)} {decisions.needed(design, row)}".strip(),
        tuple(_build(design, row)),
        tuple(sets),
        tuple(_verify(design, row)),
        f"{_BACK.get(row.tactic, _BACK_BY_VALUE)} Without it the system carries "
        f"{_load(read, row, 'before', row.before)}.",
        tuple(_needs(design, row, before)),
        _load(read, row, "after", row.after),
        _bill(read, row, "after"),
    )


def is_prepared(row: Decision) -> bool:
    """Whether a step changes nothing today: it only keeps a way to grow open."""
    was, now = row.before, row.after
    return bool(row.growth) and (was.usd_month, was.complexity) == (now.usd_month, now.complexity)


def _build(design: Design, row: Decision) -> Iterator[str]:
    if is_prepared(row):
        yield ("Nothing runs differently today, and nothing more is paid. Keep the change below "
               "possible, and practise it once before it is needed.")  # fmt: skip
    yield _SIZED if row.tactic == SIZING else cell(sentence(row.summary))
    for name in sorted(_brought(design)):
        part = design.system.components[name]
        kind = kinds()[part.kind]
        if kind.role == "cache" and row.tactic == "cache-aside":
            readers = [
                f"`{owner}.{word}`"
                for owner, end, word in _endpoints(design)
                if owner == row.site and any(step.read == name for step in flat(end.does))
            ]
            if readers:
                yield f"`{name}` ({part.kind}), asked first by {', '.join(readers)}."
        elif kind.role == "cdn" and row.tactic == "cdn":
            yield f"`{name}`, in front of what may be kept at the edge."
    yield f"Mind: {cell(sentence(row.costs))}"


def _endpoints(design: Design) -> Iterator[tuple[str, Endpoint, str]]:
    for owner, part in design.system.components.items():
        for word, end in part.endpoints.items():
            yield owner, end, word


def flat(steps: list[Step]) -> Iterator[Step]:
    """Every step, those inside others included."""
    for step in steps:
        yield step
        yield from flat(step.miss or [])
        yield from flat(step.parallel or [])


def _sets(design: Design, row: Decision | None = None) -> Iterator[str]:
    """Fields whose origin names the decision, with the value they have in the finished design.

    Without a decision: the fields that were sized and that no step of the plan sets.
    """
    steps = [row] if row else accepted(design)
    named = re.compile(rf"\bdecision (?:{'|'.join(re.escape(s.id) for s in steps) or '$'})\b")
    for name, part in design.system.components.items():
        for field, origin in part.origins.items():
            ours = named.search(origin) if row else (
                origin.startswith("computed") and not named.search(origin))  # fmt: skip
            if ours and field in _SIZES:
                yield f"`{name}.{field}`: {cell(_value(part, field))}"


def _value(part: Component, field: str) -> str:
    value = getattr(part, field)
    if field == "pooler":
        return f"size {value.size}" if value else "none"
    return str(getattr(value, "text", value))


def _verify(design: Design, row: Decision) -> Iterator[str]:
    read = Readings(design)
    strictest = min(slo.p99.value for slo in design.system.slos)
    p99 = read.measure(row, "after", row.after, "p99_s")
    load = _load(read, row, "after", row.after)
    if p99 and p99.value > strictest:
        yield (
            f"What was built, under {load}, is measured, not accepted: the solver expects 99 of "
            f"100 answers within {p99.text}, which misses the {seconds(strictest)} asked."
        )
    else:
        expect = f" (the solver expects {p99.text})" if p99 else ""
        yield (f"What was built, under {load}: 99 of 100 answers of every request within "
               f"{seconds(strictest)}{expect}.")  # fmt: skip
    tried = {trial.id: trial for trial in design.trials}
    trials = [tried[word] for word in _PROVED_BY.get(row.tactic, ()) if word in tried]
    for trial in trials:
        run = next((r for r in design.runs if r.id == trial.run), None)
        if run:
            what = "the model fails this" if trial.verdict == "fail" else "expect"
            yield f"The finished model: `{run.repeat}`; {what}: {expected(design, trial)}."
    if not trials:
        steady = steady_run(design)
        if steady:
            yield f"The finished model: `{steady.repeat}`; expect: {peak(design)}."


def steady_run(design: Design) -> Run | None:
    """The run at the stated peak with nothing broken."""
    word = design.figures["p99"].run if "p99" in design.figures else ""
    return next((run for run in design.runs if run.id == word), None)


def peak(design: Design) -> str:
    """What the run at the stated peak showed."""
    figures = design.figures
    found = [figures[word] for word in ("p99", "requests_per_s") if word in figures]
    return "; ".join(f"{f.label[:1].lower()}{f.label[1:]} {f.text}" for f in found)


def expected(design: Design, trial: Trial) -> str:
    """What a fault trial showed."""
    back = Readings(design).trial(trial, "recover_s")
    when = f"healthy again after {back.text}" if back else objectives.no_recovery(trial)
    if back and trial.trigger:
        when = f"healthy again {back.text} {objectives.after(trial)}"
    return (f"{objectives.trial_words(trial)[trial.verdict]}, {when} "
            f"(allowed {seconds(trial.recover_limit_s)}), {share(trial.failed_share)} of requests "
            "failed until then")  # fmt: skip


def _needs(design: Design, row: Decision, before: list[Milestone]) -> Iterator[int]:
    """The smallest system, and earlier steps at the same place; the system is every place."""
    yield 2
    earlier = accepted(design)[: len(before) - 2]
    for number, other in enumerate(earlier, 3):
        if SYSTEM in (row.site, other.site) or row.site == other.site:
            yield number


def _load(read: Readings, row: Decision, state: str, measure: Measure) -> str:
    figure: Figure | None = read.measure(
        row, state, measure, "max_users" if read.by_users else "requests_per_s"
    )
    if figure is None:
        return "an unknown load"
    return f"{figure.text} users" if read.by_users else rate_of(figure.text, "requests")


def _bill(read: Readings, row: Decision, state: str) -> str:
    figure = read.measure(row, state, getattr(row, state), "usd_month")
    return figure.text if figure else ""
