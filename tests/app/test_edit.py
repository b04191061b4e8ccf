"""A model with one thing changed: the text stays where nothing changed, and the wrong is told."""

from __future__ import annotations

import difflib
from typing import Any

import pytest

from backend_lead.app.edit import Edit, edited, sites
from backend_lead.app.model_file import read_checked_text
from backend_lead.model.finding import InvalidInput
from backend_lead.tactics import tactics
from tests.app.good_model import GOOD

COMMENTED = GOOD.replace("backend: shop\n", "# Ours\nbackend: shop  # the name\n")


def after(edit: Edit, text: str = COMMENTED) -> str:
    return edited(read_checked_text(text), edit).document.to_text()


def changed_lines(text: str) -> list[str]:
    rows = difflib.ndiff(COMMENTED.splitlines(), text.splitlines())
    return [row for row in rows if row[0] in "+-"]


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        ({"components.app.count": 9}, ["-     count: 6", "+     count: 9"]),
        ({"journeys.buy.steps": ["app.order", "app.get_item"]}, None),
        ({"journeys.buy.steps[1]": "app.get_item"}, None),
        ({"workload.clients.web.users": "20k"}, None),
        ({"components.app.queue": 100}, ["+     queue: 100"]),
    ],
)
def test_only_what_is_set_changes(values: dict[str, Any], lines: list[str] | None) -> None:
    """Values by path, new ones and entries at the end of a list too; every comment is kept."""
    text = after(Edit(values))
    assert text.startswith("# Ours\nbackend: shop  # the name\n")
    assert changed_lines(text) == lines if lines else 1 <= len(changed_lines(text)) <= 4


def test_what_is_removed_is_gone_and_lists_keep_their_other_entries() -> None:
    """Two entries of one list go by the places they had."""
    many = after(Edit({"journeys.buy.steps": ["app.order", "app.get_item", "app.list_items"]}))
    left = after(Edit({}, ("journeys.buy.steps[0]", "journeys.buy.steps[1]")), many)
    assert read_checked_text(left).system.journeys["buy"].steps == ["app.list_items"]
    assert "queue" not in after(Edit({}, ("components.app.queue",)),
                                after(Edit({"components.app.queue": 5})))  # fmt: skip


def test_every_tactic_is_applied_by_hand_where_it_applies() -> None:
    """Sized for the stated load, and read back: what comes out is a model that can be used."""
    system = read_checked_text(GOOD).system
    found = sites(system)
    assert set(found) <= set(tactics()) and found
    for name, where in found.items():
        text = after(Edit({}, (), name, where[0]), GOOD)
        assert read_checked_text(text).system.components
        assert text != GOOD or name in ("horizontal-scale", "vertical-scale")  # sized already


@pytest.mark.parametrize(
    ("edit", "rule", "told"),
    [
        (Edit({}), "edit-nothing", "a value to set"),
        (Edit({"components.ap.count": 1}), "edit-path", "did you mean app?"),
        (Edit({"components.app.count": "x"}), "model-wrong-value", "whole number"),
        (Edit({"components.app..count": 1}), "edit-path", "names with dots"),
        (Edit({"journeys.buy.steps[7]": "app.order"}), "edit-path", "[0] to [0]"),
        (Edit({"components.app.count": float("nan")}), "edit-value", "YAML"),
        (Edit({"components.app.count": {1, 2}}), "edit-value", "YAML"),
        (Edit({}, ("components.app.cuont",)), "edit-path", "did you mean count?"),
        (Edit({}, (), "cash-aside"), "edit-tactic", "did you mean cache-aside?"),
        (Edit({}, (), "sharding", "app"), "edit-site", "bulkhead"),
        (Edit({"components.app.kind": "nothing"}), "model-unknown-kind", "http-service"),
    ],
)
def test_what_cannot_be_is_told_with_what_can(edit: Edit, rule: str, told: str) -> None:
    """The finding names what was seen and what is allowed; the model is not changed."""
    reading = read_checked_text(GOOD)
    with pytest.raises(InvalidInput) as caught:
        edited(reading, edit)
    found = caught.value.findings
    assert rule in {f.rule for f in found}, found
    assert any(told in f"{f.allowed} {f.hint} {f.message}" for f in found), found
