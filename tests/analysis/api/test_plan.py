"""What is found about the API of a shop of three services."""

from __future__ import annotations

import math
from functools import cache

import pytest

from backend_lead.analysis.api.loads import Extra
from backend_lead.analysis.api.plan import api_plan
from backend_lead.analysis.api.screens import Looking
from backend_lead.analysis.api.served import endpoints
from backend_lead.analysis.capacity import capacity
from backend_lead.catalog.domains import load
from backend_lead.model.screens import ApiPlan, Recommended, ScreenCost
from backend_lead.model.system import System
from backend_lead.views.api.contract import contract
from backend_lead.views.api.graph import graph_of
from backend_lead.views.api.plan import plans
from backend_lead.views.resolve import resolve
from tests.api_model import shop_with


@cache
def plan_with(*pairs: tuple[str, str]) -> ApiPlan:
    """The plan of the shop with texts replaced."""
    flow = resolve(shop_with(*pairs))
    found = api_plan(flow, 1, capacity(flow))
    assert found is not None
    return found


def screen(plan: ApiPlan, name: str, client: str) -> ScreenCost:
    """One screen of one client."""
    return next(s for s in plan.screens if (s.screen, s.client) == (name, client))


def advice(plan: ApiPlan, audience: str) -> Recommended:
    """What an audience is given."""
    return next(r for r in plan.recommended if r.audience == audience)


def test_calls_rounds_and_fetches_are_counted() -> None:
    """A checkout asks six times in three rounds. No type links the stock to a product, so a graph
    takes a query of its own for it, and a federated plan a fourth fetch."""
    own = screen(plan_with(), "checkout", "app").own
    assert own.network == "4g"
    found = {one.style: (one.calls, one.rounds, one.inside) for one in own.styles}
    assert found == {
        "rest": (6, 3, 6), "fitted": (4, 3, 4), "bff": (1, 1, 4), "graph": (2, 2, 4),
        "federated": (2, 2, 4),
    }  # fmt: skip
    assert own.of("rest").down_bytes == 3_000 + 2_000 + 3 * 6_000 + 400


def test_fewer_rounds_are_worth_more_on_slower_networks() -> None:
    """Composing the checkout saves about two round trips: most on 3G, least on Wi-Fi."""
    saved = {
        one.network: one.of("rest").p50_s - one.of("bff").p50_s
        for one in screen(plan_with(), "checkout", "app").networks
    }
    assert saved["3g"] > saved["4g"] > saved["wifi"] > 0
    assert saved["4g"] == pytest.approx(2 * 0.170, rel=0.35)


def test_one_call_is_not_composed() -> None:
    """A screen of one call costs the same composed: no draw of chance is shown as a difference."""
    flow = resolve(System.model_validate(load("generic").system()))
    found = api_plan(flow, 1, capacity(flow))
    assert found is not None
    single = [
        on for one in found.screens for on in (one.own, *one.networks) if on.of("rest").calls == 1
    ]
    assert single
    for on in single:
        as_is, composed = on.of("rest"), on.of("bff")
        assert (as_is.p50_s, as_is.p95_s) == (composed.p50_s, composed.p95_s)


def test_views_follow_from_the_journeys() -> None:
    """6,000 users who think 6 s, and the catalogue twice in a journey of three requests."""
    length = 0.7 * 3 + 0.2 * 3 + 0.1 * 2
    views = 1000 / length * 0.7 * 2
    assert screen(plan_with(), "catalogue", "app").views_per_s == pytest.approx(views)


def test_what_is_asked_for_each_item_is_priced() -> None:
    """Twenty requests for stock a view load the catalogue; in batches they load it less."""
    found = plan_with().repeated[0]
    assert (found.screen, found.operation, found.items) == ("catalogue", "get_stock", 20)
    views = sum(s.views_per_s for s in plan_with().screens if s.screen == "catalogue")
    assert found.calls_per_s == pytest.approx(20 * views)
    assert found.busy < found.busy_batched < found.busy_repeated


BUYERS = ("journeys: {browse: 70%, buy: 20%, follow: 10%}", "journeys: {buy: 80%, follow: 20%}")
TEAM = "team: {size: 3}"


def test_three_engineers_are_not_given_a_graph() -> None:
    """Where the figures ask for composing, a small team composes in its services."""
    mobile = advice(plan_with(BUYERS), "mobile")
    assert (mobile.style, mobile.alone) == ("bff", False)
    why = {r.style: r.why for r in mobile.rejected}
    assert "3 engineers" in why["federated"] and "3 engineers" in why["graph"]


def test_a_larger_team_may_have_a_graph_and_a_large_one_federates_it() -> None:
    """Composing each of many screens takes more hours than a graph over all of them."""
    nine = advice(plan_with(BUYERS, UNLINKED, _screens(12), (TEAM, "team: {size: 9}")), "mobile")
    assert nine.style == "graph" and "no difference beyond the error" in nine.why[-1]
    forty = advice(plan_with(BUYERS, UNLINKED, _screens(36), (TEAM, "team: {size: 40}")), "mobile")
    assert forty.style == "federated"


