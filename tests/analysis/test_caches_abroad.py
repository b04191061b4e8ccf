"""A cache in another region is asked as all else there: within its time, and not through a cut."""

from __future__ import annotations

import pytest

from backend_lead.analysis.solver import solve
from backend_lead.catalog.transfer import CALL_OVERHEAD
from tests.analysis.played import Played, play
from tests.analysis.test_abroad import sent, started
from tests.analysis.test_keys_of_models import SHOP
from tests.analysis.test_places import mean_s
from tests.analysis.test_ways import BACK, THERE
from tools.law_pages import merged

ROW = 1_000  # B; of SHOP
NETWORK = "hops: [{between: [us-east-1, eu-west-1], rtt: 80 ms, bandwidth: 100 MB/s}]"


def abroad(*changes: str, region: str = "eu-west-1", faults: str = "") -> str:
    """The shop at 200 requests a second, with its cache in another region than all else."""
    text = merged(
        SHOP,
        "workload: {clients: {api: {rate: 200/s}}}",
        f"components: {{cache: {{region: {region}}}}}",
        f"topology: {{network: {{same_zone: 0.2 ms, other_zone: 1 ms, {NETWORK}}}}}",
        "components: {far: {kind: http-service, instance: m7g.large, region: eu-west-1, "
        "endpoints: {idle: {does: [cpu: 1 ms]}}}}",
        *changes,
    )  # fmt: skip
    return f"{text}faults:\n  - {faults}\n" if faults else text


def reading(said: str) -> str:
    return f"components: {{app: {{endpoints: {{ask: {{does: [cpu: 1 ms, {said}]}}}}}}}}"


def hit_ratio(played: Played) -> float:
    asked, missed = (float(played.endpoint(key)["n"]) for key in ("cache.command", "db.read"))
    return 1 - missed / asked


@pytest.mark.parametrize("keeps", ["exact", "by-age"])
def test_its_hits_are_those_of_a_cache_nearby(keeps: str) -> None:
    """Where it lies changes when it is asked, not what it holds: key by key, and by its age."""
    how = f"components: {{cache: {{keeps: {{keys: {keeps}}}}}}}"
    found = [play(abroad(how, region=region), 60.0, warmup_s=10.0)
             for region in ("us-east-1", "eu-west-1")]  # fmt: skip
    near, far = map(hit_ratio, found)
    assert 0.2 < near < 0.95 and far == pytest.approx(near, abs=0.01)
    assert mean_s(found[1], "app.ask") - mean_s(found[0], "app.ask") > 0.078


def test_a_flush_empties_it_for_who_is_far_away_too() -> None:
    """After it each row is fetched once more."""
    flush = "{at: 20 s, what: flush, where: cache}"
    played = play(abroad(faults=flush), 40.0, spans=True)
    missed = [((played.spans_of("db.read")["created"] // 10**9) == second).sum()
              for second in (19, 20)]  # fmt: skip
    assert missed[1] > 1.4 * missed[0]


def test_its_timeout_bounds_the_way() -> None:
    """60 ms are too short for a round trip of 80: every read is a miss, and answered by the store
    60 ms later."""
    slow = play(abroad(reading("{read: cache, timeout: 60 ms, miss: [query: db.read]}")), 20.0)
    assert hit_ratio(slow) == pytest.approx(0, abs=0.01)
    assert slow.share("ok") > 0.99
    assert 0.060 < mean_s(slow, "app.ask") < 0.080


def test_nothing_is_sent_to_a_region_that_is_cut_off() -> None:
    """Half of the time it is: what is read goes to the store then, and nothing over the way."""
    cut = "{at: 0 s, what: cut, region: eu-west-1, lasts: 20 s}"
    read = reading("{read: cache, timeout: 200 ms, miss: [query: db.read]}")
    played = play(abroad(read, faults=cut), 40.0)
    assert sent(played, THERE) / started(played) == pytest.approx(0.5, abs=0.03)
    assert sent(played, BACK) / started(played) == pytest.approx(0.5, abs=0.03)
    assert played.share("ok") > 0.99


def test_what_it_is_told_to_forget_goes_over_the_way() -> None:
    """A write that takes the row out of the cache is a command there as well."""
    does = "{query: db.change}, {invalidate: cache, entity: item}"
    write = merged(
        abroad(reading(does)),
        "components: {db: {operations: {change: {type: write, cpu: 1 ms, wait: 0 ms, "
        "entity: item, shard_key: item}}}}",
    )  # fmt: skip
    played = play(write, 20.0)
    assert sent(played, THERE) == pytest.approx(started(played), rel=0.02)
    assert mean_s(played, "app.ask") > 0.080


def test_the_solver_says_the_same() -> None:
    """How busy both ways are, and how long a read takes."""
    played = play(abroad(), 60.0, warmup_s=10.0)
    solved = solve(played.flow)
    assert solved.node_s["app.ask"] == pytest.approx(mean_s(played, "app.ask"), rel=0.03)
    uses = {use.id: use.busy for use in solved.uses}
    answered = hit_ratio(played) * ROW + CALL_OVERHEAD.value
    assert uses[BACK] == pytest.approx(200 * answered / 100e6, rel=0.03)
