"""A model that states every quantity and every number the format has, written by hand."""

RICH = """\
backend: everything
workload:
  clients:
    web:
      users: 2k
      think_time: 10 s
      timeout: 2 s
      retries: 2
      backoff: {first: 20 ms, most: 1 s, jitter: decorrelated}
      retry_budget: 20%
      limit: {rate: 1k/s, burst: 500}
      connection: {open: gate.connect, heartbeat: gate.beat, every: 30 s, back_within: 60 s}
      journeys: {browse: 70%, talk: 30%}
      access:
        {audience: mobile, network: 4g, release: {every: 14 d, support: 365 d}}
    partners:
      rate: 20/s
      bursts: {factor: 5, lasts: 2 s, every: 20 s}
      timeout: 2 s
      retries: 1
      retry_tokens: {most: 10, reward: 10%}
      access:
        audience: partner
        tiers: {basic: {callers: 10, limit: {rate: 2/s, burst: 4}}}
      journeys: {browse: 100%}
    night: {every: 10 s, journeys: {browse: 100%}}
  peak: {factor: 3, hour: 18}
  entry: [edge, lb]
  deadlines: true
  cancels: true
journeys:
  browse:
    steps: [app.list_items, app.get_item]
    session: {think: 5 s, goes_on: [80%], again: 10%, leaves: 50%}
  talk: {steps: [gate.send]}
components:
  edge: {kind: cdn, hit_ratio: 90%, delay: 10 ms}
  lb: {kind: load-balancer, zones: 2, delay: 1 ms}
  app:
    kind: http-service
    instance: m7g.large
    count: 4
    zones: 2
    concurrency: 64
    queue: 100
    patience: 1 s
    detect: 10 s
    pool: 16
    balance: power-of-three
    serving:
      order: priority
      gives_up: 5 s
      near: true
      slow_start: 10 s
      sheds: {waiting: 50, priority: 3}
      weights: [2, 1]
    watch: {every: 2 s, fails: 2, passes: 1, eject: 5, pause: 10 s, share: 50%}
    fails: {every: 30 d, lasts: 5 min}
    autoscale:
      {least: 2, most: 8, target: 60%, delay: 60 s, cool: 120 s, window: 60 s, step: 4, grow: 100%,
      down: 2, tolerance: 10%, schedule: [{hour: 7, least: 4}, {hour: 22, least: 3}]}
    endpoints:
      list_items:
        request: 1 kB
        response: 20 kB
        edge_cache: 50%
        priority: 1
        does:
          - cpu: 1 ms
          - read: item-cache
            entity: item
            timeout: 50 ms
            miss:
              - query: db.list_items
                timeout: 500 ms
                retries: 1
                limit: 8
                hedge: 20 ms
                backoff: {first: 5 ms, most: 1 s, jitter: equal}
      get_item:
        priority: 3
        does:
          - wait: 2 ms
          - call: pricing.quote
            timeout: 300 ms
            retries: 1
            retry_tokens: {most: 10, reward: 10%}
            limit: 32
            breaker: {failures: 50%, least: 20, window: 10 s, pause: 5 s}
          - {query: papers.fetch, timeout: 1 s}
          - {query: find.search, timeout: 1 s}
          - need: 1
            parallel:
              - {query: papers.fetch, timeout: 1 s}
              - query: partner.ask
                timeout: 1 s
                breaker: {failures: 50%, least: 10, last: 20, pause: 2 s, probes: 3,
                          jointly: true}
  gate:
    kind: websocket-gateway
    instance: m7g.large
    count: 3
    pool: 16
    endpoints:
      connect: {does: [cpu: 0.5 ms]}
      beat: {does: [cpu: 0.02 ms]}
      send:
        does:
          - {query: db.insert, timeout: 500 ms}
          - {publish: bus.messages, timeout: 500 ms}
  pricing:
    kind: serverless-function
    memory: 1 GiB
    concurrency: 100
    limit: {rate: 500/s, burst: 100}
    endpoints: {quote: {does: [cpu: 1 ms]}}
  push:
    kind: worker
    instance: m7g.large
    count: 2
    serving: {share_cores: true, cores: 1}
    endpoints:
      deliver:
        {on: bus.messages, batch: 10, slots: 2, tries: 5, rebalance: 5 s, eager: true,
        does: [cpu: 0.1 ms]}
  bus:
    kind: kafka
    instance: m7g.large
    count: 3
    cpu: 20 us
    topics:
      messages: {message: 1 kB, partitions: 12, key: item, retention: 1 d, fresh_within: 10 s}
  item-cache:
    kind: redis
    instance: cache.m7g.large
    shards: 2
    replicas: 1
    zones: 2
    memory: 1 GiB
    ttl: 10 min
    keeps: {keys: exact, evict: lru, renew: true}
    cpu: 10 us
    failover: 20 s
  db:
    kind: postgres
    instance: db.m7g.large
    zones: 2
    replicas: 1
    shards: 1
    serving: {contention: 0.1%, coherency: 0.0001%}
    pooler: {size: 100}
    failover: 60 s
    own_writes: 5 s
    lag: 200 ms
    storage: 100 GB
    operations:
      list_items: {type: read, cpu: 1 ms, wait: 1 ms, entity: item, stale_ok: true}
      insert: {type: write, cpu: 0.5 ms, wait: 1 ms, entity: item, locks: true}
  papers:
    kind: object-store
    operations: {fetch: {type: read, wait: 30 ms, entity: paper}}
  find:
    kind: search-index
    region: eu-central-1
    instance: m7g.large
    shards: 2
    replicas: 1
    storage: 10 GB
    operations: {search: {type: read, cpu: 1 ms, wait: 1 ms, entity: item, search: true}}
  partner:
    kind: third-party-api
    limit: {rate: 200/s}
    operations: {ask: {type: read, wait: 50 ms}}
entities:
  item:
    store: db
    row: 2 kB
    rows: 3k
    skew: 0.8
    retention: 365 d
    legal_hold: 90 d
    created_by: gate.send
    partition: {by: made_at, every: 30 d}
    fields:
      id: {type: id, key: true}
      made_at: {type: timestamp, key: true}
      name: {type: string, most: 200}
      stock: {type: int, example: 3}
  paper: {store: papers, row: 1 MB, rows: 10k}
api:
  operations:
    list_items: {does: list, of: item, endpoint: app.list_items, page: 50}
    get_item: {does: get, of: item, endpoint: app.get_item}
    add_items: {does: create, of: item, endpoint: gate.send, bulk: 100}
  screens:
    items: {journey: browse, needs: [list_items, {ask: get_item, each: list_items, items: 10}]}
data:
  late: 1 h
  erase_within: 30 d
  restore_within: 4 h
  lose_most: 5 min
  backups_kept: 35 d
  growth: 1.2
  holds: 20 GB
  products:
    stocked: {of: item, when: made_at, measures: [stock], fresh: 5 min, queries: 0.1/s, scans: 30 d}
  online:
    left: {of: item, by: id, sums: [stock], window: 1 h, within: 10 ms, fresh: 2 s, fallback: none}
slos:
  - {journey: "*", p99: 3 s, availability: 99%, recover_within: 5 min}
topology:
  zones: 2
  regions: 1
  network:
    same_zone: 0.2 ms
    other_zone: 1 ms
    loss: 0.01%
    bandwidth: 10 Gbit/s
    hops:
      - {between: [1, 2], rtt: 0.8 ms, loss: 0.02%}
      - {between: [us-east-1, eu-central-1], rtt: 90 ms, loss: 0.1%, bandwidth: 1 GB/s}
  standby: {region: eu-west-1, failover: 10 min, lag: 10 s}
  recover_region: 1 h
budget: 20k USD/month
team: {size: 4}
faults:
  - {at: 1 s, what: crash, where: app, instances: 1, lasts: 3 s}
  - {at: 2 s, what: restart, where: push, instances: 2, lasts: 3 s}
  - {at: 3 s, what: freeze, where: app, instances: 1, lasts: 1 s}
  - {at: 4 s, what: slow, where: db, times: 3, lasts: 2 s}
  - {at: 4 s, what: slow, where: db.replicas, times: 2}
  - {at: 5 s, what: errors, where: gate, instances: 3, share: 20%, lasts: 4 s}
  - {at: 6 s, what: flush, where: item-cache}
  - {at: 7 s, what: cut, where: app, to: pricing, lasts: 1 s}
  - {at: 8 s, what: loss, where: app, to: db, share: 5%, lasts: 2 s}
  - {at: 9 s, what: lag, where: app, to: db, more: 10 ms, lasts: 1 s}
  - {at: 10 s, what: scale, where: app, instances: 3}
  - {at: 11 s, what: deploy, where: gate, instances: 2}
  - {at: 11 s, what: deploy, where: push, share: 10%, times: 2, lasts: 40 s}
  - {at: 12 s, what: behind, where: db, more: 2 s, lasts: 10 s}
  - {at: 14 s, what: failover, where: db, command: true, lasts: 20 s}
  - {at: 12 s, what: zone, zone: 2, lasts: 5 s}
  - {at: 20 s, what: region, region: eu-central-1, lasts: 5 s}
  - {at: 30 s, what: cut, region: eu-central-1, lasts: 2 s}
  - {at: 33 s, what: cut, zone: 2, lasts: 2 s}
"""
