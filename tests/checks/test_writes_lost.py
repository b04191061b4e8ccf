"""The rule of writes that failovers lose, on whole and on incomplete evidence."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from backend_lead.checks import rules
from tests.app.good_model import GOOD, line_of
from tests.checks.test_rules import evidence, run_of

FAILOVER = {"store": "db", "at_s": 20.0, "by": "replica", "after_s": 15.0, "lag_s": 2.0,
            "writes": 189.0, "origin": "simulated", "why": "as seen"}  # fmt: skip


@pytest.mark.parametrize("told", [
    {}, [{}], [None], ["189"], [{**FAILOVER, "writes": None}], [{**FAILOVER, "writes": "189"}],
    [{**FAILOVER, "lag_s": math.nan}], [{**FAILOVER, "by": "nobody"}],
    *([{name: value for name, value in FAILOVER.items() if name != missing}]
      for missing in FAILOVER),
])  # fmt: skip
def test_a_failover_that_the_evidence_tells_incompletely_is_not_known(told: object) -> None:
    """Neither a pass nor a crash; a complete one beside it is judged all the same."""
    run = run_of(GOOD, {})
    rows = [*told, FAILOVER] if isinstance(told, list) else told
    kept = replace(run, id="stated", results={**run.results, "failovers": rows})
    levels = ["unknown", "warning"] if isinstance(told, list) else ["unknown"]
    found = list(rules()["writes-lost"].check(evidence(GOOD, [kept])))
    assert [f.level for f in found] == levels
    assert "of run stated does not say in full what a failover lost" in found[0].message
    assert "lag_s" in found[0].allowed and found[0].hint


@pytest.mark.parametrize(("writes", "lose_most", "level"), [
    (189.0, None, "warning"), (189.0, "1 s", "error"), (189.0, "2 s", None), (0.0, None, None),
    (0.0, "1 s", None),
])  # fmt: skip
def test_writes_that_a_failover_loses_are_told(
    writes: float, lose_most: str | None, level: str | None
) -> None:
    """Those of more than may be lost are an error; where nothing says how many, a warning."""
    run = run_of(GOOD, {})
    told = {**FAILOVER, "writes": writes}
    kept = replace(run, id="stated", results={**run.results, "failovers": [told]})
    text = GOOD + (f"data: {{lose_most: {lose_most}}}\n" if lose_most else "")
    found = list(rules()["writes-lost"].check(evidence(text, [kept])))
    assert [f.level for f in found] == ([level] if level else [])
    for f in found:
        assert "loses some 189 acknowledged writes (run stated)" in f.message
        assert f.seen == "the writes of the last 2 s" and f.place.line == line_of(GOOD, "  db:")
