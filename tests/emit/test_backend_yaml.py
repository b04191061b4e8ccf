"""Writing backend.yaml: fresh and readable, or the author's own text with only the changes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from backend_lead.emit.model.backend_yaml import emit, fresh, schema_text
from backend_lead.emit.model.patch import patched
from backend_lead.intake.backend_yaml import read_text
from backend_lead.model.design import Design
from backend_lead.model.digest import digest
from backend_lead.model.system import System
from backend_lead.views.document import Document
from backend_lead.views.yaml_layout import WIDTH
from tests.emit.generated_systems import systems
from tests.emit.sample_design import sample_design
from tests.intake.shop import SHOP

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "schema" / "backend.schema.json"

AUTHORED = """\
# Our shop, kept by the platform team.
backend: shop          # the name
workload:
  clients:
    web: {users: 10_000, think_time: "10s", journeys: {browse: 1.0}}   # from analytics
  peak: {factor: 3}
journeys:
  browse:
    steps:
      - app.list   # front page
      - app.get

components:
  # the monolith
  app:
    kind: http-service
    instance: m7g.large   # smallest
    count: 2
    concurrency:   64
    endpoints:
      list:
        does:
          # rendering
          - cpu: &page {value: 2ms, range: [1ms, 5ms], origin: assumed}   # measured soon
          - query: db.all      # the slow one
            timeout: 250ms
          - cpu: *page
      get:
        does:
        - cpu: *page
        - query: db.one
  db:   # orders
    kind: postgres
    instance: db.m7g.large
    operations:
      all: {type: read, cpu: 1.20 ms}
      one: {type: read, cpu: 200us}   # by key

# what we promise
slos:
  - {journey: "*", p99: 200ms, availability: 99.90%}
"""


def read(text: str) -> System:
    return System.model_validate(Document.parse(text).plain(), strict=True)


def nameless(system: System) -> System:
    """The system without what only the file says: its schema and results."""
    return system.model_copy(update={"schema_": None, "results": None})


def changed(text: str, change: Callable[[dict[str, Any]], None]) -> tuple[System, str]:
    """The system after a change to its content, and the text that says so."""
    content = Document.parse(text).plain()
    change(content)
    system = System.model_validate(content)
    design = replace(sample_design(), system=system, source_text=text, figures={})
    return system, emit(design)["backend.yaml"]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(systems())
def test_what_is_written_is_read_back(system: System) -> None:
    """Write, read, write: the same system and the same bytes, for systems of every shape."""
    text = fresh(system)
    again = read(text)
    assert nameless(again) == system
    assert fresh(again) == text
    assert patched(text, again) == text


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(systems(), systems())
def test_a_text_can_be_turned_into_any_other_system(before: System, after: System) -> None:
    """Whatever changed, the changed text says the new system and no less."""
    text = patched(fresh(before), after)
    assert text is not None
    assert nameless(read(text)) == after
    assert patched(text, after) == text


def test_a_fresh_file_is_readable() -> None:
    """Header, schema, comments, people's units, one idea a line; no line too long."""
    text = emit(sample_design())["backend.yaml"]
    lines = text.splitlines()
    assert lines[0] == "# yaml-language-server: $schema=backend.schema.json"
    assert "$schema: backend.schema.json" in lines
    assert "backend-lead check backend.yaml" in "".join(lines[:4])
    for part in (
        "      users: 650k",
        "          - cpu: 1 ms",
        "      think_time: {value: 12 s, range: [5 s, 25 s], origin: assumed,"
        " why: reading pace of a page}",
        "    origins: {count: decision 0001}",
        "    memory: 8 GiB",
        "    availability: 99.9%",
        "    p99: {text: 144 ms, value: 0.1437, origin: simulated, run: load-7c1e}",
    ):
        assert part in lines
    assert max(map(len, lines)) <= WIDTH
    assert "null" not in text and "[]" not in text and "optional: false" not in text


