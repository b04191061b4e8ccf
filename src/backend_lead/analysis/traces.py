"""Sampled requests as OTLP JSON: what a tracing backend takes, as if they had been measured."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from backend_lead.kernel import layout as L

# Simulated time 0 in the trace: 2000-01-01T00:00:00Z, far from anything that was measured.
EPOCH_NS = 946_684_800 * L.NS_PER_S
SCOPE = "backend-lead"
SPAN_SERVER = 2  # SpanKind of opentelemetry-proto, trace/v1
STATUS_OK, STATUS_ERROR = 1, 2  # Status.StatusCode
MESSAGES = {L.FAILED: "failed", L.TIMED_OUT: "timed out"}
WAITS = ("wait_pool", "wait_worker", "wait_core", "wait_lock", "busy", "network")


def otlp(
    spans: NDArray[Any], names: Mapping[int, tuple[str, str]], *, seed: int, version: str
) -> dict[str, Any]:
    """An ExportTraceServiceRequest in its JSON mapping, spans by the component that did the work.

    `names` are component and name of each endpoint row. Spans whose end is not known are left out,
    and with them what they asked. Ids come from the seed, the source and the serial number of the
    request: the same run gives the same bytes.

    Source: opentelemetry-proto, "OTLP/HTTP JSON Protobuf Encoding": ids in hex, 64-bit integers as
    strings, enumerations as integers.
    """
    kept: set[int] = set()
    by_component: dict[str, list[dict[str, Any]]] = {}
    for row in spans:
        parent = int(row["parent"])
        if row["ended"] == L.NONE or row["outcome"] == L.NONE:
            continue
        if parent != L.NONE and parent not in kept:
            continue
        kept.add(int(row["row"]))
        component, name = names[int(row["endpoint"])]
        by_component.setdefault(component, []).append(_span(row, name, seed))
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": [_text("service.name", component)]},
                "scopeSpans": [{"scope": {"name": SCOPE, "version": version}, "spans": told}],
            }
            for component, told in sorted(by_component.items())
        ]
    }


def _span(row: Any, name: str, seed: int) -> dict[str, Any]:
    trace = _hex(32, "trace", seed, row["source"], row["serial"])
    outcome = int(row["outcome"])
    status: dict[str, Any] = {"code": STATUS_OK if outcome == L.OK else STATUS_ERROR}
    if outcome in MESSAGES:
        status["message"] = MESSAGES[outcome]
    out: dict[str, Any] = {
        "traceId": trace,
        "spanId": _hex(16, trace, row["row"]),
        "name": name,
        "kind": SPAN_SERVER,
        "startTimeUnixNano": str(EPOCH_NS + int(row["created"])),
        "endTimeUnixNano": str(EPOCH_NS + int(row["ended"])),
        "attributes": _attributes(row),
        "status": status,
    }
    if row["parent"] != L.NONE:
        out["parentSpanId"] = _hex(16, trace, row["parent"])
    return out


def _attributes(row: Any) -> list[dict[str, Any]]:
    """Waits in ns, and what is not as usual."""
    out = [_number(f"backend_lead.{column}_ns", row[column]) for column in WAITS if row[column]]
    if row["begun"] > row["created"]:
        out.append(_number("backend_lead.backoff_ns", row["begun"] - row["created"]))
    if row["replica"] != L.NONE:
        out.append(_number("backend_lead.replica", row["replica"]))
    if row["attempt"]:
        out.append(_number("backend_lead.attempt", row["attempt"]))
    return out


def _text(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": {"stringValue": value}}


def _number(key: str, value: Any) -> dict[str, Any]:
    return {"key": key, "value": {"intValue": str(int(value))}}


def _hex(digits: int, *words: Any) -> str:
    text = " ".join(str(word) for word in words)
    return hashlib.sha256(text.encode()).hexdigest()[:digits]
