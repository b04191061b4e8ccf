"""A YAML document: its values, its places, and what it refuses."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from backend_lead.model.finding import Finding, InvalidInput
from backend_lead.views.document import Document, path_text

TEXT = """\
# a shop
backend: shop
open: no          # not false
at: 12:30
app:
  does:
    - cpu: &c {value: 2 ms, range: [1, 5.5]}
    - cpu: *c
  note: |
    two
    lines
empty:
"""


def refused(text: str | bytes) -> list[Finding]:
    with pytest.raises(InvalidInput) as caught:
        Document.parse(text, "m.yaml")
    return caught.value.findings


def test_values_are_those_of_yaml_1_2() -> None:
    """`no` and `12:30` stay texts; numbers, booleans and null are read; aliases are written out."""
    cpu = {"value": "2 ms", "range": [1, 5.5]}
    assert Document.parse(TEXT).plain() == {
        "backend": "shop", "open": "no", "at": "12:30",
        "app": {"does": [{"cpu": cpu}, {"cpu": cpu}], "note": "two\nlines\n"}, "empty": None,
    }  # fmt: skip
    plain = Document.parse("b: [0x1f, 1_0, true, ~, .5, -3, '7', .inf]")
    assert plain.plain()["b"] == [31, "1_0", True, None, 0.5, -3, "7", float("inf")]


def test_text_stays_as_it_was_read() -> None:
    """Comments, order and spelling are those of the author."""
    assert Document.parse(TEXT).to_text() == TEXT


@pytest.mark.parametrize(("loc", "line", "column", "path"), [
    (("backend",), 2, 10, "backend"),
    (("app", "does", 0, "cpu"), 7, 12, "app.does[0].cpu"),
    (("app", "does", 0, "cpu", "range", 1), 7, 40, "app.does[0].cpu.range[1]"),
    (("app", "does", 1, "cpu"), 8, 12, "app.does[1].cpu"),
    (("app", "does"), 6, 3, "app.does"),
    (("empty",), 12, 1, "empty"),
    (("app", "missing"), 5, 1, "app.missing"),
    ((), 2, 1, ""),
])  # fmt: skip
def test_places_are_lines_and_columns(
    loc: tuple[str | int, ...], line: int, column: int, path: str
) -> None:
    """A value stands where it begins; a block, or a missing value, where its key does."""
    place = Document.parse(TEXT, "m.yaml").place(loc)
    assert (place.file, place.line, place.column, place.path) == ("m.yaml", line, column, path)


def test_a_key_has_its_own_place() -> None:
    """An unknown key is shown where the key stands, not its value."""
    place = Document.parse(TEXT).place(("app", "does", 0, "cpu", "value"), of_key=True)
    assert (place.line, place.column) == (7, 16)


def test_paths_read_like_the_model() -> None:
    """A path names keys with dots and entries with brackets."""
    assert (
        path_text(("components", "app", "does", 0, "cpu", "[key]")) == "components.app.does[0].cpu"
    )


@pytest.mark.parametrize(("text", "rule", "line", "column"), [
    ("", "yaml-empty", 1, 1),
    ("# only a comment\n", "yaml-empty", 1, 1),
    ("- a\n", "yaml-not-a-mapping", 1, 1),
    ("just words\n", "yaml-not-a-mapping", 1, 1),
    ("a: 1\n---\nb: 2\n", "yaml-several-documents", 2, 1),
    ("a: 1\nb: 2\na: 3\n", "yaml-duplicate-key", 3, 1),
    ("a: !!python/object:os.system x\n", "yaml-tag", 1, 4),
    ("a: !mine x\n", "yaml-tag", 1, 4),
    ("a:\n\tb: 1\n", "yaml-tab", 2, 1),
    ("a: \x07\n", "yaml-control-character", 1, 4),
    ('a: "\\e[2J"\n', "yaml-control-character", 1, 4),
    ('a: "\\ud800"\n', "yaml-control-character", 1, 4),
    (b"a: 1\nb: \xff\n", "yaml-encoding", 2, 4),
    ("a: *nobody\n", "yaml-alias", 1, 4),
    ("a: &x [*x]\n", "yaml-alias", 1, 8),
    ("a: &x {b: 1}\nc:\n  <<: *x\n", "yaml-merge-key", 3, 3),
    ("? [a]\n: 1\n", "yaml-key", 1, 3),
    ("a: b: c\n", "yaml-syntax", 1, 5),
    ("a: [1, 2\n", "yaml-syntax", 2, 1),
    ('a: "x\n', "yaml-syntax", 2, 1),
    ("a: @x\n", "yaml-syntax", 1, 4),
    ('a: "\\U00110000"\n', "yaml-syntax", 1, 1),
    ("a: 1\n  b: 2\n", "yaml-syntax", 2, 4),
])  # fmt: skip
def test_bad_text_is_told_with_its_place(
    text: str | bytes, rule: str, line: int, column: int
) -> None:
    """Each fault is a finding with line, column, what was seen, what is allowed and a hint."""
    finding = refused(text)[0]
    assert (finding.rule, finding.place.line, finding.place.column) == (rule, line, column)
    assert finding.place.file == "m.yaml"
    assert finding.seen and finding.allowed and finding.hint


def test_all_faults_are_told_at_once() -> None:
    """A duplicate key, a tag and an unknown alias in one file are three findings."""
    rules = [f.rule for f in refused("a: 1\na: 2\nb: !x 3\nc: *no\n")]
    assert sorted(rules) == ["yaml-alias", "yaml-duplicate-key", "yaml-tag"]


def _laughs(width: int, layers: int) -> str:
    lines = ["a0: &a0 [" + ", ".join(["lol"] * width) + "]"]
    for i in range(1, layers):
        lines.append(f"a{i}: &a{i} [" + ", ".join([f"*a{i - 1}"] * width) + "]")
    return "\n".join(lines)


@pytest.mark.parametrize(("text", "rule"), [
    (_laughs(10, 10), "yaml-alias-bomb"),
    (_laughs(1, 500), "yaml-alias-bomb"),
    ("a: &a " + "x" * 1_000_000 + "\nb: [" + ", ".join(["*a"] * 50) + "]\n", "yaml-alias-bomb"),
    ("a: " + "[" * 10_000, "yaml-too-deep"),
    ("a: " + "[\n" * 10_000, "yaml-too-deep"),
    ("a: " + "{b: " * 10_000, "yaml-too-deep"),
    ("x" * 5_000_001, "yaml-too-large"),
    (b"\0" * 5_000_001, "yaml-too-large"),
])  # fmt: skip
def test_bombs_are_refused_quickly_and_with_little_memory(text: str | bytes, rule: str) -> None:
    """What would expand, nest or fill memory is refused within a second."""
    Document.parse("warm: up")
    start = time.process_time()
    assert refused(text)[0].rule == rule
    assert time.process_time() - start < 1.0


def test_refusing_a_bomb_takes_little_memory() -> None:
    """A billion laughs needs no more than a few megabytes to refuse."""
    Document.parse("warm: up")
    tracemalloc.start()
    refused(_laughs(10, 20))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_too_many_values_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of values is bounded, wherever they stand."""
    monkeypatch.setattr("backend_lead.views.yaml_nodes.MAX_NODES", 100)
    finding = refused("a:\n" + "- 1\n" * 200)[0]
    assert (finding.rule, finding.place.line) == ("yaml-too-many-nodes", 99)


def test_line_ends_of_windows_and_a_byte_order_mark_do_no_harm() -> None:
    """A file saved on Windows reads the same."""
    document = Document.parse(b"\xef\xbb\xbfa: 1\r\nb:\r\n  c: 2\r\n")
    assert document.plain() == {"a": 1, "b": {"c": 2}}
    assert document.place(("b", "c")).line == 3
