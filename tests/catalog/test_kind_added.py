"""Adding a kind is adding one folder: nothing else is edited."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend_lead import catalog
from backend_lead.analysis import simulation
from backend_lead.analysis.cost import cost
from backend_lead.app.model_kinds import kind_findings
from backend_lead.app.model_steps import step_findings
from backend_lead.views.document import Document
from backend_lead.views.resolve import resolve
from tests.added import added
from tests.catalog.every_kind import asked_by_a_service, read_model

LEDGER = '''"""A ledger: one thread on one machine that writes everything down in order."""

from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import HOURS_MONTH, Item, Kind, Station

SYNC_S = Fact("sync", "time until an entry is on disk", 2e-3, 1e-3, 5e-3, "s", "assumed", "a test")


class Ledger(Kind):
    """Entries are written one by one."""

    id = "ledger"
    title = "Ledger"
    role = "ledger"
    asked_with = "query"
    summary = "one thread that writes entries in order"
    fields = frozenset(["kind", "title", "instance", "operations"])
    required = frozenset({"instance", "operations"})
    facts = (SYNC_S,)
    availability = Fact("ledger", "it is up", 0.999, 0.99, 0.9999, "ratio", "assumed", "a test")
    repair = Fact("repair", "repair", 600.0, 60.0, 6e3, "s", "assumed", "a test")

    def work_s(self, component, operation):
        return operation.cpu.value, SYNC_S.value

    def stations(self, name, component, traffic):
        return [Station(id=name, component=name, groups=1, per_group=1, cores=1, workers=1,
                        queue=None, balance="random", zones=(0,))]

    def items(self, name, component, traffic):
        return [Item("machine", component.instance, HOURS_MONTH, "hour")]


KIND = Ledger()
'''
MODEL = asked_by_a_service(
    "200/s", "{query: store.ask, timeout: 1 s}",
    "  store: {kind: ledger, instance: m7g.large, operations: {ask: {type: write, cpu: 0.2 ms}}}",
)  # fmt: skip


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[None]:
    """A folder on the catalogue's path that holds one more kind."""
    with added(catalog, tmp_path, "ledger/__init__.py", LEDGER):
        yield


def test_a_folder_is_a_kind(ledger: None) -> None:
    """A model that names it is checked, resolved, priced and simulated by its own laws."""
    system, document = read_model(MODEL), Document.parse(MODEL)
    assert not [*kind_findings(system, document), *step_findings(system, document)]
    flow = resolve(system)
    assert [line.sku for line in cost(flow).lines if line.component == "store"] == ["m7g.large"]
    ran = simulation.run_steady(flow, 1, measure_s=20.0)
    store = next(x for x in simulation.station_loads(ran, "") if x.station == "store")
    assert store.ended_per_s == pytest.approx(200, rel=0.05)
    assert store.held == pytest.approx(200 * 2.2e-3, rel=0.1)  # one thread, 2.2 ms each


def test_without_its_folder_the_kind_is_unknown() -> None:
    """The same model is refused with a finding where nobody added the kind."""
    found = list(kind_findings(read_model(MODEL), Document.parse(MODEL)))
    assert [finding.rule for finding in found] == ["model-unknown-kind"]
