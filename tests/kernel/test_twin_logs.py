"""The plain reading of Logs: who reads a copy that is behind what was just written."""

from __future__ import annotations

import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel import twin

from .case import MS, NS_PER_MS, Case

LAG_MS = 5


class Written(Case):
    """A case with a log, and two keys that requests may draw for certain."""

    def __init__(self) -> None:
        super().__init__()
        self.log_row = self.log(2, LAG_MS * MS)
        self.one, self.other = self.keys([1]), self.keys([0, 1])

    def write(self, ms: float, keys: int) -> None:
        self.ask(self.wait(ms), ("key", keys), ("note", self.log_row))

    def read(self, ms: float, keys: int) -> None:
        self.ask(self.wait(ms), ("key", keys), ("look", self.log_row))

    def counts(self, warmup_ms: float = 0) -> tuple[int, int, int]:
        (counts,) = twin.run(self.build(), seed=1, until_ns=1000 * NS_PER_MS,
                             warmup_ns=round(warmup_ms * NS_PER_MS)).logs  # fmt: skip
        return counts


@pytest.mark.parametrize(("ms", "stale"), [(9, 0), (10.5, 1), (14.9, 1), (15.1, 0), (100, 0)])
def test_a_read_within_the_lag_of_a_write_is_stale(ms: float, stale: int) -> None:
    """The key is written at 10 ms and copies are 5 ms behind; nothing was written before."""
    b = Written()
    b.write(10, b.one)
    b.read(ms, b.one)
    assert b.counts() == (1, 1, stale)


def test_the_lag_itself_is_long_enough() -> None:
    """Written and read again exactly the lag later by one request, the key is no longer stale."""
    b = Written()
    log = b.log_row
    b.ask(("key", b.one), ("note", log), b.wait(LAG_MS), ("look", log))
    b.ask(("key", b.one), ("note", log), b.wait(LAG_MS - 0.001), ("look", log))
    assert b.counts() == (2, 2, 1)


def test_keys_do_not_mix() -> None:
    """A write to one key makes no read of another stale; the last write of a key counts."""
    b = Written()
    b.write(10, b.one)
    b.write(14, b.one)
    b.read(16, b.one)
    b.read(16, b.other)
    assert b.counts() == (2, 2, 1)


def test_without_a_key_nothing_is_known() -> None:
    """Writes and reads without a key are counted, and none is stale."""
    b = Written()
    b.ask(b.wait(1), ("note", b.log_row), ("look", b.log_row))
    assert b.counts() == (1, 1, 0)


def test_the_key_is_the_callers() -> None:
    """A store that is called notes the key its caller drew."""
    b = Written()
    store = b.endpoint(b.service(), [("note", b.log_row)])
    copy = b.endpoint(b.service(), [("look", b.log_row)])
    b.ask(("key", b.other), ("call", b.call(store)), b.wait(1), ("call", b.call(copy)))
    assert b.counts() == (1, 1, 1)


def test_counts_begin_with_the_warm_up() -> None:
    """What is written before counts nowhere, but makes reads stale."""
    b = Written()
    b.write(10, b.one)
    b.read(11, b.one)
    b.read(13, b.one)
    assert b.counts(warmup_ms=12) == (0, 1, 1)


def test_copies_may_fall_behind() -> None:
    """From 20 ms on they are 30 ms behind, from 60 on not at all."""
    b = Written()
    b.fault(20 * MS, lay.FAULT_BEHIND, x=30 * NS_PER_MS, row=b.log_row)
    b.fault(60 * MS, lay.FAULT_BEHIND, x=0, row=b.log_row)
    b.write(10, b.one)
    b.write(59, b.one)
    for ms in (19, 21, 39, 41, 59.5, 61):
        b.read(ms, b.one)
    assert b.counts() == (2, 6, 3)