UNLINKED = (", get_profile, {ask: get_stock, after: get_product}]", ", get_profile]")


def _screens(number: int) -> tuple[str, str]:
    """Further screens like that of an order."""
    order = "order: {journey: follow, needs: [get_order,"
    like = "{journey: follow, needs: [get_order, {ask: get_product, each: get_order, items: 3}]}"
    more = "".join(f"order_{i}: {like}\n    " for i in range(number))
    return order, more + order


def test_what_is_as_good_is_left_to_the_simpler() -> None:
    """With few screens a graph is no faster beyond the error and takes more hours: both are said
    in figures, and screens are composed."""
    nine = advice(plan_with(BUYERS, UNLINKED, (TEAM, "team: {size: 9}")), "mobile")
    assert nine.style == "bff"
    graph = next(r.why for r in nine.rejected if r.style == "graph")
    assert "no difference beyond the error" in graph and "against" in graph
    own = screen(plan_with(UNLINKED), "order", "app").own
    layer, graphed = own.of("bff"), own.of("graph")
    assert layer.inside == graphed.inside == 2
    assert abs(layer.p95_s - graphed.p95_s) < min(layer.off_s, graphed.off_s)


def test_a_client_that_asks_for_a_graph_gets_one() -> None:
    """What the model says of a client goes before the figures, and is told as the reason."""
    asked = advice(plan_with(("audience: mobile", "graph: true, audience: mobile")), "mobile")
    assert asked.style == "federated" and "the model asks for a graph" in asked.why[0]
    assert {one.style for one in asked.rejected} == {"rest", "bff", "graph"}


def test_subgraphs_that_are_written_all_the_same_are_told() -> None:
    """Where the figures speak against a graph that is large enough to be written, both are said."""
    enough = advice(plan_with((TEAM, "team: {size: 40}")), "mobile")
    small = advice(plan_with(), "mobile")
    told = [r.why for found in (enough, small) for r in found.rejected if r.style == "federated"]
    assert ["api/graphql" in why for why in told] == [True, False]


def test_one_list_that_is_asked_per_item_needs_no_layer() -> None:
    """The catalogue's list carries the stock of its items: one call, as fast as composed."""
    own = screen(plan_with(), "catalogue", "app").own
    assert (own.of("fitted").calls, own.of("fitted").rounds) == (1, 1)
    assert own.of("fitted").down_bytes == own.of("rest").down_bytes
    assert own.of("fitted").p95_s == pytest.approx(own.of("bff").p95_s, rel=0.03)
    mobile = advice(plan_with(), "mobile")
    assert "catalogue" in mobile.fitted and "catalogue" not in mobile.screens


def test_few_views_that_gain_bring_no_graph() -> None:
    """With many engineers, composing one view in eight stays a matter of single operations."""
    mobile = advice(plan_with((TEAM, "team: {size: 40}")), "mobile")
    assert mobile.style == "bff" and not mobile.alone
    assert mobile.gain_views == pytest.approx(0.12, abs=0.01)


def test_what_the_services_would_not_carry_is_not_composed() -> None:
    """A product that is answered at the edge would reach the services when composed."""
    edge = (
        "get_product:\n        request: 700 B",
        "get_product:\n        edge_cache: 99%\n        request: 700 B",
    )
    slow = ("[{cpu: 0.5 ms}, {query: shop-db", "[{cpu: 25 ms}, {query: shop-db")
    entry = ("  peak: {factor: 3}\n", "  peak: {factor: 3}\n  entry: [cdn]\n")
    cdn = ("components:\n  catalog:", "components:\n  cdn: {kind: cdn}\n  catalog:")
    mobile = advice(plan_with(BUYERS, edge, slow, entry, cdn), "mobile")
    assert mobile.style in ("rest", "fitted")
    assert "busy" in mobile.why[0]


def test_partners_share_what_is_left() -> None:
    """What tiers were promised is set against the load that is carried and not ours."""
    limits = plan_with().limits
    assert limits is not None
    assert limits.ours_per_s == pytest.approx(6000 / 6 + 2000 / 5)
    assert sum(t.promised_per_s for t in limits.tiers) == 40 * 1 + 25 * 10 + 4 * 60
    assert limits.over == pytest.approx(530 / limits.open_per_s)


def test_events_for_an_app_take_connections() -> None:
    """Every user of the app holds one; the way is that of a feed in one direction."""
    (feed,) = plan_with().streaming
    assert (feed.client, feed.way, feed.held) == ("app", "SSE", 6000)
    assert feed.bytes_held == pytest.approx(6000 * 40e3)


