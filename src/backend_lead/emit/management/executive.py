"""executive.md and executive.html: decision, money, risks and what is asked, on one page.

Both are written from the same few sentences, read aloud in two minutes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from backend_lead.emit.management import asked, offer
from backend_lead.emit.management.register import largest_of_each_kind
from backend_lead.emit.management.risks import risks
from backend_lead.emit.report.meant import clipped
from backend_lead.emit.report.wording import cell
from backend_lead.model.design import Design

ID = "executive"
GROUP = "management"
FILES = ("executive.md", "executive.html")
TEMPLATES = Path(__file__).parent / "templates"
WORDS_MAX = 280  # two minutes read aloud, at 140 words a minute
RISKS = 3
RISK_WORDS, SHORT_RISK_WORDS, TITLE_WORDS, CUT_WORDS = 30, 23, 12, 17
HEAD = ("Promised", "Found")
LEVELS = 6  # how often the page is made shorter to be read in time


@dataclass(frozen=True)
class Block:
    """A part of the page: heading, sentences, rows (what, promised, found), numbered lines."""

    title: str
    sentences: tuple[str, ...] = ()
    rows: tuple[tuple[str, str, str], ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def words(self) -> int:
        """How many words are read aloud, numbers of lines and heads of columns too."""
        text = " ".join((self.title, *self.sentences, *(" ".join(r) for r in self.rows),
                         *self.lines))  # fmt: skip
        return len(re.findall(r"\w[\w.,%’'-]*", text)) + (
            len(self.lines) + (len(HEAD) if self.rows else 0)
        )

    def cut(self) -> Block:
        """The part with every text cut: where titles and questions are far too long."""
        rows = tuple((clipped(a, 8), clipped(b, 8), clipped(c, 8)) for a, b, c in self.rows)
        sentences, lines = (tuple(clipped(text, CUT_WORDS) for text in texts)
                            for texts in (self.sentences, self.lines))  # fmt: skip
        return Block(self.title, sentences, rows, lines)


def page(design: Design) -> list[Block]:
    """The content of both files; made shorter, level by level, until it can be read in time."""
    for level in range(LEVELS):
        found = _page(design, level)
        title = len(clipped(design.title, TITLE_WORDS).split())
        if title + sum(block.words for block in found) <= WORDS_MAX:
            return found
    return [block.cut() for block in found]


def _page(design: Design, level: int) -> list[Block]:
    found = largest_of_each_kind(risks(design), RISKS)
    words = RISK_WORDS if level < LEVELS - 1 else SHORT_RISK_WORDS
    return [
        Block(offer.title(design), tuple(offer.decision(design, level))),
        Block("What it carries and promises", rows=tuple(offer.promises(design))),
        Block("Money", tuple(offer.money(design, level))),
        Block("Largest risks", lines=tuple(clipped(risk.short, words) for risk in found)
              or ("None was found by what was run.",)),
        Block("What is needed from you", lines=tuple(asked.needed(design, level))),
    ]  # fmt: skip


def emit(design: Design) -> dict[str, str]:
    """Write the page for reading and for printing."""
    return {"executive.md": _markdown(design), "executive.html": _html(design)}


def _markdown(design: Design) -> str:
    parts = [f"# {cell(clipped(design.title, TITLE_WORDS))}"]
    for block in page(design):
        parts.append(f"## {cell(block.title)}")
        parts += [cell(sentence) for sentence in block.sentences]
        if block.rows:
            table = [f"| {cell(a)} | {cell(b)} | {cell(c)} |" for a, b, c in block.rows]
            parts.append("\n".join([f"| | {' | '.join(HEAD)} |", "| --- | --- | --- |", *table]))
        if block.lines:
            parts.append("\n".join(f"{i}. {cell(x)}" for i, x in enumerate(block.lines, 1)))
    return "\n\n".join([*parts, f"More: {_links(design)}."]) + "\n"


def _links(design: Design) -> str:
    return "; ".join(f"[{words}]({path})" for path, words in offer.links(design))


def _html(design: Design) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    pages = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return pages.get_template("executive.html.j2").render(
        title=clipped(design.title, TITLE_WORDS),
        verdict=design.verdict,
        blocks=page(design),
        links=offer.links(design),
    )
