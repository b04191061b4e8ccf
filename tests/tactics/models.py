"""Small models with what the reference domains lack: a stream, slow commits, files, a day."""

from __future__ import annotations

from pathlib import Path

from backend_lead.app.model_file import read_checked_text
from backend_lead.model.system import System

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "tactics" / "examples"

EVENTS = """
backend: events
workload:
  clients:
    devices: {rate: 5k/s, timeout: 2 s, journeys: {send: 100%}}
  peak: {factor: 2}
  entry: [edge]
journeys:
  send: {steps: [api.accept]}
components:
  edge: {kind: load-balancer}
  api:
    kind: http-service
    instance: m7g.large
    endpoints:
      accept:
        request: 300 B
        response: 50 B
        does:
          - cpu: 0.3 ms
          - publish: log.readings
            timeout: 100 ms
  log:
    kind: nats-stream
    instance: m7g.large
    count: 1
    topics:
      readings: {message: 300 B, partitions: 1, retention: 1 d, fresh_within: 5 s}
  store-worker:
    kind: worker
    instance: m7g.large
    concurrency: 16
    pool: 8
    endpoints:
      store:
        on: log.readings
        batch: 20
        does:
          - query: db.insert_readings
            timeout: 2 s
  db:
    kind: postgres
    instance: db.m7g.large
    operations:
      insert_readings: {type: write, cpu: 0.1 ms, wait: 3 ms, entity: reading}
entities:
  reading: {store: db, row: 100 B, rows: 10M, created_by: store-worker.store, retention: 30 d}
slos:
  - {journey: "*", p99: 200 ms, availability: 99.9%}
topology: {zones: 3}
"""


def read(text: str) -> System:
    """A model, read as a file would be."""
    return read_checked_text(text, "backend.yaml").system


def example(name: str) -> System:
    """The model by which the page of a tactic shows what it does; `-hurts`: where it hurts."""
    return read((EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8"))
