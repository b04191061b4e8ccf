"""Machines and prices."""

import csv
import math
from importlib.resources import files
from io import StringIO
from itertools import pairwise

import pytest

from backend_lead.catalog.prices import PriceBook, instance, ladder
from backend_lead.model.finding import InvalidInput

BOOK = PriceBook.load()
HOME = "us-east-1"


def _table(name):
    text = files("backend_lead.catalog.prices").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(StringIO(text)))


ROWS = _table("prices.csv")
MACHINES = [r["type"] for r in _table("instances.csv")]
REGIONS = sorted({r["region"] for r in ROWS})
SERVICES = (
    "alb-hour", "alb-lcu-hour", "nlb-hour", "nlb-lcu-hour", "nat-gateway-hour", "nat-gateway-data",
    "cloudfront-egress", "cloudfront-requests-https", "internet-egress", "inter-zone-transfer",
    "s3-standard-storage", "s3-standard-read", "s3-standard-write", "lambda-request",
    "lambda-gb-second", "ebs-gp3-storage", "rds-gp3-storage", "rds-gp3-iops",
    "rds-backup-storage", "log-ingest", "log-storage",
)  # fmt: skip

# Rates in us-east-1 of lists that no row of these machines was made from: oneport-costwatch 0.3.0
# (undated, approximate) and infracost's expected outputs (2024-07-01).
SECOND_LIST = {
    "m6i.large": 0.096, "m6i.4xlarge": 0.768, "c6i.large": 0.085, "c6i.2xlarge": 0.34,
    "r6i.large": 0.126, "r6i.2xlarge": 0.504, "cache.m6g.12xlarge": 3.557,
}  # fmt: skip
# RDS classes as oneport-costwatch 0.3.0 lists them; they look like MySQL's, which is in the range.
SECOND_LIST_DATABASES = {"db.m6i.large": 0.171, "db.m6i.xlarge": 0.342, "db.r6g.large": 0.216}


def test_every_machine_has_a_price_at_home():
    """Every machine type of the catalogue is priced in us-east-1."""
    for name in MACHINES:
        assert BOOK.price(name, HOME, "hour").price > 0
    assert len(MACHINES) > 200


def test_rows_say_where_they_come_from():
    """Every row has source, date, method and a range that holds the price; only a free tier is
    zero; what is derived or assumed has a range."""
    for r in ROWS:
        assert r["source"] and r["as_of"] and r["currency"] == "USD"
        assert r["method"] in ("copied", "repaired", "derived", "assumed")
        low, price, high = (float(r[k]) for k in ("low", "price", "high"))
        assert low <= price <= high, r
        assert price > 0 or r["note"] == "free tier"
        if r["method"] in ("derived", "assumed"):
            assert low < high and r["note"], r


@pytest.mark.parametrize("sku", SERVICES)
def test_services_are_priced_everywhere(sku):
    """What is no machine has rows of its own in every region, and its tiers leave no gap."""
    for region in REGIONS:
        tiers = BOOK.tiers(sku, region)
        assert tiers[0].region == region
        assert tiers[0].from_qty == 0 and tiers[-1].to_qty == math.inf
        assert all(a.to_qty == b.from_qty for a, b in pairwise(tiers))


@pytest.mark.parametrize("name", sorted({m.rsplit(".", 1)[0] for m in MACHINES}))
def test_larger_machines_cost_more(name):
    """Within a family price, cores and memory rise with size in every region."""
    steps = ladder(name)
    for region in REGIONS:
        prices = [BOOK.price(s.type, region).price for s in steps]
        assert prices == sorted(prices) and len(set(prices)) == len(prices)
    assert [s.vcpu for s in steps] == sorted(s.vcpu for s in steps)
    assert [s.memory_bytes for s in steps] == sorted(s.memory_bytes for s in steps)


@pytest.mark.parametrize(("name", "listed"), sorted(SECOND_LIST.items()))
def test_a_second_list_agrees(name, listed):
    """Rates agree within 1 % with a list that was not used to make them."""
    assert BOOK.price(name, HOME).price == pytest.approx(listed, rel=0.01)


@pytest.mark.parametrize(("name", "listed"), sorted(SECOND_LIST_DATABASES.items()))
def test_ranges_of_databases_hold_a_second_list(name, listed):
    """The rate of a second list lies in the range of a derived database class."""
    price = BOOK.price(name, HOME)
    assert price.method == "derived" and price.low <= listed <= price.high


def test_tiers_add_up():
    """20,100 GB of egress: 100 free, 10,140 at 0.09, 9,860 at 0.085."""
    usd, low, high, rows = BOOK.tiered_cost("internet-egress", HOME, 20_100)
    assert usd == pytest.approx(10_140 * 0.09 + 9_860 * 0.085)
    assert low <= usd <= high and len(rows) == 3


def test_the_free_tier_costs_nothing():
    """50 GB of egress are free, and say from which row that is known."""
    usd, _, _, rows = BOOK.tiered_cost("internet-egress", HOME, 50)
    assert usd == 0 and rows[0].note == "free tier"


def test_an_unknown_region_is_assumed_from_home():
    """A region without rows takes the home price, as an assumption with a wider range."""
    price = BOOK.price("m7g.large", "mars-north-1")
    assert price.method == "assumed" and price.low < price.price < price.high


