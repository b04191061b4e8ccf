"""What a design needs of the provider's quotas."""

from __future__ import annotations

import pytest

from backend_lead.app.model_file import read_checked_text
from backend_lead.catalog.quotas import QUOTAS
from backend_lead.views.quotas import MEASURES, Need, needs
from backend_lead.views.resolve import resolve
from tests.app.good_model import changed


def needed(*changes: tuple[str, str]) -> dict[str, Need]:
    found = needs(resolve(read_checked_text(changed(*changes)).system))
    assert found is not None
    return {need.quota.fact.id: need for need in found}


def test_every_quota_can_be_counted() -> None:
    """Each quota's measure is known, and its fact says where it is from."""
    for quotas in QUOTAS.values():
        for quota in quotas:
            assert quota.measure in MEASURES and quota.fact.value > 0
            assert quota.fact.origin == "catalogue"


def test_what_counts() -> None:
    """vCPUs of one's own machines, targets of a balancer, databases without their standby."""
    found = needed()
    assert found["ec2-vcpus"].value == 6 * 2 + 9 * 2
    assert found["alb-targets"].value == 6
    assert (found["rds-instances"].value, found["cache-nodes"].value) == (1, 2)
    # lists that the edge may hold: 1000/s of which 90% browse, in two requests of 19/20
    assert found["cdn-requests"].value == pytest.approx(1000 * 0.9 / 1.9, rel=1e-6)
    assert found["cdn-bandwidth"].value == pytest.approx(1000 * 0.9 / 1.9 * 20e3, rel=1e-6)
    assert not {"rds-replicas", "function-runs", "nat-connections"} & set(found)


def test_sums_over_parts_or_the_largest_part() -> None:
    """Replicas are counted for one database, databases over all."""
    store = "    zones: 3\n    operations"
    found = needed((store, "    zones: 3\n    replicas: 4\n    shards: 3\n    operations"))
    assert found["rds-replicas"].value == 4
    assert found["rds-instances"].value == 3 * 5
    assert found["rds-volume"].value == pytest.approx(found["rds-storage"].value / 15)


def test_over_a_quota_or_not() -> None:
    """A need is over when it exceeds the default."""
    assert needed(("count: 6", "count: 1001"))["alb-targets"].over
    assert not needed(("count: 6", "count: 1000"))["alb-targets"].over


def test_quotas_of_others_are_not_known() -> None:
    """For a provider without a list there is no answer, rather than none needed."""
    system = read_checked_text(changed(("provider: aws", "provider: gcp"))).system
    assert needs(resolve(system)) is None
