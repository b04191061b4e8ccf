"""One truth: every output says the same of a design, before and after its model is changed."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from backend_lead.model.units import DURATION, RATIO
from tests.app import outputs
from tests.app.command_line import FIVE, MILLION, Place, tree
from tests.app.designed import Designed
from tests.app.good_model import changed


def assert_traced(folder: Path, said: str) -> None:
    """The five figures are the same in every output of a folder, and in what was said."""
    kept = outputs.evidence_figures(folder)
    wanted = {word: (kept[word]["text"], kept[word]["origin"]) for word in FIVE}
    page = outputs.report((folder / "report.html").read_text(encoding="utf-8"))
    notes = {word: page.notes[f"f-{word.replace('_', '-')}"] for word in FIVE}
    model = outputs.model(folder / "backend.yaml")
    assert outputs.terminal_figures(said) == wanted
    assert page.five == wanted
    assert notes == {word: text for word, (text, _) in wanted.items()}
    assert outputs.readme_figures((folder / "README.md").read_text(encoding="utf-8")) == wanted
    assert outputs.model_figures(model) == wanted
    values = {word: f["value"] for word, f in model["results"]["figures"].items()}
    assert values == {word: kept[word]["value"] for word in FIVE}
    assert page.heading in said and page.heading in (folder / "README.md").read_text()
    assert_numbers_of_the_run(folder, kept, model["results"]["digest"])


def assert_numbers_of_the_run(folder: Path, kept: dict[str, Any], digest: str) -> None:
    """What is simulated is what the run's file says; the words say the value."""
    steady = outputs.evidence(folder, "steady.json")
    latencies = steady["results"]["latency_s"].values()
    assert kept["requests_per_s"]["value"] == steady["results"]["requests_per_s"]["value"]
    assert kept["p99"]["value"] == max(x["p99"]["value"] for x in latencies)
    for name in ("steady.json", "figures.json", "trail.json"):
        assert outputs.evidence(folder, name)["model_digest"] == digest
    reads: dict[str, Callable[[str], float]] = {
        "requests_per_s": lambda t: float(t.removesuffix(" requests/s").replace(",", "")),
        "instances": lambda t: float(t.removesuffix(" machines")),
        "p99": DURATION.parse,
        "availability": RATIO.parse,
        "cost_usd_month": lambda t: float(t.removesuffix(" USD/month").replace(",", "")),
    }
    for word, read in reads.items():
        assert read(kept[word]["text"]) == pytest.approx(kept[word]["value"], rel=6e-3)


def assert_decided(folder: Path) -> None:
    """The last decision leads to the design that is told, and its page says what the trail does."""
    kept = outputs.evidence_figures(folder)
    decisions = outputs.evidence(folder, "trail.json")["decisions"]
    pages = sorted((folder / "decisions").glob("0*.md"))
    assert len(pages) == len(decisions) > 0
    last = decisions[-1]["after"]
    assert last["usd_month"] == pytest.approx(kept["cost_usd_month"]["value"])
    assert last["availability"] == pytest.approx(kept["availability"]["value"])
    for page, decision in zip(pages, decisions):
        rows = outputs.decision_rows(page.read_text(encoding="utf-8"))
        before = [f"decision.{decision['number']}.before.{c}" for c in ("max_users", "p99_s")]
        assert rows["before"][:2] == [kept[word]["text"] for word in before]
        for name, cells in rows.items():
            if name.endswith("(chosen)"):
                after = f"decision.{decision['number']}.after"
                assert cells[3] == kept[f"{after}.usd_month"]["text"]
                assert cells[2] == kept[f"{after}.availability"]["text"]
        for word in ("requests_per_s", "p99", "cost_usd_month"):
            assert kept[word]["repeat"] in page.read_text(encoding="utf-8")


def test_the_five_figures_are_one_everywhere(designed: Designed) -> None:
    """Terminal, report, README, model and evidence quote the same five figures."""
    assert_traced(designed.folder, designed.done.out)
    assert_decided(designed.folder)


def test_generate_says_what_design_said(shop: Place, designed: Designed) -> None:
    """A model that was not changed gives the same figures and the same decisions again."""
    done = shop.run("generate", "backend.yaml", "-o", "again")
    again = shop.here / "again"
    assert done.code == 0
    assert_traced(again, done.out)
    before, after = tree(designed.folder), tree(again)
    assert set(before) == set(after)
    for name in before:
        if name.startswith(("decisions/", "evidence/")) and name != "evidence/files.json":
            assert before[name] == after[name], name


@pytest.mark.full
def test_the_five_figures_of_a_million_users_are_one(place: Place) -> None:
    """So is it at full scale."""
    done = place.run("design", MILLION, "-o", "out")
    assert_traced(place.here / "out", done.out)
    assert_decided(place.here / "out")


WHOLE = changed(
    ("  edge: {kind: cdn}", "  frontier: {kind: cdn}"), ("entry: [edge,", "entry: [frontier,"),
    ("budget: 20k", "budget: 30k"), ("  pricing:", "  quoter:"), ("pricing.", "quoter."),
    ("    zones: 3\n    operations",
     "    zones: 3\n    replicas: 2\n    pooler: {size: 40}\n    operations"),
    ("{type: read, cpu: 1 ms, entity: item}",
     "{type: read, cpu: 1 ms, entity: item, stale_ok: true}"),
)  # fmt: skip
Steps = list[dict[str, Any]]