def test_a_fresh_file_of_a_design_reads_without_findings() -> None:
    """The results carry the digest of the model, so they are not stale when read."""
    design = sample_design()
    text = emit(replace(design, digest=digest(design.system)))["backend.yaml"]
    reading = read_text(text)
    assert reading.findings == []
    assert nameless(reading.system) == design.system
    assert emit(replace(design, system=reading.system, figures={}))["backend.yaml"] == text


def test_an_unchanged_model_keeps_its_text() -> None:
    """Nothing is touched where nothing changed, whatever the spelling."""
    for text in (AUTHORED, SHOP, AUTHORED.replace("\n", "\r\n")):
        assert changed(text, lambda content: None)[1] == text


def test_changes_of_the_search_leave_the_authors_text_alone() -> None:
    """Sizes, new components, new steps and results are written; every comment survives."""

    def design(content: dict[str, Any]) -> None:
        app = content["components"]["app"]
        app.update(instance="m7g.2xlarge", count=12, zones=3, origins={"count": "decision 0001"})
        content["components"]["db"]["replicas"] = 2
        content["components"]["cache"] = {"kind": "redis", "memory": "8 GiB"}
        steps = app["endpoints"]["list"]["does"]
        steps[1] = {"read": "cache", "miss": [{"query": "db.all", "timeout": "250 ms"}]}

    system, text = changed(AUTHORED, design)
    assert read(text) == system
    comments = [part.partition("#")[2] for part in AUTHORED.splitlines() if "#" in part]
    assert len(comments) == 12
    assert all(f"#{comment}" in text for comment in comments)
    kept = [line for line in AUTHORED.splitlines() if line in text.splitlines()]
    assert len(kept) == len(AUTHORED.splitlines()) - 4
    for line in (
        "    instance: m7g.2xlarge   # smallest",
        "    count: 12",
        "    concurrency:   64",
        "          # the slow one",
        "          - read: cache",
        "              - query: db.all",
        "    replicas: 2",
        "  cache:",
        "    memory: 8 GiB",
    ):
        assert line in text.splitlines()


def test_results_go_to_the_end_and_are_replaced_next_time() -> None:
    """A second run changes the results it finds."""
    design = replace(sample_design(), system=read(AUTHORED), source_text=AUTHORED)
    text = emit(design)["backend.yaml"]
    assert text.startswith(AUTHORED)
    assert read(text).results is not None
    figures = {**design.figures, "p99": replace(design.figures["p99"], text="9 ms", value=0.009)}
    after = emit(replace(design, figures=figures, source_text=text))["backend.yaml"]
    different = [a for a, b in zip(text.splitlines(), after.splitlines(), strict=True) if a != b]
    assert len(different) == 1 and "p99:" in different[0]


def test_a_changed_value_others_repeat_stays_with_its_owner() -> None:
    """Where aliases repeat a value, changing one place leaves the others as they were."""

    def one(content: dict[str, Any]) -> None:
        content["components"]["app"]["endpoints"]["list"]["does"][0] = {"cpu": "3 ms"}

    system, text = changed(AUTHORED, one)
    assert read(text) == system
    assert "- cpu: &page 3 ms   # measured soon" in text


def test_deleting_what_others_repeat_spells_it_out() -> None:
    """A value goes, its aliases keep what it said, and comments elsewhere stay."""

    def gone(content: dict[str, Any]) -> None:
        del content["components"]["app"]["endpoints"]["list"]
        content["journeys"]["browse"]["steps"] = ["app.get"]

    system, text = changed(AUTHORED, gone)
    assert read(text) == system
    assert "- cpu: {value: 2ms, range: [1ms, 5ms], origin: assumed}" in text
    assert "# by key" in text and "*page" not in text


