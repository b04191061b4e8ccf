"""The data layer of a system: its tables, how they are asked, and the indexes that follow."""

from __future__ import annotations

from dataclasses import dataclass

from backend_lead.model.system import System
from backend_lead.views.data.indexes import indexes
from backend_lead.views.data.offered_lists import Variant, variants
from backend_lead.views.data.parts import AccessPattern, Index, Table
from backend_lead.views.data.patterns import patterns
from backend_lead.views.data.tables import tables
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve


@dataclass(frozen=True)
class Layer:
    """Everything that emitters, checks and trials must agree on."""

    system: System
    flow: Flow
    tables: dict[str, Table]
    patterns: list[AccessPattern]
    indexes: list[Index]
    offered: tuple[Variant, ...] = ()  # filters and orders that the API offers

    @property
    def stores(self) -> list[str]:
        """The components that hold tables, in the order of the model."""
        held = {table.store for table in self.tables.values()}
        return [name for name in self.system.components if name in held]

    def of_store(self, store: str) -> list[Table]:
        """The tables of a store, each after those it points to where that can be."""
        return [table for table in self.tables.values() if table.store == store]

    def of_table(self, table: str) -> list[AccessPattern]:
        """What a table is asked for, and the tables its rows hang on with theirs."""
        return [p for p in self.patterns if p.table == table or table in p.children]


def layer(system: System, flow: Flow | None = None) -> Layer | None:
    """The data layer of a valid system; None where no entity has fields."""
    made = tables(system)
    if not made:
        return None
    flow = flow or resolve(system)
    asked = patterns(flow, made)
    offered = variants(system, made, asked)
    return Layer(system, flow, made, asked, indexes(made, asked, offered), tuple(offered))
