"""A small shop with an API, written by hand, that has nothing wrong with it."""

from __future__ import annotations

API_SHOP = """\
backend: shop
workload:
  clients:
    app:
      users: 10k
      think_time: 10 s
      access: {audience: mobile, release: {every: 14 d, support: 365 d}}
      journeys: {browse: 80%, buy: 20%}
    resellers:
      rate: 10/s
      access:
        audience: partner
        tiers: {usual: {callers: 40, limit: {rate: 5/s}}}
      journeys: {browse: 100%}
  peak: {factor: 3}
journeys:
  browse: {steps: [app.list, app.show]}
  buy: {steps: [app.show, app.order, app.orders]}
components:
  app:
    kind: http-service
    endpoints:
      list: {does: [query: db.all]}
      show: {does: [query: db.one]}
      order: {does: [query: db.put, publish: bus.orders]}
      orders: {does: [query: db.one]}
  mailer:
    kind: worker
    endpoints:
      mail: {on: bus.orders, does: [cpu: 1 ms]}
  db:
    kind: postgres
    operations:
      all: {type: read, cpu: 1 ms}
      one: {type: read, cpu: 1 ms}
      put: {type: write, cpu: 1 ms}
  bus:
    kind: kafka
    topics:
      orders: {message: 1 kB}
entities:
  product:
    store: db
    fields:
      id: {type: id, key: true}
      name: {type: string, most: 80, example: Blue lamp}
      price: {type: money, example: 49.90 EUR}
      stock: {type: int, example: 7}
      supplier_note: {type: text, hidden: true}
    row: 1 kB
    rows: 50k
  customer:
    store: db
    owned_by: id
    fields:
      id: {type: id, key: true}
      email: {type: email, personal: true, example: ada@example.com}
    row: 1 kB
    rows: 10k
  order:
    store: db
    owned_by: customer_id
    fields:
      id: {type: id, key: true}
      customer_id: {type: ref(customer), generated: true}
      lines: {type: list(order_line)}
      state: {type: string, one_of: [placed, sent], generated: true}
      ship_on: {type: date, example: "2026-03-01"}
    row: 1 kB
    rows: 100k
  audit:
    store: db
    row: 1 kB
    rows: 100k
api:
  version: 1.2.0
  shapes:
    order_line:
      fields:
        product_id: {type: ref(product)}
        quantity: {type: int, example: 2}
  operations:
    list_products: {does: list, of: product, endpoint: app.list, for: [app, resellers],
                    filters: [name], sorts: [price]}
    get_product: {does: get, of: product, endpoint: app.show, for: [app, resellers]}
    place_order: {does: create, of: order, endpoint: app.order, for: [app, resellers]}
    list_orders: {does: list, of: order, endpoint: app.orders, for: [app]}
    get_order: {does: get, of: order, endpoint: app.orders, for: [app], path: "/orders/{orderId}"}
    cancel_order:
      does: act
      of: order
      endpoint: app.order
      for: [app]
      deprecated: {since: "2026-01-01", sunset: "2026-09-01", instead: place_order}
    order_placed: {does: event, of: order, for: [resellers], after: place_order, topic: bus.orders}
  screens:
    home: {journey: browse, clients: [app], needs: [list_products]}
    orders:
      journey: buy
      needs:
        - list_orders
        - {ask: get_order, each: list_orders, items: 10}
        - {ask: get_product, after: get_order}
slos:
  - {journey: "*", p99: 200 ms, availability: 99.9%}
"""
