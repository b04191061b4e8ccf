"""Reading backend.yaml: a typed system, or everything that is wrong with it."""

from __future__ import annotations

import os
import time
import tracemalloc
from pathlib import Path

import pytest

from backend_lead.intake.backend_yaml import read_file, read_text
from backend_lead.model.digest import digest
from backend_lead.model.finding import Finding, InvalidInput
from tests.intake.shop import SHOP


def refused(text: str | bytes) -> list[Finding]:
    with pytest.raises(InvalidInput) as caught:
        read_text(text, "shop.yaml")
    return caught.value.findings


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_a_good_model_is_read_without_findings() -> None:
    """Units become base units, and nothing is complained about."""
    reading = read_text(SHOP)
    assert reading.findings == []
    assert reading.system.workload.clients["web"].users.value == 10_000  # type: ignore[union-attr]
    assert reading.system.components["app"].endpoints["list"].does[0].cpu.value == 0.002  # type: ignore[union-attr]
    assert reading.document.to_text() == SHOP


USERS, CPU = "workload.clients.web.users", "components.app.endpoints.list.does[0].cpu"


@pytest.mark.parametrize(("old", "new", "rule", "path", "seen", "allowed", "hint"), [
    ("concurrency: 64", "concurency: 64", "model-unknown-key", "components.app.concurency",
     "concurency", "concurrency", "did you mean `concurrency`?"),
    ("concurrency: 64", "concurrency: 0", "model-wrong-value", "components.app.concurrency", "0",
     "a whole number from 1 to 1,000,000", "for example"),
    ("concurrency: 64", "concurrency: 64.5", "model-wrong-value", "components.app.concurrency",
     "64.5", "a whole number", "for example"),
    ("concurrency: 64", "concurrency: true", "model-wrong-value", "components.app.concurrency",
     "true", "a whole number", "for example"),
    ("concurrency: 64", "concurrency: " + "9" * 500, "model-wrong-value",
     "components.app.concurrency", "999", "a whole number", "for example"),
    ("users: 10k", "users: -5", "model-wrong-value", USERS, "-5", "from 1 to", "negative"),
    ("users: 10k", "users: 0", "model-wrong-value", USERS, "0", "from 1 to 1T", "250"),
    ("users: 10k", "users: 1e15", "model-wrong-value", USERS, "1e15", "1T", "250"),
    ("users: 10k", "users: .nan", "model-wrong-value", USERS, ".nan", "1T", "250"),
    ("users: 10k", "users: many", "model-wrong-value", USERS, "many", "600k", "600k"),
    ("users: 10k", "users: [10k]", "model-wrong-value", USERS, "[10k]", "600k", "600k"),
    ("users: 10k", "users: " + "1" * 100_000, "model-wrong-value", USERS, "111", "1T", "250"),
    ("users: 10k", 'users: "' + "1" * 100_000 + 'x!"', "model-wrong-value", USERS, '"111', "1T",
     "250"),
    ("think_time: 10 s", "think_time: 10", "model-wrong-value", "workload.clients.web.think_time",
     "10", "12 s", "add the unit: 10 ms?"),
    ("think_time: 10 s", "think_time: 0 s", "model-client", "workload.clients.web", "0 s",
     "think_time", "users and think_time"),
    ("users: 10k, ", "users: 10k, rate: 5/s, ", "model-client", "workload.clients.web", "rate",
     "rate, or every", "rate"),
    ("users: 10k, ", "rate: 5 kB, ", "model-wrong-value", "workload.clients.web.rate", "5 kB",
     "500/s", "500/s"),
    ("browse: 100%", "browse: 80%", "model-shares", "workload.clients.web", "80%", "100%", "100%"),
    ("factor: 3", "factor: 0", "model-peak", "workload.peak.factor", "0", "1 or more", "mean"),
    ("entry: [lb]", "entry: lb", "model-wrong-shape", "workload.entry", "lb", "a list", "[A, B]"),
    ("entry: [lb]", "entry: [lbb]", "model-unknown-reference", "workload.entry[0]", "lbb",
     "lb, app", "did you mean `lb`?"),
    ("value: 2 ms", "value: 2 lightyears", "model-wrong-value", f"{CPU}.value", "2 lightyears",
     "5 ms", "5 ms"),
    ("range: [1 ms, 5 ms]", "range: [3 ms, 5 ms]", "model-range", CPU, "[3 ms", "low <= value",
     "range: [5 s, 20 s]"),
    (", range: [1 ms, 5 ms]", "", "model-range", CPU, "assumed", "range: [low, high]", "range"),
    ("range: [1 ms, 5 ms]", "range: 5 ms", "model-wrong-shape", f"{CPU}.range", "5 ms",
     "two values", "[A, B]"),
    ("range: [1 ms, 5 ms]", "range: [1 ms, 5 kg]", "model-wrong-value", f"{CPU}.range[1]", "5 kg",
     "5 ms", "5 ms"),
    ("origin: assumed", "origin: asumed", "model-wrong-value", f"{CPU}.origin", "asumed",
     "measured", "did you mean `assumed`?"),
    ("type: read", "type: raed", "model-wrong-value", "components.db.operations.all.type", "raed",
     "read, write", "did you mean `read`?"),
    ("query: db.all", "query: db.al", "model-unknown-reference",
     "components.app.endpoints.list.does[1].query", "db.al", "db.all", "did you mean `db.all`?"),
    ("query: db.all", "call: db.all", "model-unknown-reference",
     "components.app.endpoints.list.does[1].call", "db.all", "app.list", "query"),
    ("query: db.all", "query: all", "model-wrong-value",
     "components.app.endpoints.list.does[1].query", "all", "component.endpoint", "for example"),
    ("query: db.all", "read: db", "model-step", "components.app.endpoints.list.does[1]",
     "read: db", "read together with miss", "entry"),
    ("query: db.all", "query: db.all\n            cpu: 1 ms", "model-step",
     "components.app.endpoints.list.does[1]", "query", "one verb", "entry"),
    ("query: db.all", "query: db.all\n            entity: prodct", "model-unknown-reference",
     "components.app.endpoints.list.does[1].entity", "prodct", "product",
     "did you mean `product`?"),
    ("query: db.all", "query: db.all\n            timeout: 0 s", "model-zero",
     "components.app.endpoints.list.does[1].timeout", "0 s", "more than zero", "5 ms"),
    ("query: db.all", "invalidate: cach", "model-unknown-reference",
     "components.app.endpoints.list.does[1].invalidate", "cach", "lb, app, db", "component"),
    ("[app.list]", "[app.lst]", "model-unknown-reference", "journeys.browse.steps[0]", "app.lst",
     "app.list", "did you mean `app.list`?"),
    ("  lb:", "  LB Main:", "model-wrong-name", "components.LB Main", "LB Main", "small letters",
     "lb-main"),
    ("kind: postgres", "kind:", "model-wrong-value", "components.db.kind", "nothing", "a name",
     "for example"),
    ("kind: postgres", "kind: postgres\n    title: 2024", "model-wrong-value",
     "components.db.title", "2024", "text", '"2024"'),
    ("kind: postgres", "count: 1", "model-missing", "components.db.kind", "count", "a name",
     "add the line kind:"),
    ("store: db", "store: dbx", "model-unknown-reference", "entities.product.store", "dbx", "db",
     "did you mean `db`?"),
    ("store: db", "store: db, created_by: app.make", "model-unknown-reference",
     "entities.product.created_by", "app.make", "app.list", "endpoint"),
    ("row: 4 kB", "row: 0 B", "model-zero", "entities.product.row", "0 B", "more than zero", "kB"),
    ("99.9%", "99.9", "model-wrong-value", "slos[0].availability", "99.9", "100%",
     "did you mean 99.9%?"),
    ("200 ms", "0 s", "model-zero", "slos[0].p99", "0 s", "more than zero", "5 ms"),
    ('journey: "*"', "journey: brows", "model-unknown-reference", "slos[0].journey", "brows",
     "browse", "did you mean `browse`?"),
    ("slos:", "slo:", "model-unknown-key", "slo", "slo", "slos", "did you mean `slos`?"),
    ("components:", "components: 3\nparts:", "model-wrong-shape", "components", "3", "a mapping",
     "keys below"),
])  # fmt: skip
def test_a_fault_says_where_what_was_seen_what_is_allowed_and_what_to_try(
    old: str, new: str, rule: str, path: str, seen: str, allowed: str, hint: str
) -> None:
    """Each fault names file, line, path, the value seen, what is allowed, and a hint."""
    assert old in SHOP
    text = SHOP.replace(old, new, 1)
    finding = next(f for f in refused(text) if f.rule == rule)
    assert finding.level == "error"
    assert finding.place.file == "shop.yaml"
    assert finding.place.path == path
    assert seen in finding.seen and allowed in finding.allowed and hint in finding.hint
    words = (finding.message + finding.allowed + finding.hint).lower()
    assert not any(
        word in words for word in ("pydantic", "input should", "dict", "literal", "str_")
    )
    assert len(finding.seen) < 100 and len(finding.message) < 300
    if rule not in ("model-missing", "model-client", "model-shares"):
        assert abs(finding.place.line - line_of(SHOP, old)) <= 1


