"""How results look in a terminal: plain text from plain values, no decisions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from backend_lead.app.figures import load_text, thousands, time_text
from backend_lead.app.render_run import (
    known_lines,
    latency_rows,
    left_out,
    ms,
    partial_line,
    removed_text,
    replications_end,
    requests_line,
    station_rows,
    way_rows,
    window_rows,
    windows_lines,
)
from backend_lead.catalog import kind_of
from backend_lead.emit.report.objectives import reasons
from backend_lead.model.design import Design, Run, StationLoad, Trial
from backend_lead.model.finding import Finding
from backend_lead.model.paths import NOT_LOOKED_FOR, Refusal
from backend_lead.model.units import nines, per_of, rate_digits, rate_text
from backend_lead.model.windows import windows_of

if TYPE_CHECKING:
    from backend_lead.analysis.precision import Reached
    from backend_lead.app.replicate import Replicated
    from backend_lead.app.sampled import Told
    from backend_lead.app.simulate import Simulated
    from backend_lead.model.ways import WayLoad

PARTS_MAX = 5  # shares of a request's time that are told
EACH_MAX = 10  # seeds whose p99 is told one by one
FIVE = ("requests_per_s", "instances", "p99", "availability", "cost_usd_month")
TRIALS = {"pass": "recovered", "fail": "did not recover in time", "unknown": "not known"}
VERDICTS = {"pass": "holds", "fail": "does not hold", "unknown": "not fully known"}


def table(rows: list[list[str]], indent: str = "  ") -> str:
    """Columns padded to their widest cell; the last one is left ragged."""
    if not rows:
        return ""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        (indent + "  ".join(cell.ljust(w) for cell, w in zip(row, widths))).rstrip() for row in rows
    )


def findings_text(findings: list[Finding]) -> str:
    """One block per finding: level, rule, place, message, then what was seen, allowed, to try."""
    out = []
    for f in findings:
        place = str(f.place)
        out.append(f"{f.level}: {place + ': ' if place else ''}{f.message} [{f.rule}]")
        for word, text in (("seen", f.seen), ("allowed", f.allowed), ("try", f.hint)):
            if text:
                out.append(f"    {word}: {text}")
    return "\n".join(out)


def design_text(found: Design) -> str:
    """The answer on one screen."""
    lines = ["", found.headline, ""]
    if found.refusal is not None:
        lines += [refusal_text(found.refusal), ""]
    elif found.verdict != "pass":
        lines += [*(f"  {text}" for text in reasons(found)), ""]
    rows = []
    for word in FIVE:
        f = found.figures[word]
        rows.append([f.label, f.text, f.origin, _span(f.low, f.high, f.unit)])
    lines += [table(rows), "", "What runs"]
    lines.append(table(_parts(found)))
    capacity = found.capacity
    if found.refusal is None and capacity is not None and len(capacity.bottlenecks) > 1:
        first, second = capacity.bottlenecks[:2]
        planned = found.figures.get("max_planned")
        room = f", and {planned.text} {capacity.planned_when}" if planned else ""
        most = load_text(capacity.max_users if _users(found) else 0.0, capacity.max_users)
        lines += [
            "",
            f"Holds up to {most} with all zones up{room}; first limit "
            f"{first.resource}, then {second.resource}.",
        ]
    if found.decisions:
        lines += ["", "Decisions"]
        lines.append(table([[d.id, d.title, d.status, d.problem] for d in found.decisions]))
    if found.questions:
        lines += ["", "First open question", f"  {found.questions[0].text} (taken: "
                  f"{found.questions[0].taken})"]  # fmt: skip
    missed = [f.message for f in found.findings if f.rule == "request-not-covered"]
    if missed:
        lines += ["", "Asked for, but not covered yet", *(f"  {text}" for text in missed)]
    lines.append(trials_text(found))
    return "\n".join(lines)


def model_text(found: Design) -> str:
    """What follows from a model alone: what is wrong with it, and no verdict beyond."""
    wrong = [f"  {f.rule}: {f.message}" for f in found.findings if f.level == "error"]
    return "\n".join([found.headline, *wrong])


def _users(found: Design) -> bool:
    return "concurrent_users" in found.figures


def _parts(found: Design) -> list[list[str]]:
    rows = []
    for name, c in found.system.components.items():
        zones = f"{c.zones} zones" if c.zones > 1 else ""
        size = kind_of(c.kind).size_words(c)
        rows.append([name, c.kind, ", ".join(part for part in (size, zones) if part)])
    return rows


def trials_text(found: Design, told: int = 0) -> str:
    """The fault trials, a line each, but for the first `told`."""
    trials = found.trials[told:]
    if not trials:
        return ""
    rows = [
        [
            t.title,
            _ended(t),
            t.why + _failed(t),
        ]
        for t in trials
    ]
    return "\n" + ("Then broken" if told else "Broken") + " on purpose\n" + table(rows)


def _ended(t: Trial) -> str:
    """How a trial ended, in two words; who came back may have been down meanwhile."""
    words = {"pass": "recovered", "fail": "did not hold", "unknown": "not known"}
    return "was down" if t.verdict == "pass" and t.down_s else words[t.verdict]


def _failed(t: Trial) -> str:
    """The share of requests that failed until all was well again, where there were any."""
    if t.failed_share <= 0:
        return ""
    least = 1e-3  # smaller shares are not told apart
    share = f"{t.failed_share:.1%}" if t.failed_share >= least else f"less than {least:.1%}"
    return f"; {share} of requests failed until then"


# --- what else could have been built --------------------------------------------------------------
def refusal_text(refused: Refusal) -> str:
    """What binds, and the nearest designs that keep the rest."""
    lines = ["  What binds", *(f"    {text}" for text in refused.binds)]
    if refused.closest:
        lines.append("  The closest that can be built")
    for near in refused.closest:
        lines += [
            f"    keep {near.keeps}: {near.gives}",
            f"      p99 {ms(near.p99_s)}, {thousands(near.usd_month)} USD/month; {near.text}",
        ]
    return "\n".join(lines)


def paths_text(found: Design) -> str:
    """Alternatives, stages and flips, a block each; where none were looked for, why not."""
    left_out = [f"{f.message} ({f.hint})" for f in found.findings if f.rule == NOT_LOOKED_FOR]
    blocks = [_alternatives(found), _stages(found), _flips(found), *left_out]
    return "".join(f"\n{block}\n" for block in blocks if block)


def _alternatives(found: Design) -> str:
    if not found.alternatives:
        return ""
    counted = "users" if _users(found) else "requests/s"
    rows = [["", f"most {counted}", "p99", "availability", "USD/month", "h/month", "objectives"]]
    for one in found.alternatives:
        most = one.max_users if _users(found) else one.requests_per_s
        rows.append([
            one.title + (" (chosen)" if one.chosen else ""), thousands(most), ms(one.p99_s),
            nines(one.availability), thousands(one.usd_month), f"{one.hours_asked:.0f}",
            f"{len(one.kept)} of {len(one.kept) + len(one.missed)}",
        ])  # fmt: skip
    lines = [
        "Alternatives (by the solver, with one zone lost and the margins of planning)",
        table(rows),
    ]
    for one in found.alternatives:
        if one.same_as:
            lines.append(f"  {one.title}: what was searched for as {', '.join(one.same_as)} came "
                         "out as this design too.")  # fmt: skip
        if one.why_not:
            lines.append(f"  {one.title}: {one.why_not}. Better when {one.better_when}.")
    return "\n".join(lines)


def _stages(found: Design) -> str:
    if not found.stages:
        return ""
    rows = [["load", "USD/month", "machines", "go on when", "not built yet"]]
    for one in found.stages:
        most = load_text(one.until_users if one.users > 0 else 0.0, one.until_per_s)
        alert = f"{one.alert_at:.0%}" if one.alert_unit == "ratio" else ms(one.alert_at)
        rows.append([
            load_text(one.users, one.requests_per_s), thousands(one.usd_month),
            str(one.machines), f"{one.metric} reaches {alert} (about {most})",
            "; ".join(step.title for step in one.not_yet) or "-",
        ])  # fmt: skip
    return "Stages\n" + table(rows)


def _flips(found: Design) -> str:
    if not found.flips:
        return ""
    lines = ["What would change the decision"]
    for one in found.flips:
        where = "inside" if one.within else "outside"
        lines += [
            f"  {one.label} (taken: {one.text}) at {one.at_text}, {where} its range of "
            f"{one.low_text} to {one.high_text}",
            f"      {one.change}; then {thousands(one.usd_month)} USD/month",
            f"      test: {one.test}",
        ]
    return "\n".join(lines)


def _span(low: float | None, high: float | None, unit: str) -> str:
    if low is None or high is None or low == high:
        return ""
    # rounded as the figure itself, so that the figure never lies outside
    least, most = (time_text(x) if unit == "s" else thousands(x) for x in (low, high))
    return f"{least} to {most}" if least != most else ""


def simulation_text(done: Simulated, *, windows: bool = False) -> str:
    """One run: what was asked of it, latencies against objectives, how busy things were; with
    `windows` a table of these."""
    from backend_lead.analysis.series import batches  # with what it takes to read runs
    from backend_lead.app.render_data import data_lines

    run, asked = done.run, done.run.results["requests"]
    rate = run.results["requests_per_s"]
    per = per_of(rate["value"])
    known = math.isfinite(rate["low"]) and math.isfinite(rate["high"])
    between = f" ({per.number(rate['low'])} to {per.number(rate['high'])})" if known else ""
    lines = [
        f"{run.title}: {_verdict_words(done.trial, done.verdict)}",
        f"  model {run.model_digest}, seed {run.seed}, {run.horizon_s:g} s simulated, "
        f"{per.text(rate['value'], 'requests')}{between}",
        requests_line(asked, "under way at the end", warm_up=run.warmup_s > 0),
        *([f"  {done.over.words}"] if done.over else []),
        "",
    ]
    if done.trial is not None:  # percentiles over a whole run would mix the fault into them
        lines += [*_trial_lines(done.trial), ""]
    else:
        lines += [
            table(latency_rows(done.latencies, done.ran.flow)), *windows_lines(batches(done.ran)),
            *known_lines(windows_of(run.results)), "",
        ]  # fmt: skip
    lines += _window_table(run) if windows else []
    lines += [_station_table(done.loads, done.links), *data_lines(done.ran)]
    if done.reached is not None:
        lines += ["", *_precision_lines(done.reached, done.partial)]
    if done.partial:
        lines += ["", partial_line(f"{run.results['reached_s']:g} s were simulated")]
    elif run.results["status"] != "complete":
        lines += [
            "",
            f"The run ended early at {run.results['reached_s']:g} s: more requests were under "
            "way than fit in memory. The load is beyond what this design can carry.",
        ]
    return "\n".join(lines)


def _window_table(run: Run) -> list[str]:
    told = windows_of(run.results)
    return [table(window_rows(told)), *left_out(told), ""]


def _verdict_words(t: Trial | None, verdict: str) -> str:
    """How it ended: how soon all was well again, but by chance, or where more than that counts."""
    return (VERDICTS if t is None or t.by_chance or t.verdict != verdict else TRIALS)[verdict]


def _precision_lines(reached: Reached, partial: bool) -> list[str]:
    """How well p99 and mean of all requests are known, what was left out, and what ended it."""
    known = reached.known
    rows = [["all requests", "", "95 % interval", "to each side"]]
    for name, x in (("p99", known.p99_s), ("mean", known.mean_s)):
        sure = math.isfinite(x.value) and math.isfinite(x.high)
        half = f"{(x.high - x.low) / 2 / x.value:.1%}" if sure and x.value else "-"
        between = f"{ms(x.low)} to {ms(x.high)}" if sure else "not known"
        rows.append([name, ms(x.value) if math.isfinite(x.value) else "no answer", between, half])
    lines = [table(rows), f"  {removed_text(known.removed_s, known.settled)}"]
    if reached.ended == "precision":
        return [*lines, f"  known to {reached.asked * 100:g} % of the value, as asked"]
    if partial:
        return lines
    why = [f"to {known.share:.1%}"] if math.isfinite(known.share) else []
    why += ["batches still follow from each other"] if not known.apart else []
    worth = f" ({', '.join(why)})" if why else ""
    short = f"  The bound ended the run before {reached.asked * 100:g} % was reached{worth}: "
    return [*lines, short + "raise --most, or --duration where it was given."]


def replications_text(done: Replicated, *, windows: bool = False) -> str:
    """Runs with several seeds read together: intervals from how far they differ; with `windows` a
    table of these."""
    run, pooled = done.run, done.pooled
    asked, rate = run.results["requests"], run.results["requests_per_s"]
    each = ", ".join(ms(p) for p in pooled.each(0.99)[:EACH_MAX])
    more = len(pooled.seeds) - EACH_MAX
    lines = [
        f"{run.title}: {VERDICTS[done.verdict]}",
        f"  model {run.model_digest}, seeds {pooled.seeds[0]} to {pooled.seeds[-1]}, "
        f"{run.horizon_s:g} s simulated each, {rate_text(rate['value'], 'requests')}",
        requests_line(asked, "under way at the ends", warm_up=True),
        f"  {removed_text(pooled.removed_s, pooled.settled)}",
        "", table(latency_rows(done.latencies, pooled.ran.flow)), "", _all_table([done]),
        f"  p99 by seed: {each}" + (f" and {more} more" if more > 0 else ""),
        *known_lines(windows_of(run.results)), "", *(_window_table(run) if windows else []),
        _station_table(done.loads, done.links),
    ]  # fmt: skip
    return "\n".join([*lines, *replications_end([done])])


def sweep_text(found: list[Replicated]) -> str:
    """A row for each load."""
    run, pooled = found[0].run, found[0].pooled
    head = f"{pooled.asked} replications at each load, from seed {run.seed}; model "
    lines = [head + run.model_digest, "", _all_table(found)]
    return "\n".join([*lines, *replications_end(found)])


def _all_table(found: list[Replicated]) -> str:
    """All requests at each load, with intervals from replications."""
    rows = [["load", "requests/s", "p50", "p99", "95 % interval", "mean", "failed", ""]]
    for one in found:
        pooled = one.pooled
        p50, p99, mean = pooled.quantile(0.5), pooled.quantile(0.99), pooled.mean()
        sure = math.isfinite(p99.value) and math.isfinite(p99.high)
        rows.append([
            f"{one.load:g}", rate_digits(one.run.results["requests_per_s"]["value"]), ms(p50.value),
            ms(p99.value), f"{ms(p99.low)} to {ms(p99.high)}" if sure else "not known",
            ms(mean.value), f"{pooled.failed().value:.2%}", one.verdict,
        ])  # fmt: skip
    return table(rows)


def sampled_text(found: list[Told]) -> str:
    """Where the time of sampled requests went, the largest shares first."""
    if not found:
        return "  too few requests were sampled to tell where their time went: a larger --sample"
    rows = [["request", "around", "sampled", "latency", "where its time went"]]
    for one in found:
        parts = ", ".join(f"{component} {kind} {share:.0%}"
                          for component, kind, share in one.parts[:PARTS_MAX])  # fmt: skip
        at = one.at
        rows.append([one.request, at.quantile, str(at.requests), ms(at.latency_s), parts])
    return table(rows)


def _station_table(loads: list[StationLoad], ways: list[WayLoad]) -> str:
    """Stations; below them ways between regions, which have a bandwidth instead of cores."""
    return table(station_rows(loads)) + (f"\n\n{table(way_rows(ways))}" if ways else "")


def _trial_lines(t: Trial) -> list[str]:
    return [
        f"{t.fault}",
        f"  {t.why}; {t.failed_share:.1%} of the requests of that time failed",
        f"  p99 of all requests before {ms(t.p99_before_s)}, at its worst {ms(t.p99_worst_s)}, "
        f"after {ms(t.p99_after_s)}",
        f"  {t.degrades}",
    ]
