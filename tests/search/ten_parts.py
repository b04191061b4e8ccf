"""A model of more parts than are searched in full, with a small load and some assumed numbers."""

from __future__ import annotations

from functools import cache

from backend_lead.intake.backend_yaml import read_text
from backend_lead.model.system import System
from backend_lead.search.relevant import is_large
from backend_lead.search.searches import search
from backend_lead.search.state import Trail

TEN_PARTS = """\
backend: bookshop
workload:
  clients:
    web:
      users: 60k
      think_time: {value: 10 s, range: [5 s, 20 s], origin: assumed, why: nobody counted}
      timeout: 2 s
      journeys: {look: 90%, buy: 10%}
  peak: {factor: 2.5}
  entry: [edge]
journeys:
  look: {steps: [front.home, front.book]}
  buy: {steps: [front.order]}
components:
  edge: {kind: load-balancer}
  front:
    kind: http-service
    instance: m7g.large
    concurrency: 256
    endpoints:
      home: {response: 10 kB, does: [{cpu: 0.5 ms}, {call: books.newest, timeout: 200 ms}]}
      book:
        response: 10 kB
        does:
          - cpu: 0.5 ms
          - {call: books.one, timeout: 200 ms}
          - {call: reviews.of_book, timeout: 200 ms}
      order: {response: 1 kB, writes: true, does: [{cpu: 1 ms}, {call: orders.place, timeout: 1 s}]}
  books:
    kind: http-service
    instance: m7g.large
    pool: 8
    endpoints:
      newest: {does: [{cpu: 0.4 ms}, {query: books-db.newest, timeout: 150 ms}]}
      one: {does: [{cpu: 0.3 ms}, {query: books-db.one, timeout: 150 ms}]}
  books-db:
    kind: postgres
    instance: db.m7g.large
    operations:
      newest:
        type: read
        cpu: {value: 1.5 ms, range: [0.5 ms, 3 ms], origin: assumed, why: not measured yet}
        entity: book
        stale_ok: true
        cacheable: true
      one: {type: read, cpu: 0.3 ms, entity: book, stale_ok: true, cacheable: true}
  reviews:
    kind: http-service
    instance: m7g.large
    pool: 8
    endpoints:
      of_book: {does: [{cpu: 0.3 ms}, {query: reviews-db.of_book, timeout: 150 ms}]}
  reviews-db:
    kind: postgres
    instance: db.m7g.large
    operations:
      of_book: {type: read, cpu: 0.4 ms, entity: review, stale_ok: true, cacheable: true}
  orders:
    kind: http-service
    instance: m7g.large
    pool: 8
    endpoints:
      place:
        does:
          - cpu: 1 ms
          - {call: payments.charge, timeout: 500 ms}
          - {query: orders-db.insert, timeout: 300 ms}
  orders-db:
    kind: postgres
    instance: db.m7g.large
    operations:
      insert: {type: write, cpu: 0.5 ms, wait: 2 ms, entity: order, shard_key: user}
  payments:
    kind: http-service
    instance: m7g.large
    pool: 8
    endpoints:
      charge: {does: [{cpu: 0.8 ms}, {query: payments-db.insert, timeout: 300 ms}]}
  payments-db:
    kind: postgres
    instance: db.m7g.large
    operations:
      insert: {type: write, cpu: 0.4 ms, wait: 2 ms, entity: payment, shard_key: user}
entities:
  book: {store: books-db, row: 3 kB, rows: 200k, skew: 0.9}
  review: {store: reviews-db, row: 1 kB, rows: 2M, skew: 0.9}
  order: {store: orders-db, row: 1 kB, rows: 1M, skew: 0.3}
  payment: {store: payments-db, row: 500 B, rows: 1M, skew: 0.3}
slos:
  - {journey: "*", p99: 200 ms, availability: 99.9%}
topology: {provider: aws, region: eu-west-1, zones: 3}
"""


@cache
def ten_parts() -> System:
    """The model, read."""
    system = read_text(TEN_PARTS).system
    assert is_large(system)
    return system


@cache
def found() -> Trail:
    """The design that its search ends in."""
    return search(ten_parts())
