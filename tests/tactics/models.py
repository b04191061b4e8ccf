"""Small models with what the reference domains lack: held connections, streams, slow commits."""

from __future__ import annotations

from backend_lead.app.model_file import read_checked_text
from backend_lead.model.system import System

CHAT = """
backend: chat
workload:
  clients:
    phone:
      users: 20k
      think_time: 60 s
      timeout: 2 s
      journeys: {talk: 100%}
      connection:
        {open: app.connect, heartbeat: app.beat, every: 30 s, back_within: 60 s}
  peak: {factor: 2.5}
  entry: [edge]
journeys:
  talk: {steps: [app.send]}
components:
  edge: {kind: load-balancer}
  app:
    kind: http-service
    instance: m7g.large
    count: 1
    concurrency: 256
    pool: 8
    endpoints:
      connect:
        request: 2 kB
        response: 5 kB
        does:
          - cpu: 2.5 ms
          - query: db.read_device
            timeout: 250 ms
      beat: {request: 60 B, response: 60 B, does: [cpu: 0.05 ms]}
      send:
        request: 600 B
        response: 3 kB
        writes: true
        does:
          - cpu: 1 ms
          - query: db.insert_message
            timeout: 250 ms
  db:
    kind: postgres
    instance: db.m7g.large
    operations:
      read_device: {type: read, cpu: 0.1 ms, entity: device}
      insert_message: {type: write, cpu: 0.4 ms, wait: 2 ms, entity: message}
entities:
  device: {store: db, row: 300 B, rows: 60k}
  message: {store: db, row: 250 B, rows: 10M, created_by: app.send}
slos:
  - {journey: "*", p99: 200 ms, availability: 99.9%}
topology: {zones: 3}
"""

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

SIGN_UPS = """
backend: sign-ups
workload:
  clients:
    web: {users: 2k, think_time: 10 s, timeout: 3 s, journeys: {join: 50%, look: 50%}}
  peak: {factor: 4}
  entry: [edge]
journeys:
  join: {steps: [app.join]}
  look: {steps: [app.look]}
components:
  edge: {kind: load-balancer}
  app:
    kind: http-service
    instance: m7g.large
    count: 2
    zones: 2
    concurrency: 256
    pool: 8
    endpoints:
      join:
        request: 1 kB
        response: 500 B
        writes: true
        does:
          - cpu: 1 ms
          - query: db.insert_member
            timeout: 500 ms
          - query: db.insert_notices
            timeout: 500 ms
      look:
        request: 500 B
        response: 500 B
        does:
          - cpu: 1 ms
          - query: db.count_view
            timeout: 500 ms
  db:
    kind: postgres
    instance: db.m7g.large
    zones: 2
    operations:
      insert_member: {type: write, cpu: 0.3 ms, wait: 3 ms, entity: member}
      insert_notices: {type: write, cpu: 0.6 ms, wait: 30 ms, entity: notice, later_ok: true}
      count_view: {type: write, cpu: 0.3 ms, wait: 20 ms, entity: view, later_ok: true}
entities:
  member: {store: db, row: 300 B, rows: 1M, created_by: app.join}
  notice: {store: db, row: 200 B, rows: 1M, retention: 30 d, created_by: app.join}
  view: {store: db, row: 50 B, rows: 10M, retention: 30 d, created_by: app.look}
slos:
  - {journey: "*", p99: 100 ms, availability: 99.9%}
topology: {zones: 2}
"""

FILES = """
backend: files
workload:
  clients:
    web: {users: 20k, think_time: 10 s, timeout: 5 s, journeys: {look: 100%}}
  peak: {factor: 3}
  entry: [edge]
journeys:
  look: {steps: [app.page, app.picture]}
components:
  edge: {kind: load-balancer}
  app:
    kind: http-service
    instance: m7g.large
    count: 6
    zones: 3
    concurrency: 256
    pool: 8
    endpoints:
      page:
        request: 500 B
        response: 20 kB
        does:
          - cpu: 0.5 ms
          - query: db.read_page
            timeout: 500 ms
      picture:
        request: 500 B
        response: 1 MB
        file: true
        does:
          - cpu: 4 ms
          - query: db.read_picture
            timeout: 1 s
          - query: db.read_owner
            timeout: 500 ms
  db:
    kind: postgres
    instance: db.m7g.4xlarge
    zones: 3
    operations:
      read_page: {type: read, cpu: 0.2 ms, entity: page}
      read_picture: {type: read, cpu: 5 ms, entity: picture}
      read_owner: {type: read, cpu: 0.1 ms, entity: page}
entities:
  page: {store: db, row: 2 kB, rows: 1M}
  picture: {store: db, row: 1 MB, rows: 1M}
slos:
  - {journey: "*", p99: 800 ms, availability: 99.9%}
topology: {zones: 3}
"""

DAY = """
backend: day
workload:
  clients:
    partners: {rate: 750/s, timeout: 2 s, journeys: {ask: 100%}}
  peak: {factor: 4}
  entry: [edge]
journeys:
  ask: {steps: [app.answer]}
components:
  edge: {kind: load-balancer}
  app:
    kind: http-service
    instance: m7g.large
    count: 12
    zones: 3
    endpoints:
      answer: {request: 500 B, response: 2 kB, does: [cpu: 16 ms]}
slos:
  - {journey: "*", p99: 200 ms, availability: 99.9%}
topology: {zones: 3}
"""


def read(text: str) -> System:
    """A model, read as a file would be."""
    return read_checked_text(text, "backend.yaml").system
