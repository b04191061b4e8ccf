"""verify: a design's stores proved on real parts, and what they take measured."""

from __future__ import annotations

import json
import platform
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from backend_lead import __version__
from backend_lead.app.model_file import read_checked, read_checked_text
from backend_lead.app.progress import Progress, cores
from backend_lead.app.verify_drill import FILE as RESTORE
from backend_lead.app.verify_drill import Drilled, drilled
from backend_lead.app.verify_drill import evidence as drill_evidence
from backend_lead.app.verify_pipeline import FILE as PIPELINE
from backend_lead.app.verify_pipeline import proved
from backend_lead.app.verify_views import views_evidence, views_findings
from backend_lead.intake.backend_yaml import Reading
from backend_lead.model.design import Verdict
from backend_lead.model.digest import digest
from backend_lead.model.finding import Finding, InvalidInput, Place, sort_findings
from backend_lead.model.quantity import Duration
from backend_lead.model.system import System
from backend_lead.trial.drivers import EXTRA, CannotRun, driver_of
from backend_lead.trial.pipeline import Proof
from backend_lead.trial.proof import AskedPattern, Refused, StoreProof, Trial, prove_store
from backend_lead.views.data.layer import Layer, layer

GROUPS = ("data", "stores", "pipeline", "restore")  # the first is all others
FILE = "evidence/data-plans.json"
PAGE = "data/proof.md"
MODEL = "backend.yaml"
BOUNDED_ROWS = 20_000  # of the largest table, where a design is proved beside everything else
SCHEMA_VERSION = 1
ROWS = 100_000
WORKERS = 4  # that fill, at most; each keeps a process of the server busy beside itself
ROWS_MOST = 100_000_000
DIGITS = 4  # significant, of what is measured
OFF_TIMES = 2.0  # measured over predicted from which on a reader is told


@dataclass
class Verified:
    """What was proved. `exit_code`: 0 all of it holds, 1 something does not or is not known."""

    reading: Reading
    rows: int
    seed: int
    stores: list[StoreProof] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    pipeline: Proof | None = None
    drills: list[Drilled] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        levels = {f.level for f in self.findings}
        return "fail" if "error" in levels else "unknown" if "unknown" in levels else "pass"

    @property
    def exit_code(self) -> int:
        return 0 if self.verdict == "pass" else 1

    @property
    def system(self) -> System:
        return self.reading.system


def verify(
    path: str | Path, *, only: str | None = None, rows: int = ROWS, seed: int = 1,
    progress: Progress | None = None, without: Collection[str] = (),
) -> Verified:  # fmt: skip
    """Start the stores of a model that can run here, fill them, ask every access pattern; run its
    pipeline from store to warehouse; back the stores up, harm them and bring them back. `only` one
    of the three, where it is named.

    The largest table of a store gets `rows` rows. Indexes named in `without` are left out, to see
    what they are worth. Raises InvalidInput.
    """
    _check_group(only)
    return _verified(read_checked(path), str(path), only, rows, seed, progress, without)


def verify_text(text: str, *, seed: int = 1, progress: Progress | None = None) -> Verified:
    """The same for a model that is not written yet, bounded, beside the rest of a design."""
    reading = read_checked_text(text, MODEL)
    return _verified(reading, MODEL, None, BOUNDED_ROWS, seed, progress, ())


def worst(*verdicts: Verdict) -> Verdict:
    """What several verdicts come to: the worst of them."""
    return max(verdicts, key=("pass", "unknown", "fail").index)


def _check_group(only: str | None) -> None:
    if only is not None and only not in GROUPS:
        what = f"nothing to verify is called {only!r}"
        raise InvalidInput([Finding("only-unknown", "error", what, Place("--only"), only,
                                    ", ".join(GROUPS))])  # fmt: skip


def _verified(
    reading: Reading, file: str, only: str | None, rows: int, seed: int,
    progress: Progress | None, without: Collection[str],
) -> Verified:  # fmt: skip
    progress = progress or Progress()
    out = Verified(reading, rows, seed)
    found = layer(reading.system)
    if found is None:
        out.findings.append(Finding(
            "no-tables", "unknown", "no entity has fields, so there are no tables to prove",
            Place(file), "entities without `fields`", "fields of the entities",
        ))  # fmt: skip
        return out
    _check_left_out(found, without)
    trial = Trial(rows, seed, min(WORKERS, cores()), stage=progress.stage, share=progress.share,
                  check=progress.check)  # fmt: skip
    every = only in (None, GROUPS[0])
    for store in found.stores if every or only == "stores" else []:
        _prove(out, found, store, trial, without)
    if every or only == "pipeline":
        out.pipeline, told = proved(reading.system, seed, trial.stage)
        out.findings += told
    for store in found.stores if every or only == "restore" else []:
        seen, told = drilled(found, store, trial)
        out.drills += [seen] if seen else []
        out.findings += told
    for proof in out.stores:
        out.findings += [*proof.findings, *(f for a in proof.asked for f in a.findings),
                         *_demands(proof, out.system),
                         *(views_findings(proof.views) if proof.views else ())]  # fmt: skip
    out.findings = sort_findings([_placed(f, out.reading) for f in out.findings])
    return out


