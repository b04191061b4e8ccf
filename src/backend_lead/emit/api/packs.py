"""Hand-off packs: what app and page developers build against, and what partners do."""

from __future__ import annotations

from backend_lead.catalog.api_policies import (
    ACCESS_S,
    ASSERTION_S,
    FIRST_CALL_S,
    HOOK_ANSWER_S,
    KEY_LIFE_S,
    KEY_OVERLAP_S,
    REPLAY_S,
)
from backend_lead.emit.api.problems import PROBLEMS, statuses
from backend_lead.emit.api.reading import (
    FIRST_PARTY,
    WHO,
    Reading,
    count,
    data,
    days,
    listed,
    many,
    ms,
    network,
    rate,
    reading,
    seconds,
)
from backend_lead.emit.api.strategy_clients import fuller, offline, streams
from backend_lead.emit.api.strategy_lifecycle import app_rule, window_s
from backend_lead.emit.api.strategy_limits import promise
from backend_lead.emit.api.strategy_partners import ATTEMPTS, first_call, sandbox_rate
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import availability, cell
from backend_lead.model.contract import Audience
from backend_lead.model.design import Design
from backend_lead.model.screens import Asked, ScreenCost
from backend_lead.views.api.envelope import event_type
from backend_lead.views.api.guarding import agreed
from backend_lead.views.api.names import kebab
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
        _graph(read, there),
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


def _graph(read: Reading, there: list[Audience]) -> str:
    """Where the graph is described that some of our own apps are given."""
    given = [a for a in there if read.advice(a).style in ("graph", "federated")]
    if not given:
        return ""
    clients = [c.name for a in given for c in read.callers(a)]
    lists = listed(f"`api/graphql/operations/{kebab(name)}/manifest.json`" for name in clients)
    return (
        f"Screens of {listed(f'`{name}`' for name in clients)} are queries of the graph: its types "
        "are in `api/graphql/*.graphql` (composed by `supergraph.yaml`), its limits in "
        f"`router.yaml`. The router takes only the queries of {lists}, by their id; a new query is "
        "a change of `api.screens`. Its address is the router's own and in no contract; commands "
        "go by REST."
    )


