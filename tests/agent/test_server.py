"""Every tool, resource and prompt, asked by a real client over stdio."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import anyio
import pytest
from jsonschema import Draft202012Validator
from mcp import Client

from tests.agent.client import connected
from tests.agent.tokens import tokens
from tests.app.command_line import SHOP
from tests.app.good_model import GOOD

TOOLS_MOST, LIST_TOKENS = 8, 2000
ANSWER_TOKENS, ANSWER_TOKENS_EVER = 4000, 25_000
SMALL = "Design a shop backend for 200 concurrent users"

VISITS = """
backend: visits
workload: {clients: {web: {rate: 200/s, journeys: {visit: 100%}}}, peak: {factor: 1}}
journeys:
  visit: {steps: [app.ask, app.tell, app.ask], session: {think: 5 s, goes_on: [60%]}}
components:
  app:
    kind: http-service
    instance: m7g.large
    count: 3
    zones: 3
    endpoints:
      ask: {does: [cpu: 1 ms, {query: db.read}]}
      tell: {does: [cpu: 1 ms, {query: db.write}]}
  db:
    kind: postgres
    instance: db.m7g.xlarge
    zones: 1
    replicas: 2
    lag: 2 s
    operations:
      read: {type: read, cpu: 1 ms, entity: thing, stale_ok: true}
      write: {type: write, cpu: 1 ms, entity: thing}
