"""backend.yaml to a typed system, with everything that is wrong with it told at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from backend_lead.intake.backend_yaml.meaning import check
from backend_lead.intake.backend_yaml.shape import shape_findings
from backend_lead.intake.backend_yaml.words import did_you_mean
from backend_lead.model.finding import Finding, InvalidInput, Place, sort_findings
from backend_lead.model.system import System
from backend_lead.views.document import MAX_BYTES, Document

ID = "backend-yaml"
_NAMES_MAX = 1000  # files looked at for a near name


@dataclass(frozen=True)
class Reading:
    """A system, the document it stands in, and what is worth telling about it (no errors)."""

    system: System
    document: Document
    findings: list[Finding]


def read_file(path: str | Path) -> Reading:
    """Read a model file. Raises InvalidInput with every finding if it cannot be used."""
    return read_text(read_bytes(path), str(path))


def read_bytes(path: str | Path, bytes_max: int = MAX_BYTES) -> bytes:
    """The bytes of a file, one more than it may have at most. Raises InvalidInput."""
    try:
        with Path(path).open("rb") as stream:
            return stream.read(bytes_max + 1)
    except (OSError, ValueError) as err:
        raise InvalidInput([_unreadable(Path(path), err)]) from None


def read_text(text: str | bytes, file: str = "backend.yaml") -> Reading:
    """Read a model from its text. Raises InvalidInput with every finding if it cannot be used."""
    document = Document.parse(text, file)
    try:
        system = System.model_validate(document.plain(), strict=True)
    except ValidationError as err:
        raise InvalidInput(shape_findings(err, document)) from None
    findings = sort_findings(check(system, document))
    if any(finding.level == "error" for finding in findings):
        raise InvalidInput(findings)
    return Reading(system, document, findings)


def _unreadable(path: Path, err: OSError | ValueError) -> Finding:
    place = Place(str(path))
    if isinstance(err, FileNotFoundError):
        return Finding("file-missing", "error", f"there is no file {path}", place, "nothing",
                       "a model file", _near_file(path))  # fmt: skip
    if isinstance(err, IsADirectoryError):
        return Finding("file-is-a-folder", "error", f"{path} is a folder", place, "a folder",
                       "a model file", f"did you mean {path / 'backend.yaml'}?")  # fmt: skip
    if isinstance(err, PermissionError):
        return Finding("file-no-permission", "error", f"{path} may not be read", place,
                       "no permission", "a file you may read", f"try: ls -l {path}")  # fmt: skip
    reason = err.strerror if isinstance(err, OSError) and err.strerror else str(err)
    return Finding("file-unreadable", "error", f"the file cannot be read: {reason}", place,
                   reason, "a model file", "check the name of the file")  # fmt: skip


def _near_file(path: Path) -> str:
    names: list[str] = []
    try:
        for entry in path.parent.iterdir():
            if len(names) == _NAMES_MAX:
                break
            if entry.suffix in (".yaml", ".yml"):
                names.append(entry.name)
    except OSError:
        return f"the folder {path.parent} is not there either"
    return did_you_mean(path.name, sorted(names)) or 'write one with: backend-lead design "..."'
