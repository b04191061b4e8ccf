"""How much each table holds today and later: rows, bytes of rows, bytes of indexes."""

from __future__ import annotations

from dataclasses import dataclass

from backend_lead.catalog.tables import ENTRY_FULL, ENTRY_HEAD, ROW_HEAD, WORDS_SHARE
from backend_lead.views.data.layer import Layer
from backend_lead.views.data.parts import Index, Table
from backend_lead.views.data.types import width
from backend_lead.views.growth import YEAR_S, grown

_PAGE, _BLOCKS, _SUMMARY = 8192.0, 128.0, 40.0  # of PostgreSQL: bytes, pages a summary, its bytes
_ALIGN = 8.0
MONTH_S = YEAR_S / 12


@dataclass(frozen=True)
class Size:
    """A table at one time."""

    table: str
    rows: float
    row_bytes: float
    index_bytes: float

    @property
    def bytes(self) -> float:
        """All it takes on a disk, before copies and free space."""
        return self.row_bytes + self.index_bytes


def sizes(layer: Layer, after_s: float = 0.0) -> dict[str, Size]:
    """Every table after a time of the same load, and of the growth that the model says."""
    later = grown(layer.flow, after_s)
    data = layer.system.data
    more = data.growth.value if data and data.growth else 1.0
    out = {}
    for name, table in layer.tables.items():
        rows = later.entities[table.entity].rows.value * more ** (after_s / YEAR_S)
        rows *= table.per_parent if table.parent else 1.0
        heap = rows * (table.row_bytes + ROW_HEAD.value)
        out[name] = Size(name, rows, heap, rows * entry_bytes(layer, table))
    return out


def entry_bytes(layer: Layer, table: Table) -> float:
    """Bytes that all indexes of a table hold for a row."""
    groups = [table.key, *table.unique]
    total = sum(_ordered(table, columns) for columns in groups)
    return total + sum(index_row_bytes(table, i) for i in layer.indexes if i.table == table.name)


def index_row_bytes(table: Table, index: Index) -> float:
    """Bytes that one index holds for a row; of a partial one as if it held all."""
    if index.method == "words":
        text = sum(width(table.column(c).type, table.column(c).most) for c in index.columns)
        return text * _scale(table) * WORDS_SHARE.value
    if index.method == "blocks":
        return _SUMMARY / (_BLOCKS * _PAGE / (table.row_bytes + ROW_HEAD.value))
    return _ordered(table, index.columns)


def _ordered(table: Table, columns: tuple[str, ...]) -> float:
    values = sum(width(table.column(c).type, table.column(c).most) for c in columns)
    aligned = -(-values // _ALIGN) * _ALIGN
    return (aligned + ENTRY_HEAD.value) / ENTRY_FULL.value


def _scale(table: Table) -> float:
    """What the model says of a row's bytes, over what its types would take."""
    return table.row_bytes / max(1.0, sum(width(c.type, c.most) for c in table.columns))
