"""Everything that guards and keeps a store's tables as one script, to be run after them."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.catalog.tables import AUDIT_KEPT
from backend_lead.views.api.names import snake
from backend_lead.views.data.access import access_script, hand_over
from backend_lead.views.data.auditing import audit, audited, forget
from backend_lead.views.data.ddl import Statement
from backend_lead.views.data.erasing import Plan, people, plan
from backend_lead.views.data.erasing_sql import (
    carry_out,
    erase_function,
    requests,
    told_functions,
)
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.offering import offered_views, views_owner
from backend_lead.views.data.script import in_order
from backend_lead.views.data.upkeep import prepare, retention


def governance(layer: Layer, store: str) -> Iterator[tuple[str, list[Statement]]]:
    """Titled groups of statements; on a database that `script.schema` was run on."""
    tables = in_order(layer.of_store(store))
    stem = snake(layer.system.backend)
    yield "What must stay", prepare()
    kept = list(retention(tables))
    if kept:
        yield "What goes when it is old", kept
    erase = erasing(layer, store)
    if erase:
        yield "Erasing people", erase
    yield from access_script(layer, store)
    offered = list(offered_views(layer, store, views_owner(stem), f"{stem}_analyst"))
    if offered:
        yield "Data products", offered
    kept_s = audit_kept_s(layer, store)
    log = [*audit(tables, f"{stem}_auditor"), *forget(kept_s, f"{stem}_upkeep")]
    yield "Log of changes", log
    yield "Whose it is", list(hand_over(layer, store))


def erasing(layer: Layer, store: str) -> list[Statement]:
    """What erases people from a store and tells its outbox; nothing where no table is of people."""
    plans = erasures(layer, store)
    if not plans:
        return []
    erase = [erase_function(p, layer.tables) for p in plans]
    return [*requests(), *told_functions(layer.system.backend), *erase, carry_out(plans)]


def erasures(layer: Layer, store: str) -> list[Plan]:
    """How people whose own row lies in a store are erased."""
    return [plan(layer.tables, p) for p in people(layer.tables) if p.store == store]


def audit_kept_s(layer: Layer, store: str) -> float:
    """How long the log of changes is kept: as long as the longest law wants rows, else as usual."""
    held = [t.hold_s for t in layer.of_store(store) if t.hold_s and audited(t)]
    return max(held, default=AUDIT_KEPT.value)
