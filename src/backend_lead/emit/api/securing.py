"""Who may call: OAuth 2 flows and scopes of each audience, as OpenAPI says them."""

from __future__ import annotations

from typing import Any

from backend_lead.model.contract import Audience, Auth
from backend_lead.views.api.parts import Contract, Operation

_SCHEME: dict[Auth, str] = {
    "pkce": "oauth", "session": "session", "client-credentials-mtls": "partnerMtls",
    "client-credentials-jwt": "partner", "workload": "workload",
}  # fmt: skip
_AGREED = (
    "Authorization code with PKCE (RFC 7636): a person agrees, and is the caller whose things are "
    "reached. The partner shows who it is by private_key_jwt (RFC 7523), never by a shared secret."
)


def schemes_of(found: Contract, audience: Audience) -> dict[str, Any]:
    """The security schemes of an audience: one for each way its callers show who they are; none
    where it asks only for what everybody may."""
    asking = {name for op in found.of_audience(audience)
              if not op.said.public and op.nature != "event" for name in op.clients}  # fmt: skip
    callers = (c for c in found.callers.values() if c.audience == audience and c.name in asking)
    auths = sorted({c.auth for c in callers})
    scopes = scopes_of(found, audience)
    return {_SCHEME[auth]: _scheme(found, auth, audience, scopes) for auth in auths}


def scopes_of(found: Contract, audience: Audience) -> dict[str, str]:
    """The scopes an audience may be given, with what each allows."""
    out = {}
    for op in found.of_audience(audience):
        if not op.said.public:
            many, _, verb = op.scope.partition(":")
            out[op.scope] = f"{verb.capitalize()} {many.replace('-', ' ')}"
    return dict(sorted(out.items()))


def _scheme(
    found: Contract, auth: Auth, audience: Audience, scopes: dict[str, str]
) -> dict[str, Any]:
    token = f"https://auth.{found.host.removeprefix('api.')}/oauth2/token"
    if auth == "pkce":
        return {
            "type": "oauth2",
            "description": _AGREED
            if audience == "partner"
            else "Authorization code with PKCE (RFC 7636); no secret in the app.",
            "flows": {
                "authorizationCode": {
                    "authorizationUrl": token.replace("/token", "/authorize"),
                    "tokenUrl": token,
                    "refreshUrl": token,
                    "scopes": scopes,
                }
            },
        }
    if auth == "session":
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "__Host-session",
            "description": "A cookie of our own pages: HttpOnly, Secure, SameSite=Lax.",
        }
    if auth == "workload":
        return {
            "type": "mutualTLS",
            "description": "The certificate of a service (SPIFFE), renewed by the mesh.",
        }
    way = (
        "by a certificate (RFC 8705)" if auth == "client-credentials-mtls"
        else "by private_key_jwt (RFC 7523)"
    )  # fmt: skip
    return {
        "type": "oauth2",
        "description": f"Client credentials; the partner shows who it is {way}, never by a shared "
        "secret.",
        "flows": {"clientCredentials": {"tokenUrl": token, "scopes": scopes}},
    }


def security_of(found: Contract, op: Operation, audience: Audience) -> list[dict[str, list[str]]]:
    """Any one of these is enough; the empty one where everybody may."""
    if op.said.public:
        return [{}]
    callers = [c for c in found.callers.values() if c.audience == audience and c.name in op.clients]
    schemes = sorted({_SCHEME[c.auth] for c in callers})
    return [{name: [] if name in ("session", "workload") else [op.scope]} for name in schemes]
