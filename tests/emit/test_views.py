"""The drawings are the model: participants and edges read back equal those of the flow."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

import pytest
from ruamel.yaml import YAML

from backend_lead import emit
from backend_lead.emit.report.readings import Readings
from backend_lead.model.design import Design
from backend_lead.model.system import System
from backend_lead.views.flow import Flow, calls_of
from backend_lead.views.resolve import resolve
from backend_lead.views.steps import passes
from tests.app.good_model import changed
from tests.emit.mermaid_text import C4, Sequence, diagrams, read_c4, read_sequence
from tests.emit.sample_design import bare_design, sample_design

HOSTILE = [
    'a "quoted" [thing] (x) {y}', "end", "é — ≥ ×  naïve 日本語", "a;b #35; #quot; # c", "%% no; %",
    "<script>alert(1)</script>", "line one\nline two", "alt else par and Note over", "->>: x", "$x",
]  # fmt: skip
SAMPLES: dict[str, Callable[[], Design]] = {
    "sample": sample_design, "nothing run": bare_design,
    "no cache": lambda: sample_design("product-cache"), "no edge": lambda: sample_design("edge"),
}  # fmt: skip


def views(design: Design) -> tuple[list[C4], dict[str, Sequence]]:
    """Both C4 drawings, and the sequences by request."""
    out = emit.render(design, "views")
    assert set(out) == {"views/c4.md", "views/sequences.md"}
    page = out["views/sequences.md"]
    titles = re.findall(r"^### `([^`]+)`: ", page, re.MULTILINE)
    drawn = [read_sequence(text) for text in diagrams(page)]
    assert len(titles) == len(set(titles)) == len(drawn)
    return [read_c4(text) for text in diagrams(out["views/c4.md"])], dict(zip(titles, drawn))


def word(letter: str, name: str) -> str:
    return f"{letter}_{name.replace('-', '__')}"


def chain(system: System, ref: str) -> list[str]:
    """Components a request passes on its way in."""
    return [*(n for n in system.workload.entry if passes(system, n, ref)), ref.split(".")[0]]


def wanted_edges(flow: Flow) -> set[tuple[str, str]]:
    """Every edge of the flow: clients, the way in, calls."""
    out: set[tuple[str, str]] = set()
    for source in flow.sources:
        for key in source.mix:
            way = [word("C", n) for n in chain(flow.system, flow.roots[key].target)]
            out |= set(itertools.pairwise([word("P", source.client), *way]))
    for node in flow.nodes.values():
        for call in calls_of(node.steps):
            owner = flow.nodes[call.target].component
            out.add((word("C", node.component), word("C", owner)))
    return out


def wanted_calls(flow: Flow, key: str) -> set[tuple[str, str, str]]:
    """Calls a node causes, as (from, to, name); all the way down."""
    out: set[tuple[str, str, str]] = set()
    me = flow.nodes[key]
    for call in calls_of(me.steps):
        other = flow.nodes[call.target]
        out.add((word("C", me.component), word("C", other.component), other.name))
        out |= wanted_calls(flow, call.target)
    return out


def named(text: str) -> str:
    """The operation a message is for; what a cache is asked has one name in the flow."""
    first = text.split()[0]
    return "command" if first in ("get", "drop") else first


@pytest.mark.parametrize("name", SAMPLES)
def test_c4_equals_the_model(name: str) -> None:
    """People are clients, containers components with kind and size, relations the flow's edges."""
    design = SAMPLES[name]()
    (context, containers), _ = views(design)
    system, flow = design.system, resolve(design.system)
    people = {word("P", n) for n in system.workload.clients}
    parts = {word("C", n) for n in system.components}
    whole = word("S", system.backend)
    assert set(context.elements) == people | {whole}
    assert {(a, b) for a, b, _ in context.relations} == {(p, whole) for p in people}
    assert set(containers.elements) == people | parts | {whole} and containers.inside == parts
    drawn = [(a, b) for a, b, _ in containers.relations]
    assert len(drawn) == len(set(drawn)) and set(drawn) == wanted_edges(flow)
    for part, component in system.components.items():
        _, (title, technology, size) = containers.elements[word("C", part)]
        assert title == component.title and technology
        assert str(component.zones) in size


