"""How often a primary makes its log durable: once for each write that comes, not for each row."""

from __future__ import annotations

import pytest

from backend_lead.intake.backend_yaml import read_text
from backend_lead.views.resolve import resolve
from tests.analysis.streams import INGEST
from tests.logged_model import logged

MORE = "      insert: {type: write"


def test_each_write_is_a_commit_and_no_read_is() -> None:
    """A read beside the write changes nothing; a second write doubles it."""
    assert resolve(logged()).commits == {"db": pytest.approx(5_000)}
    for kind, expected in (("read", 5_000), ("write", 10_000)):
        more = f"      look: {{type: {kind}, cpu: 0.1 ms, entity: reading, shard_key: device}}\n"
        asked = "          - {query: db.insert, timeout: 200 ms}\n"
        also = asked + asked.replace("insert", "look")
        flow = resolve(logged((MORE, more + MORE), (asked, also)))
        assert flow.commits == {"db": pytest.approx(expected)}


def test_what_another_commits_is_no_commit() -> None:
    """A write that waits for nothing is part of a transaction; one that says nothing is not."""
    assert resolve(logged(("wait: 2 ms", "wait: 0 ms"))).commits == {}
    assert resolve(logged(("wait: 2 ms, ", ""))).commits == {"db": pytest.approx(5_000)}


def test_each_shard_has_a_log_of_its_own() -> None:
    """Four shards commit a quarter each; without the key, all of them commit each write."""
    shards = ("    zones: 3\n    operations", "    zones: 3\n    shards: 4\n    operations")
    assert resolve(logged(shards)).commits == {"db": pytest.approx(1_250)}
    keyless = (", shard_key: device", "")
    assert resolve(logged(shards, keyless)).commits == {"db": pytest.approx(5_000)}


def test_replicas_commit_nothing() -> None:
    """A replica replays the log of its primary: only the primary's is in the way."""
    copies = ("    zones: 3\n    operations", "    zones: 3\n    replicas: 2\n    operations")
    assert resolve(logged(copies)).commits == {"db": pytest.approx(5_000)}


def test_a_batch_is_one_commit() -> None:
    """Batches of 200 need a two-hundredth of the commits; one message at a time, one each."""
    assert resolve(read_text(INGEST).system).commits == {"db": pytest.approx(2_000 / 200)}
    alone = read_text(INGEST.replace("batch: 200", "batch: 1")).system
    assert resolve(alone).commits == {"db": pytest.approx(2_000)}
