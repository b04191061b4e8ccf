"""A system to draw and write about: a monolith for a million users. Its numbers are made up."""

from __future__ import annotations

from typing import Any

from backend_lead.model.system import System

BRIEF = "Design a backend system that can handle 1 million concurrent users"


def _assumed(value: str, low: str, high: str, why: str) -> dict[str, Any]:
    return {"value": value, "range": [low, high], "origin": "assumed", "why": why}


def _document() -> dict[str, Any]:
    return {
        "backend": "million-users",
        "title": "A backend for one million concurrent users",
        "brief": BRIEF,
        "domain": "shop",
        "workload": {
            "clients": {
                "mobile": {
                    "title": "Mobile apps",
                    "users": "650k",
                    "think_time": _assumed("10 s", "5 s", "20 s", "reading pace of a list page"),
                    "timeout": "2 s",
                    "retries": 1,
                    "journeys": {"browse": "80%", "buy": "5%", "account": "15%"},
                },
                "web": {
                    "title": "Browsers",
                    "users": "350k",
                    "think_time": _assumed("12 s", "5 s", "25 s", "reading pace of a page"),
                    "journeys": {"browse": "90%", "buy": "5%", "account": "5%"},
                },
            },
            "peak": {"factor": 3},
            "entry": ["edge", "balancer"],
        },
        "journeys": {
            "browse": {
                "title": "Browse the catalogue",
                "steps": ["app.list_products", "app.get_product", "app.list_recommendations"],
            },
            "buy": {"title": "Buy", "steps": ["app.add_to_cart", "app.place_order"]},
            "account": {"title": "Look at the account", "steps": ["app.get_profile"]},
        },
        "components": {
            "edge": {"kind": "cdn", "title": "CDN"},
            "balancer": {"kind": "load-balancer", "title": "Load balancer", "zones": 3},
            "app": {
                "kind": "http-service",
                "title": "Application",
                "instance": "m7g.2xlarge",
                "count": 90,
                "zones": 3,
                "concurrency": 64,
                "origins": {"count": "decision 0001"},
                "endpoints": {
                    "list_products": {
                        "edge_cache": "60%",
                        "response": "18 kB",
                        "does": [
                            {"cpu": _assumed("2 ms", "1 ms", "5 ms", "JSON of 20 rows")},
                            {"read": "product-cache", "miss": [{"query": "orders-db.by_category"}]},
                        ],
                    },
                    "get_product": {
                        "does": [
                            {"cpu": "1 ms"},
                            {"read": "product-cache", "miss": [{"query": "orders-db.by_id"}]},
                        ],
                    },
                    "list_recommendations": {
                        "does": [
                            {"cpu": "3 ms"},
                            {"call": "recommender.rank", "optional": True, "timeout": "80 ms"},
                        ],
                    },
                    "add_to_cart": {
                        "writes": True,
                        "does": [{"cpu": "1 ms"}, {"query": "orders-db.upsert_cart"}],
                    },
                    "place_order": {
                        "writes": True,
                        "does": [
                            {"cpu": "4 ms"},
                            {"query": "orders-db.insert_order"},
                            {"wait": "40 ms"},
                        ],
                    },
                    "get_profile": {
                        "does": [{"cpu": "1 ms"}, {"query": "orders-db.profile_by_id"}],
                    },
                },
            },
            "recommender": {
                "kind": "http-service",
                "title": "Recommender",
                "instance": "c7g.xlarge",
                "count": 24,
                "zones": 3,
                "endpoints": {"rank": {"does": [{"cpu": "6 ms"}]}},
            },
            "product-cache": {
                "kind": "redis",
                "title": "Product cache",
                "instance": "cache.r7g.large",
                "shards": 3,
                "replicas": 1,
                "zones": 3,
                "memory": "8 GiB",
                "ttl": "10 min",
                "hit_ratio": _assumed("92%", "80%", "97%", "Zipf popularity, 10 min to live"),
            },
            "orders-db": {
                "kind": "postgres",
                "title": "Orders database",
                "instance": "db.r7g.4xlarge",
                "shards": 8,
                "replicas": 1,
                "zones": 3,
                "pool": 20,
                "storage": "4 TiB",
                "operations": {
                    "by_category": {"type": "read", "cpu": "1.2 ms"},
                    "by_id": {"type": "read", "cpu": "0.2 ms"},
                    "profile_by_id": {"type": "read", "cpu": "0.2 ms"},
                    "upsert_cart": {"type": "write", "cpu": "0.5 ms"},
                    "insert_order": {"type": "write", "cpu": "0.9 ms"},
                },
            },
        },
        "slos": [{"p99": "200 ms", "availability": "99.9%", "recover_within": "60 s"}],
        "topology": {"provider": "aws", "region": "us-east-1", "zones": 3},
    }


def sample_system(without: str = "") -> System:
    """The system, or the same without one component and every step that uses it."""
    document = _document()
    components = document["components"]
    components.pop(without, None)
    workload = document["workload"]
    workload["entry"] = [name for name in workload["entry"] if name != without]
    for component in components.values():
        for endpoint in component.get("endpoints", {}).values():
            endpoint["does"] = [s for s in endpoint["does"] if not _uses(s, without)]
    return System.model_validate(document)


def _uses(step: dict[str, Any], name: str) -> bool:
    targets = [str(step[verb]).partition(".")[0] for verb in ("call", "query", "read")
               if verb in step]  # fmt: skip
    return bool(name) and name in targets
