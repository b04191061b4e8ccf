"""How a person is erased everywhere: tables, copies, streams, warehouse, backups; until when."""

from __future__ import annotations

from backend_lead.catalog import kind_of
from backend_lead.catalog import streams as facts
from backend_lead.catalog.streams import REFRESH_LEAST as REFRESH
from backend_lead.emit.data.layer_reading import DAY_S, DataReading, code, span
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import count
from backend_lead.views.data.erasing import Plan, Step, people, plan
from backend_lead.views.data.needs import needs
from backend_lead.views.data.recovering import backups_kept_s
from backend_lead.views.data.star import star
from backend_lead.views.data.stores import refresh_s
from backend_lead.views.data.streams import streams
from backend_lead.views.data.watching import refreshed

MONTH_S = 30 * DAY_S  # GDPR, article 12(3): within one month
_DONE = {"delete": "deleted", "anonymise": "made anonymous", "keep": "kept"}


def erasure(read: DataReading) -> str:
    """The section: for each sort of people a table, then what lies beyond the tables."""
    plans = [plan(read.layer.tables, person) for person in people(read.layer.tables)]
    if not plans:
        return (
            "## Erasing a person\n\nNo table of the model is one of people: none has personal "
            "fields and a key that says whose it is (`owned_by`). Say who it is about, or that it "
            "is about nobody."
        )
    within = read.data.erase_within.value if read.data.erase_within else MONTH_S
    said = "the model says so" if read.data.erase_within else "GDPR, article 12(3)"
    parts = [
        f"## Erasing a person\n\nDone everywhere within {span(within)} ({said}). A request is a "
        "row in `upkeep.erasures`; `upkeep.erase_asked()` carries out all of them at night in one "
        "pass, decides on each person alone and writes what it did; `again` stays true while "
        "something of them is kept that has an end, and the job "
        "comes back to it. The list holds keys and no names; it is copied outside the backups, "
        "and after a restore everybody on it is erased again before anybody is served."
    ]
    parts += [_people(read, p) for p in plans]
    parts.append(_beyond(read, within))
    return "\n\n".join(parts)


def _people(read: DataReading, plan: Plan) -> str:
    rows = [
        [f"`{s.table}`", _DONE[s.action], code(s.blanked) if s.action != "delete" else "the row",
         s.why, _until(read, s), _found_by(read, s)]
        for s in plan.steps
    ]  # fmt: skip
    text = (f"### `{plan.person.name}`: `SELECT upkeep.erase_{plan.person.name}(ARRAY[...])`\n\n"
            + table(["table", "is", "what", "because", "until", "found by"], rows))  # fmt: skip
    if plan.others:
        how = "goes there as an event" if streams(read.layer).needed else "is made there too"
        text += (f"\n\nIn other stores {code(plan.others)} hold rows of theirs: the same request "
                 f"{how}, and each store answers when it is done.")  # fmt: skip
    return text


def _until(read: DataReading, step: Step) -> str:
    if step.action != "keep":
        return "at once"
    if step.keep_s is None:
        return "for ever: the model gives no end"
    told = read.layer.tables[step.table]
    times = any(c.type in ("timestamp", "date") for c in told.columns)
    if not times and not told.parent:
        return f"{span(step.keep_s)}, counted by hand: no column tells since when"
    return f"{span(step.keep_s)} after the row was made, then blanked"


def _found_by(read: DataReading, step: Step) -> str:
    """What finds the rows: a key or an index that is there anyway, else one pass for everybody."""
    made = read.layer.tables[step.table]
    ways = [made.key, *made.unique,
            *(i.columns for i in read.layer.indexes
              if i.table == made.name and i.method == "ordered" and not i.where)]  # fmt: skip
    if all(any(way[:1] == (column,) for way in ways) for column in step.by):
        return "a key or an index"
    return f"one pass over {count(made.rows)} rows for everybody who asked"


