"""The ten risks of the OWASP API Security list (2023), and what a contract does about each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from backend_lead.catalog import kind_of
from backend_lead.catalog.api_policies import HOOK_ANSWER_S
from backend_lead.emit.api.securing import scopes_of
from backend_lead.model.system import System
from backend_lead.views.api.contract import USUAL_AUTH
from backend_lead.views.api.graph import graph_of, graph_pays
from backend_lead.views.api.guarding import belongs, outside, parts_of
from backend_lead.views.api.owning import belongs_to, set_by_token
from backend_lead.views.api.parts import Contract, Operation
from backend_lead.views.api.types import PAGE_MOST, Type
from backend_lead.views.places import placed_steps

SHOWN = 8  # names in one line; the rest is counted
Controls = Callable[[Contract, System], list[str]]


@dataclass(frozen=True)
class Risk:
    """A risk of the list: the rules that look at it, its controls here, and what no file can say.

    `applies` tells whether there is anything in this model that it could be about.
    """

    id: str
    title: str
    rules: tuple[str, ...]
    controls: Controls
    left: str
    applies: Callable[[Contract, System], bool] = lambda found, system: True
    unsaid: Callable[[Contract], bool] = lambda found: False  # what its rules cannot look at


def named(names: Iterable[str]) -> str:
    """Names as a reader wants them: some, and how many more."""
    every = list(names)
    told = ", ".join(f"`{name}`" for name in every[:SHOWN])
    return told + (f" and {len(every) - SHOWN} more" if len(every) > SHOWN else "") or "none"


def asked(found: Contract) -> list[Operation]:
    """What callers outside of our own services may ask for."""
    return [op for op in found.operations.values() if op.nature != "event" and outside(op)]


def _objects(found: Contract, system: System) -> list[str]:
    private = [op for op in asked(found) if not op.said.public and belongs(found, op.of)]
    owned = [
        op.id for op in private if (op.keys or op.each_keys) and belongs_to(found.entities, op)
    ]
    by_token = [op.id for op in private if set_by_token(found.entities, op) is not None]
    out = []
    graph = graph_of(found)
    if graph is not None and graph_pays(found).yes:
        ids = [f"{s.name}.{f.name}" for s in found.shapes.values() for f in graph.fields(s)
               if (f.type.item or f.type).sort == "ref" and not graph.walks(f)]  # fmt: skip
        out.append(f"by construction: an id and no more in the graph, as in REST: {named(ids)}")
    return [
        *out,
        f"answer 404 for what belongs to somebody else: {named(owned)}",
        f"take whose a new thing is from the token: {named(by_token)}",
        "answer 404 where an input names what the caller may not see: "
        + named(op.id for op in asked(found) if op.referred),
        f"take no key, are about the caller alone: {named(o.id for o in private if o.said.mine)}",
        f"ask for a role: {named(op.id for op in asked(found) if op.said.roles)}",
    ]


def _authentication(found: Contract, system: System) -> list[str]:
    out = [
        f"`{caller.name}` ({caller.audience}): {caller.auth}"
        + ("" if caller.access.auth else f", the usual way ({USUAL_AUTH[caller.audience]})")
        for caller in found.callers.values()
    ]
    public = [op.id for op in asked(found) if op.said.public]
    return [*out, f"without a token: {named(public)}; every other operation names its scope"]


def _properties(found: Contract, system: System) -> list[str]:
    hidden = [f"{e}.{name}" for e, entity in system.entities.items()
              for name, f in entity.fields.items() if f.hidden]  # fmt: skip
    some = [f"{s.name}.{f.name}" for s in found.shapes.values() for f in s.fields if f.seen_by]
    made = [f"{s.name}.{f.name}" for s in found.shapes.values() for f in s.fields
            if s.entity and f.generated and not f.key]  # fmt: skip
    return [
        f"never leave the backend: {named(hidden)}",
        f"reach only the clients that are named: {named(some)}",
        f"set by the backend alone: {named(made)}",
        "by construction: an input takes the fields that are listed and no other "
        "(`additionalProperties: false`)",
    ]


def _consumption(found: Contract, system: System) -> list[str]:
    ops = asked(found)
    tiers = [f"{c.name}: {t} {tier.limit.rate.text}" for c in found.callers.values()
             for t, tier in c.access.tiers.items()]  # fmt: skip
    waits = [p for p in placed_steps(system) if p.step.verb in ("call", "query", "read")]
    timed = sum(p.step.timeout is not None for p in waits)
    most = max((op.page_most for op in ops if op.paged), default=PAGE_MOST)
    return [
        f"come in pages of at most {most}: {named(op.id for op in ops if op.paged)}",
        f"take several at once, up to their bound: {named(op.id for op in ops if op.bulk)}",
        f"limits for each caller: {named(tiers)}",
        f"calls with a timeout: {timed} of {len(waits)}",
        "by construction: texts, lists and numbers of every input have bounds; each operation "
        "documents 429 and its limit",
    ]


def _functions(found: Contract, system: System) -> list[str]:
    scopes = {scope for a in found.audiences if a != "internal" for scope in scopes_of(found, a)}
    roled = (f"{op.id} ({', '.join(op.said.roles)})" for op in asked(found) if op.said.roles)
    ours = [op.id for op in found.operations.values() if op.nature != "event" and not outside(op)]
    return [
        f"ask for a role: {named(roled)}",
        f"by construction: read and write have scopes of their own ({len(scopes)} in all)",
        f"for our own services only: {named(ours)}",
    ]


def _flows(found: Contract, system: System) -> list[str]:
    ops = [op.id for op in asked(found) if op.needs_key]
    tiered = [c.name for c in found.callers.values() if c.access.tiers]
    return [
        f"callers with a limit of their own: {named(tiered)}",
        f"done once, however often they are sent (`Idempotency-Key`): {named(ops)}",
    ]


def _addresses(found: Contract, system: System) -> list[str]:
    out = [f"take an address from a caller: {named(op.id for op in _given(found))}"]
    if hooks := _hooked(found):
        out.append(
            f"sent to addresses that partners name, as webhooks: {named(hooks)}. To be kept by "
            "what sends them: `https` alone, the name resolved anew for each attempt and refused "
            "where it leads to a private, loopback or link-local address, no redirect followed, "
            f"given up after {HOOK_ANSWER_S.value:.0f} s, sent from a network that reaches nothing "
            "of ours"
        )
    return out


def _hooked(found: Contract) -> list[str]:
    """The events that are sent to addresses of partners."""
    return [op.id for op in found.of_audience("partner") if op.nature == "event"]


def _given(found: Contract) -> list[Operation]:
    url = Type("scalar", "url")
    return [
        op
        for op in asked(found)
        if op.nature == "command"
        and any(one == url for f in op.inputs for _, one in parts_of(found, f.type))
    ]


def _configuration(found: Contract, system: System) -> list[str]:
    out = [
        "by construction: every server of the documents is `https`; an error is a problem with a "
        "code and an id, never a trace",
    ]
    if any(caller.auth == "session" for caller in found.callers.values()):
        out.append("by construction: a session's cookie is `__Host-`, Secure, HttpOnly, SameSite")
    if graph_pays(found).yes:
        out.append("by construction: the gateway's `router.yaml` turns introspection off and "
                   "takes known operations only, bounded in depth and cost")  # fmt: skip
    else:
        out.append("no graph is served: introspection and depth are no question")
    return out


def _inventory(found: Contract, system: System) -> list[str]:
    counts = [
        f"{audience}: {sum(op.nature != 'event' for op in found.of_audience(audience))}"
        for audience in found.audiences
    ]
    ending = (
        f"{op.id} ({op.said.deprecated.sunset})"
        for op in found.operations.values() if op.said.deprecated
    )  # fmt: skip
    return [
        f"operations, each in the document of its audience: {named(counts)}",
        f"end on a day that is told in `Deprecation` and `Sunset`: {named(ending)}",
    ]


def _third(found: Contract, system: System) -> list[str]:
    out = []
    for placed in placed_steps(system):
        step = placed.step
        target = (step.query or step.call or "").partition(".")[0]
        if target in _outsiders(system):
            bounds = [word for word, there in (
                (f"timeout {step.timeout.text}" if step.timeout else "", step.timeout),
                (f"at most {step.limit} under way", step.limit), ("a breaker", step.breaker),
            ) if there]  # fmt: skip
            out.append(f"`{placed.endpoint}` asks `{target}`: {', '.join(bounds) or 'no bound'}")
    return out


def _outsiders(system: System) -> set[str]:
    return {n for n, part in system.components.items() if kind_of(part.kind).role == "third party"}


RISKS = (
    Risk("API1:2023", "Broken object level authorization", ("id-guessable", "object-access"),
         _objects, "the code must ask whose a row is, in every service that has it"),
    Risk("API2:2023", "Broken authentication", ("address-private", "caller-known"),
         _authentication, "the identity provider: lockout, recovery, second factors"),
    Risk("API3:2023", "Broken object property level authorization",
         ("address-private", "field-access"), _properties,
         "the code must leave out fields by audience, as the documents do"),
    Risk("API4:2023", "Unrestricted resource consumption", ("answer-bounded", "timeout-missing"),
         _consumption, "limits of first-party callers: the strategy's figures, set at the gateway",
         unsaid=lambda found: not any(c.access.tiers for c in found.callers.values())),
    Risk("API5:2023", "Broken function level authorization", ("function-access",), _functions,
         "who is given a role, and how it is taken away"),
    Risk("API6:2023", "Unrestricted access to sensitive business flows", ("sensitive-flow",),
         _flows, "flows that their names do not tell; challenges and waiting rooms where "
         "things are scarce"),
    Risk("API7:2023", "Server side request forgery", ("url-input",), _addresses,
         "whether an address is fetched, and the network it is fetched from",
         lambda found, system: bool(_given(found) or _hooked(found)),
         lambda found: bool(_hooked(found))),
    Risk("API8:2023", "Security misconfiguration", (), _configuration,
         "which origins the gateway allows (CORS), TLS versions, patches: not in the model"),
    Risk("API9:2023", "Improper inventory management", ("api-inventory",), _inventory,
         "hosts and versions that run beside this model; an end that has passed is told by "
         "`backend-lead check`, which knows the day"),
    Risk("API10:2023", "Unsafe consumption of APIs", ("third-party-bounds",), _third,
         "what they answer must be checked as a caller's input is",
         lambda found, system: bool(_outsiders(system))),
)  # fmt: skip
