"""The prebuilt kernel is the compiled one, and is used only where it fits."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend_lead.kernel import layout as lay
from backend_lead.kernel import load, prebuilt, run
from backend_lead.kernel.prebuilt import Kernel, Unfit
from backend_lead.kernel.program import Program
from backend_lead.kernel.run import RunResult, simulate
from tools import write_kernel

from .random_programs import random_program
from .test_theory import three_tiers

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = [n for n in range(900, 921) if n != 913]  # of that one nothing has started by its end


@pytest.fixture(scope="module")
def shipped() -> Kernel:
    """The kernel that comes with the package, which must fit where the tests run."""
    return prebuilt.load()


@pytest.fixture(scope="module")
def numbas() -> Kernel:
    """The kernel as numba compiles it here."""
    return load.just_in_time()


def result(kernel: Kernel, program: Program, until_s: float) -> RunResult:
    """A run on the given kernel."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "compiled", lambda: kernel)
        return simulate(program, seed=5, until_s=until_s, warmup_s=0.1, window_s=0.2, trace=100_000)


def same(one: RunResult, other: RunResult) -> bool:
    """Whether two runs agree to the last bit, in every column."""
    return all(
        np.array_equal(mine, theirs) if isinstance(mine, np.ndarray) else mine == theirs
        for mine, theirs in zip(vars(one).values(), vars(other).values(), strict=True)
    )


def test_it_is_made_of_todays_sources() -> None:
    """Each object file fits the sources beside it; if not: python tools/write_kernel.py."""
    found = {path.name: prebuilt.stale(prebuilt.read(path)[0]) for path in objects()}
    assert found and not any(found.values()), f"run: python tools/write_kernel.py  ({found})"
    assert write_kernel.check() == 0


def objects() -> list[Path]:
    return sorted(prebuilt.OBJECTS.glob("*.kernel"))


@pytest.mark.full
@pytest.mark.parametrize("number", PROGRAMS)
def test_random_programs_give_the_same_results(
    number: int, shipped: Kernel, numbas: Kernel
) -> None:
    """Prebuilt or compiled here, every count, histogram and traced request is the same."""
    program, until_ns = random_program(random.Random(number))
    until_s = until_ns / lay.NS_PER_S
    ours, theirs = (result(kernel, program, until_s) for kernel in (shipped, numbas))
    assert ours.started > 0 and same(ours, theirs)


@pytest.mark.full
def test_a_longer_run_gives_the_same_results(shipped: Kernel, numbas: Kernel) -> None:
    """Three tiers for 40,000 requests too."""
    program = three_tiers(1_000, lay.LB_RANDOM)
    ours, theirs = (result(kernel, program, 40) for kernel in (shipped, numbas))
    assert ours.ok > 39_000 and same(ours, theirs)


def test_it_says_nothing_of_where_it_was_made() -> None:
    """No path of a Python file is in it: numba leaves some in what reports errors."""
    for path in objects():
        assert b".py" not in prebuilt.read(path)[1]


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of the kernel's sources and object files, to be changed."""
    shutil.copytree(prebuilt.SOURCES, tmp_path / "kernel")
    return tmp_path / "kernel"


def test_an_edited_source_makes_it_stale(sources: Path) -> None:
    """One character in any file that is compiled: it is not used, and says for which file."""
    head, _ = prebuilt.read(objects()[0])
    assert {"core.py", "running.py", "policies.py", "layout.py", "state.py"} <= head.sources.keys()
    assert prebuilt.load(sources=sources).prime
    for name in head.sources:
        text = (sources / name).read_text()
        (sources / name).write_text(text + "#")
        with pytest.raises(Unfit, match=f"changed since it was made: {name}"):
            prebuilt.load(sources=sources)
        (sources / name).write_text(text)
    (sources / "queue.py").unlink()
    with pytest.raises(Unfit, match=r"queue\.py"):
        prebuilt.load(sources=sources)


def test_what_is_not_compiled_may_change(sources: Path) -> None:
    """The twin, the builder and the rules have no part in it."""
    for name in ("twin.py", "builder.py", "rules.py", "run.py"):
        (sources / name).write_text("")
    assert prebuilt.load(sources=sources).run


def test_another_platform_has_none(tmp_path: Path) -> None:
    """An object file of a foreign platform is not loaded, not even under this one's name."""
    with pytest.raises(Unfit, match="there is none for"):
        prebuilt.load(objects=tmp_path)
    head, code = prebuilt.read(objects()[0])
    path = tmp_path / f"{head.triple}.kernel"
    prebuilt.write(path, replace(head, triple="riscv64-unknown-linux-gnu"), code)
    with pytest.raises(Unfit, match="made for riscv64"):
        prebuilt.load(objects=tmp_path)


