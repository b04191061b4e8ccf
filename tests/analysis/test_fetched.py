"""Messages come to consumers over the network: late, not through a cut, as wide as the way."""

from __future__ import annotations

import numpy as np
import pytest

from backend_lead.analysis.capacity import capacity
from backend_lead.analysis.solver import solve
from backend_lead.analysis.ways import way_loads
from backend_lead.app.model_file import read_checked_text
from backend_lead.kernel import stats
from backend_lead.kernel.layout import NS_PER_S
from backend_lead.views.resolve import resolve
from tests.analysis.played import Played, play
from tests.analysis.test_ways import BACK, THERE, run
from tools.law_pages import merged, small_model

RTT_S, MESSAGE, RATE_PER_S = 0.080, 30_000, 20.0
TAKEN = """
workload: {clients: {api: {rate: 20/s}}}
journeys: {ask: {steps: [app.ask]}}
components:
  app: {endpoints: {ask: {does: [cpu: 1 ms, {publish: bus.things, timeout: 1 s}]}}}
  db: null
  bus:
    kind: kafka
    instance: m7g.large
    count: 3
    zones: 3
    topics: {things: {message: 30 kB, partitions: 6}}
  taker:
    kind: worker
    instance: m7g.large
    count: 3
    region: eu-west-1
    endpoints: {take: {on: bus.things, does: [cpu: 1 ms]}}
topology:
  network:
    same_zone: 0 ms
    other_zone: 0 ms
    hops: [{between: [us-east-1, eu-west-1], rtt: 80 ms}]
"""


def taken(*changes: tuple[str, str], faults: str = "") -> str:
    """A consumer abroad of what is published here."""
    text = TAKEN
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return merged(small_model(), f"{text}faults:\n{faults}" if faults else text)


def age_s(played: Played, since: int = 0, until: int | None = None) -> float:
    """The median time from publishing to done (a bucket is 1/128 wide)."""
    (row,) = played.lowered.streams.values()
    return float(stats.quantile(played.run.hist_streams[since:until, row].sum(axis=0), 0.5))


def test_a_message_comes_half_a_round_trip_later() -> None:
    """Who waits for messages has asked already: what is published goes one way."""
    near = taken(("rtt: 80 ms", "rtt: 0 ms"))
    ages = [age_s(play(text, 60.0)) for text in (near, taken())]
    assert ages[1] - ages[0] == pytest.approx(RTT_S / 2, rel=0.02)


def test_nothing_comes_through_a_cut() -> None:
    """Between 10 s and 20 s nobody takes any; none is put aside, all are there afterwards."""
    cut = "  - {at: 10 s, what: cut, where: taker, to: bus, lasts: 10 s}\n"
    for what in (cut, cut.replace("where: taker, to: bus", "region: eu-west-1")):
        played = play(taken(("on: bus.things,", "on: bus.things, tries: 1,"), faults=what), 40.0)
        windows = played.run.stream_windows["done"][:, 0]
        assert windows[11:20].sum() == 0 and windows[:10].sum() == pytest.approx(200, rel=0.25)
        assert windows[20:23].sum() > 200  # what had been published meanwhile
        assert played.run.stream_windows["dead"].sum() == 0
        assert played.run.stream_windows["again"].sum() == 0


def test_what_else_a_consumer_does_goes_on_through_a_cut() -> None:
    """No worker of it is held by what does not come."""
    both = taken(
        ("take: {on: bus.things, does: [cpu: 1 ms]}",
         "take: {on: bus.things, does: [cpu: 1 ms]}, tell: {does: [cpu: 1 ms]}"),
        ("does: [cpu: 1 ms, {publish", "does: [cpu: 1 ms, {call: taker.tell}, {publish"),
        ("kind: worker", "kind: http-service\n    concurrency: 2"),
        faults="  - {at: 10 s, what: cut, where: taker, to: bus, lasts: 10 s}\n",
    )  # fmt: skip
    played = play(both, 30.0)
    assert played.share("failed") == played.share("timed_out") == 0


def test_a_lag_counts_one_way() -> None:
    """100 ms more between the two are 50 ms more of age; it ends with the fault."""
    lag = "  - {at: 20 s, what: lag, where: taker, to: bus, more: 100 ms, lasts: 20 s}\n"
    played = play(taken(faults=lag), 60.0)
    before, meanwhile, after = (age_s(played, i + 1, i + 19) for i in (0, 20, 40))
    assert meanwhile - before == pytest.approx(0.050, rel=0.05)
    assert after == pytest.approx(before, rel=0.02)


def test_a_network_that_is_not_stated_is_there_when_it_is_cut() -> None:
    """In one region too, with nothing said of its network."""
    text = merged(small_model(), TAKEN.partition("topology:")[0].replace(
        "    region: eu-west-1\n", "") + "faults:\n  - {at: 5 s, what: cut, where: taker, to: bus, "
        "lasts: 5 s}\n")  # fmt: skip
    windows = play(text, 20.0).run.stream_windows["done"][:, 0]
    assert windows[6:10].sum() == 0 and windows.sum() == pytest.approx(400, rel=0.15)