@pytest.mark.parametrize("change", [
    lambda c: c["workload"].update(entry=["app"]),
    lambda c: c["workload"]["clients"]["web"].update(timeout="2 s"),
    lambda c: c["workload"]["clients"]["web"].update(title="many words " * 12),
    lambda c: c["components"]["app"].pop("concurrency"),
    lambda c: c["components"]["app"].pop("endpoints"),
    lambda c: c["components"].pop("db"),
    lambda c: c["components"]["db"]["operations"].pop("all"),
    lambda c: c["components"]["app"]["endpoints"]["get"]["does"].pop(0),
    lambda c: c["components"]["app"]["endpoints"]["get"]["does"].insert(0, {"wait": "1 ms"}),
    lambda c: c["components"]["app"]["endpoints"]["list"]["does"][1].pop("timeout"),
    lambda c: c["components"]["app"]["endpoints"]["list"]["does"].reverse(),
    lambda c: c["journeys"]["browse"]["steps"].extend(["app.a", "app.b"]),
    lambda c: c["journeys"].update(buy={"title": "x: y", "steps": ["app.get"]}),
    lambda c: c["slos"].append({"journey": "browse", "p99": "1 s", "availability": 0.9}),
    lambda c: c["slos"][0].pop("journey"),
    lambda c: c.update(title="A title", brief="two\nlines", budget="20k USD/month"),
    lambda c: c.update(entities={"order": {"row": "1 kB", "rows": {"value": 5, "why": "a, b"}}}),
])  # fmt: skip
@pytest.mark.parametrize("text", [AUTHORED, AUTHORED.rstrip("\n"), AUTHORED.replace("\n", "\r\n")])
def test_every_change_says_the_new_model_and_keeps_the_head(
    text: str, change: Callable[[dict[str, Any]], None]
) -> None:
    """Adding, removing and changing keys and entries in any style reads back as meant."""
    system, after = changed(text, change)
    assert read(after) == system
    assert after.startswith("# Our shop") and "# what we promise" in after
    assert ("\r\n" in after) == ("\r\n" in text) and "\n\n\n" not in after


def test_a_text_that_cannot_be_read_is_written_afresh() -> None:
    """A broken source does not stop the writing."""
    design = replace(sample_design(), source_text="a: [")
    assert emit(design) == emit(sample_design())


def test_writing_is_deterministic() -> None:
    """Two writings of one design are the same bytes."""
    first, second = emit(sample_design()), emit(sample_design())
    assert first == second and list(first) == ["backend.yaml", "backend.schema.json"]


def test_a_design_without_figures_keeps_the_results_it_has() -> None:
    """Nothing known means nothing claimed: no results are invented."""
    design: Design = replace(sample_design(), figures={})
    assert "results:" not in emit(design)["backend.yaml"]


def test_the_published_schema_is_current() -> None:
    """schema/backend.schema.json says what the model says; tools/write_docs.py rewrites it."""
    assert SCHEMA.read_text(encoding="utf-8") == schema_text()
    assert emit(sample_design())["backend.schema.json"] == schema_text()
    assert json.loads(schema_text())["$schema"].endswith("2020-12/schema")


def judged(tmp_path: Path, texts: list[str]) -> subprocess.CompletedProcess[str]:
    """The outside judge's word on some texts."""
    pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed")
    files = []
    for i, text in enumerate(texts):
        files.append(tmp_path / f"{i}.yaml")
        files[-1].write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(SCHEMA)]
    return subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=False)


def test_an_outside_judge_accepts_good_models(tmp_path: Path) -> None:
    """check-jsonschema agrees with the reader on hand-written, changed and fresh files."""
    result = judged(tmp_path, [SHOP, AUTHORED, emit(sample_design())["backend.yaml"]])
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(("old", "new"), [
    ("concurrency: 64", "concurency: 64"),
    ("concurrency: 64", "concurrency: 0"),
    ("concurrency: 64", "concurrency: lots"),
    ("type: read", "type: raed"),
    ("kind: postgres", "title: x"),
    ("slos:", "slo:"),
    ("origin: assumed", "origin: guess"),
    ("[app.list]", "[list]"),
    ("  lb:", "  LB:"),
])  # fmt: skip
def test_an_outside_judge_rejects_bad_models(tmp_path: Path, old: str, new: str) -> None:
    """check-jsonschema refuses what the reader refuses, as far as a schema can say it."""
    text = SHOP.replace(old, new, 1)
    assert text != SHOP
    assert judged(tmp_path, [text]).returncode == 1
