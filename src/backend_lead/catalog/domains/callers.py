"""The contract of a domain for the clients that there are."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any


def for_clients(api: dict[str, Any], clients: Collection[str]) -> dict[str, Any]:
    """An `api` section without the clients that are not there, and without what only they need.

    A domain names every client that may ask, partners too, whether or not the system has them.
    """
    operations = {}
    for name, said in api["operations"].items():
        left = [client for client in said["for"] if client in clients]
        if left:
            takes = {"takes": seen_by(said["takes"], clients)} if "takes" in said else {}
            operations[name] = {**said, "for": left, **takes}
    operations = {
        name: said for name, said in operations.items()
        if said.get("after", name) in operations
    }  # fmt: skip
    screens = {}
    for name, screen in api["screens"].items():
        left = [client for client in screen["clients"] if client in clients]
        if left and all(_asked(need) in operations for need in screen["needs"]):
            screens[name] = {**screen, "clients": left}
    shapes = {
        name: {**shape, "fields": seen_by(shape["fields"], clients)}
        for name, shape in api.get("shapes", {}).items()
    }
    return {**api, "shapes": shapes, "operations": operations, "screens": screens}


def seen_by(fields: dict[str, Any], clients: Collection[str]) -> dict[str, Any]:
    """Fields without the clients that are not there; what only those see is hidden."""
    out = {}
    for name, field in fields.items():
        left = [client for client in field.get("seen_by", ()) if client in clients]
        if "seen_by" in field:
            field = {key: value for key, value in field.items() if key != "seen_by"}
            field |= {"seen_by": left} if left else {"hidden": True}
        out[name] = field
    return out


def _asked(need: Any) -> str:
    return str(need["ask"] if isinstance(need, dict) else need)
