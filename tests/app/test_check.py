"""check: findings, figures, verdict and exit code of a model file, as text and as JSON."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from backend_lead.app.check import CheckResult, check, render_json, render_text
from backend_lead.app.model_file import read_checked_text
from backend_lead.model.digest import digest
from tests.app.good_model import GOOD, changed, line_of

NOT_PROVED = {"p99-proved": "unknown", "recovery-proved": "unknown"}


def model(folder: Path, text: str = GOOD) -> Path:
    path = folder / "backend.yaml"
    path.write_text(text)
    return path


def keep_run(folder: Path, text: str = GOOD, p99_s: float = 0.1, **changes: object) -> Path:
    """A run beside the model, as simulate keeps it."""
    requests = ["app.list_items", "app.get_item", "app.order"]
    content = {
        "schema_version": 1, "id": "steady", "kind": "steady", "title": "Peak load",
        "model_digest": digest(read_checked_text(text).system), "seed": 1, "horizon_s": 205.0,
        "warmup_s": 5.0, "scale": 1, "requests": 200000, "versions": {},
        "repeat": "backend-lead simulate backend.yaml --seed 1",
        "results": {
            "status": "complete",
            "requests_per_s": {"value": 999.5, "low": 990.0, "high": 1009.0},
            "latency_s": {
                name: {"p99": {"value": p99_s, "low": p99_s * 0.9, "high": p99_s * 1.1}}
                for name in requests
            },
        },
        **changes,
    }  # fmt: skip
    path = folder / "evidence" / "steady.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def keep_fault_run(folder: Path, recover_s: float = 60.0, text: str = GOOD) -> Path:
    """A run with a fault beside the one with nothing broken."""
    content = json.loads(keep_run(folder, text).read_text())
    recovery = {"verdict": "pass" if recover_s <= 120 else "fail", "why": "as seen",
                "recover_s": recover_s, "limit_s": 120.0}  # fmt: skip
    content |= {"id": "zone-loss", "kind": "zone-loss"}
    content["results"]["recovery"] = recovery
    path = folder / "evidence" / "zone-loss.json"
    path.write_text(json.dumps(content))
    return path


def levels(result: CheckResult) -> dict[str, str]:
    return {f.rule: f.level for f in result.findings}


def test_a_good_model_without_a_run_is_not_fully_known(tmp_path: Path) -> None:
    """What only a run can prove is unknown; that alone fails only where it must not."""
    result = check(model(tmp_path))
    assert levels(result) == NOT_PROVED
    assert (result.verdict, result.exit_code) == ("unknown", 0)
    assert check(model(tmp_path), strict=True).exit_code == 1


def test_a_run_of_exactly_this_model_proves_it(tmp_path: Path) -> None:
    """With its run beside it, a good model passes, and its figures are those of the run."""
    keep_fault_run(tmp_path)
    result = check(model(tmp_path), strict=True)
    assert (result.findings, result.verdict, result.exit_code) == ([], "pass", 0)
    figures = {f.id: f for f in result.figures}
    assert figures["p99"].origin == figures["requests_per_s"].origin == "simulated"
    assert figures["p99"].run == "steady" and figures["p99"].value == 0.1


def test_a_run_that_misses_the_objective_fails(tmp_path: Path) -> None:
    """A simulated p99 beyond the objective is an error whatever the solver says."""
    keep_run(tmp_path, p99_s=0.5)
    result = check(model(tmp_path))
    assert (levels(result)["p99-proved"], result.verdict, result.exit_code) == ("error", "fail", 1)


def test_a_fault_not_recovered_from_fails(tmp_path: Path) -> None:
    """A kept fault run that took too long is an error."""
    keep_fault_run(tmp_path, recover_s=200.0)
    result = check(model(tmp_path))
    assert (levels(result), result.verdict) == ({"recovery-proved": "error"}, "fail")


def test_runs_of_another_state_are_one_note(tmp_path: Path) -> None:
    """However many runs are kept, one note leaves them out; with --assume it says why."""
    keep_run(tmp_path)
    keep_fault_run(tmp_path, recover_s=20.0)
    text = changed(("users: 10k", "users: 10.1k"))
    (note,) = (f for f in check(model(tmp_path, text)).findings if f.rule == "run-stale")
    assert note.message.startswith("2 runs are of another state") and "steady" in note.message
    open_ = "think_time: {value: 10 s, range: [5 s, 20 s], origin: assumed}"
    found = check(model(tmp_path, changed(("think_time: 10 s", open_))),
                  assumed=["think_time=8s"]).findings  # fmt: skip
    (note,) = (f for f in found if f.rule in ("run-stale", "results-stale"))
    assert "not of the numbers set here" in note.message and "--assume think_time=8s" in note.hint


def test_a_run_of_another_model_proves_nothing(tmp_path: Path) -> None:
    """As soon as the model says something else, its run is stale and said to be."""
    keep_run(tmp_path)
    text = changed(("users: 10k", "users: 10.1k"))
    result = check(model(tmp_path, text))
    assert levels(result) == {**NOT_PROVED, "run-stale": "note"}
    (stale,) = (f for f in result.findings if f.rule == "run-stale")
    assert stale.place.file.endswith("steady.json")


@pytest.mark.parametrize("content", [
    "", "{", "[]", "null", '{"id": 1}', '{"model_digest": "x", "results": {}}',
    "[" * 5000, '{"results": {"status": "complete", "latency_s": 3}}',
])  # fmt: skip
def test_a_run_that_cannot_be_read_is_a_warning(tmp_path: Path, content: str) -> None:
    """A damaged evidence file is told and counts as none."""
    keep_run(tmp_path).write_text(content)
    result = check(model(tmp_path))
    assert levels(result) == {**NOT_PROVED, "run-unreadable": "warning"}
    assert result.exit_code == 0


def test_a_run_with_damaged_numbers_is_a_warning(tmp_path: Path) -> None:
    """Words where numbers belong make a run unreadable, not the check fail."""
    results = {"status": "complete", "requests_per_s": {"value": "many"}, "latency_s": {}}
    keep_run(tmp_path, results=results)
    assert levels(check(model(tmp_path)))["run-unreadable"] == "warning"


def test_an_invalid_model_gives_exit_code_two(tmp_path: Path) -> None:
    """All findings of the reader are told, nothing is computed."""
    text = changed(("kind: postgres", "kind: postgress"), ("[app.order]", "[app.ordr]"))
    result = check(model(tmp_path, text))
    assert (result.exit_code, result.verdict, result.figures) == (2, "fail", [])
    assert {"model-unknown-kind", "model-unknown-reference"} <= set(levels(result))
    assert "the model cannot be used" in render_text(result)
    assert check(tmp_path / "absent.yaml").exit_code == 2


def test_a_missed_objective_gives_exit_code_one(tmp_path: Path) -> None:
    """An error finding fails, warnings do so only when strict."""
    result = check(model(tmp_path, changed(("20k USD", "100 USD"))))
    assert (levels(result)["budget"], result.verdict, result.exit_code) == ("error", "fail", 1)
    keep_fault_run(tmp_path, text=(text := changed(("quote, timeout: 300 ms", "quote"))))
    result = check(model(tmp_path, text))
    assert (levels(result), result.exit_code) == ({"timeout-missing": "warning"}, 0)
    assert result.verdict == "pass"
    assert check(model(tmp_path, text), strict=True).exit_code == 1


def test_stale_results_are_told_once(tmp_path: Path) -> None:
    """The reader's note gives way to the rule's warning."""
    text = changed(("budget:", "results: {digest: abc, figures: {}}\nbudget:"))
    rules = [f.rule for f in check(model(tmp_path, text)).findings]
    assert rules.count("results-stale") == 1 and "model-results-stale" not in rules


def test_an_overload_names_what_is_full_and_keeps_the_rest_unknown(tmp_path: Path) -> None:
    """Beyond 100 % there is an error for the resource, no p99, no availability."""
    result = check(model(tmp_path, changed(("users: 10k", "users: 300k"))))
    found = levels(result)
    assert found["load-carried"] == "error"
    assert found["p99-objective"] == found["availability-objective"] == "unknown"
    figures = {f.id: f for f in result.figures}
    assert figures["p99"].text == "no answer" and "availability" not in figures
    assert json.loads(render_json(result))["figures"][2]["value"] is None


def test_text_has_a_line_per_finding_and_a_summary(tmp_path: Path) -> None:
    """Level, rule, file:line and message; seen, allowed, try below; figures with origins."""
    text = changed(("20k USD", "100 USD"))
    path = model(tmp_path, text)
    lines = render_text(check(path)).splitlines()
    assert lines[0].startswith(f"error budget {path}:{line_of(text, 'budget:')} it costs ")
    assert [line.split()[0] for line in lines[1:4]] == ["seen:", "allowed:", "try:"]
    assert all(line.startswith("    ") for line in lines[1:4])
    words = "\n".join(lines)
    for label in ("Requests per second", "p99 of the slowest", "Availability", "Cost per month"):
        assert label in words
    assert "computed" in words and lines[-1] == "does not hold: 1 error, 2 unknown"


def test_json_is_sorted_and_repeatable(tmp_path: Path) -> None:
    """The same model gives the same bytes, with sorted keys and a schema version."""
    path = model(tmp_path, changed(("20k USD", "100 USD")))
    text = render_json(check(path))
    assert text == render_json(check(path))
    content = json.loads(text)
    assert list(content) == sorted(content)
    assert set(content) == {"schema_version", "verdict", "exit_code", "findings", "figures",
                            "set_aside"}  # fmt: skip
    assert (content["schema_version"], content["verdict"], content["exit_code"]) == (1, "fail", 1)
    first = content["findings"][0]
    assert (first["rule"], first["level"], first["path"]) == ("budget", "error", "budget")
    assert {f["id"] for f in content["figures"]} == {
        "requests_per_s", "instances", "p99", "availability", "cost_usd_month"}  # fmt: skip
    assert all(f["origin"] for f in content["figures"])


def large_model() -> str:
    """Thirty components: a gateway before thirteen services, each with a store and some a cache."""
    services, stores = [], []
    does = "".join(f"              - {{call: s{i}.get, timeout: 400 ms}}\n" for i in range(13))
    for i in range(13):
        services.append(
            f"  s{i}:\n    kind: http-service\n    instance: m7g.large\n    count: 6\n"
            f"    zones: 3\n    pool: 8\n    endpoints:\n      get:\n        does:\n"
            f"          - cpu: 1 ms\n          - {{query: d{i}.get, timeout: 200 ms}}\n"
        )
        stores.append(
            f"  d{i}: {{kind: postgres, instance: db.m7g.large, zones: 3, operations: "
            f"{{get: {{type: read, cpu: 0.3 ms, entity: item}}}}}}\n"
        )
    caches = [f"  c{i}: {{kind: redis, instance: cache.m7g.large}}\n" for i in range(2)]
    gateway = (
        "  gate:\n    kind: http-service\n    instance: m7g.large\n    count: 6\n    zones: 3\n"
        "    endpoints:\n      all:\n        does:\n          - cpu: 0.5 ms\n"
        "          - parallel:\n"
    )
    return (
        "backend: large\nworkload:\n  clients:\n"
        "    web: {users: 5k, think_time: 10 s, timeout: 2 s,"
        " journeys: {look: 100%}}\n  peak: {factor: 2}\n  entry: [lb]\njourneys:\n"
        "  look: {steps: [gate.all]}\ncomponents:\n  lb: {kind: load-balancer, zones: 3}\n"
        + gateway + does + "".join(services) + "".join(stores) + "".join(caches)
        + "entities: {item: {row: 1 kB, rows: 1M}}\n"
        'slos: [{journey: "*", p99: 500 ms, availability: 99%}]\n'
    )  # fmt: skip


def test_thirty_components_are_checked(tmp_path: Path) -> None:
    """A model of thirty components is held to all rules; the time it takes is printed."""
    path = model(tmp_path, large_model())
    start = time.perf_counter()
    result = check(path)
    print(f"checked 30 components in {time.perf_counter() - start:.2f} s")
    assert levels(result) == {**NOT_PROVED, "unused-component": "warning"}
