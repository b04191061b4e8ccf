"""Every figure on the page opens its origin: the button where it stands, the note it opens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from backend_lead.emit.report.wording import slug
from backend_lead.model.figure import Figure

if TYPE_CHECKING:
    from markupsafe import Markup

MEANINGS = {
    "measured": "read off real components", "simulated": "a run of the kernel",
    "computed": "a formula", "catalogue": "a source with its date",
    "stated": "the brief or the model says so", "assumed": "nobody said; a range is given",
}  # fmt: skip


@dataclass
class Origins:
    """Collects the figures a page shows; the page prints their notes once, at its end."""

    notes: dict[str, Figure] = field(default_factory=dict)

    def show(self, figure: Figure | None, absent: str = "not known") -> Markup:
        """The figure's text as a button that opens its note; plain words where there is none."""
        from markupsafe import Markup

        if figure is None:
            return Markup('<span class="absent">{}</span>').format(absent)
        word = self._anchor(figure)
        return Markup(
            '<button type="button" class="figure o-{}" popovertarget="{}">{}</button>'
        ).format(figure.origin, word, figure.text)

    def _anchor(self, figure: Figure) -> str:
        """The id of the figure's note; two figures never share one."""
        base = f"f-{slug(figure.id, 120)}"
        word, n = base, 1
        while word in self.notes and self.notes[word] != figure:
            n += 1
            word = f"{base}-{n}"
        self.notes[word] = figure
        return word
