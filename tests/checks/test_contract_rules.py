"""The rules about contracts: a bad one gives a finding, a good one none; what public lists they
belong to."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from backend_lead.app.check import check, evidence_of
from backend_lead.app.model_file import read_checked_text
from backend_lead.app.render_sarif import render_sarif
from backend_lead.catalog.domains import domains, load
from backend_lead.checks import rules
from backend_lead.checks.evidence import Evidence
from backend_lead.model.finding import Finding
from backend_lead.model.system import System
from tests.checks.contract_models import CONTRACT_BAD, Bad, changed
from tests.mock.library_model import LIBRARY

TODAY = "2026-11-27"


def found_by(rule: str, text: str) -> list[Finding]:
    system = read_checked_text(text, "library.yaml").system
    return list(rules()[rule].check(Evidence(system, today=TODAY)))


@pytest.mark.parametrize(
    ("rule", "bad"), [(rule, bad) for rule, many in sorted(CONTRACT_BAD.items()) for bad in many]
)
def test_a_bad_contract_gives_the_finding(rule: str, bad: Bad) -> None:
    """One finding, at its place, with what was seen, what is allowed and what to try."""
    (finding,) = found_by(rule, changed(*bad.changes))
    assert (finding.rule, finding.level, finding.place.path) == (rule, bad.level, bad.path)
    assert finding.seen and finding.allowed and finding.hint
    said = " ".join((finding.message, finding.seen, finding.allowed, finding.hint))
    assert all(word in said for word in bad.words), said


@pytest.mark.parametrize("rule", sorted(CONTRACT_BAD))
def test_a_good_contract_gives_none(rule: str) -> None:
    """Nothing is found in the library's model."""
    assert found_by(rule, LIBRARY) == []


def test_no_contract_no_finding() -> None:
    """A model without entities that have fields promises callers nothing."""
    from tests.app.good_model import GOOD

    evidence, _ = evidence_of(read_checked_text(GOOD), Path("/nowhere"))
    assert [f for rule in CONTRACT_BAD for f in rules()[rule].check(evidence)] == []


def test_every_risk_of_the_list_has_a_rule_or_is_by_construction() -> None:
    """All ten risks of 2023 but the eighth, misconfiguration, which generated files rule out."""
    tags = {tag for rule in rules().values() for tag in rule.tags}
    risks = {tag for tag in tags if tag.startswith("API")}
    assert risks == {f"API{i}:2023" for i in range(1, 11) if i != 8}
    assert all(re.fullmatch(r"API\d+:2023|CWE-\d+", tag) for tag in tags)


@pytest.mark.parametrize("domain", domains())
def test_the_reference_domains_have_few_findings(domain: str) -> None:
    """Warnings of a reference domain can be counted on one hand, and none is an error."""
    system = System.model_validate(load(domain).system())
    told = [f for rule in CONTRACT_BAD for f in rules()[rule].check(Evidence(system, today=TODAY))]
    assert sum(f.level == "warning" for f in told) <= 5 and len(told) <= 7
    assert all(f.level in ("warning", "note", "unknown") for f in told)


def test_code_scanning_gets_the_numbers_of_weaknesses(tmp_path: Path) -> None:
    """SARIF carries OWASP and CWE of each rule that has them, and marks it as security."""
    model = tmp_path / "backend.yaml"
    model.write_text(changed(("    owned_by: reader\n", "")), encoding="utf-8")
    sarif = json.loads(render_sarif(check(model)))
    told = {rule["id"]: rule for rule in sarif["runs"][0]["tool"]["driver"]["rules"]}
    assert told["object-access"]["properties"]["tags"] == [
        "external/cwe/cwe-639", "owasp-api-security/API1:2023", "security"]  # fmt: skip
    assert "properties" not in told["budget"]
    assert "object-access" in {result["ruleId"] for result in sarif["runs"][0]["results"]}
