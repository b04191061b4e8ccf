"""Protobuf: what is told of concrete edits, and that buf judges each the same way."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from backend_lead.changes.change import CannotJudge, Text
from backend_lead.changes.proto import PROTOCOL, reading
from backend_lead.model.finding import InvalidInput
from tests.changes.proto_edits import BASE, EDITS, edited
from tests.changes.public_pairs import TODAY

BREAKS = 100  # buf's exit code where something breaks
# What goes wrong on the wire, in JSON or at a call; and what generated code may trip over too.
GATE = "WIRE_JSON, RPC_NO_DELETE, SERVICE_NO_DELETE"
SOURCE = "FILE"


def judged(folder: Path, old: str, new: str, rules: str) -> bool:
    """Whether buf itself calls the edit breaking."""
    for name, text in (("old", old), ("new", new)):
        there = folder / name
        there.mkdir(exist_ok=True)
        (there / "x.proto").write_text(text)
        (there / "buf.yaml").write_text(f"version: v2\nbreaking:\n  use: [{rules}]\n")
    done = subprocess.run(
        [reading.program(), "breaking", "new", "--against", "old"], cwd=folder,
        capture_output=True, text=True, env={"PATH": os.defpath, "HOME": str(folder)},
    )  # fmt: skip
    assert done.returncode in (0, BREAKS), done.stderr
    return done.returncode == BREAKS


@pytest.mark.parametrize("name", EDITS)
def test_buf_agrees_with_the_verdict(name: str, tmp_path: Path) -> None:
    """Breaking is what buf calls breaking on the wire and at calls; maybe, what it does in code."""
    expected, edits = EDITS[name]
    text = edited(edits)
    found = PROTOCOL.changes(Text("old.proto", BASE), Text("new.proto", text), TODAY)
    assert {change.id for change in found} == expected
    levels = {change.level for change in found}
    assert ("breaking" in levels) == judged(tmp_path, BASE, text, GATE)
    assert bool(levels & {"breaking", "maybe"}) == judged(tmp_path, BASE, text, SOURCE)
    assert all(change.place.line for change in found if change.id != "file-option-changed")


def test_older_syntax_is_compared_too() -> None:
    """Required fields, defaults and the syntax itself are changes."""
    old = 'syntax = "proto2"; message M { required int32 a = 1; optional int32 b = 2; }'
    new = ('syntax = "proto2"; message M { optional int32 a = 1; '
           "optional int32 b = 2 [default = 3]; required int32 c = 3; }")  # fmt: skip
    found = PROTOCOL.changes(Text("a", old), Text("b", new), TODAY)
    assert {c.id for c in found} == {
        "field-required-changed", "field-default-changed", "required-field-added",
    }  # fmt: skip
    third = 'syntax = "proto3"; message M { int32 a = 1; int32 b = 2; }'
    ids = {c.id for c in PROTOCOL.changes(Text("a", old), Text("b", third), TODAY)}
    assert "syntax-changed" in ids


def test_a_field_that_is_removed_stands_where_it_stood() -> None:
    """The place is the line of the old file; a call's change names the call."""
    found = PROTOCOL.changes(
        Text("old.proto", BASE),
        Text("new.proto", edited([("string b = 2;", ""), ("A(M)", "A(N)")])), TODAY,
    )  # fmt: skip
    places = {c.id: (c.place.file, c.place.line, c.operation, c.field) for c in found}
    assert places["field-removed"] == ("old.proto", 5, "", "M.b")
    assert places["rpc-request-type-changed"] == ("new.proto", 19, "S.A", "S.A")


def test_what_is_imported_is_read_only_if_it_was_given() -> None:
    """An import that is beside the file is used, any other is a finding."""
    text = 'syntax = "proto3"; import "x/y.proto"; message M { x.Y a = 1; }'
    assert PROTOCOL.needs(text) == ("x/y.proto",)
    beside = {"x/y.proto": 'syntax = "proto3"; package x; message Y {}'}
    assert PROTOCOL.changes(Text("a", text, beside), Text("b", text, beside), TODAY) == []
    with pytest.raises(InvalidInput) as caught:
        PROTOCOL.changes(Text("a", text), Text("b", 'syntax = "proto3"; message {'), TODAY)
    found = {(f.rule, f.place.file) for f in caught.value.findings}
    assert found == {("contract-proto", "a"), ("contract-proto", "b")}


def test_without_buf_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading needs a program; its absence is told, not stumbled over."""
    monkeypatch.setattr(reading, "PROGRAM", "no-such-buf")
    with pytest.raises(CannotJudge, match=r"pip install 'backend-lead\[api\]'"):
        PROTOCOL.changes(Text("a", BASE), Text("b", BASE), TODAY)
