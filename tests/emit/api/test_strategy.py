"""The pages about the API of a shop: what they say follows from the model."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from backend_lead.app.evidence import computed
from backend_lead.emit import render
from backend_lead.emit.api.reading import reading
from backend_lead.emit.api.strategy_limits import complete_s, promise
from backend_lead.emit.api.strategy_phases import price, steps, total
from backend_lead.mock.answering import Mock
from backend_lead.mock.message import Asked
from backend_lead.model.design import Design
from backend_lead.search.assess import assess
from backend_lead.search.workload import carried
from backend_lead.views.api.contract import contract
from backend_lead.views.api.names import camel
from backend_lead.views.resolve import resolve
from tests.api_model import TEXT, shop_with
from tests.emit.api.designs import pages
from tests.emit.sample_design import sample_design
from tools.example_results import answer_of

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
TEAM = "team: {size: 3}"


@cache
def example() -> Design:
    """The answer to a sentence that names no product, over three zones."""
    return answer_of(EXAMPLES / "api-strategy" / "backend.yaml", "api")


def text_of(name: str) -> str:
    """A file about its API."""
    return render(example(), "api")[f"api/{name}"]


def strategy(*pairs: tuple[str, str]) -> str:
    """The strategy of the shop with texts replaced."""
    return pages(*pairs)["api/strategy.md"]


def test_every_page_is_written() -> None:
    """Strategy, one page for deciding, two packs, the portal, pages to read, the catalogue."""
    wanted = {"strategy.md", "executive.md", "for-frontend-and-mobile.md", "for-partners.md",
              "portal.html", "docs/mobile.html", "docs/web.html", "catalog-info.yaml"}  # fmt: skip
    assert {f"api/{name}" for name in wanted} <= set(pages())


def test_a_model_without_an_api_gets_no_page() -> None:
    """Where nothing was found about an API, nothing is written about it."""
    assert "api/strategy.md" not in render(sample_design())


def test_every_figure_of_the_plan_is_on_the_page() -> None:
    """Calls, rounds and times of each screen stand in the table."""
    plan = computed(assess(shop_with()), 1).screens
    assert plan is not None
    text = strategy()
    for screen in plan.screens:
        rest = screen.own.of("rest")
        row = next(line for line in text.splitlines()
                   if line.startswith(f"| `{screen.screen}` | `{screen.client}`"))  # fmt: skip
        assert f"| {rest.calls}, {rest.rounds} |" in row
        assert f"{rest.p95_s * 1e3:,.0f} ms" in row


def test_nobody_is_told_of_operations_that_are_not_there() -> None:
    """Every word in code that looks like an operation is one of the model."""
    said = re.findall(r"^    (\w+): \{(?:title: [^,]+, )?does:", TEXT, re.M)
    names = {camel(name) for name in said}
    assert len(names) == 12
    found = set(re.findall(r"`([a-z]+(?:[A-Z][a-z]+)+)`", strategy()))
    assert found <= names | {"operationId", "nextCursor", "localStorage"}


def test_the_window_of_a_deprecated_operation_is_checked() -> None:
    """273 days are 92 short of a partner's year; the day that would do is named."""
    assert "92 days short of the window: either say 2027-01-15" in strategy()
    later = strategy(("sunset: 2026-10-15", "sunset: 2027-02-01"))
    assert "short of the window" not in later


def test_releases_in_use_follow_from_cadence_and_support() -> None:
    """A release each fortnight that must work a year: 27 at a time; each month: 13."""
    assert "27 releases are in use at a time" in strategy()
    slower = strategy(("every: 14 d, support: 365 d", "every: 30 d, support: 365 d"))
    assert "13 releases are in use at a time" in slower


def test_over_commitment_is_said() -> None:
    """Tiers that promise more than is left are told with how often."""
    assert "nothing is promised twice" in strategy()
    sold = strategy(("callers: 4, limit: {rate: 60/s", "callers: 4k, limit: {rate: 60/s"))
    assert re.search(r"promised \d+ times over", sold)


def test_object_rules_follow_from_owners() -> None:
    """Operations of what belongs to somebody say whose it is; public ones say nothing."""
    text = strategy()
    rules = text[text.index("## Rules of objects") : text.index("## Conventions")]
    assert "| `getOrder` | `app`, `site`, `resellers` | `order.customer_id` is the caller" in rules
    assert "listProducts" not in rules
    assert "`customer.internal_note` | never leaves the backend" in rules
    assert "of `resellers` to be decided" in rules
    assert "To be decided: partners call `placeOrder`, `listOrders` and `getOrder`" in rules


