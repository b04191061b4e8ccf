"""Breakers and budgets are of each replica of the caller, which begins anew without them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel import twin
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.run import RunResult, simulate

from .measured import agrees, measure, root_of
from .test_kernel_equals_twin import TRACE_MAX, WINDOW_S, difference

EVERY_S = 0.01  # between two requests
FOR_EVER_S = 10_000  # a pause that no run outlasts
NOWHERE, HERE, ASIDE = 0, 1, 2  # zones


class Callers(Builder):
    """Replicas that take turns at requests, each of which calls one service once."""

    def __init__(self, callers: int, groups: int = 1, per_group: int = 1) -> None:
        super().__init__()
        self.n = callers
        self.callee = self.service(groups, per_group, workers=100, cores=100)
        self.work = self.endpoint(self.callee, [])
        self.caller = self.service(1, callers, workers=100, cores=100, balance=lay.LB_ROUND_ROBIN)

    def asked(self, *, every_s: float = EVERY_S, **call: Any) -> Builder:
        step = ("call", self.call(self.work, **call))
        page = self.endpoint(self.caller, [step])
        self.every(every_s, {root_of(self, [("call", self.call(page))]): 1})
        return self

    def guard(self, **options: Any) -> int:
        said = {"least": 10, "last": 10, "share": 1, "pause_s": FOR_EVER_S} | options
        return self.breaker(self.work, callers=self.n, **said)

    def restart(self, at_s: float, replica: int) -> None:
        self.fault(at_s, lay.FAULT_DOWN, replica)
        self.fault(at_s, lay.FAULT_UP, replica)

    def cut_off(self, at_s: float, caller: int, until_s: float = FOR_EVER_S) -> tuple[int, int]:
        """The network over which one caller alone reaches nobody for a while."""
        first, zones = self.hops([[0.0] * 3 for _ in range(3)])
        self.zone(self.replica(self.caller, index=caller), HERE)
        for to in (NOWHERE, ASIDE):
            self.fault(at_s, lay.FAULT_CUT, x=1, row=first + HERE * zones + to)
            self.fault(until_s, lay.FAULT_CUT, x=0, row=first + HERE * zones + to)
        return first, zones


def ran(b: Builder, until_s: float) -> RunResult:
    """A run of the compiled kernel, of which the twin says the same, with all its spans."""
    program = b.build()
    plain = twin.run(program, seed=1, until_ns=round(until_s * lay.NS_PER_S))
    run = simulate(program, seed=1, until_s=until_s, window_s=WINDOW_S, trace=TRACE_MAX,
                   sample_every=1)  # fmt: skip
    assert difference(plain, run) == ""
    assert run.conserved and run.in_flight == 0 and not run.spans_full
    return run


def arrived(run: RunResult, endpoint: int) -> list[int]:
    """Numbers of the requests whose attempts got to the endpoint, in order; 1 is the first."""
    assert run.spans is not None
    spans = run.spans[(run.spans["endpoint"] == endpoint) & (run.spans["replica"] != lay.NONE)]
    step = round(EVERY_S * lay.NS_PER_S)
    return sorted((np.round(spans["begun"] / step)).astype(int).tolist())


def failed(run: RunResult) -> list[int]:
    """Numbers of the requests that did not end OK."""
    assert run.trace is not None
    rows = run.trace[run.trace["outcome"] != lay.OK]
    return sorted((np.round(rows["start"] / (EVERY_S * lay.NS_PER_S))).astype(int).tolist())


# --- breakers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("callers", [1, 3, 10])
@pytest.mark.parametrize("window", [{"last": 10}, {"last": 0, "window_s": 100}])
def test_each_opens_after_it_has_seen_enough_itself(callers: int, window: dict[str, Any]) -> None:
    """Of a dead service each caller sees its own ten failures, the last of them in the tenth round;
    no request after that gets there."""
    b = Callers(callers)
    b.fault(0, lay.FAULT_DOWN, b.replica(b.callee))
    run = ran(b.asked(breaker=b.guard(**window)), 5.005)
    assert arrived(run, b.work) == list(range(1, 10 * callers + 1))
    assert run.failed == run.started == 500


def test_who_alone_is_cut_off_has_only_its_own_open() -> None:
    """One of four reaches nobody from 1 s on: its first ten time out, then it fails fast; the
    others never fail, and what each fourth request waits for is the timeout or nothing."""
    b = Callers(4)
    hops = b.cut_off(1, 2)
    run = ran(b.asked(breaker=b.guard(), hops=hops, timeout_s=0.005), 5.005)
    assert failed(run) == [n for n in range(100, 501) if n % 4 == 3]
    assert run.trace is not None
    late = run.trace["outcome"] == lay.TIMED_OUT
    assert sorted(run.trace["start"][late] // 10_000_000) == list(range(103, 103 + 40, 4))
    waited = run.trace["end"] - run.trace["start"]
    assert set(waited[late].tolist()) == {5_000_000} and not waited[~late].any()


def test_who_is_slow_alone_opens_alone() -> None:
    """One caller whose calls take longer than their timeout, from 1 s to 3 s, is open until its
    probe after 3 s; the others call as ever."""
    b = Callers(5)
    first, zones = b.hops([[0.0] * 3 for _ in range(3)])
    b.zone(b.replica(b.caller), HERE)
    for at_s, x in ((1.005, 20e6), (3, -20e6)):
        b.fault(at_s, lay.FAULT_LAG, x=x, row=first + HERE * zones + NOWHERE)
    run = ran(b.asked(breaker=b.guard(pause_s=1), hops=(first, zones), timeout_s=0.005), 6.005)
    # requests 101, 106, .. are its; the tenth, 146, times out at 1.465 s; the first one a second
    # after that is 251, a probe at 2.51 s; it times out, and 355 is not its, so 356 is the next.
    assert failed(run) == list(range(101, 356, 5))
    assert run.timed_out == 10 + 1


@pytest.mark.parametrize("callers", [2, 5])
def test_who_begins_anew_begins_closed(callers: int) -> None:
    """All are open for ever; the service is well again; only the caller that is restarted asks."""
    b = Callers(callers)
    b.fault(0, lay.FAULT_DOWN, b.replica(b.callee))
    b.fault(2, lay.FAULT_UP, b.replica(b.callee))
    b.restart(2.505, b.replica(b.caller, index=1))
    run = ran(b.asked(breaker=b.guard()), 5.005)
    own = [n for n in range(251, 501) if n % callers == 2 % callers]
    assert arrived(run, b.work) == [*range(1, 10 * callers + 1), *own]
    assert run.ok == len(own)


def test_who_begins_anew_needs_to_see_enough_again() -> None:
    """While the service is dead a restarted caller sees ten failures more, each time."""
    b = Callers(3)
    b.fault(0, lay.FAULT_DOWN, b.replica(b.callee))
    for at_s in (1, 2, 2.5):
        b.restart(at_s + 0.005, b.replica(b.caller))
    run = ran(b.asked(breaker=b.guard()), 5.005)
    later = [since + 3 * k for since in (103, 202, 253) for k in range(10)]
    assert arrived(run, b.work) == [*range(1, 31), *later]


def test_what_a_controller_brings_begins_closed_and_what_is_shown_does_not() -> None:
    """Two callers, of which one is taken away at 2 s and ordered again at 3 s: a new process. One
    that a balancer only left out for a while is the old one."""
    for action, times, more in (("scale", (1.95, 2.95), 10), ("hide", (1.95, 2.95), 0)):
        b = Callers(2)
        b.fault(0, lay.FAULT_DOWN, b.replica(b.callee))
        if action == "scale":
            row = b.controller(b.caller, least=2, period_s=0.1, target=1, delay_s=0.1, cool_s=0)
            for at_s, least in zip(times, (1, 2), strict=True):
                b.fault(at_s, lay.FAULT_LEAST, x=least, row=row)
        else:
            for at_s, fault in zip(times, (lay.FAULT_HIDE, lay.FAULT_SHOW), strict=True):
                b.fault(at_s, fault, b.replica(b.caller, index=1))
        run = ran(b.asked(breaker=b.guard()), 5.005)
        got = arrived(run, b.work)
        assert got[:20] == list(range(1, 21)) and len(got) == 20 + more
        assert all(n > 300 for n in got[20:])


def test_each_has_one_for_each_group_of_the_callee() -> None:
    """Three callers, two shards asked by all in turns; one caller is cut off from one shard: of its
    calls those fail, and after ten of them fast; all others are answered."""
    b = Callers(3, groups=2)
    hops = b.hops([[0.0] * 3 for _ in range(3)])
    b.zone(b.replica(b.caller, index=1), HERE)
    b.zone(b.replica(b.callee, group=1), ASIDE)
    b.fault(0, lay.FAULT_CUT, x=1, row=hops[0] + HERE * hops[1] + ASIDE)
    guard = b.guard()
    calls = [b.call(b.work, group=g, breaker=guard, hops=hops, timeout_s=0.005, optional=True)
             for g in range(2)]  # fmt: skip
    page = b.endpoint(b.caller, [("call", call) for call in calls])
    b.every(EVERY_S, {root_of(b, [("call", b.call(page))]): 1})
    run = ran(b, 3.005)
    assert run.ok == run.started == 300
    outcomes = run.stats[b.work]
    assert (outcomes["ok"], outcomes["timed_out"]) == (500, 10)
    assert run.trace is not None
    waited = (run.trace["end"] - run.trace["start"]) / 1e6
    late = np.round(run.trace["start"][waited > 0] / 1e7).astype(int)
    assert sorted(late) == list(range(2, 2 + 30, 3)) and set(waited[waited > 0]) == {5.0}


@pytest.mark.parametrize("callers", [1, 2, 4])
def test_each_has_probes_of_its_own(callers: int) -> None:
    """Half-open, each lets three probes through, which decide together: of a dead service every
    second of pause brings three attempts of each."""
    b = Callers(callers)
    b.fault(0, lay.FAULT_DOWN, b.replica(b.callee))
    options = {"least": 5, "share": 0.5, "pause_s": 1, "probes": 3, "jointly": True}
    run = ran(b.asked(breaker=b.guard(**options)), 4.4)
    got, expected = arrived(run, b.work), []
    for i in range(callers):
        last = 5 * callers - (callers - 1 - i)  # number of its fifth request
        expected += range(last, 0, -callers)
        while (last := last + -(-100 // callers) * callers) <= 440:
            expected += (last, last + callers, last + 2 * callers)
            last += 2 * callers
    assert got == sorted(n for n in expected if n <= 439)


@pytest.mark.parametrize(("callers", "chance"), [(1, 0.1), (4, 0.1), (10, 0.1), (10, 0.5)])
def test_share_of_the_time_that_they_are_open(callers: int, chance: float) -> None:
    """Where the first failure opens one, and each attempt fails with chance p, an attempt is
    followed by p * rate * pause others that its own breaker withholds: 1 / (1 + p * rate * pause)
    of all are made, with the rate of one caller (renewal reward)."""
    rate, pause_s = 400.0, 0.5
    b = Builder()
    callee = b.service(1, 1, workers=100, cores=100)
    work = b.endpoint(callee, [])
    b.fault(0, lay.FAULT_ERRORS, b.replica(callee), chance)
    guard = b.breaker(work, least=1, last=1, share=1, pause_s=pause_s, callers=callers)
    page = b.endpoint(b.delay_service(1, callers), [("call", b.call(work, breaker=guard))])
    b.open(rate, {root_of(b, [("call", b.call(page))]): 1})
    run = measure(b.build(), 2_000)
    made = 1 / (1 + chance * rate / callers * pause_s)
    assert agrees((1 - chance) * made, run.share("ok"))


def test_what_a_dead_caller_asked_counts_for_nobody() -> None:
    """Two failures open it. A caller is restarted while one call of its is under way and another
    one in its backoff: both fail after that, and the new process still sees two of its own."""
    b = Callers(1)
    slow = b.endpoint(b.callee, [("delay", b.dist_const(0.1))])
    guard = b.guard(least=2, last=2)
    again = b.call(b.work, breaker=guard, retries=1, backoff_s=0.05, shape=lay.JITTER_NONE)
    once, lasting = b.call(b.work, breaker=guard), b.call(slow, breaker=guard)
    for at_s, call in ((0.01, lasting), (0.02, again), *((k / 10, once) for k in range(2, 7))):
        page = b.endpoint(b.caller, [("call", call)])
        root = root_of(b, [("delay", b.dist_const(at_s)), ("call", b.call(page))])
        b.closed(1, 1e-9, {root: 1}, segments=[(0, 1), (50e-9, 0)])
    b.fault(0.015, lay.FAULT_DOWN, b.replica(b.callee))
    b.restart(0.03, b.replica(b.caller))
    run = ran(b, 2)
    # at 20 ms and 70 ms; then at 200 ms and 300 ms, which open it
    assert arrived(run, b.work) == [2, 7, 20, 30]
    assert run.stats["n"][b.work] == 4 and run.failed == run.started == 7


def test_calls_of_one_service_may_share_one() -> None:
    """Two calls that name one breaker fill it together, in each caller."""
    b = Callers(2)
    b.fault(0, lay.FAULT_DOWN, b.replica(b.callee))
    guard = b.guard()
    calls = [b.call(b.work, breaker=guard, optional=True) for _ in "ab"]
    page = b.endpoint(b.caller, [("call", call) for call in calls])
    b.every(EVERY_S, {root_of(b, [("call", b.call(page))]): 1})
    run = ran(b, 1.005)
    assert arrived(run, b.work) == [n for n in range(1, 11) for _ in "ab"]


# --- budgets --------------------------------------------------------------------------------------


@pytest.mark.parametrize("callers", [1, 3, 10])
@pytest.mark.parametrize(("spend", "retries"), [(0, 7), (1, 3)])
def test_each_has_savings_of_its_own(callers: int, spend: float, retries: int) -> None:
    """Seven tokens: where a retry takes one each caller makes seven; where a failure does, three:
    the fourth failure leaves it less than half full."""
    b = Callers(callers)
    b.fault(0, lay.FAULT_DOWN, b.replica(b.callee))
    budget = b.budget(0, 7, spend=spend, callers=callers)
    run = ran(b.asked(retries=10, budget=budget), 3.005)
    assert run.started == 300
    assert run.stats["n"][b.work] == 300 + retries * callers


def test_first_attempts_earn_for_their_own_caller() -> None:
    """One of two callers is cut off from 1 s to 2 s. Its 50 requests bring it a tenth of a retry
    each, beside the ten it has saved; what the other one earns meanwhile is not its."""
    b = Callers(2)
    hops = b.cut_off(1.005, 0, 2.005)
    budget = b.budget(0.1, 10, callers=2)
    run = ran(b.asked(retries=1, budget=budget, hops=hops, timeout_s=0.001), 3.005)
    # Requests 101, 103, .. 199 are its. Full, the first brings nothing; each of the others brings a
    # tenth: 10 + 4.9 tokens.
    assert run.stats["timed_out"][b.work] == 50 + 14
    assert run.ok == 300 - 50


def test_who_begins_anew_has_a_full_budget() -> None:
    """Three retries each, of a dead service; the caller that is restarted makes three more."""
    b = Callers(4)
    b.fault(0, lay.FAULT_DOWN, b.replica(b.callee))
    b.restart(1.005, b.replica(b.caller, index=3))
    budget = b.budget(0, 3, callers=4)
    run = ran(b.asked(retries=2, budget=budget), 3.005)
    assert run.stats["n"][b.work] == 300 + 3 * 4 + 3


def test_what_a_dead_caller_asked_tells_a_budget_nothing() -> None:
    """Of four tokens three failures leave no retry. One fails while its caller is restarted: of the
    new one's failures the first is tried again (4, 3: more than half; 2: not)."""
    b = Callers(1)
    slow = b.endpoint(b.callee, [("delay", b.dist_const(0.1))])
    budget = b.budget(0, 4, spend=1, callers=1)
    lasting = b.call(slow, budget=budget)
    again = b.call(b.work, budget=budget, retries=5)
    for at_s, call in ((0.01, lasting), (0.2, again)):
        page = b.endpoint(b.caller, [("call", call)])
        root = root_of(b, [("delay", b.dist_const(at_s)), ("call", b.call(page))])
        b.closed(1, 1e-9, {root: 1}, segments=[(0, 1), (50e-9, 0)])
    b.fault(0.015, lay.FAULT_DOWN, b.replica(b.callee))
    b.restart(0.03, b.replica(b.caller))
    run = ran(b, 2)
    assert run.stats["n"][b.work] == 2


