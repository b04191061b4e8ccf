"""Adding a rule is adding one file: nothing else is edited."""

from __future__ import annotations

from pathlib import Path

from backend_lead import checks
from backend_lead.app.check import RENDERERS, check
from tests.added import added
from tests.app.good_model import GOOD, line_of

TITLED = '''"""Every part has a title."""

from backend_lead.checks.rule import Rule


class PartTitled(Rule):
    id = "part-titled"
    title = "Every part has a title"
    why = "Who is on call at night should not have to guess."
    level = "warning"

    def judge(self, evidence):
        for name, part in evidence.system.components.items():
            if part.title is None:
                yield self.finding(f"`{name}` has no title", evidence.component_place(name),
                                   "none", "a title", "title: what people call it")


RULE = PartTitled()
'''


def test_a_file_is_a_rule(tmp_path: Path) -> None:
    """`check` tells its findings, with its id and their lines, in every form."""
    model = tmp_path / "backend.yaml"
    model.write_text(GOOD, encoding="utf-8")
    before = check(model)
    with added(checks, tmp_path / "more", "part_titled.py", TITLED):
        result = check(model)
        told = {form: render(result) for form, render in RENDERERS.items()}
        strict = check(model, strict=True)
    found = [one for one in result.findings if one.rule == "part-titled"]
    assert "`db` has no title" in [one.message for one in found] and len(found) == 6
    assert line_of(GOOD, "  db:") in [one.place.line for one in found]
    assert [one for one in result.findings if one not in found] == before.findings
    assert (result.exit_code, strict.exit_code) == (0, 1)
    assert all("part-titled" in text for text in told.values())
    assert check(model).findings == before.findings
