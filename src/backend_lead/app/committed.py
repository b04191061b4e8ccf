"""A model as it was at a commit, with the evidence beside it, read from git without a checkout."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from backend_lead.changes.change import CannotJudge

GIT_S = 60.0  # no question to git asked here takes as long
EVIDENCE = "evidence"
KINDS = ("*.yaml", "*.yml")  # of files among which a model that moved is looked for
GONE_MAX = 500  # files that are gone; of more the first are looked into
MODEL_LINE = "^[\"']?backend[\"']?[[:space:]]*:"  # the key that every model has


@dataclass(frozen=True)
class Moves:
    """Files of a commit that are elsewhere now, by their name then, and models that are gone."""

    moved: dict[str, str]
    gone: tuple[str, ...] = ()

    def origin(self, path: str) -> str | None:
        """What a file was called at the commit, where it had another name."""
        return next((was for was, now in self.moved.items() if now == path), None)


def commit_of(revision: str, model: Path) -> str:
    """The commit that a revision names in the repository of a model. Raises CannotJudge."""
    if not revision or revision.startswith("-"):
        raise CannotJudge(f"{revision!r} is no commit")
    found = _git(model, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if found.returncode or not found.stdout.strip():
        told = _said(found)
        raise CannotJudge(
            f"git knows no commit {revision!r} here{told}; in a shallow clone fetch it first"
        )
    return found.stdout.decode().strip()


def path_of(model: Path) -> str:
    """The path of a model in its repository, whether it is there or not. Raises CannotJudge."""
    found = _git(model, "rev-parse", "--show-prefix")
    if found.returncode:
        raise CannotJudge(f"git cannot tell where {model} is{_said(found)}")
    prefix = found.stdout.decode("utf-8", "surrogateescape").rstrip("\n")
    return prefix + model.absolute().relative_to(_near(model)).as_posix()


def model_at(commit: str, model: Path, path: str, into: Path) -> Path | None:
    """Write a file of the model's repository and its evidence, as they were at a commit, into a
    folder; where it is then.

    None where the commit has no such file. Raises CannotJudge where git cannot tell.
    """
    kept = _files(commit, model, path)
    name = PurePosixPath(path).name
    if name not in kept:
        return None
    for file, blob in kept.items():
        content = _git(model, "cat-file", "blob", blob)
        if content.returncode:
            raise CannotJudge(f"git cannot show {file} of {commit[:12]}{_said(content)}")
        target = into / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.stdout)
    return into / name


def moves_since(commit: str, model: Path) -> Moves:
    """What became of the files of a commit in the tree as it is. Raises CannotJudge."""
    words = ["diff", "--no-ext-diff", "--no-textconv", "--name-status", "-z", "-M", "-l0",
             "--diff-filter=RD", commit, "--"]  # fmt: skip
    kinds = [f":(top,glob)**/{kind}" for kind in KINDS]
    found = _git(model, *words, *kinds, literal=False)
    if found.returncode:
        raise CannotJudge(f"git cannot tell what moved since {commit[:12]}{_said(found)}")
    told = iter(found.stdout.decode("utf-8", "surrogateescape").split("\0"))
    moved, gone = {}, []
    for status in told:
        if status.startswith("R"):
            was = next(told)
            moved[was] = next(told)
        elif status:
            gone.append(next(told))
    return Moves(moved, _models(commit, model, gone[:GONE_MAX]))


def _models(commit: str, model: Path, paths: list[str]) -> tuple[str, ...]:
    """Those files of a commit that are models."""
    if not paths:
        return ()
    named = [f":(top,literal){path}" for path in paths]
    found = _git(model, "grep", "-l", "-z", "-I", "-E", "--full-name", "-e", MODEL_LINE, commit,
                 "--", *named, literal=False)  # fmt: skip
    if found.returncode > 1:
        raise CannotJudge(f"git cannot look into {commit[:12]}{_said(found)}")
    lines = found.stdout.decode("utf-8", "surrogateescape").split("\0")
    return tuple(line.removeprefix(f"{commit}:") for line in lines if line)


def _files(commit: str, model: Path, path: str) -> dict[str, str]:
    """A file of a commit and the evidence beside it, name there to blob; links and folders of
    other repositories are none."""
    folder = path.rpartition("/")[0]
    prefix = f"{folder}/" if folder else ""
    found = _git(model, "ls-tree", "-r", "-z", "--full-tree", commit, "--", path,
                 f"{prefix}{EVIDENCE}/")  # fmt: skip
    if found.returncode:
        raise CannotJudge(f"git cannot list {commit[:12]}{_said(found)}")
    out = {}
    for line in found.stdout.split(b"\0"):
        head, _, name = line.partition(b"\t")
        if head.startswith((b"100644 ", b"100755 ")):
            file = name.decode("utf-8", "surrogateescape").removeprefix(prefix)
            out[file] = head.split()[2].decode()
    return out


def _near(model: Path) -> Path:
    """The folder of a model; of one that is gone the nearest that is there."""
    return next(folder for folder in model.absolute().parents if folder.is_dir())


def _git(model: Path, *words: str, literal: bool = True) -> subprocess.CompletedProcess[bytes]:
    how = ["--no-optional-locks", *(["--literal-pathspecs"] if literal else [])]
    command = ["git", *how, "-C", str(_near(model)), *words]
    try:
        return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=GIT_S)
    except (OSError, subprocess.TimeoutExpired) as err:
        raise CannotJudge(f"git cannot be run: {err}") from None


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    text = done.stderr.decode("utf-8", "replace").strip()
    return f" ({text})" if text else ""