def test_all_faults_of_a_file_are_told_at_once_in_order() -> None:
    """Three mistakes are three findings, sorted by line."""
    text = (SHOP.replace("10k", "tenk").replace("concurrency: 64", "concurency: 64")
            .replace("99.9%", "999"))  # fmt: skip
    findings = refused(text)
    assert [f.rule for f in findings] == [
        "model-wrong-value", "model-unknown-key", "model-wrong-value"]  # fmt: skip
    assert [f.place.line for f in findings] == sorted(f.place.line for f in findings)
    assert all(f.place.line and f.place.column for f in findings)


def test_several_missing_references_are_told_at_once() -> None:
    """A wrong journey, step and query are three findings."""
    text = SHOP.replace("db.all", "db.x").replace("[app.list]", "[app.x]").replace("[lb]", "[x]")
    assert [f.rule for f in refused(text)] == ["model-unknown-reference"] * 3


def test_a_cycle_of_calls_is_told_with_its_lines() -> None:
    """Calls in a circle are shown as a path, each call with its line."""
    text = SHOP.replace("query: db.all", "call: app.two").replace(
        "  db:",
        "      two:\n        does:\n          - parallel:\n              - call: app.list\n  db:",
        1,
    )
    finding = next(f for f in refused(text) if f.rule == "model-cycle")
    first, second = line_of(text, "call: app.two"), line_of(text, "call: app.list")
    assert f"app.list -> app.two (line {first}) -> app.list (line {second})" in finding.message
    assert finding.place.line == first


