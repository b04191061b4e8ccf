"""Nobody finds the next row by counting."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding
from backend_lead.views.api.guarding import asked, belongs

COUNTED = ("int", "long", "number")


class IdGuessable(Rule):
    id = "id-guessable"
    title = "Keys cannot be guessed"
    why = (
        "Keys that count up tell how many there are and let anybody try the next one; where one "
        "check is forgotten, all rows are open. Opaque ids make that a second line of defence "
        "(OWASP API1:2023)."
    )
    level = "warning"
    tags = ("API1:2023", "CWE-340")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        told = asked(evidence.system)
        if told is None:
            return
        found, operations = told

        told_of: set[str] = set()
        for op in operations:
            key = op.keys or op.each_keys
            if len(key) != 1 or key[0].type.name not in COUNTED or op.said.public:
                continue
            if op.of.name in told_of or not belongs(found, op.of):
                continue
            told_of.add(op.of.name)
            yield self.finding(
                f"`{op.name}` asks for `{op.of.name}` by a number that can be counted",
                evidence.place(("entities", op.of.name, "fields", key[0].name)),
                f"{key[0].name}: {key[0].type.name}",
                "an id (opaque, such as a ULID or UUID)",
                f"{key[0].name}: {{type: id, key: true}}",
            )


RULE = IdGuessable()
