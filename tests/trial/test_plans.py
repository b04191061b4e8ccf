"""Plans judged, popularity, rows in the binary format: what needs no server."""

from __future__ import annotations

import os
import struct
from typing import Any

import numpy as np
import pytest

from backend_lead.trial.binary import Cells, Frame, fixed
from backend_lead.trial.hot_keys import hot_keys, top_share
from backend_lead.trial.measuring import core_s
from backend_lead.trial.plans import Plan, judged
from backend_lead.trial.popularity import groups, mixed, pairs, ranks, shares, spread
from tests.trial.stores import domain, layer_of


def told(root: dict[str, Any]) -> dict[str, str]:
    """What is said of a plan of the last orders of a customer."""
    found = layer_of(domain("ecommerce"))
    pattern = next(p for p in found.patterns if p.id == "db.list_orders")
    rows = {"orders": 1e6}
    return {f.rule: f.seen for f in judged(pattern, Plan(root, 1.0), rows, {}, found.indexes, {})}


def node(kind: str, planned: float, seen: float, *below: dict[str, Any], **more: Any) -> Any:
    return {"Node Type": kind, "Plan Rows": planned, "Actual Rows": seen, "Actual Loops": 1,
            "Plans": list(below), **more}  # fmt: skip


def test_what_spills_is_told() -> None:
    """A sort on disk and a hash in batches are told with what they used."""
    sort = node("Sort", 500, 500, **{"Sort Space Type": "Disk", "Sort Space Used": 4096})
    assert told(sort) == {"plan-spills": "4,096 kB"}
    fits = node("Sort", 500, 500, **{"Sort Space Type": "Memory", "Sort Space Used": 64})
    assert told(fits) == {}
    hashed = node("Hash", 500, 500, **{"Hash Batches": 8, "Peak Memory Usage": 4000})
    assert told(hashed) == {"plan-spills": "4,000 kB"}


def test_estimates_far_off_are_told() -> None:
    """Ten times off for rows that matter; what a limit cut short is no mistake."""
    off = node("Index Scan", 1, 5000)
    assert told(off) == {"plan-estimate": "5000 times off"}
    assert told(node("Index Scan", 1, 50)) == {}
    assert told(node("Limit", 10, 10, node("Index Scan", 9000, 10))) == {}


def test_reading_all_is_told_where_few_rows_are_wanted() -> None:
    """A whole table for few rows names the missing index; a small table, or most rows, is right."""

    def scan(seen: float, dropped: float) -> Any:
        return node("Seq Scan", seen, seen,
                    **{"Relation Name": "orders", "Rows Removed by Filter": dropped})  # fmt: skip

    assert list(told(scan(3, 999_997))) == ["index-missing"]
    assert told(scan(600_000, 400_000)) == {}


def test_popularity_follows_zipf() -> None:
    """Ranks are drawn in proportion to (r + 1) ** -skew; places are one to one."""
    drawn = ranks(shares(mixed(np.arange(400_000), 3)), 1000, 0.8)
    seen = np.bincount(drawn, minlength=1000) / len(drawn)
    due = np.arange(1, 1001) ** -0.8
    due /= due.sum()
    assert seen[100:200].sum() == pytest.approx(due[100:200].sum(), rel=0.05)
    assert seen[0] > 2 * seen[5] > 0
    assert len(set(spread(np.arange(1000), 1000).tolist())) == 1000
    assert top_share(1000, 0.8) == pytest.approx(due[0], rel=0.01)
    assert top_share(1e6, 1.0) == pytest.approx(1 / (np.log(1e6) + 0.5772), rel=0.01)


@pytest.mark.parametrize("skew", [0.0, 0.5, 1.0, 1.5])
def test_pairs_come_once(skew: float) -> None:
    """However skewed, no pair comes twice, and no parent has more rows than there are others."""
    start = groups(5000, 300, 120, skew)
    one, other = pairs(np.arange(5000), start, 120)
    assert len(set(zip(one.tolist(), other.tolist(), strict=True))) == 5000
    assert np.bincount(one).max() <= 120 and other.max() < 120


def test_rows_as_copy_takes_them() -> None:
    """Number of fields, then each with its length; null has length -1 and no bytes."""
    texts = Cells(np.frombuffer(b"abcdefgh", np.uint8).reshape(2, 4), np.array([1, 4], np.int32))
    empty = Cells(np.zeros((2, 3), np.uint8), None, np.array([True, False]))
    columns = [fixed(np.array([7, -1]), ">i4"), texts, empty]
    first = struct.pack(">hii", 3, 4, 7) + struct.pack(">i", 1) + b"a" + struct.pack(">i", -1)
    second = (struct.pack(">hii", 3, 4, -1) + struct.pack(">i", 4) + b"efgh"
              + struct.pack(">i", 3) + bytes(3))  # fmt: skip
    frame = Frame(columns, 5)
    assert frame.rows(columns, 2) == first + second
    again = [fixed(np.array([7]), ">i4"), Cells(texts.octets[:1], np.array([1], np.int32)),
             Cells(empty.octets[:1], None, np.array([True]))]  # fmt: skip
    assert frame.rows(again, 1) == first


def test_a_process_tells_its_time_on_a_core() -> None:
    """Work shows in it; what does not exist has none."""
    before = core_s(os.getpid())
    assert before is not None
    sum(range(3_000_000))
    after = core_s(os.getpid())
    assert after is not None and after > before
    assert core_s(2**22 + 1) is None


def test_a_hot_row_is_told() -> None:
    """Where one row is written more often than its lock allows, the write is named."""
    content = domain("ecommerce")
    assert list(hot_keys(layer_of(content), layer_of(content).patterns)) == []
    content["entities"]["product"]["skew"] = 1.6
    content["components"]["db"]["operations"]["reserve_stock"]["wait"] = "8 ms"
    content["workload"]["clients"]["web"]["users"] = 400_000
    hot = layer_of(content)
    found = {f.place.path: f for f in hot_keys(hot, hot.patterns)}
    assert "components.db.operations.reserve_stock" in found
    assert "writes/s" in found["components.db.operations.reserve_stock"].seen
