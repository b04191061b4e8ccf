"""What building a data layer takes, in hours: nobody lists these, so they are assumed."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact

_WHY = "no general figure; engineering judgement, to be replaced by the team's own"
TABLE_H = Fact(
    "table-hours", "hours to build, fill and try a table with its statements", 8.0, 4.0, 24.0, "h",
    "assumed", _WHY,
)  # fmt: skip
GOVERN_H = Fact(
    "govern-hours", "hours to guard a table with people in it: rights, masks, erasure, tests", 12.0,
    6.0, 36.0, "h", "assumed", _WHY,
)  # fmt: skip
CONTRACT_H = Fact(
    "contract-hours", "hours to agree on a contract of a data product", 16.0, 8.0, 48.0, "h",
    "assumed", _WHY,
)  # fmt: skip
PIPELINE_H = Fact(
    "pipeline-hours", "hours to build a pipeline with its tests and alerts", 60.0, 30.0, 180.0, "h",
    "assumed", _WHY,
)  # fmt: skip
