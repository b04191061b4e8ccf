"""A model with every kind that nothing can be said against, written by hand."""

GOOD = """\
backend: shop
workload:
  clients:
    web: {users: 10k, think_time: 10 s, timeout: 2 s, journeys: {browse: 90%, buy: 10%}}
  peak: {factor: 3}
  entry: [edge, lb]
journeys:
  browse: {steps: [app.list_items, app.get_item]}
  buy: {steps: [app.order]}
components:
  edge: {kind: cdn}
  lb: {kind: load-balancer, zones: 3}
  app:
    kind: http-service
    instance: m7g.large
    count: 6
    zones: 3
    concurrency: 256
    pool: 16
    endpoints:
      list_items:
        response: 20 kB
        edge_cache: 50%
        does:
          - cpu: 1 ms
          - read: item-cache
            entity: item
            timeout: 50 ms
            miss:
              - {query: db.list_items, timeout: 500 ms}
      get_item:
        response: 5 kB
        does:
          - cpu: 1 ms
          - parallel:
              - {call: pricing.quote, timeout: 300 ms}
              - {query: db.item_by_id, timeout: 500 ms}
      order:
        writes: true
        does:
          - cpu: 2 ms
          - wait: 20 ms
          - {query: db.insert_order, timeout: 500 ms}
          - invalidate: item-cache
            timeout: 50 ms
  pricing:
    kind: http-service
    instance: c7g.large
    count: 9
    zones: 3
    endpoints:
      quote: {does: [cpu: 1 ms]}
  item-cache: {kind: redis, instance: cache.m7g.large, replicas: 1, zones: 3, ttl: 10 min}
  db:
    kind: postgres
    instance: db.m7g.xlarge
    zones: 3
    operations:
      list_items: {type: read, cpu: 1 ms, entity: item}
      item_by_id: {type: read, cpu: 0.2 ms, entity: item}
      insert_order: {type: write, cpu: 0.5 ms, entity: purchase}
entities:
  item: {store: db, row: 2 kB, rows: 100k, skew: 0.8}
  purchase: {store: db, row: 1 kB, rows: 1M}
slos:
  - {journey: "*", p99: 300 ms, availability: 99.9%}
topology: {provider: aws, region: us-east-1, zones: 3}
budget: 20k USD/month
"""


def changed(*changes: tuple[str, str]) -> str:
    """The good model with each old text replaced by a new one, once."""
    text = GOOD
    for old, new in changes:
        assert old in text, f"the good model has no {old!r}"
        text = text.replace(old, new, 1)
    return text


def line_of(text: str, part: str) -> int:
    """The number of the line in which a part first stands, from 1."""
    assert part in text, f"no {part!r}"
    return text[: text.index(part)].count("\n") + 1
