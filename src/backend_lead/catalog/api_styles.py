"""When a style of API is worth its price: thresholds with reasons, and what each style adds.

Nobody publishes such thresholds with evidence. They are assumptions, written down so that they can
be argued with, and so that the same figures always give the same recommendation.
"""

from __future__ import annotations

from backend_lead.catalog.fact import Fact

GAIN_SHARE = Fact(
    "gain-share", "how much shorter the p95 of a screen must get", 0.20, 0.10, 0.35, "ratio",
    "assumed", "less is lost in the differences between phones and places",
)  # fmt: skip
GAIN_S = Fact(
    "gain-time", "and by how much at least", 0.050, 0.030, 0.150, "s", "assumed",
    "J. Nielsen, Usability Engineering (1993), chapter 5: 0.1 s feels instantaneous; half of it is "
    "the least worth building for",
)  # fmt: skip
GAIN_VIEWS = Fact(
    "gain-views", "share of an audience's views that must gain", 0.25, 0.10, 0.50, "ratio",
    "assumed", "a layer that helps one view in ten costs more than it gives",
)  # fmt: skip
OWN_LAYER_TEAM = Fact(
    "layer-team", "engineers before a layer for one audience is a deployable of its own", 6.0, 4.0,
    10.0, "people", "assumed",
    "someone must own, deploy and be called for it; S. Newman, Building Microservices (2nd edition "
    "2021), chapter 14: a BFF belongs to the team of its user interface",
)  # fmt: skip
GRAPH_SERVICES = Fact(
    "graph-services", "services whose data the screens of an audience mix", 3.0, 2.0, 4.0,
    "services", "assumed", "with one or two, a hand-written composition is shorter than a schema",
)  # fmt: skip
GRAPH_TEAM = Fact(
    "graph-team", "engineers before a graph", 8.0, 5.0, 12.0, "people", "assumed",
    "schema reviews, cost limits and persisted operations need somebody's days every week",
)  # fmt: skip
FEDERATION_SERVICES = Fact(
    "federation-services", "services that own entities before their graph is federated", 3.0, 3.0,
    6.0, "services", "assumed", "below it one schema in one repository has no queue of changes",
)  # fmt: skip
FEDERATION_TEAM = Fact(
    "federation-team", "engineers before a federated graph", 15.0, 12.0, 30.0, "people", "assumed",
    "three teams of five that release on their own; with fewer, a router, a registry and "
    "composition checks serve one team that could have edited one file",
)  # fmt: skip
LAYER_S = Fact(
    "layer-time", "time a composing layer adds to a request", 2e-3, 0.5e-3, 8e-3, "s", "assumed",
    "reading, joining and writing some 100 kB of JSON on one core",
)  # fmt: skip
ROUTER_S = Fact(
    "router-time", "time a graph's router adds: plan, checks, joining", 5e-3, 1e-3, 15e-3, "s",
    "assumed", "plans of persisted operations are kept; joining answers of subgraphs is not free",
)  # fmt: skip
BATCHED_SHARE = Fact(
    "batched-share", "work of one more item in a batch, over a request of its own", 0.3, 0.05, 1.0,
    "ratio", "assumed", "the statement is shared, rows and mapping are not; 1 where nothing is",
)  # fmt: skip
LAYER_H = Fact(
    "layer-hours", "hours a month for a layer of one audience", 16.0, 8.0, 40.0, "h", "assumed",
    "changes with every screen, alerts, releases; engineering judgement",
)  # fmt: skip
GRAPH_H = Fact(
    "graph-hours", "hours a month for a graph", 40.0, 16.0, 80.0, "h", "assumed",
    "schema reviews, cost limits, persisted operations, clients' tooling; engineering judgement",
)  # fmt: skip
FEDERATION_H = Fact(
    "federation-hours", "hours a month for a router and a registry on top", 60.0, 24.0, 160.0, "h",
    "assumed", "composition checks, router upgrades, plans that regress; engineering judgement",
)  # fmt: skip
COMPOSED_H = Fact(
    "composed-hours", "hours a month to keep one composed screen in step with its clients", 2.0,
    0.5, 6.0, "h", "assumed", "a screen changes some times a year, and with it the operation that "
    "answers it; engineering judgement",
)  # fmt: skip
QUERY_H = Fact(
    "query-hours", "hours to write the query of one screen for a graph and move its clients", 8.0,
    3.0, 20.0, "h", "assumed", "the app's own work, without the composing that the graph does; "
    "engineering judgement",
)  # fmt: skip
WEIGHED_MONTHS = Fact(
    "weighed-months", "months over which the hours of two styles are added up", 24.0, 12.0, 36.0,
    "months", "assumed", "what is built now is rarely planned for longer",
)  # fmt: skip
FACTS = (
    GAIN_SHARE, GAIN_S, GAIN_VIEWS, OWN_LAYER_TEAM, GRAPH_SERVICES, GRAPH_TEAM, FEDERATION_SERVICES,
    FEDERATION_TEAM, LAYER_S, ROUTER_S, BATCHED_SHARE, LAYER_H, GRAPH_H, FEDERATION_H,
    COMPOSED_H, QUERY_H, WEIGHED_MONTHS,
)  # fmt: skip
