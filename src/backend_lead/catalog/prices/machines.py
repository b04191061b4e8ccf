"""Machine types: cores, memory, network, and the ladder of sizes in a family."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import StringIO

from backend_lead.catalog.prices.price import near


@dataclass(frozen=True)
class Instance:
    """A machine type. Network and disk operations are sustained baselines."""

    type: str
    vcpu: int
    memory_bytes: float
    network_bytes_per_s: float
    disk_iops: float
    arch: str
    source: str


@cache
def _all() -> dict[str, Instance]:
    text = files(__package__).joinpath("instances.csv").read_text(encoding="utf-8")
    return {
        r["type"]: Instance(
            r["type"], int(r["vcpu"]), float(r["memory_mib"]) * 2**20,
            float(r["network_gbps"]) * 1e9 / 8, float(r["disk_iops"]), r["arch"], r["source"],
        )
        for r in csv.DictReader(StringIO(text))
    }  # fmt: skip


def machine_types() -> list[str]:
    """Every machine type."""
    return list(_all())


def instance(name: str) -> Instance:
    """A machine type by name. Raises KeyError with near names."""
    found = _all()
    if name in found:
        return found[name]
    close = near(name, found)
    raise KeyError(f"no machine type {name!r}" + (f"; near: {', '.join(close)}" if close else ""))


@cache
def ladder(name: str, largest: str | None = None) -> tuple[Instance, ...]:
    """Machines of a family (`m7g`) or of a type's family (`m7g.large`), smallest first.

    `largest` ends the ladder at that size (`4xlarge`) or type. Raises KeyError for an unknown
    name.
    """
    families = {m.rsplit(".", 1)[0] for m in _all()}
    family = name if name in families else instance(name).type.rsplit(".", 1)[0]
    members = [m for m in _all().values() if m.type.rsplit(".", 1)[0] == family]
    steps = sorted(members, key=lambda m: (m.vcpu, m.memory_bytes))
    if largest is not None:
        end = instance(f"{family}.{largest.rsplit('.', 1)[-1]}")
        steps = [m for m in steps if m.vcpu <= end.vcpu]
    return tuple(steps)
