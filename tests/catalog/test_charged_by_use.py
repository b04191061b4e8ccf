"""What balancers and disks are charged for, and what a volume sustains by its size."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend_lead.catalog import kind_of
from backend_lead.catalog.domains import load
from backend_lead.catalog.kind import BILLED_GB, Traffic
from backend_lead.model.system import System
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve
from backend_lead.views.traffic import traffic

GIB = 2.0**30
DB = kind_of("postgres")


def flow() -> Flow:
    return resolve(System.model_validate(load("generic").system()))


def units(seen: Traffic) -> float:
    """Capacity units of a balancer, by the hour."""
    system = flow().system
    items = kind_of("load-balancer").items("edge", system.components["edge"], seen)
    return next(item.quantity for item in items if item.name == "capacity units") / 730


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (Traffic(new_connections_per_s=50.0), 2.0),
        (Traffic(connections=9_000.0), 3.0),
        (Traffic(bytes_per_s=4 * BILLED_GB / 3600), 4.0),
        (Traffic(new_connections_per_s=25.0, connections=9_000.0), 3.0),
    ],
)
def test_a_balancer_is_charged_for_what_asks_for_most(seen: Traffic, expected: float) -> None:
    """25 new connections a second, 3,000 active ones, 1 GB an hour."""
    assert units(seen) == pytest.approx(expected)


def test_a_balancer_is_charged_for_requests_and_responses() -> None:
    """Bytes both ways pass it; only responses leave for the internet."""
    found = flow()
    ends = [e for part in found.system.components.values() for e in part.endpoints.values()]
    before = traffic(found, "edge")
    for endpoint in ends:
        assert endpoint.request is not None
        endpoint.request = endpoint.request.model_copy(
            update={"value": endpoint.request.value + 1e6}
        )
    after = traffic(found, "edge")
    mean = 1 / found.system.workload.peak.factor.value
    assert after.bytes_per_s - before.bytes_per_s == pytest.approx(
        after.requests_per_s * mean * 1e6
    )
    assert after.bytes_out_month == before.bytes_out_month


@pytest.mark.parametrize(
    ("rows_gib", "shards", "machine", "iops"),
    [
        (100.0, 1, "db.m7g.16xlarge", 3_000.0),
        (249.0, 1, "db.m7g.16xlarge", 3_000.0),
        (251.0, 1, "db.m7g.16xlarge", 64_000.0),
        (251.0, 2, "db.m7g.16xlarge", 3_000.0),
        (251.0, 1, "db.m7g.large", 3_600.0),
        (100.0, 1, "db.m7g.large", 3_000.0),
    ],
)
def test_a_disk_sustains_what_its_volume_and_machine_do(
    rows_gib: float, shards: int, machine: str, iops: float
) -> None:
    """Below 400 GiB of rows and indexes a volume does 3,000 a second; the machine may do less."""
    part = flow().system.components["db"]
    part = part.model_copy(update={"shards": shards, "instance": machine})
    station = DB.stations("db", part, Traffic(storage_bytes=rows_gib * GIB))[0]
    assert station.disk_iops == min(iops, DB.machine(part).disk_iops)


@pytest.mark.parametrize(
    ("reads", "iops"), [(0.0, 3_000.0), (1_500.0, 3_000.0), (1_501.0, 64_000.0)]
)
def test_a_volume_is_ordered_for_what_is_read(reads: float, iops: float) -> None:
    """Little data that is read much lies on a volume of 400 GiB; it is paid for."""
    part = flow().system.components["db"].model_copy(update={"instance": "db.m7g.16xlarge"})
    seen = Traffic(storage_bytes=10 * GIB, page_reads_per_s=reads)
    assert DB.stations("db", part, seen)[0].disk_iops == iops
    items = {item.name: item.quantity for item in DB.items("db", part, seen)}
    kept = 20.0 if iops == 3_000 else 400.0
    assert items["storage"] == pytest.approx(kept * DB.instances(part))


@pytest.mark.parametrize("reads", [1_000.0, 2_000.0, 12_500.0])
def test_less_data_never_needs_a_dearer_or_slower_disk(reads: float) -> None:
    """As rows grow, neither the volumes of the bill nor what the disk sustains become fewer."""
    part = flow().system.components["db"].model_copy(update={"instance": "db.m7g.16xlarge"})
    sizes = [1.0, 12.0, 13.0, 100.0, 249.0, 251.0, 300.0, 1_000.0]
    seen = [Traffic(storage_bytes=gib * GIB, page_reads_per_s=reads) for gib in sizes]
    disks = [DB.stations("db", part, each)[0].disk_iops for each in seen]
    volumes = [DB.items("db", part, each)[1].quantity for each in seen]
    assert volumes == sorted(volumes)
    assert disks == sorted(disks)


def test_what_is_read_at_the_stated_load_orders_the_disk() -> None:
    """The resolved model has the disk that its reads ask for, however few rows there are."""
    model = load("generic").system()
    for client in model["workload"]["clients"].values():
        client["users"] |= {"value": "1M", "origin": "stated"}
        client["users"].pop("range", None)
    found = resolve(System.model_validate(model))
    reads = found.traffic["db"].page_reads_per_s
    assert reads > 1_500
    assert found.stations["db"].disk_iops == DB.machine(found.system.components["db"]).disk_iops


def test_operations_beyond_those_included_are_paid_for() -> None:
    """12,000 a second of each node are free."""
    part = flow().system.components["db"]
    seen = Traffic(storage_bytes=1000 * GIB, page_reads_per_s=12_000.0)
    for more in (0.0, 500.0):
        busy = replace(seen, page_reads_per_s=seen.page_reads_per_s + more)
        items = {item.name: item.quantity for item in DB.items("db", part, busy)}
        assert items["disk operations"] == more * DB.instances(part)
