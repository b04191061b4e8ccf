"""Sessions: how long they are, what users make of them, and what the solver knows of it."""

from __future__ import annotations

import math

import pytest

from backend_lead.analysis import simulation
from backend_lead.analysis.load_shapes import with_recorded
from backend_lead.analysis.lowering import lower
from backend_lead.analysis.precision import run_precise
from backend_lead.analysis.ran import Ran
from backend_lead.analysis.replications import replicate
from backend_lead.analysis.sessions import session_steps
from backend_lead.analysis.solver import solve
from backend_lead.analysis.uses import solve_all
from backend_lead.app.model_file import read_checked_text
from backend_lead.app.replicate import tasks_of
from backend_lead.kernel.run import simulate
from backend_lead.model.finding import InvalidInput
from backend_lead.model.sessions import SessionStep
from backend_lead.views.flow import Flow
from backend_lead.views.resolve import resolve
from tests.analysis.played import changed, play


def shop(session: str, client: str = "rate: 300/s", cpu: str = "1 ms") -> Flow:
    text = changed(
        ("api: {rate: 300/s, journeys", f"api: {{{client}, journeys"),
        ("  ask: {steps: [app.ask]}",
         f"  ask: {{steps: [app.ask, app.item, app.buy]{session}}}"),
        ("    endpoints:\n      ask: {does: [cpu: 2 ms, {query: db.read}]}",
         f"    endpoints:\n      ask: {{does: [cpu: {cpu}, {{query: db.read}}]}}\n"
         f"      item: {{does: [cpu: {cpu}]}}\n      buy: {{does: [cpu: {cpu}]}}"),
    )  # fmt: skip
    return resolve(read_checked_text(text).system)


def steps(flow: Flow, measure_s: float = 200.0) -> tuple[list[SessionStep], Ran]:
    ran = simulation.run_steady(flow, 1, measure_s=measure_s)
    assert ran.result.conserved
    return session_steps(ran), ran


def test_requests_of_a_session_are_geometric() -> None:
    """With a share p that goes on, the steps are asked 1, p and p^2 times a session; the stated
    rate is that of all requests."""
    found, ran = steps(shop(", session: {think: 1 s, goes_on: [60%]}"))
    assert [step.endpoint for step in found] == ["app.ask", "app.item", "app.buy"]
    assert [s.per_session for s in found] == pytest.approx([1, 0.6, 0.36], rel=0.03)
    assert simulation.measured_rate(ran)[0] == pytest.approx(300, rel=0.02)
    assert ran.flow.visits["app.item"] == pytest.approx(300 * 0.6 / 1.96)


def test_each_step_has_its_share_and_sessions_begin_anew() -> None:
    """9 in 10 and then half go on; half of those at the end begin anew: 1 / (1 - 0.225) rounds."""
    found, ran = steps(shop(", session: {think: 500 ms, goes_on: [90%, 50%], again: 50%}"))
    rounds = 1 / (1 - 0.9 * 0.5 * 0.5)
    expected = [rounds, 0.9 * rounds, 0.45 * rounds]
    assert [s.per_session for s in found] == pytest.approx(expected, rel=0.03)
    assert simulation.measured_rate(ran)[0] == pytest.approx(300, rel=0.02)


def test_users_in_sessions_keep_the_interactive_response_time_law() -> None:
    """X = N L / (Z + L R + (L - 1) z): as measured, as the solver says, as the flow has it."""
    flow = shop(", session: {think: 2 s, goes_on: [60%]}", "users: 2000, think_time: 10 s")
    _, ran = steps(flow)
    length, response_s = 1 + 0.6 + 0.36, simulation.response(ran)
    expected = 2000 * length / (10 + length * response_s + (length - 1) * 2)
    assert simulation.measured_rate(ran)[0] == pytest.approx(expected, rel=0.02)
    assert solve(flow).requests_per_s == pytest.approx(expected, rel=0.005)
    assert flow.requests_per_s == pytest.approx(2000 * length / (10 + (length - 1) * 2))


def test_thinking_within_sessions_is_not_thinking_between_them() -> None:
    """Users near what the cores can do: the law holds with the answers they then get."""
    flow = shop(", session: {think: 100 ms}", "users: 400, think_time: 200 ms", cpu="3 ms")
    _, ran = steps(flow, 60.0)
    response_s = simulation.response(ran)
    expected = 400 * 3 / (0.2 + 3 * response_s + 2 * 0.1)
    assert response_s > 0.05
    assert simulation.measured_rate(ran)[0] == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(("leaves", "expected"), [("100%", 0.6), ("0%", 1.0), ("50%", 0.8)])