def test_damage_is_found_before_it_is_run(tmp_path: Path) -> None:
    """Cut short, altered, of another form, or in need of what is not here: it is not loaded."""
    (whole,) = (path for path in objects() if path.stem == prebuilt.read(path)[0].triple)
    content, (head, code) = whole.read_bytes(), prebuilt.read(whole)
    path = tmp_path / whole.name
    for damaged in (b"", content[:200], content[:-9], content[:-300] + b"x" * 300, b"{}\n" + code):
        path.write_bytes(damaged)
        with pytest.raises(Unfit, match=r"cannot be read|damaged"):
            prebuilt.load(objects=tmp_path)
    for other, why in (
        (replace(head, code="0" * 64), "damaged"),
        (replace(head, format=prebuilt.FORMAT + 1), "damaged"),
        (replace(head, needs=[*head.needs, "nobody_has_this"]), "has no nobody_has_this"),
    ):
        prebuilt.write(path, other, code)
        with pytest.raises(Unfit, match=why):
            prebuilt.load(objects=tmp_path)
    prebuilt.write(path, head, code)
    assert prebuilt.load(objects=tmp_path).run


@pytest.mark.full
def test_where_it_does_not_fit_numba_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program then runs all the same, and what is told of the kernel says so."""
    program, until_ns = random_program(random.Random(1))
    first = simulate(program, seed=5, until_s=until_ns / lay.NS_PER_S)
    assert load.readiness() == "prebuilt" and load.why_compiled() == ""
    monkeypatch.setattr(load, "_loaded", [])
    monkeypatch.setattr(prebuilt, "load", unfit)
    second = simulate(program, seed=5, until_s=until_ns / lay.NS_PER_S)
    assert load.readiness() == "kept" and load.why_compiled() == "not here"
    assert same(first, second)


def unfit() -> Kernel:
    raise Unfit("not here")


SCRIPT = """
import random, sys
from backend_lead.kernel.run import simulate
from tests.kernel.random_programs import random_program
program, until_ns = random_program(random.Random(1))
print(simulate(program, seed=5, until_s=until_ns / 1e9).started, "numba" in sys.modules)
"""


def test_it_needs_no_compiler_and_no_home(tmp_path: Path) -> None:
    """A new process with a broken numba, no home and no place for a cache simulates, and leaves
    nothing behind."""
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "numba.py").write_text("raise ImportError('no LLVM here')")
    (tmp_path / "temporary").mkdir()
    path = os.pathsep.join(map(str, (tmp_path / "broken", ROOT, ROOT / "src")))
    done = subprocess.run(
        [sys.executable, "-B", "-c", SCRIPT], capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], "HOME": "/dev/null/none", "PYTHONPATH": path,
             "TMPDIR": str(tmp_path / "temporary")},
    )  # fmt: skip
    program, until_ns = random_program(random.Random(1))
    started = simulate(program, seed=5, until_s=until_ns / lay.NS_PER_S).started
    assert done.stdout.split() == [str(started), "False"], done.stderr
    assert not any((tmp_path / "temporary").iterdir())


def test_code_is_not_kept_where_others_can_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cache folder that others may write to is left alone for one of our own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    ours = load.cache_dir()
    assert ours.is_relative_to(tmp_path) and ours.stat().st_mode & 0o077 == 0
    for folder in (ours, ours.parent):
        folder.chmod(0o777)
        other = load.cache_dir()
        assert not other.is_relative_to(tmp_path) and other.parent.stat().st_mode & 0o077 == 0
        folder.chmod(0o700)
    assert load.cache_dir() == ours


@pytest.mark.full
def test_making_it_again_gives_the_same_code(tmp_path: Path) -> None:
    """With the versions that it names, the tool gives this machine code, byte for byte; with
    others code that gives the same results."""
    made = [sys.executable, "tools/write_kernel.py", "--into", str(tmp_path)]
    subprocess.run(made, cwd=ROOT, check=True, env={**os.environ, "NUMBA_OPT": "1"})
    (path,) = tmp_path.iterdir()
    head, code = prebuilt.read(path)
    known, known_code = prebuilt.read(prebuilt.OBJECTS / path.name)
    assert head.made_with != known.made_with or code == known_code
    program = three_tiers(1_000, lay.LB_P2C)
    again, shipped = prebuilt.load(objects=tmp_path), prebuilt.load()
    assert same(result(again, program, 5), result(shipped, program, 5))
