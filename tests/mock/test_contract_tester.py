"""The mock judged by a contract tester that reads the OpenAPI document and tries to break it.

All checks of schemathesis run. Three things are told to it: a cursor that can be read (it is
opaque, so that a random text is refused as it should be); that a guarded change may be answered
with 412 (its `If-Match` is random) or 428 (without it); and that an app whose version is served no
more is answered with 426. The contract documents these statuses.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from backend_lead.catalog.domains import domains, load
from backend_lead.emit.model.content import content
from backend_lead.emit.model.layout import page
from backend_lead.model.system import System
from backend_lead.views.api.contract import contract
from tests.mock.library_model import LIBRARY
from tests.mock.served import served

TOLD = """\
[parameters]
"query.cursor" = "eyJpZCI6IjAxSjlaUTRUIn0"

# A version of the app may match the contract's pattern and be below the least that is served (`0`):
# 426, whatever the body is, as its body may be of an older contract.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "401", "403", "404", "409", "412", "426", "429"]

[checks.negative_data_rejection]
expected-statuses = [
    "400", "401", "403", "404", "405", "406", "409", "415", "422", "426", "428", "429",
]

# A change without its version is refused with 428 (RFC 6585), which the tester does not expect; of
# an app that is too old with 426.
[checks.missing_required_header]
expected-statuses = ["400", "401", "403", "406", "415", "422", "426", "428"]
"""
FAST = "10000"  # the mock's time goes so fast that neither waits nor limits are felt
TESTER_S = 300


def judged(model: Path, audience: str, examples: int) -> tuple[int, str]:
    """How many cases were tried on one audience, and what the tester said."""
    (model.parent / "tester.toml").write_text(TOLD, encoding="utf-8")
    options = ("--audience", audience, "--no-faults", "--speed", FAST, "--token", "secret")
    with served(model, *options) as (url, _):
        done = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", "--config-file", "tester.toml", "run",
             f"{url}/openapi.json", "-u", url, "-H", "Authorization: Bearer secret", "--checks",
             "all", "--max-examples", str(examples), "--seed", "1", "--no-color",
             "--generation-database", "none"],
            cwd=model.parent, capture_output=True, text=True, timeout=TESTER_S,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    found = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
    assert found and found[1] == found[2], done.stdout[-3000:]
    return int(found[1]), done.stdout


def written(folder: Path, domain: str) -> tuple[Path, list[str]]:
    """A domain as a model file, and the audiences that may ask for anything."""
    system = System.model_validate(load(domain).system())
    model = folder / "backend.yaml"
    model.write_text(page(content(system, full=True)), encoding="utf-8")
    found = contract(system)
    assert found is not None
    return model, [
        a for a in found.audiences if any(op.nature != "event" for op in found.of_audience(a))
    ]


@pytest.mark.parametrize("domain", ["ecommerce"])
def test_a_tester_finds_nothing(tmp_path: Path, domain: str) -> None:
    """No case of a reference domain's first audience breaks the contract."""
    model, audiences = written(tmp_path, domain)
    cases, _ = judged(model, audiences[0], 5)
    assert cases > 150


def test_a_tester_finds_nothing_in_a_contract_with_one_of_everything(tmp_path: Path) -> None:
    """Nor of bulk, long-running, deprecated and guarded operations."""
    model = tmp_path / "backend.yaml"
    model.write_text(LIBRARY, encoding="utf-8")
    for audience in ("web", "partner"):
        cases, _ = judged(model, audience, 5)
        assert cases > 150


@pytest.mark.full
@pytest.mark.parametrize("domain", domains())
def test_a_tester_finds_nothing_in_any_domain(tmp_path: Path, domain: str) -> None:
    """All audiences of all reference domains, with more cases."""
    model, audiences = written(tmp_path, domain)
    for audience in audiences:
        cases, said = judged(model, audience, 30)
        assert cases > 150, said
        print(json.dumps({"domain": domain, "audience": audience, "cases": cases}))
