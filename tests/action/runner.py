"""A runner for our action: runs the steps of action.yml as they stand, in a repository of its own,
with what a job would find in its environment and a host's interface on loopback."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

from tests.app.command_line import SOURCE, Place
from tests.app.test_gate import git

ROOT = Path(__file__).resolve().parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
VALUE = re.compile(r"\$\{\{ (inputs|steps\.gate\.outputs|github)\.([a-z-]+) \}\}")
CONDITIONS = {"!cancelled()", "!cancelled() && inputs.comment == 'true'"}
PATIENCE_S = 200


@dataclass
class Host:
    """What a code host knows: comments, and whether it lets us write them."""

    comments: list[dict[str, Any]] = field(default_factory=list)
    writable: bool = True
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        self.asked.append(f"{method} {path}")
        words = urlsplit(path)
        if words.path == "/user":
            return 403, {}
        if method == "GET":
            page = int(parse_qs(words.query)["page"][0])
            return 200, self.comments[(page - 1) * 100 : page * 100]
        if not self.writable:
            return 403, {"message": "Resource not accessible by integration"}
        if method == "POST":
            self.add(body["body"])
            return 201, self.comments[-1]
        (one,) = (c for c in self.comments if c["id"] == int(words.path.rpartition("/")[2]))
        one["body"] = body["body"]
        return 200, one

    def add(self, body: str, kind: str = "Bot") -> None:
        user = {"login": "somebody", "type": kind}
        self.comments.append({"id": 1000 + len(self.comments), "body": body, "user": user})


@contextmanager
def hosted() -> Iterator[Host]:
    """A host on loopback, until the block ends."""
    host = Host()

    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size) or b"null")
            assert self.headers["Authorization"] == "Bearer secret"
            status, content = host.answer(self.command, self.path, body)
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = respond

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Acted:
    """What a run of the action left."""

    code: int
    log: str
    summary: str
    outputs: dict[str, str]


def act(
    place: Place, event: str, content: Any, host: Host | None = None, *,
    installed: bool = True, **inputs: str,
) -> Acted:  # fmt: skip
    """Run the action's steps in a place; `installed` stands for its first one."""
    given = {name: str(one["default"]) for name, one in ACTION["inputs"].items()}
    given |= {"token": "secret"} | {name.replace("_", "-"): text for name, text in inputs.items()}
    temp = place.root / "runner"
    temp.mkdir(exist_ok=True)
    for name, text in (("summary", ""), ("output", ""), ("event.json", json.dumps(content))):
        (temp / name).write_text(text)
    tool = temp / "tool"
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m backend_lead.cli "$@"\n')
    tool.chmod(0o755)
    env = place.environment() | {
        "GITHUB_ACTION_PATH": str(ROOT), "GITHUB_EVENT_NAME": event, "RUNNER_TEMP": str(temp),
        "GITHUB_EVENT_PATH": str(temp / "event.json"), "GITHUB_OUTPUT": str(temp / "output"),
        "GITHUB_STEP_SUMMARY": str(temp / "summary"), "GITHUB_REPOSITORY": "ann/shop",
        "GITHUB_API_URL": host.url if host else "http://127.0.0.1:9",
        "BACKEND_LEAD_COMMAND": str(tool) if installed else "", "PYTHONPATH": SOURCE,
        "GIT_CONFIG_GLOBAL": "/dev/null", "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    code, log = 0, ""
    for step in ACTION["runs"]["steps"][1 if installed else 0 :]:
        outputs = dict(line.split("=", 1) for line in (temp / "output").read_text().splitlines())
        condition = str(step.get("if", "")).removeprefix("${{ ").removesuffix(" }}")
        assert not condition or condition in CONDITIONS
        if (not condition and code) or ("inputs.comment" in condition
                                        and given["comment"] != "true"):  # fmt: skip
            continue
        known = {"inputs": given, "steps.gate.outputs": outputs}

        def value(match: re.Match[str], known: dict[str, Any] = known) -> str:
            return str(known[match[1]].get(match[2], ""))

        more = {k: VALUE.sub(value, v) for k, v in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=place.here, env=env | more, capture_output=True, text=True, timeout=PATIENCE_S,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        log += done.stdout + done.stderr
        code = code or done.returncode
    outputs = dict(line.split("=", 1) for line in (temp / "output").read_text().splitlines())
    return Acted(code, log, (temp / "summary").read_text(), outputs)


def cloned(place: Place, depth: int = 0) -> Place:
    """A clone of the repository of a place, shallow where a depth is given."""
    copy = Place(place.root / "clone")
    shallow = [f"--depth={depth}"] if depth else []
    copy.here.rmdir()
    git(place.root, "clone", "-q", *shallow, f"file://{place.here}", str(copy.here))
    return copy
