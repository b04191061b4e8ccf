"""Reading a model with the catalogue: what kinds, machines, roles and sane values allow."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from backend_lead.analysis.lowering import lower
from backend_lead.analysis.solver import solve
from backend_lead.app.model_file import read_checked, read_checked_text
from backend_lead.catalog.domains import domains, load
from backend_lead.emit.model.backend_yaml import fresh
from backend_lead.model.finding import Finding, InvalidInput
from backend_lead.model.system import System
from backend_lead.views.resolve import resolve
from tests.app.good_model import GOOD, changed, line_of

SEED, TRIES = 7, 150


def refused(text: str) -> list[Finding]:
    with pytest.raises(InvalidInput) as caught:
        read_checked_text(text, "shop.yaml")
    return caught.value.findings


def test_a_good_model_is_read_without_findings() -> None:
    """A model with every kind has nothing to tell and can be resolved and lowered."""
    reading = read_checked_text(GOOD)
    assert reading.findings == []
    lower(resolve(reading.system))


@pytest.mark.parametrize("name", domains())
def test_reference_domains_are_accepted(name: str) -> None:
    """Every reference domain, written as a model file, is read without findings."""
    text = fresh(System.model_validate(load(name).system()))
    assert read_checked_text(text).findings == []


CACHED = """\
            entity: item
            timeout: 50 ms
            miss:
              - {query: db.list_items, timeout: 500 ms}
