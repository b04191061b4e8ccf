"""A model that says everything a model can say about how parts serve and what happens to them."""

from __future__ import annotations

from tests.app.good_model import changed

SERVING = changed(
    ("  peak: {factor: 3}\n", "    night: {every: 10 s, journeys: {browse: 100%}}\n"
     "    ads: {rate: 50/s, bursts: {factor: 5, lasts: 2 s, every: 20 s}, timeout: 1 s, "
     "retries: 2, backoff: {first: 20 ms, most: 1 s, jitter: decorrelated}, "
     "retry_tokens: {most: 10, reward: 10%}, "
     "journeys: {browse: 100%}}\n"
     "  peak: {factor: 3, hour: 18}\n  deadlines: true\n  cancels: true\n"),
    ("    concurrency: 256\n", "    concurrency: 256\n    balance: power-of-three\n"
     "    serving: {order: priority, gives_up: 5 s, near: true, slow_start: 10 s, "
     "sheds: {waiting: 50}, weights: [2, 1]}\n"
     "    watch: {every: 2 s, fails: 2, passes: 1, eject: 5, pause: 10 s, share: 50%}\n"
     "    fails: {every: 30 d, lasts: 5 min}\n"
     "    autoscale: {least: 3, most: 12, target: 60%, delay: 30 s, cool: 60 s, window: 60 s, "
     "step: 4, grow: 100%, down: 2, tolerance: 10%,\n"
     "      schedule: [{hour: 7, least: 5}, {hour: 22, least: 3}]}\n"),
    ("      order:\n        writes: true\n", "      order:\n        writes: true\n"
     "        priority: 1\n"),
    ("      get_item:\n", "      get_item:\n        priority: 3\n"),
    ("          - parallel:\n", "          - need: 1\n            parallel:\n"),
    ("{query: db.list_items, timeout: 500 ms}",
     "{query: db.list_items, timeout: 500 ms, hedge: 20 ms, retries: 1, "
     "backoff: {first: 5 ms, jitter: equal}}"),
    ("              - {call: pricing.quote, timeout: 300 ms}",
     "              - {call: pricing.quote, timeout: 300 ms, "
     "breaker: {failures: 50%, least: 10, last: 20, pause: 2 s, probes: 3, "
     "jointly: true}}"),
    ("    instance: c7g.large\n    count: 9\n", "    instance: c7g.large\n    count: 9\n"
     "    balance: by-key\n    serving: {share_cores: true, cores: 1}\n"),
    ("zones: 3, ttl: 10 min}", "zones: 3, ttl: 10 min, keeps: {keys: exact, renew: true}}"),
    ("  item-cache:", "  helper:\n    kind: http-service\n    instance: c7g.large\n    count: 9\n"
     "    zones: 3\n    serving: {host: pricing}\n    endpoints:\n"
     "      tell: {does: [cpu: 0.2 ms]}\n  item-cache:"),
    ("          - wait: 20 ms\n", "          - wait: 20 ms\n"
     "          - {call: helper.tell, timeout: 100 ms}\n"),
    ("    zones: 3\n    operations:\n", "    zones: 3\n    replicas: 2\n    lag: 200 ms\n"
     "    serving: {contention: 1%, "
     "coherency: 0.01%}\n    operations:\n"),
    ("cpu: 0.5 ms, entity: purchase}", "cpu: 0.5 ms, entity: item, locks: true}"),
    ("  buy: {steps: [app.order]}\n", "  buy:\n    steps: [app.get_item, app.order]\n"
     "    session: {think: 4 s, goes_on: [70%], again: 10%, leaves: 80%}\n"),
    ("topology: {provider: aws, region: us-east-1, zones: 3}",
     "topology:\n  provider: aws\n  region: us-east-1\n  zones: 3\n"
     "  network:\n    same_zone: 0.2 ms\n    other_zone: 1 ms\n    loss: 0.01%\n"
     "    bandwidth: 10 Gbit/s\n    hops:\n"
     "      - {between: [1, 3], rtt: 2 ms, loss: 0.1%}\n"
     "      - {between: [us-east-1, eu-west-1], rtt: 80 ms, bandwidth: 1 GB/s}\n"
     "faults:\n"
     "  - {at: 1 s, what: crash, where: app, instances: 1}\n"
     "  - {at: 2 s, what: restart, where: pricing, instances: 2, lasts: 3 s}\n"
     "  - {at: 3 s, what: freeze, where: app, instances: 1, lasts: 1 s}\n"
     "  - {at: 4 s, what: slow, where: db, times: 3, lasts: 2 s}\n"
     "  - {at: 5 s, what: errors, where: pricing, instances: 3, share: 20%, lasts: 4 s}\n"
     "  - {at: 6 s, what: flush, where: item-cache}\n"
     "  - {at: 7 s, what: cut, where: app, to: pricing, lasts: 1 s}\n"
     "  - {at: 8 s, what: loss, where: app, to: db, share: 5%, lasts: 2 s}\n"
     "  - {at: 9 s, what: lag, where: app, to: db, more: 10 ms, lasts: 1 s}\n"
     "  - {at: 10 s, what: scale, where: app, instances: 6}\n"
     "  - {at: 11 s, what: deploy, where: pricing, instances: 2}\n"
     "  - {at: 11 s, what: deploy, where: app, share: 10%, times: 2, lasts: 40 s}\n"
     "  - {at: 12 s, what: behind, where: db, more: 2 s, lasts: 10 s}\n"
     "  - {at: 13 s, what: failover, where: db, lasts: 5 s}\n"
     "  - {at: 12 s, what: zone, zone: 2, lasts: 5 s}\n"
     "  - {at: 20 s, what: region, region: eu-west-1, lasts: 3 s}\n"
     "  - {at: 25 s, what: cut, region: eu-west-1, lasts: 3 s}\n"
     "  - {at: 30 s, what: cut, zone: 3, lasts: 3 s}"),
    ("    instance: db.m7g.xlarge\n", "    instance: db.m7g.xlarge\n    region: eu-west-1\n"),
)  # fmt: skip
