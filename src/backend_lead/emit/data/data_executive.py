"""data/executive.md: the data layer in two minutes: what is decided, money, risks, asks."""

from __future__ import annotations

from backend_lead.catalog.complexity import HOUR_USD
from backend_lead.emit.data.coordination import phases
from backend_lead.emit.data.layer_reading import DataReading, data_reading, listed, span
from backend_lead.emit.data.recovery import losses
from backend_lead.emit.data.store_costs import store_cost
from backend_lead.emit.data.streaming_reading import stream_reading
from backend_lead.emit.report.meant import clipped
from backend_lead.emit.report.wording import cell, count, data, money, number, share
from backend_lead.model.design import Design
from backend_lead.views.data.analytics_prices import Estimate, monthly
from backend_lead.views.data.copies import sagas
from backend_lead.views.data.needs import needs
from backend_lead.views.data.offering import offers
from backend_lead.views.data.room import room
from backend_lead.views.data.sharding import sharding
from backend_lead.views.data.star import star
from backend_lead.views.data.stores import ONE, choose, simplest
from backend_lead.views.data.volume import MONTH_S, sizes

ID = "data-executive"
GROUP = "data"
FILES = ()
MORE = r"data/executive\.md"
RUNS = False
RISKS = 4
WORDS_MAX = 330  # two minutes and a little, at 140 words a minute


def emit(design: Design) -> dict[str, str]:
    """Nothing where no entity has fields."""
    read = data_reading(design)
    if read is None:
        return {}
    parts = [f"# The data of {cell(clipped(design.title, 12))}", *_decided(read), *_money(read),
             *_risks(read), *_asked(read),
             "Figures and reasons: [README.md](README.md), [oltp/stores.md](oltp/stores.md), "
             "[governance/README.md](governance/README.md), "
             "[coordination.md](coordination.md)."]  # fmt: skip
    return {"data/executive.md": "\n\n".join(parts) + "\n"}


def _decided(read: DataReading) -> list[str]:
    held = sum(s.bytes for s in sizes(read.layer).values())
    then = sum(s.bytes for s in sizes(read.layer, 36 * MONTH_S).values())
    stores = listed(f"`{s}`" for s in read.stores) if read.stores else "no store"
    lines = [
        f"All records lie in {stores}: {data(held)} today, {data(then)} in three years. "
        + _reach(read)
    ]
    found = offers(read.layer)
    if found:
        fastest = min((o.product.fresh.value for o in found if o.product.fresh), default=None)
        told = f"; the freshest is never older than {span(fastest)}" if fastest else ""
        lines.append(f"{count(len(found))} data product{'s' * (len(found) > 1)} "
                     f"{'are' if len(found) > 1 else 'is'} made for those who analyse, each with a "
                     f"written contract{told}.")  # fmt: skip
    lines += [*_asked_where(read), *_moving(read)]
    if read.data.erase_within:
        lines.append(f"A person who asks for it is gone everywhere within "
                     f"{span(read.data.erase_within.value)}; what a law wants kept is kept, and "
                     "told.")  # fmt: skip
    return ["## Decided", *lines]


def _asked_where(read: DataReading) -> list[str]:
    """Where analyses are asked, and at which figure that changes first."""
    made = star(read.layer)
    if made is None:
        return []
    choice = choose(needs(made))
    return [f"Analyses are asked in {choice.chosen.title}; at which figures that changes is in "
            "[analytics/README.md](analytics/README.md)."]  # fmt: skip


def _moving(read: DataReading) -> list[str]:
    """Whether changes stream, and how old they are when somebody sees them."""
    found = stream_reading(read.design)
    if found is None:
        return []
    if not found.found.needed:
        return ["No event stream is run: at this load the store itself answers, of the moment at "
                "which it is asked; from which figures on one is needed is in "
                "[streaming/README.md](streaming/README.md)."]  # fmt: skip
    aged = max(found.found.consumers, key=lambda c: found.fresh(c, 0.99).value)
    return [f"Changes leave their store as events; 99 of 100 are no older than "
            f"{found.fresh(aged, 0.99).text} where they are used "
            "([streaming/README.md](streaming/README.md))."]  # fmt: skip


