"""How a fault in the meaning of a model is told: its place, what was seen, what would do."""

from __future__ import annotations

from collections.abc import Iterable

from backend_lead.intake.backend_yaml.words import did_you_mean, listed
from backend_lead.model.finding import Finding, Level
from backend_lead.views.document import Document, Loc


class Teller:
    """Makes findings about one document."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def find(self, rule: str, level: Level, message: str, loc: Loc, seen: str, fits: str,
             hint: str, of_key: bool = False) -> Finding:  # fmt: skip
        """A finding at a path; with `of_key` it stands at the key, not at its value."""
        return Finding(rule, level, message, self.document.place(loc, of_key=of_key), seen, fits,
                       hint)  # fmt: skip

    def wrong(self, rule: str, message: str, loc: Loc, seen: str, fits: str, hint: str,
              of_key: bool = False) -> Finding:  # fmt: skip
        """An error of the contract with callers."""
        return self.find(f"model-contract-{rule}", "error", message, loc, seen, fits, hint, of_key)

    def unknown(self, what: str, name: str, known: Iterable[str], loc: Loc, *,
                of_key: bool = False, hint: str = "") -> Finding:  # fmt: skip
        """Something is referred to that is not there."""
        names = list(known)
        return self.find(
            "model-unknown-reference", "error", f"there is no {what} `{name}`", loc, name,
            listed(names) or f"nothing: the model has no {what}",
            hint or did_you_mean(name, names) or f"add the {what}, or use one that is there",
            of_key,
        )  # fmt: skip

    def line(self, loc: Loc) -> int:
        """The line of a key."""
        return self.document.place(loc, of_key=True).line
