"""Quotas: how much of something a provider lets an account or a resource have, by default."""

from __future__ import annotations

from dataclasses import dataclass

from backend_lead.catalog.fact import Fact


@dataclass(frozen=True)
class Quota:
    """What `measure` may be at most by default.

    `measure` says what of a design counts (`views.quotas` knows them). An `adjustable` one is
    raised on request, which takes days; one that `grows` is also raised by itself with use.
    """

    fact: Fact
    measure: str
    adjustable: bool
    grows: bool = False


def _exact(id: str, label: str, value: float, unit: str, source: str) -> Fact:
    return Fact(id, label, value, value, value, unit, "catalogue", source)


_ELB = "Elastic Load Balancing user guide, 'Quotas for your Application Load Balancers'"
_CDN = "Amazon CloudFront developer guide, 'Quotas'"
_RDS = "Amazon RDS user guide, 'Quotas and constraints for Amazon RDS'"
_NAT = "Amazon VPC user guide, 'NAT gateway basics'"
_CACHE = "AWS general reference, 'Amazon ElastiCache endpoints and quotas'"

AWS = (
    Quota(
        Fact(
            "ec2-vcpus", "on-demand vCPUs of running instances", 5.0, 5.0, 1_152.0, "vCPU",
            "catalogue",
            "AWS CLI user guide, Service Quotas examples: L-1216C47A is 5 in a new account; AWS "
            "raises it with use, so accounts that run something have more",
        ),
        "vcpus", adjustable=True, grows=True,
    ),
    Quota(_exact("alb-targets", "targets of one load balancer", 1_000.0, "targets", _ELB),
          "targets", adjustable=True),
    Quota(_exact("cdn-requests", "requests a second of one CDN distribution", 250_000.0, "1/s",
                 _CDN), "cdn requests", adjustable=True),
    Quota(_exact("cdn-bandwidth", "bandwidth of one CDN distribution", 150e9 / 8, "B/s", _CDN),
          "cdn bytes", adjustable=True),
    Quota(_exact("rds-instances", "database instances, a standby not counted", 40.0, "instances",
                 _RDS), "databases", adjustable=True),
    Quota(_exact("rds-storage", "storage of all databases", 100_000 * 2.0**30, "B", _RDS),
          "database bytes", adjustable=True),
    Quota(
        Fact("rds-replicas", "read replicas of one database", 15.0, 5.0, 15.0, "replicas",
             "catalogue", _RDS + "; 5 in earlier editions"),
        "replicas", adjustable=False,
    ),
    Quota(
        _exact("rds-volume", "storage of one database", 65_536 * 2.0**30, "B",
               "Amazon RDS user guide, 'Amazon RDS DB instance storage': gp3 up to 64 TiB"),
        "volume bytes", adjustable=False,
    ),
    Quota(_exact("cache-nodes", "cache nodes of a region", 300.0, "nodes", _CACHE), "cache nodes",
          adjustable=True),
    Quota(_exact("cache-cluster", "nodes of one cache", 90.0, "nodes", _CACHE + "; up to 500"),
          "nodes of one cache", adjustable=True),
    Quota(
        _exact("function-runs", "functions that run at once", 1_000.0, "runs",
               "AWS Lambda developer guide, 'Lambda quotas': concurrent executions"),
        "function runs", adjustable=True,
    ),
    Quota(_exact("nat-connections", "connections of a NAT gateway to one destination", 55_000.0,
                 "connections", _NAT + "; AWS knowledge center, 'ErrorPortAllocation'"),
          "nat connections", adjustable=False),
    Quota(_exact("nat-bandwidth", "bandwidth of a NAT gateway", 100e9 / 8, "B/s",
                 _NAT + ": 5 Gbit/s, grows by itself to 100"),
          "nat bytes", adjustable=False),
)  # fmt: skip
QUOTAS = {"aws": AWS}
FACTS = tuple(quota.fact for quotas in QUOTAS.values() for quota in quotas)
