"""Adding a tactic is adding one file: nothing else is edited."""

from __future__ import annotations

from pathlib import Path

from backend_lead import tactics as family
from backend_lead.app.design import Request, design
from backend_lead.emit import render
from backend_lead.tactics import tactics
from tests.added import added
from tests.tactics.models import read

LEAN = '''"""Leaner statements: a heavy one of a database is written anew."""

from backend_lead.catalog import kind_of
from backend_lead.model.quantity import Duration
from backend_lead.tactics.tactic import Applied, Tactic, copy

HEAVY_S = 1e-3
LEAN = Duration.model_validate({"value": "0.2 ms", "origin": "computed", "why": "a test"})


class LeanStatements(Tactic):
    id = "lean-statements"
    title = "Write heavy statements anew"
    does = "A statement that takes long on the cores of its database is written anew."
    helps = "When the database is the limit."
    costs = "Somebody has to think."
    hurts = "Not at all, in a test."
    sources = ("a test",)

    def sites(self, system):
        return [name for name, part in system.components.items()
                if kind_of(part.kind).role == "relational store"
                and any(o.cpu.value > HEAVY_S for o in part.operations.values())]

    def apply(self, system, site):
        out = copy(system)
        for operation in out.components[site].operations.values():
            operation.cpu = LEAN
        return Applied(out, ())


TACTIC = LeanStatements()
'''
MODEL = """\
backend: small
workload:
  clients: {all: {rate: 400/s, timeout: 3 s, journeys: {go: 100%}}}
  peak: {factor: 2}
journeys: {go: {steps: [app.go]}}
components:
  app:
    kind: http-service
    instance: c7g.large
    count: 2
    pool: 32
    endpoints: {go: {does: [cpu: 0.5 ms, {query: db.ask, timeout: 1 s}]}}
  db:
    kind: postgres
    instance: db.m7g.large
    operations: {ask: {type: read, cpu: 8 ms, entity: thing}}
entities: {thing: {store: db, row: 1 kB, rows: 100k}}
slos: [{journey: "*", p99: 1 s, availability: 99%}]
topology: {zones: 3}
"""


def test_a_file_is_a_tactic(tmp_path: Path) -> None:
    """`design` asks it, takes it because it costs nothing here, and writes its decision."""
    with added(family, tmp_path, "lean_statements.py", LEAN):
        found = design(Request(read(MODEL)))
        files = render(found, "decisions")
    (taken,) = [one for one in found.decisions if one.tactic == "lean-statements"]
    assert (taken.site, taken.status) == ("db", "accepted")
    assert found.system.components["db"].operations["ask"].cpu.value == 0.2e-3  # type: ignore[union-attr]
    assert any("Write heavy statements anew (db)" in text for text in files.values())
    assert "lean-statements" not in tactics()
