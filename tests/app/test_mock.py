"""mock: which audience, what is predicted of each operation and where that comes from."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from backend_lead.analysis.uses import solve_all
from backend_lead.app.mock import mock_of
from backend_lead.app.model_file import read_checked
from backend_lead.inspecting import ModelPath, mock
from backend_lead.model.design import Run
from backend_lead.model.digest import digest
from backend_lead.model.finding import InvalidInput
from backend_lead.search.assess import assess
from backend_lead.views.resolve import resolve
from tests.app.good_model import GOOD
from tests.mock.library_model import LIBRARY


def written(folder: Path, text: str = LIBRARY) -> Path:
    model = folder / "backend.yaml"
    model.write_text(text, encoding="utf-8")
    return model


def test_the_solver_predicts_where_nothing_was_run(tmp_path: Path) -> None:
    """Latency is the solver's; the share that fails is what availability leaves, as computed."""
    told = mock_of(written(tmp_path))
    system = read_checked(tmp_path / "backend.yaml").system
    solved, one = solve_all(resolve(system), 1.0), told.mock.predicted["get_book"]
    assert one.p99_s == solved.p99_s["app.get_book"] and one.origin == "computed"
    journeys = {j.journey: 1 - j.availability for j in assess(system).availability}
    assert 0 < one.failed <= journeys["read"] * 1.000001
    assert "solver" in "\n".join(told.lines)
    assert "nothing is predicted of" not in "\n".join(told.lines)


def test_a_run_beside_the_model_goes_before(tmp_path: Path) -> None:
    """Its times and its failed share are taken, with unavailability on top."""
    model = written(tmp_path)
    system = read_checked(model).system
    times = {q: {"value": v, "low": v, "high": v}
             for q, v in (("p50", 0.5), ("p95", 0.7), ("p99", 0.9))}  # fmt: skip
    run = Run(
        id="steady", kind="steady", title="Peak", model_digest=digest(system), seed=1,
        horizon_s=35.0, warmup_s=5.0, scale=1, requests=1000, versions={}, repeat="again",
        results={"status": "complete", "requests_per_s": {"value": 1.0},
                 "latency_s": {"app.get_book": {"requests": 1000, "failed": 100, **times}}},
    )  # fmt: skip
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "steady.json").write_text(json.dumps(asdict(run)), encoding="utf-8")
    told = mock_of(model)
    one, other = told.mock.predicted["get_book"], told.mock.predicted["list_books"]
    assert (one.p50_s, one.p95_s, one.p99_s, one.origin) == (0.5, 0.7, 0.9, "simulated")
    assert 0.1 < one.failed < 0.11 and other.origin == "computed"
    assert "run `steady`" in "\n".join(told.lines)


def test_an_overload_is_told_with_times_of_a_load_that_is_carried(tmp_path: Path) -> None:
    """Without a steady state times are those of a share of the load, and that is said."""
    text = LIBRARY.replace("users: 1k", "users: 4M")
    told = mock_of(written(tmp_path, text))
    assert {p.load for p in told.mock.predicted.values()} <= {0.5, 0.1, 0.001}
    assert "does not carry the stated load" in "\n".join(told.lines)


def test_what_no_journey_enters_takes_time_too(tmp_path: Path) -> None:
    """An operation behind a front that journeys ask is as slow and as fallible as it is."""
    text = LIBRARY.replace("read: {steps: [app.list_books, app.get_book, app.lend]}",
                           "read: {steps: [app.list_books, app.lend]}")  # fmt: skip
    told = mock_of(written(tmp_path, text))
    one = told.mock.predicted["get_book"]
    assert one.p50_s > 0.001 and one.failed > 0 and one.load == 1.0
    assert "nothing is predicted" not in "\n".join(told.lines)


def test_an_audience_that_is_not_there_is_told(tmp_path: Path) -> None:
    """The finding names those that are; the first is served where none is asked for."""
    model = written(tmp_path)
    with pytest.raises(InvalidInput) as raised:
        mock_of(model, "mobile")
    (finding,) = raised.value.findings
    assert (finding.rule, finding.seen, finding.allowed) == (
        "audience-unknown", "mobile", "web, partner")  # fmt: skip
    assert mock_of(model).mock.audience == "web"
    assert mock_of(model, "partner").mock.audience == "partner"


def test_a_model_without_a_contract_is_told(tmp_path: Path) -> None:
    """Nothing is served of a model that promises callers nothing."""
    with pytest.raises(InvalidInput) as raised:
        mock_of(written(tmp_path, GOOD))
    assert raised.value.findings[0].rule == "no-api"


def test_a_folder_stands_for_the_model_in_it(tmp_path: Path) -> None:
    """As with every other command."""
    written(tmp_path)
    seen = ModelPath().convert(tmp_path, None, None)
    assert seen == tmp_path / "backend.yaml"
    assert isinstance(next(p for p in mock.params if p.name == "model").type, ModelPath)
