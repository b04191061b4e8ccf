"""A shop of three services with an API: apps, a web page, partners in tiers, five screens."""

from __future__ import annotations

from backend_lead.intake.backend_yaml import read_text
from backend_lead.model.system import System

TEXT = """\
backend: corner-shop
title: Corner shop
workload:
  clients:
    app:
      title: Mobile app
      users: 6k
      think_time: 6 s
      access: {audience: mobile, network: 4g, release: {every: 14 d, support: 365 d}}
      journeys: {browse: 70%, buy: 20%, follow: 10%}
    site:
      title: Web shop
      users: 2k
      think_time: 5 s
      access: {audience: web, network: wifi}
      journeys: {browse: 80%, buy: 15%, follow: 5%}
    resellers:
      title: Resellers
      rate: 40/s
      access:
        audience: partner
        auth: client-credentials-mtls
        tiers:
          trial: {title: Trial, callers: 40, limit: {rate: 1/s, burst: 5}}
          standard: {title: Standard, callers: 25, limit: {rate: 10/s, burst: 40}}
          plus: {title: Plus, callers: 4, limit: {rate: 60/s, burst: 240}}
      journeys: {resell: 100%}
  peak: {factor: 3}
journeys:
  browse: {steps: [catalog.list_products, catalog.get_product, catalog.list_products]}
  buy: {steps: [catalog.get_product, orders.view_cart, orders.place_order]}
  follow: {steps: [orders.list_orders, orders.get_order]}
  resell: {steps: [catalog.list_products, orders.list_orders]}
components:
  catalog:
    kind: http-service
    instance: m7g.large
    count: 3
    concurrency: 128
    pool: 16
    endpoints:
      list_products:
        request: 700 B
        response: 12 kB
        does: [{cpu: 1 ms}, {query: shop-db.list_products, timeout: 300 ms}]
      get_product:
        request: 700 B
        response: 6 kB
        does: [{cpu: 0.5 ms}, {query: shop-db.read_product, timeout: 300 ms}]
      get_stock:
        request: 600 B
        response: 400 B
        does: [{cpu: 0.2 ms}, {query: shop-db.read_product, timeout: 300 ms}]
  orders:
    kind: http-service
    instance: m7g.large
    count: 2
    concurrency: 128
    pool: 16
    endpoints:
      view_cart:
        request: 700 B
        response: 3 kB
        does: [{cpu: 1 ms}, {query: shop-db.read_order, timeout: 300 ms}]
      place_order:
        request: 2 kB
        response: 1 kB
        writes: true
        does: [{cpu: 2 ms}, {query: shop-db.insert_order, timeout: 500 ms}]
      list_orders:
        request: 700 B
        response: 8 kB
        does: [{cpu: 1 ms}, {query: shop-db.read_order, timeout: 300 ms}]
      get_order:
        request: 700 B
        response: 4 kB
        does: [{cpu: 1 ms}, {query: shop-db.read_order, timeout: 300 ms}]
      cancel_order:
        writes: true
        does: [{cpu: 1 ms}, {query: shop-db.insert_order, timeout: 500 ms}]
  accounts:
    kind: http-service
    instance: m7g.large
    count: 1
    concurrency: 128
    pool: 16
    endpoints:
      get_profile:
        request: 700 B
        response: 2 kB
        does: [{cpu: 1 ms}, {query: shop-db.read_customer, timeout: 300 ms}]
      change_profile:
        request: 1 kB
        response: 2 kB
        writes: true
        does: [{cpu: 1 ms}, {query: shop-db.save_customer, timeout: 300 ms}]
  shop-db:
    kind: postgres
    instance: db.m7g.xlarge
    operations:
      list_products: {type: read, cpu: 0.8 ms, entity: product}
      read_product: {type: read, cpu: 0.1 ms, entity: product}
      read_order: {type: read, cpu: 0.2 ms, entity: order}
      insert_order: {type: write, cpu: 0.5 ms, wait: 2 ms, entity: order}
      read_customer: {type: read, cpu: 0.1 ms, entity: customer}
      save_customer: {type: write, cpu: 0.3 ms, wait: 2 ms, entity: customer}
entities:
  product:
    store: shop-db
    owner: catalog
    row: 1 kB
    rows: 50k
    fields:
      id: {type: id, key: true}
      name: {type: string, most: 80, example: Blue lamp}
      price: {type: money}
      purchase_price: {type: money, seen_by: [resellers]}
      stock: {type: int, example: 12}
  order:
    store: shop-db
    owner: orders
    owned_by: customer_id
    row: 1 kB
    rows: 500k
    fields:
      id: {type: id, key: true}
      customer_id: {type: ref(customer)}
      lines: {type: list(order_line)}
      total: {type: money}
      state: {type: string, one_of: [placed, sent, cancelled], generated: true}
      created_at: {type: timestamp, generated: true}
  customer:
    store: shop-db
    owner: accounts
    owned_by: id
    row: 500 B
    rows: 100k
    fields:
      id: {type: id, key: true}
      name: {type: string, personal: true, example: Ada}
      email: {type: email, personal: true, seen_by: [app, site]}
      internal_note: {type: text, hidden: true, nullable: true}
api:
  version: 2.3.0
  shapes:
    stock_level: {title: How many there are, fields: {left: {type: int, example: 12}}}
    order_line:
      title: A line of an order
      fields: {product_id: {type: ref(product)}, quantity: {type: int, example: 2}}
  operations:
    list_products: {does: list, of: product, endpoint: catalog.list_products, public: true,
                    filters: [name], sorts: [name], page: 20, for: [app, site, resellers]}
    get_product: {does: get, of: product, endpoint: catalog.get_product, public: true,
                  for: [app, site, resellers]}
    get_stock: {does: get, of: product, endpoint: catalog.get_stock,
                path: "/products/{productId}/stock", gives: stock_level, for: [app, site]}
    view_cart: {does: get, of: order, endpoint: orders.view_cart, mine: true, for: [app, site]}
    place_order: {does: create, of: order, endpoint: orders.place_order,
                  for: [app, site, resellers]}
    list_orders: {does: list, of: order, endpoint: orders.list_orders, mine: true,
                  for: [app, site, resellers]}
    get_order: {does: get, of: order, endpoint: orders.get_order, for: [app, site, resellers]}
    cancel_order: {does: act, of: order, endpoint: orders.cancel_order, idempotent: true,
                   for: [app, site], roles: [support]}
    get_profile: {does: get, of: customer, endpoint: accounts.get_profile, mine: true,
                  for: [app, site]}
    change_profile: {does: update, of: customer, endpoint: accounts.change_profile, mine: true,
                     for: [app, site]}
    order_state: {title: The state of an order has changed, does: event, of: order,
                  for: [app, resellers]}
    find_old: {title: Products the old way, does: search, of: product,
               endpoint: catalog.list_products, for: [resellers],
               deprecated: {since: 2026-01-15, sunset: 2026-10-15, instead: list_products}}
  screens:
    catalogue: {journey: browse, needs: [list_products, {ask: get_stock, each: list_products,
                items: 20}]}
    product: {journey: browse, needs: [get_product, get_stock]}
    checkout: {journey: buy, clients: [app, site], needs: [view_cart, {ask: get_product,
               each: view_cart, items: 3}, get_profile, {ask: get_stock, after: get_product}]}
    orders: {journey: follow, needs: [list_orders, get_profile]}
    order: {journey: follow, needs: [get_order, {ask: get_product, each: get_order, items: 3}]}
slos: [{journey: "*", p99: 200 ms, availability: 99.9%}]
team: {size: 3}
"""


def shop_with(*pairs: tuple[str, str]) -> System:
    """The shop with texts replaced by others."""
    text = TEXT
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return read_text(text, "backend.yaml").system
