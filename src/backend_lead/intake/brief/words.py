"""The terms a brief is searched for: whole words, slips of the keyboard forgiven."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from backend_lead.intake.brief.grammar import near
from backend_lead.intake.brief.laws import LAWS

# Whoever designs one of the known kinds of product speaks of a backend.
VERBS = ("design", "build", "architect", "plan", "develop", "create", "implement", "scale")
CLIENTS: dict[str, tuple[str, ...]] = {
    "mobile": ("mobile", "mobile app", "ios", "android", "iphone", "smartphone", "phone"),
    "web": ("web", "browser", "website", "web site", "desktop", "spa", "single page application",
            "web app", "web application"),
    "partners": ("partner", "third party", "3rd party", "integrator", "integrations",
                 "external developers", "public api", "resellers"),
}  # fmt: skip
INTENTS: dict[str, tuple[str, ...]] = {
    "api": ("api strategy", "api design", "api platform", "api layer", "api gateway", "graphql",
            "rest api", "rest patterns", "federation", "developer portal", "api versioning",
            "plan our api", "apis for", "our api", "openapi",
            "public api", "third party integrations"),
    "data": ("data layer", "data platform", "data architecture", "analytics",
             "real time processing", "stream processing", "streaming", "olap",
             "data warehouse", "lakehouse", "data lake",
             "etl", "elt", "data pipeline", "business intelligence", "data governance",
             "event streaming", "reporting", "data mesh"),
}  # fmt: skip
# Words that make a sentence one about a backend; without one, or a quantity, it is refused.
BACKEND = (
    "backend", "back end", "system", "service", "server", "api", "apis", "app", "application",
    "platform", "site", "website", "web", "architecture", "architect", "database", "data layer",
    "saas", "software", "infrastructure", "cloud", "scalable", "microservice", "monolith",
    "endpoint", "latency", "throughput", "requests", "portal", "kubernetes", "postgres", "cache",
    "url shortener", "pastebin", "rate limiter", "key value store", "file storage", "login",
    "authentication", "notification", "messenger", "queue", "cluster", "analytics", "streaming",
    "dashboard", "blog", "ingestion", "log", "pipeline", "bot",
)  # fmt: skip
# Phrases that look like a client or a domain and are not.
NEUTRAL = (
    "web service", "web server", "web scale", "web socket", "web traffic", "web hook", "web api",
    "data feed", "rss feed", "price feed", "market data feed", "feed into", "project timeline",
    "delivery timeline", "coffee shop", "phone number", "social security", "mobile network",
    "workshop",
)  # fmt: skip
# Real words one slip away from a term.
NOT_TYPOS = frozenset(
    {"shipping", "postal", "broker", "brokers", "partied", "form", "forms", "desktops",
     "portable", "mobil", "reserves", "date"}
)  # fmt: skip
OTHER_DOMAINS: dict[str, tuple[str, ...]] = {
    "ride hailing or delivery": ("ride hailing", "ride sharing", "uber", "taxi", "food delivery",
                                 "courier", "logistics"),
    "trading or insurance": ("trading", "stock exchange", "brokerage", "insurance"),
    "gaming": ("game", "gaming", "multiplayer", "leaderboard", "mmo"),
    "audio": ("spotify", "music streaming", "podcast"),
    "health care": ("health", "healthcare", "hospital", "patients", "telemedicine", "clinic"),
    "education": ("education", "learning platform", "e-learning", "students", "university", "exam"),
    "advertising": ("ad tech", "advertising", "ad server", "ads"),
    "search": ("search engine", "web search", "crawler"),
    "travel": ("airline", "flights", "hotel", "travel"),
}  # fmt: skip
_NO_KIND = "it isn't read into the model yet, so neither its load nor its cost is in the numbers"
_NOT_A_PROPERTY = "the model can't express it yet; nothing in the design guarantees it"
WEIGHTY: dict[str, tuple[str, ...]] = {
    **LAWS,
    _NO_KIND: ("blockchain", "smart contract", "gpu", "machine learning", "llm", "ai",
               "artificial intelligence", "recommendation engine", "recommendations", "video",
               "live streaming", "vector search", "websocket", "web socket", "push notifications",
               "serverless", "lambda", "mainframe", "edge computing", "full text search",
               "elasticsearch", "kafka", "rabbitmq", "kubernetes", "k8s", "mongodb",
               "cassandra", "dynamodb", "mysql",
               "image upload", "file upload", "long lived connections", "webhook", "email", "sms"),
    _NOT_A_PROPERTY: ("real time bidding", "offline first", "offline", "multi tenant",
                      "multitenant", "multi tenancy", "exactly once", "strong consistency",
                      "linearizable",
                      "strictly consistent", "end to end encryption", "zero trust", "zero downtime",
                      "active active", "active passive", "hot standby", "cqrs", "event sourcing",
                      "microservices", "on premise",
                      "on prem", "air gapped", "gcp", "google cloud", "azure", "multi cloud",
                      "zero data loss", "no data loss", "peer to peer", "audit log", "autoscaling",
                      "auto scaling", "disaster recovery", "real time"),
}  # fmt: skip
# Words that stand where a load should be, but are no number.
VAGUE = ("infinite", "infinity", "unlimited", "nan", "any number of", "countless", "a lot of users",
         "lots of users", "many users", "huge scale", "massive scale", "internet scale",
         "planet scale", "web scale", "large scale")  # fmt: skip
# Products their makers call small, and what they are taken for where no load is stated.
SMALL = ("low traffic", "little traffic", "low load", "few users", "handful of users", "small app",
         "small application", "small internal", "small tool", "small site", "small website",
         "small shop", "small business", "small service", "small project", "small scale", "tiny",
         "side project", "hobby", "hobby project", "pet project", "prototype", "mvp",
         "proof of concept", "just me", "family and friends")  # fmt: skip
# Where data must stay: words -> (residency, a region of the default provider inside it).
RESIDENCY: dict[tuple[str, str], tuple[str, ...]] = {
    ("EU", "eu-west-1"): ("eu only", "in the eu", "europe only", "european data",
                          "european residency", "within the eu", "eu residency", "in europe",
                          "european union", "gdpr", "eu data", "eu region", "inside the eu"),
    ("Germany", "eu-central-1"): ("in germany", "germany only", "german data", "within germany",
                                  "inside germany"),
    ("France", "eu-west-3"): ("in france", "within france", "france only", "french data"),
    ("United Kingdom", "eu-west-2"): ("in the uk", "within the uk", "uk only"),
    ("United States", "us-east-1"): ("in the us", "us only", "usa only", "us data", "within the us",
                                     "in the usa"),
    ("Switzerland", "eu-central-2"): ("in switzerland", "swiss data", "switzerland only"),
    ("India", "ap-south-1"): ("in india", "within india", "india only", "indian data"),
    ("Canada", "ca-central-1"): ("in canada", "within canada", "canadian data",
                                 "canadian data residency", "canada only"),
    ("Australia", "ap-southeast-2"): ("in australia", "within australia", "australia only",
                                       "australian data"),
}  # fmt: skip
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Term:
    """A term of a table found in the sentence, with its key in the table and its place."""

    key: str
    term: str
    start: int
    end: int
    words: str


@dataclass(frozen=True)
class Word:
    """A word of the sentence in lower case, with its place."""

    text: str
    start: int
    end: int


def split(text: str) -> list[Word]:
    """Words of a text; hyphens, digits' punctuation and underscores separate them."""
    return [Word(m[0].lower(), m.start(), m.end()) for m in _WORD.finditer(text)]