@pytest.mark.parametrize("name", SAMPLES)
def test_sequences_equal_the_flow(name: str) -> None:
    """Each request of a journey is drawn once; calls and participants are those of the flow."""
    design = SAMPLES[name]()
    system, flow = design.system, resolve(design.system)
    _, drawn = views(design)
    assert set(drawn) == {ref for j in system.journeys.values() for ref in j.steps}
    for ref, sequence in drawn.items():
        way = [word("C", n) for n in chain(system, ref)]
        wanted = wanted_calls(flow, ref)
        into = list(itertools.pairwise(["Clients", *way]))
        assert [(a, b) for a, b, _ in sequence.calls[: len(into)]] == into
        assert {(a, b, named(t)) for a, b, t in sequence.calls[len(into) :]} == wanted
        assert set(sequence.titles) == {"Clients", *way, *(b for _, b, _ in wanted)}
        asked, answered = ({(a, b) for a, b, _ in sequence.calls},
                           {(b, a) for a, b, _ in sequence.answers})  # fmt: skip
        assert asked == answered


def test_rates_are_those_the_run_counted() -> None:
    """An edge with one caller quotes the run; what is split or comes from clients is marked."""
    design = sample_design()
    (_, containers), _ = views(design)
    labels = {(a, b): text for a, b, text in containers.relations}
    hops = {(h.component, h.endpoint): h for h in design.hops}
    ranked = Readings(design).hop(hops["recommender", "rank"], "visits_per_s").text
    assert labels["C_app", "C_recommender"] == ranked
    assert all(t.startswith("≈ ") for (a, _), t in labels.items() if a.startswith("P_"))


def test_manners_are_told() -> None:
    """Timeouts, retries, optional calls, hits, shards and copies stand in the drawing."""
    _, drawn = views(sample_design())
    listed = drawn["app.list_products"]
    assert listed.calls[0][2] == (
        "list_products (mobile: gives up after 2 s, tries again up to 1×)"
    )
    assert listed.branches == ["a copy is there (54%)", "passed on", "hit (92%)", "miss (8%)"]
    assert listed.calls[-1][2] == "by_category on each of 8 shards"
    rank = drawn["app.list_recommendations"].calls[-1][2]
    assert rank == "rank (gives up after 80 ms, optional, goes on without it)"
    assert ("C_app", "waits 40 ms") in drawn["app.place_order"].notes


def test_a_real_model_with_parallel_calls_is_drawn() -> None:
    """The reference shop: parallel calls stand in a block of their own."""
    system = System.model_validate(YAML(typ="safe", pure=True).load(changed()))
    design = Design(system, "", 1, "Shop", "", "unknown", {})
    _, drawn = views(design)
    assert any("par" in sequence.blocks for sequence in drawn.values())
    flow = resolve(system)
    for ref, sequence in drawn.items():
        calls = {(a, b, named(t)) for a, b, t in sequence.calls if a != "Clients"}
        assert wanted_calls(flow, ref) <= calls


def hostile_design(title: str) -> Design:
    """The sample with a title everywhere a title can stand."""
    design = sample_design()
    design.title = title
    for part in design.system.components.values():
        part.title = title
        for endpoint in part.endpoints.values():
            endpoint.title = title
    for client in design.system.workload.clients.values():
        client.title = title
    for journey in design.system.journeys.values():
        journey.title = title
    return design


@pytest.mark.parametrize("title", HOSTILE)
def test_titles_are_text_and_nothing_else(title: str) -> None:
    """Whatever a title holds, the drawing has the same parts and calls, and shows the title."""
    (context, containers), drawn = views(hostile_design(title))
    (_, plain), plainly = views(sample_design())
    assert containers.relations == plain.relations
    assert {r: s.calls for r, s in drawn.items()} == {r: s.calls for r, s in plainly.items()}
    shown = " ".join(title.split())
    assert drawn["app.get_profile"].titles["C_app"] == shown
    page = emit.render(hostile_design(title), "views")["views/c4.md"]
    assert page.count("```") == 4 and context.elements
