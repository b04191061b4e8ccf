"""Which numbers count as assumed of the load."""

from __future__ import annotations

from backend_lead.analysis.assumptions import assumed, quantities
from backend_lead.catalog.domains import load
from backend_lead.model.system import System


def test_what_makes_no_load_is_not_turned() -> None:
    """Rows that a statement finds and data products have ranges, and move no machine."""
    system = System.model_validate(load("generic").system())
    every = {path for path, q in quantities(system) if q.origin == "assumed" and q.range}
    turned = {path for path, _ in assumed(system)}
    left = every - turned
    assert any(".pattern.rows" in path for path in left)
    assert any(path.startswith("data.") for path in left)
    assert all(".pattern." not in path and not path.startswith("data.") for path in turned)
    assert any(path.endswith(".cpu") for path in turned)
