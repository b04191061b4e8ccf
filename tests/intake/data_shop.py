"""A small shop whose data layer is stated, written by hand, that has nothing wrong with it."""

from __future__ import annotations

DATA_SHOP = """\
backend: shop
workload:
  clients: {web: {users: 10k, think_time: 10 s, journeys: {buy: 100%}}}
  peak: {factor: 3}
journeys:
  buy: {steps: [app.show, app.order]}
components:
  app:
    kind: http-service
    instance: m7g.large
    count: 2
    concurrency: 64
    pool: 8
    endpoints:
      show: {does: [query: db.orders_of]}
      order: {does: [query: db.put_order]}
  db:
    kind: postgres
    instance: db.m7g.large
    operations:
      orders_of:
        type: read
        cpu: 1 ms
        entity: order
        pattern: {by: [buyer_id], order: -made_at, with: [lines], rows: 10, usual: {state: open}}
      put_order:
        type: write
        cpu: 1 ms
        entity: order
        pattern: {change: insert, with: [lines]}
entities:
  buyer:
    store: db
    owner: app
    fields:
      id: {type: id, key: true}
      email: {type: email, personal: true}
    row: 200 B
    rows: 1M
    unique: [[email]]
    purpose: [selling]
  order:
    store: db
    owner: app
    owned_by: buyer_id
    fields:
      id: {type: id, key: true}
      made_at: {type: timestamp, generated: true, key: true}
      buyer_id: {type: ref(buyer)}
      total: {type: money}
      state: {type: string, one_of: [open, done]}
      lines: {type: list(line), most: 50}
    row: 900 B
    rows: 10M
    created_by: app.order
    retention: 7 y
    legal_hold: 6 y
    erase: keep
    partition: {by: made_at, every: 30 d}
    purpose: [selling]
  note:
    row: 90 B
    rows: 1k
api:
  shapes:
    line: {fields: {sku: {type: string}, quantity: {type: int}}}
  operations:
    show: {does: get, of: order, endpoint: app.show, for: [web]}
    place: {does: create, of: order, endpoint: app.order, for: [web]}
data:
  erase_within: 30 d
  purposes: {selling: {basis: contract}}
  products:
    sold:
      of: order
      each: lines
      when: made_at
      measures: [quantity]
      dimensions: [sku, state]
  online:
    spent:
      of: order
      by: buyer_id
      sums: [total]
      window: 1 h
      within: 10 ms
      fresh: 2 s
      fallback: ask for a second factor
slos: [{journey: "*", p99: 200 ms, availability: 99.9%}]
"""