def _check_left_out(found: Layer, without: Collection[str]) -> None:
    known = {index.name for index in found.indexes}
    wrong = sorted(set(without) - known)
    if wrong:
        raise InvalidInput([Finding("without-unknown", "error", f"there is no index {name}",
                                    Place("--without"), name, ", ".join(sorted(known)) or "none")
                            for name in wrong])  # fmt: skip


def _prove(
    out: Verified, found: Layer, store: str, trial: Trial, without: Collection[str]
) -> None:  # fmt: skip
    """Prove one store; what cannot be run here is not known, and says so."""
    kind = out.system.components[store].kind
    driver = driver_of(kind)
    path = f"components.{store}"
    if driver is None or not driver.tables:
        out.findings.append(Finding(
            "store-unproved", "unknown", f"{store}: nothing here runs a {kind}", Place(path=path),
            kind, "a kind whose part can be started here", "",
        ))  # fmt: skip
        return
    if driver.missing:
        out.findings.append(Finding(
            "parts-missing", "unknown", f"{store}: {driver.title} is not installed here, so "
            "nothing was proved", Place(path=path), f"without {', '.join(driver.missing)}",
            "the parts of the extra `data`", EXTRA,
        ))  # fmt: skip
        return
    trial.stage(f"{store}: starting {driver.title}")
    try:
        with driver.running() as server:
            out.stores.append(prove_store(server, found, store, trial, without))
    except Refused as err:
        out.findings.append(Finding(
            "tables-refused", "error", f"{store}: {driver.title} refuses the tables: {err}",
            Place(path=path), str(err), "tables, keys and indexes that it takes",
        ))  # fmt: skip
    except CannotRun as err:
        out.findings.append(Finding(
            "part-failed", "unknown", f"{store}: {err}", Place(path=path), str(err),
            f"a {driver.title} that starts and takes rows", "backend-lead doctor",
        ))  # fmt: skip


def _placed(finding: Finding, reading: Reading) -> Finding:
    """A finding with the line of the model that it is about."""
    way = tuple(finding.place.path.split(".")) if finding.place.path else ()
    return replace(finding, place=reading.document.place(way)) if way else finding


def operation_of(asked: AskedPattern, system: System) -> Any:
    """The operation of the model that a pattern belongs to."""
    component, _, word = asked.pattern.id.partition(".")
    return system.components[component].operations[word]


def _demands(proof: StoreProof, system: System) -> Iterator[Finding]:
    """Measured demands outside the range that the model gives them."""
    for asked in proof.asked:
        cpu = operation_of(asked, system).cpu
        if cpu is None or asked.demand is None:
            continue
        low, high = cpu.range or (cpu.value, cpu.value)
        seen = asked.demand
        place = Place(path=f"components.{asked.pattern.id.replace('.', '.operations.')}.cpu")
        above = seen.low_s > high and cpu.origin != "measured"
        if not asked.whole and not above:
            yield Finding(
                "rows-too-few", "note", f"{asked.pattern.id} read {asked.rows_seen:,.0f} of its "
                f"{asked.rows_due:,.0f} rows: its demand is a lower bound", place,
                f"{asked.rows_seen:,.0f} rows", f"{asked.rows_due:,.0f} rows", "more --rows",
            )  # fmt: skip
        elif above:
            yield Finding(
                "demand-above", "warning", f"{asked.pattern.id} takes more than the model says",
                place, milliseconds(seen.mean_s), f"{milliseconds(low)} to {milliseconds(high)}",
                "--write-measured FILE puts it into a copy of the model; then check that",
            )  # fmt: skip
        elif seen.low_s > OFF_TIMES * cpu.value and cpu.origin != "measured":
            yield Finding(
                "demand-off", "warning", f"{asked.pattern.id} takes {seen.mean_s / cpu.value:.1f} "
                "times what was predicted, within what was believed", place,
                milliseconds(seen.mean_s), milliseconds(cpu.value),
                "--write-measured FILE puts it into a copy of the model; then check that",
            )  # fmt: skip