def _endpoints(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        endpoint
        for part in content["components"].values()
        for endpoint in part.get("endpoints", {}).values()
    ]


def _without_cdn(content: dict[str, Any]) -> None:
    del content["components"]["frontier"]
    content["workload"]["entry"].remove("frontier")


def _without_cache(content: dict[str, Any]) -> None:
    """What was read through the cache is asked of the store each time."""
    del content["components"]["item-cache"]
    for endpoint in _endpoints(content):
        steps: Steps = []
        for step in endpoint["does"]:
            if "read" in step:
                steps += step["miss"]
            elif "invalidate" not in step:
                steps.append(step)
        endpoint["does"] = steps


def _without_service(content: dict[str, Any]) -> None:
    del content["components"]["quoter"]
    for endpoint in _endpoints(content):
        for step in endpoint["does"]:
            if "parallel" in step:
                step["parallel"] = [s for s in step["parallel"] if "call" not in s]


def _without_balancer(content: dict[str, Any]) -> None:
    del content["components"]["lb"]
    content["workload"]["entry"].remove("lb")


def _without_replicas(content: dict[str, Any]) -> None:
    del content["components"]["db"]["replicas"]


def _without_pooler(content: dict[str, Any]) -> None:
    del content["components"]["db"]["pooler"]


# lines of the bill that are of the whole, not of a component
OF_NO_PART = {"internet", "zones", "nat", "logs"}
# what is taken out, how, and the words that only it brings into an output
REMOVED = {
    "cdn": (_without_cdn, ["frontier", "cdn"]),
    "cache": (_without_cache, ["item-cache", "redis", "cache.m7g.large", "cache-cold",
                               "caches are emptied"]),
    "service": (_without_service, ["quoter", "c7g.large"]),
    "replicas": (_without_replicas, ["standby + 2 replicas", "db.replicas"]),
    "pooler": (_without_pooler, ["pooler of 40"]),
}  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A design with a part of every kind; not to be changed."""
    place = Place(tmp_path_factory.mktemp("whole"))
    place.write("start.yaml", WHOLE)
    done = place.run("design", "start.yaml", "-o", "out")
    assert done.code in (0, 1), done.said
    return place


@pytest.mark.parametrize("name", REMOVED)
def test_what_is_removed_from_the_model_is_gone_everywhere(
    name: str, whole: Place, place: Place
) -> None:
    """After a part is taken out, picture, text, decisions, evidence, cost and counts follow."""
    remove, words = REMOVED[name]
    before = {p: t.decode() for p, t in tree(whole.here / "out").items()}
    for path, text in before.items():
        place.write(path, text)
    yaml = YAML()
    content = yaml.load(before["backend.yaml"])
    remove(content)
    stream = io.StringIO()
    yaml.dump(content, stream)
    place.write("backend.yaml", stream.getvalue())
    done = place.run("generate", "backend.yaml", "-o", ".")
    assert done.code in (0, 1), done.said

    assert_traced(place.here, done.out)
    assert_parts(place.here, done.out)
    after = {p: t.decode() for p, t in tree(place.here).items()}
    after["terminal"] = done.out
    for word in words:
        pattern = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])", re.IGNORECASE)
        assert any(pattern.search(t) for p, t in before.items()), f"{word} was never there"
        told = {p: pattern.search(t) for p, t in after.items() if p != "backend.schema.json"}
        found = {p: excerpt(after[p], hit) for p, hit in told.items() if hit}
        assert not found, (word, found)
    assert outputs.evidence(place.here, "trail.json")["decisions"] == []
    old, new = (outputs.evidence_figures(p) for p in (whole.here / "out", place.here))
    if name != "pooler":  # it runs beside the application and has no bill of its own
        assert new["cost_usd_month"]["value"] != old["cost_usd_month"]["value"]
    if name in ("cache", "service", "replicas"):
        assert new["instances"]["value"] < old["instances"]["value"]


def excerpt(text: str, hit: re.Match[str]) -> str:
    return text[max(0, hit.start() - 60) : hit.end() + 60]


def assert_parts(folder: Path, said: str) -> None:
    """Terminal, README, report, evidence and bill know exactly the components of the model."""
    model = outputs.model(folder / "backend.yaml")
    parts = set(model["components"])
    assert outputs.terminal_parts(said) == parts
    figures = outputs.evidence_figures(folder)
    bill = {word.split(".")[1] for word in figures if word.startswith("cost.")}
    assert bill - OF_NO_PART <= parts
    loaded = {word.split(".")[1] for word in figures if word.startswith("load.")}
    assert loaded <= parts
    readme = (folder / "README.md").read_text(encoding="utf-8")
    drawn = set(re.findall(r'n\d+[\[({/]+"<b>([^<]*)</b>', readme))
    titled = {part.get("title", name) for name, part in model["components"].items()}
    assert drawn - set(model["workload"]["clients"]) == titled
    picture = outputs.picture_words((folder / "report.html").read_text(encoding="utf-8"))
    assert titled <= picture
