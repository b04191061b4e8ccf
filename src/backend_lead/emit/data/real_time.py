"""Whether what is asked needs a stream: how fresh answers are now, from which figures on one is
needed, and what it costs then."""

from __future__ import annotations

from dataclasses import replace

from backend_lead.catalog import streams as facts
from backend_lead.catalog.kind import HOURS_MONTH
from backend_lead.catalog.prices import PriceBook
from backend_lead.emit.data.streaming_reading import StreamReading, spelled, stream_reading
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import money, rate, seconds
from backend_lead.model.design import Design
from backend_lead.model.figure import Figure
from backend_lead.views.data.analytics_prices import freshness as price_of
from backend_lead.views.data.freshness import freshness
from backend_lead.views.data.needs import needs
from backend_lead.views.data.star import star

BROKERS = 3  # the fewest of which one may be lost with a majority left


def real_time(design: Design) -> str:
    """The section; empty where nothing changes that somebody could ask about."""
    read = stream_reading(design)
    if read is None:
        return ""
    found = read.found
    verdict = (
        "**A stream is needed**: " + "; ".join(found.why)
        + ". See [streaming](streaming/README.md)."
        if found.needed else
        "**No stream is needed for this.** Analyses and decisions ask the store itself: rows that "
        "are only added are in the figures at once; of rows that change later, sums of closed days "
        f"are as old as the last refresh, {seconds(facts.REFRESH_LEAST.value)} at best. One of "
        "these makes a stream necessary:"
    )  # fmt: skip
    head = ["what is asked", "now", "a stream from"]
    return "\n\n".join([
        "## Real time: from when a stream is needed, and what it costs", verdict,
        table(head, limits(read)), _price(read),
    ])  # fmt: skip


def limits(read: StreamReading) -> list[list[str]]:
    """At which figures a stream begins: what is asked, now, from when."""
    found = read.found
    least, most, through = facts.REFRESH_LEAST, facts.ONLINE_MOST, facts.OUTBOX_MOST
    said = [c for c in found.consumers if c.online is None and c.asked]
    first = min(said, key=lambda c: c.fresh_s, default=None)
    fresh = f"{seconds(first.fresh_s)} ({first.origin})" if first else "not said"
    asked = [c for c in found.consumers if c.online is not None]
    stores = len({s.table.store for s in found.streams})
    return [
        ["the freshest figure of a data product", fresh,
         f"fresher than {seconds(least.value)} ({least.origin}, {seconds(least.low)} to "
         f"{seconds(least.high)}), of rows that change and are too many to be added up when asked, "
         "or asked in a store of their own"],
        ["events that answers for decisions are about",
         ", ".join(f"{rate(c.rate_per_s)} ({c.name})" for c in asked) or "none is asked for",
         f"{rate(most.value)} ({most.origin}, {rate(most.low)} to {rate(most.high)})"],
        ["changes at peak", rate(found.rate_per_s), f"{rate(through.low)} ({through.origin})"],
        ["stores whose rows are analysed together", str(stores), "2"],
    ]  # fmt: skip


def _price(read: StreamReading) -> str:
    """What a stream brings, and takes."""
    line = read.line(read.found.sink)
    quick = replace(line, every_s=facts.LOAD_EVERY_LEAST.value)
    span = freshness(quick, 0.99)
    p99 = Figure("stream_quickest_p99", "Age of events, p99, loaded as often as a column store "
                 "bears", span.value, "s", seconds(span.value), "computed", "closed form",
                 span.low, span.high)  # fmt: skip
    region = read.design.system.topology.region
    brokers = "none more: the design has them"
    if not read.owned and read.broker.smallest:
        machine = PriceBook.load().price(read.broker.smallest, region).price * HOURS_MONTH
        what = f", {read.broker.title}" if read.found.needed else ""
        brokers = (f"{money(BROKERS * machine)} a month: {BROKERS} x {read.broker.smallest}{what}, "
                   "list price")  # fmt: skip
    rows = [
        ["age of figures, p99", f"{spelled(p99)}, loaded each {seconds(quick.every_s)}"],
        ["machines that carry it", brokers],
        ["also", "two more processes, and somebody who is called when one of them stands"],
    ]
    made = star(read.layer)
    if made is not None:
        at = price_of(needs(made), region)
        rows.insert(2, ["a store for the figures", "; ".join(
            f"{money(a.usd_month.value)} a month ({money(a.usd_month.low)} to "
            f"{money(a.usd_month.high)}) where they are at most {seconds(a.age_s)} old "
            f"({a.store.title})" for a in at) if any(a.usd_month.value for a in at) else
            f"none more: {at[0].store.title}"])  # fmt: skip
    return "What a stream would bring and cost at today's load:\n\n" + table(["", ""], rows)
