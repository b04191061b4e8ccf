"""The rules of logs and follow-ups, and of what else streams, breakers and budgets say."""

from __future__ import annotations

import numpy as np
import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel.builder import Builder
from backend_lead.kernel.layout import NONE
from backend_lead.kernel.program import Program

from .test_program_rules import Change, both, fault, op, plain, put

SECOND, FIRST_ROOT, SECOND_ROOT = 1, 2, 3  # a distribution; endpoints of the sample below


def sample() -> Program:
    """Users read what may be stale, then ask on; what they write goes to a stream that pauses."""
    b = Builder()
    work, think = b.dist_exp(0.01), b.dist_exp(5)
    workers, app, home = b.service(1, 2), b.service(1, 3), b.delay_service()
    handled = b.endpoint(workers, [("cpu", work)])
    stream = b.stream(handled, partitions=2, tries=3, pause_s=1, all_pause=True)
    log, budget = b.log(4, 0.1), b.budget(0, 10, spend=1, reward=0.1)
    page = b.endpoint(app, [("cpu", work), ("look", log), ("note", log), ("publish", stream)])
    breaker = b.breaker(page, least=3, share=0.5, pause_s=1, probes=2, jointly=True)
    call = b.call(page, breaker=breaker, budget=budget, retries=1)
    keys = b.keys([4, 3, 2, 1])
    roots = [b.endpoint(home, [("key", keys), ("call", call)]) for _ in range(2)]
    assert (think, roots) == (SECOND, [FIRST_ROOT, SECOND_ROOT])
    b.follow_up(roots[0], [(0.5, roots[1], think), (0.5, roots[0], think)], leaves=0.5)
    b.start(b.open(10, {roots[0]: 1}), roots[0], 1, 7)
    b.controller(app, least=1, period_s=1, target=0.5, delay_s=1, cool_s=1, tolerance=0.1, down=2)
    b.fault(1, lay.FAULT_BEHIND, x=lay.NS_PER_S, row=log)
    return b.build()


LOGS = [
    (op(lay.OP_NOTE, "a", 1), "must be at least 1 of 0..0"),
    (op(lay.OP_LOOK, "a", -1), "must be at least 1 of 0..0"),
    (put("log", "first", 0, 1), "rows 1..4"),
    (put("log", "keys", 0, 0), "must be at least 1 of 0..3"),
    (put("log", "lag", 0, -1), "lag"),
    (put("log", "lag", 0, 2**55 + 1), "lag"),
    (put("log", "stale", 0, 1), "at rest"),
    (plain("noted", 2, 0), "a time before the start"),
    (plain("noted", 2, -(2**55) - 1), "a time before the start"),
    (fault(lay.FAULT_BEHIND, "row", 1), "must be at least 1 of 0..0"),
    (fault(lay.FAULT_BEHIND, "x", -1), "must be within 0.."),
    (fault(lay.FAULT_BEHIND, "x", np.nan), "must be within 0.."),
    (fault(lay.FAULT_BEHIND, "action", lay.FAULT_BEHIND + 1), "is no fault"),
]
FOLLOW_UPS = [
    (put("endpoint", "follow", FIRST_ROOT, 1), "rows 1..2"),
    (put("endpoint", "follows", FIRST_ROOT, 3), "rows 0..2"),
    (put("endpoint", "follows", SECOND_ROOT, -1), "must be at least 1 of 0..1"),
    (put("endpoint", "leaves", FIRST_ROOT, 1.5), "within 0..1"),
    (put("endpoint", "leaves", FIRST_ROOT, np.nan), "within 0..1"),
    (put("follow", "upto", 0, 0), "shares above 0"),
    (put("follow", "upto", 1, 0.4), "cumulative shares"),
    (put("follow", "upto", 1, 1.1), "up to 1"),
    (put("follow", "upto", 1, np.nan), "cumulative shares"),
    (put("follow", "root", 0, 4), "must be within 0..3"),
    (put("follow", "root", 0, 0), "unlimited service of one replica"),
    (put("follow", "think", 0, 2), "must be within 0..1"),
    (put("dist", "mean", SECOND, 999), "at least 1000 ns"),
    (put("start", "source", 0, 1), "must be within 0..0"),
    (put("start", "follow", 0, 2), "must be within 0..1"),
    (put("start", "n", 0, -1), "must be within 0..3000000 in all"),
    (put("start", "n", 0, 3_000_001), "must be within 0..3000000 in all"),
    (put("mix", "root", 0, SECOND_ROOT), "follows no request of source 0"),
]
POLICIES = [
    (put("stream", "tries", 0, -1), "tries"),
    (put("stream", "pause", 0, -1), "pause"),
    (put("stream", "pause", 0, 2**55 + 1), "pause"),
    (put("stream", "all_pause", 0, 2), "must be 0 or 1"),
    (put("stream", "dead", 0, 1), "at rest"),
    (put("partition", "until", 0, 1), "at rest"),
    (put("breaker", "jointly", 0, 2), "must be 0 or 1"),
    (put("circuit", "ended", 0, 1), "at rest"),
    (put("budget", "spend", 0, -1), "within 0.."),
    (put("budget", "reward", 0, 2**61 + 1), "within 0.."),
    (both(put("budget", "cap", 0, 2**62), put("budget", "tokens", 0, 0)), "within 0.."),
    (put("controller", "tolerance", 0, 1.5), "within 0..1"),
    (put("controller", "tolerance", 0, np.nan), "within 0..1"),
    (put("controller", "down", 0, -1), "down"),
]


@pytest.mark.parametrize(("change", "said"), [*LOGS, *FOLLOW_UPS, *POLICIES])
def test_broken_rule_is_named(change: Change, said: str) -> None:
    """A table that breaks a rule is refused with a sentence about it."""
    program = sample()
    program.validate()
    change(program)
    with pytest.raises(ValueError, match=said):
        program.validate()


@pytest.mark.parametrize("think", ["dist_lognormal", "dist_hyper2", "dist_erlang", "dist_uniform"])
def test_thinking_of_any_shape_takes_time(think: str) -> None:
    """What counts is the mean: one of 5 s is good, one of 0.5 microseconds is not."""
    arguments = {
        "dist_lognormal": lambda s: (s, 1.0), "dist_hyper2": lambda s: (0.5, s / 2, s * 1.5),
        "dist_erlang": lambda s: (2, s), "dist_uniform": lambda s: (0, 2 * s),
    }[think]  # fmt: skip
    for mean_s, good in ((5.0, True), (0.5e-6, False)):
        b = Builder()
        root = b.endpoint(b.delay_service(), [])
        b.follow_up(root, [(1.0, root, getattr(b, think)(*arguments(mean_s)))])
        b.open(1, {root: 1})
        if good:
            assert b.build().follow["root"].tolist() == [root]
            continue
        with pytest.raises(ValueError, match="think: must be at least"):
            b.build()


def test_logs_are_their_own() -> None:
    """Two logs that share what they note are told."""
    b = Builder()
    b.log(3, 1), b.log(2, 1)
    program = b.build()
    assert (program.noted == NONE).all() and len(program.noted) == 5
    program.log["first"][1] = 2
    program.log["keys"][1] = 1
    with pytest.raises(ValueError, match="two owners"):
        program.validate()
