"""Hand-off packs: what app and page developers build against, and what partners do."""

from __future__ import annotations

from backend_lead.catalog.api_policies import HOOK_ANSWER_S, REPLAY_S
from backend_lead.emit.api.problems import PROBLEMS, statuses
from backend_lead.emit.api.reading import (
    FIRST_PARTY,
    WHO,
    Reading,
    count,
    data,
    days,
    listed,
    ms,
    network,
    rate,
    reading,
    seconds,
)
from backend_lead.emit.api.strategy_clients import offline, streams
from backend_lead.emit.api.strategy_lifecycle import app_rule, window_s
from backend_lead.emit.api.strategy_limits import promise, taken
from backend_lead.emit.api.strategy_partners import ATTEMPTS, first_call
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import availability, cell
from backend_lead.model.contract import Audience
from backend_lead.model.design import Design
from backend_lead.model.screens import Asked, ScreenCost
from backend_lead.views.api.envelope import event_type
from backend_lead.views.api.parts import Operation

ID = "packs"
GROUP = "api"
FILES = ()
MORE = r"api/for-(frontend-and-mobile|partners)\.md"
RUNS = False


def emit(design: Design) -> dict[str, str]:
    """A pack for each of the two kinds of readers there are."""
    read = reading(design)
    if read is None:
        return {}
    out = {}
    if any(read.asked(a) for a in FIRST_PARTY if a in read.found.audiences):
        out["api/for-frontend-and-mobile.md"] = _own(read)
    if "partner" in read.found.audiences and read.asked("partner"):
        out["api/for-partners.md"] = _partners(read)
    return out


# --- our own clients ------------------------------------------------------------------------------
def _own(read: Reading) -> str:
    there = [a for a in FIRST_PARTY if a in read.found.audiences and read.asked(a)]
    contracts = " and ".join(f"`api/openapi/{a}.yaml` ({WHO[a].lower()})" for a in there)
    parts = [
        f"# {cell(read.found.title)}: for frontend and mobile",
        f"Generate your client from {contracts}. Host `https://{read.found.host}`, paths begin "
        f"with `/v{read.found.major}`. Until it is built, `backend-lead mock backend.yaml` answers "
        "with the examples of the contract.",
    ]  # fmt: skip
    screens: dict[str, list[ScreenCost]] = {}
    for one in read.plan.screens:
        screens.setdefault(one.screen, []).append(one)
    if screens:
        parts.append("## Screens")
        parts += [_screen(read, own) for own in screens.values()]
    parts.append(_answers(read, there))
    apps = [app_rule(read, c.name) for c in read.callers("mobile")] if "mobile" in there else []
    if apps:
        parts.append("## Versions\n\n" + "\n\n".join(apps))
    for audience in there:
        for part in (offline(read, audience), streams(read, audience)):
            if part:
                parts.append(part.replace("### ", f"## {WHO[audience]}: ", 1))
    return "\n\n".join(part for part in parts if part) + "\n"


def _screen(read: Reading, own: list[ScreenCost]) -> str:
    """One screen: which requests in which order, and what each client sees of it."""
    first = own[0]
    advice = read.advice(first.audience)
    style = taken(advice, first)
    steps = [_step(read, first, one) for one in first.asks]
    told = [f"### {cell(first.title)}", "\n".join(f"{i + 1}. {s}" for i, s in enumerate(steps))]
    if style in ("bff", "graph", "federated"):
        told.append("One call in the end: build against these requests, behind one function that "
                    f"returns all of `{first.screen}`.")  # fmt: skip
    elif style == "fitted":
        told.append("Do not loop over items: the list will carry them, or take many ids at once.")
    rows = []
    for one in own:
        on = one.own
        rows.append([f"`{one.client}`, {network(on.network)}", data(on.of("rest").down_bytes),
                     ms(on.of("rest").p50_s), ms(on.of("rest").p95_s),
                     ms(on.of(taken(read.advice(one.audience), one)).p95_s)])  # fmt: skip
    head = ["client", "bytes", "complete, p50", "p95", "p95 as planned"]
    return "\n\n".join([*told, table(head, rows, 4)])


def _step(read: Reading, screen: ScreenCost, one: Asked) -> str:
    op = read.found.operations[one.operation]
    line = f"`{op.method} {op.path}` (`{op.id}`)"
    if one.each:
        line += f" for each item of `{read.found.operations[one.after].id}`, some {one.times}"
    elif one.after:
        line += f" when `{read.found.operations[one.after].id}` is answered"
    elif sum(a.level == 0 for a in screen.asks) > 1:
        line += " at once"
    return line


def _answers(read: Reading, there: list[Audience]) -> str:
    """What to do with an answer: errors by code, versions, limits."""
    used = sorted({s for a in there for op in read.asked(a) for s in statuses(op)})
    told = {
        400: "a bug of ours: report it with `X-Request-Id`",
        401: "refresh the token once, then sign in again",
        403: "hide the action",
        404: "remove it from what is kept",
        409: "read again and show what is there",
        412: "read again; see below",
        415: "a bug of ours",
        422: "show `errors[].message` at the field `errors[].pointer` names",
        429: "wait `Retry-After`, keep what is shown",
        500: "try again with growing pauses, three times, then say so",
        503: "wait `Retry-After`; show what is kept meanwhile",
    }
    rows = [[str(s), f"`{PROBLEMS[s].code}`", told.get(s, cell(PROBLEMS[s].again))] for s in used]
    return "## Errors\n\n" + table(["status", "code", "do"], rows)


