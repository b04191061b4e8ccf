"""What the front pages say of the data layer: where rows lie, how analyses and real time are
answered, until when, and where to read on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backend_lead.catalog.streams import REFRESH_LEAST
from backend_lead.emit.report.wording import count, data, number, seconds
from backend_lead.model.design import Design
from backend_lead.model.quantity import origin_of
from backend_lead.views.data.layer import Layer, layer
from backend_lead.views.data.needs import needs
from backend_lead.views.data.room import room
from backend_lead.views.data.star import star
from backend_lead.views.data.stores import ONE, REPLICA, TITLES, refresh_s, simplest
from backend_lead.views.data.streams import streams
from backend_lead.views.data.volume import MONTH_S, sizes

PAGE, SHORT_PAGE = "data/README.md", "data/executive.md"
TITLE = "The data layer"


@dataclass(frozen=True)
class Said:
    """A sentence that answers what was asked of the data: what it is about, and the answer."""

    about: str
    text: str


def said(design: Design) -> list[Said]:
    """The answer in a few sentences; none where no entity has fields."""
    made = layer(design.system)
    if made is None:
        return []
    return [Said("Rows", _rows(made)), *_analyses(made), Said("Real time", _real_time(made))]


def short(design: Design) -> str:
    """The answer in one sentence for who decides; empty where there is no data layer."""
    made = layer(design.system)
    if made is None:
        return ""
    found = star(made)
    where = simplest(needs(found)).title if found else "no store of their own"
    real = "events stream to it" if streams(made).needed else "no event stream is needed"
    return f"Analyses are asked in {where}; {real} ({SHORT_PAGE})."


def _rows(made: Layer) -> str:
    now = sum(s.bytes for s in sizes(made).values())
    then = sum(s.bytes for s in sizes(made, 36 * MONTH_S).values())
    many = len(made.tables)
    return (
        f"{many} table{'s' * (many != 1)} in {', '.join(f'`{s}`' for s in made.stores)}: "
        f"{data(now)} with indexes, {data(then)} in 36 months (computed).{_until(made)}"
    )


def _until(made: Layer) -> str:
    """Until when one primary is enough, where one is what runs."""
    single = [s for s in made.stores if made.system.components[s].shards == 1
              and s in made.flow.stations and made.flow.stations[s].commits_per_s]  # fmt: skip
    ends = [(room(made, store)[0], store) for store in single]
    if not ends or len(single) < len(made.stores):
        return ""
    first, store = min(ends, key=lambda pair: pair[0].times)
    if first.times < 1:
        return f" One primary of `{store}` is not enough: {first.label} would fill it."
    return f" One primary ends at {number(first.times, 2)} times today's load: {first.label}."


def _analyses(made: Layer) -> Iterator[Said]:
    found = star(made)
    if found is None:
        return
    asked = needs(found)
    where = simplest(asked)
    first = min(asked, key=lambda n: n.fresh_s)
    origin = dict(first.origins).get("fresh", origin_of(None))
    text = (
        f"asked in {TITLES[where.id]}: {count(len(asked))} fact "
        f"table{'s' * (len(asked) != 1)}, at most {seconds(first.fresh_s)} old ({origin})"
    )
    if where.id in (ONE, REPLICA):
        every = refresh_s(asked, REFRESH_LEAST.value)
        text += f", views refreshed each {seconds(every)}"
    yield Said("Analytics", f"{text}.")


def _real_time(made: Layer) -> str:
    found = streams(made)
    why = "; ".join(found.why)
    if found.needed:
        return f"changes leave their store as events, because {why}."
    return f"{why}."
