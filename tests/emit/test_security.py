"""api/security.md: ten risks, each with controls, verdict and what is open."""

from __future__ import annotations

import re

import pytest

from backend_lead.app.evidence import computed
from backend_lead.app.model_file import read_checked_text
from backend_lead.checks import rules
from backend_lead.emit.api.security import emit, verdict
from backend_lead.emit.api.security_controls import RISKS
from backend_lead.model.design import Design
from backend_lead.search.assess import assess
from backend_lead.views.api.contract import contract
from tests.app.good_model import GOOD
from tests.checks.contract_models import CONTRACT_BAD, changed
from tests.mock.library_model import LIBRARY


def design_of(text: str) -> Design:
    return computed(assess(read_checked_text(text).system), 1)


def test_each_risk_names_the_rules_that_carry_its_number() -> None:
    """The page and the rules agree on who looks at what."""
    for risk in RISKS:
        tagged = {rule.id for rule in rules().values() if risk.id in rule.tags}
        assert tagged == set(risk.rules), risk.id
    assert [risk.id for risk in RISKS] == [f"API{i}:2023" for i in range(1, 11)]


def test_the_page_names_controls_by_operation() -> None:
    """A contract with nothing open passes, and says by which operations."""
    text = emit(design_of(LIBRARY))["api/security.md"]
    assert "answer 404 for what belongs to somebody else: `getLoan`" in text
    assert "`addBooks (librarian)`" in text and "`shops: basic 5/s`" in text
    assert "`oldBooks (2027-01-01)`" in text and "`searchBooks`" in text
    assert "**open**" not in text and text.count("\n## API") == 10
    assert re.search(r"\| \[API10\]\(#api10\) +\| .*not applicable", text)


@pytest.mark.parametrize("rule", sorted(CONTRACT_BAD))
def test_a_finding_opens_its_risk(rule: str) -> None:
    """What a rule warns of makes its risk fail; what it only notes leaves it unknown."""
    bad = CONTRACT_BAD[rule][0]
    if rule == "api-inventory":  # told by `check` only, which knows the day
        bad = CONTRACT_BAD[rule][2]
    design = design_of(changed(*bad.changes))
    found = contract(design.system)
    assert found is not None
    expected = "unknown" if bad.level == "note" else "fail"
    for risk in RISKS:
        if rule in risk.rules:
            assert verdict(risk, design, found) == expected, risk.id
    text = emit(design)["api/security.md"]
    assert "**open**" in text and bad.path in text


def test_nothing_is_written_without_a_contract() -> None:
    """A model that promises callers nothing has no API to defend."""
    assert emit(design_of(GOOD)) == {}


def test_without_a_limit_for_any_caller_consumption_is_not_known() -> None:
    """The model says of nobody how much one may ask: that is no pass."""
    risk = next(r for r in RISKS if r.id.startswith("API4"))
    design = design_of(LIBRARY)
    found = contract(design.system)
    assert found is not None and verdict(risk, design, found) == "pass"
    for client in design.system.workload.clients.values():
        if client.access is not None:
            client.access.tiers.clear()
    found = contract(design.system)
    assert found is not None and verdict(risk, design, found) == "unknown"
