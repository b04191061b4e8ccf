"""A small model, written by hand, that has nothing wrong with it."""

SHOP = """\
backend: shop
workload:
  clients:
    web: {users: 10k, think_time: 10 s, journeys: {browse: 100%}}
  peak: {factor: 3}
  entry: [lb]
journeys:
  browse:
    steps: [app.list]
components:
  lb:
    kind: load-balancer
  app:
    kind: http-service
    concurrency: 64          # per instance
    endpoints:
      list:
        does:
          - cpu: {value: 2 ms, range: [1 ms, 5 ms], origin: assumed}
          - query: db.all
  db:
    kind: postgres
    operations:
      all: {type: read, cpu: 1 ms}
entities:
  product: {store: db, row: 4 kB, rows: 50k}
slos:
  - {journey: "*", p99: 200 ms, availability: 99.9%}
"""