# --- partners -------------------------------------------------------------------------------------
def _partners(read: Reading) -> str:
    parts = [
        f"# {cell(read.found.title)}: for partners",
        "The contract is `api/openapi/partner.yaml`, the same with examples to read is "
        "`api/portal.html`.",
        _begin(read), _operations(read), _tiers(read), _hooks(read), _promises(read),
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


def token_lines(read: Reading) -> list[str]:
    """The requests that buy a token, as the first class of partners shows who it is."""
    host = f"auth.{read.found.host.removeprefix('api.')}"
    scopes = sorted({op.scope for op in read.asked("partner") if not op.said.public})
    bound = certificate(read)
    grant = [f"curl https://{host}/oauth2/token \\", "  -d grant_type=client_credentials \\"]
    if bound:
        return [*grant[:1], bound.rstrip(), grant[1],
                '  -d client_id="$CLIENT_ID" \\', f'  -d scope="{" ".join(scopes)}"']  # fmt: skip
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    return [*grant, f"  -d client_assertion_type={kind} \\",
            '  -d client_assertion="$SIGNED_JWT" \\',
            f'  -d scope="{" ".join(scopes)}"']  # fmt: skip


def certificate(read: Reading) -> str:
    """The line that shows a partner's certificate, where its tokens are bound to one."""
    bound = read.callers("partner")[0].auth == "client-credentials-mtls"
    return "  --cert client.pem --key client.key \\\n" if bound else ""


def first_lines(read: Reading, op: Operation) -> list[str]:
    """The first request of a partner, against the sandbox."""
    query = "?limit=2" if op.paged else ""
    lines = [f"curl 'https://sandbox.{read.found.host}{op.path}{query}'"]
    if op.said.public:
        return lines
    shown = [lines[0] + " \\", certificate(read).rstrip(), '  -H "Authorization: Bearer $TOKEN"']
    return [line for line in shown if line]


def _begin(read: Reading) -> str:
    op = first_call(read)
    if op is None:
        return ""
    shell = "\n".join([*first_lines(read, op), "", *token_lines(read)])
    return f"## The first call\n\n```sh\n{shell}\n```"


def _operations(read: Reading) -> str:
    rows = []
    for op in read.asked("partner"):
        again = "with `Idempotency-Key`" if op.needs_key else (
            "with `If-Match`" if op.changes_one else "freely"
        )  # fmt: skip
        ends = f"; ends {op.said.deprecated.sunset}" if op.said.deprecated else ""
        rows.append(
            [
                f"`{op.method} {op.path}`",
                cell(op.title) + ends,
                "none" if op.said.public else f"`{op.scope}`",
                again,
                ms(read.p99(op)),
            ]
        )
    head = ["request", "does", "scope", "repeat it", "p99, predicted"]
    return "## Operations\n\n" + table(head, rows, 1)


def _tiers(read: Reading) -> str:
    found = read.plan.limits
    if found is None or not found.tiers:
        return ""
    rows = [[f"`{t.tier}`", rate(t.each_per_s), count(t.burst),
             f"{t.each_per_s * 86_400:,.0f}"] for t in found.tiers]  # fmt: skip
    head = ["tier", "requests", "at once", "at most a day"]
    return "## Limits\n\n" + table(head, rows, 3)


def _hooks(read: Reading) -> str:
    events = read.events("partner")
    if not events:
        return ""
    rows = [[f"`{event_type(read.found, op)}`", cell(op.title)] for op in events]
    return (
        "## Webhooks\n\n" + table(["type", "when"], rows) + "\n\nVerify `webhook-signature` before "
        f"you parse the body (`api/portal.html` has the lines), refuse what is older than "
        f"{seconds(REPLAY_S.value)}, answer 204 within {seconds(HOOK_ANSWER_S.value)} and do the "
        "work afterwards. Sent at least once: keep the `webhook-id`s you have handled. Without an "
        f"answer it comes again {listed(ATTEMPTS)} after the first attempt."
    )


def _promises(read: Reading) -> str:
    step, told = promise(read)
    lines = [f"- An operation that ends is announced {days(window_s(read, 'partner'))} before, in "
             "`Deprecation` and `Sunset` and by mail."]  # fmt: skip
    ending = [op for op in read.asked("partner") if op.said.deprecated]
    for op in ending:
        end = op.said.deprecated
        assert end is not None
        instead = read.found.operations[end.instead].id if end.instead else ""
        lines.append(f"- `{op.id}` ends on {end.sunset}"
                     + (f"; use `{instead}`." if instead else "."))  # fmt: skip
    lines.append(f"- Availability: {availability(step)} a month." if step else
                 f"- No availability is promised: {told}.")  # fmt: skip
    return "## What we promise\n\n" + "\n".join(lines)


__all__ = ["emit", "first_lines", "token_lines"]
