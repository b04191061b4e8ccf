"""What was seen of a model is seen anew when its prices change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend_lead.analysis.cost import use_prices
from backend_lead.app.model_file import read_checked_text
from backend_lead.search.bench import Bench
from tests.app.good_model import GOOD

HEAD = "sku,region,unit,price,currency\n"


@pytest.fixture
def prices(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "prices.csv"
    use_prices(None)


def test_another_price_in_the_same_file_is_another_bill(prices: Path) -> None:
    """The content of a price file counts, not its name."""
    bills = []
    for usd in (1, 2):
        prices.write_text(f"{HEAD}m7g.large,us-east-1,hour,{usd},USD\n", encoding="utf-8")
        use_prices(str(prices))
        bills.append(Bench(read_checked_text(GOOD).system, []).usd())
    assert bills[1] > bills[0] + 4000  # six machines, 730 hours a month
