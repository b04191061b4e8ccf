"""A baseline: the findings a model has already, so that only new ones fail.

A finding is known again by its rule, its path in the model and what it says without its numbers:
lines move and numbers change, and it stays the same finding.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend_lead import __version__
from backend_lead.app.render_sarif import relative_file
from backend_lead.app.write import CannotWrite, write_evidence
from backend_lead.intake.backend_yaml import read_bytes
from backend_lead.model.finding import Finding, InvalidInput, Level, Place

if TYPE_CHECKING:
    from backend_lead.app.check import CheckResult

FORMAT = "backend-lead-baseline"
VERSION = 1
BYTES_MAX = 20_000_000
KEPT: tuple[Level, ...] = ("error", "unknown", "warning")  # notes never fail
OF_THE_FILES = "suppression-"  # how rules begin that judge the settings, not the model
_KEYS = ("rule", "path", "what", "level")
_NAMED = re.compile(r"(`[^`]*`)")
_UNITS = r"%|x|ms|s|min|h|d|days|[kMGT]?i?B|[kMG]bit/s"
_NUMBER = re.compile(rf"(?<![\w.])[-+]?\d[\d,]*(\.\d+)?( ?({_UNITS})(?!\w))?")

Identity = tuple[str, str, str, str]


def what_of(message: str) -> str:
    """What a finding says without its numbers and without the command it proposes."""
    text = message.partition("; run: ")[0]
    parts = _NAMED.split(text)
    return "".join(p if i % 2 else _NUMBER.sub("#", p) for i, p in enumerate(parts))


def identity(finding: Finding) -> Identity:
    """What makes a finding the same one tomorrow."""
    return finding.rule, finding.place.path, what_of(finding.message), finding.level


@dataclass(frozen=True)
class Baseline:
    """Known findings, how often each, with the line of the file that says so."""

    file: str = ""
    known: Counter[Identity] = field(default_factory=Counter)
    lines: dict[Identity, int] = field(default_factory=dict)

    def apart(self, found: Sequence[Finding]) -> tuple[list[Finding], list[Finding], list[Finding]]:
        """New findings, known ones, and a note for each known one that is gone.

        What was an error is known as something milder too; anything that got worse is new.
        """
        left, new, old = self.known.copy(), [], []
        for finding in found:
            exact = identity(finding)
            fits = next((key for key in (exact, (*exact[:3], "error")) if left[key] > 0), None)
            if fits is None:
                new.append(finding)
            else:
                left[fits] -= 1
                old.append(finding)
        return new, old, [self._gone(key, n) for key, n in sorted(left.items()) if n > 0]

    def _gone(self, key: Identity, times: int) -> Finding:
        rule, path, what, level = key
        more = f" ({times} times)" if times > 1 else ""
        return Finding(
            "baseline-gone", "note", f"{rule} at {path or 'the model'} is gone{more}: {what}",
            Place(self.file, self.lines.get(key, 0), 0, path), "not found any more", level,
            f"write {Path(self.file).name} anew with --write-baseline, so that it cannot come back",
        )  # fmt: skip


def read_baseline(path: str | Path) -> Baseline:
    """The baseline in a file. Raises InvalidInput where it is none, or not one of this version."""
    file = relative_file(str(path))
    try:
        content = read_bytes(path, BYTES_MAX)
    except InvalidInput as err:
        hint = f"write it first: backend-lead check --write-baseline {file}"
        told = [Finding(f.rule, f.level, f.message, Place(file), f.seen, "a baseline", hint)
                for f in err.findings]  # fmt: skip
        raise InvalidInput(told) from None
    if len(content) > BYTES_MAX:
        raise InvalidInput([_wrong(file, 1, "more than 20 MB")])
    try:
        text = content.decode("utf-8")
        loaded = json.loads(text)
    except json.JSONDecodeError as err:
        raise InvalidInput([_wrong(file, err.lineno, f"no JSON: {err.msg}")]) from None
    except (ValueError, RecursionError) as err:
        raise InvalidInput([_wrong(file, 1, f"no JSON: {err}")]) from None
    _check_head(loaded, file)
    known: Counter[Identity] = Counter()
    lines: dict[Identity, int] = {}
    starts = [n for n, line in enumerate(text.splitlines(), 1) if line.lstrip().startswith("{")][1:]
    for i, row in enumerate(loaded["findings"]):
        line = starts[i] if i < len(starts) and len(starts) == len(loaded["findings"]) else 1
        key, times = _row(row, file, line)
        known[key] += times
        lines.setdefault(key, line)
    return Baseline(file, known, lines)


def _check_head(loaded: Any, file: str) -> None:
    if not isinstance(loaded, dict) or loaded.get("format") != FORMAT:
        seen = loaded.get("format") if isinstance(loaded, dict) else type(loaded).__name__
        raise InvalidInput([_wrong(file, 1, f"format: {seen if seen is not None else 'not said'}")])
    if loaded.get("version") != VERSION:
        raise InvalidInput([Finding(
            "baseline-version", "error", "this baseline is of another version", Place(file, 1),
            f"version {loaded.get('version')}", f"version {VERSION}, of backend-lead {__version__}",
            f"write it anew: backend-lead check --write-baseline {file}",
        )])  # fmt: skip
    if not isinstance(loaded.get("findings"), list):
        raise InvalidInput([_wrong(file, 1, "no list of findings")])


def _row(row: Any, file: str, line: int) -> tuple[Identity, int]:
    times = row.get("count", 1) if isinstance(row, dict) else 0
    good = isinstance(times, int) and not isinstance(times, bool) and times > 0
    if not good or not all(isinstance(row.get(key), str) for key in _KEYS):
        raise InvalidInput([_wrong(file, line, "an entry without " + ", ".join(_KEYS))])
    rule, path, what, level = (row[key] for key in _KEYS)
    return (rule, path, what, level), times


def _wrong(file: str, line: int, seen: str) -> Finding:
    return Finding(
        "baseline-format", "error", "this is no baseline", Place(file, line), seen,
        f"JSON with format {FORMAT}", f"write one: backend-lead check --write-baseline {file}",
    )  # fmt: skip


def write_baseline(path: Path, result: CheckResult) -> int:
    """Write what a check found as known, over an earlier baseline only; how many findings it holds.

    What is suppressed is left out: it has an end of its own. Raises InvalidInput for a file that is
    no baseline, CannotWrite for what the system refuses.
    """
    if path.exists():
        _refuse_another(path)
    old = [one.finding for one in result.set_aside if one.by == "baseline"]
    kept = [f for f in [*result.findings, *old]
            if f.level in KEPT and not f.rule.startswith(OF_THE_FILES)]  # fmt: skip
    rows = sorted(Counter(map(identity, kept)).items())
    lines = [
        json.dumps({**dict(zip(_KEYS, key)), **({"count": n} if n > 1 else {})}, ensure_ascii=False)
        for key, n in rows
    ]
    body = ",\n".join(lines)
    text = f'{{\n"format": "{FORMAT}",\n"version": {VERSION},\n"findings": [\n{body}\n]\n}}\n'
    parent = path.absolute().parent
    if not parent.is_dir():
        raise CannotWrite(f"cannot write {path}: there is no folder {path.parent}")
    write_evidence(parent, path.name, text)
    return len(kept)


def _refuse_another(path: Path) -> None:
    """Raise InvalidInput where a file is there that is no baseline of any version."""
    try:
        read_baseline(path)
    except InvalidInput as err:
        if {finding.rule for finding in err.findings} == {"baseline-version"}:
            return
        raise InvalidInput([Finding(
            "output-taken", "error", f"{path} is there, and is no baseline", Place(str(path)),
            err.findings[0].seen, "a name that is not taken, or a baseline",
        )]) from None  # fmt: skip