"""
UNKNOWN_ENTITY = "            miss: [{call: pricing.quote, timeout: 1 s}]\n"
STORE, STORE_ZONES = "    zones: 3\n    operations", "    zones: 3\n    {}\n    operations"
# old text, new text, rule, where the finding stands (text of its line), what must be in it
BAD = [
    ("kind: postgres", "kind: postgress", "model-unknown-kind", "kind: postgress",
     ["did you mean `postgres`?", "http-service", "redis"]),
    ("kind: cdn", "kind: mainframe", "model-unknown-kind", "kind: mainframe", ["cdn", "postgres"]),
    ("{kind: load-balancer, zones: 3}", "{kind: load-balancer, instance: m7g.large}",
     "model-field-not-taken", "lb: {", ["instance", "delay"]),
    ("kind: postgres\n", "kind: postgres\n    pool: 20\n", "model-field-not-taken", "pool: 20",
     ["did you mean `pooler`?", "replicas"]),
    ("    instance: m7g.large\n", "", "model-field-missing", "  app:", ["instance", "m7g.large"]),
    ("kind: redis, instance: cache.m7g.large,", "kind: redis,", "model-field-missing",
     "item-cache: {kind", ["cache.m7g.large"]),
    ("m7g.large", "m7g.lrage", "model-unknown-machine", "m7g.lrage", ["did you mean `m7g.large`?"]),
    ("db.m7g.xlarge", "db.z9.huge", "model-unknown-machine", "db.z9.huge", ["db.m7g.*"]),
    ("db.m7g.xlarge", "m7g.xlarge", "model-machine-class", "instance: m7g.xlarge",
     ["db.*", "did you mean `db.m7g.xlarge`?"]),
    ("cache.m7g.large", "db.m7g.large", "model-machine-class", "instance: db.m7g.large",
     ["cache.*", "did you mean `cache.m7g.large`?"]),
    ("instance: m7g.large", "instance: cache.m7g.large", "model-machine-class",
     "instance: cache.m7g.large", ["plain machine", "did you mean `m7g.large`?"]),
    ("lb: {kind: load-balancer, zones: 3}", "lb: {kind: load-balancer, zones: 4}", "model-zones",
     "zones: 4", ["4 zones", "1 to 3"]),
    ("entry: [edge, lb]", "entry: [edge, app]", "model-entry-role", "entry:", ["edge, lb"]),
    ("entry: [edge, lb]", "entry: [lb, lb]", "model-entry-twice", "entry:", ["twice"]),
    ("- invalidate: item-cache", "- invalidate: db", "model-step-role", "invalidate: db",
     ["needs a cache", "relational store", "item-cache"]),
    ("- read: item-cache", "- read: pricing", "model-step-role", "read: pricing",
     ["asked with call", "item-cache"]),
    ("{call: pricing.quote, timeout: 300 ms}", "{cpu: 1 ms}", "model-parallel", "- {cpu: 1 ms}",
     ["only calls and queries", "before or after"]),
    ("{call: pricing.quote, timeout: 300 ms}", "{invalidate: item-cache}", "model-parallel",
     "- {invalidate: item-cache}", ["only calls and queries"]),
    (CACHED, UNKNOWN_ENTITY, "model-cache-entity", "read: item-cache", ["entity", "hit_ratio"]),
    ("- cpu: 1 ms\n          - read", "- cpu: 11 s\n          - read", "model-absurd", "cpu: 11 s",
     ["11 s", "to 10 s"]),
    ("quote: {does: [cpu: 1 ms]}", "quote: {does: [cpu: 0 s]}", "model-absurd", "quote:", ["0 s"]),
    ("- wait: 20 ms", "- wait: 0 ms", "model-absurd", "- wait: 0 ms", ["0 s"]),
    ("- wait: 20 ms", "- wait: 2 h", "model-absurd", "- wait: 2 h", ["to 10 min"]),
    ("count: 6", "count: 20000", "model-absurd", "count: 20000", ["20,000", "1 to 10,000"]),
    ("concurrency: 256", "concurrency: 500000", "model-absurd", "concurrency: 5", ["1 to 100,000"]),
    ("ttl: 10 min", "ttl: 10 ns", "model-absurd", "ttl: 10 ns", ["1 ms"]),
    ("ttl: 10 min", "memory: 8 TiB", "model-memory", "memory: 8 TiB", ["8 GiB"]),
    ("skew: 0.8", "skew: 80", "model-absurd", "skew: 80", ["0 to 5"]),
    ("think_time: 10 s", "think_time: 10 y", "model-absurd", "think_time: 10 y", ["30 d"]),
    ("users: 10k, think_time: 10 s", "users: 1T, think_time: 1 ms", "model-absurd", "users: 1T",
     ["1G/s", "longer think_time"]),
    ("timeout: 2 s,", "timeout: 3 d,", "model-absurd", "timeout: 3 d", ["1 h"]),
    ("row: 2 kB", "row: 2 TB", "model-absurd", "row: 2 TB", ["1 GB"]),
    (STORE, STORE_ZONES.format("shards: 4096\n    replicas: 64"), "model-absurd",
     "shards: 4096", ["machines", "10,000"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "rule", "at", "words"), BAD)
def test_what_the_catalogue_does_not_allow_is_told_with_its_line(
    old: str, new: str, rule: str, at: str, words: list[str]
) -> None:
    """Each fault names its rule, file and line, what was seen, what is allowed, what to try."""
    text = changed((old, new))
    found = [f for f in refused(text) if f.rule == rule]
    assert found, f"no {rule}"
    finding = found[0]
    assert (finding.level, finding.place.file) == ("error", "shop.yaml")
    assert finding.place.line == line_of(text, at)
    assert finding.place.path and finding.seen and finding.allowed and finding.hint
    said = " ".join((finding.message, finding.seen, finding.allowed, finding.hint))
    assert all(word in said for word in words), said


# changes to the good model, rule, text of the line
WARNED = [
    ("region: us-east-1", "region: mars-1", "model-no-prices", "region: mars-1"),
    ("provider: aws", "provider: acme", "model-no-prices", "provider: acme"),
    ("zones: 3}\nbudget", "zones: 3, regions: 2}\nbudget", "model-one-region", "regions: 2"),
    (STORE, STORE_ZONES.format("shards: 4"), "model-no-shard-key", "      list_items: {type"),
    (STORE, STORE_ZONES.format("shards: 32"), "model-pool-small", "pool: 16"),
    ("- parallel:", "- timeout: 1 s\n            parallel:", "model-manner-unused",
     "- timeout: 1 s"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "rule", "at"), WARNED)
def test_what_is_allowed_but_doubtful_is_a_warning(old: str, new: str, rule: str, at: str) -> None:
    """Places without prices, statements that ask all shards and the like do not stop a model."""
    text = changed((old, new))
    found = [f for f in read_checked_text(text, "shop.yaml").findings if f.rule == rule]
    assert found and found[0].level == "warning"
    assert found[0].place.line == line_of(text, at)


def test_all_faults_are_told_at_once() -> None:
    """Dangling references and what the catalogue does not allow come in one answer, by line."""
    text = changed(("[app.order]", "[app.ordr]"), ("m7g.large", "m7g.lrage"),
                   ("kind: postgres", "kind: postgress"), ("count: 6", "count: 60000"))  # fmt: skip
    found = [f for f in refused(text) if f.level == "error"]
    assert {f.rule for f in found} >= {
        "model-unknown-reference", "model-unknown-machine", "model-unknown-kind", "model-absurd",
    }  # fmt: skip
    assert [f.place.line for f in found] == sorted(f.place.line for f in found)


def test_a_circle_of_calls_is_told_once() -> None:
    """Calls that go round are a circle, not also a long chain."""
    text = changed(("quote: {does: [cpu: 1 ms]}", "quote: {does: [call: app.get_item]}"))
    assert [f.rule for f in refused(text)] == ["model-cycle"]


def test_a_chain_of_calls_that_is_too_long_is_told() -> None:
    """Fifty services one below the other are refused instead of ending in a deep recursion."""
    chain = "".join(
        f"  s{i}:\n    kind: http-service\n    instance: m7g.large\n"
        f"    endpoints: {{e: {{does: [{{call: s{i + 1}.e}}]}}}}\n"
        for i in range(50)
    )
    last = "  s50: {kind: http-service, instance: m7g.large, endpoints: {e: {does: [cpu: 1 ms]}}}\n"
    text = changed(("{call: pricing.quote,", "{call: s0.e,"), ("  db:\n", chain + last + "  db:\n"))
    assert [f.rule for f in refused(text) if f.level == "error"] == ["model-calls-deep"]


def doubled(levels: int) -> str:
    """A model in which each service asks the next one twice."""
    chain = "".join(
        f"  s{i}:\n    kind: http-service\n    instance: m7g.large\n"
        f"    endpoints: {{e: {{does: [{{call: s{i + 1}.e}}, {{call: s{i + 1}.e}}]}}}}\n"
        for i in range(levels)
    )
    last = f"  s{levels}: {{kind: http-service, instance: m7g.large, " + (
        "endpoints: {e: {does: [cpu: 1 us]}}}\n")  # fmt: skip
    return changed(("{call: pricing.quote,", "{call: s0.e,"), ("  db:\n", chain + last + "  db:\n"))


def test_calls_that_double_at_each_step_are_bounded() -> None:
    """Thirteen steps, 8,192 calls of the last, are read; thirty are refused."""
    assert [f.rule for f in refused(doubled(30)) if f.level == "error"] == ["model-calls-many"]
    reading = read_checked_text(doubled(13), "shop.yaml")
    assert not [f for f in reading.findings if f.level == "error"]


def test_a_file_is_read_as_its_text_is(tmp_path: Path) -> None:
    """From a file come the same system and the same findings, under the file's name."""
    path = tmp_path / "backend.yaml"
    path.write_text(GOOD)
    assert read_checked(path).system == read_checked_text(GOOD).system
    text = changed(("[app.order]", "[app.ordr]"), ("count: 6", "count: 60000"))
    path.write_text(text)
    with pytest.raises(InvalidInput) as caught:
        read_checked(path)
    rules = [f.rule for f in caught.value.findings]
    assert {"model-unknown-reference", "model-absurd"} <= set(rules)
    assert {f.place.file for f in caught.value.findings} == {str(path)}
    with pytest.raises(InvalidInput) as caught:
        read_checked(tmp_path / "absent.yaml")
    assert [f.rule for f in caught.value.findings] == ["file-missing"]