entities: {thing: {store: db, row: 1 kB, rows: 500, skew: 0.8}}
faults: [{at: 20 s, what: failover, where: db}]
slos: [{journey: "*", p99: 300 ms, availability: 99%}]
topology: {provider: aws, region: us-east-1, zones: 3}
"""


def run(work: Any) -> None:
    anyio.run(work)


@asynccontextmanager
async def server(folder: Path) -> AsyncIterator[Client]:
    """A server in a folder with one model that nothing can be said against."""
    (folder / "backend.yaml").write_text(GOOD, encoding="utf-8")
    async with connected(folder) as client:
        yield client


async def ask(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """The envelope of a call, whose text is the same and small enough."""
    result = await client.call_tool(tool, arguments)
    text = getattr(result.content[0], "text", "")
    found = dict(result.structured_content or {})
    assert json.loads(text) == found
    assert tokens(text) <= ANSWER_TOKENS, f"{tool}: {len(text)} characters"
    assert bool(result.is_error) == (found["status"] == "blocked")
    for row in found.get("next_actions", []):
        assert row["tool"] in {"ask", "design", "check", "capacity", "simulate", "compare",
                               "change", "explain"}  # fmt: skip
    return found


def test_the_list_of_tools_is_short_and_says_what_each_does(tmp_path: Path) -> None:
    """At most eight tools in at most 2,000 tokens, with schemas both ways and honest hints."""

    async def work() -> None:
        async with server(tmp_path) as client:
            found = (await client.list_tools()).tools
            rows = [tool.model_dump(by_alias=True, exclude_none=True) for tool in found]
            assert len(rows) <= TOOLS_MOST
            assert tokens(json.dumps(rows, separators=(",", ":"))) <= LIST_TOKENS
            for row in rows:
                Draft202012Validator.check_schema(row["inputSchema"])
                Draft202012Validator.check_schema(row["outputSchema"])
                assert {"status", "verdict"} <= set(row["outputSchema"]["required"])
            hints = {row["name"]: row["annotations"] for row in rows}
            assert hints["check"]["readOnlyHint"] and not hints["design"]["readOnlyHint"]
            assert [n for n, h in hints.items() if h["destructiveHint"]] == ["design", "change"]

    run(work)


def test_check_and_explain_answer_with_origins(tmp_path: Path) -> None:
    """A figure comes with its origin, a rule with what it asks, evidence with its command."""

    async def work() -> None:
        async with server(tmp_path) as client:
            found = await ask(client, "check")
            assert found["status"] == "complete" and found["verdict"] in ("pass", "unknown")
            assert {f["origin"] for f in found["figures"]} <= {"computed", "catalogue", "simulated"}
            assert found["evidence"][0]["repeat"] == "backend-lead check backend.yaml"
            told = await ask(client, "explain", word="field-access")
            assert told["summary"].startswith("# Rule `field-access`")
            listed = await ask(client, "explain")
            assert "cache-aside" in listed["tactics_words"]
            near = await ask(client, "explain", word="cache-asid")
            assert near["status"] == "blocked" and "cache-aside" in near["summary"]

    run(work)


def test_a_sentence_becomes_a_design_that_can_be_read_and_asked(tmp_path: Path) -> None:
    """From `ask` over `design` to `capacity`, with progress, and the files as paged resources."""

    async def work() -> None:
        told: list[tuple[float, str | None]] = []

        async def progress(done: float, _: float | None, message: str | None) -> None:
            told.append((done, message))

        async with connected(tmp_path) as client:
            none = await ask(client, "check")
            assert none["status"] == "blocked" and "design" in none["summary"]
            asked = await ask(client, "ask", request=SMALL)
            assert any("answer" in q for q in asked["open_questions"])
            result = await client.call_tool(
                "design", {"request": SMALL, "assume": ["think_time=12s"], "out": "shop"},
                progress_callback=progress,
            )  # fmt: skip
            found = dict(result.structured_content or {})
            assert tokens(json.dumps(found, separators=(",", ":"))) <= ANSWER_TOKENS
            assert found["verdict"] == "pass", found["summary"]
            assert {"p99", "availability", "cost_usd_month"} <= {f["id"] for f in found["figures"]}
            assert {e["id"] for e in found["evidence"]} >= {"steady", "zone-loss"}
            assert (tmp_path / "shop/report.html").is_file()
            done = [d for d, _ in told]
            assert len(told) > 3 and done == sorted(done)
            page = (await client.read_resource("design://current")).contents[0]
            assert "Model: shop/backend.yaml" in getattr(page, "text", "")
            limits = await ask(client, "capacity")
            assert limits["full_first"] and limits["ways_on"]
            await _pages(client)

    run(work)


async def _pages(client: Client) -> None:
    """Every page of a long file, put together, is the file; the list is paged too."""
    uri, text = "design://files/shop/backend.yaml?offset=0&limit=5000", ""
    while uri:
        page = (await client.read_resource(uri)).contents[0]
        text += getattr(page, "text", "")
        uri = str((page.meta or {}).get("next", ""))
    assert len(text) == (page.meta or {})["total"] > 5000
    assert text.startswith("# yaml-language-server")
    first = await client.list_resources()
    rest = await client.list_resources(cursor=first.next_cursor)
    uris = [r.uri for r in (*first.resources, *rest.resources)]
    assert "design://current" in uris and "catalog://components" in uris
    assert len(uris) == len(set(uris)) > len(first.resources)
    evidence = (await client.read_resource("evidence://p99")).contents[0]
    assert "origin: simulated" in getattr(evidence, "text", "")
    catalogue = (await client.read_resource("catalog://tactics?limit=60000")).contents[0]
    assert "cache-aside" in getattr(catalogue, "text", "")


def test_what_if_and_who_breaks(tmp_path: Path) -> None:
    """A run at twice the load and with a fault; a change previewed, then written; two states."""

    async def work() -> None:
        async with server(tmp_path) as client:
            twice = await ask(client, "simulate", load=2, duration="6s")
            assert twice["latency_s"] and (tmp_path / twice["kept_as"]).is_file()
            users = await ask(client, "simulate", users="12k", duration="6s")
            assert users["verdict"] in ("pass", "fail", "unknown")
            lost = await ask(client, "simulate", fault="zone-loss")
            assert lost["trial"] and lost["evidence"][0]["id"] == "zone-loss"
            wrong = await ask(client, "simulate", fault="zone-los")
            assert "zone-loss" in json.dumps(wrong["findings"])
            before = (tmp_path / "backend.yaml").read_text(encoding="utf-8")
            seen = await ask(client, "change", set={"components.app.count": 3})
            assert {n["name"] for n in seen["numbers"] if n["is"] == "better"} >= {"cost per month"}
            assert (tmp_path / "backend.yaml").read_text(encoding="utf-8") == before
            done = await ask(client, "change", set={"components.app.count": 3}, write=True)
            after = (tmp_path / "backend.yaml").read_text(encoding="utf-8")
            assert done["status"] == "complete" and "count: 3" in after
            (tmp_path / "old.yaml").write_text(before, encoding="utf-8")
            told = await ask(client, "compare", before="old.yaml", after="backend.yaml")
            assert any(c["path"] == "components.app.count" for c in told["changes"])
            ways = await ask(client, "change")
            tactic, sites = next(iter(ways["tactics"].items()))
            by_hand = await ask(client, "change", tactic=tactic, site=sites[0])
            assert by_hand["status"] == "complete" and by_hand["changes"]

    run(work)


def test_a_client_that_asks_nothing_yet_is_answered(tmp_path: Path) -> None:
    """Beside others every tool takes it; where nobody asks, it is told what to write instead."""

    async def work() -> None:
        async with server(tmp_path) as client:
            asking = GOOD.replace("  peak: {factor: 3}", "    partner: {rate: 20/s, timeout: 2 s, "
                                  "journeys: {buy: 100%}}\n  peak: {factor: 3}")  # fmt: skip
            (tmp_path / "backend.yaml").write_text(asking, encoding="utf-8")
            (tmp_path / "old.yaml").write_text(asking, encoding="utf-8")
            none = {"workload.clients.partner.rate": "0/s"}
            assert (await ask(client, "change", set=none, write=True))["status"] == "complete"
            for tool in ("check", "capacity"):
                assert (await ask(client, tool))["status"] == "complete", tool
            run = await ask(client, "simulate", duration="20s")
            assert run["verdict"] == "pass" and run["status"] == "complete"
            told = await ask(client, "compare", before="old.yaml", after="backend.yaml")
            assert any(c["path"] == "workload.clients.partner.rate" for c in told["changes"])
            silent = GOOD.replace("users: 10k, think_time: 10 s", "rate: 0/s")
            (tmp_path / "backend.yaml").write_text(silent, encoding="utf-8")
            for tool in ("check", "capacity", "simulate"):
                found = await ask(client, tool)
                assert found["status"] == "blocked", tool
                assert "no client asks anything" in json.dumps(found["findings"])

    run(work)


def test_a_promise_made_smaller_is_told_by_change(tmp_path: Path) -> None:
    """The verdict is `fail` with what is promised less, until the settings accept it."""

    async def work() -> None:
        async with server(tmp_path) as client:
            looser = {"budget": "200k USD/month"}
            seen = await ask(client, "change", set=looser)
            assert seen["verdict"] == "fail" and "promised less than before" in seen["summary"]
            (less,) = seen["promises_lowered"]
            assert "budget" in less
            (tmp_path / ".backend-lead.yaml").write_text(
                "suppressions: [{rule: promise-lowered, place: budget, reason: agreed, "
                f"until: {date.today()}}}]", encoding="utf-8")  # fmt: skip
            let = await ask(client, "change", set=looser)
            assert let["verdict"] == "pass" and let["promises_lowered"] == [less]

    run(work)


def test_contracts_are_compared_too(tmp_path: Path) -> None:
    """Two files of one protocol: what breaks, where, and what to do instead."""
    (tmp_path / "a.graphql").write_text("type Query { a: Int b: Int }\n")
    (tmp_path / "b.graphql").write_text("type Query { a: Int }\n")

    async def work() -> None:
        async with server(tmp_path) as client:
            told = await ask(client, "compare", before="a.graphql", after="b.graphql")
            assert told["verdict"] == "fail"
            row = next(c for c in told["contract_changes"] if c["level"] == "breaking")
            assert "b" in row["what"] and row["instead"]

    run(work)


def test_the_artefacts_of_one_group_are_written_without_a_search(tmp_path: Path) -> None:
    """`design` with search: false and a group writes that group, runs nothing, says unknown."""

    async def work() -> None:
        async with server(tmp_path) as client:
            found = await ask(
                client, "design", model="backend.yaml", search=False, only="model", out="made"
            )
            assert found["files"]["number"] == 2 and (tmp_path / "made/backend.yaml").is_file()
            none = await ask(client, "design", model="backend.yaml", search=False, only="api")
            assert none["files"]["number"] == 0 and "Nothing of api" in none["summary"]
            wrong = await ask(client, "design", model="backend.yaml", search=False, only="apis")
            assert wrong["status"] == "blocked" and "api" in wrong["findings"][0]["allowed"]
            both = await ask(client, "design", model="backend.yaml", request=SHOP)
            assert both["findings"][0]["rule"] == "request-twice"

    run(work)


def test_the_three_requests_are_prompts(tmp_path: Path) -> None:
    """Each begins with its sentence, or the caller's, and forbids a number without evidence."""

    async def work() -> None:
        async with server(tmp_path) as client:
            found = (await client.list_prompts()).prompts
            assert len(found) == 3
            for prompt in found:
                text = (await client.get_prompt(prompt.name, {})).messages[0].content.text  # type: ignore[union-attr]
                assert text.startswith(prompt.description or "-") and "Never state a number" in text
            mine = await client.get_prompt(found[0].name, {"request": "Mine"})
            assert mine.messages[0].content.text.startswith("Mine\n")  # type: ignore[union-attr]

    run(work)


