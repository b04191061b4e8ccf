"""Stopped, unread, piped: the answer, the exit code and the files stay right."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.app.command_line import COMMAND, SHOP, SOURCE, Place, finished, tree, wait_for_line

STOPPED = 130
# the line of talk after which the stop comes
LONG = pytest.mark.full
MOMENTS = [
    "searching", pytest.param("removing", marks=LONG), "simulating",
    pytest.param("breaking", marks=LONG), pytest.param("alternatives: cheapest", marks=LONG),
    pytest.param("a stage of the way", marks=LONG), pytest.param("what would change", marks=LONG),
    pytest.param("confirming", marks=LONG),
]  # fmt: skip


def stop_after(place: Place, line: str, number: signal.Signals, *words: str) -> None:
    """A stop at this line ends with 130, in one line, with nothing written or left."""
    before = tree(place.here)
    process = place.start("design", SHOP, "-o", "out", *words)
    wait_for_line(process, line)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    done = finished(process.returncode, out, err)
    assert done.code == STOPPED, (line, done.said)
    assert done.err.rstrip().endswith("stopped; nothing was written")
    assert tree(place.here) == before and not (place.here / "out").exists()
    assert list(place.temporary.iterdir()) == []


@pytest.mark.parametrize("line", MOMENTS)
def test_ctrl_c_leaves_nothing(line: str, place: Place) -> None:
    """Ctrl-C early, in the search, the simulation, the trials and the look at other ways."""
    stop_after(place, line, signal.SIGINT)


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGHUP, marks=LONG)])
def test_a_request_to_end_is_as_ctrl_c(number: signal.Signals, place: Place) -> None:
    """What a supervisor or a closed terminal sends leaves as little."""
    stop_after(place, "simulating", number)


@LONG
def test_ctrl_c_while_the_simulator_is_compiled(place: Place) -> None:
    """A first run that must compile, as the prebuilt kernel does not fit, can be stopped too."""
    edited = place.root / "edited"
    shutil.copytree(Path(SOURCE) / "backend_lead", edited / "backend_lead")
    with (edited / "backend_lead" / "kernel" / "core.py").open("a") as core:
        core.write("# edited\n")
    place.env = {"XDG_CACHE_HOME": str(place.root / "cold"), "PYTHONPATH": str(edited)}
    stop_after(place, "compiling", signal.SIGINT)


def test_a_design_of_before_survives_a_stop(shop: Place) -> None:
    """A stopped run leaves the design that was there, byte for byte."""
    before = tree(shop.here)
    process = shop.start("design", SHOP, "-o", ".", "--seed", "2")
    wait_for_line(process, "simulating")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert finished(process.returncode, out, err).code == STOPPED
    assert tree(shop.here) == before


@LONG
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_while_writing_writes_all_or_nothing(number: signal.Signals, shop: Place) -> None:
    """Wherever between the last trial and the end a stop comes, the folder holds one design."""
    old = tree(shop.here)
    new: dict[str, bytes] | None = None
    for wait_s in (0.0, 0.3, 0.8, 1.3, 1.8, 2.3, 2.6, 2.8, 3.0, 3.2, 4.0):
        process = shop.start("design", SHOP, "-o", ".", "--seed", "2", "--quick")
        wait_for_line(process, "writing")
        try:
            process.communicate(timeout=wait_s)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
        out, err = process.communicate(timeout=60)
        done = finished(process.returncode, out, err)
        found = tree(shop.here)
        assert not [name for name in shop.names() if "/.backend-lead" in name]
        if done.code == STOPPED:
            assert found == (new or old)
        else:
            assert done.code == 0 and found != old
            assert found == (new := new or found)
    assert new is not None


def test_an_ignored_stop_is_ignored(place: Place) -> None:
    """Under nohup a closed terminal ends nothing."""
    line = "trap '' HUP; $BL check --help >/dev/null & wait $!; $BL simulate --help | head -1"
    assert place.shell(line).code == 0
    process = place.start(
        "design", "how to cook", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
    )
    process.send_signal(signal.SIGHUP)
    out, err = process.communicate(timeout=60)
    assert finished(process.returncode, out, err).code == 2


@pytest.mark.parametrize("reader", ["head -1", "true"])
@pytest.mark.parametrize("words", ["check", "schema", "--help"])
def test_a_reader_who_leaves_changes_no_exit_code(words: str, reader: str, shop: Place) -> None:
    """A pipe that is closed early is no error, and no other verdict."""
    done = shop.shell(f"$BL {words} | {reader}; exit ${{PIPESTATUS[0]}}")
    assert (done.code, done.err) == (0, "")


def test_a_design_is_written_though_nobody_reads(place: Place, shop: Place) -> None:
    """Files are written and the verdict is kept where the answer goes into a closed pipe."""
    done = shop.shell("$BL generate backend.yaml -o piped -q --only decisions | true; "
                      "exit ${PIPESTATUS[0]}")  # fmt: skip
    assert done.code == 0 and (shop.here / "piped" / "decisions" / "README.md").is_file()


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-", "2>/dev/full"])
def test_closed_streams_change_no_exit_code(closed: str, shop: Place) -> None:
    """What was closed before the start, or takes no talk, stops nothing."""
    assert shop.shell(f"$BL check {closed}").code == 0
    assert shop.shell(f"$BL simulate --fault nothing {closed}").code == 2


def test_an_answer_that_cannot_be_written_is_an_error(shop: Place) -> None:
    """A full disk behind `>` is told, and is no clean exit."""
    done = shop.shell("$BL check > /dev/full")
    assert done.code == 3 and "No space left" in done.err


def test_quiet_talks_to_nobody(shop: Place) -> None:
    """-q leaves stderr empty; without it talk goes to stderr and the answer to stdout."""
    words = ("simulate", "--duration", "10s", "--no-save")
    quiet, loud = shop.run(*words, "-q"), shop.run(*words)
    assert quiet.err == "" and "simulating 10 s" in loud.err
    assert quiet.out == loud.out


def test_no_terminal_no_colour(shop: Place) -> None:
    """Where output is no terminal, or colour is not wanted, there are no escape sequences."""
    words = ("simulate", "--duration", "10s", "--no-save")
    for env in ({}, {"NO_COLOR": "1"}, {"TERM": "dumb"}, {"COLUMNS": "20"}, {"LANG": "C"}):
        shop.env = env
        assert "\x1b" not in shop.run("check").said
    assert "\x1b" not in shop.run(*words).said


def in_terminal(place: Place, columns: int, *words: str) -> tuple[int, str]:
    """Exit code and everything a terminal of this width got."""
    import fcntl
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [*COMMAND, *words], cwd=place.here, env=place.environment() | {"TERM": "xterm"},
        stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    got = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other side was closed
            break
        if not part:
            break
        got += part
    os.close(ours)
    return process.wait(timeout=60), got.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [20, 200])
def test_a_terminal_shows_progress_and_the_same_answer(columns: int, shop: Place) -> None:
    """On a terminal one moving line is wiped away; the answer does not depend on the width."""
    words = ("simulate", "--duration", "10s", "--no-save")
    code, got = in_terminal(shop, columns, *words)
    assert code == 0
    assert got.endswith(shop.run(*words).out) and "\r\x1b[K" in got
    assert in_terminal(shop, columns, "check") == (0, shop.run("check").out)


def test_without_a_home(shop: Place) -> None:
    """No HOME, and one that is not there, are no reason to stop."""
    for home in ("", "/proc/absent"):
        shop.env = {"HOME": home}
        assert shop.run("check").code == 0
    line = "env -u HOME -u XDG_CACHE_HOME $BL check"
    assert shop.shell(line).code == 0
    assert [p for p in Path(shop.home).rglob("*") if p.is_file()] == []
