"""A small model whose changes stream: payments, an online answer, and a load that can be set."""

from __future__ import annotations

from backend_lead.intake.backend_yaml import read_text
from backend_lead.model.system import System

MODEL = """
backend: shop
workload:
  clients:
    web: {rate: RATE, timeout: 2 s, journeys: {pay: 100%}}
  peak: {factor: 2}
  entry: [lb]
journeys:
  pay: {steps: [app.pay]}
components:
  lb: {kind: load-balancer}
  app:
    kind: http-service
    instance: m7g.large
    count: 4
    endpoints:
      pay: {writes: true, does: [{cpu: 0.1 ms}, {query: db.insert_payment}]}
  db:
    kind: postgres
    instance: db.r7g.4xlarge
    operations:
      insert_payment: {type: write, cpu: 0.05 ms, entity: payment, pattern: {change: insert}}
entities:
  payment:
    store: db
    row: 400 B
    rows: 1M
    created_by: app.pay
    owned_by: customer_id
    erase: delete
    fields:
      id: {type: id, key: true, generated: true}
      customer_id: {type: ref(customer)}
      amount: {type: money, class: financial}
      secret: {type: string, class: credential, most: 40}
      made_at: {type: timestamp, generated: true}
  customer:
    store: db
    row: 200 B
    rows: 10k
    owned_by: id
    erase: delete
    fields:
      id: {type: id, key: true, generated: true}
      email: {type: email, personal: true}
data:
DATA
slos: [{journey: "*", p99: 200 ms, availability: 99.9%}]
"""
ONLINE = """\
  capture: CAPTURE
  late: 1 h
  products:
    takings: {of: payment, when: made_at, measures: [amount], fresh: FRESH}
  online:
    use: {of: payment, by: customer_id, sums: [amount], window: 1 h, within: 10 ms, fresh: 2 s,
          fallback: ask for a second factor}
"""


def shop(rate: str = "100/s", fresh: str = "5 min", capture: str = "outbox") -> System:
    """The model at a rate of payments, with a product this fresh."""
    data = ONLINE.replace("FRESH", fresh).replace("CAPTURE", capture)
    read = read_text(MODEL.replace("RATE", rate).replace("DATA\n", data), "shop.yaml")
    wrong = [f for f in read.findings if f.level == "error"]
    assert read.system is not None and not wrong, wrong
    return read.system
