"""data/watching/: objectives of the pipelines as Prometheus alerts, each with a test of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from backend_lead.emit.data.streaming_reading import StreamReading, stream_reading
from backend_lead.emit.data.watching_queries import measured
from backend_lead.emit.report.wording import seconds
from backend_lead.model.design import Design
from backend_lead.views.data.saga_steps import plans
from backend_lead.views.data.sink import BEAT_S
from backend_lead.views.data.streams import SINK, Consumer
from backend_lead.views.data.watching import in_parts, refreshed, watched
from backend_lead.views.yaml_layout import document

ID = "watching"
GROUP = "data"
FILES = ()
MORE = r"data/watching/(alerts(\.test)?\.yaml|[\w-]+\.queries\.yaml|warehouse\.sql)"
RUNS = False
MINUTE_S = 60.0
RECONCILED_S = 900.0  # both sides are compared each minute; silence for twice this is told
FALLBACK_SHARE = 0.01  # of answers: one in a hundred is seen by people
SAGA_OPEN_S = 900.0  # all tries of two steps, one after the other, take less
TESTED_MIN = 40  # minutes of made-up series in a test
RUNBOOK = "data/streaming/runbook.md"
PAGE = "data/streaming/README.md"  # where no stream runs
DIFFERENCES = (  # recorded, the store's metric, the warehouse's, and the labels both have
    ("reconciliation_missing_events", "reconciliation_store_events",
     "reconciliation_warehouse_events", "table"),
    ("reconciliation_sum_difference", "reconciliation_store_added_up",
     "reconciliation_warehouse_added_up", "table, column"),
)  # fmt: skip


@dataclass(frozen=True)
class Alert:
    """An alert, the series that make it fire, and those with which it stays silent.

    A series is written as promtool takes it: a start, a step and a number of steps.
    """

    name: str
    expr: str
    for_min: int
    severity: str
    says: str
    labels: tuple[tuple[str, str], ...]
    fires: tuple[tuple[str, str], ...]
    silent: tuple[tuple[str, str], ...]
    runbook: str = RUNBOOK


def emit(design: Design) -> dict[str, str]:
    """Nothing where nothing could stream."""
    read = stream_reading(design)
    if read is None:
        return {}
    found = alerts(read)
    if not found:
        return {}
    head = f"# Written from the model {design.digest}; change the model, not this file.\n"
    rules = {"groups": [{"name": f"{read.name}-pipelines",
                         "rules": [*recorded(read), *(_rule(a) for a in found)]}]}  # fmt: skip
    tests = {"rule_files": ["alerts.yaml"], "evaluation_interval": "1m",
             "tests": [_test(a, fires) for a in found for fires in (True, False)]}  # fmt: skip
    made_by = _HEAD if read.found.needed else _NONE
    return {
        "data/watching/alerts.yaml": head + made_by + document(rules),
        "data/watching/alerts.test.yaml": head + "# promtool test rules alerts.test.yaml\n"
        + document(tests),
        **measured(read, head),
    }  # fmt: skip


_NONE = """\
# What these read is made by STORE.queries.yaml beside this file, asked of each store by
# postgres_exporter (custom queries; Grafana Alloy's prometheus.exporter.postgres takes it too).
"""
_HEAD = """\
# What these read is made by the files beside this one:
#   STORE.queries.yaml     asked of each store by postgres_exporter (custom queries; Grafana Alloy's
#                          prometheus.exporter.postgres takes the same file)
#   ../online/*.queries.yaml  asked of an online store in the same way
#   warehouse.sql          run each minute by the sink, which has the warehouse open; it writes the
#                          lines for node_exporter's textfile collector
# and by services that decide online, which count in their own code:
#   online_answers_total{consumer}    decisions asked for
#   online_fallbacks_total{consumer}  those decided without the online store
"""


def alerts(read: StreamReading) -> list[Alert]:
    """Freshness, completeness and reconciliation as objectives, and what ends in a loss."""
    out, needed = list[Alert](), read.found.needed
    for consumer in read.found.consumers if needed else ():
        out += _of_consumer(read, consumer)
    for store in outboxes(read):
        out += _of_store(read, store)
    for store in read.layer.stores:
        out += [_of_part(store, t.name) for t in in_parts(read.layer, store)]
    for store in refreshed(read.layer):
        out.append(_of_views(store))
    for home in dict.fromkeys(p.home for p in plans(read.layer)):
        out += _of_sagas(home)
    out += _reconciliation(bool(compared(read)), len(compared(read)) > 1)
    if needed:
        return out
    return [replace(a, runbook=PAGE) if a.runbook == RUNBOOK else a for a in out]


def outboxes(read: StreamReading) -> list[str]:
    """The stores that an outbox is written in."""
    captures = read.found.captures if read.found.leaves else ()
    return [c.store for c in captures if c.how == "outbox"]


def compared(read: StreamReading) -> tuple[tuple[str, str, str, str], ...]:
    """What both sides have: what an outbox tells of, and sums of it where it holds numbers. Nothing
    where no stream runs, and so no other side."""
    if not read.found.needed:
        return ()
    stores = dict.fromkeys(c.store for c in read.found.captures)
    tables = [w for store in stores for w in watched(read.found, store)]
    return DIFFERENCES[: bool(tables) + any(w.sums for w in tables)]


def recorded(read: StreamReading) -> list[dict[str, Any]]:
    """What is made of both sides' samples."""
    return [
        {"record": name, "labels": {"consumer": SINK},
         "expr": f"sum by ({by}) ({ours}) - sum by ({by}) ({theirs})"}
        for name, ours, theirs, by in compared(read)
    ]  # fmt: skip


