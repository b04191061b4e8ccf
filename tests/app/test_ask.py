"""design --ask: open questions, those that move the design most first."""

from __future__ import annotations

from functools import cache

import pytest

from backend_lead.app.ask import Asked, ask, render_text
from backend_lead.app.assume import assume, with_assumptions
from backend_lead.app.design import read_request
from backend_lead.search.climb import climb
from tests.app.command_line import SHOP, Place, tree


@cache
def asked() -> Asked:
    return ask(read_request(SHOP))


def test_what_moves_most_is_asked_first() -> None:
    """Ranked by USD a month between both ends; an end at which nothing holds outranks money."""
    found = asked()
    moves = [item.moves for item in found.numbers]
    assert moves == sorted(moves, reverse=True) and len(moves) >= 3
    designed = climb(read_request(SHOP).system).final.found
    assert found.holds and found.usd_month == designed.cost.usd_month
    for item in found.numbers:
        low, high = item.number.cost_low, item.number.cost_high
        assert low is not None or high is not None
        if low is not None and high is not None:
            assert item.moves == pytest.approx(abs(high - low))


def test_each_flag_answers_its_question() -> None:
    """The flag, with what was taken, changes nothing but the origin of that one number."""
    system = read_request(SHOP).system
    for item in asked().numbers:
        setting = item.flag.removeprefix("--assume ") + item.number.text.replace(" ", "")
        after = assume(system, [setting])
        assert after.model_dump_json().count("--assume") == 1, setting


def test_an_answer_moves_the_design_as_far_as_was_said() -> None:
    """The design for an answer costs no more than was told, and the question is gone."""
    item = next(i for i in asked().numbers if i.number.path == "workload.peak.factor")
    setting = item.flag.removeprefix("--assume ") + item.number.high_text
    found = ask(with_assumptions(read_request(SHOP), [setting]))
    assert item.number.cost_high is not None
    assert found.usd_month <= item.number.cost_high * 1.001
    assert found.usd_month == pytest.approx(item.number.cost_high, rel=0.1)
    assert item.number.path not in {i.number.path for i in found.numbers}


def test_the_command_lists_and_writes_nothing(place: Place) -> None:
    """What was taken, what it moves, the flag, and the reader's own questions; exit code 0."""
    done = place.run("design", SHOP, "--ask", "-q")
    assert done.code == 0 and done.err == "" and tree(place.here) == {}
    assert done.out.rstrip() == render_text(asked())
    first = asked().numbers[0]
    assert f"taken as {first.number.text}" in done.out and first.flag in done.out
    assert asked().request.questions[0].text in done.out
