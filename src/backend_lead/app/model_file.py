"""Reading a model file with everything that only the catalogue knows about it, told at once.

The reader of the format says whether a model is well formed and refers to things that are there.
This adds what its kinds, machines and places allow, so that a model which is read can be resolved.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from backend_lead.app.model_bounds import bound_findings
from backend_lead.app.model_kinds import kind_findings
from backend_lead.app.model_steps import step_findings
from backend_lead.intake.backend_yaml import Reading, read_bytes, read_text
from backend_lead.model.finding import Finding, InvalidInput, sort_findings
from backend_lead.model.system import System
from backend_lead.views.document import Document


def read_checked(path: str | Path) -> Reading:
    """Read a model file. Raises InvalidInput with every finding if it cannot be used."""
    return read_checked_text(read_bytes(path), str(path))


def read_checked_text(text: str | bytes, file: str = "backend.yaml") -> Reading:
    """Read a model from its text. Raises InvalidInput with every finding if it cannot be used."""
    try:
        reading = read_text(text, file)
    except InvalidInput as err:
        raise InvalidInput([*err.findings, *_despite(text, file)]) from None
    return _checked(reading)


def catalogue_findings(system: System, document: Document) -> Iterator[Finding]:
    """Everything the catalogue has to say about a model, well formed but perhaps not complete."""
    yield from kind_findings(system, document)
    yield from step_findings(system, document)
    yield from bound_findings(system, document)


def _checked(reading: Reading) -> Reading:
    more = catalogue_findings(reading.system, reading.document)
    findings = sort_findings([*reading.findings, *more])
    if any(finding.level == "error" for finding in findings):
        raise InvalidInput(findings)
    return Reading(reading.system, reading.document, findings)


def _despite(text: str | bytes, file: str) -> list[Finding]:
    """What the catalogue says about a model that is refused already, as far as it can be read."""
    try:
        document = Document.parse(text, file)
        system = System.model_validate(document.plain(), strict=True)
    except (InvalidInput, ValidationError):
        return []
    return list(catalogue_findings(system, document))
