"""verify tells what a drill says of the design: rates carried to its size, promises, findings."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from backend_lead.app import verify_drill as use
from backend_lead.app.verify import GROUPS
from backend_lead.trial.drill.proof import Compared, Drill, Forgotten, Harm, Lost, Restored
from backend_lead.views.data.recovering import assumed, recoveries, within
from tests.trial.stores import domain, layer_of

GB = 10**9


def seen(**changed: Any) -> Drill:
    """A drill in which everything holds: 200 MB/s copied, 100 MB/s replayed, a start of 1 s."""
    whole = {
        "restored": [Restored("the moment before", GB, 5.0, 11.0, GB, 10.0)],
        "compared": Compared(3, 1000, 0.5, ()),
        "harm": Harm(("DELETE FROM orders",), ("orders",), 900),
        "lost": [Lost("a timeout of 1 s", 100.0, 400, 90, 1.0, 2.0)],
        "forgotten": Forgotten("users", {"users": 1}, {"users": 0}, {"users": 1}, {"users": 0}, {},
                               0.1),
        "seconds": 30.0,
    }  # fmt: skip
    return Drill("db", "PostgreSQL 18", 1, {"orders": 1000}, **{**whole, **changed})


def drilled(drill: Drill, **promised: str) -> use.Drilled:
    """It with a shop that promises something."""
    content = domain("ecommerce")
    for name, value in {"lose_most": "10 min", **promised}.items():
        content["data"][name] = value
    found = layer_of(content)
    return use.Drilled(drill, found, list(use._predicted(found, drill)))


def rules(found: use.Drilled) -> dict[str, str]:
    return {f.rule: f.level for f in use._findings(found)}


def test_rates_are_carried_to_the_design() -> None:
    """A restore of today and of later takes the start, the bytes at the rate of copying and the
    log at that of replaying, by what was measured and by what is assumed."""
    found = drilled(seen())
    likely = assumed(found.layer.system.components["db"])[0]
    for one, same in zip(found.predicted, recoveries(found.layer, "db"), strict=True):
        expected = likely.start_s + 1.0 + same.bytes / 200e6 + same.log_bytes / 100e6
        assert one.measured_s == pytest.approx(expected)
        assert one.assumed_s == pytest.approx(same.took_s(likely))
    sizes = [one.recovery.bytes for one in found.predicted]
    assert sizes == sorted(sizes) and sizes[0] < sizes[-1]


def test_a_promise_that_cannot_be_kept_is_told() -> None:
    """Stated, it fails; only assumed, it is told; where the rates disagree it is not known."""
    assert rules(drilled(seen(), restore_within="2 d")) == {}
    assert rules(drilled(seen(), restore_within="5 min"))["restore-late"] == "error"
    later = rules(drilled(seen(), restore_within="45 min"))
    assert later == {"restore-late-later": "warning"}
    slow = seen(restored=[Restored("the moment before", GB, 5000.0, 11.0, GB, 10.0)])
    assert rules(drilled(slow, restore_within="45 min"))["restore-late"] == "unknown"


def test_a_small_backup_is_a_lower_bound() -> None:
    """Its rate can show that a restore is in time, not that it is late; the lines say so."""
    small = seen(restored=[Restored("the moment before", 50 * 10**6, 5.0, 2.0, GB, 1.0)])
    found = drilled(small, restore_within="5 min")
    assert found.predicted[0].verdict == "unknown"
    assert drilled(small, restore_within="2 d").predicted[0].verdict == "pass"
    text = "\n".join(use.drill_lines(found))
    assert "at least 10 MB/s" in text and "at most" in text and "--rows 1M" in text


def test_too_few_bytes_are_not_taken_for_a_rate() -> None:
    """Then what is promised is not known to hold, and the hint says how to know."""
    few = seen(restored=[Restored("the moment before", 1000, 0.1, 0.2, 1000, 0.1)])
    found = drilled(few, restore_within="2 d")
    (told,) = use._findings(found)
    assert (told.rule, told.level) == ("restore-late", "unknown") and "--rows 1M" in told.hint
    assert any("too few bytes" in line for line in use.drill_lines(found))


@pytest.mark.parametrize(("changed", "rule", "level"), [
    ({"compared": Compared(3, 1000, 0.5, ("orders",))}, "restore-differs", "error"),
    ({"compared": None}, "restore-differs", "error"),
    ({"lost": [Lost("a timeout of 1 s", 100.0, 400, 390, 3.9, 2.0)]}, "restore-lost-more",
     "warning"),
    ({"forgotten": Forgotten("users", {"users": 1}, {"users": 0}, {"users": 1}, {"users": 1}, {},
                             0.1)}, "person-back", "error"),
])  # fmt: skip
def test_what_does_not_hold_is_a_finding(changed: dict[str, Any], rule: str, level: str) -> None:
    """Tables that differ, more lost than was set, a person who stays back."""
    assert rules(drilled(seen(**changed), restore_within="2 d")) == {rule: level}


def test_backups_older_than_the_deadline_need_the_list() -> None:
    """Kept longer than people may stay, they are a finding where the list does not take away who
    comes back, and none where it does."""
    bad = seen(forgotten=replace(seen().forgotten, replayed={"users": 1}))  # type: ignore[type-var]
    promised = {"restore_within": "2 d", "backups_kept": "90 d"}
    assert "backups-outlive" in rules(drilled(bad, **promised))
    assert rules(drilled(seen(), **promised)) == {}


def test_a_lost_disk_against_what_may_be_lost() -> None:
    """One machine whose log is archived every five minutes does not lose a minute at most; with a
    standby it does."""
    content = domain("ecommerce")
    content["data"].update(lose_most="1 min", restore_within="2 d")
    for zones, expected in ((1, {"restore-loses": "error"}), (2, {})):
        content["components"]["db"]["zones"] = zones
        found = layer_of(content)
        made = use.Drilled(seen(), found, list(use._predicted(found, seen())))
        assert rules(made) == expected


def test_the_lines_tell_all_of_it() -> None:
    """Backup, harm, what was lost, who came back, the rates, and the design's own sizes."""
    text = "\n".join(use.drill_lines(drilled(seen(), restore_within="1 h", lose_most="1 min")))
    for words in ("DELETE FROM orders: 900 rows gone", "0 that differ", "90 of 400 commits lost",
                  "1 traces, 0 when erased, 1 back with the backup, 0 once", "200 MB/s", "100 MB/s",
                  "in 36 months", "lose at most 60 s"):  # fmt: skip
        assert words in text, text


def test_the_evidence_holds_what_was_seen() -> None:
    """Every figure with how to get it again."""
    kept = json.loads(use.evidence([drilled(seen())], "backend-lead verify --only restore"))
    assert kept["repeat"].endswith("--only restore")
    store = kept["stores"]["db"]
    assert store["holds"] and store["copy_bytes_per_s"] == 200e6
    assert [p["months"] for p in store["predicted"]] == [0, 1, 12, 36]


def test_verdicts_of_several_predictions() -> None:
    """All in time holds, none fails, some is not known; restores are a group of `verify`."""
    assert within(1.0, 2.0, most_s=3.0) == "pass"
    assert within(1.0, 4.0, most_s=3.0) == "unknown"
    assert within(5.0, 4.0, most_s=3.0) == "fail"
    assert "restore" in GROUPS