def _of_consumer(read: StreamReading, c: Consumer) -> list[Alert]:
    key, word = f'consumer="{c.name}"', _camel(c.name)
    labels = (("consumer", c.name),)
    keep = read.found.streams[0].keep_s
    silent_s = max(5 * c.every_s, 3 * BEAT_S)
    age = f'pipeline_event_age_seconds{{{key},quantile="0.99"}}'
    last = f"pipeline_last_load_timestamp_seconds{{{key}}}"
    aside = f"pipeline_put_aside_total{{{key}}}"
    out = [
        Alert(f"{word}Stale", f"{age} > {c.fresh_s:g}", 5, "page",
              f"99 % of events should be in {c.title!r} within {seconds(c.fresh_s)}",
              (*labels, ("quantile", "0.99")),
              ((age, _flat(c.fresh_s * 2)),), ((age, _flat(c.fresh_s * 0.9)),)),
        Alert(f"{word}Stands", f"time() - {last} > {silent_s:g} or absent({last})", 2, "page",
              f"no load for {seconds(silent_s)}; one is due each {seconds(c.every_s)}", labels,
              ((last, _flat(0)),), ((last, f"0+60x{TESTED_MIN}"),)),
        Alert(f"{word}NearsLoss", f"max by (consumer) ({age}) > {keep / 2:g}", 5, "page",
              f"events are kept for {seconds(keep)}; what is loaded now waited for half of that",
              labels, ((age, _flat(keep * 0.6)),), ((age, _flat(keep * 0.1)),)),
        Alert(f"{word}PutAside", f"increase({aside}[15m]) > 0", 0, "ticket",
              "an event could not be read or loaded; see the dead letters", labels,
              ((aside, f"0x{TESTED_MIN - 10} 1x10"),), ((aside, _flat(7)),)),
    ]  # fmt: skip
    if c.online is not None:
        asked, without = (f"online_{w}_total{{{key}}}" for w in ("answers", "fallbacks"))
        out.append(Alert(
            f"{word}Fallback",
            f"rate({without}[5m]) > {FALLBACK_SHARE:g} * rate({asked}[5m])", 5, "page",
            f"more than {FALLBACK_SHARE:.0%} of decisions are made by the fallback", labels,
            ((asked, f"0+6000x{TESTED_MIN}"), (without, f"0+600x{TESTED_MIN}")),
            ((asked, f"0+6000x{TESTED_MIN}"), (without, f"0+6x{TESTED_MIN}")),
        ))  # fmt: skip
    return out


def _of_store(read: StreamReading, store: str) -> list[Alert]:
    most = max(MINUTE_S, 10 * read.found.poll_s)
    labels, word = (("store", store),), _camel(store)
    oldest = f'outbox_oldest_waiting_seconds{{store="{store}"}}'
    rest = f'outbox_rest_rows{{store="{store}"}}'
    differ = f'outbox_differing_rows{{store="{store}"}}'
    one = f'outbox_differing_rows{{store="{store}",table="any"}}'
    return [
        Alert(f"{word}OutboxWaits", f"{oldest} > {most:g}", 2, "page",
              f"an event waits for {seconds(most)}; relays look each {seconds(read.found.poll_s)}",
              labels, ((oldest, _flat(most * 2)),), ((oldest, _flat(read.found.poll_s)),)),
        Alert(f"{word}OutboxParts", f"{rest} > 0", 10, "ticket",
              "events lie in the part for the rest: outbox_upkeep does not run", labels,
              ((rest, _flat(3)),), ((rest, _flat(0)),)),
        Alert(f"{word}OutboxBlind", f"{differ} > 0", 0, "page",
              "a row changed and no event tells of it: is a trigger off?",
              (*labels, ("table", "any")), ((one, _flat(1)),), ((one, _flat(0)),)),
    ]  # fmt: skip


