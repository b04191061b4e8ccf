"""data/online/: the store of each answer that a decision waits for, and what watches it."""

from __future__ import annotations

import textwrap

from backend_lead.emit.data.streaming_reading import StreamReading, stream_reading
from backend_lead.emit.data.watching_queries import queries
from backend_lead.emit.report.wording import seconds
from backend_lead.model.design import Design
from backend_lead.views.data import online
from backend_lead.views.data.online import OnlineStore, online_store

ID = "online-store"
GROUP = "data"
FILES = ()
MORE = r"data/online/[\w-]+\.(sql|queries\.yaml)"
RUNS = False


def emit(design: Design) -> dict[str, str]:
    """Nothing where no decision waits for an answer."""
    read, out = stream_reading(design), dict[str, str]()
    for o in _stores(read) if read else ():
        head = f"Written from the model {design.digest}; change the model, not this file."
        out[f"data/online/{o.name}.sql"] = _sql(o, head)
        out[f"data/online/{o.name}.queries.yaml"] = _comment(
            f"{head} For postgres_exporter, as ../watching/alerts.yaml says.", "#"
        ) + queries(online.watch(o))
    return out


def _stores(read: StreamReading) -> list[OnlineStore]:
    return [o for c in read.found.consumers if (o := online_store(read.found, c)) is not None]


def _sql(o: OnlineStore, head: str) -> str:
    about = _comment(
        f"{o.name}: {', '.join(o.sums) or 'a count'} of `{o.table.name}` over "
        f"{seconds(o.window_s)} by `{o.by}`{' (its token)' if o.by_person else ''}, kept in a "
        "PostgreSQL of its own, so that it can go away without the stores. " + head
    ) + _comment(
        f"A decision asks with a timeout of {seconds(o.within_s)} and at once does without "
        f"({o.fallback}) when there is no answer by then, no connection, no row, or `told_at` is "
        f"older than {seconds(o.fresh_s)}. Connections are opened beside decisions, never by one."
    ) + _comment(
        "What it cannot see is a relay that stands: events that wait in an outbox are not late "
        "here; the alert on the outbox tells of that."
    )  # fmt: skip
    made = "\n".join(_comment(s.about) + s.sql for s in online.tables(o))
    return about + "\n" + made + "\n\n" + "\n".join([
        _does("A decision reads, $1 the key", online.read(o)),
        _does("The consumer takes a batch in one transaction, then acknowledges: persons to forget",
              *online.forget(o)),
        _does("then events: arrays of row_key, kept_by, currency, person, version, gone, born (an "
              "insert's time, else NULL) and sums", online.take(o)),
        _does("then up to when that is: now where nothing is left, else the time of the last event",
              online.told(o)),
        _does("and how many and how old", online.noted(o)),
        _does("Without a row in `told` the server was emptied: the consumer begins again where the "
              "window begins", online.begun(o)),
        "-- A full batch is followed by the next at once.\n",
        _does("Each minute", *online.expire(o)),
    ])  # fmt: skip


def _does(about: str, *statements: str) -> str:
    lines = [f"--   {line}\n" for s in statements for line in f"{s};".splitlines()]
    return _comment(about + ":") + "".join(lines)


def _comment(text: str, mark: str = "--") -> str:
    return "".join(f"{mark} {line}\n" for line in textwrap.wrap(text, 96))
