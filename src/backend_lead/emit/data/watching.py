"""data/watching/: objectives of the pipelines as Prometheus alerts, each with a test of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backend_lead.emit.data.streaming_reading import StreamReading, stream_reading
from backend_lead.emit.report.wording import seconds
from backend_lead.model.design import Design
from backend_lead.views.data.streams import Consumer
from backend_lead.views.yaml_layout import document

ID = "watching"
GROUP = "data"
FILES = ()
MORE = r"data/watching/alerts(\.test)?\.yaml"
RUNS = False
MINUTE_S = 60.0
RECONCILED_S = 900.0  # sums and counts are compared each quarter of an hour
FALLBACK_SHARE = 0.01  # of answers: one in a hundred is seen by people
TESTED_MIN = 40  # minutes of made-up series in a test
RUNBOOK = "data/streaming/runbook.md"


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


def emit(design: Design) -> dict[str, str]:
    """Nothing where nothing could stream."""
    read = stream_reading(design)
    if read is None:
        return {}
    found = alerts(read)
    head = f"# Written from the model {design.digest}; change the model, not this file.\n"
    rules = {"groups": [{"name": f"{read.name}-pipelines", "rules": [_rule(a) for a in found]}]}
    tests = {"rule_files": ["alerts.yaml"], "evaluation_interval": "1m",
             "tests": [_test(a, fires) for a in found for fires in (True, False)]}  # fmt: skip
    return {
        "data/watching/alerts.yaml": head + _METRICS + document(rules),
        "data/watching/alerts.test.yaml": head + "# promtool test rules alerts.test.yaml\n"
        + document(tests),
    }  # fmt: skip


_METRICS = """\
# What relays, sinks and the nightly comparison export:
#   pipeline_event_age_seconds{consumer,quantile}   age of events when loaded
#   pipeline_last_load_timestamp_seconds{consumer}  when the last load was committed, empty or not
#   pipeline_pending_events{consumer}               events published and not acknowledged
#   pipeline_oldest_pending_seconds{consumer}       age of the oldest of them
#   pipeline_put_aside_total{consumer}              dead letters
#   outbox_oldest_waiting_seconds{store}            age of the oldest event not published
#   outbox_rest_rows{store}                         events that no part was made for
#   reconciliation_missing_events{consumer}         events of the outbox that are not there
#   reconciliation_sum_difference{consumer,column}  sum of the store less that of the warehouse
#   reconciliation_timestamp_seconds                when both sides were compared last
#   online_answers_total, online_fallbacks_total    answers of an online store, and without it
"""


def alerts(read: StreamReading) -> list[Alert]:
    """Freshness, completeness and reconciliation as objectives, and what ends in a loss."""
    out = []
    for consumer in read.found.consumers:
        out += _of_consumer(read, consumer)
    stores = [c.store for c in read.found.captures if c.how == "outbox"]
    for store in stores:
        out += _of_store(read, store)
    out += _reconciliation()
    return out


def _of_consumer(read: StreamReading, c: Consumer) -> list[Alert]:
    key, word = f'consumer="{c.name}"', _camel(c.name)
    labels = (("consumer", c.name),)
    keep = read.found.streams[0].keep_s
    silent_s = max(5 * c.every_s, MINUTE_S)
    age = f'pipeline_event_age_seconds{{{key},quantile="0.99"}}'
    last = f"pipeline_last_load_timestamp_seconds{{{key}}}"
    oldest = f"pipeline_oldest_pending_seconds{{{key}}}"
    aside = f"pipeline_put_aside_total{{{key}}}"
    out = [
        Alert(f"{word}Stale", f"{age} > {c.fresh_s:g}", 5, "page",
              f"99 % of events should be in {c.title!r} within {seconds(c.fresh_s)}",
              (*labels, ("quantile", "0.99")),
              ((age, _flat(c.fresh_s * 2)),), ((age, _flat(c.fresh_s * 0.9)),)),
        Alert(f"{word}Stands", f"time() - {last} > {silent_s:g} or absent({last})", 2, "page",
              f"no load for {seconds(silent_s)}; one is due each {seconds(c.every_s)}", labels,
              ((last, _flat(0)),), ((last, f"0+60x{TESTED_MIN}"),)),
        Alert(f"{word}NearsLoss", f"{oldest} > {keep / 2:g}", 5, "page",
              f"events are kept for {seconds(keep)}; the oldest waits for half of that", labels,
              ((oldest, _flat(keep * 0.6)),), ((oldest, _flat(keep * 0.1)),)),
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
    return [
        Alert(f"{word}OutboxWaits", f"{oldest} > {most:g}", 2, "page",
              f"an event waits for {seconds(most)}; relays look each {seconds(read.found.poll_s)}",
              labels, ((oldest, _flat(most * 2)),), ((oldest, _flat(read.found.poll_s)),)),
        Alert(f"{word}OutboxParts", f"{rest} > 0", 10, "ticket",
              "events lie in the part for the rest: outbox_upkeep does not run", labels,
              ((rest, _flat(3)),), ((rest, _flat(0)),)),
    ]  # fmt: skip


def _reconciliation() -> list[Alert]:
    missing = 'reconciliation_missing_events{consumer="warehouse"}'
    sums = 'reconciliation_sum_difference{column="any",consumer="warehouse"}'
    when = "reconciliation_timestamp_seconds"
    silent_s = 2 * RECONCILED_S
    warehouse = (("consumer", "warehouse"),)
    return [
        Alert("WarehouseIncomplete", "reconciliation_missing_events > 0", 15, "page",
              "events of the outbox older than a quarter of an hour are not in the warehouse",
              warehouse, ((missing, _flat(1)),), ((missing, f"3x5 0x{TESTED_MIN - 5}"),)),
        Alert("WarehouseSumsDiffer", "abs(reconciliation_sum_difference) > 0", 15, "page",
              "a sum of the store and that of the warehouse differ",
              (("column", "any"), *warehouse), ((sums, _flat(-0.5)),), ((sums, _flat(0)),)),
        Alert("ReconciliationStands", f"time() - {when} > {silent_s:g} or absent({when})", 0,
              "ticket",
              f"both sides were not compared for {seconds(silent_s)}; due each "
              f"{seconds(RECONCILED_S)}", (),
              ((when, _flat(0)),), ((when, f"0+60x{TESTED_MIN}"),)),
    ]  # fmt: skip


def _rule(alert: Alert) -> dict[str, Any]:
    return {
        "alert": alert.name, "expr": alert.expr, "for": f"{alert.for_min}m",
        "labels": {"severity": alert.severity},
        "annotations": {"summary": alert.says, "runbook": RUNBOOK},
    }  # fmt: skip


def _test(alert: Alert, fires: bool) -> dict[str, Any]:
    series = alert.fires if fires else alert.silent
    expected = [{
        "exp_labels": {**dict(sorted(alert.labels)), "severity": alert.severity},
        "exp_annotations": {"summary": alert.says, "runbook": RUNBOOK},
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
