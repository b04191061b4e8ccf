"""Runs `backend-lead gate` in a job: finds what to compare with, writes summary and outputs.

Needs Python and git alone. It ends well whatever the verdict is: that is in the output `exit-code`,
so that the comment is written before the job fails. What could not be checked has exit code 3.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

VERDICTS = {0: "pass", 1: "fail", 2: "invalid"}
NOT_CHECKED = 3
SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
NONE = re.compile(r"0+")  # what a push calls the state before a branch was there
GIT_S = 300.0  # a fetch over a slow line
LINES_MAX = 20  # of what the tool said last
EVENTS = {  # where an event names the commit before
    "pull_request": ("pull_request", "base", "sha"),
    "pull_request_target": ("pull_request", "base", "sha"),
    "merge_group": ("merge_group", "base_sha"),
    "push": ("before",),
}


class NotChecked(Exception):
    """Why there is no answer."""


def event() -> dict[str, object]:
    """What started the job; empty where that is not known."""
    try:
        found = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    except (KeyError, OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def wanted_base() -> str:
    """The base that was asked for, else the event's; empty where there is none."""
    asked = os.environ.get("BACKEND_LEAD_BASE", "").strip()
    if asked:
        return asked
    found: object = event()
    for word in EVENTS.get(os.environ.get("GITHUB_EVENT_NAME", ""), ()):
        found = found.get(word) if isinstance(found, dict) else None
    base = found if isinstance(found, str) else ""
    return "" if NONE.fullmatch(base) else base


def git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Ask git, never a person."""
    env = os.environ | {"GIT_TERMINAL_PROMPT": "0"}
    command = ["git", "-C", str(folder), *words]
    try:
        return subprocess.run(command, capture_output=True, text=True, errors="replace", env=env,
                              stdin=subprocess.DEVNULL, timeout=GIT_S)  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as err:
        raise NotChecked(f"git cannot be run: {err}") from None


def commit_of(base: str, folder: Path) -> str:
    """The commit of a base, fetched where a shallow clone does not have it."""
    if base.startswith("-"):
        raise NotChecked("the base is no branch, tag or commit")
    names = [base] if SHA.fullmatch(base) else [f"refs/remotes/origin/{base}", base]
    for name in names:
        found = git(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        if found.returncode == 0:
            return found.stdout.strip()
    shallow = git(folder, "rev-parse", "--is-shallow-repository").stdout.strip() == "true"
    depth = ["--depth=1"] if shallow else []
    got = git(folder, "fetch", "--quiet", "--no-tags", *depth, "origin", "--", base)
    if got.returncode:
        raise NotChecked(f"{base} is not here and cannot be fetched: {got.stderr.strip()}; "
                         "check out with fetch-depth: 0")  # fmt: skip
    found = git(folder, "rev-parse", "--verify", "--quiet", "FETCH_HEAD^{commit}")
    if found.returncode:
        raise NotChecked(f"{base} names no commit")
    return found.stdout.strip()


def deleted(model: Path, near: Path) -> bool:
    """Whether what is not there was there at the base."""
    base = wanted_base()
    if not base:
        return False
    path = model.absolute().relative_to(near.absolute()).as_posix()
    found = git(near, "--literal-pathspecs", "ls-tree", commit_of(base, near), "--", path)
    return found.returncode == 0 and bool(found.stdout.strip())


def command(model: str, folder: Path, files: dict[str, Path]) -> list[str]:
    """What is run, for the base that was found."""
    tool = Path(os.environ["RUNNER_TEMP"]) / "backend-lead" / "bin" / "backend-lead"
    words = [os.environ.get("BACKEND_LEAD_COMMAND") or str(tool), "gate", "-f", "github"]
    base = wanted_base()
    if base:
        words += ["--base", commit_of(base, folder)]
    for form, path in files.items():
        words += ["--write", f"{form}={path}"]
    if os.environ.get("BACKEND_LEAD_STRICT") == "true":
        words.append("--strict")
    if os.environ.get("BACKEND_LEAD_BASELINE"):
        words += ["--baseline", os.environ["BACKEND_LEAD_BASELINE"]]
    return [*words, "--", model]


def judge(model: str, files: dict[str, Path]) -> int:
    """Run it and show what it says; its exit code. Raises NotChecked where there is no answer."""
    path = Path(model)
    folder = path if path.is_dir() else path.parent
    near = next(one for one in (folder, *folder.absolute().parents) if one.is_dir())
    if not folder.is_dir() and not deleted(path, near):
        raise NotChecked(f"there is no folder {folder}")
    words = command(model, near, files)
    try:
        done = subprocess.run(words, capture_output=True, text=True, errors="replace",
                              stdin=subprocess.DEVNULL)  # fmt: skip
    except OSError as err:
        raise NotChecked(f"backend-lead cannot be run: {err}") from None
    print(done.stdout, end="", flush=True)
    for line in done.stderr.splitlines():
        print(f"| {line}", flush=True)  # so that no line of it is taken for a command to the runner
    if done.returncode not in VERDICTS or not files["markdown"].is_file():
        last = "\n".join(done.stderr.splitlines()[-LINES_MAX:])
        raise NotChecked(f"backend-lead ended with {done.returncode}: {last or 'it said nothing'}")
    return done.returncode


def told(why: str) -> str:
    """That it could not be checked, as Markdown in which nothing is markup but ours."""
    clean = why.replace("&", "&amp;").replace("<", "&lt;").replace("@", "@\u200b")
    return ("### backend-lead: could not check\n\nThis says nothing about the model: neither that "
            f"it passes nor that it does not.\n\n<pre>\n{clean}\n</pre>\n")  # fmt: skip


def main() -> int:
    """One verdict, one summary, the outputs."""
    model = os.environ.get("BACKEND_LEAD_MODEL") or "backend.yaml"
    place = Path(tempfile.mkdtemp(prefix="backend-lead-gate-", dir=os.environ["RUNNER_TEMP"]))
    forms = {"markdown": "gate.md", "json": "gate.json", "sarif": "gate.sarif"}
    if os.environ.get("BACKEND_LEAD_SARIF") == "false":
        del forms["sarif"]
    files = {form: place / name for form, name in forms.items()}
    try:
        code = judge(model, files)
    except NotChecked as err:
        code = NOT_CHECKED
        for path in files.values():
            path.unlink(missing_ok=True)
        files["markdown"].write_text(told(str(err)), encoding="utf-8")
        line = str(err).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        print(f"::error title=backend-lead could not check::{line}")
    summary = files["markdown"].read_text(encoding="utf-8")
    with Path(os.environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as out:
        out.write(summary + "\n")
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as out:
        out.write(f"exit-code={code}\nverdict={VERDICTS.get(code, 'not-checked')}\n")
        for form in ("markdown", "json", "sarif"):
            there = form in files and files[form].is_file()
            out.write(f"{form}={files[form] if there else ''}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
