"""An object store such as Amazon S3: keeps bytes under keys, managed, without machines to size."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import ANY_NUMBER, BILLED_GB, Item, Kind, Station, Traffic
from backend_lead.model.system import Component, Operation

_LATENCY = (
    "AWS whitepaper 'Optimizing Amazon S3 Performance' (2019), 'Timeouts and Retries': requests "
    "below 512 KB have a median often in the tens of milliseconds; the S3 user guide, 'Performance "
    "design patterns', speaks of 100 to 200 ms"
)
READ_S = Fact(
    "read", "time of reading a small object, where the model does not say", 60e-3, 15e-3, 200e-3,
    "s", "catalogue", _LATENCY,
)  # fmt: skip
WRITE_S = Fact(
    "write", "time of writing a small object, where the model does not say", 90e-3, 25e-3, 300e-3,
    "s", "assumed", f"{_LATENCY}; writes are taken to be half as slow again",
)  # fmt: skip
_RATES = (
    "Amazon S3 user guide, 'Optimizing Amazon S3 performance': at least so many requests a second "
    "for each partitioned prefix; S3 makes more prefixes of busy ones by itself, within 30 to 60 "
    "minutes, and answers 503 Slow Down until then"
)
PREFIX_READS = Fact(
    "prefix-reads", "reads a second of one prefix", 5_500.0, 5_500.0, 5_500.0, "1/s", "catalogue",
    _RATES,
)  # fmt: skip
PREFIX_WRITES = Fact(
    "prefix-writes", "writes a second of one prefix", 3_500.0, 3_500.0, 3_500.0, "1/s",
    "catalogue", _RATES,
)  # fmt: skip


class ObjectStore(Kind):
    """Any number of requests at once, each a wait; what a prefix does not sustain is refused.

    Keys are taken to lie under one prefix; `limit` states what several sustain together. Bytes to
    machines of the region are free; to the internet they are charged with the responses.
    """

    id = "object-store"
    title = "Object store"
    role = "object store"
    asked_with = "query"
    own_cores = False
    summary = "keeps objects under keys; no machines, charged by bytes kept and requests"
    fields = frozenset(
        ["kind", "title", "operations", "storage", "limit", "notes", "origins"]
    )  # fmt: skip
    required = frozenset({"operations"})
    facts = (READ_S, WRITE_S, PREFIX_READS, PREFIX_WRITES)
    availability = Fact(
        "object-store", "the object store answers", 0.9999, 0.999, 0.99999, "ratio", "catalogue",
        "Amazon S3 user guide, 'Data protection in Amazon S3': S3 Standard is designed for 99.99 % "
        "over a year; its SLA commits to 99.9 %",
    )  # fmt: skip
    repair = Fact("repair", "repair", 1800.0, 60.0, 14_400.0, "s", "assumed",
                  "managed; published summaries of incidents tell of minutes to hours")  # fmt: skip

    def work_s(self, component: Component, operation: Operation) -> tuple[float, float]:
        default = READ_S if operation.type == "read" else WRITE_S
        return 0.0, operation.wait.value if operation.wait else default.value

    def allows(self, component: Component, operation: Operation) -> tuple[str, float]:
        reads = operation.type == "read"
        return ("reads", PREFIX_READS.value) if reads else ("writes", PREFIX_WRITES.value)

    def stations(self, name: str, component: Component, traffic: Traffic) -> list[Station]:
        return [
            Station(
                id=name, component=name, groups=1, per_group=1, cores=1, workers=ANY_NUMBER,
                queue=None, balance="random", zones=(), limited=False,
            )
        ]  # fmt: skip

    def items(self, name: str, component: Component, traffic: Traffic) -> list[Item]:
        asked = {"read": 0.0, "write": 0.0}
        for word, operation in component.operations.items():
            asked[operation.type] += traffic.in_month(traffic.rates.get(word, 0.0))
        kept = traffic.storage_bytes / BILLED_GB
        return [
            Item("storage", "s3-standard-storage", kept, "GiB-month"),
            Item("reads", "s3-standard-read", asked["read"], "request", by_load=True),
            Item("writes", "s3-standard-write", asked["write"], "request", by_load=True),
        ]


KIND = ObjectStore()
