"""What a system keeps: entities, their rows and who may see them."""

from __future__ import annotations

from backend_lead.model.contract import EntityField
from backend_lead.model.data import Erase, Partition
from backend_lead.model.part import Name, Part, Ref
from backend_lead.model.quantity import Bytes, Count, Duration, Factor

EVERYBODY = "everybody"


class Entity(Part):
    """What the system keeps: size, number, popularity, and the write that creates one.

    `title` says what a row is, `plural` how many are called. `store` is the component that keeps
    them. `fields` are what a row has. `rows` is how many there are; `skew` how unevenly they are
    asked for: 0 all alike, 1 and more a few very often. `created_by` is the endpoint that adds one.
    `row` is the data of one row without indexes; what a store adds to it is the catalogue's.
    `owner` is the service that answers for it; `owned_by` the field that names whose it is: the
    caller, by its token, or something the caller owns. `shared_with` are fields that name who else
    may see it and act on it, or `everybody`; to change and to remove it stays its owner's.
    `tenant` names the customer whose rows no other may see. `retention` is how long a row is kept
    before a job deletes it. `legal_hold` is how long a law wants it kept, whatever else is asked.
    `erase` says what an erasure of a person does to its rows: delete, anonymise or keep. `purpose`
    names what it may be used for (`data.purposes`). `unique` lists fields of which no two rows have
    the same values together. `partition` keeps the table in parts by time. With `history` analyses
    see what it was at any time. `residency` is where its rows must stay.
    """

    title: str | None = None
    plural: Name | None = None
    store: Name | None = None
    owner: Name | None = None
    owned_by: Name | None = None
    shared_with: list[Name] = []
    fields: dict[Name, EntityField] = {}
    row: Bytes
    rows: Count
    skew: Factor | None = None
    created_by: Ref | None = None
    retention: Duration | None = None
    legal_hold: Duration | None = None
    erase: Erase | None = None
    purpose: list[Name] = []
    tenant: Name | None = None
    unique: list[list[Name]] = []
    partition: Partition | None = None
    history: bool = False
    residency: str | None = None
