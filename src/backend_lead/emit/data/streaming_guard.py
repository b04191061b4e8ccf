"""Pages about streams: the online store, security of the flows, erasing a person from them."""

from __future__ import annotations

from backend_lead.catalog import streams as facts
from backend_lead.emit.data.streaming_reading import StreamReading, code, spelled
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import cell, seconds
from backend_lead.views.data.ddl import quoted
from backend_lead.views.data.streams import Consumer


def online(read: StreamReading) -> str:
    """Answers a decision waits for; empty where none is asked for."""
    asked = [c for c in read.found.consumers if c.online is not None]
    if not asked:
        return ""
    return "## Answers that decisions wait for\n\n" + "\n\n".join(_one(read, c) for c in asked)


def _one(read: StreamReading, c: Consumer) -> str:
    told = c.online
    assert told is not None
    by = told.by.replace("-", "_")
    most = facts.ONLINE_MOST
    if c.rate_per_s <= most.value:
        made = next(s.table for s in read.found.streams if s.entity == told.of)
        when = next((x.name for x in made.columns if x.type == "timestamp"), "")
        index = f"`({by}, {when})`" if when else f"`({by})`"
        where = (
            f"Below {most.value:,.0f} events/s ({most.origin}, {most.low:,.0f} to "
            f"{most.high:,.0f}) the store answers itself, by an index on {index} of "
            f"{quoted(made.name)}: always fresh, one copy less. Above that the stream keeps it:"
        )
    else:
        where = "The stream keeps it:"
    p99 = read.fresh(c, 0.99)
    rows = [
        ["answers with", f"{code(told.sums) if told.sums else 'a count'} over "
         f"{seconds(told.window.value)}, by `{by}`"],
        ["within", f"{seconds(told.within.value)}: one read by key of a store of its own; a call's "
         "timeout"],
        ["fresh within", f"{seconds(told.fresh.value)}; computed p99 {spelled(p99)}"],
        ["kept as", f"a number for each key and part of the window (a twelfth: "
         f"{seconds(told.window.value / 12)}), added up when asked; parts past the window expire"],
        ["written by", "the consumer: rows of the window by their version and the parts that they "
         "move, in one statement; what comes twice, late or out of order adds once"],
        ["as", f"`../online/{c.name}.sql`: unlogged tables of a PostgreSQL of its own; from many "
         "thousand reads/s a store in memory takes the same two tables"],
        ["when it is away, slow, or older than it may be", cell(told.fallback)],
        ["rebuilt from", f"the stream, replayed for {seconds(told.window.value)}; until then the "
         "fallback answers"],
        ["watched by", "age of what it was last told, share of answers by the fallback"],
    ]  # fmt: skip
    return f"### {cell(c.title)}\n\n{where}\n\n" + table(["", ""], rows)


def security(read: StreamReading) -> str:
    """Who may do what on the way, and what protects it."""
    stores = code(dict.fromkeys(c.store for c in read.found.captures))
    rows = [
        ["relay", f"{stores}: reads and marks the outbox, nothing else; publishes to "
         f"`{read.name}.>`", "reads no table, takes no event back"],
        ["warehouse sink", f"takes from its consumer of `{read.name}.>`; writes `events`, "
         "`latest`, `erased`", "publishes nothing, reaches no store"],
        *([[f"consumer {c.name}", f"takes {code(c.topics)}; writes its own keys",
            "as the sink"] for c in read.found.consumers if c.online]),
        ["replay", "a person with two approvals: makes a consumer of a past time",
         "ends with the replay; is in the audit log"],
    ]  # fmt: skip
    guarded = sorted({f"{t.name}.{c.name}" for s in read.found.streams for t in s.tables
                      for c in t.columns if c.guarded and c.cls != "credential"})  # fmt: skip
    never = sorted({f"{t.name}.{c.name}" for s in read.found.streams for t in s.tables
                    for c in t.columns if c.hidden or c.cls == "credential"})  # fmt: skip
    told = f"Guarded columns that do: {code(guarded)}. " if guarded else ""
    told += (f"Never: {code(never)}; the trigger leaves them out. " if never else
             "No column is held back: none is hidden or a credential. ")  # fmt: skip
    return (
        "## Security of the flows\n\n" + table(["identity", "may", "may not"], rows) + "\n\n"
        "- **In flight**: TLS 1.3 on every hop (store, broker, warehouse), both sides shown by "
        "certificates of the platform's authority that live for days; no passwords in files.\n"
        "- **At rest**: disks of store, broker and warehouse encrypted with keys of the key "
        "service, one key each; rotation once a year and on every departure of who held them.\n"
        "- **Network path**: private addresses only. Relay to store and broker, broker to "
        "consumers, sink to warehouse; nothing else reaches the broker, and nothing of it is "
        "reached from outside.\n"
        f"- **What leaves a store**: the rows of the streams above. {told}Subjects hold a token of "
        "the person, not the person: where a key of people can be guessed (a number, an address), "
        "make the token with a secret.\n"
        "- **Exports** of the warehouse go through the products' views, masked, to named "
        "receivers; raw `events` are read by the sink and by replays alone. An export is written "
        "down with who, what, how many rows, where to and until when; erasing a person asks every "
        "receiver on that list."
    )


def erasure(read: StreamReading) -> str:
    """How one person leaves streams and warehouse."""
    topics = [s for s in read.found.streams if s.person]
    if not topics:
        return ""
    if read.broker.purges:
        how = (
            "**Purge by subject**, not crypto-shredding: the last part of a subject is the token "
            "of the person, so the broker takes out theirs and no other, at once, without keys to "
            "look after. Subjects: " + code(f"{s.topic}.TOKEN" for s in topics) + "."
        )
    else:
        how = (
            "**Crypto-shredding**, because this broker cannot take single events out of a "
            "partition: guarded columns are encrypted with a key of their person before they are "
            "published, and the key is destroyed. The relay asks the key service; consumers too. "
            "Until that is built, what is kept must be shorter than the deadline."
        )
    system = read.design.system
    within = system.data.erase_within if system.data else None
    keep = seconds(read.found.streams[0].keep_s)
    deadline = f"Deadline {seconds(within.value)} ({within.origin}). " if within else ""
    return (
        "## Erasing a person\n\n"
        f"{how}\n\n"
        "`upkeep.erase_asked()` of the governance file does it in one transaction of the store: "
        "their rows go, or are blanked or kept as that page says, the bodies of their events in "
        f"the outbox are emptied, and an event `{read.name}.erasure.TOKEN` is written. Where there "
        "is no outbox (`capture: cdc`, or the stream is written first), what reads "
        "`upkeep.erasures` writes that event. Each consumer deletes "
        "what it has of the token and remembers it, so that an event still on its way is not "
        "loaded after all. When all have acknowledged, the subject is purged. The event itself "
        "names nobody.\n\n"
        f"{deadline}What is not reached at once: backups of broker and warehouse, which end by "
        f"age; whatever happens, events are gone after {keep}. A restore replays the list of "
        "erasures before anybody reads."
    )
