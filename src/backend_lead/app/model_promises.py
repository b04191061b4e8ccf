"""What a model promises its callers beside shapes: tiers, roles, until when something works.

No contract of a protocol says all of it, so it is compared from model to model.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from backend_lead.app.contract_readers import told
from backend_lead.app.contracted import Contracted
from backend_lead.changes.change import Change
from backend_lead.model.contract import Tier
from backend_lead.model.finding import Place
from backend_lead.views.api.parts import Contract, Operation

ID = "model"
DOCUMENT = "backend.yaml"
_LIMIT = "Give the callers of the tier a tier of their own that keeps the old limit, with notice."
_ROLE = "Give the callers there are the role before it is asked for."
_SUNSET = "Keep the announced date, or move it later: callers plan by it."


def promise_changes(old: Contract, new: Contract | None, today: date) -> list[Contracted]:
    """What the new model promises less; empty where it promises no API: that is told elsewhere."""
    if new is None:
        return []
    return [*_tiers(old, new), *_operations(old, new, today)]


def _tiers(old: Contract, new: Contract) -> Iterator[Contracted]:
    for name, caller in old.callers.items():
        after = new.callers.get(name)
        if after is None:
            continue
        own = [op for op in old.operations.values() if name in op.clients]
        for tier, was in caller.access.tiers.items():
            path = f"workload.clients.{name}.access.tiers.{tier}"
            now = after.access.tiers.get(tier)
            if now is None:
                change = _change("tier-removed", path, f"tier {tier} of {name} is gone", _LIMIT,
                                 was.limit.rate.text, "")  # fmt: skip
            elif _least(now) < _least(was):
                change = _change("tier-lowered", path, f"a caller of tier {tier} of {name} may "
                                 "ask less", _LIMIT, was.limit.rate.text,
                                 now.limit.rate.text)  # fmt: skip
            elif now.limit.burst_or_second < was.limit.burst_or_second:
                change = _change("tier-lowered", path, f"a caller of tier {tier} of {name} may ask "
                                 "less at once", _LIMIT, str(was.limit.burst_or_second),
                                 str(now.limit.burst_or_second))  # fmt: skip
            else:
                continue
            found = told(old, DOCUMENT, change, own)
            yield Contracted(DOCUMENT, change, (), (name,), (), found.versions
                             if found.clients == (name,) else ())  # fmt: skip


def _least(tier: Tier) -> float:
    return tier.limit.rate.value


def _operations(old: Contract, new: Contract, today: date) -> Iterator[Contracted]:
    for name, was in old.operations.items():
        now = new.operations.get(name)
        for change in _of_one(was, now, today):
            yield told(old, DOCUMENT, change, [was])


def _of_one(was: Operation, now: Operation | None, today: date) -> Iterator[Change]:
    path = f"api.operations.{was.name}"
    ends = was.said.deprecated
    if now is None:
        if ends is not None and today < date.fromisoformat(ends.sunset):
            yield _change("removed-before-sunset", path, f"{was.id} is gone before the day it was "
                          "announced to end", _SUNSET, ends.sunset, "")  # fmt: skip
        return
    roles, asked = set(was.said.roles), set(now.said.roles)
    if asked and (not roles or roles - asked):
        yield _change("role-required", f"{path}.roles", f"{was.id} asks for a role that callers "
                      "need not have", _ROLE, ", ".join(sorted(roles)) or "none",
                      ", ".join(sorted(asked)))  # fmt: skip
    later = now.said.deprecated
    if ends is not None and later is not None and later.sunset < ends.sunset:
        yield _change("sunset-earlier", f"{path}.deprecated.sunset", f"{was.id} ends earlier than "
                      "it was announced", _SUNSET, ends.sunset, later.sunset)  # fmt: skip


def _change(id: str, path: str, says: str, safe: str, was: str, now: str) -> Change:
    values = f"{was} -> {now}" if was and now else was or now
    return Change(ID, id, "breaking", f"{says} ({values})" if values else says, safe,
                  place=Place(DOCUMENT, path=path), before=was, after=now)  # fmt: skip
