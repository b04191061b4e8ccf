"""What analyses cost: a store a month, a TB taken in and a TB asked about, freshness, and age."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from backend_lead.catalog.analytics import (
    BATCH_CPU_S,
    BATCH_FILES,
    BUSY,
    CLUSTER_COPIES,
    CLUSTER_CORES,
    COLD_USD,
    COLUMN_SCAN,
    COLUMNS_PACKED,
    COLUMNS_READ,
    HOT_S,
    LOAD_CPU,
    MACHINE,
    NODE,
    ROW_SCAN,
    ROW_STORE_BUSY,
    WARM_S,
)
from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import BILLED_GB, HOURS_MONTH, SECONDS_MONTH
from backend_lead.catalog.prices import PriceBook, instance, ladder
from backend_lead.views.data.needs import Need
from backend_lead.views.data.stores import (
    CLUSTER,
    FILE,
    ONE,
    REPLICA,
    RUNS_PER_AGE,
    Option,
    choose,
)

TB = 1e12
DISK, OBJECTS, PUT, ROW_DISK = (
    "ebs-gp3-storage", "s3-standard-storage", "s3-standard-write", "rds-gp3-storage",
)  # fmt: skip
QUICK_S, USUAL_S = 5.0, 300.0  # the two ages that are compared


@dataclass(frozen=True)
class Estimate:
    """A computed number with the range that its facts leave, and its formula."""

    label: str
    value: float
    low: float
    high: float
    unit: str
    how: str


@dataclass(frozen=True)
class Tier:
    """Rows up to an age: where they lie, how many bytes on disk, what a month costs."""

    name: str
    where: str
    until_s: float | None
    bytes: float
    usd_month: float


@dataclass(frozen=True)
class Freshness:
    """What an age of the freshest answer takes: the store, its bill, and a TB taken in."""

    age_s: float
    store: Option
    usd_month: Estimate
    usd_per_tb: Estimate


@lru_cache(maxsize=1)
def book() -> PriceBook:
    """The catalogue's prices."""
    return PriceBook.load()


def core_hour(sku: str, region: str) -> tuple[float, float, float]:
    """(USD, low, high) of a core for an hour of a machine type."""
    price = book().price(sku, region)
    cores = instance(sku.removeprefix("db.")).vcpu
    return price.price / cores, price.low / cores, price.high / cores


def per_tb_asked(region: str) -> tuple[Estimate, Estimate]:
    """A TB of rows that questions are about: in a row store, which reads whole rows, and in a
    column store, which reads the columns that are asked for."""
    usd, low, high = core_hour(f"db.{MACHINE}", region)
    hours = TB / ROW_SCAN.value / 3600
    rows = Estimate(
        "a TB of rows asked about, PostgreSQL", usd * hours, low * TB / ROW_SCAN.high / 3600,
        high * TB / ROW_SCAN.low / 3600, "USD/TB",
        f"TB / row-scan x a core hour of db.{MACHINE}; machines that idle come on top",
    )  # fmt: skip
    usd, low, high = core_hour(MACHINE, region)
    columns = Estimate(
        "a TB of rows asked about, column store",
        usd * TB * COLUMNS_READ.value / COLUMN_SCAN.value / 3600,
        low * TB * COLUMNS_READ.low / COLUMN_SCAN.high / 3600,
        high * TB * COLUMNS_READ.high / COLUMN_SCAN.low / 3600, "USD/TB",
        f"TB x columns-read / column-scan x a core hour of {MACHINE}",
    )  # fmt: skip
    return rows, columns


def per_tb_taken_in(needs: Sequence[Need], age_s: float, region: str) -> Estimate:
    """A TB of rows taken into a column store, where answers may be `age_s` old: the work on its
    bytes, and what each batch costs whatever its size."""
    usd, low, high = core_hour(MACHINE, region)
    put = book().price(PUT, region).price
    tb = sum(n.rows_per_s * n.row_bytes for n in needs) * SECONDS_MONTH / TB
    batches = SECONDS_MONTH / (age_s / RUNS_PER_AGE) * len(needs)

    def cost(hour: float, cpu: float, load: float, files: float) -> float:
        work = TB / load + batches * cpu / max(tb, 1e-12)
        return work / 3600 * hour + batches * files * put / max(tb, 1e-12)

    return Estimate(
        f"a TB taken in, answers at most {age_s:.0f} s old",
        cost(usd, BATCH_CPU_S.value, LOAD_CPU.value, BATCH_FILES.value),
        cost(low, BATCH_CPU_S.low, LOAD_CPU.high, BATCH_FILES.low),
        cost(high, BATCH_CPU_S.high, LOAD_CPU.low, BATCH_FILES.high), "USD/TB",
        "TB / load-cpu + batches x batch-cpu, at a core hour, and batches x batch-files x a write "
        "of an object; a batch for each fact table each half of the age",
    )  # fmt: skip


