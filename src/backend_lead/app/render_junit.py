"""The result of check as JUnit XML: a test case per rule."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from backend_lead.app.check_rules import RuleText, rule_texts
from backend_lead.app.render_sarif import message, relative_file
from backend_lead.model.finding import Finding

if TYPE_CHECKING:
    from backend_lead.app.check import CheckResult

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NOT_JUDGED = "not judged: the {} cannot be used"


def render_junit(result: CheckResult) -> str:
    """A suite in which a rule fails, is skipped (not known) or passes; what else it told is output.

    A model that cannot be used is an `error` of what the reader told; the rules are skipped then.
    """
    invalid = result.exit_code == 2
    suite = ET.Element("testsuite", name="backend-lead check")
    counts = {"failures": 0, "errors": 0, "skipped": 0}
    texts = rule_texts([*result.findings, *(one.finding for one in result.set_aside)])
    for rule in texts:
        group = "backend-lead.model" if rule.of_reader else "backend-lead.rules"
        case = ET.SubElement(suite, "testcase", classname=group, name=rule.id)
        outcome = _outcome(case, rule, result, invalid)
        if outcome:
            counts[outcome] += 1
    for name, value in {"tests": len(texts), **counts}.items():
        suite.set(name, str(value))
    root = ET.Element("testsuites", {k: suite.attrib[k] for k in ("tests", *counts)}
                      | {"name": "backend-lead"})  # fmt: skip
    root.append(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _outcome(case: ET.Element, rule: RuleText, result: CheckResult, invalid: bool) -> str:
    """Write what came of a rule into its case; the count it belongs to, empty where it passes."""
    own = [f for f in result.findings if f.rule == rule.id]
    bad = [f for f in own if f.level in result.failing]
    unknown = [f for f in own if f.level == "unknown" and f not in bad]
    told = [f for f in own if f not in bad and f not in unknown]
    aside = [one for one in result.set_aside if one.finding.rule == rule.id]
    outcome = ""
    if bad:
        tag, outcome = ("error", "errors") if invalid else ("failure", "failures")
        part = ET.SubElement(case, tag, message=xml_text(bad[0].message), type=bad[0].level)
        part.text = xml_text("\n\n".join(map(_block, bad)))
        told += unknown
    elif unknown:
        ET.SubElement(case, "skipped", message=xml_text(unknown[0].message))
        outcome = "skipped"
    elif aside:
        why = "; ".join(sorted({f"set aside: {one.why}" for one in aside}))
        ET.SubElement(case, "skipped", message=xml_text(why))
        outcome = "skipped"
    elif invalid and not own:
        ET.SubElement(case, "skipped", message=NOT_JUDGED.format(result.unusable))
        outcome = "skipped"
    told += [one.finding for one in aside]
    if told:
        ET.SubElement(case, "system-out").text = xml_text("\n\n".join(map(_block, told)))
    return outcome


def _block(finding: Finding) -> str:
    place = finding.place
    where = relative_file(place.file) if place.file else ""
    where += f":{place.line}" if where and place.line else ""
    head = " ".join(part for part in (finding.level, where, place.path and f"({place.path})")
                    if part)  # fmt: skip
    return f"{head}\n{message(finding)}"


def xml_text(text: str) -> str:
    """Text without the characters XML 1.0 does not allow, even escaped."""
    return NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
