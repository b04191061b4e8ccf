"""api/portal.html and api/docs/<audience>.html: the contract to read, one file, without a network.

Written from the same data as the OpenAPI documents; partners see nothing that is not theirs.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import TYPE_CHECKING

from backend_lead.catalog.api_policies import REPLAY_S
from backend_lead.emit.api.openapi import openapi
from backend_lead.emit.api.packs import certificate, first_lines, keys_told, proof, token_lines
from backend_lead.emit.api.portal_data import Shown, shown
from backend_lead.emit.api.problems import PROBLEMS, statuses
from backend_lead.emit.api.reading import WHO, Reading, count, days, rate, reading, seconds
from backend_lead.emit.api.strategy_lifecycle import window_s
from backend_lead.emit.api.strategy_limits import promise
from backend_lead.emit.api.strategy_partners import ATTEMPTS, first_call
from backend_lead.emit.report.wording import availability
from backend_lead.model.contract import Audience
from backend_lead.model.design import Design
from backend_lead.views.api.envelope import envelope_example

if TYPE_CHECKING:
    from markupsafe import Markup

ID = "portal"
GROUP = "api"
FILES = ()
MORE = r"api/(portal|docs/(mobile|web|internal))\.html"
RUNS = False
TEMPLATES = Path(__file__).parent / "templates"
SECRET = base64.b64encode(b"an example, never a secret").decode()
MESSAGE_ID, SENT_AT = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", 1_772_357_400


def emit(design: Design) -> dict[str, str]:
    """A page for each audience that may ask for anything."""
    read = reading(design)
    if read is None:
        return {}
    out = {}
    for audience in read.found.audiences:
        if read.asked(audience):
            name = "portal" if audience == "partner" else f"docs/{audience}"
            out[f"api/{name}.html"] = page(read, audience)
    return out


def page(read: Reading, audience: Audience) -> str:
    """The page of one audience."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    pages = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    pages.filters["spelled"] = spelled
    data: Shown = shown(openapi(read.found, audience))
    text: str = pages.get_template("portal.html.j2").render(
        title=f"{read.found.title}: {WHO[audience].lower()}", found=read.found, audience=audience,
        shown=data, digest=read.design.digest, start=_start(read, audience),
        tiers=_tiers(read, audience), signature=_signature(read, audience),
        errors=_errors(read, audience), promises=_promises(read, audience),
        spec=f"{'' if audience == 'partner' else '../'}openapi/{audience}.yaml",
    )  # fmt: skip
    return text + "\n"


def spelled(text: str) -> Markup:
    """A sentence of the contract with its `names` as code."""
    from markupsafe import Markup, escape

    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if i % 2 else escape(part)
        for i, part in enumerate(parts)
    )


def _start(read: Reading, audience: Audience) -> list[tuple[str, str]]:
    """The steps of a beginner: a sentence, and lines for a terminal."""
    if audience != "partner":
        return []
    op = first_call(read)
    steps = []
    if op is not None:
        way = "no key needed" if op.said.public else "with the token"
        steps.append((f"Ask the sandbox, {way}. Its data are the examples below.",
                      "\n".join(first_lines(read, op))))  # fmt: skip
    buy = (
        f"{proof(read)} Buy a token with it, for what you need and no more. The sandbox takes "
        "keys of its own: nothing you try reaches real data.",
        "\n".join(token_lines(read)),
    )
    steps.insert(len(steps) if op is not None and op.said.public else 0, buy)
    write = next((o for o in read.asked("partner") if o.needs_key), None)
    if write is not None:
        steps.append((
            f"{write.title.rstrip('.')}. Make a new Idempotency-Key for each thing to do, and send "
            "the same again when you try again.",
            f"curl -X {write.method} 'https://sandbox.{read.found.host}{write.path}' \\\n"
            + certificate(read)
            + '  -H "Authorization: Bearer $TOKEN" \\\n  -H "Idempotency-Key: $(uuidgen)" \\\n'
            "  -H 'Content-Type: application/json' -d @body.json",
        ))  # fmt: skip
    return steps


def _tiers(read: Reading, audience: Audience) -> list[tuple[str, str, str]]:
    found = read.plan.limits
    if audience != "partner" or found is None:
        return []
    return [(t.tier, rate(t.each_per_s), count(t.burst)) for t in found.tiers]


def signed(body: str) -> str:
    """The signature of a body sent with the example's id, time and secret."""
    content = f"{MESSAGE_ID}.{SENT_AT}.{body}".encode()
    digest = hmac.new(base64.b64decode(SECRET), content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def _signature(read: Reading, audience: Audience) -> dict[str, str]:
    """An event as it is sent, its signature, and lines that verify it."""
    events = read.events(audience)
    if audience != "partner" or not events:
        return {}
    body = json.dumps(envelope_example(read.found, events[0]), separators=(",", ":"))
    request = (
        f"webhook-id: {MESSAGE_ID}\nwebhook-timestamp: {SENT_AT}\n"
        f"webhook-signature: {signed(body)}\ncontent-type: application/cloudevents+json\n\n{body}"
    )
    verify = (
        "import base64, hashlib, hmac, time\n\n"
        "def verified(headers, body, secret, now=None):\n"
        '    sent = int(headers["webhook-timestamp"])\n'
        f"    if abs((now or time.time()) - sent) > {REPLAY_S.value:.0f}:\n"
        "        return False  # replayed\n"
        "    content = f'{headers[\"webhook-id\"]}.{sent}.'.encode() + body\n"
        "    mac = hmac.new(base64.b64decode(secret), content, hashlib.sha256)\n"
        '    own = "v1," + base64.b64encode(mac.digest()).decode()\n'
        '    given = headers["webhook-signature"].split(" ")\n'
        "    return any(hmac.compare_digest(own, one) for one in given)\n"
    )
    return {"request": request, "secret": SECRET, "verify": verify,
            "attempts": ", ".join(ATTEMPTS), "replay": seconds(REPLAY_S.value)}  # fmt: skip


def _errors(read: Reading, audience: Audience) -> list[tuple[int, str, str, str]]:
    used = sorted({s for op in read.asked(audience) for s in statuses(op, audience)})
    return [(s, PROBLEMS[s].code, PROBLEMS[s].title, PROBLEMS[s].again) for s in used]


def _promises(read: Reading, audience: Audience) -> list[str]:
    lines = [f"What breaks callers comes as /v{read.found.major + 1}; what it replaces works "
             f"{days(window_s(read, audience))} more."]  # fmt: skip
    for op in read.asked(audience):
        end = op.said.deprecated
        if end is not None:
            instead = f"; use {read.found.operations[end.instead].id}" if end.instead else ""
            lines.append(f"{op.id} ends on {end.sunset}{instead}.")
    if audience == "partner":
        step, told = promise(read)
        lines.append(f"Availability: {availability(step)} a month." if step else
                     f"No availability is promised: {told}.")  # fmt: skip
        lines.append(keys_told())
    return lines
