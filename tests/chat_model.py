"""A small chat with held connections, a stream and a worker, for sums that are made by hand."""

CHAT = """\
backend: chat
workload:
  clients:
    web:
      users: 60k
      think_time: 60 s
      timeout: 2 s
      journeys: {talk: 100%}
      connection: {open: gate.connect, heartbeat: gate.beat, every: 30 s, back_within: 60 s}
  peak: {factor: 2}
  entry: [lb]
journeys:
  talk: {steps: [gate.send]}
components:
  lb: {kind: load-balancer, zones: 3}
  gate:
    kind: websocket-gateway
    instance: m7g.large
    count: 3
    zones: 3
    pool: 16
    endpoints:
      connect: {does: [cpu: 0.5 ms]}
      beat: {does: [cpu: 0.02 ms]}
      send:
        request: 1 kB
        response: 100 B
        does:
          - cpu: 0.2 ms
          - {query: db.insert, timeout: 500 ms}
          - {publish: bus.messages, timeout: 500 ms}
  push:
    kind: worker
    instance: m7g.large
    count: 3
    zones: 3
    endpoints:
      deliver: {on: bus.messages, does: [cpu: 0.1 ms]}
  bus:
    kind: nats-stream
    instance: m7g.large
    count: 3
    zones: 3
    topics: {messages: {message: 1 kB, partitions: 12, retention: 1 d}}
  db:
    kind: postgres
    instance: db.m7g.xlarge
    zones: 3
    operations:
      insert: {type: write, cpu: 0.1 ms, entity: message}
entities:
  message: {store: db, row: 1 kB, rows: 1M, created_by: gate.send}
slos:
  - {journey: "*", p99: 300 ms, availability: 99.9%}
topology: {provider: aws, region: us-east-1, zones: 3}
"""