def find(text: str, table: Mapping[str, Sequence[str]], exact: bool = False) -> list[Term]:
    """Terms of a table in the order of the sentence, without overlap, the longest first.

    `exact`: slips of the keyboard are not forgiven.
    """
    same = _exactly if exact else _same
    words = split(text)
    index: dict[str, list[tuple[tuple[str, ...], str, str]]] = {}
    for key, terms in table.items():
        for term in terms:
            parts = tuple(w.text for w in split(term))
            index.setdefault(parts[0][0], []).append((parts, key, term))
    out, at = [], 0
    while at < len(words):
        best: tuple[int, str, str] | None = None
        for parts, key, term in index.get(words[at].text[0], ()):
            long_enough = best is None or len(parts) > best[0]
            if long_enough and same(parts, words[at : at + len(parts)]):
                best = (len(parts), key, term)
        if best is None:
            at += 1
            continue
        start, end = words[at].start, words[at + best[0] - 1].end
        out.append(Term(best[1], best[2], start, end, text[start:end]))
        at += best[0]
    return out


def _exactly(parts: tuple[str, ...], words: list[Word]) -> bool:
    return parts == tuple(w.text for w in words)


def _same(parts: tuple[str, ...], words: list[Word]) -> bool:
    return len(words) == len(parts) and all(_alike(w.text, p) for w, p in zip(words, parts))


@lru_cache(maxsize=50_000)
def _alike(word: str, wanted: str) -> bool:
    if word == wanted or (word.removesuffix("s") == wanted.removesuffix("s") and len(word) > 3):
        return True
    return word not in NOT_TYPOS and near(word, wanted)
