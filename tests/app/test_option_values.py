"""Options: a bad value is told with its one range and an example, a word without effect refused."""

from __future__ import annotations

import pytest

from backend_lead.app.model_file import read_checked_text
from backend_lead.app.replicate import replications
from backend_lead.app.simulate import simulate
from backend_lead.model.finding import InvalidInput
from tests.app.command_line import Place
from tests.app.good_model import GOOD

DAYS = "allowed: from 6 s to 3 d\n"
SHARES = "allowed: from 1% to 50%\n"
MANY = "allowed: from 2 s to 3 d\n"
USERS = "allowed: from 1 to 10M, 1000 times the stated\n"
PRICES = "sku,region,unit,price,currency\nm7g.large,us-east-1,hour,0.05,USD\n"
SCHEMA = "type Query { a: Int }\n"


@pytest.mark.parametrize(("words", "range_"), [
    *((f"simulate --duration {bad}", DAYS) for bad in ("5", "x", "0s", "-5s", "3s", "10d",
                                                           "1e999s")),
    *((f"simulate --day {bad}", DAYS) for bad in ("5", "x", "0s", "3s", "4d")),
    *((f"simulate --fault zone-loss --duration {bad}", "allowed: from 11 s to 2 h\n")
      for bad in ("x", "3s", "3h")),
    *((f"simulate --precision {bad}", SHARES) for bad in ("x", "0%", "0.5%", "60%", "150%", "-1%")),
    *((f"simulate --precision 5% --duration {bad}", "allowed: from 1 s to 3 d\n")
      for bad in ("x", "1ms", "9d")),
    *((f"simulate --precision 5% --most {bad}", "allowed: from 1 to 1T\n")
      for bad in ("x", "0", "1e13")),
    *((f"simulate --users {bad}", USERS) for bad in ("x", "0", "0.5", "1G")),
    *((f"simulate --replications 2 --duration {bad}", MANY) for bad in ("x", "1us", "9d")),
    *((f"compare . . --replications 2 --duration {bad}", MANY) for bad in ("x", "1us", "9d")),
    *((f"verify --rows {bad}", "allowed: from 1 to 100M\n") for bad in ("x", "0", "0.5", "1G")),
    ("simulate --sweep load=0", "multiples of the stated load, 1e-06 to 1000\n"),
    ("simulate --sweep load=5000", "error: --sweep: this load makes no sense"),
])  # fmt: skip
def test_a_bad_value_is_told_with_its_range_and_an_example(
    words: str, range_: str, place: Place
) -> None:
    """However it is wrong, the range is the same one, and what to try is written as it is said."""
    place.write("backend.yaml", GOOD)
    before = place.names()
    done = place.run(*words.split(), "-q")
    assert (done.code, done.out) == (2, "")
    assert range_ in done.err and done.err.count("allowed:") == 1
    option = words.split()[-2]
    assert f"try: {option} " in done.err and "seen: " in done.err
    assert place.names() == before


@pytest.mark.parametrize(("words", "needs"), [
    ("simulate --sample 1/10", "--sample has no effect without --traces"),
    ("simulate --sample 1/100", "--sample has no effect without --traces"),
    ("simulate --sample 1/10 --replications 2", "--sample has no effect without --traces"),
    ("simulate --most 1k", "--most has no effect without --precision"),
    ("simulate --workers 2", "--workers has no effect without --replications or --sweep"),
    ("simulate --ray x:1", "--ray has no effect without --replications or --sweep"),
    ("compare . . --duration 30s", "--duration has no effect without --replications"),
    ("compare . . --workers 2", "--workers has no effect without --replications"),
    ("compare . . --seed 1", "--seed has no effect without --replications"),
    ("compare a.graphql a.graphql --replications 2", "no effect without two models"),
    ("compare a.graphql a.graphql --seed 2", "no effect without two models"),
    ("compare a.graphql a.graphql --prices p.csv", "no effect without two models"),
    ("explain p99 --list", "--list lists every word"),
])  # fmt: skip
def test_a_word_without_effect_is_refused(words: str, needs: str, place: Place) -> None:
    """What is missing beside it is told, and nothing is run."""
    place.write("backend.yaml", GOOD)
    place.write("a.graphql", SCHEMA)
    place.write("p.csv", PRICES)
    before = place.names()
    done = place.run(*words.split())
    assert (done.code, done.out) == (2, "") and needs in done.err
    assert place.names() == before


def test_ranges_hold_for_every_caller() -> None:
    """Not only the command line: what is out of range is refused by whoever runs it."""
    system = read_checked_text(GOOD).system
    for asked in ({"duration_s": 4e5}, {"fault": "zone-loss", "duration_s": 8e3},
                  {"precision": 0.9}, {"precision": 0.05, "duration_s": 0.5}):  # fmt: skip
        with pytest.raises(InvalidInput) as told:
            simulate(system, **asked)  # type: ignore[arg-type]
        assert told.value.findings[0].allowed.startswith("from ")
    with pytest.raises(InvalidInput):
        replications(system, 2, duration_s=1e-6)


@pytest.mark.parametrize(("seconds", "fault"), [(6.0, None), (11.0, "zone-loss")])
def test_the_shortest_time_that_is_told_is_enough(seconds: float, fault: str | None) -> None:
    """At the low end of the range something is measured."""
    done = simulate(read_checked_text(GOOD).system, fault=fault, duration_s=seconds)
    assert done.run.horizon_s == seconds