def test_partners_may_act_for_people_who_agreed() -> None:
    """With a code and PKCE the caller is that person, in the rules, at the sign-in, in the pack and
    in the contract; nothing is left to decide."""
    agreed = ("auth: client-credentials-mtls", "auth: pkce")
    text, made = strategy(agreed), pages(agreed)
    rules = text[text.index("## Rules of objects") : text.index("## Conventions")]
    assert "is the caller; else 404, not 403; the caller of `resellers` is the person who agreed" \
        in rules  # fmt: skip
    assert "to be decided" not in rules.lower()
    assert "the token names that person and the partner" in text
    assert "whose token names the partner alone" in text
    pack = made["api/for-partners.md"]
    for part in ("response_type=code", "code_challenge_method=S256", "client_assertion=",
                 "grant_type=authorization_code"):  # fmt: skip
        assert part in pack
    assert "client_credentials" not in pack and "client_secret" not in pack
    flows = yaml.safe_load(made["api/openapi/partner.yaml"])["components"]["securitySchemes"]
    assert list(flows["oauth"]["flows"]) == ["authorizationCode"]
    assert "a person agrees" in flows["oauth"]["description"]


def test_a_part_that_fails_takes_what_waits_for_it() -> None:
    """Without the catalogue, the checkout loses the products and the stock that waits for them."""
    assert (
        "| `checkout` | `catalog` | `viewCart`, `getProfile` | `getProduct`, `getStock` |"
    ) in strategy()


def test_the_sla_is_below_what_is_computed() -> None:
    """99.83% supports 99.5% and not 99.9%."""
    assert "SLA | 99.5% a month" in strategy()
    assert "- Availability: 99.5% a month." in pages()["api/for-partners.md"]


def test_the_sla_is_below_our_own_objective() -> None:
    """A design that computes to more than the objective promises less than the objective, and says
    what promising more would take."""
    found = reading(example())
    assert found is not None
    step, _ = promise(found)
    worst = found.availability("partner")
    assert worst is not None and step is not None
    assert step < worst.objective < worst.availability
    assert "99.9% can be promised once our own objective is 99.95%" in text_of("strategy.md")


def test_partners_are_promised_what_outlasts_a_zone() -> None:
    """What is left for partners is counted with the worst zone lost and the margins of planning,
    as the sizes are; the same in a whole design and in `generate --only api`."""
    found = reading(example())
    assert found is not None and found.plan.limits is not None
    told = found.plan.limits
    assert told.kept_per_s < told.lost_per_s < told.carried_per_s
    assert told.open_per_s == pytest.approx(told.lost_per_s - told.kept_per_s)
    assert "with one lost and the margins of planning" in text_of("strategy.md")
    most = carried(found.design.system)
    assert told.lost_per_s <= resolve(found.design.system).requests_per_s * most * 1.0001


def test_rates_are_those_of_screens_as_they_are_to_be_built(tmp_path: Path) -> None:
    """An operation asked once per item is counted without these calls once its list carries it."""
    sound = reading(example())
    assert sound is not None and sound.plan.needless == ()
    text = (EXAMPLES / "api-strategy" / "backend.yaml").read_text(encoding="utf-8")
    name, once = "    offline_copy:\n", "      needs: [list_items]\n"
    before, _, rest = text.partition(name)
    assert rest.count(once, 0, 200) == 1
    model = tmp_path / "backend.yaml"
    model.write_text(before + name + rest.replace(once, """      needs:
      - list_items
      - {ask: get_item, each: list_items, items: 20}
""", 1), encoding="utf-8")  # fmt: skip
    found = reading(answer_of(model, "api"))
    assert found is not None
    get = found.found.operations["get_item"]
    assert found.plan.needless == (("offline_copy", "get_item", "list_items"),)
    assert found.plan.repeated == ()
    shown = sum(s.views_per_s for s in found.plan.screens
                if "get_item" in {a.operation for a in s.asks})  # fmt: skip
    assert shown <= found.rate(get) < 1.3 * shown


def test_what_asks_for_a_session_is_not_queued() -> None:
    """Without a network nothing is queued that belongs to nobody: the session is renewed first."""
    row = next(
        x for x in text_of("strategy.md").splitlines() if x.startswith("| `renewSession` | ")
    )
    assert "| no: " in row and "before what is queued" in row
    assert "queues `renewSession`" not in text_of("strategy.md")