def test_a_region_with_one_machine_gives_the_rest(tmp_path):
    """A region where one machine is priced takes that machine's ratio for everything else."""
    book = PriceBook.load(_file(tmp_path, "m7g.large,mars-north-1,hour,0.1632,USD"))
    far, home = book.price("alb-hour", "mars-north-1"), book.price("alb-hour", HOME)
    assert far.price == pytest.approx(2 * home.price)
    assert far.method == "derived" and far.low < far.price < far.high


def test_a_burst_machine_tells_what_sustained_use_costs():
    """The range of a burst machine holds the charge for use beyond its baseline."""
    price = BOOK.price("t4g.large", HOME)
    assert price.high == pytest.approx(0.0672 + 2 * 0.7 * 0.04)


def test_a_ladder_can_end_early():
    """`largest` ends a family's ladder; a family or any type of it names the ladder."""
    assert [m.type for m in ladder("m7g.xlarge", "2xlarge")] == [
        "m7g.medium", "m7g.large", "m7g.xlarge", "m7g.2xlarge",
    ]  # fmt: skip
    assert ladder("m7g") == ladder("m7g.large")


def test_near_names_are_suggested():
    """A misspelt machine or sku names what is near."""
    with pytest.raises(KeyError, match=r"m7g\.large"):
        instance("m7g.larg")
    with pytest.raises(KeyError, match="alb-lcu-hour"):
        BOOK.price("alb-lcu-hours", HOME)


def test_a_wrong_unit_is_refused():
    """A price asked for in a unit that it is not charged by is refused."""
    with pytest.raises(KeyError, match="charged by hour"):
        BOOK.price("m7g.large", HOME, "GB")


def _file(folder, *lines, header="sku,region,unit,price,currency"):
    path = folder / "own.csv"
    path.write_text("\n".join((header, *lines)) + "\n")
    return path


def _findings(path):
    with pytest.raises(InvalidInput) as caught:
        PriceBook.load(path)
    return caught.value.findings


def test_a_user_file_overrides(tmp_path):
    """A user's row replaces the shipped one for its sku and region only."""
    book = PriceBook.load(_file(tmp_path, "m7g.large,us-east-1,hour,0.05,USD"))
    assert book.price("m7g.large", HOME).price == 0.05
    assert book.price("m7g.large", HOME).method == "user"
    assert book.price("m7g.large", "eu-west-1").price > 0.06
    assert all(book.as_of())


def test_a_user_file_may_have_tiers(tmp_path):
    """Tiers of a user's file replace all shipped tiers of that sku and region."""
    rows = ("0.02,0,1000", "0.01,1000,")
    own = _file(
        tmp_path, *(f"internet-egress,us-east-1,GB,{row}" for row in rows),
        header="sku,region,unit,price,from_qty,to_qty",
    )  # fmt: skip
    book = PriceBook.load(own)
    assert book.tiered_cost("internet-egress", HOME, 1500)[0] == pytest.approx(20 + 5)


def test_a_broken_user_file_names_every_bad_line(tmp_path):
    """All bad rows are told at once with file and line, the value seen and what is allowed."""
    own = _file(
        tmp_path,
        "m7g.large,us-east-1,hour,zero,USD",
        "m7g.large,us-east-1,hour,0.1,EUR",
        "",
        ",us-east-1,hour,1,USD",
        "m7g.larg,us-east-1,hour,1,USD",
        "m7g.large,us-east-1,GB,1,USD",
        "m7g.large,,hour,1,USD",
        "m7g.large,us-east-1,hour,nan,USD",
    )
    found = _findings(own)
    assert [f.place.line for f in found] == [2, 3, 5, 6, 7, 8, 9]
    by_line = {f.place.line: f for f in found}
    assert by_line[3].seen == "EUR" and by_line[3].allowed == "USD"
    assert "m7g.large" in by_line[6].hint
    assert by_line[7].seen == "GB" and by_line[7].allowed == "hour"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["0.1,,", "0.2,,"], "follow each other"),
        (["0.1,0,10", "0.2,20,"], "follow each other"),
        (["0.1,0,10"], "must be open"),
        (["0.1,10,5"], "end above its start"),
    ],
)
def test_tiers_that_do_not_fit_are_told(tmp_path, lines, told):
    """Tiers of a user's file that overlap, leave a gap or end early are refused."""
    rows = [f"internet-egress,us-east-1,GB,{line}" for line in lines]
    found = _findings(_file(tmp_path, *rows, header="sku,region,unit,price,from_qty,to_qty"))
    assert any(told in f.message for f in found)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "columns missing"),
        (b"sku,price\n", "columns missing: region, unit"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"sku,region,unit,price\n" + b"x" * 200_000 + b",a,b,1\n", "not a CSV line"),
        (b"sku,region,unit,price\nm7g.large,us-east-1,hour,1,2,3\n", "more values"),
        (b"sku,region,unit,price,as_of\nm7g.large,us-east-1,hour,1,May\n", "must be a date"),
        (b"provider,sku,region,unit,price\nmoon,m7g.large,us-east-1,hour,1\n", "no prices of"),
    ],
)
def test_a_file_that_is_no_price_file_is_told(tmp_path, content, told):
    """Anything that is no price table gives findings, never a traceback."""
    path = tmp_path / "own.csv"
    path.write_bytes(content)
    assert any(told in f.message for f in _findings(path))


def test_an_absent_user_file_is_told(tmp_path):
    """A file that isn't there is told by name."""
    assert "cannot read" in _findings(tmp_path / "none.csv")[0].message
