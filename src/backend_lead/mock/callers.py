"""Who asks: tokens without an issuer, what they allow, and how many requests each may make.

Any bearer token counts, unless the mock was started with some of its own. A token may say what it
allows after tildes: `ada~orders.read~orders.write~role.support~tier.gold` has two scopes, a role
and a tier; without any it has every scope and role of its audience. The claims `sub`, `scope`,
`roles` and `tier` of a JWT count too; nothing is verified.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any

from backend_lead.catalog.fact import Fact
from backend_lead.mock.message import Refused
from backend_lead.mock.store import FIRST
from backend_lead.model.contract import Audience
from backend_lead.model.manners import Limit
from backend_lead.views.api.parts import Contract, Operation

USUAL_LIMIT = Fact(
    "mock-limit", "requests of one token where the model states no limit of a tier", 50.0, 10.0,
    500.0, "1/s", "assumed", "the policy in the examples of the contract; state tiers to change it",
)  # fmt: skip
SESSION = "__Host-session"
KEPT_MAX = 10_000  # tokens whose use is remembered
TOKEN_MAX = 4096
ANYBODY = "anybody"


@dataclass(frozen=True)
class Caller:
    """A caller by its token. `scopes` and `roles` None: every one there is."""

    token: str
    id: str
    scopes: frozenset[str] | None = None
    roles: frozenset[str] | None = None
    tier: str | None = None


class Callers:
    """The callers of one audience."""

    def __init__(self, found: Contract, audience: Audience, tokens: Sequence[str] = ()) -> None:
        self.tokens = frozenset(tokens)
        ours = [c for c in found.callers.values() if c.audience == audience]
        self.session = any(c.auth == "session" for c in ours)
        self.tiers = {name: t.limit for c in ours for name, t in c.access.tiers.items()}
        self.used: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def who(self, headers: Mapping[str, str]) -> Caller | None:
        """The caller; None where no token came."""
        token = _bearer(headers.get("authorization", ""))
        if token is None and self.session:
            token = _cookie(headers.get("cookie", ""))
        if token is None:
            return None
        if self.tokens and token not in self.tokens:
            raise unknown_caller("This token is not one the mock was started with.")
        return _caller(token)

    def may(self, op: Operation, caller: Caller) -> None:
        """Raises Refused where a scope or role is missing."""
        if caller.scopes is not None and op.scope not in caller.scopes:
            told = f'Bearer error="insufficient_scope", scope="{op.scope}"'
            raise Refused(
                403, f"The scope {op.scope} is missing.", headers={"WWW-Authenticate": told}
            )
        if op.said.roles and caller.roles is not None and not caller.roles & set(op.said.roles):
            raise Refused(403, f"One of these roles is wanted: {', '.join(op.said.roles)}.")

    def limit_of(self, caller: Caller | None) -> tuple[str, float, int]:
        """The name, rate (1/s) and burst of what a caller may ask for."""
        tier = caller.tier if caller is not None else None
        name = tier if tier in self.tiers else next(iter(self.tiers), "default")
        limit: Limit | None = self.tiers.get(name)
        if limit is None:
            return name, USUAL_LIMIT.value, round(USUAL_LIMIT.value)
        return name, limit.rate.value, limit.burst_or_second

    def take(self, caller: Caller | None, now_s: float) -> dict[str, str]:
        """Use one token of the caller's bucket: the headers that tell what is left.

        Raises Refused (429) where none is left.
        """
        name, rate, burst = self.limit_of(caller)
        who = caller.token if caller is not None else ANYBODY
        left, since_s = self.used.pop(who, (float(burst), now_s))
        left = min(float(burst), left + max(0.0, now_s - since_s) * rate)
        refused = left < 1
        left -= 0 if refused else 1
        self.used[who] = (left, now_s)
        if len(self.used) > KEPT_MAX:
            self.used.popitem(last=False)
        headers = {
            "RateLimit": f'"{name}";r={math.floor(left)};t={math.ceil((burst - left) / rate)}',
            "RateLimit-Policy": f'"{name}";q={burst};w={max(1, math.ceil(burst / rate))}',
        }
        if refused:
            wait = max(1, math.ceil((1 - left) / rate))
            raise Refused(429, f"The limit {name} is reached.",
                          headers=headers | {"Retry-After": str(wait)})  # fmt: skip
        return headers


def unknown_caller(detail: str) -> Refused:
    """The refusal of a request without a token that counts."""
    return Refused(401, detail, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


def _bearer(header: str) -> str | None:
    scheme, _, token = header.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > TOKEN_MAX or not token.isascii():
        return None
    return token


def _cookie(header: str) -> str | None:
    try:
        found = SimpleCookie(header).get(SESSION)
    except CookieError:
        return None
    return found.value if found is not None and 0 < len(found.value) <= TOKEN_MAX else None


def _caller(token: str) -> Caller:
    claims = _claims(token)
    if claims is not None:
        return Caller(token, str(claims.get("sub") or FIRST), _words(claims.get("scope")),
                      _words(claims.get("roles")), _text(claims.get("tier")))  # fmt: skip
    _, *more = token.split("~")
    if not more:
        return Caller(token, FIRST)
    marks = {mark.partition(".")[0]: mark.partition(".")[2] for mark in more}
    scopes = frozenset(
        mark.replace(".", ":", 1) for mark in more if not mark.startswith(("role.", "tier.", "id."))
    )
    roles = frozenset(mark.removeprefix("role.") for mark in more if mark.startswith("role."))
    some = bool(scopes or roles)
    return Caller(token, marks.get("id", FIRST), scopes if some else None,
                  roles if some else None, marks.get("tier"))  # fmt: skip


def _claims(token: str) -> dict[str, Any] | None:
    """The claims of a JWT, unverified; None of what is none."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _words(claim: Any) -> frozenset[str] | None:
    """A claim that is a list, or words with spaces between; None where it is not there."""
    if claim is None:
        return None
    return frozenset(map(str, claim)) if isinstance(claim, list) else frozenset(str(claim).split())


def _text(claim: Any) -> str | None:
    return claim if isinstance(claim, str) else None