def test_who_is_not_answered_leaves(leaves: str, expected: float) -> None:
    """Four in ten of the first requests fail: of those the stated share does not go on."""
    said = f"session: {{think: 500 ms, leaves: {leaves}}}"
    played = play(changed(
        ("  ask: {steps: [app.ask]}", f"  ask: {{steps: [app.ask, app.ask], {said}}}"),
        ("slos:", "faults:\n  - {at: 0 s, what: errors, where: app, share: 40%}\nslos:"),
    ), 100.0)  # fmt: skip
    first, second = session_steps(Ran("steady", played.flow, played.lowered, played.run))
    assert first.answered == pytest.approx(0.6, abs=0.02)
    assert second.per_session == pytest.approx(expected, abs=0.02)


def test_the_same_requests_need_the_same_machines() -> None:
    """Sessions whose steps all are asked load the parts as the same journey without one does."""
    plain, session = shop(""), shop(", session: {think: 5 s}")
    assert session.visits == pytest.approx(plain.visits)
    assert session.requests_per_s == pytest.approx(plain.requests_per_s) == 300
    busy = [{use.id: use.busy for use in solve_all(flow, 1.0).uses} for flow in (plain, session)]
    assert busy[1] == pytest.approx(busy[0])
    fewer = shop(", session: {think: 5 s, goes_on: [20%]}")
    assert fewer.visits["app.buy"] == pytest.approx(300 * 0.04 / 1.24)


def test_what_is_recorded_is_all_requests() -> None:
    """A client played as recorded asks nothing that is not in the recording."""
    flow = with_recorded(shop(", session: {think: 1 s}"), "api", [i * 0.01 for i in range(5_000)])
    ran = simulation.run_steady(flow, 1, measure_s=60.0)
    assert ran.result.started == 5_000


@pytest.mark.parametrize("client", ["users: 2000, think_time: 10 s", "rate: 115/s", "every: 1 s"])
def test_a_run_begins_in_the_middle_of_sessions(client: str) -> None:
    """The first ten seconds of a run see as many requests a second as the flow has, of each step;
    nothing is waited for but the usual warm-up."""
    flow = shop(", session: {think: 60 s, goes_on: [90%], again: 20%}", client)
    lowered = lower(flow)
    run = simulate(lowered.program, seed=1, until_s=10)
    steps = flow.sessions[0].steps
    for i, (key, times) in enumerate(zip(steps, flow.sessions[0].times)):
        rows = [run.roots.index(lowered.roots[one]) for one in flow.sessions[0].asked(i)]
        seen = int(run.windows["started"][:, rows].sum())
        expected = 10 * flow.requests_per_s * times / sum(flow.sessions[0].times)
        assert abs(seen - expected) <= 4 * math.sqrt(expected), key
    assert simulation.usual_s(flow) == simulation.WARMUP_S + simulation.steady_horizon(flow)


def test_who_thinks_at_the_start_follows_the_load() -> None:
    """Twice the load, or a day that begins at half of it: so many more or fewer think; their sum
    is that of the model, and a recorded client has no sessions."""
    flow = shop(", session: {think: 7 s, goes_on: [77%]}", "users: 2001, think_time: 10 s")
    mean = 2001 * (0.77 + 0.77**2) * 7 / (10 + (0.77 + 0.77**2) * 7)
    for load, crowd, times in ((1.0, [], 1), (2.0, [], 2), (1.0, [(0.0, 0.5), (9.0, 1.0)], 0.5)):
        start = lower(flow, load=load, crowd=crowd).program.start
        assert start["n"].sum() == round(mean * times)
        assert start["n"][0] / start["n"][1] == pytest.approx(1 / 0.77, rel=0.01)
    assert not len(lower(with_recorded(flow, "api", [1.0, 2.0])).program.start)


def test_precise_and_repeated_runs_see_the_same_rate() -> None:
    """5,000 users of sessions of three, with 60 s of thinking within and 10 s between them, ask
    15,000 / 130 times a second, whichever way the run is asked for, and however short it is."""
    flow = shop(", session: {think: 60 s}", "users: 5000, think_time: 10 s")
    expected = 5_000 * 3 / (10 + 2 * 60)
    ran, reached = run_precise(flow, 1, 0.05)
    assert reached.ended == "precision"
    assert simulation.measured_rate(ran)[0] == pytest.approx(expected, rel=0.03)
    tasks = tasks_of(flow, lower(flow), 1.0, 3, 1, 60.0)
    rates = [replicate(task).counts[0] / task.until_s for task in tasks]
    assert sum(rates) / len(rates) == pytest.approx(expected, rel=0.03)


def test_more_who_think_than_a_run_can_follow_are_refused() -> None:
    """A hundred thousand sessions a second, of two minutes: the finding says how many think."""
    flow = shop(", session: {think: 60 s}", "rate: 300k/s")
    with pytest.raises(InvalidInput, match="more users who think of api than") as error:
        lower(flow)
    assert error.value.findings[0].seen == "12,000,000 users who think"