def test_the_same_seed_gives_the_same_times() -> None:
    """Two runs agree to the last bit; another seed does not."""
    flow = resolve(shop_with())
    first, again, other = (api_plan(flow, seed, None) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_partners_are_told_what_composing_would_save_them() -> None:
    """Screens that partners build themselves are priced on the network between data centres."""
    orders = "orders: {journey: follow, needs"
    sold = (orders, "orders: {journey: resell, clients: [resellers], needs")
    needs = ("needs: [list_orders, get_profile]}", "needs: [list_orders, list_products]}")
    partner = advice(plan_with(sold, needs), "partner")
    assert partner.style == "rest"
    assert "partners build orders themselves" in partner.rejected[0].why


def test_what_screens_ask_beyond_the_journeys_is_priced() -> None:
    """No journey asks for stock: the requests of the screens come on top, and are said."""
    found = plan_with().beyond
    assert found is not None
    assert found.most == "get_stock" and found.per_s > 14_000
    assert found.busy_with > found.busy


MORE = ("users: 6k", "users: 11k")
FAR_MORE = ("users: 6k", "users: 40k")


def test_a_part_that_screens_fill_has_no_times() -> None:
    """Asked one by one, stock fills the catalogue's machines: no time of a screen that needs them
    is told; in batches there is one, and the screens without them keep theirs."""
    found = plan_with(MORE)
    own = screen(found, "catalogue", "app").own
    assert own.of("rest").full.startswith("CPU of catalog at 1")
    assert math.isinf(own.of("rest").p95_s) and own.of("fitted").holds
    assert screen(found, "orders", "app").own.of("rest").holds
    planned = screen(found, "catalogue", "app").planned
    assert planned is not None and planned.style == "fitted" and planned.holds
    assert found.planned is not None and not found.planned.full
    (worst, *_) = found.repeated
    assert worst.busy_repeated > 1 > worst.busy_batched > worst.busy


def test_times_rise_with_what_screens_ask() -> None:
    """The same endpoint takes longer where the screens ask more of it, journeys as they are."""
    flow = resolve(shop_with())
    found = contract(flow.system)
    assert found is not None
    refs, _ = endpoints(flow, found)
    looking = Looking(flow, found, refs, 1)
    calm, asked = looking.laws(Extra()), looking.laws(looking.extra("rest"))
    assert asked.outside["get_stock"].p95_s > 1.1 * calm.outside["get_stock"].p95_s


def test_nothing_is_recommended_on_what_does_not_hold() -> None:
    """Where the screens fill a part in every style, no layer is built on their figures, the plan
    has no time for them, and partners are sold nothing."""
    found = plan_with(FAR_MORE, BUYERS, (TEAM, "team: {size: 40}"))
    mobile = advice(found, "mobile")
    assert mobile.style in ("rest", "fitted") and not mobile.screens
    assert any("no time holds in any style" in why for why in mobile.why)
    planned = screen(found, "checkout", "app").planned
    assert planned is not None and not planned.holds
    assert found.planned is not None and found.planned.full
    assert found.limits is not None and found.limits.open_per_s == 0
    assert found.served_s is not None and math.isinf(found.served_s["get_profile"][1])


def test_what_screens_ask_is_not_sold() -> None:
    """What is kept for our own clients holds what their screens ask beyond the journeys."""
    limits = plan_with().limits
    assert limits is not None and limits.screens_per_s > 4_000
    assert limits.kept_per_s > limits.ours_per_s + limits.screens_per_s
    assert limits.open_per_s <= limits.lost_per_s - limits.kept_per_s + 1e-6


def test_what_a_list_gives_whole_is_not_asked_again() -> None:
    """A need for each item of the shape that the list gives is no N+1: it is named, not priced."""
    found = plan_with((", gives: stock_level", ""))
    assert ("catalogue", "get_stock", "list_products") in found.needless
    assert all(one.operation != "get_stock" for one in found.repeated)
    assert screen(found, "catalogue", "app").own.of("rest").calls == 1


def test_answers_are_as_large_as_the_contract_lets_them_be() -> None:
    """A page of twenty things of 1 kB has 20 kB, whatever an endpoint of two operations says; what
    is stated of an endpoint of one operation is believed."""
    answers = plan_with().answers
    assert answers is not None
    assert (answers["list_products"], answers["get_product"]) == (20_000, 6_000)
    assert 0 < answers["change_profile"] == 2_000


def test_an_endpoint_of_two_operations_is_asked_once() -> None:
    """What journeys ask of an endpoint is divided between its operations, not given to each."""
    rates = plan_with((
        "get_profile: {does: get, of: customer, endpoint: accounts.get_profile",
        "get_profile: {does: get, of: customer, endpoint: orders.list_orders",
    )).rates  # fmt: skip
    assert rates is not None
    shown = {name: sum(s.views_per_s for s in plan_with().screens
                       if name in {a.operation for a in s.asks})
             for name in ("list_orders", "get_profile")}  # fmt: skip
    assert rates["get_profile"] == pytest.approx(shown["get_profile"])
    assert rates["list_orders"] == pytest.approx(shown["list_orders"] + 20)  # partners' share


def test_fetches_are_those_of_the_plans_of_the_graph() -> None:
    """The strategy and `plans.md` count the same."""
    found = contract(shop_with())
    assert found is not None
    graph = graph_of(found)
    assert graph is not None
    for name, made in plans(graph, "app").items():
        counted = sum(one.document.times * len(one.fetches) for one in made)
        assert screen(plan_with(), name, "app").own.of("federated").inside == counted, name
