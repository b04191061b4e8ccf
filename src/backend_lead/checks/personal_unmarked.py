"""A field that looks like somebody's says how it must be guarded."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.contract import EntityField
from backend_lead.model.finding import Finding
from backend_lead.views.data.looking import looks
from backend_lead.views.document import Loc


class PersonalUnmarked(Rule):
    id = "personal-unmarked"
    title = "What looks personal says how it is guarded"
    why = (
        "Masked views, erasure, rights and logs follow the class of a field. One that holds an "
        "address, a card or a birthday and says nothing is guarded by its name alone; one of a "
        "plainer name is shown to every analyst and stays when somebody asks to be erased (GDPR, "
        "articles 17 and 25)."
    )
    level = "warning"
    tags = ("CWE-359",)

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        system = evidence.system
        guarded = {
            field.type.removeprefix("list(").removesuffix(")")
            for entity in system.entities.values() for field in entity.fields.values()
            if field.personal or field.class_
        }  # fmt: skip
        kept = {
            field.type.removeprefix("list(").removesuffix(")")
            for entity in system.entities.values()
            for field in entity.fields.values()
        }
        for name, entity in system.entities.items():
            for word, field in entity.fields.items():
                yield from self.field(
                    evidence, name, word, field, ("entities", name, "fields", word)
                )
        for name, shape in (system.api.shapes if system.api else {}).items():
            if name in kept and name not in guarded:
                for word, field in shape.fields.items():
                    loc: Loc = ("api", "shapes", name, "fields", word)
                    yield from self.field(evidence, name, word, field, loc)

    def field(
        self, evidence: Evidence, owner: str, word: str, field: EntityField, loc: Loc
    ) -> Iterator[Finding]:
        """What there is to say of one field."""
        found = looks(word, field)
        if found is None or field.personal or field.class_ is not None:
            return
        yield self.finding(
            f"`{owner}.{word}` looks {found}, and nothing says how it is guarded: it is taken to "
            f"be {found}",
            evidence.place(loc), "no class", f"class: {found}, or class: internal if it is none",
            f"say class: {found} at the field",
        )  # fmt: skip


RULE = PersonalUnmarked()
