"""Ten thousand components: checked and simulated like ten."""

from __future__ import annotations

import pytest

from backend_lead.app.model_file import read_checked_text
from backend_lead.app.simulate import simulate
from tests.app.command_line import Place

NUMBER, ASKED = 10_000, 31  # of which so many are asked, as a tree


def text() -> str:
    """A model in which a tree of services is asked, and thousands more wait."""
    lines = [
        "backend: large", "workload:", "  clients:",
        "    api: {rate: 200/s, timeout: 5 s, journeys: {ask: 100%}}", "  peak: {factor: 1}",
        "journeys:", "  ask: {steps: [c0.go]}", "components:",
    ]  # fmt: skip
    for i in range(NUMBER):
        below = [k for k in (2 * i + 1, 2 * i + 2) if k < ASKED]
        calls = "".join(f", {{call: c{k}.go, timeout: 1 s}}" for k in below)
        lines += [
            f"  c{i}:", "    kind: http-service", "    instance: m7g.large", "    count: 2",
            "    zones: 2", "    endpoints:", f"      go: {{does: [cpu: 1 ms{calls}]}}",
        ]  # fmt: skip
    lines += [
        "slos:", '  - {journey: "*", p99: 500 ms, availability: 90%}',
        "topology: {provider: aws, region: us-east-1, zones: 3}",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


@pytest.mark.full
def test_ten_thousand_components(place: Place) -> None:
    """Each of them is there, nothing takes the square of their number, and all asked answer."""
    place.write("backend.yaml", text())
    done = place.run("check")
    assert done.code == 0 and "20000 machines" in done.out
    model = read_checked_text(text())
    assert len(model.system.components) == NUMBER
    ran = simulate(model.system, duration_s=10)
    assert ran.verdict == "pass" and ran.ran.result.conserved
    assert sum(load.ended_per_s > 0 for load in ran.loads) == ASKED
