"""Views of sums over a filled store: refreshed while asked, compared with the tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from backend_lead.app.verify_views import views_findings, views_lines
from backend_lead.catalog.domains import domains
from backend_lead.trial import analysing
from backend_lead.trial.analysing import Added, Views, chosen
from backend_lead.trial.drivers import Server
from backend_lead.trial.pipeline.proof import ALLOWED
from backend_lead.trial.proof import Trial, prove_store
from backend_lead.views.data.ddl import Statement
from backend_lead.views.data.star import Star
from tests.trial.stores import domain, emptied, layer_of

FEW = Trial(rows=3_000, workers=1, batch_s=0.0005)
LOADED = 2.0  # times what is allowed, where tests run side by side
SEEN = Views("Sales", "analytics.agg_sales_daily", 1000, 1e6, 1e8, 1800.0, first_s=0.02,
             refresh_s=0.1, scan_s=0.08, every_s=1.0, age_mean_s=0.61, age_most_s=1.09, changes=48,
             asked=600, asked_p50_s=4e-4, asked_most_s=9e-3, at_once=True,
             added=[Added("analytics.agg_sales_daily", {"n": "5"}, {"n": "5"}, ())])  # fmt: skip


@pytest.mark.parametrize("name", ["ecommerce", "generic"])
def test_views_are_proved_where_they_are_chosen(server: Server, name: str) -> None:
    """Made over filled tables, refreshed while they are asked: a row of today is there at once, a
    change of a closed day after the next refresh, and both sides add up to the same."""
    found = layer_of(domain(name))
    (store,) = found.stores
    proof = prove_store(emptied(server), found, store, FEW)
    assert set(proof.offered) == {v.id for v in found.offered}
    seen = proof.views
    assert seen is not None and seen.holds, seen
    assert seen.at_once and seen.changes == 48 and seen.asked > 50
    assert all(float(one.view[n]) > 0 for one in seen.added for n in one.view)
    assert abs(seen.off) <= LOADED * ALLOWED
    assert seen.scan_s > 0 and 0 < seen.refresh_s < seen.every_s


def test_other_stores_are_not_asked_for_views() -> None:
    """Views are proved in the store that holds all they read, and only where the design asks them
    rather than another store."""
    for name in domains():
        found = layer_of(domain(name))
        made = [chosen(found, store) for store in found.stores]
        assert sum(1 for one in made if one is not None) <= 1
    assert chosen(layer_of(domain("telemetry")), "cold") is None


def test_sums_that_differ_are_seen(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that a transformation loses is told, with both sums."""
    found = layer_of(domain("ecommerce"))
    right = analysing.materialised

    def lossy(made: Star) -> Iterator[Statement]:
        for statement in right(made):
            lost = "from public.order_lines where quantity > 500;"
            yield replace(statement, sql=statement.sql.replace("from public.order_lines;", lost))

    monkeypatch.setattr(analysing, "materialised", lossy)
    seen = prove_store(emptied(server), found, "db", FEW).views
    assert seen is not None and not seen.holds
    assert "views-differ" in [f.rule for f in views_findings(seen) if f.level == "error"]
    wrong = next(one for one in seen.added if one.differing)
    assert "quantity" in wrong.differing
    assert float(wrong.view["quantity"]) < float(wrong.tables["quantity"])


@pytest.mark.parametrize(
    ("seen", "rules"),
    [
        (SEEN, []),
        (replace(SEEN, at_once=False), ["views-late"]),
        (replace(SEEN, missed=1), ["views-late"]),
        (replace(SEEN, age_mean_s=0.8), ["views-off"]),
        (replace(SEEN, due_bytes=1e12), ["refresh-unknown"]),
        (replace(SEEN, added=[Added("a", {"n": "5"}, {"n": "6"}, ("n",))]), ["views-differ"]),
    ],
)
def test_what_went_wrong_is_told(seen: Views, rules: list[str]) -> None:
    """Sums that differ and rows that are late are errors, ages that were not predicted a warning, a
    refresh that may not be done in time a note; the page shows each."""
    found = list(views_findings(seen))
    assert [f.rule for f in found] == rules
    text = "\n".join(views_lines(seen))
    assert "predicted" in text and ("on both sides" in text or "in the tables" in text)
