"""What apps do without a network, and how they are told of events."""

from __future__ import annotations

from backend_lead.catalog.api_policies import QUEUE_S
from backend_lead.catalog.network_profiles import FALLBACK, OPENING, PROFILES
from backend_lead.catalog.sockets import BALANCER_IDLE
from backend_lead.emit.api.reading import Reading, code, count, data, days, network, rate, seconds
from backend_lead.emit.report.tables import table
from backend_lead.model.contract import Audience
from backend_lead.views.api.envelope import event_type
from backend_lead.views.api.guarding import sells
from backend_lead.views.api.parts import Operation


def offline(read: Reading, audience: Audience) -> str:
    """For each command what an app does when it cannot send it, or sends it twice."""
    commands = [op for op in read.asked(audience) if op.nature == "command"]
    if audience != "mobile" or not commands:
        return ""
    rows = [[f"`{op.id}`", *_rule(op)] for op in commands]
    kept = [op for op in read.asked(audience) if op.nature == "query" and op.does == "get"]
    told = [
        "### Without a network",
        table(["command", "queued", "sent again", "on conflict"], rows),
        f"The queue keeps its order per object and at most {seconds(QUEUE_S.value)}: that long "
        "idempotency keys are remembered. What is older is shown to the user, not sent.",
    ]
    if kept:
        told.append(
            f"Kept on the device with their `ETag`: {code(op.id for op in kept)}; on start the app "
            "asks with `If-None-Match` and shows what it has meanwhile."
        )
    return "\n\n".join(told)


def queued(op: Operation) -> bool:
    """Whether an app keeps a command it could not send, and sends it by itself later."""
    return op.nature == "command" and not op.said.public and not sells(op)


def _rule(op: Operation) -> tuple[str, str, str]:
    if op.said.public:
        return (
            "no: nobody is signed in for it", "when there is a network, before "
            "what is queued", "401: the user signs in again, the queue is kept",
        )  # fmt: skip
    if sells(op):
        return (
            "no: it buys or books, at the price and the moment that are shown",
            "the user confirms it anew when there is a network; the key is kept, so what arrived "
            "is not done twice", "what has changed meanwhile is shown before it is confirmed",
        )  # fmt: skip
    if op.changes_one:
        return (
            "yes, with the `ETag` it was based on", "with the same `If-Match`",
            f"412: read the {op.of.name.replace('_', ' ')} again; fields the user did not touch "
            "take the server's value, for the others the user chooses",
        )  # fmt: skip
    if op.needs_key:
        return (
            "yes, with its `Idempotency-Key`", "with the same key: the first answer comes back",
            "409: the key was used for something else; make no new one by itself",
        )  # fmt: skip
    done = "404 counts as done" if op.does == "delete" else (
        f"409: too late for it; show the {op.of.name.replace('_', ' ')} as it is"
    )  # fmt: skip
    return "yes", "as it is: a second time changes nothing", done


def streams(read: Reading, audience: Audience) -> str:
    """Events for users of an audience, with what holding their connections takes."""
    found = [s for s in read.plan.streaming if read.found.callers[s.client].audience == audience]
    if not found:
        return ""
    rows = [
        [f"`{s.client}`", s.way, count(s.held), data(s.bytes_held), str(s.machines),
         count(s.each_machine), rate(s.beats_per_s)]
        for s in found
    ]  # fmt: skip
    head = ["client", "way", "connections", "memory", "instances", "each", "heartbeats"]
    told = ["### Events", table(head, rows, 6)]
    for s in found:
        names = [read.found.operations[name] for name in s.events]
        types = code(event_type(read.found, op) for op in names)
        word = read.found.callers[s.client].access.network or FALLBACK
        trips = OPENING.value + 2  # the request and, after a loss, one more
        again = PROFILES[word if word in PROFILES else FALLBACK].rtt.value * trips
        why = (
            "the model already holds a connection for each of its users"
            if s.way == "WebSocket"
            else "events go one way, and HTTP needs no second protocol at the edge"
        )
        told.append(
            f"`{s.client}` gets {types} over {s.way} at `{events_path(read)}` (messages: "
            f"`api/asyncapi.yaml`): {why}. One connection per user, the next one closes it; a "
            f"comment every {seconds(s.held / s.beats_per_s)} keeps it open where "
            f"load balancers close after {seconds(BALANCER_IDLE.value)}. Coming back takes about "
            f"{seconds(again)} on {network(word)}, with `Last-Event-ID`; what is older "
            f"than {days(86_400)} is read from {_read_from(read, names)} instead."
            + (_asleep(read, names) if audience == "mobile" else "")
        )
    return "\n\n".join(told)


def events_path(read: Reading) -> str:
    """Where a client opens its stream; beside an entity of the model that is called so."""
    own = f"/v{read.found.major}/events"
    taken = any(op.path == own or op.path.startswith(own + "/")
                for op in read.found.operations.values() if op.nature != "event")  # fmt: skip
    return f"/v{read.found.major}/event-stream" if taken else own


def _asleep(read: Reading, events: list[Operation]) -> str:
    """How an app that is not open is told: by its platform, without what is personal."""
    personal = [f.json for op in events for f in op.of.fields if f.personal]
    kept = f"; {code(dict.fromkeys(personal))} stay out of it" if personal else ""
    return f" An app that is not open gets a push of its platform with type and id only{kept}."


def _read_from(read: Reading, events: list[Operation]) -> str:
    """The query that tells what missed events would have told."""
    told = [op for op in read.found.operations.values()
            if op.nature == "query" and op.of.name == events[0].of.name
            and set(op.audiences) & set(events[0].audiences)]  # fmt: skip
    best = min(told, key=lambda op: (op.said.public, op.does != "list", op.does != "get", op.name),
               default=None)  # fmt: skip
    return f"`{best.id}`" if best else "nowhere: no operation reads it"


def fuller(read: Reading, names: tuple[str, ...]) -> str:
    """Which lists carry more, so that nothing is asked per item."""
    lines = []
    for screen in {s.screen: s for s in read.plan.screens if s.screen in names}.values():
        where = {a.operation: a.service for a in screen.asks}
        for one in screen.asks:
            if one.each and one.times > 1:
                ids = read.found.operations
                inside = where.get(one.after) == one.service
                way = (
                    f"`{ids[one.after].id}` carries it"
                    if inside
                    else f"`{ids[one.operation].id}` takes up to {one.times} ids"
                )
                lines.append(f"`{screen.screen}` asks `{ids[one.operation].id}` {one.times} times: "
                             f"{way}")  # fmt: skip
    return "; ".join(lines) + "."
