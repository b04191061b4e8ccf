"""The ways between regions that have a bandwidth: their names, and what was found about them."""

from __future__ import annotations

from dataclasses import dataclass

_LIMIT = "way from "


def limit_of(way: str) -> str:
    """What a way is called where it is listed with cores, workers and other limited resources."""
    return f"{_LIMIT}{way}"


def is_way(resource: str) -> bool:
    """Whether a limited resource is a way between regions."""
    return resource.startswith(_LIMIT)


@dataclass(frozen=True)
class WayLoad:
    """How busy the way from one region to another was in a run, which all who send share evenly.

    `way` names it as the model's words do (`us-east-1 to eu-west-1`). `busy` is the share of its
    `bandwidth_bytes_per_s` in use, `bytes_per_s` what it carried, `ended_per_s` how many requests,
    answers and batches of messages were through.
    """

    way: str
    bandwidth_bytes_per_s: float
    bytes_per_s: float
    busy: float
    ended_per_s: float
    run: str
