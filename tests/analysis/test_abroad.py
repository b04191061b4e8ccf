"""What attempts send to other regions: only what is sent, as often as it is, within their time."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backend_lead.analysis.solver import solve
from backend_lead.catalog.transfer import CALL_OVERHEAD
from backend_lead.kernel import layout as L
from backend_lead.kernel.layout import NS_PER_S
from backend_lead.views.flow import calls_of
from backend_lead.views.keyed import keyed
from tests.analysis.played import Played, play
from tests.analysis.test_places import ABROAD, mean_s
from tests.analysis.test_ways import BACK, ROW, THERE

ANSWER_S = (ROW + CALL_OVERHEAD.value) / 10e6  # to send one back, alone; 10 MB/s in ABROAD
CALL = "{query: db.read}"


def asking(said: str, *, bandwidth: str = "10 MB/s", faults: str = "") -> str:
    """The service whose store is abroad, with more said of its call."""
    assert ABROAD.count(CALL) == 1
    text = ABROAD.replace(CALL, f"{{query: db.read, {said}}}")
    text = text.replace("bandwidth: 10 MB/s", f"bandwidth: {bandwidth}")
    return f"{text}faults:\n  - {faults}\n" if faults else text


def sent(played: Played, way: str) -> int:
    """How many messages went over a way."""
    rows = played.lowered.program.endpoint["service"] == played.lowered.ways[way]
    return int(played.run.stats["n"][rows].sum())


def erlang_b(servers: int, load: float) -> float:
    """The share that finds all servers busy and is refused (Erlang 1917)."""
    return (
        load**servers
        / math.factorial(servers)
        / sum(load**n / math.factorial(n) for n in range(servers + 1))
    )


def started(played: Played) -> int:
    return int(played.run.windows["started"].sum())


def test_a_timeout_runs_while_its_attempt_sends() -> None:
    """Sending an answer takes 20 ms beside a round trip of 80 ms: 90 ms are too short for all."""
    slow = "1 MB/s"
    text = asking("timeout: 90 ms", bandwidth=slow).replace("rate: 300/s", "rate: 5/s")
    played = play(text, 60.0)
    assert played.share("ok") == 0
    assert play(text.replace("90 ms", "300 ms"), 60.0).share("ok") > 0.99


def test_second_attempts_send_too() -> None:
    """After 60 ms of 80 every call is asked twice: twice as much goes there and comes back."""
    once, twice = (
        play(asking(said, bandwidth="40 MB/s"), 20.0) for said in ("timeout: 5 s", "hedge: 60 ms")
    )
    for way in (THERE, BACK):
        assert sent(once, way) / started(once) == pytest.approx(1, abs=0.02)
        assert sent(twice, way) / started(twice) == pytest.approx(2, abs=0.04)
    uses = [{use.id: use.busy for use in solve(p.flow).uses} for p in (once, twice)]
    assert uses[1][BACK] == pytest.approx(2 * uses[0][BACK])


def test_what_a_limit_refuses_is_not_sent() -> None:
    """M/G/15/15: of 300 calls a second so many are sent as Erlang lets through."""
    text = asking("optional: true, limit: 15", bandwidth="100 MB/s")
    text = text.replace("m7g.large\n    count: 3\n    zones: 3", "m7g.large\n    count: 1")
    played = play(text, 60.0)
    held_s = 0.080 + 0.001 + ANSWER_S / 10
    through = 1 - erlang_b(15, 300 * held_s)
    assert 0.4 < through < 0.6
    assert sent(played, BACK) / started(played) == pytest.approx(through, rel=0.02)
    assert sent(played, THERE) == pytest.approx(sent(played, BACK), abs=30)
    assert played.share("ok") == pytest.approx(1, abs=0.001)


def test_an_open_breaker_lets_nothing_be_sent() -> None:
    """On a way for a sixth of the load calls time out; while the breaker is open none is sent."""
    said = "optional: true, timeout: 200 ms"
    breaker = "breaker: {failures: 50%, least: 10, window: 1 s, pause: 9 s}"
    played = play(asking(f"{said}, {breaker}", bandwidth="1 MB/s"), 60.0)
    assert sent(played, THERE) < 0.4 * started(played)
    quick = play(asking(said, bandwidth="1 MB/s"), 60.0)
    assert sent(quick, THERE) == pytest.approx(started(quick), rel=0.02)


def test_where_nothing_comes_through_nothing_is_sent() -> None:
    """A region that is cut off takes no bandwidth; one that is lost sends no answers."""
    for what, there in (("cut", 0.5), ("region", 1.0)):
        fault = f"{{at: 0 s, what: {what}, region: eu-west-1, lasts: 20 s}}"
        played = play(asking("timeout: 500 ms", faults=fault), 40.0)
        assert sent(played, BACK) / started(played) == pytest.approx(0.5, abs=0.03)
        assert sent(played, THERE) / started(played) == pytest.approx(there, abs=0.03)


@pytest.mark.parametrize("rows", ["10k", "10M, skew: 0"])
def test_each_shard_has_its_own_breaker_abroad(rows: str) -> None:
    """Of four shards one is down: its breaker opens, the others' calls go on. So where the row says
    the shard, and where it is drawn evenly."""
    text = asking("timeout: 300 ms, breaker: {failures: 50%, least: 10, window: 1 s, pause: 50 s}")
    assert text.count("    kind: postgres\n") == 1
    text = text.replace("    kind: postgres\n", "    kind: postgres\n    shards: 4\n")
    text = text.replace("wait: 0 ms, entity: item", "wait: 0 ms, entity: item, shard_key: item")
    text += "faults:\n  - {at: 5 s, what: crash, where: db, instances: 1, lasts: 30 s}\n"
    text = text.replace("rows: 10k}", f"rows: {rows}}}")
    played = play(text, 30.0)
    (call,) = calls_of(keyed(played.flow).steps["app.ask"])
    assert call.by_key == (rows == "10k")
    failed = 1 - played.run.windows["ok"][7:].sum() / played.run.windows["started"][7:].sum()
    assert failed == pytest.approx(0.25, abs=0.05)
    assert sent(played, THERE) == pytest.approx(started(played) - 300 * 23 * failed, rel=0.02)


def test_what_takes_the_way_is_told_by_it() -> None:
    """Spans of sending name the way they took; they are inside those of their attempt."""
    played = play(ABROAD, 5.0, spans=True)
    told = played.lowered.network
    rows = {row for row, (_, name) in told.items() if name in (THERE, BACK)}
    fronts = set(told) - rows
    assert rows and fronts and all(component == "network" for component, _ in told.values())
    spans = played.spans
    inside = spans[np.isin(spans["endpoint"], list(rows)) & (spans["ended"] != L.NONE)]
    parents = {int(spans["endpoint"][spans["row"] == row][0]) for row in inside["parent"]}
    assert len(inside) > 1000 and parents == fronts
    least = inside["ended"] - inside["created"]
    assert max(least) / NS_PER_S >= ANSWER_S
    assert mean_s(played, "db.read") < 0.002  # the store itself does not send over the way
