"""Files and sentences that cannot be used: a clear answer, exit code 2, and nothing written."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.app.command_line import Done, Place
from tests.app.good_model import GOOD, changed, line_of

ANSWER = re.compile(r"(error|warning|unknown|note)[ :]")
MEMORY_MORE_KB = 60_000  # what a refused file may take beyond what any refusal takes


def assert_refused(done: Done, place: Place, before: list[str], *told: str) -> None:
    """Exit code 2, every expected word, seen and allowed and try, nothing written."""
    assert done.code == 2, (done.code, done.said)
    assert ANSWER.match(done.said) and len(done.said) < 20_000
    for word in told:
        assert word in done.said, done.said
    assert place.names() == before


# changes to the good model, the text of the line that is told, words of the answer
MODELS = [
    ("kind: postgres\n", "kind: postgress\n", "kind: postgress", ["did you mean `postgres`?"]),
    ("budget:", "budgett:", "budgett:", ["did you mean `budget`?"]),
    ("budget:", "budget: 1 USD/month\nbudget:", "budget: 20k", ["the key is there twice"]),
    ("think_time: 10 s", "think_time: 10 GB", "10 GB", ["no unit that fits", "12 s or 3 h"]),
    ("think_time: 10 s", "think_time: 10", "think_time: 10,", ["12 s or 3 h"]),
    ("p99: 300 ms", "p99: 0 ms", "p99: 0 ms", ["cannot be zero"]),
    ("availability: 99.9%", "availability: 101%", "101%", ["101%"]),
    ("count: 6", "count: 6.5", "count: 6.5", ["whole number"]),
    ("count: 6", "count: six", "count: six", ["whole number"]),
    ("{call: pricing.quote,", "{call: pricing.quota,", "pricing.quota", ["pricing.quote"]),
    ("quote: {does: [cpu: 1 ms]}", "quote: {does: [call: app.get_item]}", "{call: pricing",
     ["go round in a circle", "app.get_item -> pricing.quote"]),
    ("  edge: {kind: cdn}", "  edge: {kind: cdn", "lb: {kind", ["this is not YAML"]),
    ("  lb: {kind", "\tlb: {kind", "\tlb: {kind", ["spaces"]),
    ("backend: shop", "backend: \"sh\\u0007op\"", "backend:", ["control character"]),
    ("backend: shop", "backend: !!python/object shop", "backend:", ["tag"]),
] + [
    ("users: 10k", f"users: {value}", f"users: {value}", ["250, 600k or 1M"])
    for value in ("0", "-3", ".nan", ".inf", "-.inf", "1e30", "1e400", "9" * 30)
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "at", "words"), MODELS)
def test_a_model_with_a_mistake_is_refused_at_its_line(
    old: str, new: str, at: str, words: list[str], place: Place
) -> None:
    """The answer names file and line, what was seen, what is allowed and what to try."""
    text = changed((old, new))
    place.write("backend.yaml", text)
    done = place.run("check")
    line = f"backend.yaml:{line_of(text, at)} "
    assert_refused(done, place, ["here/backend.yaml"], line, "seen:", "allowed:", "try:", *words)


@pytest.mark.parametrize(
    "words",
    [["check"], ["check", "-f", "json"], ["simulate"], ["generate", "backend.yaml"],
     ["design", "backend.yaml"]],
)  # fmt: skip
def test_every_command_refuses_a_model_alike(words: list[str], place: Place) -> None:
    """All mistakes are told at once, whichever command reads the model."""
    place.write("backend.yaml", changed(("postgres\n", "postgress\n"), ("m7g.large", "m7g.lrage")))
    done = place.run(*words)
    told = ["did you mean `postgres`?", "did you mean `m7g.large`?"]
    assert done.code == 2 and place.names() == ["here/backend.yaml"]
    assert all(word in done.said for word in told)


BOMB = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{c}: &{c} [{','.join(['*' + p] * 9)}]\n" for p, c in zip("abcdefghij", "bcdefghijk")
)
FILES: dict[str, tuple[str | bytes, str]] = {
    "alias bomb": (BOMB, "aliases expand to more than a model can hold"),
    "deep brackets": ("a: " + "[" * 100_000, "nested too deeply"),
    "deep lines": ("\n".join(" " * i + f"k{i}:" for i in range(2000)), "nested too deeply"),
    "unclosed": ('a: "' + "x" * 100_000, "this is not YAML"),
    "empty": ("", "the file says nothing"),
    "blank": ("\n  \n# a note\n", "the file says nothing"),
    "binary": (b"\x7fELF\x02\x01\x00" + bytes(range(32)) * 99, "control character"),
    "latin": ("backend: caf\xe9\n".encode("latin-1"), "the file is not UTF-8 text"),
    "wide": (GOOD.encode("utf-16"), "the file is not UTF-8 text"),
    "list": ("- one\n- two\n", "a list"),
    "prose": ("Design a shop backend for 2k users", "a model is a mapping"),
    "page": ("<!doctype html>\n<p>nothing here\n", "a model is a mapping"),
    "two documents": (GOOD + "---\n" + GOOD, "backend.yaml:"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_model_is_refused(name: str, place: Place) -> None:
    """Whatever bytes a file holds, what they are is told."""
    content, told = FILES[name]
    place.write("backend.yaml", content)
    assert_refused(place.run("check"), place, ["here/backend.yaml"], told, "allowed:")


def peak_kb(place: Place, *words: str) -> tuple[int, int]:
    """Exit code and highest resident memory of one run."""
    process = place.start(*words, stdout=None, stderr=None)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, used.ru_maxrss


def test_a_huge_file_is_refused_without_being_read(place: Place) -> None:
    """A hundred megabytes, and a file without an end, take no more memory than a small one."""
    place.write("small.yaml", "a: [")
    with (place.here / "huge.yaml").open("wb") as stream:
        stream.write(b"a: ")
        for _ in range(100):
            stream.write(b"0123456789" * 100_000)
    code, small = peak_kb(place, "check", "small.yaml")
    assert code == 2
    for name in ("huge.yaml", "/dev/zero"):
        code, used = peak_kb(place, "check", name)
        assert code == 2 and used < small + MEMORY_MORE_KB
        assert "too large to be a model" in place.run("check", name).out


def test_a_bomb_takes_no_more_memory_than_a_small_file(place: Place) -> None:
    """Aliases and nesting are counted, not written out."""
    place.write("small.yaml", "a: [")
    _, small = peak_kb(place, "check", "small.yaml")
    for name in ("alias bomb", "deep brackets"):
        place.write("bad.yaml", FILES[name][0])
        code, used = peak_kb(place, "check", "bad.yaml")
        assert code == 2 and used < small + MEMORY_MORE_KB


@pytest.mark.parametrize("command", ["check", "simulate", "generate", "design"])
def test_a_file_that_is_not_there_or_a_folder(command: str, place: Place) -> None:
    """A missing file is told with the nearest name there is; of a folder, its backend.yaml is."""
    place.write("backend.yaml", GOOD)
    (place.here / "folder").mkdir()
    before = place.names()
    done = place.run(command, "backnd.yaml")
    assert_refused(done, place, before, "there is no file backnd.yaml", "backend.yaml`?")
    done = place.run(command, "folder")
    assert_refused(done, place, before, "there is no file folder/backend.yaml")
    done = place.run(command, "absent/backend.yaml")
    assert_refused(done, place, before, "there is no file absent/backend.yaml")


def test_a_file_that_may_not_be_read(place: Place) -> None:
    """No permission is told as that."""
    if os.geteuid() == 0:
        pytest.skip("root may read every file: skipped by design")
    place.write("backend.yaml", GOOD).chmod(0)
    done = place.run("check")
    assert_refused(done, place, ["here/backend.yaml"], "may not be read")


# sentences that are refused, and what is told
SENTENCES = [
    ("", "the brief is empty"),
    ("  \t\n ", "the brief is empty"),
    ("how do I cook rice for twelve people", "nothing in the sentence is about a backend"),
    ("?", "nothing in the sentence is about a backend"),
    ("rm -rf /; echo $HOME", "nothing in the sentence is about a backend"),
    ("Bake a cake. " * 60, "nothing in the sentence is about a backend"),
    ("x" * 9000, "nothing in the sentence is about a backend"),
    ("Design a shop backend for 1k users. " * 400, "the brief is too long"),
    ("Design a shop\x07 backend", "a control character"),
    ("Design a \u202eshop backend", "a control character"),
    ("Design a backend for 0 concurrent users", "1 to 10 billion users"),
    ("Design a backend for -5 concurrent users", "1 to 10 billion users"),
    (f"Design a backend for {'9' * 40} concurrent users", "1 to 10 billion users"),
    ("Design a backend for 1e400 users", "1 to 10 billion users"),
    ("Design a shop backend for 2k users, p99 under 0 ms", "1 ms to 60 s"),
    ("Design a shop backend for 2k users, p99 under 3 hours", "1 ms to 60 s"),
    ("Design a shop backend for 2k users with 150% availability", "50% to 99.999%"),
    ("Design a shop backend for 2k users, 0 USD/month", "1 to 1 billion a month"),
    ("Design a backend for 900 billion requests per second", "100 million requests a second"),
]


@pytest.mark.parametrize(("sentence", "told"), SENTENCES)
def test_a_sentence_that_cannot_be_used_is_refused(sentence: str, told: str, place: Place) -> None:
    """The answer says what is wrong, what is allowed, and gives a sentence that works."""
    done = place.run("design", sentence)
    assert_refused(done, place, [], "error: brief:1:", told, "allowed: ", "try: for example")
    assert done.out == ""


def test_a_sentence_of_bytes_is_refused(place: Place) -> None:
    """An argument that is no text is told, not guessed at."""
    done = place.shell("$BL design $'Design a shop backend for 2k\\xff users'")
    assert_refused(done, place, [], "error: brief:1:29: ", "a control character")


def test_a_name_of_bytes_is_refused(place: Place) -> None:
    """A file name that is no text can be told all the same."""
    assert_refused(place.shell("$BL check $'a\\xffb.yaml'"), place, [], "there is no file")


def test_whatever_a_sentence_holds_is_text(place: Place) -> None:
    """A brief longer than a file name may be is read; what is not understood is a warning; markup
    stays text in report and README."""
    odd = "p99 under 5 parsec, <script>alert(1)</script> <img src=x> | `x`"
    words = f"Shop backend for 2k concurrent users, {odd}" + ", buyers are in a hurry" * 20
    done = place.run("design", words, "-o", "out", "-q", "--quick")
    assert done.code == 0, done.said
    assert "2,000 concurrent users" in done.out
    assert "warning: brief:1:49: the number '5' is read but not understood" in done.err
    report = (place.here / "out" / "report.html").read_text(encoding="utf-8")
    readme = (place.here / "out" / "README.md").read_text(encoding="utf-8")
    assert "<script>alert" not in report and "<img" not in report
    assert "&lt;script" in report and "<script" not in readme


def test_prices_that_cannot_be_used_are_refused(place: Place) -> None:
    """--prices: a missing file, a folder and a file that is no list of prices are told."""
    model = place.write("backend.yaml", GOOD)
    place.write("prices.csv", "not,a,price\n1,2,3\n")
    place.write("binary.csv", bytes(range(256)))
    (place.here / "folder").mkdir()
    before = place.names()
    for name in ("prices.csv", "binary.csv", "absent.csv", "folder"):
        assert_refused(place.run("check", "--prices", name), place, before, name)
    assert model.read_text() == GOOD


def test_evidence_that_cannot_be_read_is_told(shop: Place) -> None:
    """Damaged runs and trails beside a model are warnings; the model is judged without them."""
    assert "run-unreadable" not in shop.run("check").out
    for name, text in (("steady", "{"), ("zone-loss", "[]"), ("figures", '{"figures": 3}'),
                       ("trail", '{"decisions": [1, {"id": "0001", "number": 1}]}')):  # fmt: skip
        Path(shop.here / "evidence" / f"{name}.json").write_text(text)
    done = shop.run("check")
    assert done.code == 0 and done.out.count("warning run-unreadable") == 2
    assert shop.run("explain", "p99").code == 2
    assert "cannot be read" in shop.run("explain", "1").out
    assert shop.run("explain", "--list").code == 0
    again = shop.run("generate", "backend.yaml", "-o", "again", "-q", "--only", "decisions")
    assert again.code == 0 and (shop.here / "again" / "decisions" / "README.md").is_file()