def _reach(read: DataReading) -> str:
    ends = [(room(read.layer, s)[0], s) for s in read.stores]
    if not ends:
        return ""
    first, store = min(ends, key=lambda pair: pair[0].times)
    shards = read.component(store).shards
    if shards > 1:
        return f"It is spread over {shards} shards, because one machine would not carry it."
    what = first.label.split(" in ")[0]
    if first.times < 1:
        return (
            f"One machine is not enough: of {what} it gives {number(first.times, 2)} of what is "
            "asked. This model has one; design it again for this load before it is built."
        )
    alone = analysed(read)
    until = "" if alone else ": no further store is needed until then"
    return (f"One machine carries {number(first.times, 2)} times today's load before {what} end "
            f"it{until}.")  # fmt: skip


def analysed(read: DataReading) -> tuple[str, Estimate] | None:
    """A store of its own for analyses and its price a month; None where there is none."""
    made = star(read.layer)
    if made is None:
        return None
    asked = needs(made)
    where = simplest(asked)
    if where.id == ONE:
        return None
    return where.title, monthly(where, asked, read.system.topology.region)


def _money(read: DataReading) -> list[str]:
    now = sum(store_cost(read, s).total for s in read.stores)
    then = sum(store_cost(read, s, 36 * MONTH_S).total for s in read.stores)
    hours = sum(phase.hours for phase in phases(read))
    alone = analysed(read)
    more = ""
    if alone is not None:
        where, month = alone
        more = (f" {where[:1].upper()}{where[1:]} beside them costs {money(month.value)} "
                f"({money(month.low)} to {money(month.high)}).")  # fmt: skip
    return [
        "## Money",
        f"The stores cost {money(now)} a month at list prices, {money(then)} in three years.{more} "
        f"Building it takes about {number(hours, 2)} hours once "
        f"({money(hours * HOUR_USD.value)}, assumed).",
    ]


def _risks(read: DataReading) -> list[str]:
    found = []
    for store in read.stores:
        first = room(read.layer, store)[0]
        shards = read.component(store).shards
        if first.times < shards:
            found.append(f"`{store}` gives {share(first.times / shards)} of what is asked of it: "
                         f"{first.label}.")  # fmt: skip
        missed = [row for row in losses(read, store) if row[-1].startswith("**")]
        for row in missed[:1]:
            found.append(f"If {row[1]} of `{store}` is lost: {row[2]} of data gone, back after "
                         f"{row[3]}; asked was {row[5]}.")  # fmt: skip
        by = sharding(read.layer, store)
        if by is not None and by.largest_key > 1 / 8:
            found.append(f"One `{by.entity}` makes {share(by.largest_key)} of the load: no number "
                         "of machines spreads it.")  # fmt: skip
    alone = analysed(read)
    if alone is not None and alone[1].value > sum(store_cost(read, s).total for s in read.stores):
        found.append(f"Analyses cost {money(alone[1].value)} a month, more than the stores that "
                     "serve requests; which rows are kept, and how long, decides it.")  # fmt: skip
    if not read.system.topology.standby:
        found.append("The loss of the region is not covered; no second one stands by.")
    outside = [s for s in sagas(read.layer) if s.places[:1] == ("outside",)]
    if outside:
        found.append(f"`{outside[0].endpoint}` asks outside before it writes anything: a crash "
                     "leaves no trace of it.")  # fmt: skip
    unowned = [t.name for t in read.layer.tables.values() if not t.owner and not t.parent]
    if unowned:
        found.append(f"Nobody is named to own {listed(unowned[:3])}.")
    lines = "\n".join(f"{i}. {cell(text)}" for i, text in enumerate(found[:RISKS], 1))
    return ["## Largest risks", lines or "None was found in the model."]


def _products(number: int) -> str:
    return f"{number} product{'s' * (number > 1)}"


def _asked(read: DataReading) -> list[str]:
    needs = [f"An owner for each of the {len(read.layer.tables)} tables"
             + (f" and {_products(len(offers(read.layer)))}" if offers(read.layer) else "")
             + ", and a rota that they share.",
             "A yes to how long things are kept, from whoever answers for the law.",
             "Four hours a month to restore a backup and count."]  # fmt: skip
    return ["## Needed from you", "\n".join(f"{i}. {text}" for i, text in enumerate(needs, 1))]
