"""Who asks for something that matters is known."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.checks.evidence import Evidence
from backend_lead.checks.rule import Rule
from backend_lead.model.finding import Finding
from backend_lead.views.api.guarding import asked, is_secret, place_of


class CallerKnown(Rule):
    id = "caller-known"
    title = "Commands and personal data need a known caller"
    why = (
        "A public operation is anybody's. What writes, or gives personal data, must know who "
        "asks; only what shows who a caller is (with a token or password of theirs) comes "
        "before that. A partner's program has no browser to keep a session in (OWASP API2:2023, "
        "Broken Authentication)."
    )
    level = "warning"
    tags = ("API2:2023", "CWE-306")

    def judge(self, evidence: Evidence) -> Iterator[Finding]:
        told = asked(evidence.system)
        if told is None:
            return
        found, operations = told

        for op in operations:
            if not op.said.public:
                continue
            given = found.shapes[op.gives.name] if op.gives and op.gives.sort == "shape" else None
            personal = [f for f in given.fields if f.personal] if given is not None else []
            if op.nature == "command" and not any(is_secret(f.name) for f in op.inputs):
                seen = "a public command"
            elif op.nature == "query" and personal and not op.said.mine:
                seen = f"public, gives `{personal[0].name}`"
            else:
                continue
            yield self.finding(
                f"anybody may call `{op.name}`",
                evidence.place(place_of(found, op)),
                seen,
                "a caller that is known",
                "take public away, or give a shape without personal fields",
            )
        for name, caller in found.callers.items():
            if caller.audience == "partner" and caller.auth == "session":
                yield self.finding(
                    f"partners of `{name}` show who they are by a session",
                    evidence.place(("workload", "clients", name)),
                    "auth: session",
                    "client-credentials-mtls or client-credentials-jwt",
                    "auth: client-credentials-jwt",
                )


RULE = CallerKnown()