def _screen(read: Reading, own: list[ScreenCost]) -> str:
    """One screen: which requests in which order, and what each client sees of it."""
    first = own[0]
    styles = {one.client: read.advice(one.audience).style_of(one.screen) for one in own}
    steps = [_step(read, first, one) for one in first.asks]
    told = [f"### {cell(first.title)}", "\n".join(f"{i + 1}. {s}" for i, s in enumerate(steps))]
    composed = [f"`{client}`" for client, style in styles.items() if style == "bff"]
    graph = [f"`{client}`" for client, style in styles.items() if style in ("graph", "federated")]
    if composed:
        told.append(f"{listed(composed)}: one call in the end, which is in no contract yet: build "
                    "against these requests, behind one function that returns all of "
                    f"`{first.screen}`.")  # fmt: skip
    if graph:
        sent = next(s.planned.calls for s in own if f"`{s.client}`" in graph and s.planned)
        several = ", as no type of the graph links all of it" if sent > 1 else ""
        told.append(f"{listed(graph)}: {many(sent, 'request', 'requests')} of its manifest"
                    f"{several}.")  # fmt: skip
    fitted = [f"`{client}`" for client, style in styles.items() if style == "fitted"]
    if fitted:
        told.append(f"{listed(fitted)}: do not loop over items. Planned, and in no contract yet: "
                    + fuller(read, (first.screen,)))  # fmt: skip
    filled = dict.fromkeys(s.planned.full for s in own if s.planned and s.planned.full)
    if filled:
        told.append(f"No time can be told of it before it is sized: {listed(filled)}.")
    rows = []
    for one in own:
        on = one.own
        rows.append([f"`{one.client}`, {network(on.network)}", data(on.of("rest").down_bytes),
                     ms(on.of("rest").p50_s), ms(on.of("rest").p95_s),
                     ms(one.planned.p95_s if one.planned else None)])  # fmt: skip
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
    used = sorted({s for a in there for op in read.asked(a) for s in statuses(op, a)})
    told = {
        400: "a bug of ours: report it with `X-Request-Id`",
        401: "refresh the token once, then sign in again",
        403: "hide the action",
        404: "remove it from what is kept",
        409: "read again and show what is there",
        412: "read again; see below",
        415: "a bug of ours",
        428: "a bug of ours: send `If-Match`",
        426: "ask for the update; go on with what may still be read",
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
        _begin(read), _sandboxed(read), _operations(read), _errors(read), _tiers(read),
        _hooks(read), _promises(read),
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


def token_lines(read: Reading) -> list[str]:
    """The requests that buy a token, as the first class of partners shows who it is."""
    host = f"auth.{read.found.host.removeprefix('api.')}"
    scopes = sorted({op.scope for op in read.asked("partner") if not op.said.public})
    if agreed(read.callers("partner")[0]):
        return _code_lines(host, scopes)
    bound = certificate(read)
    grant = [f"curl https://{host}/oauth2/token \\", "  -d grant_type=client_credentials \\"]
    if bound:
        return [*grant[:1], bound.rstrip(), grant[1],
                '  -d client_id="$CLIENT_ID" \\', f'  -d scope="{" ".join(scopes)}"']  # fmt: skip
    return [*grant, f"  -d client_assertion_type={_ASSERTION} \\",
            '  -d client_assertion="$SIGNED_JWT" \\',
            f'  -d scope="{" ".join(scopes)}"']  # fmt: skip


_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def _code_lines(host: str, scopes: list[str]) -> list[str]:
    """The address at which a person agrees, and the request that buys a token with the answer."""
    return [
        f'echo "https://{host}/oauth2/authorize?response_type=code&client_id=$CLIENT_ID'
        f"&redirect_uri=$REDIRECT&scope={'%20'.join(scopes)}&state=$STATE"
        '&code_challenge=$CHALLENGE&code_challenge_method=S256"  # open it in a browser',
        f"curl https://{host}/oauth2/token \\",
        "  -d grant_type=authorization_code \\",
        '  -d code="$CODE" -d code_verifier="$VERIFIER" \\',
        '  -d redirect_uri="$REDIRECT" \\',
        f"  -d client_assertion_type={_ASSERTION} \\",
        '  -d client_assertion="$SIGNED_JWT"',
    ]


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
    both = [token_lines(read), first_lines(read, op)]
    if op.said.public:
        both.reverse()
    shell = "\n\n".join("\n".join(lines) for lines in both)
    told = f"{proof(read)} `$TOKEN` is the `access_token` of the first answer."
    if op.said.public:
        told = f"The first needs no key; what follows does. {proof(read)}"
    return f"## The first call\n\n{told}\n\n```sh\n{shell}\n```"


def proof(read: Reading) -> str:
    """What a partner makes to show who it is."""
    if certificate(read):
        return (
            "Make a key pair and a certificate, and give us the certificate: with it you show "
            "who you are, and your tokens work on its connections alone (RFC 8705)."
        )
    signed = (
        "Make a key pair and give us the address of your public keys (JWKS). `$SIGNED_JWT` is made "
        "with the private one (RFC 7523): `iss` and `sub` are your client id, `aud` is the "
        f"address of the token, `exp` is at most {seconds(ASSERTION_S.value)} ahead, `jti` is new "
        "each time."
    )
    if not agreed(read.callers("partner")[0]):
        return signed
    return signed + (
        " You act for a person who agrees to it (RFC 7636): make a random `$VERIFIER` and `$STATE` "
        "for each sign-in, `$CHALLENGE` is the SHA-256 of the verifier in base64url. Send the "
        "person to the first address below; `$REDIRECT`, percent-encoded, is yours, "
        "registered with us, and gets `$CODE` and the state. You reach what is that person's, and "
        "nothing of others; a refresh token saves asking again."
    )


def keys_told() -> str:
    """How keys are replaced, and what happens to one that leaked."""
    return (
        f"Keys: replace each within {days(KEY_LIFE_S.value)}. Publish the new one first: both work "
        f"for {days(KEY_OVERLAP_S.value)}. Tell us of one that leaked and it ends at once; tokens "
        f"bought with it live {seconds(ACCESS_S.value)} at most."
    )


def _sandboxed(read: Reading) -> str:
    return (
        "## Sandbox and keys\n\n"
        f"- `https://sandbox.{read.found.host}`: the same contract, {sandbox_rate(read)} per key, "
        "the examples of the contract as data. What you write is your own copy, nobody else sees "
        f"it.\n- From signing up to the first answer: {seconds(FIRST_CALL_S.value)}. If it took "
        f"you longer, tell us where.\n- {keys_told()}"
    )


def _errors(read: Reading) -> str:
    used = sorted({s for op in read.asked("partner") for s in statuses(op, "partner")})
    rows = [[str(s), f"`{PROBLEMS[s].code}`", cell(PROBLEMS[s].title), cell(PROBLEMS[s].again)]
            for s in used]  # fmt: skip
    return (
        "## Errors\n\nEvery error is `application/problem+json` (RFC 9457). Branch on `code`, log "
        "`instance` and name it when you ask us.\n\n"
        + table(["status", "code", "means", "again"], rows)
    )


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
                ms(read.p99(op)) if op.said.bulk is None else f"not known, of up to {op.said.bulk}",
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
