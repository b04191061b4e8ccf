"""Facts about what a system says of itself: logs, traces, metrics."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact

LOGGED = Fact(
    "logged", "requests a second whose log lines are kept, sampled above", 2e3, 0.2e3, 20e3, "1/s",
    "assumed",
    "logs are paid by the byte: small systems keep all, large ones keep errors and a sample",
)  # fmt: skip
LOG_LINES = Fact(
    "log-lines", "log lines of a request", 1.0, 0.5, 3.0, "lines", "assumed",
    "an access line; more where every part writes one. Heartbeats write none",
)  # fmt: skip
LOG_LINE_BYTES = Fact(
    "log-line-bytes", "bytes of a log line", 300.0, 150.0, 800.0, "B", "assumed",
    "nginx's combined format takes 150 to 250 B, the same as JSON with a trace id twice that",
)  # fmt: skip
LOG_DAYS = Fact(
    "log-days", "days that logs are kept", 30.0, 7.0, 90.0, "days", "assumed",
    "a month is common; audits ask for more of few lines",
)  # fmt: skip
LOG_PACKED = Fact(
    "log-packed", "bytes kept per byte of logs taken in", 0.15, 0.1, 0.3, "ratio", "assumed",
    "AWS Pricing Calculator, CloudWatch Logs: storage compression factor 0.15",
)  # fmt: skip
SPAN_BYTES = Fact(
    "span-bytes", "bytes of a span", 500.0, 200.0, 1_500.0, "B", "assumed",
    "tools that estimate buffers of spans take 500 B each; attributes decide",
)  # fmt: skip
TRACE_SHARE = Fact(
    "trace-share", "share of requests that are traced", 0.01, 0.001, 0.1, "ratio", "assumed",
    "head sampling of 1 % with errors kept is common; small systems trace all",
)  # fmt: skip
SERIES_MACHINE = Fact(
    "series-machine", "metric series of one machine and its process", 600.0, 300.0, 1_500.0,
    "series", "assumed",
    "Prometheus node_exporter gives some 500 to 1,000 by default, client libraries some 50",
)  # fmt: skip
SERIES_ENDPOINT = Fact(
    "series-endpoint", "metric series of one endpoint on one instance", 28.0, 14.0, 60.0, "series",
    "assumed", "a latency histogram of 11 to 14 series by two classes of outcome, the default "
    "buckets of Prometheus clients",
)  # fmt: skip
BILLED = (LOGGED, LOG_LINES, LOG_LINE_BYTES, LOG_DAYS, LOG_PACKED)
UNBILLED = (SPAN_BYTES, TRACE_SHARE, SERIES_MACHINE, SERIES_ENDPOINT)
