"""compare: what differs between two models, judged the same way."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from backend_lead.app.compare import Comparison, compare
from backend_lead.app.compare_rows import Row
from backend_lead.app.render_compare import render_json, render_markdown, render_text
from backend_lead.model.finding import InvalidInput
from tests.app.command_line import Place, tree
from tests.app.good_model import GOOD, changed


def both(folder: Path, before: str, after: str) -> Comparison:
    """Two models compared: a file, and a folder that holds one."""
    a, b = folder / "a.yaml", folder / "b"
    b.mkdir()
    a.write_text(before)
    (b / "backend.yaml").write_text(after)
    return compare(str(a), str(b))


def rows(found: Comparison) -> dict[str, Row]:
    return {f"{row.group} {row.name}": row for row in found.rows}


def test_the_same_model_twice_differs_in_nothing(tmp_path: Path) -> None:
    """A comment or another order of keys is no change."""
    found = both(tmp_path, GOOD, "# a note\n" + GOOD)
    assert {row.direction for row in found.rows} == {"same"}
    assert (found.changes, found.new, found.gone, found.bill, found.exit_code) == (
        [],
        [],
        [],
        [],
        0,
    )
    assert "Both models say the same." in render_text(found)


def test_fewer_machines_cost_less_and_carry_less(tmp_path: Path) -> None:
    """Half the services: the bill and the machines are better, capacity is worse; who, by how
    much."""
    found = both(tmp_path, GOOD, changed(("count: 6", "count: 3")))
    seen = rows(found)
    assert seen["cost cost per month"].direction == "better"
    assert seen["instances machines"].direction == "better"
    machines = seen["instances machines"]
    assert machines.before is not None and machines.after == machines.before - 3
    assert seen["p99 app.list_items"].direction in {"worse", "same"}
    assert seen["capacity highest load within the objectives"].direction != "better"
    line, fetched = found.bill
    assert line.name.startswith("app") and line.before == pytest.approx(2 * (line.after or 0))
    assert fetched.name == "nat: traffic"  # what the machines of services fetch from outside
    assert fetched.before == pytest.approx((fetched.after or 0) * (6 + 9) / (3 + 9))
    was, now = seen["cost cost per month"].before, seen["cost cost per month"].after
    assert was is not None and now is not None
    saved = [(row.before or 0) - (row.after or 0) for row in found.bill]
    assert min(saved) > 0 and was - now == pytest.approx(sum(saved))
    assert [(c.path, c.before, c.after) for c in found.changes] == [
        ("components.app.count", "6", "3")
    ]


def test_an_objective_that_was_kept_and_is_missed_fails(tmp_path: Path) -> None:
    """Slower code beyond the objective: exit code 1, the objective named, worse told first."""
    found = both(tmp_path, GOOD, changed(("- cpu: 2 ms", "- cpu: 300 ms")))
    assert found.exit_code == 1
    lost = {o.name for o in found.objectives if o.lost}
    assert "p99 of app.order" in lost
    assert any(f.level == "error" for f in found.new)
    text = render_text(found)
    assert text.index("Kept before, missed now") < text.index("\nWorse\n")
    assert "at most 300 ms" in text
    reverse = compare(found.after, found.before)
    assert reverse.exit_code == 0 and any(f.level == "error" for f in reverse.gone)


def test_a_looser_objective_does_not_hide_what_is_lost(tmp_path: Path) -> None:
    """What the first model promises is what counts."""
    after = changed(("- cpu: 2 ms", "- cpu: 120 ms"), ("p99: 300 ms", "p99: 3 s"))
    found = both(tmp_path, GOOD, after)
    assert "p99 of app.order" in {o.name for o in found.objectives if o.lost}
    assert found.exit_code == 1
    assert ("slos[0].p99", "300 ms", "3 s") in {(c.path, c.before, c.after) for c in found.changes}


def test_less_availability_is_told_in_minutes(tmp_path: Path) -> None:
    """A service in one zone is down longer; each journey that needs it says how much."""
    found = both(tmp_path, GOOD, changed(("count: 9\n    zones: 3", "count: 9\n    zones: 1")))
    browse = rows(found)["availability browse"]
    assert browse.direction == "worse" and browse.change.startswith("+")
    assert browse.change.endswith("min down a month")
    assert rows(found)["availability buy"].direction == "same"


def test_parts_that_come_and_go_are_told_once(tmp_path: Path) -> None:
    """A new component is one change, not one for each of its fields."""
    more = changed(
        ("\nentities:", "\n  spare: {kind: redis, instance: cache.m7g.large}\nentities:")
    )
    found = both(tmp_path, GOOD, more)
    assert [(c.what, c.path) for c in found.changes] == [("added", "components.spare")]
    assert "unused-component" in {f.rule for f in found.new}
    assert rows(found)["complexity complexity"].direction == "worse"


def test_an_assumption_confirmed_is_a_change(tmp_path: Path) -> None:
    """The same value, stated now, is told with both origins."""
    said = "think_time: {value: 10 s, range: [5 s, 20 s], origin: assumed, why: guess}"
    found = both(tmp_path, changed(("think_time: 10 s", said)), GOOD)
    (change,) = found.changes
    assert (change.before, change.after) == ("10 s (assumed)", "10 s (stated)")


def test_json_and_markdown_say_the_same(tmp_path: Path) -> None:
    """The same numbers in every format, the worse ones first, no infinity in JSON."""
    found = both(tmp_path, GOOD, changed(("- cpu: 2 ms", "- cpu: 3000 ms")))
    content = json.loads(render_json(found))
    directions = [row["direction"] for row in content["figures"]]
    assert directions == sorted(directions, key=["worse", "better", "same"].index)
    assert content["exit_code"] == 1 and content["lost"] == found.lost
    assert {row["origin"] for row in content["figures"]} == {"computed"}
    assert None in {row["after"] for row in content["figures"] if row["group"] == "p99"}
    text = render_markdown(found)
    for row in found.rows:
        assert row.after_text.replace("%", "%") in text
    assert "| p99 app.order |".replace("_", "\\_") in text


def test_bad_input_of_both_is_told_and_nothing_is_written(place: Place) -> None:
    """Exit code 2 with the findings of both; otherwise the folder stays as it was."""
    place.write("a.yaml", changed(("kind: postgres", "kind: postgress")))
    bad = place.run("compare", "a.yaml", "nowhere.yaml")
    assert bad.code == 2 and "postgress" in bad.err and "nowhere.yaml" in bad.err
    place.write("a.yaml", GOOD)
    place.write("b/backend.yaml", changed(("20k USD", "100 USD")))
    before = tree(place.here)
    done = place.run("compare", "a.yaml", "b")
    assert done.code == 1 and "budget" in done.out
    assert tree(place.here) == before


def test_text_of_a_broken_model_raises(tmp_path: Path) -> None:
    """The use case raises; it does not guess."""
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text("backend: [")
    with pytest.raises(InvalidInput):
        compare(str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml"))


def test_no_answer_any_more_is_worse(tmp_path: Path) -> None:
    """A p99 that is lost to a queue without end is worse than any number, and told first."""
    found = both(tmp_path, GOOD, changed(("users: 10k", "users: 300k")))
    row = rows(found)["p99 app.order"]
    assert (row.direction, row.after_text, row.change) == ("worse", "no answer", "more")
    there = rows(found)["availability buy"]
    assert (there.direction, there.after_text, there.change) == ("worse", "no answer", "less")
    (kept,) = [o for o in found.objectives if o.name == "availability of buy"]
    assert kept.after == "unknown"
    back = tmp_path / "back"
    back.mkdir()
    again = both(back, changed(("count: 6", "count: 3"), ("- cpu: 2 ms", "- cpu: 3000 ms")), GOOD)
    assert rows(again)["p99 app.order"].direction == "better" and again.exit_code == 0


@pytest.mark.parametrize(
    ("old", "new", "name", "change"),
    [
        ("p99: 300 ms", "p99: 900 ms", "promised p99 of buy", "+200.0%"),
        ("availability: 99.9%", "availability: 99%", "promised availability of buy", "-0.9%"),
        ("users: 10k", "users: 5k", "promised users", "-50.0%"),
        ("budget: 20k", "budget: 200k", "promised budget", "+900.0%"),
        ("budget: 20k USD/month\n", "", "promised budget", "gone"),
    ],
)
def test_to_promise_less_is_worse(
    old: str, new: str, name: str, change: str, tmp_path: Path
) -> None:
    """A promise made smaller is told as worse, and fails until it is accepted with a reason."""
    text = changed((old, new))
    found = both(tmp_path, GOOD, text)
    row = rows(found)[f"promise {name}"]
    assert (row.direction, row.change, row.origin) == ("worse", change, "stated")
    (less,) = found.lowered
    assert (less.rule, found.exit_code, found.lost) == ("promise-lowered", 1, [less.message])
    assert "promises less than" in render_text(found).splitlines()[1]
    (told,) = json.loads(render_json(found))["lowered"]
    assert told["message"] == less.message and told["place"]["line"] > 0
    (tmp_path / "b" / ".backend-lead.yaml").write_text(
        f"suppressions: [{{rule: promise-lowered, place: '{less.place.path}', reason: agreed, "
        f"until: {date.today()}}}]"
    )
    assert compare(found.before, found.after).exit_code == 0
    assert render_text(found).index(name) < render_text(found).index("p99 app.")
    back = tmp_path / "back"
    back.mkdir()
    assert rows(both(back, text, GOOD))[f"promise {name}"].direction == "better"


def test_a_promise_of_the_first_is_kept_to_though_the_second_promises_less(tmp_path: Path) -> None:
    """Slower than the first allowed is missed, whatever the second allows itself."""
    text = changed(("p99: 300 ms", "p99: 900 ms"), ("wait: 20 ms", "wait: 120 ms"))
    found = both(tmp_path, GOOD, text)
    assert found.exit_code == 1 and "p99 of app.order (at most 300 ms)" in found.lost


def test_what_no_clock_tells_is_as_before(tmp_path: Path) -> None:
    """More machines change the availability by less than a second a month: nothing is said."""
    found = both(tmp_path, GOOD, changed(("count: 6", "count: 9")))
    for name in ("browse", "buy"):
        row = rows(found)[f"availability {name}"]
        assert row.before != row.after and (row.direction, row.change) == ("same", "as before")


def test_a_journey_that_is_gone_is_a_promise_less(tmp_path: Path) -> None:
    """It is told as worse; its numbers are neither worse nor as before."""
    text = changed(("browse: 90%, buy: 10%", "browse: 100%"), ("  buy: {steps: [app.order]}\n", ""))
    found = both(tmp_path, GOOD, text)
    seen = rows(found)
    assert (seen["promise promised journey buy"].direction, found.exit_code) == ("worse", 1)
    assert (seen["p99 app.order"].direction, seen["p99 app.order"].change) == ("other", "gone")
    assert "New or gone" in render_text(found) and "As before" in render_text(found)
