"""Replicas of a station that are not asked alike: how much busier some are, and what that does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from backend_lead.catalog.kind import Station
from backend_lead.views.flow import Flow
from backend_lead.views.keyed import keyed
from backend_lead.views.popularity import Vector

ALONE = 8  # groups that are looked at one by one, the busiest; the others are taken to be alike
Groups = tuple[tuple[float, float], ...]
ALIKE: Groups = ((1.0, 1.0),)


def groups(flow: Flow, sid: str) -> Groups:
    """(share of the calls, load over the mean) of groups of a station, the busiest first, and
    within each of replicas that a balancer asks by weight."""
    parts, own = _parts(keyed(flow).shares.get(sid)), _by_weight(flow.stations[sid])
    return tuple((part * some, load * over) for part, load in parts for some, over in own)


def _by_weight(station: Station) -> Groups:
    said = station.serving.weights if station.serving else None
    if station.balance != "weighted" or not said:
        return ALIKE
    weights = [said[i % len(said)] for i in range(station.per_group)]
    total, n = sum(weights), len(weights)
    counted = sorted(Counter(weights).items(), reverse=True)
    return tuple((weight * many / total, weight * n / total) for weight, many in counted)


def partitions(flow: Flow, handler: str) -> Groups:
    """Likewise of the partitions whose messages it handles."""
    return _parts(keyed(flow).partitions.get(handler))


def _parts(shares: Vector | None) -> Groups:
    if shares is None:
        return ALIKE
    n = len(shares)
    sorted_ = np.sort(shares)[::-1]
    found = [(float(share), float(share) * n) for share in sorted_[:ALONE] if share > 0]
    if rest := float(sorted_[ALONE:].sum()):
        found.append((rest, rest / (n - ALONE) * n))
    return tuple(found)


def mixed(parts: Groups, at: Callable[[float], tuple[float, ...]]) -> tuple[float, ...]:
    """What calls meet on the mean: `at` gives it for a load over the mean."""
    if len(parts) == 1:
        return at(parts[0][1])
    met = [at(over) for _, over in parts]
    return tuple(
        sum(share * value for (share, _), value in zip(parts, column))
        for column in zip(*met, strict=True)
    )
