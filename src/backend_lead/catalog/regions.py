"""Regions that may stand in for each other, and what a second one means."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact

REGION_REPAIR = Fact(
    "region-repair", "time until a lost region is up again", 14_400.0, 3600.0, 57_600.0, "s",
    "assumed",
    "no provider states it; AWS post-event summaries tell of some 4 h (Amazon S3, us-east-1, 28 "
    "February 2017) and some 7 h (us-east-1, 7 December 2021)",
)  # fmt: skip
TAKE_OVER = Fact(
    "region-failover", "time from the loss of a region until another serves", 900.0, 300.0, 3600.0,
    "s", "assumed",
    "people decide, the copy of the data is opened for writes, instances start, names lead there; "
    "AWS, Disaster Recovery of Workloads on AWS (whitepaper, 2021): warm standby recovers in "
    "minutes",
)  # fmt: skip
LAG = Fact(
    "region-lag", "how far a copy in another region is behind", 5.0, 0.5, 300.0, "s", "assumed",
    "asynchronous copies promise nothing; Amazon Aurora user guide, 'Amazon Aurora global "
    "databases': typically below a second; others fall behind while much is written",
)  # fmt: skip
# The nearest other region with prices, first one under the same law.
SECOND = {
    "us-east-1": "us-east-2", "us-east-2": "us-east-1", "us-west-2": "us-east-2",
    "us-west-1": "us-west-2", "ca-central-1": "us-east-2", "sa-east-1": "us-east-1",
    "eu-west-1": "eu-central-1", "eu-central-1": "eu-west-1", "eu-west-2": "eu-west-1",
    "eu-west-3": "eu-central-1", "eu-north-1": "eu-central-1", "eu-south-1": "eu-central-1",
    "eu-south-2": "eu-west-1", "eu-central-2": "eu-central-1", "ap-northeast-1": "ap-southeast-1",
    "ap-southeast-1": "ap-northeast-1", "ap-southeast-2": "ap-southeast-1",
    "ap-south-1": "ap-southeast-1",
}  # fmt: skip
# Regions where data under a residency may stay, where more than one of them has prices.
INSIDE = {
    "EU": frozenset({"eu-west-1", "eu-central-1", "eu-west-3", "eu-north-1", "eu-south-1",
                     "eu-south-2"}),
    "United States": frozenset({"us-east-1", "us-east-2", "us-west-1", "us-west-2"}),
}  # fmt: skip


def second_region(region: str, residency: str | None) -> str | None:
    """The region to stand in for another; None where the data may be in no other that is known."""
    found = SECOND.get(region)
    if found is None or residency is None:
        return found
    return found if {region, found} <= INSIDE.get(residency, frozenset()) else None
