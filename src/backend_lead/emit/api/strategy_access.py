"""Who may do what: how callers show who they are, scopes, tokens, objects and fields."""

from __future__ import annotations

from backend_lead.catalog.api_policies import (
    ACCESS_S,
    ASSERTION_S,
    KEY_LIFE_S,
    KEY_OVERLAP_S,
    REFRESH_S,
    SESSION_S,
    WORKLOAD_S,
)
from backend_lead.emit.api.reading import WHO, Reading, code, days, listed, seconds
from backend_lead.emit.api.securing import scopes_of
from backend_lead.emit.report.tables import table
from backend_lead.model.contract import Audience, Auth
from backend_lead.views.api.guarding import agreed
from backend_lead.views.api.parts import Caller


def access(read: Reading, audience: Audience) -> str:
    """Sign-in, tokens with their reasons, and the scopes of an audience."""
    told = ["### Authentication and scopes"]
    told += [_way(read, caller) for caller in read.callers(audience)]
    told += dict.fromkeys(left for c in read.callers(audience) if (left := _not_taken(c)))
    public = [op.id for op in read.asked(audience) if op.said.public]
    if public:
        told.append(f"Without a token: {code(public)}; limited by address instead.")
    scopes = scopes_of(read.found, audience)
    before = read.found.audiences[: read.found.audiences.index(audience)]
    same = [a for a in before if set(scopes_of(read.found, a)) >= set(scopes)]
    if scopes and same and audience != "partner":
        return "\n\n".join([*told, f"Scopes as for {WHO[same[0]].lower()}: {code(scopes)}."])
    rows = [[f"`{scope}`", listed(f"`{op.id}`" for op in read.found.of_audience(audience)
                                  if op.scope == scope and not op.said.public)]
            for scope in scopes]  # fmt: skip
    if rows:
        told.append(table(["scope", "for"], rows))
    return "\n\n".join(told)


def _way(read: Reading, caller: Caller) -> str:
    ways: dict[Auth, str] = {
        "pkce": _agreed(read, caller) if agreed(caller) else
        _page(read, caller) if caller.audience == "web" else (
            "authorization code with PKCE (RFC 7636) in the browser of the system (RFC 8252), no "
            f"secret in the app. Access token {seconds(ACCESS_S.value)}: a stolen one is worth "
            f"that long; {_worth(read, caller)}. Refresh token {days(REFRESH_S.value)} without "
            "use, in the key store of the device, replaced at each use: one that is used twice "
            "signs both holders out"
        ),
        "session": (
            f"a `__Host-session` cookie, {seconds(SESSION_S.value)} without use; "
            f"{_worth(read, caller)}, so requests that write check the origin too"
        ),
        "client-credentials-mtls": (
            "client credentials with a certificate (RFC 8705); the access token "
            f"({seconds(ACCESS_S.value)}) works only on connections of that certificate. It is "
            f"replaced every {days(KEY_LIFE_S.value)}, old and new both valid for "
            f"{days(KEY_OVERLAP_S.value)}"
        ),
        "client-credentials-jwt": (
            "client credentials with `private_key_jwt` (RFC 7523): an assertion of "
            f"{seconds(ASSERTION_S.value)}, used once, buys an access token of "
            f"{seconds(ACCESS_S.value)}. We keep public keys only; they are replaced every "
            f"{days(KEY_LIFE_S.value)}, both valid for {days(KEY_OVERLAP_S.value)}"
        ),
        "workload": (
            f"mutual TLS with a certificate of {seconds(WORKLOAD_S.value)} for each service; no "
            "shared secret to leak"
        ),
    }  # fmt: skip
    return f"`{caller.name}`: {ways[caller.auth]}."


_NOT_TAKEN: dict[Auth, str] = {
    "client-credentials-jwt": "Not taken: an API key or a shared secret (it travels with each "
    "request, and both sides can lose it); certificates (RFC 8705), which tie the token to its "
    "connection and are the next step for who asks for them (`auth: client-credentials-mtls`).",
    "client-credentials-mtls": "Not taken: an API key or a shared secret (it travels with each "
    "request, and both sides can lose it); `private_key_jwt` (RFC 7523), for partners behind "
    "proxies that end TLS: its tokens work for whoever holds them "
    "(`auth: client-credentials-jwt`).",
}  # fmt: skip


_NOT_TAKEN_FOR_PEOPLE = (
    "Not taken: client credentials (`auth: client-credentials-jwt`), whose token names the partner "
    "alone: whose things it reaches would have to be said beside it; an API key or a password of "
    "the person, which opens everything and ends for all partners at once."
)


def _not_taken(caller: Caller) -> str:
    return _NOT_TAKEN_FOR_PEOPLE if agreed(caller) else _NOT_TAKEN.get(caller.auth, "")


def _agreed(read: Reading, caller: Caller) -> str:
    """Consent of a person, and a partner that shows who it is."""
    return (
        "authorization code with PKCE (RFC 7636): a person signs in with us and agrees to the "
        "scopes; the token names that person and the partner. To get it the partner shows who it "
        f"is with `private_key_jwt` (RFC 7523): an assertion of {seconds(ASSERTION_S.value)}, used "
        f"once. We keep public keys only; they are replaced every {days(KEY_LIFE_S.value)}, both "
        f"valid for {days(KEY_OVERLAP_S.value)}. Access token {seconds(ACCESS_S.value)}: a stolen "
        f"one is worth that long; {_worth(read, caller)}, of that person alone. Refresh token "
        f"{days(REFRESH_S.value)} without use, of no worth without the partner's key; it ends when "
        "the person takes back what was agreed"
    )


def _page(read: Reading, caller: Caller) -> str:
    """Tokens of a page: any script that gets in reads what the page keeps."""
    return (
        "authorization code with PKCE (RFC 7636), no secret in the page. Access token "
        f"{seconds(ACCESS_S.value)}, in memory alone: a stolen one is worth that long; "
        f"{_worth(read, caller)}. Refresh token {seconds(SESSION_S.value)} without use, replaced "
        "at each use: one that is used twice signs both holders out. Never in `localStorage`: a "
        "script that gets into the page reads it. Where the pages have a server of their own, "
        "`auth: session` keeps tokens out of the browser altogether"
    )


def _worth(read: Reading, caller: Caller) -> str:
    """What a stolen token opens."""
    writes = [op.id for op in read.found.operations.values()
              if op.nature == "command" and caller.name in op.clients
              and not op.said.public]  # fmt: skip
    personal = [s.name for s in read.found.shapes.values() if s.entity and any(
        f.personal and (not f.seen_by or caller.name in f.seen_by) for f in s.fields)]  # fmt: skip
    opened = [f"can call {listed(f'`{name}`' for name in writes)}" if writes else "writes nothing"]
    if personal:
        opened.append(f"reads personal data of {code(personal)}")
    return "it " + ", and ".join(opened)
