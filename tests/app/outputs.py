"""Outputs read back: what each says of the five figures and of the components."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

LABELS = {
    "Requests per second at peak": "requests_per_s", "Machines": "instances",
    "p99 of the slowest request": "p99", "Availability of the worst journey": "availability",
    "Cost per month": "cost_usd_month",
}  # fmt: skip


def terminal_figures(text: str) -> dict[str, tuple[str, str]]:
    """Text and origin of each figure of the table a terminal shows."""
    rows = (re.split(r"\s{2,}", line.strip()) for line in text.splitlines())
    return {LABELS[row[0]]: (row[1], row[2]) for row in rows if row[0] in LABELS}


def terminal_parts(text: str) -> set[str]:
    """Components listed under `What runs`."""
    lines = text[text.index("What runs\n") :].split("\n\n")[0].splitlines()[1:]
    return {line.split()[0] for line in lines}


def readme_rows(text: str) -> list[list[str]]:
    """Cells of every table row of a Markdown page, without emphasis and code marks."""
    rows = re.findall(r"^\|(.*)\|$", text, re.MULTILINE)
    return [[cell.strip().strip("*`") for cell in re.split(r"(?<!\\)\|", row)] for row in rows]


def readme_figures(text: str) -> dict[str, tuple[str, str]]:
    """Text and origin of each figure of README's first table."""
    return {LABELS[r[0]]: (r[1], r[5]) for r in readme_rows(text) if r[0] in LABELS and len(r) == 6}


class _Report(HTMLParser):
    """Collects buttons of the five figures and the texts of notes."""

    def __init__(self) -> None:
        super().__init__()
        self.five: dict[str, tuple[str, str]] = {}
        self.notes: dict[str, str] = {}
        self.heading = ""
        self._inside: str | None = None
        self._button: tuple[str, str] | None = None
        self._note: str | None = None
        self._tag = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {name: value or "" for name, value in attrs}
        self._tag = tag
        if a.get("id", "").startswith("five-"):
            self._inside = a["id"].removeprefix("five-")
        if tag == "button" and self._inside and self._inside not in self.five:
            origin = next(c[2:] for c in a["class"].split() if c.startswith("o-"))
            self._button = (origin, a["popovertarget"])
        if "popover" in a:
            self._note = a["id"]

    def handle_data(self, data: str) -> None:
        if self._button and self._inside:
            self.five[self._inside] = (data.strip(), self._button[0])
            self.notes.setdefault(self._button[1], "")
            self._button = None
        elif self._note and self._tag == "b":
            self.notes[self._note], self._note = data.strip(), None
        elif self._tag == "h1" and not self.heading:
            self.heading = data.strip()

    def handle_endtag(self, tag: str) -> None:
        self._tag = ""


def report(text: str) -> _Report:
    """The report read: five figures, the heading, and what each note says."""
    parser = _Report()
    parser.feed(text)
    return parser


def picture_words(text: str) -> set[str]:
    """Every label in the pictures and boxes of a report."""
    return {w.strip() for w in re.findall(r"<tspan[^>]*>([^<]*)</tspan>", text)}


def model(path: Path) -> dict[str, Any]:
    """A backend.yaml as plain values."""
    content: dict[str, Any] = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return content


def model_figures(content: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Text and origin of each figure that a model's results quote."""
    return {k: (f["text"], f["origin"]) for k, f in content["results"]["figures"].items()}


def evidence(folder: Path, name: str) -> dict[str, Any]:
    """One file of evidence."""
    content: dict[str, Any] = json.loads((folder / "evidence" / name).read_text(encoding="utf-8"))
    return content


def evidence_figures(folder: Path) -> dict[str, dict[str, Any]]:
    """Every figure of the evidence by its id."""
    return {f["id"]: f for f in evidence(folder, "figures.json")["figures"]}


def decision_rows(text: str) -> dict[str, list[str]]:
    """Rows of a decision's table of states by their first cell."""
    return {row[0]: row[1:] for row in readme_rows(text) if len(row) == 7}
