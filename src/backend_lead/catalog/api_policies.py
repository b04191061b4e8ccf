"""Windows, lifetimes and shares that the policy of an API is made of, each with its reason."""

from __future__ import annotations

from backend_lead.catalog.fact import Fact

DAY = 86_400.0
ACCESS_S = Fact(
    "access-token", "life of an access token", 600.0, 300.0, 3600.0, "s", "assumed",
    "a stolen one works until it ends; RFC 9700, section 2.2.1 asks to bind it to its sender (mTLS "
    "or DPoP) and names no life",
)  # fmt: skip
REFRESH_S = Fact(
    "refresh-token", "life of a refresh token that is not used", 30 * DAY, 7 * DAY, 90 * DAY, "s",
    "assumed", "RFC 9700, sections 2.2.2 and 4.14.2: of public clients, bound to its sender or "
    "replaced at each use, and ended after some time without use, which the server chooses; a "
    "month lets someone who opens the app at times stay signed in",
)  # fmt: skip
SESSION_S = Fact(
    "session", "life of a browser session without use", 8 * 3600.0, 1800.0, DAY, "s", "assumed",
    "a working day; shorter where others use the same browser",
)  # fmt: skip
ASSERTION_S = Fact(
    "client-assertion", "life of a partner's signed assertion", 60.0, 30.0, 300.0, "s", "assumed",
    "RFC 7523, section 3: it must end (exp), and a server may refuse one that ends unreasonably "
    "late and one whose jti it has seen; that each is used once is decided here",
)  # fmt: skip
WORKLOAD_S = Fact(
    "workload-certificate", "life of a service's certificate", 3600.0, 3600.0, DAY, "s",
    "catalogue", "SPIRE Server Configuration Reference: default_x509_svid_ttl, 1h where unset",
)  # fmt: skip
KEY_LIFE_S = Fact(
    "key-life", "time until a partner's key is replaced", 365 * DAY, 90 * DAY, 730 * DAY, "s",
    "assumed", "once a year keeps the way of replacing it known",
)  # fmt: skip
KEY_OVERLAP_S = Fact(
    "key-overlap", "time in which the old and the new key both work", 30 * DAY, 7 * DAY, 90 * DAY,
    "s", "assumed", "two of a partner's two-week releases",
)  # fmt: skip
PARTNER_WINDOW_S = Fact(
    "partner-window", "notice before something of partners ends", 365 * DAY, 180 * DAY, 730 * DAY,
    "s", "assumed", "partners plan in years and release when their own plans allow",
)  # fmt: skip
OWN_WINDOW_S = Fact(
    "own-window", "notice for what we release ourselves", 30 * DAY, 7 * DAY, 90 * DAY, "s",
    "assumed", "open browser tabs and a rolled-back release still ask the old way for some weeks",
)  # fmt: skip
RELEASE_S = Fact(
    "app-release", "time between releases of an app", 14 * DAY, 7 * DAY, 42 * DAY, "s", "assumed",
    "where the model names no access.release; two weeks of work and a store's review",
)  # fmt: skip
SUPPORT_S = Fact(
    "app-support", "how long a released app must work", 365 * DAY, 180 * DAY, 730 * DAY, "s",
    "assumed", "where the model names no access.release; people update late or never",
)  # fmt: skip
PUBLIC_AGE_S = Fact(
    "public-age", "how long an answer for everybody may be kept", 60.0, 10.0, 600.0, "s", "assumed",
    "the longest that people accept to see an old value; set it per entity",
)  # fmt: skip
UNCHANGED = Fact(
    "unchanged", "share of repeated reads answered by 304", 0.3, 0.1, 0.6, "ratio", "assumed",
    "no general figure exists; it is the share of reads by a client that already has the version",
)  # fmt: skip
FIRST_CALL_S = Fact(
    "first-call", "time from signing up to the first call in the sandbox", 900.0, 300.0, 3600.0,
    "s", "assumed", "a coffee break; what takes a form and a contract takes days",
)  # fmt: skip
SANDBOX_PER_S = Fact(
    "sandbox-rate", "requests a second of a key in the sandbox", 5.0, 1.0, 20.0, "1/s", "assumed",
    "enough for a test suite, too little for a load test",
)  # fmt: skip
QUEUE_S = Fact(
    "command-queue", "how long an app keeps a command it could not send", DAY, 3600.0, 7 * DAY, "s",
    "assumed", "as long as the backend remembers idempotency keys",
)  # fmt: skip
QUIET_S = Fact(
    "quiet", "time with no call of the old way before it is taken away", 14 * DAY, 7 * DAY,
    30 * DAY, "s", "assumed", "two weekly jobs and one that was missed",
)  # fmt: skip
OPERATION_H = Fact(
    "operation-hours", "hours to write, review and test the contract of one operation", 6.0, 3.0,
    16.0, "h", "assumed", "engineering judgement; the contract is generated, its words are not",
)  # fmt: skip
SCREEN_H = Fact(
    "screen-hours", "hours to compose one screen and move its clients", 24.0, 8.0, 60.0, "h",
    "assumed", "engineering judgement",
)  # fmt: skip
PARTNER_H = Fact(
    "partner-hours", "hours for keys, sandbox, webhooks and portal", 200.0, 100.0, 500.0, "h",
    "assumed", "engineering judgement",
)  # fmt: skip
REPLAY_S = Fact(
    "webhook-replay", "age from which a webhook's signature is refused", 300.0, 60.0, 600.0, "s",
    "assumed", "Stripe's library for Node.js has DEFAULT_TOLERANCE: 300 (s), Svix's refuse beyond "
    "five minutes too; clocks differ by less",
)  # fmt: skip
HOOK_ANSWER_S = Fact(
    "webhook-answer", "time a receiver has to take a webhook", 10.0, 3.0, 30.0, "s", "assumed",
    "it only keeps the event; a slow receiver must not hold our senders",
)  # fmt: skip
ROOM = Fact(
    "first-party-room", "load kept for our own clients, over their stated peak", 1.25, 1.1, 2.0,
    "factor", "assumed", "a campaign or a release must not wait for partners to be slowed down",
)  # fmt: skip
TOGETHER = Fact(
    "together", "share of what tiers promise that is asked for at one time", 0.3, 0.1, 1.0, "ratio",
    "assumed", "partners' nightly jobs begin at round hours, but not all; measure it",
)  # fmt: skip
GATEWAY_H = Fact(
    "gateway-hours", "hours to set up a gateway with limits, sign-in and metrics per client", 120.0,
    60.0, 300.0, "h", "assumed", "engineering judgement; a product or a rented one is configured",
)  # fmt: skip
STREAM_H = Fact(
    "stream-hours", "hours for a stream of events to users: endpoint, reconnecting, load test",
    80.0, 40.0, 200.0, "h", "assumed", "engineering judgement",
)  # fmt: skip
SUBGRAPH_H = Fact(
    "subgraph-hours", "hours to bring one service into the graph, with its part of router, "
    "registry and checks", 40.0, 16.0, 100.0, "h", "assumed", "engineering judgement",
)  # fmt: skip
OFFLINE_H = Fact(
    "offline-hours", "hours to queue one command without a network, and to solve its conflicts",
    24.0, 8.0, 60.0, "h", "assumed", "engineering judgement; the same work as composing a screen",
)  # fmt: skip
SHOWN_SHARE = Fact(
    "measured-views", "share of views whose completion an app reports", 0.01, 0.001, 0.1, "ratio",
    "assumed", "enough for a p95 of an hour at some views a second; all of them cost as much as "
    "the requests themselves",
)  # fmt: skip
SLACK = Fact(
    "screen-slack", "what an objective for a complete screen leaves above what is predicted", 0.10,
    0.05, 0.30, "ratio", "assumed", "a release that is a tenth slower is looked at, not one "
    "within the error of the prediction; networks differ by more, so set it anew once measured",
)  # fmt: skip
HOOK_TRIES_S = (10.0, 60.0, 600.0, 3600.0, 6 * 3600.0, DAY, 3 * DAY)  # after the first; assumed:
# seconds for a restart, hours for a broken release, three days for a weekend
SLA_STEPS = (0.99, 0.995, 0.999, 0.9995, 0.9999)  # what contracts usually name
FACTS = (
    ACCESS_S, REFRESH_S, SESSION_S, ASSERTION_S, WORKLOAD_S, KEY_LIFE_S, KEY_OVERLAP_S,
    PARTNER_WINDOW_S, OWN_WINDOW_S, RELEASE_S, SUPPORT_S, PUBLIC_AGE_S, UNCHANGED, FIRST_CALL_S,
    SANDBOX_PER_S, QUEUE_S, QUIET_S, OPERATION_H, SCREEN_H, PARTNER_H, REPLAY_S, HOOK_ANSWER_S,
    ROOM, TOGETHER, GATEWAY_H, STREAM_H, SUBGRAPH_H, OFFLINE_H, SHOWN_SHARE, SLACK,
)  # fmt: skip
