"""Keys of shards: who has one, and when one key is too much."""

from __future__ import annotations

import pytest

from backend_lead.catalog.domains import domains
from backend_lead.views.data.sharding import hottest, key_column, sharding
from tests.views.data.databases import domain_layer


def test_even_keys_load_shards_evenly() -> None:
    """Without a favourite each shard has about its share; with one shard it has all."""
    assert hottest(1e6, 0.0, 1) == pytest.approx(1.0)
    assert hottest(1e6, 0.0, 16) == pytest.approx(1 / 16, rel=0.1)


def test_one_key_can_be_too_much() -> None:
    """No number of shards takes away the load of the most popular key."""
    alone = 1 / sum(rank**-1.5 for rank in range(1, 10_001))
    assert hottest(10_000, 1.5, 256) > alone > 0.35


def test_the_sum_of_a_long_tail() -> None:
    """A tail that is integrated has the weight that it has when it is added up."""
    exact = sum(rank**-0.8 for rank in range(1, 300_001))
    assert 1 / hottest(300_000, 0.8, 10**6) < exact
    assert hottest(300_000, 0.8, 1) == pytest.approx(1.0, rel=1e-4)


def test_who_has_the_key() -> None:
    """Orders and their customer have the customer's key; products have none; what hangs on a row
    has the key where it is part of the row's own."""
    shop = domain_layer("ecommerce")
    found = sharding(shop, "db")
    assert found is not None and found.entity == "customer"
    assert found.columns["orders"] == "customer_id" and found.columns["customers"] == "id"
    assert "products" in found.without and "order_lines" in found.without
    assert 0 < found.named_share < 1
    meters = domain_layer("telemetry")
    extra = meters.tables["reading_extra"]
    assert key_column(meters, extra, "device") == "reading_device_id"


@pytest.mark.parametrize("id", domains())
def test_every_domain_can_be_judged(id: str) -> None:
    """Each domain's database names a key, and says up to how many shards it carries."""
    found = domain_layer(id)
    for store in found.stores:
        by = sharding(found, store)
        assert by is not None and 0 < by.largest_key <= 1 and by.most >= 1
        assert by.hottest(by.most) * by.most < 2 or by.most == 1
