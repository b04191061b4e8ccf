"""The partner programme: from the first call to keys, webhooks and what is promised."""

from __future__ import annotations

from backend_lead.catalog.api_policies import (
    FIRST_CALL_S,
    HOOK_TRIES_S,
    KEY_LIFE_S,
    KEY_OVERLAP_S,
    REPLAY_S,
    SANDBOX_PER_S,
)
from backend_lead.emit.api.reading import Reading, code, days, rate, seconds
from backend_lead.emit.api.strategy_limits import more_promised, promise
from backend_lead.emit.report.tables import table
from backend_lead.emit.report.wording import availability
from backend_lead.views.api.guarding import agreed
from backend_lead.views.api.parts import Operation

SANDBOX = "sandbox"  # how a tier for trying out is called
ATTEMPTS = tuple(seconds(after) for after in HOOK_TRIES_S)  # since the first attempt


def first_call(read: Reading) -> Operation | None:
    """What a new partner asks first: a query without a key that needs the least."""
    queries = [op for op in read.asked("partner") if op.nature == "query" and not op.keys
               and op.said.deprecated is None]  # fmt: skip
    return min(queries, key=lambda op: (not op.said.public, len(op.inputs), op.name), default=None)


def programme(read: Reading) -> str:
    """Nothing where no operation is for partners."""
    own = read.asked("partner")
    if not own:
        return ""
    rows = [["sandbox", _sandbox(read)], ["time to first call", _first(read)],
            ["keys", f"a pair for each partner and each of its systems, made by the partner; "
             f"replaced every {days(KEY_LIFE_S.value)}, both work "
                     f"{days(KEY_OVERLAP_S.value)}; a leaked one is ended at once and the partner "
                     "told"],
            *_hooks(read), ["SLA", _sla(read)]]  # fmt: skip
    return "### Partner programme\n\n" + table(["", "rule"], rows)


def _sandbox(read: Reading) -> str:
    writes = any(op.nature == "command" for op in read.asked("partner"))
    told = f"`sandbox.{read.found.host}`, the examples of the contract as data, " \
           f"{sandbox_rate(read)} per key, keys of its own"  # fmt: skip
    return told + ("; what is written is the partner's own copy" if writes else "")


def sandbox_rate(read: Reading) -> str:
    """What a key may ask of the sandbox: its tier's limit, where there is one for it."""
    for caller in read.callers("partner"):
        for name, tier in caller.access.tiers.items():
            if SANDBOX in name:
                return rate(tier.limit.rate.value)
    return rate(SANDBOX_PER_S.value)


def _first(read: Reading) -> str:
    op = first_call(read)
    if op is None:
        return "no query that needs no id is for partners: give them one to begin with"
    token = "no token needed" if op.said.public else f"with scope `{op.scope}`"
    took = seconds(FIRST_CALL_S.value)
    return f"{took} from signing up to `GET {op.path}` ({token}), measured per partner"


def _hooks(read: Reading) -> list[list[str]]:
    events = read.events("partner")
    if not events:
        return [["webhooks", "none: no event of the model is for partners, so they must poll "
                 + (code(op.id for op in read.asked("partner") if op.does == "list")
                    or "what they know the key of")]]  # fmt: skip
    whose = ", about people who agreed alone" if any(map(agreed, read.callers("partner"))) else ""
    return [
        ["webhooks", f"{code(op.id for op in events)}{whose}, signed (HMAC-SHA256 over id, "
         f"timestamp and body); older than {seconds(REPLAY_S.value)} is refused as replayed"],
        ["retries", f"{', '.join(ATTEMPTS)} after the first attempt, then the endpoint is switched "
         "off and the partner told; what was not taken can be sent again from the portal"],
    ]  # fmt: skip


def _sla(read: Reading) -> str:
    step, told = promise(read)
    if step is None:
        return f"none: {told}"
    more = more_promised(read)
    return (
        f"{availability(step)} a month, the highest usual promise below what we hold ourselves to "
        f"({told}){f'; {more}' if more else ''}. Counted at the gateway over the partner's own "
        "requests: 5xx and what is not answered in time; 429 is not counted. What a miss costs us "
        "is for the contract"
    )
