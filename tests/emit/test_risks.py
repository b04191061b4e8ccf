"""The risk register: rows from what was found, a severity by its rule, stable ids."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import pytest

from backend_lead import emit
from backend_lead.emit.management.register import KINDS, NEAR, Risk
from backend_lead.emit.management.risks import COLUMNS, risks
from backend_lead.model.design import Assumption, Bottleneck, Capacity, Design
from backend_lead.model.finding import Finding, Place
from tests.emit.sample_design import bare_design, sample_design


def by_id(design: Design) -> dict[str, Risk]:
    return {row.id: row for row in risks(design)}


def rows_of(design: Design) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(emit.render(design, "risks")["risks.csv"])))


def test_no_risk_names_a_number_by_its_place_in_a_list() -> None:
    """A promise among others is told in words, not as `slos[0].availability`."""
    design = sample_design()
    flip = replace(design.flips[0], path="slos[0].availability", within=True)
    design.flips, design.assumptions = (flip,), []
    text = emit.render(design, "risks")["risks.md"]
    assert "promised availability" in text.lower() and "slos[" not in text


def test_every_source_has_its_rows() -> None:
    """Trials, single parts, assumptions, findings and gaps of the sample are all there."""
    rows = by_id(sample_design())
    assert set(rows) == {
        "fault-zone-loss", "fault-cache-loss", "fault-db-failover", "single-orders-db",
        "assumption-workload-clients-mobile-think-time",
        "assumption-components-product-cache-hit-ratio",
        "finding-timeout-order-workload-clients-mobile-timeout",
        "finding-backup-drill-no-restore-has-been-tried", "open-loss-of-a-whole-region",
        "open-growth-of-one-customer-beyond-one-shard",
    }  # fmt: skip
    assert {row.about for row in rows.values()} <= set(KINDS)


def test_severity_of_faults_is_users_by_time() -> None:
    """Share of users times share of the allowed time; a failed trial is at least 100."""
    rows = by_id(sample_design())
    assert rows["fault-zone-loss"].severity == pytest.approx(100 * 0.041 * 11.4 / 60)
    assert rows["fault-cache-loss"].severity == 100
    design = sample_design()
    design.trials = [replace(design.trials[0], recover_s=None)]
    assert by_id(design)["fault-zone-loss"].severity == pytest.approx(4.1)


def test_severity_of_assumptions_is_the_worse_end() -> None:
    """What the dearer end adds to the bill; 100 where no sizes hold there, none where cheaper."""
    design = sample_design()
    first = design.assumptions[0]
    assert by_id(design)["assumption-workload-clients-mobile-think-time"].severity == (
        pytest.approx(100 * (112_000 / 61_240 - 1))
    )
    design.assumptions = [replace(first, cost_high=None), _cheap(design.assumptions[1])]
    found = [row for row in risks(design) if row.about == "assumption"]
    assert [(row.severity, "no sizes" in row.effect) for row in found] == [(100, True)]


def _cheap(row: Assumption) -> Assumption:
    return replace(row, cost_low=50_000.0, cost_high=60_000.0)


def test_objectives_missed_or_near_are_risks() -> None:
    """p99 and down time from three quarters of what is allowed; journeys alike share a row."""
    design = sample_design()
    slow = replace(design.latencies[4], objective_p99_s=design.latencies[4].p99_s.value / 0.8)
    design.latencies[4] = slow
    down = [replace(row, objective=0.9999, verdict="fail") for row in design.availability]
    design.availability = down
    rows = by_id(design)
    assert rows["objective-p99-app-place-order"].severity == pytest.approx(80)
    both = rows["objective-availability-buy-account"]
    assert both.severity == pytest.approx(380) and "`buy`, `account`" in both.risk
    design.latencies[4] = replace(slow, objective_p99_s=slow.p99_s.value / (NEAR - 0.01))
    assert "objective-p99-app-place-order" not in by_id(design)


def test_limits_within_a_quarter_of_the_peak_are_risks() -> None:
    """Less than 25 % left above the stated peak; more is none."""
    design = sample_design()
    assert design.capacity
    necks = (Bottleneck(1, "app", "cores", 1.2e6, 112_000, 0.83, "law"),
             Bottleneck(2, "app", "workers", 1.3e6, 121_000, 0.7, "law"))  # fmt: skip
    design.capacity = Capacity(design.capacity.points, 1.2e6, 1e5, 1e6, necks, 1.2)
    rows = by_id(design)
    assert rows["limit-app-cores"].severity == pytest.approx(100 / 1.2)
    assert "limit-app-workers" not in rows


def test_sorted_and_without_duplicates() -> None:
    """The most severe first, those without a number last; the same finding twice is one row."""
    design = sample_design()
    design.findings = design.findings * 2
    rows = risks(design)
    known = [row.severity for row in rows if row.severity is not None]
    assert known == sorted(known, reverse=True)
    assert all(row.severity is None for row in rows[len(known) :])
    assert len({row.id for row in rows}) == len(rows)


def test_ids_stay_while_numbers_change() -> None:
    """The same risks with other numbers have the same ids."""
    design = sample_design()
    before = {row.id for row in risks(design) if row.about in ("fault", "assumption")}
    design.trials = [replace(t, users_affected=t.users_affected / 7) for t in design.trials]
    design.assumptions = [replace(a, text="7 s", cost_high=a.cost_high and a.cost_high + 5)
                          for a in design.assumptions]  # fmt: skip
    assert {row.id for row in risks(design) if row.about in ("fault", "assumption")} == before


def test_the_table_says_what_the_page_says() -> None:
    """risks.csv has a row for each risk, every cell filled; the page names each id once."""
    design = sample_design()
    page, rows = emit.render(design, "risks")["risks.md"], rows_of(design)
    assert list(rows[0]) == list(COLUMNS)
    assert [row["id"] for row in rows] == [row.id for row in risks(design)]
    for row in rows:
        assert all(row.values()) and row["owner"] == "to be named"
        assert page.count(f"`{row['id']}`") == 1


def test_evidence_can_be_opened() -> None:
    """Every link of the register, the plan, the views and the README leads to a file written."""
    out = emit.render(sample_design())
    for path in ("risks.md", "README.md", "work-plan.md", "executive.md", "views/c4.md"):
        folder = path.rpartition("/")[0]
        for target in re.findall(r"\]\(([^)]+)\)", out[path]):
            whole = f"{folder}/{target}" if folder else target
            assert whole in out or whole == "evidence/", (path, target)
    for row in rows_of(sample_design()):
        assert row["link"] in out


def test_a_cell_is_never_a_formula() -> None:
    """Text that a spreadsheet would run is kept as text, on one line."""
    design = bare_design()
    design.findings = [Finding("x", "warning", "=HYPERLINK(1)\n+2", Place(), "@sum", "", "-1")]
    row = next(row for row in rows_of(design) if row["about"] == "finding")
    assert row["risk"] == "'=HYPERLINK(1) +2" and not row["mitigation"].startswith("-")


def test_nothing_run_has_no_invented_numbers() -> None:
    """Without runs only what the model itself shows is a risk."""
    assert {row.about for row in risks(bare_design())} == {"single"}


def test_a_number_that_turns_the_choice_is_one_risk() -> None:
    """It joins the row of its assumption; without one it has its own, by the range beyond it."""
    design = sample_design()
    rows = by_id(design)
    joined = rows["assumption-workload-clients-mobile-think-time"]
    assert "at 6.2 s the choice changes" in joined.effect and "an afternoon" in joined.mitigation
    assert not [row for row in rows.values() if row.about == "choice"]
    design.assumptions = [replace(a, cost_low=None, cost_high=None) for a in design.assumptions]
    alone = by_id(design)["choice-workload-clients-mobile-think-time"]
    assert alone.severity == pytest.approx(100 * (6.2 - 5) / (20 - 5))
    turns = {row.id for row in risks(design) if row.about == "choice"}
    assert len(turns) == 2, "the third flips outside its range"


def test_a_limit_is_watched_at_the_trigger_of_the_roadmap() -> None:
    """Where the stage of today is left by the same metric, its value is what to watch."""
    design = sample_design()
    assert design.capacity
    neck = Bottleneck(1, "recommender", "cores", 1.2e6, 112_000, 0.72, "law")
    design.capacity = Capacity(design.capacity.points, 1.2e6, 1e5, 1e6, (neck,), 1.2)
    assert "more than 71% in use on a normal day" in by_id(design)["limit-recommender-cores"].sign
