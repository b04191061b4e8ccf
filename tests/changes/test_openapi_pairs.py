"""The public pairs: what the reference tool's own tests assert, and every change beyond that."""

from __future__ import annotations

import csv
import random
from copy import deepcopy
from typing import Any

import pytest

from backend_lead.changes.change import Text
from backend_lead.changes.contract import one_line, read
from backend_lead.changes.openapi import PROTOCOL
from backend_lead.model.finding import InvalidInput
from tests.changes import public_pairs
from tests.changes.public_pairs import HERE, TODAY, Pair, pairs

PAIRS = 96
ASSERTED = 128
# Asserted only after the reference tool's test has made `data.name` write-only in memory; the files
# as they are hold no write-only property, so as files they cannot show these.
MADE_WRITE_ONLY = {
    "response-write-only-property-became-optional", "response-write-only-property-became-required",
}  # fmt: skip
NAME = "            name:\n              type: string"
SEED, BROKEN = 7, 150


def missed(pair: Pair) -> set[tuple[str, str]]:
    found = {(c.id, c.level) for c in public_pairs.changes(pair.base, pair.revision)}
    return set(pair.asserted) - found


def test_what_is_asserted_of_the_public_pairs_is_found() -> None:
    """Of 128 ids over 96 pairs all are found at their level but two, which the files do not hold."""
    assert len(pairs()) == PAIRS
    assert sum(len(pair.asserted) for pair in pairs()) == ASSERTED
    not_found = [id for pair in pairs() for id, _ in missed(pair)]
    assert sorted(not_found) == sorted(MADE_WRITE_ONLY)


def test_the_two_are_found_once_the_files_hold_them() -> None:
    """With the property made write-only, as the reference tool's tests do, both ids are found."""
    for pair in pairs():
        for id, level in missed(pair):
            texts = [public_pairs.text(name) for name in (pair.base, pair.revision)]
            assert all(NAME in text.text for text in texts)
            hidden = [Text(t.file, t.text.replace(NAME, f"{NAME}\n              writeOnly: true"))
                      for t in texts]  # fmt: skip
            found = PROTOCOL.changes(hidden[0], hidden[1], TODAY)
            assert (id, level) in {(c.id, c.level) for c in found}


def test_every_change_beyond_the_asserted_is_explained() -> None:
    """tests/changes/extras.csv names each one pair by pair, with what it is and why it is right."""
    with (HERE / "extras.csv").open(encoding="utf-8") as rows:
        table = list(csv.DictReader(rows))
    explained = {(r["base"], r["revision"], r["level"], r["id"], r["what"]) for r in table}
    asserted: dict[tuple[str, str], set[str]] = {}
    for pair in pairs():
        ids = asserted.setdefault((pair.base, pair.revision), set())
        ids |= {id for id, _ in pair.asserted}
    found = {
        (base, revision, c.level, c.id, c.message)
        for (base, revision), ids in asserted.items()
        for c in public_pairs.changes(base, revision)
        if c.id not in ids
    }
    assert found == explained
    assert all(row["reason"] for row in table)


def test_a_file_compared_with_itself_has_no_changes() -> None:
    """Every file of the pairs is equal to itself."""
    for name in {name for pair in pairs() for name in (pair.base, pair.revision)}:
        assert public_pairs.changes(name, name) == []


def test_a_broken_contract_is_compared_or_refused_never_a_failure() -> None:
    """Parts of contracts replaced by what does not belong there end in changes or in findings."""
    chance = random.Random(SEED)
    names = sorted({name for pair in pairs() for name in (pair.base, pair.revision)})
    compared = 0
    for _ in range(BROKEN):
        text = public_pairs.text(chance.choice(names))
        broken = Text("b.json", one_line(spoilt(read(text).root, chance)))
        for old, new in ((text, broken), (broken, text)):
            try:
                PROTOCOL.changes(old, new, TODAY)
                compared += 1
            except InvalidInput as err:
                assert err.findings
    assert compared > BROKEN


def spoilt(root: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """A contract with up to three of its values replaced."""
    root = deepcopy(root)
    for _ in range(chance.randint(1, 3)):
        places: list[tuple[Any, Any]] = []
        collect(root, places)
        holder, key = chance.choice(places)
        if key != "openapi":
            junk: list[Any] = [None, True, 3, "x", "", [], {}, [1], {"a": 1}, {"$ref": "#/info"}]
            holder[key] = chance.choice(junk)
    return root


def collect(value: Any, places: list[tuple[Any, Any]]) -> None:
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    for key in list(keys):
        places.append((value, key))
        if isinstance(value[key], dict | list):
            collect(value[key], places)


@pytest.mark.parametrize("name", ["extras.csv"])
def test_the_table_of_extras_holds_no_copies(name: str) -> None:
    """It names files and changes; the contracts themselves stay where they are."""
    text = (HERE / name).read_text(encoding="utf-8")
    assert "openapi:" not in text and "paths:" not in text
