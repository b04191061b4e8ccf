"""A model as it was at a commit, with the evidence beside it, read from git without a checkout."""

from __future__ import annotations

import subprocess
from pathlib import Path

from backend_lead.changes.change import CannotJudge

GIT_S = 60.0  # no question to git asked here takes as long
EVIDENCE = "evidence"


def commit_of(revision: str, model: Path) -> str:
    """The commit that a revision names in the repository of a model. Raises CannotJudge."""
    if not revision or revision.startswith("-"):
        raise CannotJudge(f"{revision!r} is no commit")
    found = _git(model, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if found.returncode or not found.stdout.strip():
        said = _said(found)
        raise CannotJudge(
            f"git knows no commit {revision!r} here{said}; in a shallow clone fetch it first"
        )
    return found.stdout.decode().strip()


def model_at(commit: str, model: Path, into: Path) -> Path | None:
    """Write a model and its evidence, as they were at a commit, into a folder; where it is then.

    None where the commit has no such file. Raises CannotJudge where git cannot tell.
    """
    kept = _files(commit, model, [model.name, f"{EVIDENCE}/"])
    if model.name not in kept:
        return None
    for name, blob in kept.items():
        content = _git(model, "cat-file", "blob", blob)
        if content.returncode:
            raise CannotJudge(f"git cannot show {name} of {commit[:12]}{_said(content)}")
        target = into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.stdout)
    return into / model.name


def _files(commit: str, model: Path, paths: list[str]) -> dict[str, str]:
    """Files of a commit below the model's folder, name there to blob; links and folders of other
    repositories are none."""
    found = _git(model, "ls-tree", "-r", "-z", commit, "--", *paths)
    if found.returncode:
        raise CannotJudge(f"git cannot list {commit[:12]}{_said(found)}")
    out = {}
    for line in found.stdout.split(b"\0"):
        head, _, name = line.partition(b"\t")
        if head.startswith((b"100644 ", b"100755 ")):
            out[name.decode("utf-8", "surrogateescape")] = head.split()[2].decode()
    return out


def _git(model: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    command = ["git", "--literal-pathspecs", "-C", str(model.absolute().parent), *words]
    try:
        return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=GIT_S)
    except (OSError, subprocess.TimeoutExpired) as err:
        raise CannotJudge(f"git cannot be run: {err}") from None


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    text = done.stderr.decode("utf-8", "replace").strip()
    return f" ({text})" if text else ""