def milliseconds(seconds: float) -> str:
    """A demand as people read it."""
    return f"{float(f'{seconds * 1e3:.3g}'):g} ms"


def with_measured(found: Verified) -> System:
    """The model with every demand that was measured in full, as *measured*."""
    out = found.system.model_copy(deep=True)
    for proof in found.stores:
        for asked in proof.asked:
            if asked.demand is None or not asked.whole:
                continue
            seen = asked.demand
            what = "time on a core" if seen.counted == "core" else "time to the answer"
            operation_of(asked, out).cpu = Duration.model_construct(
                value=_rounded(seen.mean_s), origin="measured",
                range=(min(_rounded(seen.low_s), _rounded(seen.mean_s)),
                       max(_rounded(seen.high_s), _rounded(seen.mean_s))),
                source=f"backend-lead verify --rows {found.rows} --seed {found.seed}: "
                       f"{proof.part}, {what}, {platform.machine()}",
            )  # fmt: skip
    return out


def measured_text(found: Verified) -> str:
    """The model's text with the measured demands; comments and order stay."""
    from backend_lead.emit.model.backend_yaml import fresh
    from backend_lead.emit.model.patch import patched

    system = with_measured(found)
    return patched(found.reading.document.text, system) or fresh(system)


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def evidence(found: Verified) -> str:
    """Everything that was seen, as a file: the same bytes but for what was measured."""
    content = {
        "schema_version": SCHEMA_VERSION, "model_digest": digest(found.system),
        "verdict": found.verdict, "rows": found.rows, "seed": found.seed,
        "repeat": f"backend-lead verify backend.yaml --rows {found.rows} --seed {found.seed}",
        "machine": {"cores": cores(), "platform": f"{platform.system()} {platform.machine()}",
                    "python": platform.python_version(), "version": __version__},
        "stores": {proof.store: _store(proof, found.system) for proof in found.stores},
        "findings": [{"rule": f.rule, "level": f.level, "message": f.message,
                      "place": f.place.path, "seen": f.seen, "allowed": f.allowed, "try": f.hint}
                     for f in found.findings],
    }  # fmt: skip
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def kept(found: Verified) -> dict[str, str]:
    """The evidence of everything that was run, by file."""
    out = {FILE: evidence(found)}
    if found.pipeline is not None:
        out[PIPELINE] = found.pipeline.as_json()
    if found.drills:
        again = (f"backend-lead verify backend.yaml --only restore --rows {found.rows} "
                 f"--seed {found.seed}")  # fmt: skip
        out[RESTORE] = drill_evidence(found.drills, again)
    return out


def machine() -> str:
    """What this ran on, in words."""
    return (f"{cores()} cores, {platform.system()} {platform.machine()}, Python "
            f"{platform.python_version()}, backend-lead {__version__}")  # fmt: skip


def _store(proof: StoreProof, system: System) -> dict[str, Any]:
    return {
        "part": proof.part,
        "rows": proof.filled.rows,
        "row_bytes": {name: round(size, 1) for name, size in proof.row_bytes.items()},
        "filled": {"seconds": _rounded(proof.filled.seconds),
                   "sent_bytes": proof.filled.sent_bytes},
        "patterns": {asked.pattern.id: _asked(asked, system) for asked in proof.asked},
        "offered": proof.offered,
        "views": views_evidence(proof.views) if proof.views else None,
    }  # fmt: skip


def _asked(asked: AskedPattern, system: System) -> dict[str, Any]:
    cpu, seen = operation_of(asked, system).cpu, asked.demand
    return {
        "title": asked.pattern.title, "does": asked.pattern.does, "sql": asked.asked.sql,
        "rate_per_s": _rounded(asked.pattern.rate_per_s), "rows": asked.rows_due,
        "rows_seen": round(asked.rows_seen, 1), "whole": asked.whole,
        "plan": asked.plan.shape if asked.plan else None,
        "predicted_s": {"value": cpu.value, "range": cpu.range, "origin": cpu.origin}
        if cpu else None,
        "measured_s": {"value": _rounded(seen.mean_s), "low": _rounded(seen.low_s),
                       "high": _rounded(seen.high_s), "runs": seen.runs, "counted": seen.counted}
        if seen else None,
        "findings": sorted({f.rule for f in asked.findings}),
    }  # fmt: skip
