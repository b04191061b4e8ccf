"""A request for a data layer is proved on real parts beside everything else."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from statistics import fmean

import pytest

from backend_lead.app.design import read_request
from backend_lead.emit.report.wording import seconds
from backend_lead.trial.drivers import DRIVERS

SENTENCE = "Architect our data layer for analytics and real-time processing"


def test_only_a_request_for_data_asks_for_parts() -> None:
    """Other sentences start nothing on this machine."""
    assert read_request(SENTENCE).parts
    assert not read_request("Design a backend system that can handle 20k concurrent users").parts


def needs_parts() -> None:
    """Skip where a part is not installed."""
    missing = [name for driver in DRIVERS.values() for name in driver.missing]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


@pytest.mark.full
def test_a_stop_while_it_is_proved_writes_nothing(tmp_path: Path) -> None:
    """Long work can be stopped: no file is left, and no server."""
    needs_parts()
    process = subprocess.Popen(
        [sys.executable, "-m", "backend_lead.cli", "design", SENTENCE, "-o", str(tmp_path / "out"),
         "--quick"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    assert process.stderr is not None
    while "filling" not in (line := process.stderr.readline()):
        assert line, "it ended before anything was filled"
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    assert process.wait(timeout=60) == 130
    assert "nothing was written" in rest and not (tmp_path / "out").exists()


@pytest.mark.full
def test_the_answer_holds_what_was_measured(tmp_path: Path) -> None:
    """Plans, freshness, catching up and counts are told, kept as evidence, and on a page."""
    needs_parts()
    done = subprocess.run(
        [sys.executable, "-m", "backend_lead.cli", "design", SENTENCE, "-o", str(tmp_path / "out"),
         "--quick"],
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    assert "lost 0, twice 0" in done.stdout
    page = (tmp_path / "out" / "data" / "proof.md").read_text(encoding="utf-8")
    evidence = tmp_path / "out" / "evidence"
    found = json.loads((evidence / "data-pipeline.json").read_text("utf-8"))
    (caught,) = [row for row in found["compared"] if row["id"] == "catch_up"]
    assert found["outages"] and caught["measured_s"] == pytest.approx(
        fmean(outage["took_s"] for outage in found["outages"])
    )
    assert caught["predicted_s"] > 0
    said = f"{seconds(caught['measured_s'])} measured, {seconds(caught['predicted_s'])} predicted"
    assert f"{caught['label']}: {said}" in page
    kept = json.loads((evidence / "data-plans.json").read_text("utf-8"))
    assert set(kept["stores"]) == {"db"}
    assert all(p["plan"] for p in kept["stores"]["db"]["patterns"].values())
