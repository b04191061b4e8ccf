"""Two small models: messages behind an API, and users who hold connections."""

from __future__ import annotations

from backend_lead.intake.backend_yaml import read_text
from backend_lead.model.system import System

INGEST = """
backend: ingest
workload:
  clients:
    devices: {rate: 2k/s, timeout: 2 s, journeys: {send: 100%}}
  peak: {factor: 2}
  entry: [edge]
journeys:
  send: {steps: [api.accept]}
components:
  edge: {kind: load-balancer}
  api:
    kind: http-service
    instance: m7g.large
    count: 3
    zones: 3
    endpoints:
      accept: {does: [{cpu: 0.3 ms}, {publish: log.readings, timeout: 100 ms}]}
  log:
    kind: nats-stream
    instance: m7g.large
    count: 3
    zones: 3
    topics:
      readings: {message: 300 B, partitions: 6, retention: 1 d, fresh_within: 5 s}
  store-worker:
    kind: worker
    instance: m7g.large
    count: 2
    zones: 2
    concurrency: 16
    pool: 8
    endpoints:
      store:
        on: log.readings
        batch: 200
        does: [{query: db.insert, timeout: 2 s}]
  db:
    kind: postgres
    instance: db.m7g.large
    zones: 2
    operations:
      insert: {type: write, cpu: 0.03 ms, wait: 20 ms}
slos: [{journey: "*", p99: 200 ms, availability: 99.9%}]
topology: {zones: 3}
"""

TALK = """
backend: talk
workload:
  clients:
    mobile:
      users: 20k
      think_time: 30 s
      timeout: 2 s
      connection: {open: gate.connect, heartbeat: gate.beat, every: 10 s, back_within: 20 s}
      journeys: {send: 100%}
  peak: {factor: 2}
  entry: [edge]
journeys:
  send: {steps: [gate.send]}
components:
  edge: {kind: load-balancer}
  gate:
    kind: websocket-gateway
    instance: m7g.large
    count: 3
    zones: 3
    endpoints:
      connect: {does: [cpu: 2.5 ms]}
      beat: {does: [cpu: 0.05 ms]}
      send: {does: [cpu: 0.5 ms]}
slos: [{journey: "*", p99: 200 ms, availability: 99.9%}]
topology: {zones: 3}
"""


def ingest(*changes: tuple[str, str]) -> System:
    """The model with messages, with parts of its text changed."""
    return _system(INGEST, changes)


def talk(*changes: tuple[str, str]) -> System:
    """The model with connections, with parts of its text changed."""
    return _system(TALK, changes)


def _system(text: str, changes: tuple[tuple[str, str], ...]) -> System:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return read_text(text, "backend.yaml").system
