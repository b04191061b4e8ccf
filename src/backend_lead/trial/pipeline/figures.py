"""Figures of a run of the pipeline: what was predicted, what was measured, what the parts cost."""

from __future__ import annotations

from collections.abc import Iterator

from backend_lead.model.figure import Figure
from backend_lead.model.units import trim
from backend_lead.trial.pipeline.proof import Proof

REPEAT = "backend-lead verify --only data backend.yaml"
_COSTS = {
    "look_s": "A look of the relay, without its events",
    "publish_s": "Reading, publishing and marking one event",
    "broker_s": "The way to the broker",
    "load_s": "A load of the warehouse, without its rows",
    "row_s": "Taking, parsing and loading one event",
}


def figures(proof: Proof) -> dict[str, Figure]:
    """Every time that people read of a run, by id."""
    return {figure.id: figure for figure in (*_compared(proof), *_costs(proof))}


def run_id(proof: Proof) -> str:
    """What a run is called: its stream and its seed."""
    return f"pipeline-{proof.topic.replace('.', '-')}-{proof.seed}"


def _compared(proof: Proof) -> Iterator[Figure]:
    at = f"at {trim(proof.rate_per_s)} events/s, looks each {_text(proof.poll_s)}, " \
         f"loads each {_text(proof.every_s)}"  # fmt: skip
    for row in proof.compared:
        yield Figure(
            f"pipeline_{row.id}_predicted", f"{row.label}, predicted", row.predicted_s, "s",
            _text(row.predicted_s), "computed",
            f"closed form from the calibration before it, {at}", run=run_id(proof), repeat=REPEAT,
        )  # fmt: skip
        yield Figure(
            f"pipeline_{row.id}_measured", f"{row.label}, measured", row.measured_s, "s",
            _text(row.measured_s), "measured",
            f"{row.n:,} events {at}; {row.off:+.1%} of what was predicted", row.low_s, row.high_s,
            run_id(proof), REPEAT,
        )  # fmt: skip
        if row.simulated_s is not None:
            yield Figure(
                f"pipeline_{row.id}_simulated", f"{row.label}, simulated", row.simulated_s, "s",
                _text(row.simulated_s), "simulated",
                f"the same pipeline on the kernel, seed {proof.seed}, {at}", run=run_id(proof),
                repeat=REPEAT,
            )  # fmt: skip


def _costs(proof: Proof) -> Iterator[Figure]:
    if proof.calibration is None:
        return
    for name, label in _COSTS.items():
        value = getattr(proof.calibration, name)
        yield Figure(
            f"pipeline_{name.removesuffix('_s')}_cost", label, value, "s", _text(value), "measured",
            "median line through looks and loads of two sizes (Theil and Sen)",
            run=run_id(proof), repeat=REPEAT,
        )  # fmt: skip


def _text(seconds: float) -> str:
    """A time as people write it."""
    for size, unit in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= size:
            return f"{trim(seconds / size, 3)} {unit}"
    return f"{trim(seconds * 1e6, 3)} µs"
