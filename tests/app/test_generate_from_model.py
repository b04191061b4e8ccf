"""generate: what follows from the model alone is written without running it."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend_lead.app import evidence
from backend_lead.app.generate import needs_runs
from backend_lead.catalog.domains import domains, load
from backend_lead.emit import asked
from backend_lead.emit.model.backend_yaml import fresh
from backend_lead.model.system import System
from tests.app.command_line import Place


def test_contracts_are_written_without_a_run(tmp_path: Path) -> None:
    """`--only openapi` runs nothing, says so, writes the contracts and ends with 0."""
    place = Place(tmp_path)
    said = load("ecommerce").system()
    for client in said["workload"]["clients"].values():
        client["users"] = 100  # what the smallest design carries
    said["slos"][0]["availability"] = 0.99
    place.write("backend.yaml", fresh(System.model_validate(said)))
    done = place.run("generate", "backend.yaml", "--only", "openapi", "-o", "out")
    assert done.code == 0, done.said
    assert "Nothing was run" in done.out
    names = {path.name for path in (place.here / "out/api/openapi").iterdir()}
    assert {"mobile.yaml", "web.yaml"} <= names


def test_an_artefact_says_whether_it_needs_a_run() -> None:
    """What quotes figures of a run needs one, what is a contract does not, and all together do."""
    assert {e.id for e in asked("openapi") if e.runs} == set()
    assert needs_runs("report-html") and needs_runs(None)
    assert not needs_runs("openapi")
    assert not needs_runs("api"), "contracts and strategy follow from the model alone"


@pytest.mark.parametrize("id", domains())
def test_what_needs_no_run_is_the_same_with_one(id: str) -> None:
    """An artefact that says it quotes no run does not look at what only a run gives."""
    from backend_lead.search.assess import assess

    found = evidence.computed(assess(System.model_validate(load(id).system())), 1)
    bare = evidence.Design(
        system=found.system, digest=found.digest, seed=1, title=found.title, headline="",
        verdict="unknown", figures={}, screens=found.screens,
    )  # fmt: skip
    for emitter in asked("openapi"):
        assert emitter.emit(found) == emitter.emit(bare)
