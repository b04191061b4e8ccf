"""Reads protobuf files with buf: what protoc would know of them, and where it stands.

The program reads a folder of its own that holds the file and what it imports, nothing else.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backend_lead.changes.change import CannotJudge, Text
from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.views.yaml_text import quoted

PROGRAM = "buf"
NAME = "contract.proto"
TIMEOUT_S = 60  # a file of 5 MB takes a few seconds
# Numbers of fields in descriptor.proto, of which the places of a file are made.
MESSAGES, ENUMS, SERVICES = 4, 5, 6
FIELDS, NESTED, INNER_ENUMS = 2, 3, 4
PACKAGE = 2


@dataclass
class ProtoFile:
    """One file: its options, and its parts by their names within the package."""

    file: str
    package: str
    syntax: str
    options: dict[str, Any]
    messages: dict[str, Part] = field(default_factory=dict)
    enums: dict[str, Part] = field(default_factory=dict)
    services: dict[str, Part] = field(default_factory=dict)
    lines: dict[tuple[int, ...], tuple[int, int]] = field(default_factory=dict)

    def place(self, path: tuple[int, ...], name: str) -> Place:
        """Where a part stands, or what contains it."""
        while path and path not in self.lines:
            path = path[:-1]
        line, column = self.lines.get(path, (0, 0))
        return Place(self.file, line, column, name)

    def short(self, name: str) -> str:
        """A type without the package it shares with the file."""
        name = name.removeprefix(".")
        return name.removeprefix(f"{self.package}.") if self.package else name


@dataclass(frozen=True)
class Part:
    """A message, enum or service as its descriptor says, and the path to it in the file."""

    content: dict[str, Any]
    path: tuple[int, ...]


def program() -> str:
    """Where buf is. Raises CannotJudge where it is not installed."""
    beside = Path(sys.executable).parent / PROGRAM
    found = str(beside) if beside.is_file() else shutil.which(PROGRAM)
    if found is None:
        raise CannotJudge(
            "protobuf files are read by the program buf, which is not installed; try:"
            " pip install 'backend-lead[api]'"
        )
    return found


def read(text: Text) -> ProtoFile:
    """Read a file. Raises InvalidInput with its findings, CannotJudge where buf is absent."""
    buf = program()
    with tempfile.TemporaryDirectory(prefix="backend-lead-") as folder:
        root = Path(folder, "module")
        for name, content in {**text.beside, NAME: text.text}.items():
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content, encoding="utf-8")
        done = _run(buf, root, Path(folder), text)
    if done.returncode:
        raise InvalidInput(_findings(done.stderr, text))
    for described in json.loads(done.stdout).get("file", ()):
        if described.get("name") == NAME:
            return _file(described, text.file)
    raise InvalidInput([_finding(text, 1, 1, "the file says nothing", "no definitions")])


def _run(buf: str, root: Path, home: Path, text: Text) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [buf, "build", ".", "-o", "-#format=json", "--error-format", "json"],
            cwd=root, capture_output=True, text=True, timeout=TIMEOUT_S,
            env={"PATH": os.defpath, "HOME": str(home), "BUF_CACHE_DIR": str(home / "cache")},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise InvalidInput([
            _finding(text, 1, 1, "the file takes too long to read", f"over {TIMEOUT_S} s")
        ]) from None  # fmt: skip
    except OSError as err:
        raise CannotJudge(f"the program buf cannot be run: {err.strerror}") from None


def _findings(errors: str, text: Text) -> list[Finding]:
    found = []
    for line in errors.splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if not isinstance(said, dict):
            continue
        message = str(said.get("message", ""))
        inner = said.get("path", NAME) != NAME
        seen = f"{said.get('path')}: {message}" if inner else message
        line_at = 1 if inner else int(said.get("start_line", 1))
        column = 1 if inner else int(said.get("start_column", 1))
        absent = "not exist" in message or "could not resolve path" in message
        what = "an import is not there" if absent else "this is not a protobuf file"
        found.append(_finding(text, line_at, column, what, seen))
    return found or [_finding(text, 1, 1, "the file cannot be read", quoted(errors))]


def _finding(text: Text, line: int, column: int, message: str, seen: str) -> Finding:
    return Finding("contract-proto", "error", message, Place(text.file, line, column),
                   quoted(seen), "a .proto file that protoc takes, with its imports beside it or"
                   " in a folder above", "correct the line")  # fmt: skip


def _file(described: dict[str, Any], file: str) -> ProtoFile:
    found = ProtoFile(file, described.get("package", ""), described.get("syntax", "proto2"),
                      described.get("options", {}))  # fmt: skip
    for location in described.get("sourceCodeInfo", {}).get("location", ()):
        span = location.get("span", [0, 0])
        found.lines[tuple(location.get("path", ()))] = (span[0] + 1, span[1] + 1)
    for i, message in enumerate(described.get("messageType", ())):
        _message(found, message, "", (MESSAGES, i))
    for i, enum in enumerate(described.get("enumType", ())):
        found.enums[enum["name"]] = Part(enum, (ENUMS, i))
    for i, service in enumerate(described.get("service", ())):
        found.services[service["name"]] = Part(service, (SERVICES, i))
    return found


def _message(found: ProtoFile, message: dict[str, Any], above: str, path: tuple[int, ...]) -> None:
    name = f"{above}{message['name']}"
    found.messages[name] = Part(message, path)
    for i, inner in enumerate(message.get("nestedType", ())):
        _message(found, inner, f"{name}.", (*path, NESTED, i))
    for i, enum in enumerate(message.get("enumType", ())):
        found.enums[f"{name}.{enum['name']}"] = Part(enum, (*path, INNER_ENUMS, i))
