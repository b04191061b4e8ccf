"""Reading what the price table is made from."""

from pathlib import Path

import pytest

from tools.price_sources import estimates, on_demand_rates, roundest

PRINTED = """
 Name                              Monthly Qty  Unit              Monthly Cost

 aws_nat_gateway.used
 ├─ NAT gateway                            730  hours                   $32.85
 └─ Data processed                       1,000  GB                      $45.00  *

 aws_s3_bucket.one
 └─ Standard
    ├─ Storage              Monthly cost depends on usage: $0.023 per GB
    └─ Requests                              730  hours                    $0.00  *
"""


def test_zeros_and_dedicated_rates_are_repaired():
    """The lowest non-zero rate per size unit is the family's; other cells are replaced."""
    raw = {
        "m7g.large": {"r": 0.1}, "m7g.xlarge": {"r": 0.0}, "m7g.2xlarge": {"r": 0.44},
    }  # fmt: skip
    rates = on_demand_rates(raw, ("m7g",), ("r",))
    assert rates["m7g.large", "r"] == (0.1, "copied")
    assert rates["m7g.xlarge", "r"] == (pytest.approx(0.2), "repaired")
    assert rates["m7g.2xlarge", "r"] == (pytest.approx(0.4), "repaired")


def test_a_family_without_any_rate_is_left_out():
    """Nothing is made up where a region has no rate of a family."""
    assert on_demand_rates({"m7g.large": {"r": 0.0}}, ("m7g",), ("r",)) == {}


def test_unit_prices_are_read_from_printed_costs(tmp_path: Path):
    """A printed estimate gives the unit price of each line, with its resource and group."""
    path = tmp_path / "x.golden"
    path.write_text(PRINTED, encoding="utf-8")
    found = {(e.resource, e.group, e.item): e.unit_usd for e in estimates(path)}
    assert found == {
        ("aws_nat_gateway.used", "", "NAT gateway"): 0.045,
        ("aws_nat_gateway.used", "", "Data processed"): 0.045,
        ("aws_s3_bucket.one", "Standard", "Storage"): 0.023,
    }


def test_the_roundest_price_that_explains_a_cost_is_taken():
    """A cost in whole cents is explained by the price with the fewest decimals."""
    assert roundest(16.43, 730) == 0.0225
    assert roundest(0.93, 42.34) == 0.022
