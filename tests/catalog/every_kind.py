"""A model that has every kind at once, written by hand, and small ones of one kind each."""

from __future__ import annotations

from backend_lead.model.system import System
from backend_lead.views.document import Document

EVERYTHING = """\
backend: photos
workload:
  clients:
    web: {users: 20k, think_time: 20 s, timeout: 3 s, journeys: {look: 70%, find: 20%, share: 10%}}
    phones:
      users: 50k
      think_time: 60 s
      timeout: 3 s
      journeys: {talk: 100%}
      connection: {open: gate.connect, heartbeat: gate.beat, every: 30 s, back_within: 60 s}
    devices: {rate: 500/s, timeout: 2 s, journeys: {send: 100%}}
  peak: {factor: 3}
  entry: [edge, lb]
journeys:
  look: {steps: [app.show]}
  find: {steps: [app.find]}
  share: {steps: [app.share]}
  talk: {steps: [gate.say]}
  send: {steps: [app.report]}
components:
  edge: {kind: cdn}
  lb: {kind: load-balancer, zones: 3}
  app:
    kind: http-service
    instance: m7g.large
    count: 6
    zones: 3
    pool: 16
    endpoints:
      show:
        response: 20 kB
        edge_cache: 30%
        does:
          - cpu: 1 ms
          - read: cache
            entity: photo
            timeout: 50 ms
            miss:
              - {query: db.photo_by_id, timeout: 500 ms}
      find:
        response: 10 kB
        does:
          - cpu: 1 ms
          - {query: index.search, timeout: 1 s}
      share:
        writes: true
        does:
          - cpu: 1 ms
          - {query: files.put, timeout: 2 s}
          - {query: db.insert_photo, timeout: 500 ms}
          - {publish: jobs.shared, timeout: 200 ms}
      report:
        request: 300 B
        does:
          - cpu: 0.3 ms
          - {publish: events.readings, timeout: 200 ms}
  gate:
    kind: websocket-gateway
    instance: m7g.large
    count: 3
    zones: 3
    endpoints:
      connect: {does: [cpu: 0.2 ms]}
      beat: {does: [cpu: 0.02 ms]}
      say:
        does:
          - cpu: 0.1 ms
          - {publish: events.said, timeout: 200 ms}
  cache: {kind: redis, instance: cache.r7g.large, replicas: 1, zones: 2, ttl: 10 min}
  db:
    kind: postgres
    instance: db.m7g.large
    zones: 2
    operations:
      photo_by_id: {type: read, cpu: 0.2 ms, entity: photo}
      insert_photo: {type: write, cpu: 0.4 ms, entity: photo}
      insert_readings: {type: write, cpu: 0.05 ms, wait: 2 ms, entity: reading}
  files:
    kind: object-store
    operations:
      get: {type: read, entity: image}
      put: {type: write, wait: 80 ms, entity: image}
  index:
    kind: search-index
    instance: m7g.large
    shards: 2
    replicas: 1
    zones: 2
    operations:
      search: {type: read, cpu: 2 ms, entity: document}
      add: {type: write, cpu: 0.5 ms, entity: document}
  jobs:
    kind: nats-stream
    instance: m7g.large
    count: 3
    zones: 3
    topics:
      shared: {message: 500 B, partitions: 4, retention: 1 d, fresh_within: 10 s}
  events:
    kind: kafka
    instance: m7g.large
    count: 3
    zones: 3
    topics:
      readings: {message: 300 B, partitions: 12, retention: 7 d}
      said: {message: 200 B, partitions: 12, retention: 1 d}
  work:
    kind: worker
    instance: m7g.large
    count: 3
    zones: 3
    pool: 8
    endpoints:
      shrink:
        on: jobs.shared
        slots: 25
        does:
          - {call: resize.run, timeout: 10 s}
          - {query: index.add, timeout: 2 s}
          - {query: push.notify, timeout: 2 s, limit: 64, optional: true}
      store:
        on: events.readings
        batch: 100
        does:
          - {query: db.insert_readings, timeout: 2 s}
      deliver:
        on: events.said
        slots: 20
        does:
          - cpu: 0.1 ms
  resize:
    kind: serverless-function
    memory: 1769 MiB
    endpoints:
      run:
        does:
          - {query: files.get, timeout: 2 s}
          - cpu: 60 ms
          - {query: files.put, timeout: 2 s}
  push:
    kind: third-party-api
    limit: {rate: 1k/s}
    operations:
      notify: {type: write, wait: 150 ms}
entities:
  photo: {store: db, row: 1 kB, rows: 5M, skew: 0.9, created_by: app.share}
  reading: {store: db, row: 100 B, rows: 50M, retention: 30 d, created_by: work.store}
  image: {store: files, row: 300 kB, rows: 5M}
  document: {store: index, row: 500 B, rows: 5M}
slos:
  - {journey: "*", p99: 500 ms, availability: 99.5%}
topology: {zones: 3}
"""


def read_model(text: str) -> System:
    """A model from its YAML."""
    return System.model_validate(Document.parse(text).plain())


def asked_by_a_service(rate: str, does: str, parts: str) -> str:
    """A service that does one thing with other parts, so many times a second."""
    return f"""\
backend: small
workload:
  clients: {{all: {{rate: {rate}, timeout: 3 s, journeys: {{go: 100%}}}}}}
  peak: {{factor: 2}}
journeys: {{go: {{steps: [app.go]}}}}
components:
  app:
    kind: http-service
    instance: c7g.xlarge
    count: 4
    endpoints:
      go:
        does:
          - cpu: 0.5 ms
          - {does}
{parts}
entities:
  thing: {{store: store, row: 100 kB, rows: 1M}}
slos: [{{journey: "*", p99: 5 s, availability: 90%}}]
topology: {{zones: 3}}
"""
