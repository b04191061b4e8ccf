"""What the data layer is asked for: how rows are found, what a field may be used for, how long rows
are kept, and what is made of them for people who analyse."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from backend_lead.model.part import Name, Part
from backend_lead.model.quantity import Bytes, Count, Duration, Factor, Rate

Class = Literal["public", "internal", "personal", "sensitive", "financial", "credential"]
GUARDED: tuple[Class, ...] = ("personal", "sensitive", "financial", "credential")
Basis = Literal[
    "contract", "consent", "legal-obligation", "legitimate-interest", "vital-interest",
    "public-task",
]  # fmt: skip
Erase = Literal["delete", "anonymise", "keep"]
Change = Literal["insert", "upsert", "update", "delete"]
Capture = Literal["outbox", "cdc"]
Order = Annotated[str, StringConstraints(pattern=r"^-?[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$",
                                         max_length=64)]  # fmt: skip


class Pattern(Part):
    """How a statement finds its rows: fields `by` which they are asked for, a `range` of one, in
    an `order` (`-field`: the greatest first), at most `rows`.

    `words` are the fields searched for words. With `sums` or `groups` it adds rows up. A write
    says what it does (`change`) and which fields it `sets`; all that may change where none is said.
    Each row comes `with` what hangs on it, such as the lines of an order. An answer may be `fresh`
    old. `usual` are the values most ask for: `{state: open}` makes a partial index worth it. The
    rows are those `of` another entity where what the statement is about is put together from them.
    """

    shared: ClassVar[bool] = True
    of: Name | None = None
    by: list[Name] = []
    range: Name | None = None
    order: Order | None = None
    rows: Count | None = None
    words: list[Name] = []
    sums: list[Name] = []
    groups: list[Name] = []
    change: Change | None = None
    sets: list[Name] = []
    with_: list[Name] = Field(default=[], alias="with")
    usual: dict[Name, Annotated[str, StringConstraints(max_length=63)]] = {}
    fresh: Duration | None = None


class Partition(Part):
    """A table in parts by time: `by` a timestamp or date of its key, a new part `every` so long."""

    shared: ClassVar[bool] = True
    by: Name
    every: Duration


class Purpose(Part):
    """What personal data is used for (`title`), and the `basis` that allows it (GDPR article 6)."""

    title: str | None = None
    basis: Basis


class Product(Part):
    """Data made for others: rows of an entity, or of `each` of a list of its fields, with measures
    to add up and dimensions to group by, not older than `fresh`.

    `title` is what it is called and `owner` the service that answers for it. It is `of` an entity;
    `measures` are fields to add up, `dimensions` fields to group by, `consumers` who reads it.
    `when` is the time of a row; `answers` the question it is there for; `queries` how often it is
    asked, and `scans` the share of its rows that a query reads, a day where none is said.
    """

    title: str | None = None
    answers: str | None = None
    of: Name
    each: Name | None = None
    when: Name | None = None
    measures: list[Name] = []
    dimensions: list[Name] = []
    consumers: list[str] = Field(default=[], max_length=50)
    owner: str | None = None
    fresh: Duration | None = None
    queries: Rate | None = None
    scans: Duration | None = None


class Online(Part):
    """An answer a decision waits for: numbers added up over `window`, kept by `by`, given `within`
    some milliseconds, not older than `fresh`.

    `title` is what it is called. It is `of` an entity; `sums` are the fields added up. With none at
    hand the decision does the `fallback`.
    """

    title: str | None = None
    of: Name
    by: Name
    sums: list[Name] = []
    window: Duration
    within: Duration
    fresh: Duration
    fallback: str


class Data(Part):
    """What is asked of the data layer beyond its tables.

    `capture` is how changes leave the store; `late` how long a window waits for events that come
    late; `erase_within` how soon a person's data must be gone everywhere. A store is restored
    `restore_within`, and what was written in the last `lose_most` may be lost then. A backup goes
    after `backups_kept`; with `erase_again` the list of who was erased is kept outside of backups
    and carried out on a store that came from one before anybody is served. Rows grow by
    `growth` a year beyond what today's load adds; `holds` are bytes that are there already.
    `purposes` are what personal data may be used for, `products` what is made of rows for who
    analyses, `online` the answers that decisions wait for.
    """

    shared: ClassVar[bool] = True
    capture: Capture | None = None
    late: Duration | None = None
    erase_within: Duration | None = None
    restore_within: Duration | None = None
    lose_most: Duration | None = None
    backups_kept: Duration | None = None
    erase_again: bool = True
    growth: Factor | None = None
    holds: Bytes | None = None
    purposes: dict[Name, Purpose] = {}
    products: dict[Name, Product] = {}
    online: dict[Name, Online] = {}

    @model_validator(mode="after")
    def _questions(self) -> Data:
        for name, product in self.products.items():
            if len(set(product.dimensions)) < len(product.dimensions):
                raise PydanticCustomError(
                    "product", "`{name}` names a dimension twice", {"name": name}
                )
        return self
