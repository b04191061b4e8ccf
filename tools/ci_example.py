"""The table of docs/ci.md: what gate says of a change of an example."""

from __future__ import annotations

import tempfile
from pathlib import Path

from backend_lead.app.gate import gate
from backend_lead.app.render_gate import render_markdown
from backend_lead.app.render_review import cell

BEGIN = "<!-- example: made by tools/write_docs.py -->\n"
END = "<!-- end of example -->\n"
MODEL = "examples/data-layer/backend.yaml"
CHANGES = (  # what is shown: slower code, one zone for the service, a field taken away
    (
        "- cpu: {value: 1.5 ms, range: [500 us, 5 ms]",
        "- cpu: {value: 25 ms, range: [500 us, 30 ms]",
    ),
    ("        open_items: {type: int, example: 12}\n", ""),
)


def page(text: str, root: Path) -> str:
    """docs/ci.md with its example brought up to date; the rest is written by hand."""
    head, found, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not found or not end:
        raise SystemExit(f"docs/ci.md lacks the lines {BEGIN!r} and {END!r}")
    return head + BEGIN + "\n" + example(root) + "\n" + END + tail


def example(root: Path) -> str:
    """What a comment shows above its folds."""
    before = (root / MODEL).read_text(encoding="utf-8")
    after = before
    for old, new in CHANGES:
        if old not in after:
            raise SystemExit(f"{MODEL} has no {old!r}; change tools/ci_example.py")
        after = after.replace(old, new, 1)
    with tempfile.TemporaryDirectory() as name:
        was, now = Path(name) / "was.yaml", Path(name) / "backend.yaml"
        was.write_text(before, encoding="utf-8")
        now.write_text(after, encoding="utf-8")
        text = render_markdown(gate(was, now, named="main:backend.yaml"))
        shown = text.partition("\n\n<details>")[0].replace(cell(str(now)), now.name)
    lines = [f"> {line}".rstrip() for line in shown.splitlines()]
    return "\n".join(lines).replace("> ### ", "> **", 1).replace("\n", "**\n", 1) + "\n"
