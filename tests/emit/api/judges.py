"""The tools that judge contracts, and what they said last time.

A verdict depends on nothing but the tool, its version and what it read, so it is kept in a cache
and asked for once. BACKEND_LEAD_JUDGED names another place for it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
NODE_MODULES = Path(os.environ.get("NODE_MODULES", ROOT / "node_modules"))
KEPT = Path(
    os.environ.get("BACKEND_LEAD_JUDGED", Path(tempfile.gettempdir()) / "backend-lead-judged")
)
SCRIPT = Path(__file__).with_name("judge.mjs")
COMPOSER, ASYNCAPI, REDOCLY = "@theguild/federation-composition", "@asyncapi/parser", "@redocly/cli"


def kept(tool: str, content: Any, judge: Callable[[], Any]) -> Any:
    """The verdict of a tool on content; asked for where it is not known yet."""
    said = json.dumps([tool, content], sort_keys=True) + SCRIPT.read_text(encoding="utf-8")
    place = KEPT / f"{hashlib.sha256(said.encode()).hexdigest()}.json"
    if place.is_file():
        return json.loads(place.read_text(encoding="utf-8"))
    verdict = judge()
    KEPT.mkdir(parents=True, exist_ok=True)
    part = place.with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps(verdict), encoding="utf-8")
    part.replace(place)
    return verdict


def package(name: str) -> str:
    """A Node package with its version; the test is skipped where it is not installed."""
    about = NODE_MODULES / name / "package.json"
    if shutil.which("node") is None:
        pytest.skip("node is not here; on Debian: apt-get install nodejs")
    if not about.is_file():
        pytest.skip(f"{name} is not here: npm install {name}, or NODE_MODULES=path/node_modules")
    return f"{name} {json.loads(about.read_text(encoding='utf-8'))['version']}"


def node(judge: str, tool: str, cases: list[Any]) -> list[Any]:
    """What a judge of `judge.mjs` says of each case."""

    def ask() -> list[Any]:
        done = subprocess.run(
            ["node", str(SCRIPT)], input=json.dumps({"judge": judge, "cases": cases}), text=True,
            capture_output=True, env={**os.environ, "NODE_MODULES_AT": str(NODE_MODULES)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return kept(f"{judge} {package(tool)}", cases, ask)


def redocly(documents: dict[str, str]) -> list[str]:
    """Every error and warning of Redocly's linter over documents by their file name."""
    tool = package(REDOCLY)

    def ask() -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in documents.items():
                (Path(folder) / name).write_text(text, encoding="utf-8")
            done = subprocess.run(
                ["node", str(NODE_MODULES / REDOCLY / "bin" / "cli.js"), "lint", *documents,
                 "--format", "json"],
                cwd=folder, text=True, capture_output=True,
                env={**os.environ, "REDOCLY_TELEMETRY": "off",
                     "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"},
            )  # fmt: skip
        reports = list(_objects(done.stdout))
        assert len(reports) == len(documents), done.stderr
        return [
            f"{p['location'][0]['source']['ref']} {p['location'][0].get('pointer')}: "
            f"{p['severity']} {p['ruleId']}: {p['message']}"
            for report in reports for p in report["problems"]
        ]  # fmt: skip

    return kept(tool, documents, ask)


def _objects(text: str) -> Iterator[Any]:
    """The JSON objects of a text, one after the other."""
    decoder, at = json.JSONDecoder(), text.find("{")
    while at >= 0:
        found, end = decoder.raw_decode(text, at)
        yield found
        at = text.find("{", end)


def buf(files: dict[str, str], root: str = "api/proto/") -> str:
    """What `buf lint` and `buf build` say of files; nothing where all is well."""
    tool = Path(sys.executable).parent / "buf"

    def ask() -> str:
        with tempfile.TemporaryDirectory() as folder:
            for path, text in files.items():
                at = Path(folder) / path.removeprefix(root)
                at.parent.mkdir(parents=True, exist_ok=True)
                at.write_text(text, encoding="utf-8")
            said = ""
            for word in ("lint", "build"):
                done = subprocess.run([str(tool), word], cwd=folder, text=True,
                                      capture_output=True)  # fmt: skip
                said += done.stdout + done.stderr
                assert done.returncode == 0 or said, word
            return said

    return kept(f"buf {version('buf-bin')}", files, ask)
