"""A small model of devices whose every message is a row, written by a worker or at once."""

from __future__ import annotations

from backend_lead.app.model_file import read_checked_text
from backend_lead.model.system import System

DIRECT = """\
backend: meters
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
    count: 12
    zones: 3
    concurrency: 256
    pool: 16
    endpoints:
      accept:
        request: 300 B
        response: 50 B
        writes: true
        does:
          - cpu: 0.3 ms
          - {query: db.insert, timeout: 200 ms}
  db:
    kind: postgres
    instance: db.m7g.4xlarge
    zones: 3
    operations:
      insert: {type: write, cpu: 0.1 ms, wait: 2 ms, entity: reading, shard_key: device}
entities:
  reading: {store: db, row: 100 B, rows: 1M}
slos: [{journey: "*", p99: 300 ms, availability: 99%}]
topology: {zones: 3}
"""


def direct(*changes: tuple[str, str]) -> str:
    """The model with each old text replaced by a new one."""
    text = DIRECT
    for old, new in changes:
        assert old in text, f"the model has no {old!r}"
        text = text.replace(old, new)
    return text


def logged(*changes: tuple[str, str]) -> System:
    """The model, read, with changes."""
    return read_checked_text(direct(*changes)).system
