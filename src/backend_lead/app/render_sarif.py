"""The result of check as SARIF 2.1.0, for code scanning and editors.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0, 2020.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from backend_lead import __version__
from backend_lead.app.check_rules import RuleText, rule_texts
from backend_lead.app.set_aside import SetAside
from backend_lead.model.finding import Finding, Level, Place, sort_findings

if TYPE_CHECKING:
    from backend_lead.app.check import CheckResult

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
FINGERPRINT = "backendLeadFinding/v1"
BASE = "%SRCROOT%"
# What is not known is `open` in the words of SARIF, and such results must have the level `none`.
LEVELS: dict[Level, tuple[str, str]] = {
    "error": ("error", "fail"), "warning": ("warning", "fail"), "note": ("note", "fail"),
    "unknown": ("none", "open"),
}  # fmt: skip


def render_sarif(result: CheckResult) -> str:
    """One run with every rule, and a result per finding; sorted keys, the same bytes each time."""
    aside = {one.finding: one for one in result.set_aside}
    every = sort_findings([*result.findings, *aside])
    texts = rule_texts(every)
    index = {rule.id: i for i, rule in enumerate(texts)}
    seen: Counter[str] = Counter()
    run = {
        "tool": {
            "driver": {
                "name": "backend-lead",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(rule) for rule in texts],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            BASE: {"description": {"text": "the folder in which backend-lead was run"}}
        },
        "invocations": [_invocation(result)],
        "results": [
            _result(finding, index, seen) | _state(aside.get(finding), bool(result.baseline))
            for finding in every
        ],
    }
    content = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False)


def _state(aside: SetAside | None, baseline: bool) -> dict[str, Any]:
    """What says that a result is set aside; with a baseline, every result is new or known."""
    out: dict[str, Any] = {}
    if baseline:
        known = aside is not None and aside.by == "baseline"
        out["baselineState"] = "unchanged" if known else "new"
    if aside is not None and aside.by == "suppression":
        out["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": aside.why}
        ]
    return out


def _invocation(result: CheckResult) -> dict[str, Any]:
    return {"executionSuccessful": result.exit_code != 2, "exitCode": result.exit_code}


def _rule(rule: RuleText) -> dict[str, Any]:
    out: dict[str, Any] = {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.title}. {rule.why}"},
        "defaultConfiguration": {"level": LEVELS[rule.level][0]},
    }
    if rule.tags:
        out["properties"] = {"tags": sorted(["security", *map(_tag, rule.tags)])}
    return out


def _tag(tag: str) -> str:
    """A number of a public list, as code scanning knows it."""
    kind, _, number = tag.partition("-")
    return f"external/cwe/cwe-{number}" if kind == "CWE" else f"owasp-api-security/{tag}"


def _result(finding: Finding, index: dict[str, int], seen: Counter[str]) -> dict[str, Any]:
    level, kind = LEVELS[finding.level]
    uri = artifact_uri(finding.place.file)
    identity = "|".join((finding.rule, uri[0] if uri else "", finding.place.path))
    seen[identity] += 1
    mark = hashlib.sha256(f"{identity}|{seen[identity]}".encode()).hexdigest()[:32]
    out: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": level,
        "kind": kind,
        "message": {"text": message(finding)},
        "partialFingerprints": {FINGERPRINT: mark},
    }
    location = _location(finding.place, uri)
    if location:
        out["locations"] = [location]
    return out


def message(finding: Finding) -> str:
    """What is wrong, what was seen, what is allowed and what to try, in lines."""
    parts = (("seen", finding.seen), ("allowed", finding.allowed), ("try", finding.hint))
    return "\n".join([finding.message, *(f"{word}: {text}" for word, text in parts if text)])


def _location(place: Place, uri: tuple[str, bool] | None) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if uri is not None:
        artifact: dict[str, Any] = {"uri": uri[0]}
        if uri[1]:
            artifact["uriBaseId"] = BASE
        out["physicalLocation"] = {"artifactLocation": artifact}
        if place.line:
            region = {"startLine": place.line}
            if place.column:
                region["startColumn"] = place.column
            out["physicalLocation"]["region"] = region
    if place.path or (place.file and uri is None):
        out["logicalLocations"] = [{"fullyQualifiedName": place.path or place.file}]
    return out


def relative_file(file: str) -> str:
    """A file as seen from the folder the tool runs in; as given where it lies outside of it."""
    try:
        return Path(file).resolve().relative_to(Path.cwd().resolve()).as_posix()
    except (ValueError, OSError):
        return file


def artifact_uri(file: str) -> tuple[str, bool] | None:
    """(URI, whether it is relative) of a file; None for what is no file, such as an option."""
    if not file or file.startswith("--"):
        return None
    near = relative_file(file)
    if Path(near).is_absolute():
        return Path(near).as_uri(), False
    if near.startswith(".."):
        return Path(near).resolve().as_uri(), False
    return quote(near), True