# --- rules ----------------------------------------------------------------------------------------


def sample() -> Callers:
    b = Callers(3, groups=2)
    b.asked(breaker=b.guard(), budget=b.budget(0.1, 5, callers=3), retries=1)
    b.breaker(b.work, least=1, share=1, pause_s=1)
    b.budget(0.1, 5)
    return b


@pytest.mark.parametrize(("table", "column", "row", "value", "said"), [
    ("breaker", "callers", 0, 2, "breaker[0].callers: must be at least 3"),
    ("budget", "callers", 0, 2, "budget[0].callers: must be at least 3"),
    ("breaker", "groups", 0, 1, "needs one of 2 groups"),
    ("breaker", "first", 1, 5, "circuit: no row may be of two owners"),
    ("budget", "first", 1, 2, "savings: no row may be of two owners"),
    ("breaker", "first", 1, 7, "breaker[1].first"),
    ("breaker", "first", 0, -1, "breaker[0].first"),
    ("breaker", "groups", 1, 0, "breaker[1].first"),
    ("budget", "first", 1, 4, "budget[1].first"),
    ("budget", "callers", 1, 0, "budget[1].first"),
    ("savings", "life", 3, 1, "savings[3]: must be at rest"),
    ("circuit", "life", 7, 1, "circuit[7]: must be at rest"),
    ("replica", "lives", 0, 1, "replica[0]: must be at rest"),
])  # fmt: skip
def test_what_cannot_be_each_ones_own_is_told(
    table: str, column: str, row: int, value: int, said: str
) -> None:
    """Too few rows, rows of two owners, and rows that are not as at the start."""
    program = sample().build()
    getattr(program, table)[column][row] = value
    with pytest.raises(ValueError, match=said.replace("[", r"\[").replace("]", r"\]")):
        program.validate()


@pytest.mark.parametrize("what", ["breaker", "budget"])
def test_callers_of_two_services_share_none(what: str) -> None:
    """A breaker or a budget named by calls of two services would be of nobody."""
    b = Callers(1)
    row = b.guard() if what == "breaker" else b.budget(0.1, 5)
    for home in (b.caller, b.service(1, 1)):
        b.endpoint(home, [("call", b.call(b.work, **{what: row}))])
    with pytest.raises(ValueError, match=rf"{what}\[0\]: must be of the calls of one service"):
        b.build()
