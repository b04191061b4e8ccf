"""verify: the pipeline of a design run on real parts, and what is to be told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from backend_lead.model.finding import Finding, Place
from backend_lead.model.system import System
from backend_lead.trial.drivers import EXTRA, CannotRun
from backend_lead.trial.pipeline import Proof, missing, run
from backend_lead.trial.pipeline.figures import figures
from backend_lead.trial.pipeline.proof import ALLOWED

FILE = "evidence/data-pipeline.json"
PLACE = Place(path="data")


def proved(
    system: System, seed: int, told: Callable[[str], None]
) -> tuple[Proof | None, list[Finding]]:  # fmt: skip
    """Run the pipeline of a system where its parts are installed, some 40 s; else say what is not
    known."""
    if gone := missing():
        return None, [Finding(
            "parts-missing", "unknown", "the pipeline was not run: its parts are not installed "
            "here", PLACE, f"without {', '.join(gone)}", "the parts of the extra `data`", EXTRA,
        )]  # fmt: skip
    try:
        proof = run(system, seed=seed, told=lambda word: told(f"pipeline: {word}"))
    except CannotRun as err:
        return None, [Finding(
            "pipeline-unproved", "unknown", f"the pipeline was not proved: {err}", PLACE, str(err),
            "a pipeline that starts and is followed to its end", "backend-lead doctor",
        )]  # fmt: skip
    return proof, list(_findings(proof))


def _findings(proof: Proof) -> Iterator[Finding]:
    counted = proof.reconciled
    if counted is None or not counted.holds:
        yield Finding(
            "pipeline-differs", "error", f"{proof.topic}: the warehouse is not what the store is",
            PLACE, str(counted), "nothing lost, nothing twice, every row and sum the same",
        )  # fmt: skip
    if proof.erased is not None and not proof.erased.holds:
        yield Finding(
            "person-left", "error", f"{proof.topic}: something of an erased person is left", PLACE,
            str(proof.erased.after), "nothing in store, outbox, stream and warehouse",
        )  # fmt: skip
    yield from _served(proof)
    if proof.watched is not None and not proof.watched.holds:
        yield Finding(
            "watching-blind", "error", f"{proof.topic}: what watches the pipeline is blind, or "
            "sees what is not there", PLACE, str(proof.watched),
            "silent as it is; one event, its sums and one row withheld are seen",
        )  # fmt: skip
    for row in proof.compared:
        if not row.within:
            yield Finding(
                "pipeline-off", "warning", f"{row.label}: not what was predicted", PLACE,
                f"{row.measured_s:.3g} s measured, {row.predicted_s:.3g} s predicted",
                f"within {ALLOWED:.0%}", "run it again where nothing else runs",
            )  # fmt: skip


def _served(proof: Proof) -> Iterator[Finding]:
    served = proof.served
    if served is None:
        return
    if not served.holds:
        yield Finding(
            "online-differs", "error", f"{served.name}: answers are not what the store's rows "
            "add up to, or no decision was made without them", PLACE, str(served),
            "every key the same after a crash; the fallback while the online store is away",
        )  # fmt: skip
    if not served.in_time:
        yield Finding(
            "online-late", "warning", f"{served.name}: decisions came later than they may", PLACE,
            f"p99 of reads {_short(served.read_p99_s)}, of those without "
            f"{_short(served.fallback_p99_s)}", f"{_short(served.within_s)}",
            "run it again where nothing else runs",
        )  # fmt: skip


def _served_lines(proof: Proof) -> Iterator[str]:
    s = proof.served
    if s is None:
        yield ("  online answers: unknown, the design asks for none about these events")
        return
    yield (f"  {s.name}, read by decisions: p50 {_short(s.read_p50_s)}, p99 "
           f"{_short(s.read_p99_s)} of {_short(s.within_s)} stated; {s.without:,} of {s.asked:,} "
           "made without it")  # fmt: skip
    how = ", ".join(f"{word} {count:,}" for word, count in s.fell_back.items())
    yield (f"  blocked, then killed for {s.away_s:g} s: decided by the fallback ({s.fallback}): "
           f"{how}; p99 {_short(s.fallback_p99_s)}, most {_short(s.fallback_most_s)}")  # fmt: skip
    yield (f"  emptied by the crash, filled again from the stream and answering after "
           f"{s.rebuilt_s:g} s; of {s.keys:,} keys {s.differing} differ")  # fmt: skip


def _short(seconds: float) -> str:
    return f"{seconds * 1e3:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def pipeline_lines(proof: Proof) -> Iterator[str]:
    """What a terminal shows of a run."""
    if proof.not_built:
        yield f"Not part of this design: {proof.not_built}"
    yield (f"{proof.topic}: {proof.events:,} changes at {proof.rate_per_s:g}/s through outbox, "
           f"relay, broker, sink and warehouse in {proof.seconds:.0f} s")  # fmt: skip
    shown = figures(proof)
    for row in proof.compared:
        said, seen = (shown[f"pipeline_{row.id}_{w}"].text for w in ("predicted", "measured"))
        also = shown.get(f"pipeline_{row.id}_simulated")
        more = f", {also.text} simulated" if also else ""
        yield f"  {row.label}: {seen} measured, {said} predicted ({row.off:+.1%}){more}"
    if proof.outages:
        each = ", ".join(f"{o.took_s:.2f} s after {o.away_s:.2f} s" for o in proof.outages)
        yield f"    each: {each}; arrivals alone move one by a load, {_short(proof.every_s)}"
    broken = ", ".join(f"{what} {value:g}" for what, value in proof.crashes.items())
    yield (f"  broken: {broken}; events that came again: {proof.known_at_broker} known to the "
           f"broker, {proof.known_at_sink} to the sink")  # fmt: skip
    yield from _served_lines(proof)
    if proof.reconciled:
        r = proof.reconciled
        yield (f"  {r.events_loaded:,} of {r.events_stored:,} events and {r.rows_loaded:,} of "
               f"{r.rows_stored:,} rows are in the warehouse; lost {r.lost}, twice {r.twice}, "
               f"rows that differ {r.differing}")  # fmt: skip
        if proof.events > r.events_stored:
            yield (f"  counted without the {proof.events - r.events_stored:,} changes of persons "
                   "who were erased: nothing of them may be left")  # fmt: skip
    if proof.watched:
        w = proof.watched
        summed = f", {w.lost_sum:g} of its sums" if w.sums else ""
        yield (f"  watched by {len(w.metrics)} metrics of both sides: differences {w.silent:g}; "
               f"one event withheld: {w.lost_events:g} missing{summed}; one row deleted that no "
               f"event tells of: {w.hidden_rows:g}")  # fmt: skip
    if proof.erased:
        before, after = sum(proof.erased.before.values()), sum(proof.erased.after.values())
        yield (f"  a person erased everywhere in {proof.erased.took_s:.1f} s: {before} traces "
               f"before, {after} after")  # fmt: skip
