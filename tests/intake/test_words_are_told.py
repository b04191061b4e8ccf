"""Whoever writes a model by hand finds each word of the data layer told in the schema."""

from __future__ import annotations

import pytest

from backend_lead.intake.backend_yaml import read_text
from backend_lead.model.finding import InvalidInput
from backend_lead.model.part import told
from backend_lead.model.system import System
from tests.views.streaming_model import MODEL

PARTS = ("Entity", "EntityField", "Partition", "Pattern", "Product", "Purpose", "Online", "Data")


@pytest.mark.parametrize("part", PARTS)
def test_every_word_of_the_data_layer_has_a_description(part: str) -> None:
    """An editor that knows the schema tells what each word means."""
    known = System.model_json_schema(by_alias=True)["$defs"][part]["properties"]
    bare = [word for word, value in known.items() if not value.get("description")]
    assert not bare


def test_the_sentence_about_a_word_is_found() -> None:
    """It is the sentence that has the word in backticks, with or without a value."""
    text = "First of all. With `one: true` it is one. `two` is more."
    assert told(text, "one") == "With `one: true` it is one."
    assert told(text, "two") == "`two` is more." and told(text, "three") == ""


def test_a_class_that_is_none_is_answered_with_the_one_that_is_meant() -> None:
    """`pii` is answered with `personal`, not with `public`."""
    text = MODEL.replace("DATA\n", "").replace("RATE", "1/s").replace("financial", "pii")
    with pytest.raises(InvalidInput) as told_of:
        read_text(text, "shop.yaml")
    (found,) = told_of.value.findings
    assert "personal" in found.hint and "public" not in found.hint
    assert "public" in found.allowed and "credential" in found.allowed