def test_a_call_that_is_cancelled_ends_and_writes_nothing(tmp_path: Path) -> None:
    """The server goes on: the next call, which needs both cores too, is answered."""

    async def work() -> None:
        async with server(tmp_path) as client:
            with anyio.move_on_after(1.5) as scope:
                await client.call_tool("design", {"request": SHOP, "out": "never"})
            assert scope.cancelled_caught
            start = time.monotonic()
            assert (await ask(client, "capacity"))["status"] == "complete"
            assert time.monotonic() - start < 120
            assert not (tmp_path / "never").exists()

    run(work)


@pytest.mark.parametrize("arguments", [{"word": 7}, {"wort": "p99"}, {"word": "x" * 300}])
def test_arguments_that_make_no_sense_are_told(tmp_path: Path, arguments: dict[str, Any]) -> None:
    """The wrong name, type or length: what was seen, and what is allowed."""

    async def work() -> None:
        async with server(tmp_path) as client:
            found = await ask(client, "explain", **arguments)
            assert found["status"] == "blocked"
            assert found["findings"][0]["seen"] and found["findings"][0]["allowed"]

    run(work)


def test_a_run_tells_of_ways_between_regions(tmp_path: Path) -> None:
    """How much of each is in use, what it carries, of how much; none where none is stated."""
    hop = ("same_zone: 0.2 ms, other_zone: 1 ms, hops: [{between: [us-east-1, eu-west-1], "
           "rtt: 80 ms, bandwidth: 10 MB/s}]")  # fmt: skip
    abroad = VISITS.replace("    zones: 1\n", "    zones: 1\n    region: eu-west-1\n").replace(
        "zones: 3}\n", f"zones: 3, network: {{{hop}}}}}\n"
    )

    async def work() -> None:
        async with server(tmp_path) as client:
            (tmp_path / "abroad.yaml").write_text(abroad, encoding="utf-8")
            (tmp_path / "visits.yaml").write_text(VISITS, encoding="utf-8")
            found = (await ask(client, "simulate", model="abroad.yaml", duration="20s"))["links"]
            assert [one["link"] for one in found] == [
                "us-east-1 to eu-west-1", "eu-west-1 to us-east-1",
            ]  # fmt: skip
            for one in found:
                assert 0 < one["bytes_per_s"] < one["bandwidth_bytes_per_s"] == 1e7
                assert one["busy"] == pytest.approx(one["bytes_per_s"] / 1e7)
            near = await ask(client, "simulate", model="visits.yaml", duration="20s")
            assert not near.get("links")

    run(work)


