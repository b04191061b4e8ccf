"""--assume: numbers that would be assumed, set by whoever asks."""

from __future__ import annotations

import json
from functools import cache

import pytest

from backend_lead.analysis.assumptions import assumed, quantities
from backend_lead.app.assume import assume, resolve_name, short_name
from backend_lead.intake.brief import read_brief
from backend_lead.model.finding import Finding, InvalidInput
from backend_lead.model.quantity import Quantity
from backend_lead.model.system import System
from tests.app.command_line import SHOP, Place, tree
from tests.app.good_model import changed

THINK = "think_time: {value: 10 s, range: [5 s, 20 s], origin: assumed, why: guess}"


@cache
def shop() -> System:
    return read_brief(SHOP).system


def values(system: System) -> dict[str, Quantity]:
    return dict(quantities(system))


def refused(*settings: str) -> Finding:
    with pytest.raises(InvalidInput) as caught:
        assume(shop(), settings)
    return caught.value.findings[0]


def test_a_short_name_sets_the_same_quantity_of_every_client() -> None:
    """All clients think as long as said; it is stated from then on, and nothing else changes."""
    before, after = values(shop()), values(assume(shop(), ["think_time=8.5s"]))
    changed_paths = {path for path in before if before[path] != after[path]}
    assert changed_paths == {f"workload.clients.{c}.think_time" for c in ("web", "mobile")}
    for path in changed_paths:
        q = after[path]
        assert (q.value, q.origin, q.range) == (8.5, "stated", None)
        assert q.source == "--assume think_time=8.5s"


def test_a_longer_name_sets_one() -> None:
    """A path, or as much of its end as is needed, names one number."""
    after = values(assume(shop(), ["web.think_time=7s", "workload.peak.factor=4"]))
    assert after["workload.clients.web.think_time"].value == 7
    assert after["workload.clients.mobile.think_time"].origin == "assumed"
    assert after["workload.peak.factor"].value == 4
    one = assume(shop(), ["place_order.does[0].cpu=3ms"])
    path = "components.app.endpoints.place_order.does[0].cpu"
    assert values(one)[path].value == pytest.approx(0.003)


def test_shares_that_are_set_stay_and_the_others_make_room() -> None:
    """Two shares set at once are both what was said; all add up to one."""
    after = assume(shop(), ["browse=40%", "search=40%"])
    for client in after.workload.clients.values():
        shares = {name: q.value for name, q in client.journeys.items()}
        assert shares["browse"] == shares["search"] == pytest.approx(0.4)
        assert sum(shares.values()) == pytest.approx(1)
        assert shares["account"] / shares["order"] == pytest.approx(4.5 / 2.5)
    assert refused("browse=60%", "search=60%").rule == "assume-shares"


def test_what_cannot_be_set_is_told_with_what_can() -> None:
    """Ambiguous names list candidates, misspelt ones what was meant, values their form."""
    several = refused("cpu=3ms")
    assert several.rule == "assume-ambiguous"
    assert "components.app.endpoints.home_page.does[0].cpu" in several.allowed
    assert "did you mean think_time?" in refused("think_tme=8s").hint
    assert refused("think_time=fast").rule == "assume-value"
    assert refused("think_time").rule == "assume-form"
    assert refused("users=5").rule == "assume-stated"
    assert refused("think_time=8s", "web.think_time=9s").rule == "assume-twice"
    assert refused("think_time=0s").level == "error"


def test_the_shortest_name_of_a_number_names_it_alone() -> None:
    """The flag that answers a question sets that number and no other."""
    for path, _ in assumed(shop()):
        assert resolve_name(shop(), short_name(shop(), path)) == [path]
    assert short_name(shop(), "workload.peak.factor") == "factor"
    assert short_name(shop(), "workload.clients.web.think_time") == "web.think_time"


def test_check_and_simulate_take_it(place: Place) -> None:
    """Twice the thinking halves the load; the run has an id of its own and repeats with it."""
    place.write("backend.yaml", changed(("think_time: 10 s", THINK)))
    plain = json.loads(place.run("check", "-f", "json").out)
    slow = json.loads(place.run("check", "-f", "json", "--assume", "think_time=20s").out)
    rates = [next(f for f in c["figures"] if f["id"] == "requests_per_s") for c in (plain, slow)]
    assert rates[1]["value"] == pytest.approx(rates[0]["value"] / 2, rel=0.01)
    assert rates[1]["repeat"].endswith("--assume think_time=20s")
    bad = place.run("check", "-f", "json", "--assume", "think_tme=2s")
    assert bad.code == 2 and json.loads(bad.out)["findings"][0]["rule"] == "assume-unknown"
    run = place.run("simulate", "--assume", "think_time=20s", "--duration", "8s", "-f", "json")
    kept = json.loads(run.out)["run"]
    assert kept["repeat"].endswith("--assume think_time=20s")
    (name,) = (n for n in tree(place.here) if n.startswith("evidence/"))
    assert name == f"evidence/{kept['id']}.json" and "assumed" in name
    assert place.run("simulate", "--assume", "nothing=1").code == 2


def test_users_of_several_clients_are_set_in_sum() -> None:
    """Who says 4k users means 4k in all; each client keeps its share of them."""
    system = read_brief("Design a shop backend").system
    clients = system.workload.clients
    before = {name: client.users.value for name, client in clients.items() if client.users}
    after = assume(system, ["users=4k"])
    now = {name: c.users.value for name, c in after.workload.clients.items() if c.users}
    assert len(before) > 1 and sum(now.values()) == pytest.approx(4000)
    for name, users in before.items():
        assert now[name] / 4000 == pytest.approx(users / sum(before.values()))


@pytest.mark.parametrize("setting", ["p99=0ms", "recover_within=0s", "order.row=0B"])
def test_what_no_model_file_may_say_is_refused(setting: str) -> None:
    """Zero where a model must have more is told, not divided by."""
    with pytest.raises(InvalidInput) as err:
        assume(shop(), [setting])
    assert {f.place.file for f in err.value.findings} == {"--assume"}
