"""Sampled requests: where their time went adds up, and tracing backends can read them."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from backend_lead.analysis.critical_path import paths, shares
from backend_lead.analysis.traces import EPOCH_NS, otlp
from backend_lead.kernel import layout as L
from backend_lead.kernel.state import span_t

ROOT, APP, DB, CACHE = 0, 1, 2, 3
NAMES = {ROOT: ("web", "list"), APP: ("app", "list"), DB: ("db", "query"), CACHE: ("cache", "get")}
RTT = (10, 4, 6)  # ns of the calls to app, db, cache


def spans(*rows: dict[str, Any]) -> np.ndarray:
    """Rows of the kernel's table; what is not said never came."""
    out = np.zeros(len(rows), span_t)
    for k, row in enumerate(rows):
        usual = {"row": k, "parent": L.NONE, "call": L.NONE, "replica": L.NONE, "serial": 7,
                 "begun": row["created"], "started": row["created"], "outcome": L.OK}  # fmt: skip
        usual["network"] = RTT[row["call"]] if "call" in row else 0
        for name, value in (usual | row).items():
            out[name][k] = value
    return out


ONE = spans(
    {"endpoint": ROOT, "created": 100, "ended": 300},
    {"endpoint": APP, "parent": 0, "call": 0, "created": 100, "ended": 290, "wait_worker": 20,
     "busy": 30, "replica": 4},
    # both at once: the answer waits for the database
    {"endpoint": DB, "parent": 1, "call": 1, "created": 160, "ended": 260, "busy": 70,
     "wait_pool": 30},
    {"endpoint": CACHE, "parent": 1, "call": 2, "created": 160, "ended": 200, "busy": 40},
)  # fmt: skip


def test_the_path_is_what_the_answer_waited_for() -> None:
    """The slower one of two at once is on it, the other is not; all parts add up."""
    (path,) = paths(ONE)
    assert path.latency == 200 == sum(path.parts.values())
    told = {key: ns for key, ns in path.parts.items() if ns}
    assert told == {
        (ROOT, "network"): 10,
        (APP, "worker"): 20, (APP, "service"): 30, (APP, "network"): 4, (APP, "other"): 36,
        (DB, "pool"): 30, (DB, "service"): 70,
    }  # fmt: skip


def test_what_was_tried_again_is_told_apart() -> None:
    """The first attempt and the pause before the second are no service."""
    again = spans(
        {"endpoint": ROOT, "created": 0, "ended": 210},
        {"endpoint": APP, "parent": 0, "call": 0, "created": 0, "ended": 90, "busy": 90,
         "outcome": L.FAILED},
        {"endpoint": APP, "parent": 0, "call": 0, "created": 100, "begun": 150, "ended": 200,
         "attempt": 1, "busy": 50},
    )  # fmt: skip
    (path,) = paths(again)
    told = {key: ns for key, ns in path.parts.items() if ns}
    assert told == {(APP, "retry"): 90, (APP, "backoff"): 50, (APP, "service"): 50,
                    (ROOT, "network"): 20}  # fmt: skip


def test_shares_are_of_the_requests_at_the_quantile() -> None:
    """The median ones spend their time computing, the slowest wait for a worker."""
    rows = [
        {"endpoint": ROOT, "created": 0, "ended": 100 + k * (k >= 95) * 100, "busy": 100,
         "wait_worker": k * (k >= 95) * 100, "serial": k}
        for k in range(100)
    ]  # fmt: skip
    median, slow = shares(paths(spans(*rows)), ROOT)
    assert median.parts == [(ROOT, "service", 1.0)] and median.requests == 10
    assert slow.parts[0][:2] == (ROOT, "worker") and slow.parts[0][2] > 0.9
    assert abs(sum(share for *_, share in slow.parts) - 1) < 1e-9


def test_a_tracing_backend_reads_them() -> None:
    """The real opentelemetry-proto parses it; times, parents, waits and errors are there."""
    failed = ONE.copy()
    failed["outcome"][2] = L.TIMED_OUT
    told = otlp(failed, NAMES, seed=1, version="0")
    hexed = json.loads(json.dumps(told))
    for one in hexed["resourceSpans"]:  # protobuf's own JSON has bytes in base64; OTLP's in hex
        for span in one["scopeSpans"][0]["spans"]:
            for key in ("traceId", "spanId", "parentSpanId"):
                if key in span:
                    span[key] = base64.b64encode(bytes.fromhex(span[key])).decode()
    request = ParseDict(hexed, ExportTraceServiceRequest())
    read = {
        resource.resource.attributes[0].value.string_value: span
        for resource in request.resource_spans
        for span in resource.scope_spans[0].spans
    }
    assert set(read) == {"web", "app", "db", "cache"}
    assert len({span.trace_id for span in read.values()}) == 1
    assert all(len(span.trace_id) == 16 and len(span.span_id) == 8 for span in read.values())
    assert read["db"].parent_span_id == read["app"].span_id and not read["web"].parent_span_id
    assert read["app"].start_time_unix_nano == EPOCH_NS + 100
    assert (read["db"].status.code, read["db"].status.message) == (2, "timed out")
    waits = {a.key: a.value.int_value for a in read["db"].attributes}
    assert waits["backend_lead.wait_pool_ns"] == 30


def test_the_same_run_gives_the_same_ids_and_an_open_end_none() -> None:
    """Ids depend on seed, source and number alone; what has not ended is left out with its part."""
    assert otlp(ONE, NAMES, seed=1, version="0") == otlp(ONE, NAMES, seed=1, version="0")
    assert otlp(ONE, NAMES, seed=1, version="0") != otlp(ONE, NAMES, seed=2, version="0")
    open_end = ONE.copy()
    open_end["outcome"][1] = open_end["ended"][1] = L.NONE
    told = otlp(open_end, NAMES, seed=1, version="0")
    assert [one["scopeSpans"][0]["spans"][0]["name"] for one in told["resourceSpans"]] == ["list"]
    assert not paths(ONE[:0])
