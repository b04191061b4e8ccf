"""What a model says of keys: read, told where it does nothing, refused where no run could do it."""

from __future__ import annotations

import pytest

from backend_lead.analysis.lowering import lower
from backend_lead.app.model_file import read_checked_text
from backend_lead.model.finding import Finding, InvalidInput
from backend_lead.views.resolve import resolve
from tests.app.good_model import line_of

MODEL = """\
backend: keys
workload:
  clients: {api: {rate: 10/s, journeys: {ask: 100%}}}
  peak: {factor: 1}
journeys: {ask: {steps: [app.ask]}}
components:
  app:
    kind: http-service
    instance: m7g.large
    count: 2
    endpoints:
      ask:
        does:
          - {read: cache, entity: item, miss: [query: db.read]}
          - {read: cache, entity: user, miss: [query: db.read]}
  cache:
    kind: redis
    instance: cache.m7g.large
    ttl: 1 min
    keeps: {keys: exact, evict: lru, renew: true}
  db:
    kind: postgres
    instance: db.m7g.large
    operations: {read: {type: read, cpu: 1 ms, entity: item}}
entities:
  item: {store: db, row: 1 kB, rows: 1k, skew: 1}
  user: {store: db, row: 1 kB, rows: 1k}
slos: [{journey: "*", p99: 300 ms, availability: 99%}]
"""


def told(*changes: tuple[str, str]) -> list[Finding]:
    text = MODEL
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    try:
        return read_checked_text(text, "backend.yaml").findings
    except InvalidInput as err:
        return [finding for finding in err.findings if finding.level == "error"]


def test_a_model_with_exact_keys_reads_clean() -> None:
    """All words of keys together are nothing to be told of."""
    assert told() == []


ITEM, USER = "entity: item, miss: [query: db.read]", "entity: user, miss: [query: db.read]"
SKEWED = (
    "user: {store: db, row: 1 kB, rows: 1k}",
    "user: {store: db, row: 1 kB, rows: 1k, skew: 1}",
)
FEW = (SKEWED[0], "user: {store: db, row: 1 kB, rows: 3}")  # of four partitions
BUS = (
    "entities:\n", "  bus: {kind: kafka, instance: m7g.large, count: 3, topics: {m: {message: 1 kB,"
    " partitions: 4, key: user}}}\nentities:\n",
)  # fmt: skip
REFUSED = [
    ([("rows: 1k, skew", "rows: 1M, skew")], "keeps:", ["1,000,000", "200,000", "by-age"]),
    ([("ttl: 1 min", "ttl: 1 min\n    shards: 300")], "keeps:", ["300 shards", "200,000"]),
    ([("evict: lru", "evict: lfu"), ("rows: 1k, skew", "rows: 100k, skew")], "keeps:",
     ["4,096", "evict: lru"]),
    ([(ITEM, ITEM.replace("query: db.read", f"{{read: cache, {USER}}}"))],
     "entity: item, miss", ["while `item` is fetched", "endpoint"]),
    ([("ask:\n        does:\n", "ask:\n        does:\n          - {read: cache, coalesce: true, "
       + ITEM + "}\n")], "{read: cache, entity: item", ["all of them do or none"]),
    ([(ITEM, ITEM.replace("query: db.read", "publish: bus.m")), BUS, SKEWED], "entity: item, miss",
     ["`bus.m` goes by the row of `user` while `item`", "publish"]),
    ([(ITEM, ITEM.replace("query: db.read", "publish: bus.m")), BUS, FEW], "entity: item, miss",
     ["`bus.m` goes by the row of `user` while `item`", "publish"]),
    ([(ITEM, ITEM.replace("db.read", "db.read, query: db.other")),
      ("operations: {", "shards: 2\n    operations: {other: {type: read, cpu: 1 ms, entity: user, "
       "shard_key: user}, "), SKEWED], "entity: item, miss", ["`db.other` goes by", "query"]),
    ([(ITEM, ITEM.replace("query: db.read", "{invalidate: cache, entity: user}"))],
     "entity: item, miss", ["`cache` goes by the row of `user`", "invalidate"]),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "at", "words"), REFUSED)
def test_keys_that_no_run_could_keep_are_refused(
    changes: list[tuple[str, str]], at: str, words: list[str]
) -> None:
    """At its line, with what was seen, what is allowed and what to say instead."""
    findings = told(*changes)
    assert {finding.rule for finding in findings} == {"model-keys"}
    text = MODEL
    for old, new in changes:
        text = text.replace(old, new, 1)
    finding = findings[0]
    said = " ".join((finding.message, finding.seen, finding.allowed, finding.hint))
    assert all(word in said for word in words), said
    assert finding.place.line == line_of(text, at)


FOR_NOTHING = [
    ([("    ttl: 1 min\n", "")], "renew"),
    ([("ttl: 1 min", "hit_ratio: 90%")], "keys"),
    ([(ITEM + "}", ITEM + "}\n          - {call: other.ask, entity: item}"),
      ("  cache:\n", "  other:\n    kind: http-service\n    instance: m7g.large\n    endpoints: "
       "{ask: {does: [cpu: 1 ms]}}\n  cache:\n")], "entity"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "word"), FOR_NOTHING)
def test_words_that_do_nothing_are_told(changes: list[tuple[str, str]], word: str) -> None:
    """As a warning, where they stand."""
    found = [(f.rule, f.level, f.seen) for f in told(*changes)]
    assert ("model-manner-unused", "warning", word) in found


def test_what_keeps_keys_is_a_cache() -> None:
    """Other kinds have no such word."""
    changed = ("operations: {read", "keeps: {keys: exact}\n    operations: {read")
    assert any(finding.seen.startswith("keeps") for finding in told(changed))


BUS = """\
  bus:
    kind: kafka
    instance: m7g.large
    count: 3
    topics: {things: {message: 1 kB, key: KEY}}
entities:
"""


@pytest.mark.parametrize(
    ("key", "near"), [("itemm", "item"), ("users", "user"), ("item", ""), ("tenant", "")]
)
def test_a_key_that_is_nearly_an_entity_is_told(key: str, near: str) -> None:
    """A misspelt entity as the key of a topic or of shards; any other word may be one."""
    topic = told(("entities:\n", BUS.replace("KEY", key)))
    shard = told(("cpu: 1 ms, entity: item", f"cpu: 1 ms, entity: item, shard_key: {key}"))
    for found in (topic, shard):
        about = [one for one in found if "no entity" in one.message]
        assert [one.hint for one in about] == ([f"did you mean `{near}`?"] if near else [])
        assert all(one.level == "warning" and one.seen == key for one in about)


def test_a_stated_hit_ratio_is_not_overridden_by_exact_keys() -> None:
    """The ratio holds, and no run makes items for rows that it never looks up."""
    text = MODEL.replace("ttl: 1 min", "hit_ratio: 50%").replace("rows: 1k", "rows: 30M")
    text = text.replace(", evict: lru, renew: true", "")
    lowered = lower(resolve(read_checked_text(text, "backend.yaml").system))
    assert len(lowered.program.shelf) == len(lowered.program.item) == 0
    assert set(lowered.program.hit.tolist()) == {0.5}
