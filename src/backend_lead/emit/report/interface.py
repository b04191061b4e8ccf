"""What the API of a design asks or promises beyond its machines and its bill, in sentences."""

from __future__ import annotations

import math

from backend_lead.catalog.api_policies import TOGETHER
from backend_lead.emit.report.wording import count, data, rate, share
from backend_lead.model.design import Design
from backend_lead.model.screens import Beyond, Limits, Streaming

MORE = 0.01  # of the stated requests; less than that is no risk


def beyond(design: Design) -> Beyond | None:
    """Requests that screens make and no journey states, where they are many or fill something."""
    found = design.screens.beyond if design.screens else None
    known = design.figures.get("requests_per_s")
    if found is None or (known and found.per_s < MORE * known.value and found.busy_with <= 1):
        return None
    return found


def beyond_words(found: Beyond) -> str:
    """They and what they do to the busiest resource."""
    full = ": more than there is" if found.busy_with > 1 else ""
    return (f"The screens as they are composed ask {rate(found.per_s)} that no journey states "
            f"(most: {found.most}); with them {found.resource} goes from {share(found.busy)} to "
            f"{share(found.busy_with)} in use{full}. Machines and bill count the journeys "
            "alone.")  # fmt: skip


def held(design: Design) -> tuple[Streaming, ...]:
    """Connections for events that no part of the design holds."""
    rows = design.screens.streaming if design.screens else ()
    clients = design.system.workload.clients
    return tuple(row for row in rows if clients[row.client].connection is None)


def held_words(rows: tuple[Streaming, ...]) -> str:
    """How many, and what holding them takes."""
    users, machines = sum(row.held for row in rows), sum(row.machines for row in rows)
    memory = sum(row.bytes_held for row in rows)
    return (f"Events reach clients over {count(users)} connections that they hold: {data(memory)} "
            f"of memory, about {machines} instances. Neither is among the machines nor in the "
            "bill.")  # fmt: skip


def oversold(design: Design) -> Limits | None:
    """The limits, where tiers promise callers more than may be promised."""
    found = design.screens.limits if design.screens else None
    return found if found and found.tiers and found.over > 1 else None


def oversold_words(found: Limits) -> str:
    """What tiers promise together, against what is left for them."""
    sold = sum(tier.promised_per_s for tier in found.tiers)
    return (f"The tiers of partners promise {rate(sold)} together; {rate(found.open_per_s)} can be "
            f"kept at a time{at_a_time(found)}.")  # fmt: skip


def at_a_time(found: Limits) -> str:
    """The share of what is promised that may be asked at one time; empty where nothing is left."""
    if math.isinf(found.over):
        return ""
    return (f", so it holds while at most {share(1 / found.over)} of it is asked at once "
            f"({share(TOGETHER.value)} is assumed, {share(TOGETHER.low)} to "
            f"{share(TOGETHER.high)})")  # fmt: skip


def sentences(design: Design) -> list[str]:
    """All of it, for the README and the report; empty where nothing is."""
    more, rows, sold = beyond(design), held(design), oversold(design)
    return [
        *([beyond_words(more)] if more else []),
        *([held_words(rows)] if rows else []),
        *([oversold_words(sold)] if sold else []),
    ]