def _beyond(read: DataReading, within: float) -> str:
    rows = []
    for name, part in read.system.components.items():
        kind = kind_of(part.kind)
        if kind.role == "cache":
            ttl = span(part.ttl.value) if part.ttl else "its time to live"
            rows.append([f"`{name}` ({kind.title})", f"the keys are invalidated; else {ttl} ends "
                         "it", ttl])  # fmt: skip
        elif part.topics:
            kept = max(kind.kept_s(topic) for topic in part.topics.values())
            how = (
                "messages end by themselves before the deadline"
                if kept <= within
                else "**messages stay longer than the deadline**: keep them shorter, or encrypt "
                "what tells of somebody with a key for each person and delete the key"
            )
            rows.append([f"`{name}` ({kind.title})", how, span(kept)])
        elif kind.role == "search index":
            rows.append([f"`{name}` ({kind.title})", "the documents are deleted by the same event",
                         "minutes"])  # fmt: skip
        elif kind.role == "object store":
            rows.append([f"`{name}` ({kind.title})", "objects under the person's prefix are "
                         "deleted, old versions too", "a day"])  # fmt: skip
        if backup := backups_kept_s(read.layer, name):
            again = read.data.erase_again
            how = "after a restore the list of requests is carried out again" if again else (
                "**a restore brings them back**")  # fmt: skip
            late = "" if backup <= within else " (**past the deadline**)"
            rows.append([f"backups of `{name}`", f"not changed: they end by themselves; {how}",
                         f"{span(backup)}{late}"])  # fmt: skip
    rows += _leaving(read)
    rows.append(["files given to others", "each consumer of a contract is told and confirms",
                 span(within)])  # fmt: skip
    return ("### Beyond the tables\n\n" + table(["where", "what happens", "gone after"], rows)
            + "\n\n" + _backups(read, within))  # fmt: skip


def _leaving(read: DataReading) -> list[list[str]]:
    """What leaves the stores: streams where they run, events to others, and where analyses are
    asked."""
    found, asked = streams(read.layer), refreshed(read.layer)
    out = []
    if found.needed:
        out.append(["streams to the warehouse", "the request is an event of its own, in the "
                    "person's order, written in the transaction that erases where the store has an "
                    "outbox; who reads a stream again meets it too", "seconds"])  # fmt: skip
    elif found.leaves:
        out.append(["events to others, in the outbox", "what the outbox still holds of the person "
                    "is emptied in the transaction that erases, which writes an event of its own: "
                    "who subscribed is told", "seconds; the row, "
                    f"{span(facts.OUTBOX_KEPT.value)}"])  # fmt: skip
    if asked:
        often_s = refresh_s(needs(made), REFRESH.value) if (made := star(read.layer)) else 0.0
        out.append(["views for analyses in the store", "they follow its tables; sums of closed "
                    "days hold nobody's key and follow with the next refresh",
                    span(often_s)])  # fmt: skip
    else:
        out.append(["warehouse", "rows of the person's pseudonym are deleted or lose it, fact "
                    "tables keep their sums", "the next run"])  # fmt: skip
    return out


def _backups(read: DataReading, within: float) -> str:
    """How an erasure reaches what nobody edits, and what else could be done."""
    kept = max(backups_kept_s(read.layer, store) for store in read.stores or read.layer.stores)
    fits = (
        "so whoever asked is gone from them by the deadline too"
        if kept <= within
        else "which is longer than the deadline: until a backup ends it is put beyond use, locked "
        "and restored only with the list at hand"
    )
    if read.data.erase_again:
        own = (
            "The list of requests (`upkeep.erasures`) is copied outside the store's backups, to a "
            "bucket of its own that nobody may overwrite, before the person is told that it is "
            "done. Whoever restores a store loads the list and calls `upkeep.erase_asked()` before "
            "the first caller is let in; `backend-lead verify --only restore` shows that on a real "
            "store. The list is kept as long as the oldest backup, then its rows go."
        )
    else:
        own = "The model says `erase_again: false`: nothing erases people after a restore."
    return (
        f"### Backups\n\nA backup is not edited: its sums would no longer hold, and a backup that "
        f"can be changed protects from nobody. Backups are kept for {span(kept)}, {fits}. {own}\n\n"
        "The other way is a key for each person, kept apart: what tells of somebody is encrypted "
        "with it, and deleting the key ends every copy at once, old backups too. It costs a key "
        "read for each row that is shown, columns that can no longer be searched, sorted or "
        "indexed, and a store of keys whose own backups must not outlive the deadline. It is worth "
        "that where backups have to be kept for years, and not here."
    )