def monthly(option: Option, needs: Sequence[Need], region: str) -> Estimate:
    """What a store adds to the bill a month."""
    size = sum(n.bytes for n in needs) / BILLED_GB

    def kept(sku: str, factor: Fact | None = None, copies: float = 1.0) -> list[float]:
        price, times = book().price(sku, region), size * copies
        packed = (factor.value, factor.low, factor.high) if factor else (1.0, 1.0, 1.0)
        each = (price.price, price.low, price.high)
        return [p * f * times for p, f in zip(each, packed, strict=True)]

    if option.id == ONE:
        how = "it is in the bill already; its sums take less than its rows' indexes"
        return Estimate(option.title, 0.0, 0.0, 0.0, "USD/month", how)
    if option.id == REPLICA:
        sku = f"db.{machine(option.cores, ROW_STORE_BUSY)}"
        parts = [_machines(sku, 1, region), kept(ROW_DISK)]
        how = f"{sku} and its disk"
    elif option.id == FILE:
        sku = machine(option.cores, BUSY)
        parts = [_machines(sku, 1, region), kept(DISK, COLUMNS_PACKED),
                 kept(OBJECTS, COLUMNS_PACKED), _writes(needs, region)]  # fmt: skip
        how = f"{sku}, its disk, as much in an object store, and writes there"
    else:
        sku, copies = NODE, CLUSTER_COPIES.value
        parts = [_machines(sku, option.nodes, region), kept(DISK, COLUMNS_PACKED, copies)]
        how = f"{option.nodes} x {sku} ({CLUSTER_CORES.value:.0f} cores) and their disks"
    value, low, high = (sum(p[i] for p in parts) for i in range(3))
    return Estimate(option.title, value, low, high, "USD/month", how)


def machine(cores: float, busy: Fact) -> str:
    """The smallest machine of the family with so many cores in use on the mean."""
    steps = ladder(MACHINE)
    least = math.ceil(cores / busy.value)
    return next((m.type for m in steps if m.vcpu >= max(2, least)), steps[-1].type)


def freshness(needs: Sequence[Need], region: str) -> tuple[Freshness, Freshness]:
    """Answers at most five seconds old against at most five minutes."""

    def at(age_s: float) -> Freshness:
        moved = [replace(n, fresh_s=age_s) for n in needs]
        store = choose(moved).chosen
        return Freshness(age_s, store, monthly(store, moved, region),
                         per_tb_taken_in(moved, age_s, region))  # fmt: skip

    return at(QUICK_S), at(USUAL_S)


def tiers(needs: Sequence[Need], region: str) -> list[Tier]:
    """Rows by age: on disks of the store, in an object store, in an archive."""
    disk = book().price(DISK, region).price
    objects = book().price(OBJECTS, region).price
    home = book().price(OBJECTS, "us-east-1").price
    cold = COLD_USD.value * objects / home
    places: list[tuple[str, str, float, float | None, float]] = [
        ("hot", "disks of the store", 0.0, HOT_S.value, disk),
        ("warm", "object store", HOT_S.value, WARM_S.value, objects),
        ("cold", "archive that answers at once", WARM_S.value, None, cold),
    ]
    return [
        Tier(name, where, until, held, held / BILLED_GB * usd)
        for name, where, since, until, usd in places
        for held in [sum(_between(n, since, until) for n in needs) * COLUMNS_PACKED.value]
    ]


def all_hot(needs: Sequence[Need], region: str) -> float:
    """What the same bytes cost a month on disks of the store."""
    price = book().price(DISK, region).price
    return sum(n.bytes for n in needs) * COLUMNS_PACKED.value / BILLED_GB * price


def _between(need: Need, since: float, until: float | None) -> float:
    """Bytes of rows of an age, all days alike."""
    span = need.rows / need.rows_per_s if need.rows_per_s > 0 else 0.0
    if span <= 0:
        return need.bytes if since == 0 else 0.0
    end = span if until is None else min(until, span)
    return need.bytes * max(0.0, end - since) / span


def _machines(sku: str, count: int, region: str) -> list[float]:
    price = book().price(sku, region)
    return [p * count * HOURS_MONTH for p in (price.price, price.low, price.high)]


def _writes(needs: Sequence[Need], region: str) -> list[float]:
    batches = sum(SECONDS_MONTH / (n.fresh_s / RUNS_PER_AGE) for n in needs)
    put = book().price(PUT, region).price
    return [batches * f * put for f in (BATCH_FILES.value, BATCH_FILES.low, BATCH_FILES.high)]


__all__ = [
    "CLUSTER", "Estimate", "Freshness", "Tier", "all_hot", "freshness", "monthly", "per_tb_asked",
    "per_tb_taken_in", "tiers",
]  # fmt: skip