def _of_part(store: str, name: str) -> Alert:
    rest = f'parts_rest_rows{{store="{store}",table="{name}"}}'
    return Alert(
        f"{_camel(store)}{_camel(name)}Rest", f"{rest} > 0", 10, "ticket",
        f"rows of {name} lie in {name}_rest, so no part is there for their time: does "
        "upkeep.make_all_parts run each day, and is a clock wrong?",
        (("store", store), ("table", name)), ((rest, _flat(3)),), ((rest, _flat(0)),),
        "data/governance/README.md",
    )  # fmt: skip


def _of_views(store: str) -> Alert:
    days = f'analytics_refreshed_days_since{{store="{store}"}}'
    return Alert(
        f"{_camel(store)}ViewsStale", f"{days} > 1", 30, "ticket",
        "the sums of closed days were not refreshed today or yesterday: does refresh.sql run?",
        (("store", store),), ((days, _flat(2)),), ((days, _flat(1)),), "data/analytics/README.md",
    )  # fmt: skip


def _of_sagas(home: str) -> list[Alert]:
    key, labels = f'store="{home}"', (("store", home),)
    stuck, oldest = f"sagas_stuck{{{key}}}", f"sagas_oldest_open_seconds{{{key}}}"
    return [
        Alert(f"{_camel(home)}SagaStuck", f"{stuck} > 0", 0, "page",
              "what a request did in several places could not be taken back", labels,
              ((stuck, _flat(1)),), ((stuck, _flat(0)),)),
        Alert(f"{_camel(home)}SagaOpen", f"{oldest} > {SAGA_OPEN_S:g}", 5, "page",
              f"a request of several steps goes on for {seconds(SAGA_OPEN_S)}; is there no worker?",
              labels, ((oldest, _flat(SAGA_OPEN_S * 2)),), ((oldest, _flat(1)),)),
    ]  # fmt: skip


def _reconciliation(events: bool, summed: bool) -> list[Alert]:
    (missing, ours, theirs, _), (sums, our_sum, their_sum, _) = DIFFERENCES
    one = 'store="any",table="any"'
    other = f'consumer="{SINK}",table="any"'
    when = f'reconciliation_timestamp_seconds{{consumer="{SINK}"}}'
    silent_s = 2 * RECONCILED_S
    labels = (("consumer", SINK), ("table", "any"))
    out = [
        Alert("WarehouseIncomplete", f"{missing} != 0", 15, "page",
              "of what happened an hour ago the warehouse has more or fewer events than the outbox",
              labels, ((f"{ours}{{{one}}}", _flat(9)), (f"{theirs}{{{other}}}", _flat(8))),
              ((f"{ours}{{{one}}}", _flat(9)),
               (f"{theirs}{{{other}}}", f"6x5 9x{TESTED_MIN - 5}"))),
        Alert("ReconciliationStands",
              f"time() - {when} > {silent_s:g} or absent({when}) or absent({missing})", 5, "ticket",
              f"both sides were not compared for {seconds(silent_s)}", (("consumer", SINK),),
              ((when, _flat(0)), (f"{ours}{{{one}}}", _flat(9)),
               (f"{theirs}{{{other}}}", _flat(9))),
              ((when, f"0+60x{TESTED_MIN}"), (f"{ours}{{{one}}}", _flat(9)),
               (f"{theirs}{{{other}}}", _flat(9)))),
    ]  # fmt: skip
    if summed:
        mine, other = f'column="any",{one}', f'column="any",{other}'
        out.append(Alert(
            "WarehouseSumsDiffer", f"abs({sums}) > 0", 15, "page",
            "a sum over the same events differs between the outbox and the warehouse",
            (("column", "any"), *labels),
            ((f"{our_sum}{{{mine}}}", _flat(9)), (f"{their_sum}{{{other}}}", _flat(9.5))),
            ((f"{our_sum}{{{mine}}}", _flat(9)), (f"{their_sum}{{{other}}}", _flat(9))),
        ))  # fmt: skip
    return out if events else []


def _rule(alert: Alert) -> dict[str, Any]:
    return {
        "alert": alert.name, "expr": alert.expr, "for": f"{alert.for_min}m",
        "labels": {"severity": alert.severity},
        "annotations": {"summary": alert.says, "runbook": alert.runbook},
    }  # fmt: skip


def _test(alert: Alert, fires: bool) -> dict[str, Any]:
    series = alert.fires if fires else alert.silent
    expected = [{
        "exp_labels": {**dict(sorted(alert.labels)), "severity": alert.severity},
        "exp_annotations": {"summary": alert.says, "runbook": alert.runbook},
    }] if fires else []  # fmt: skip
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series],
        "alert_rule_test": [
            {"eval_time": f"{TESTED_MIN}m", "alertname": alert.name, "exp_alerts": expected}
        ],
    }  # fmt: skip


def _flat(value: float) -> str:
    return f"{round(value, 3):.3f}x{TESTED_MIN}"


def _camel(word: str) -> str:
    return "".join(part.capitalize() for part in word.replace("_", "-").split("-"))