DURATIONS = ["0 s", "1 ns", "1 us", "1 ms", "10 ms", "3 s", "10 min", "2 h", "20 d", "50 y"]
BYTES = ["0 B", "1 B", "4 kB", "900 MB", "8 GiB", "1 TB", "900 PB"]
NUMBERS = ["0", "1", "2", "3", "5", "64", "1000", "5000", "1M", "1G", "100G", "1e-9", "-1"]
SHARES = ["0%", "0.001%", "50%", "99.99%", "100%", "101%"]
NAMES = ["app", "db", "item-cache", "pricing", "lb", "edge", "item", "purchase"]
REFS = ["app.order", "app.list_items", "pricing.quote", "db.item_by_id", "db.insert_order"]
WORDS = ["postgres", "redis", "cdn", "load-balancer", "http-service", "read", "write", "true"]
MACHINES = ["m7g.large", "c8g.24xlarge", "db.m7g.large", "cache.r7g.large", "db.r7i.48xlarge"]
ALIKE = [DURATIONS, BYTES, SHARES, NUMBERS, REFS, MACHINES, NAMES, WORDS]
FORMS = [r"[\d.]+ (ns|us|ms|s|min|h|d|y)", r"[\d.]+ [kMGTP]?i?B", r"[\d.]+%", r"[\d.]+[kMG]?",
         r"[a-z]+\.[a-z_]+", r"[a-z]*\.?[a-z]\d[a-z]\.[a-z0-9]+", r"[a-z-]+"]  # fmt: skip
