"""compare, for contracts: two files of one protocol, what changed, whether callers break.

Nothing is read but the two files, and of protobuf what they import from folders around them.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

from backend_lead.changes import protocols
from backend_lead.changes.change import Change, Level, Protocol, Text
from backend_lead.intake.backend_yaml import read_bytes
from backend_lead.model.finding import Finding, InvalidInput, Place
from backend_lead.views.yaml_text import MAX_BYTES, decode

IMPORTS_MAX = 200  # files one contract may import
FOLDERS_UP = 6  # folders above a file in which its imports are looked for


@dataclass(frozen=True)
class ContractComparison:
    """What differs between two contracts, worst first. `exit_code` 1: something breaks."""

    before: str
    after: str
    protocol: Protocol
    changes: list[Change]

    def of(self, level: Level) -> list[Change]:
        """The changes of one level."""
        return [change for change in self.changes if change.level == level]

    @property
    def exit_code(self) -> int:
        return 1 if self.of("breaking") else 0


def compare_contracts(
    before: str, after: str, today: date | None = None
) -> ContractComparison | None:
    """Compare two contracts; None where neither file is one, as with two models.

    Raises InvalidInput with every finding where they cannot be compared, CannotJudge where a
    program that reading needs is absent. `today` decides which sunsets are past.
    """
    texts = [_text(path) for path in (before, after)]
    found = [_protocol(text) if text is not None else None for text in texts]
    if not any(found):
        return None
    names = [before, after]
    if texts[0] is None or texts[1] is None or found[0] is None or found[0] is not found[1]:
        raise InvalidInput(_mixed(names, found))
    protocol = found[0]
    whole = [_with_imports(protocol, path, text) for path, text in zip(names, texts) if text]
    changes = protocol.changes(whole[0], whole[1], today or date.today())
    return ContractComparison(before, after, protocol, changes)


def protocol_of(text: str) -> Protocol | None:
    """The protocol a text claims to be a contract of."""
    return next((one for one in protocols().values() if one.is_one(text)), None)


def _protocol(text: str) -> Protocol | None:
    return protocol_of(text)


def _text(path: str) -> str | None:
    """The characters of a file; None of a folder, and of what a model's reader refuses better."""
    if Path(path).is_dir():
        return None
    try:
        return decode(read_bytes(path), path)
    except InvalidInput as err:
        if any(finding.rule in _TOLD for finding in err.findings):
            raise InvalidInput([_reworded(finding) for finding in err.findings]) from None
        return None


_TOLD = {"yaml-too-large", "yaml-encoding"}


def _reworded(finding: Finding) -> Finding:
    if finding.rule != "yaml-too-large":
        return finding
    return Finding("file-too-large", "error", "the file is too large", finding.place, finding.seen,
                   finding.allowed, "is this the right file?")  # fmt: skip


def _mixed(names: list[str], found: list[Protocol | None]) -> list[Finding]:
    known = "; ".join(one.reads for one in protocols().values())
    if found[0] is not None and found[1] is not None:
        seen = " and ".join(one.title for one in found if one)
        return [Finding("contract-mixed", "error", "the files are of two protocols",
                        Place(names[1]), seen, "two contracts of one protocol",
                        "compare each with its own earlier version")]  # fmt: skip
    unknown = names[0] if found[0] is None else names[1]
    other = names[1] if found[0] is None else names[0]
    if not Path(unknown).exists():
        return [Finding("file-missing", "error", f"there is no file {unknown}", Place(unknown),
                        "nothing", "a file", "is the name spelled right?")]  # fmt: skip
    title = next(one.title for one in found if one)
    return [Finding("contract-unknown", "error", f"{other} is a contract ({title}), this is none",
                    Place(unknown), "a model, a folder or something else", known,
                    "compare two contracts, or two models")]  # fmt: skip


def _with_imports(protocol: Protocol, path: str, text: str) -> Text:
    """The text with the files it imports, and those import, as far as they are found around it."""
    beside: dict[str, str] = {}
    waiting = deque(protocol.needs(text))
    size = 0
    while waiting and len(beside) < IMPORTS_MAX:
        name = waiting.popleft()
        if name in beside:
            continue
        content = _imported(path, name)
        if content is None:
            continue
        size += len(content)
        if size > MAX_BYTES:
            break
        beside[name] = content
        waiting += protocol.needs(content)
    return Text(path, text, beside)


def _imported(path: str, name: str) -> str | None:
    """A file by the name of an import, in the folder of the importing file or one above it."""
    steps = PurePosixPath(name)
    if steps.is_absolute() or ".." in steps.parts or "\\" in name:
        return None
    for folder in [*Path(path).absolute().parents][:FOLDERS_UP]:
        there = folder / name
        if there.is_file():
            try:
                return decode(read_bytes(there), str(there))
            except InvalidInput:
                return None
    return None
