"""What each rule about the data layer finds: changes to the small shop, and what is then said."""

from __future__ import annotations

from dataclasses import dataclass

from tests.intake.data_shop import DATA_SHOP

SHARDS = ("instance: db.m7g.large\n", "instance: db.m7g.large\n    shards: 16\n")
POOL = ("pool: 8", "pool: 32")
KEYED = ("entity: order\n        pattern: {by", "entity: order\n        shard_key: buyer\n"
         "        pattern: {by")  # fmt: skip
WRITTEN = ("entity: order\n        pattern: {change", "entity: order\n        shard_key: buyer\n"
           "        pattern: {change")  # fmt: skip


@dataclass(frozen=True)
class Bad:
    """Changes to the shop's model, where the finding is, words it must say."""

    changes: tuple[tuple[str, str], ...]
    path: str
    words: tuple[str, ...]


def changed(*changes: tuple[str, str]) -> str:
    """The shop's model with each old text replaced by a new one, once."""
    text = DATA_SHOP
    for old, new in changes:
        assert old in text, f"the shop's model has no {old!r}"
        text = text.replace(old, new, 1)
    return text


DATA_BAD: dict[str, list[Bad]] = {
    "personal-unmarked": [
        Bad((("email: {type: email, personal: true}", "email: {type: email}"),),
            "entities.buyer.fields.email", ("`buyer.email` looks personal", "class: personal")),
        Bad((("      total: {type: money}", "      total: {type: money}\n"
              "      ip: {type: string}"),),
            "entities.order.fields.ip", ("`order.ip` looks personal",)),
        Bad((("sku: {type: string}", "sku: {type: string}, card_number: {type: string}"),),
            "api.shapes.line.fields.card_number", ("looks financial",)),
    ],
    "statement-unserved": [
        Bad((("by: [buyer_id], order: -made_at, with", "with"),),
            "components.db.operations.orders_of.pattern",
            ("`db.orders_of` reads all 10,000,000 rows of `orders`", "by: [FIELD]")),
    ],
    "hot-shard": [
        Bad((SHARDS, POOL, KEYED, WRITTEN,
             ("    rows: 1M\n    unique", "    rows: 1M\n    skew: 1.4\n    unique")),
            "components.db.shards", ("of `db`'s 16 shards", "one `buyer` makes", "times the mean")),
    ],
    "backups-outlive": [
        Bad((("erase_within: 30 d", "erase_within: 30 d\n  backups_kept: 90 d\n"
              "  erase_again: false"),),
            "data.erase_again", ("backups of `db`", "kept for 90 d", "at most 30 d")),
        Bad((("erase_within: 30 d", "erase_within: 5 d\n  erase_again: false"),),
            "data.erase_again", ("kept for 7 d", "carry it out after each restore")),
    ],
    "purpose-missing": [
        Bad((("unique: [[email]]\n    purpose: [selling]", "unique: [[email]]"),),
            "entities.buyer", ("`email` for no stated purpose", "selling")),
    ],
    "tenant-unbound": [
        Bad((("  note:\n", "  note:\n    tenant: buyer_id\n    fields: {id: {type: id, key: true}, "
              "buyer_id: {type: ref(buyer)}}\n"),),
            "entities.order", ("`order` belongs to tenants by `buyer_id`", "tenant: buyer_id")),
    ],
}  # fmt: skip