def test_what_nobody_asks_for_is_a_warning() -> None:
    """An endpoint and a journey without callers do not stop anything."""
    text = SHOP.replace("  db:", "      old:\n        does: [cpu: 1 ms]\n  db:", 1)
    text = text.replace("components:", "  buy: {steps: [app.list]}\ncomponents:", 1)
    findings = read_text(text).findings
    assert [(f.rule, f.level) for f in findings] == [
        ("model-unused-journey", "warning"), ("model-unreachable", "warning")]  # fmt: skip
    assert findings[1].place.line == line_of(text, "      old:")


def test_results_of_an_earlier_model_are_a_note() -> None:
    """Results are stale as soon as the model says something else."""
    now = digest(read_text(SHOP).system)
    kept = SHOP + f'results: {{digest: "{now}", figures: {{}}}}\n'
    assert read_text(kept).findings == []
    findings = read_text(kept.replace("10k", "20k")).findings
    assert [(f.rule, f.level) for f in findings] == [("model-results-stale", "note")]


def test_a_second_objective_for_a_journey_is_a_warning() -> None:
    """Only the first objective of a journey counts, and that is told."""
    text = SHOP + '  - {journey: "*", p99: 1 s, availability: 90%}\n'
    assert [f.rule for f in read_text(text).findings] == ["model-duplicate-slo"]


def test_a_flood_of_faults_is_cut_off() -> None:
    """Past two hundred faults the rest is counted."""
    findings = refused(SHOP + "".join(f"x{i}: 1\n" for i in range(500)))
    assert len(findings) == 201
    assert any("300 more errors" in f.message for f in findings)


def test_files_that_cannot_be_read_are_findings(tmp_path: Path) -> None:
    """A missing file, a folder and an empty file are told in words."""
    (tmp_path / "backend.yaml").write_text(SHOP)
    (tmp_path / "empty.yaml").write_text("")
    cases = [
        (tmp_path / "backnd.yaml", "file-missing", "did you mean `backend.yaml`?"),
        (tmp_path / "no" / "x.yaml", "file-missing", "folder"),
        (tmp_path, "file-is-a-folder", "backend.yaml"),
        (tmp_path / "empty.yaml", "yaml-empty", "backend-lead design"),
        (tmp_path / ("x" * 5000), "file-unreadable", "name"),
    ]
    for path, rule, hint in cases:
        with pytest.raises(InvalidInput) as caught:
            read_file(path)
        (finding,) = caught.value.findings
        assert (finding.rule, finding.place.file) == (rule, str(path))
        assert hint in finding.hint
    assert read_file(tmp_path / "backend.yaml").findings == []


@pytest.mark.skipif(os.geteuid() == 0, reason="by design: root may read every file")
def test_a_file_without_permission_is_a_finding(tmp_path: Path) -> None:
    """A file that may not be read is told so."""
    path = tmp_path / "backend.yaml"
    path.write_text(SHOP)
    path.chmod(0)
    with pytest.raises(InvalidInput) as caught:
        read_file(path)
    assert caught.value.findings[0].rule == "file-no-permission"


def test_a_permission_error_becomes_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs it, a refused file is a finding and no traceback."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InvalidInput) as caught:
        read_file("backend.yaml")
    assert caught.value.findings[0].rule == "file-no-permission"


def test_a_huge_file_is_refused_without_reading_it(tmp_path: Path) -> None:
    """A file of 100 MB takes well under a second and few megabytes to refuse."""
    path = tmp_path / "backend.yaml"
    with path.open("wb") as stream:
        stream.truncate(100_000_000)
    start = time.process_time()
    tracemalloc.start()
    with pytest.raises(InvalidInput) as caught:
        read_file(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.findings[0].rule == "yaml-too-large"
    assert peak < 20_000_000
    assert time.process_time() - start < 0.5