ADDED = [
    "shards: 2", "shards: 40", "replicas: 2", "pooler: {size: 30}", "zones: 1", "zones: 2",
    "pool: 1", "retries: 3", "optional: true", "hit_ratio: 0%", "hit_ratio: 100%",
    "memory: 1 MB", "detect: 0 s", "failover: 5 s", "storage: 1 GB", "shard_key: user_id",
    "stale_ok: true", "queue: 0", "wait: 5 ms", "balance: round-robin", "balance: random",
    "timeout: 1 us", "edge_cache: 100%", "delay: 0 s", "cpu: 10 us", "count: 1",
    "retention: 1 y", "regions: 2", "skew: 0", "skew: 1", "entity: item",
]  # fmt: skip


def test_whatever_is_accepted_can_be_resolved_lowered_and_solved() -> None:
    """Each of many random changes is refused in words, or carried through all passes."""
    rng = random.Random(SEED)
    accepted = 0
    for _ in range(TRIES):
        text = GOOD
        for _ in range(rng.randint(1, 2)):
            text = _mutated(text, rng)
        try:
            reading = read_checked_text(text)
        except InvalidInput:
            continue
        accepted += 1
        flow = resolve(reading.system)
        lower(flow)
        solve(flow)
    assert accepted > TRIES / 10


def _mutated(text: str, rng: random.Random) -> str:
    """One value replaced by another, mostly of its own form, or one key added."""
    if rng.random() < 0.7:
        spot = rng.choice(list(re.finditer(r"(?<=: )[^\s,{}\[\]][^,{}\[\]\n]*", text)))
        forms = (n for n, form in enumerate(FORMS) if re.fullmatch(form, spot[0]))
        number = next(forms, 0) if rng.random() < 0.9 else rng.randrange(len(ALIKE))
        return text[: spot.start()] + rng.choice(ALIKE[number]) + text[spot.end() :]
    spot = rng.choice(list(re.finditer(r"\{(?=[a-z_]+: )|(?<=\n)    (?=kind)", text)))
    joint = ", " if spot[0] == "{" else "\n    "
    return text[: spot.end()] + rng.choice(ADDED) + joint + text[spot.end() :]