def test_repeating_is_told_by_what_makes_it_safe() -> None:
    """A change is repeated with its If-Match, what is made with its Idempotency-Key."""
    assert "`updateItem` with the same `If-Match`" in text_of("strategy.md")


def test_missed_events_are_read_where_they_are_kept() -> None:
    """An event of an item is read from the items of the user, not from what everybody may read."""
    assert "is read from `listItems` instead" in text_of("strategy.md")


def test_the_sandbox_has_one_limit() -> None:
    """Where a tier is for trying out, the programme, the pack and the table say the same."""
    assert "the examples of the contract as data, 2/s per key" in text_of("strategy.md")
    assert "the same contract, 2/s per key" in text_of("for-partners.md")


def test_the_token_comes_before_the_call_that_needs_it() -> None:
    """The first lines of pack and portal buy the token, the next use it."""
    for name in ("for-partners.md", "portal.html"):
        text = text_of(name)
        assert text.index("oauth2/token") < text.index("Bearer $TOKEN"), name


def test_an_outdated_app_is_told_by_the_contract() -> None:
    """426 and the version header stand where the policy says so, for apps alone."""
    mobile, partner = (yaml.safe_load(text_of(f"openapi/{a}.yaml")) for a in ("mobile", "partner"))
    asked = mobile["paths"]["/v1/items"]["get"]
    assert {"400", "426"} <= set(asked["responses"])
    (version,) = (p for p in asked["parameters"] if p.get("name") == "App-Version")
    assert re.search(version["schema"]["pattern"], version["example"])
    assert not re.search(version["schema"]["pattern"], "0..0")
    assert "426" not in mobile["paths"]["/v1/me"]["get"]["responses"]
    assert "426" not in partner["paths"]["/v1/items"]["get"]["responses"]


def test_phases_add_up_with_their_ranges() -> None:
    """The sum of the page for deciding is that of its rows, and lies within its range."""
    found = reading(example())
    assert found is not None
    every = steps(found)
    whole = total(every)
    assert whole.hours == sum(one.effort.hours for one in every)
    assert whole.low < whole.hours < whole.high
    assert f"Approve {price(whole)}" in text_of("executive.md")


def test_numbers_of_callers_that_nobody_stated_are_listed() -> None:
    """Each assumed number of a caller stands with its range; a stated one does not."""
    assert "| `mobile`: users | 6k | 4k to 8k |" in text_of("strategy.md")
    assert "`app`: users" not in strategy()


def test_webhooks_are_requests_to_addresses_of_partners() -> None:
    """Who sends webhooks is told of the risk that they reach what is inside."""
    text = text_of("security.md")
    part = text[text.index("## API7") : text.index("## API8")]
    assert "`itemCreated`" in part and "private, loopback" in part


def test_partners_learn_nothing_of_others() -> None:
    """Pages for partners hold no operation, field or client that is not theirs."""
    for name in ("api/portal.html", "api/for-partners.md"):
        for word in ("getStock", "change_profile", "changeProfile", "internal_note", "cancelOrder"):
            assert word not in pages()[name], (name, word)


@pytest.mark.parametrize("auth", ["client-credentials-mtls", "client-credentials-jwt"])
def test_the_first_token_is_bought_as_the_model_says(auth: str) -> None:
    """With a certificate or with a signed assertion, never with a secret."""
    text = pages(("auth: client-credentials-mtls", f"auth: {auth}"))["api/for-partners.md"]
    assert ("--cert client.pem" in text) == (auth == "client-credentials-mtls")
    assert ("client_assertion=" in text) == (auth == "client-credentials-jwt")
    assert "client_secret" not in text


def test_catalogue_entries_point_to_contracts_that_are_written() -> None:
    """Every API of the catalogue has its file; every service says which it provides."""
    entities = list(yaml.safe_load_all(pages()["api/catalog-info.yaml"]))
    apis = {e["metadata"]["name"]: e["spec"] for e in entities if e["kind"] == "API"}
    every = ("mobile", "web", "partner", "events", "catalog-rpc", "orders-rpc", "accounts-rpc")
    assert set(apis) == {f"corner-shop-{name}" for name in every}
    for spec in apis.values():
        assert "api/" + spec["definition"]["$text"].removeprefix("./") in pages()
    services = [e for e in entities if e["kind"] == "Component"]
    assert {e["metadata"]["name"] for e in services} == {"catalog", "orders", "accounts"}
    assert all(set(e["spec"]["providesApis"]) <= set(apis) for e in services)