def test_a_run_tells_of_sessions_and_of_copies(tmp_path: Path) -> None:
    """Requests per session, stale reads and lost writes are in the answer as in the text; a session
    of very many steps is cut, and the cut is counted."""

    async def work() -> None:
        async with server(tmp_path) as client:
            (tmp_path / "visits.yaml").write_text(VISITS, encoding="utf-8")
            found = await ask(client, "simulate", model="visits.yaml", duration="40s")
            assert [s["step"] for s in found["sessions"]] == [1, 2, 3]
            assert [w["from_s"] for w in found["windows"]] == [5, 15, 25]
            for window in found["windows"]:
                mean, low, high = window["mean_s"]
                assert low < mean < high and window["requests_per_s"] > 0
            assert found["sessions"][1]["per_session"] == pytest.approx(0.6, abs=0.05)
            (copies,) = found["copies"]
            assert copies["store"] == "db" and 0 < copies["stale"] < copies["read"]
            played = await ask(client, "simulate", model="visits.yaml", fault="stated")
            (lost,) = played["failovers"]
            assert lost["by"] == "replica" and lost["writes"] > 0
            many = VISITS.replace(
                "[app.ask, app.tell, app.ask]", f"[{', '.join(['app.ask'] * 120)}]"
            )
            (tmp_path / "many.yaml").write_text(many.replace("60%", "99%"), encoding="utf-8")
            long = await ask(client, "simulate", model="many.yaml", duration="10s")
            assert len(long["sessions"]) + long["left_out"]["sessions"] == 120

    run(work)
