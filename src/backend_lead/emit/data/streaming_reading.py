"""A design read for the pages about its streams: what flows, by which broker, and how fresh."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from backend_lead.catalog import first_of, kind_of
from backend_lead.catalog.fact import Fact
from backend_lead.catalog.kind import Kind
from backend_lead.emit.report.wording import seconds
from backend_lead.model.design import Design
from backend_lead.model.figure import Figure
from backend_lead.views.data.freshness import Pipeline, Span, catch_up, freshness, pipeline
from backend_lead.views.data.layer import Layer, layer
from backend_lead.views.data.streams import Consumer, Stream, Streams, streams

HOW = "closed form of two gates in a row, from what the catalogue assumes of their costs"
OUTAGES_S = (60.0, 3600.0)


@dataclass(frozen=True)
class StreamReading:
    """A design whose changes stream, or could."""

    design: Design
    layer: Layer
    found: Streams
    broker: Kind
    owned: bool  # the design has a broker already

    @property
    def name(self) -> str:
        """What the backend is called."""
        return self.design.system.backend

    def line(self, consumer: Consumer) -> Pipeline:
        """One lane to one instance of a consumer, at peak."""
        return pipeline(self.found, consumer, self.broker)

    def fresh(self, consumer: Consumer, q: float) -> Figure:
        """A quantile of the age of events when a consumer's answers hold them."""
        word = f"p{q * 100:g}"
        return _time(f"stream_fresh_{word}_{consumer.name}",
                     f"Age of events, {word}, {consumer.title}",
                     freshness(self.line(consumer), q))  # fmt: skip

    def caught_up(self, consumer: Consumer, outage_s: float) -> Figure:
        """How long an outage of a consumer at peak is made up for."""
        return _time(f"stream_catch_up_{consumer.name}_{outage_s:g}",
                     f"Catching up after {seconds(outage_s)}, {consumer.title}",
                     catch_up(self.line(consumer), outage_s))  # fmt: skip


def stream_reading(design: Design) -> StreamReading | None:
    """None where no entity with fields is changed by a statement."""
    made = layer(design.system)
    found = streams(made) if made else None
    if made is None or found is None or not found.streams:
        return None
    own = [kind_of(part.kind) for part in design.system.components.values()]
    broker = next((kind for kind in own if kind.role == "stream"), None)
    return StreamReading(design, made, found, broker or first_of("stream"), broker is not None)


def _time(word: str, label: str, found: Span) -> Figure:
    return Figure(word, label, found.value, "s", seconds(found.value), "computed", HOW,
                  found.low, found.high)  # fmt: skip


def spelled(figure: Figure) -> str:
    """A figure with the range it may lie in."""
    if figure.low is None or figure.high is None or figure.low == figure.high:
        return figure.text
    return f"{figure.text} ({seconds(figure.low)} to {seconds(figure.high)})"


def fact_row(fact: Fact, text: str, low: str, high: str) -> list[str]:
    """A line of what is assumed."""
    return [fact.label, text, f"{low} to {high}", fact.origin, fact.source]


def code(words: str | Iterable[str]) -> str:
    """Names in a row, as code."""
    listed = [words] if isinstance(words, str) else words
    return ", ".join(f"`{word}`" for word in listed)


def key_words(stream: Stream) -> str:
    """What keeps its order, for people."""
    return code(stream.key)
