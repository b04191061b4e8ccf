"""The rules about the data layer: a bad model gives a finding, a good one none."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend_lead.app.check import evidence_of
from backend_lead.app.model_file import read_checked_text
from backend_lead.checks import rules
from backend_lead.model.contract import EntityField
from backend_lead.model.finding import Finding
from backend_lead.views.data.looking import looks
from tests.checks.data_models import DATA_BAD, Bad, changed
from tests.intake.data_shop import DATA_SHOP


def found_by(rule: str, text: str) -> list[Finding]:
    """What a rule says of a model."""
    found, _ = evidence_of(read_checked_text(text, "shop.yaml"), Path("/nowhere"))
    return list(rules()[rule].check(found))


@pytest.mark.parametrize(
    ("rule", "bad"), [(rule, bad) for rule, many in sorted(DATA_BAD.items()) for bad in many]
)
def test_a_bad_data_layer_gives_the_finding(rule: str, bad: Bad) -> None:
    """One finding, at its place, with what was seen, what is allowed and what to try."""
    (finding,) = found_by(rule, changed(*bad.changes))
    assert (finding.level, finding.place.path) == ("warning", bad.path)
    assert finding.place.line and finding.seen and finding.allowed and finding.hint
    said = " ".join((finding.message, finding.seen, finding.allowed, finding.hint))
    assert all(word in said for word in bad.words), said


@pytest.mark.parametrize("rule", sorted(DATA_BAD))
def test_a_good_data_layer_gives_none(rule: str) -> None:
    """Nothing is found in the shop whose data layer is whole."""
    assert found_by(rule, DATA_SHOP) == []


@pytest.mark.parametrize(("name", "type_", "cls"), [
    ("contact_email", "string", "personal"), ("client-ip", "string", "personal"),
    ("date_of_birth", "date", "personal"), ("iban", "string", "financial"),
    ("card_number", "string", "financial"), ("password_hash", "string", "credential"),
    ("ssn", "string", "sensitive"), ("reply_to", "email", "personal"),
    ("shipping", "string", None), ("description", "text", None), ("email_sent", "bool", None),
    ("card_fee", "money", None), ("phone_id", "ref(phone)", None), ("title", "string", None),
])  # fmt: skip
def test_what_a_name_points_to(name: str, type_: str, cls: str | None) -> None:
    """Words of a name tell a class; parts of words, sums, yes and no, and references do not."""
    assert looks(name, EntityField(type=type_)) == cls
