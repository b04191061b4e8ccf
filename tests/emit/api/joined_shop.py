"""A shop of four services with two apps, a partner and screens: what a graph joins."""

from __future__ import annotations

import yaml

from backend_lead.model.system import System

TEXT = """
backend: joined-shop
team: {size: 30}
workload:
  clients:
    app: {rate: 1/s, journeys: {look: 100%}, access: {audience: mobile}}
    site: {rate: 1/s, journeys: {look: 100%}, access: {audience: web}}
    seller: {rate: 1/s, journeys: {look: 100%}, access: {audience: partner}}
  peak: {factor: 2}
journeys:
  look: {steps: [catalog.all]}
components:
  catalog: {kind: http-service, endpoints: {all: {does: [{cpu: 1 ms}]}}}
  reviews: {kind: http-service, endpoints: {all: {does: [{cpu: 1 ms}]}}}
  people: {kind: http-service, endpoints: {all: {does: [{cpu: 1 ms}]}}}
  order-desk: {kind: http-service, endpoints: {all: {does: [{cpu: 1 ms}]}}}
entities:
  product:
    owner: catalog
    row: 1 kB
    rows: 1k
    fields:
      id: {type: id, key: true}
      name: {type: string}
      price: {type: money}
      margin: {type: decimal, seen_by: [seller]}
      notes: {type: string, seen_by: [site]}
      seller_id: {type: ref(account)}
      related_ids: {type: list(ref(product))}
  account:
    owner: people
    row: 1 kB
    rows: 1k
    fields:
      id: {type: id, key: true}
      name: {type: string}
      level: {type: string, one_of: [new, old-hand]}
  review:
    owner: reviews
    row: 1 kB
    rows: 1k
    fields:
      product: {type: ref(product), key: true}
      author: {type: ref(account), key: true}
      stars: {type: int}
      words: {type: text, nullable: true}
  order:
    owner: order-desk
    row: 1 kB
    rows: 1k
    fields:
      id: {type: id, key: true}
      buyer: {type: ref(account)}
      lines: {type: list(order-line), most: 20}
api:
  shapes:
    order-line:
      fields: {product_id: {type: ref(product)}, quantity: {type: int}}
  operations:
    get_product: {does: get, of: product, endpoint: catalog.all, for: [app, site, seller]}
    list_products: {does: list, of: product, endpoint: catalog.all, for: [app, site]}
    list_reviews:
      {does: list, of: review, filters: [product], endpoint: reviews.all, for: [app, site]}
    get_account: {does: get, of: account, endpoint: people.all, for: [app, site]}
    list_orders: {does: list, of: order, mine: true, endpoint: order-desk.all, for: [app, site]}
    place_order: {does: create, of: order, endpoint: order-desk.all, for: [app, site]}
    order_placed: {does: event, of: order, after: place_order, for: [seller]}
  screens:
    product:
      journey: look
      needs:
        - get_product
        - {ask: list_reviews, after: get_product}
        - {ask: get_account, after: get_product}
    shelf:
      journey: look
      clients: [app]
      needs:
        - list_products
        - {ask: list_reviews, each: list_products, items: 12}
        - list_orders
    orders:
      journey: look
      needs:
        - list_orders
        - {ask: get_product, each: list_orders, items: 6}
        - {ask: list_products, after: list_orders}
        - place_order
slos: [{p99: 200 ms, availability: 99%}]
"""


def joined_shop() -> System:
    """The model."""
    return System.model_validate(yaml.safe_load(TEXT))