def test_names_from_the_model_stay_text() -> None:
    """A title that is markup does not become markup."""
    nasty = ("title: Corner shop\n", 'title: "Corner <img src=x> | shop"\n')
    for name, text in pages(nasty).items():
        if name.endswith((".html", ".md")):
            assert "<img" not in text, name


def test_caching_is_said_once() -> None:
    """Strategy, contract and mock tell the same Cache-Control of every query."""
    system = shop_with()
    found = contract(system)
    assert found is not None
    for audience in ("mobile", "partner"):
        said = yaml.safe_load(pages()[f"api/openapi/{audience}.yaml"])
        mock = Mock(found, audience)  # type: ignore[arg-type]
        for op in found.of_audience(audience):  # type: ignore[arg-type]
            if op.nature != "query":
                continue
            headers = said["paths"][op.path][op.method.lower()]["responses"]["200"]["headers"]
            kept = headers["Cache-Control"]["example"]
            assert f"| `{op.id}` | `{kept}` |" in strategy()
            if op.said.public and not op.keys:
                served = mock.answer(Asked("GET", op.path), 0.0)
                assert dict(served.headers)["Cache-Control"] == kept


def test_a_missed_objective_is_marked() -> None:
    """An operation that is predicted to be later than its objective is said to miss it, on the page
    for deciding too."""
    late = ('slos: [{journey: "*", p99: 200 ms', 'slos: [{journey: "*", p99: 8 ms')
    assert "**missed**" not in strategy() and "**missed**" in strategy(late)
    assert "8 ms is the objective" in pages(late)["api/executive.md"]


def test_objectives_leave_the_same_room() -> None:
    """Every screen of a client has an objective, a tenth above what is predicted, in two digits."""
    plan = computed(assess(shop_with()), 1).screens
    assert plan is not None
    for screen in plan.screens:
        allowed = complete_s(screen)
        assert screen.planned is not None and allowed is not None
        assert 1.099 < allowed / screen.planned.p95_s < 1.21
    text = strategy()
    for name in ("catalogue", "product", "checkout", "orders", "order"):
        assert f"`{name}` on 4G" in text


FULL = ("users: 6k", "users: 40k")


def test_no_page_promises_what_does_not_hold() -> None:
    """Where a part is full no time, objective or exit criterion is told of the screens that need
    it; all pages say what is to be sized."""
    text, deciding = strategy(FULL), pages(FULL)["api/executive.md"]
    assert "does not hold" in text and "No objective can be given for" in text
    assert "sized for the screens" in text and "cannot be served at the stated peak" in deciding
    assert "Nothing can be sold" in deciding
    assert "No time can be told of it" in pages(FULL)["api/for-frontend-and-mobile.md"]
    assert not re.search(r"\binf\b|\bnan\b", text + deciding)


def test_what_is_in_no_contract_is_said_to_be() -> None:
    """Lists and composed screens that are recommended are told to be written first."""
    assert "in no contract yet" in strategy()
    assert "in no contract yet" in pages()["api/for-frontend-and-mobile.md"]


def test_limits_of_a_user_are_for_screens_as_they_are_to_be_built() -> None:
    """A screen that asks once per item today does not raise what one user may ask."""
    row = next(x for x in strategy().splitlines() if x.startswith("| `app` | 6 s |"))
    assert row.startswith("| `app` | 6 s | 2 |")
    assert "together they would be let through up to" in strategy()


def test_a_graph_is_told_with_the_requests_it_takes() -> None:
    """Where apps are given a graph, their pack names it, and says of a screen that no type links
    how many requests it takes; the phases pay for its queries, not for composing them again."""
    asked = ("audience: mobile", "graph: true, audience: mobile")
    pack = pages(asked)["api/for-frontend-and-mobile.md"]
    assert "`api/graphql/operations/app/manifest.json`" in pack
    assert "`app`: 1 request of its manifest." in pack
    assert "`app`: 21 requests of its manifest, as no type of the graph links all of it." in pack
    text = strategy(asked)
    assert "but `catalogue` 21 and `checkout` 2, where no type links what is shown" in text
    assert "| screens composed | `checkout` |" in text  # of the pages, which have no graph
