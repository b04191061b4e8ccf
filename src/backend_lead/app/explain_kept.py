"""What is kept beside a model about a word: figures, decisions, runs; and which model it is of."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from backend_lead.app.repeating import MODEL, model_of, naming, option_of
from backend_lead.app.runs import is_run, read_run, unreadable
from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.model.kept import Estimate, RequestCounts, Seen, read_as, record_of
from backend_lead.model.system import System
from backend_lead.model.units import per_of

DAMAGED = (KeyError, TypeError, ValueError, AttributeError, ArithmeticError)
_FILES = {"figures": "figures.json", "decisions": "trail.json"}


@dataclass(frozen=True)
class Told:
    """Markdown of one thing that is kept, and of which state of which model file it is.

    `file` is the file's name. `assumed` is what was set beside the file (NAME=VALUE); `again` the
    command that repeats it, if there is one.
    """

    what: str
    text: str
    digest: str
    file: str = MODEL
    assumed: tuple[str, ...] = ()
    again: str = ""


class Beside:
    """What is kept beside a model, which commands call `named`."""

    def __init__(self, model: Path, named: str) -> None:
        self.model, self.named = model, named
        self.folder = model.absolute().parent / "evidence"

    def about(self, word: str) -> tuple[list[str], list[Finding]]:
        """Markdown of what is kept about a word and is of this model; and what is to be told of it,
        of level `error` where it is left out."""
        texts, findings, kept = list[str](), list[Finding](), list[Told | None]()
        for read in (self._figure, self._decision):
            try:
                kept.append(read(word))
            except DAMAGED:  # somebody changed what a design wrote
                texts.append(f"The evidence about `{word}` cannot be read; `design` or `generate` "
                             "writes it anew.")  # fmt: skip
        path = self.folder / f"{word}.json"
        try:
            kept.append(self._run(path) if is_run(word) and path.is_file() else None)
        except ValueError as err:
            findings.append(unreadable(path, err, "error"))
        for told in (one for one in kept if one is not None):
            found = self._of_another(word, told)
            findings += [] if found is None else [found]
            if found is None or found.level != "error":
                texts.append(told.text)
        return texts, findings

    def words(self) -> dict[str, list[str]]:
        """The words about which something is kept."""
        runs = [path.stem for path in self.folder.glob("*.json") if is_run(path.stem)]
        return {
            **{name: [str(row["id"]) for row in self._rows(name) if "id" in row]
               for name in _FILES},
            "runs": sorted(runs),
        }  # fmt: skip

    def missing(self) -> Finding | None:
        """That the model is not there, where that is so."""
        from backend_lead.intake.backend_yaml import read_bytes

        try:
            read_bytes(self.model)
        except InvalidInput as err:
            return err.findings[0]
        return None

    # --- which model it is of ---------------------------------------------------------------------
    @cached_property
    def _system(self) -> System:
        from backend_lead.app.model_file import read_checked

        return read_checked(self.model).system

    def _digest(self, assumed: tuple[str, ...]) -> str:
        """The identity of the model as it is now, with numbers set. Raises InvalidInput."""
        from backend_lead.app.assume import assume
        from backend_lead.model.digest import digest

        system = self._system
        try:
            return digest(assume(system, assumed))
        except InvalidInput:  # what was set then can be set no more
            return digest(system)

    def _of_another(self, word: str, told: Told) -> Finding | None:
        """That it is of another model, of an earlier state of this one, or that none can know."""
        if (gone := self.missing()) is not None:
            return gone
        what, named, place = told.what, self.named, Place(self.named)
        try:
            now = f"model {self._digest(told.assumed)}"
        except InvalidInput as err:
            return Finding(
                "explain-not-known", "unknown",
                f"whether this {what} is of {named} is not known: it cannot be read", place,
                err.findings[0].message, "a model that can be used",
                f"backend-lead check {shlex.quote(named)}",
            )  # fmt: skip
        was = f"model {told.digest}"
        if was == now:
            return None
        if told.file == self.model.name:
            anew = told.again or f"backend-lead design {shlex.quote(named)}"
            return Finding(
                "explain-stale", "warning", f"this {what} is of an earlier state of {named}", place,
                was, f"{now}, as it is now", f"anew: {anew}",
            )  # fmt: skip
        return Finding(
            "explain-other-model", "error", f"this {what} is not of {named}, but of another model",
            place, f"{told.file or 'a file not named'}, {was}", f"a {what} of {named}, {now}",
            self._instead(word, told),
        )  # fmt: skip

    def _instead(self, word: str, told: Told) -> str:
        """How to be told of it all the same, and how to have it of this model."""
        whose = self.model.with_name(told.file) if told.file else None
        hints = [told.again] if told.what == "run" else []
        if whose is not None and whose.is_file():
            hints.insert(0, shlex.join(["backend-lead", "explain", word, "-m", str(whose)]))
        return ", or ".join(hints)

    # --- what is kept -----------------------------------------------------------------------------
    def _read(self, name: str) -> dict[str, Any]:
        try:
            content = json.loads((self.folder / _FILES[name]).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return content if isinstance(content, dict) else {}

    def _rows(self, name: str) -> list[dict[str, Any]]:
        """The figures, or the decisions."""
        rows = self._read(name).get(name)
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    def _of(self, name: str) -> str:
        """The identity of the model that they are of."""
        return str(self._read(name).get("model_digest", ""))

    def _figure(self, word: str) -> Told | None:
        f = next((row for row in self._rows("figures") if row.get("id") == word), None)
        if f is None:
            return None
        lines = [f"# {f.get('label', word)}: {f.get('text', '')}", ""]
        lines += [f"- origin: {f.get('origin')}"]
        lines += [f"- how: {f['how']}"] if f.get("how") else []
        if f.get("low") is not None:
            between = f"- between {f['low']:.6g} and {f['high']:.6g} {f.get('unit', '')}"
            lines.append(between.rstrip())
        lines += [f"- run: {f['run']}"] if f.get("run") else []
        again = naming(f["repeat"], self.named) if f.get("repeat") else ""
        lines += [f"- again: `{again}`"] if again else []
        return Told("figure", "\n".join(lines), self._of("figures"), again=again)

    def _decision(self, word: str) -> Told | None:
        rows = self._rows("decisions")
        d = next((row for row in rows if word in (row.get("id"), str(row.get("number")))), None)
        if d is None:
            return None
        lines = [f"# {d['id']} {d['title']} ({d['status']})", ""]
        lines += [d["problem"], "", d["summary"], ""]
        for option in d["options"]:
            bold = "**" if option["chosen"] else ""
            lines.append(f"- {bold}{option['tactic']} at {option['site']}{bold}: {option['why']}")
        text = "\n".join([*lines, "", f"It costs: {d['costs']}" if d["costs"] else ""]).rstrip()
        return Told("decision", text, self._of("decisions"))

    def _run(self, path: Path) -> Told:
        """A run. Raises ValueError where it cannot be read."""
        run = read_run(path)
        seen = read_as(Seen, run.results)
        counts = record_of(RequestCounts, run.results.get("requests"))
        scale = "" if run.scale == 1 else f" / {run.scale}"
        lines = [f"# Run {run.id}: {run.title}", ""]
        lines.append(
            f"- model {run.model_digest}, seed {run.seed}, {run.horizon_s:g} simulated seconds "
            f"({run.warmup_s:g} s warm-up), full scale{scale}"
        )
        if counts is not None:
            lines.append(
                f"- {counts.started:,} requests started: {counts.ok:,} answered, {counts.failed:,} "
                f"failed, {counts.timed_out:,} timed out, {counts.in_flight:,} under way at the end"
            )
        rate = seen.requests_per_s
        per = per_of(rate.value)
        lines.append(f"- {per.text(rate.value, 'requests')}{_between(rate, per.number)}")
        for name, p99 in [(name, seen.latency_s[name].p99) for name in sorted(seen.latency_s)]:
            if p99.value is not None:
                between = _between(p99, lambda value: f"{value * 1e3:.4g}")
                lines.append(f"- {name}: p99 {p99.value * 1e3:.4g} ms{between}")
        again = naming(run.repeat, self.named, model_of(run.repeat))
        return Told(
            "run", "\n".join([*lines, f"- again: `{again}`"]), run.model_digest,
            model_of(run.repeat), tuple(option_of(run.repeat, "--assume")), again,
        )  # fmt: skip


def _between(known: Estimate, text: Callable[[float], str]) -> str:
    """The interval of an estimate, where it has one."""
    if known.low is None or known.high is None:
        return ""
    return f" ({text(known.low)} to {text(known.high)})"
