"""The comparison of two JSON schemas: what changed, and whether senders or readers break."""

from __future__ import annotations

from backend_lead.changes.schemas.edit import Edit, Naming, law_of, told
from backend_lead.changes.schemas.kinds import wire_of
from backend_lead.changes.schemas.laws import LAWS, Law
from backend_lead.changes.schemas.shape import Shape, shape
from backend_lead.changes.schemas.walk import Walk

__all__ = ["LAWS", "Edit", "Law", "Naming", "Shape", "Walk", "law_of", "shape", "told", "wire_of"]
