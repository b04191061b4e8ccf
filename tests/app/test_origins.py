"""Where the sizes of a searched design say they come from."""

from __future__ import annotations

from backend_lead.app.design import SIZED, _origins
from backend_lead.intake.brief import read_brief
from backend_lead.search.climb import climb_preferring
from backend_lead.search.record import set_by


def test_each_field_says_how_it_was_found() -> None:
    """What costs nothing is not called smallest; machines are called cheapest, numbers fewest."""
    trail = climb_preferring(
        read_brief("an app backend for 20k concurrent users").system, "simplest"
    )
    _origins(trail)
    for knob in trail.final.knobs:
        name = knob.field.split(".")[0]
        text = trail.final.found.system.components[knob.component].origins[name]
        assert text.startswith("computed: ") and text.endswith("the stated peak with one zone lost")
        assert SIZED.get(name, "fewest, on these machines") in text
        assert ("costs nothing" in text) == (name in ("concurrency", "pool", "pooler"))
        assert trail.opened.get(knob.id, "computed") in text


def test_a_field_that_a_step_set_names_its_decision() -> None:
    """No number that a step changed still says that it was assumed at the start."""
    start = read_brief("an app backend for 2k concurrent users").system
    trail = climb_preferring(start, "simplest")
    _origins(trail)
    spread = next(d.id for d in trail.decisions if d.tactic == "multi-zone")
    end = trail.final.found.system
    assert end.components["app"].count == 3 and start.components["app"].count == 1
    assert end.components["app"].origins["count"] == f"computed: decision {spread}"
    assert end.components["db"].origins["zones"] == f"computed: decision {spread}"
    assert set_by(trail)["app", "zones"] == spread