def test_messages_take_the_bandwidth_of_the_way() -> None:
    """30 kB, 20 times a second, over 1 MB/s: 60 % of it, in the run and in the solver; each takes
    30 ms / (1 - 0.6), processor sharing."""
    text = taken(
        ("rtt: 80 ms}", "rtt: 80 ms, bandwidth: 1 MB/s}"), ("partitions: 6", "partitions: 120")
    )  # so that none waits for its partition
    found = {one.way: one for one in way_loads(run(text), "")}
    busy = RATE_PER_S * MESSAGE / 1e6
    assert found[THERE].busy == pytest.approx(busy, rel=0.05)
    assert {use.id: use.busy for use in solve(resolve(read_checked_text(text).system)).uses}[
        THERE
    ] == pytest.approx(busy)
    assert BACK not in found or found[BACK].busy == 0
    played = play(text, 600.0, warmup_s=10.0)
    rows = played.lowered.program.endpoint["service"] == played.lowered.ways[THERE]
    sent = played.run.stats[rows]
    mean = float(sent["latency"].sum()) / float(sent["n"].sum()) / NS_PER_S
    assert mean == pytest.approx(MESSAGE / 1e6 / (1 - busy), rel=0.06)


def test_a_place_is_taken_while_its_batch_is_on_the_way() -> None:
    """One partition, one batch of one message at a time: 1 / (40 ms + handling) a second at most,
    and so says the solver."""
    one = taken(("partitions: 6", "partitions: 1"), ("rate: 20/s", "rate: 40/s"))
    played = play(one, 60.0)
    handled = played.run.stream_windows["done"][10:, 0].sum() / 50
    flow = resolve(read_checked_text(one).system)
    own_s = solve(flow, load=0.1).node_s["taker.take"]
    assert handled == pytest.approx(1 / (RTT_S / 2 + own_s), rel=0.02)
    (busy,) = [use.busy for use in solve(flow).uses if use.resource == "partitions"]
    assert busy == pytest.approx(40 * (RTT_S / 2 + own_s), rel=0.05)
    found = capacity(flow)
    assert any("partitions" in use.resource for use in found.bottlenecks)


def test_lost_packets_make_messages_late_and_lose_none() -> None:
    """A fifth of the packets lost: all are handled, a fifth at least 200 ms later."""
    played = play(taken(("rtt: 80 ms}", "rtt: 80 ms, loss: 20%}"), ("rate: 20/s", "rate: 5/s")),
                  200.0)  # fmt: skip
    seen = played.run.hist_streams[:, 0].sum(axis=0)
    done, published = int(seen.sum()), int(played.run.stream_windows["published"].sum())
    assert published - done < 10

    late = 1 - next(q for q in np.linspace(0.5, 0.99, 50) if stats.quantile(seen, q) > 0.2)
    assert late == pytest.approx(0.2, abs=0.04)


def test_the_solver_tells_their_age() -> None:
    """The p99 from publishing to done, the way counted, is that of the run."""
    for rtt_s in (0.0, RTT_S, 4 * RTT_S):
        played = play(taken(("rtt: 80 ms", f"rtt: {rtt_s * 1e3:g} ms"), ("partitions: 6",
                      "partitions: 120")), 600.0, warmup_s=10.0)  # fmt: skip
        (row,) = played.lowered.streams.values()
        seen = played.run.hist_streams[10:, row].sum(axis=0)
        said = solve(played.flow).age_s["taker.take"]
        assert said == pytest.approx(stats.quantile(seen, 0.99), rel=0.1)


@pytest.mark.parametrize(
    ("partitions", "batch", "way", "rate"),
    [(1, 1, "2 ms, bandwidth: 1 MB/s", 20), (2, 1, "80 ms, bandwidth: 1 MB/s", 20),
     (1, 50, "80 ms, bandwidth: 10 MB/s", 195), (6, 50, "80 ms, bandwidth: 10 MB/s", 200)],
)  # fmt: skip
def test_places_bound_how_many_batches_share_the_way(
    partitions: int, batch: int, way: str, rate: int
) -> None:
    """Alone on its way a batch takes the time of its size: what the run carries the solver says is
    carried, and by batches as large."""
    text = taken(
        ("partitions: 6", f"partitions: {partitions}"), ("rtt: 80 ms", f"rtt: {way}"),
        ("on: bus.things,", f"on: bus.things, batch: {batch},"), ("rate: 20/s", f"rate: {rate}/s"),
    )  # fmt: skip
    played = play(text, 400.0, warmup_s=100.0)
    windows = played.run.stream_windows[:, 0]
    assert windows["published"].sum() - windows["done"].sum() < rate  # all of it
    solved = solve(played.flow)
    (busy,) = [use.busy for use in solved.uses if use.resource == "partitions"]
    assert solved.stable and busy < 1
    batches = float(played.run.stats["n"][played.lowered.endpoints["taker.take"]])
    ran = float(windows["done"][100:].sum()) / batches
    assert played.flow.batch.get("taker.take", 1.0) == pytest.approx(ran, rel=0.35)


def test_where_nobody_publishes_yet_the_way_is_free() -> None:
    """A client that asks nothing, whose messages would go over it: the others are solved."""
    text = merged(
        taken(("rtt: 80 ms}", "rtt: 80 ms, bandwidth: 1 MB/s}")),
        "workload: {clients: {api: {rate: 0/s}, web: {rate: 10/s, journeys: {look: 100%}}}}",
        "journeys: {look: {steps: [app.look]}}",
        "components: {app: {endpoints: {look: {does: [cpu: 1 ms]}}}}",
    )
    solved = solve(resolve(read_checked_text(text).system))
    assert solved.stable and THERE not in {use.id for use in solved.uses}
    assert capacity(resolve(read_checked_text(text).system)).margin > 0
