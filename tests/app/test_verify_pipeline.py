"""verify: what is told of a run of the pipeline."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend_lead.app import verify_pipeline as use
from backend_lead.trial.drivers import CannotRun
from backend_lead.trial.pipeline import Compared, Erased, Outage, Proof, Reconciled
from tests.views.streaming_model import shop


def ran(**more: object) -> Proof:
    """A run that went well, or as told."""
    proof = Proof("shop.payment", 1, 150.0, 0.1, 0.5, 150, {"duckdb": "2"})
    proof.compared = [Compared("freshness_p50", "Age of events, p50", 0.4, 0.42, 0.4, 0.44, 900)]
    proof.reconciled = Reconciled(9, 9, 5, 5, {"amount": ("7", "7")}, 0, 0, 0)
    proof.erased = Erased("t", {"store": 3, "stream": 4}, {"store": 0, "stream": 0}, 0.5)
    return replace(proof, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("more", "rules"),
    [
        ({}, []),
        ({"reconciled": Reconciled(9, 8, 5, 5, {}, 0, 1, 0)}, ["pipeline-differs"]),
        ({"erased": Erased("t", {"store": 3}, {"store": 1}, 0.5)}, ["person-left"]),
        ({"compared": [Compared("catch_up", "Catching up", 4.0, 6.0, 5.5, 6.5, 9)]},
         ["pipeline-off"]),
    ],
)  # fmt: skip
def test_what_went_wrong_is_a_finding(
    more: dict[str, object], rules: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost event and a person's trace are errors, a time that is off a warning."""
    monkeypatch.setattr(use, "missing", list)
    monkeypatch.setattr(use, "run", lambda *_, **__: ran(**more))
    proof, findings = use.proved(shop(), 1, lambda _: None)
    assert proof is not None and [f.rule for f in findings] == rules
    text = "\n".join(use.pipeline_lines(proof))
    assert "shop.payment" in text and "predicted" in text
    assert [f.level for f in findings] == ["warning" if r == "pipeline-off" else "error"
                                           for r in rules]  # fmt: skip


def test_what_was_not_run_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing parts, and a pipeline that does not start, are unknown and never a pass."""
    monkeypatch.setattr(use, "missing", lambda: ["duckdb"])
    _, (finding,) = use.proved(shop(), 1, lambda _: None)
    assert (finding.rule, finding.level) == ("parts-missing", "unknown")

    def refuses(*_: object, **__: object) -> Proof:
        raise CannotRun("the sink did not start within 30 s")

    monkeypatch.setattr(use, "missing", list)
    monkeypatch.setattr(use, "run", refuses)
    proof, (finding,) = use.proved(shop(), 1, lambda _: None)
    assert proof is None and (finding.rule, finding.level) == ("pipeline-unproved", "unknown")
    assert "did not start" in finding.message


def test_a_pipeline_that_the_design_does_not_have_is_told_as_such() -> None:
    """Where no stream is needed the page says first that nothing of it runs; what was counted is
    explained where it is less than what was written."""
    proof = ran(not_built="no stream is needed at this load", events=12)
    lines = list(use.pipeline_lines(proof))
    assert lines[0] == "Not part of this design: no stream is needed at this load"
    assert any("counted without the 3 changes of persons who were erased" in x for x in lines)
    assert "Not part" not in "\n".join(use.pipeline_lines(ran()))


def test_a_simulated_time_stands_beside_the_measured_one() -> None:
    """Both predictions are shown, that of the closed form and that of the kernel."""
    row = Compared("catch_up", "Catching up", 2.28, 2.53, 2.4, 2.6, 9, 2.31)
    away = [Outage(3.02, 2.53), Outage(3.1, 2.04)]
    text = "\n".join(use.pipeline_lines(ran(compared=[row], outages=away)))
    assert "2.28 s predicted" in text and "2.31 s simulated" in text
    assert "2.53 s after 3.02 s, 2.04 s after 3.10 s" in text
