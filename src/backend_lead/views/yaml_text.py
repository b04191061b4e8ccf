"""A file's bytes to text: its size, its encoding, and the characters that text is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass

from backend_lead.model.finding import Finding, InvalidInput, Place

MAX_BYTES = 5_000_000
SEEN_MAX = 60  # characters of the input quoted in a finding


@dataclass(frozen=True)
class Bounds:
    """How much of a text is read. `quick`: by libyaml where it is there, for what others wrote."""

    bytes: int
    nodes: int
    depth: int
    quick: bool = False


# Contracts of large products; the largest public ones have some ten MB and a million values.
CONTRACT = Bounds(bytes=16_000_000, nodes=1_200_000, depth=100, quick=True)

CONTROL = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_TAB_INDENT = re.compile(r"^ *\t[ \t]*(?=[^\s#])", re.M)


def quoted(text: str) -> str:
    """An excerpt of the input, short, in one line and never nothing."""
    line = " ".join(CONTROL.sub("?", text[: 4 * SEEN_MAX]).split())
    return (line if len(line) <= SEEN_MAX else line[: SEEN_MAX - 1] + "…") or '""'


def decode(data: str | bytes, file: str, bytes_max: int = MAX_BYTES) -> str:
    """The text of a file, without a byte order mark. Raises InvalidInput if it is no plain text."""
    size = len(data) if isinstance(data, bytes) else len(data.encode("utf-8", "surrogatepass"))
    if size > bytes_max:
        raise InvalidInput([Finding(
            "yaml-too-large", "error", "the file is too large to be a model", Place(file),
            f"more than {bytes_max // 1_000_000} MB", f"up to {bytes_max // 1_000_000} MB",
            "is this the right file? a model of a large backend has some 50 kB",
        )])  # fmt: skip
    if isinstance(data, bytes):
        try:
            data = data.decode("utf-8")
        except UnicodeDecodeError as err:
            line = err.object.count(b"\n", 0, err.start) + 1
            column = err.start - err.object.rfind(b"\n", 0, err.start)
            raise InvalidInput([Finding(
                "yaml-encoding", "error", "the file is not UTF-8 text",
                Place(file, line, column),
                f"byte 0x{data[err.start]:02x}", "UTF-8",
                "save the file as UTF-8 in your editor",
            )]) from None  # fmt: skip
    return data.removeprefix("\ufeff")


def character_findings(text: str, file: str) -> list[Finding]:
    """Control characters and tabs used as indentation; at most twenty of each."""
    found = []
    for count, hit in enumerate(CONTROL.finditer(text)):
        if count == 20:
            break
        found.append(Finding(
            "yaml-control-character", "error", "a control character is not text",
            _place(text, hit.start(), file), f"U+{ord(hit[0]):04X}",
            "printable characters, spaces and line ends", "delete it, or retype the line",
        ))  # fmt: skip
    for count, hit in enumerate(_TAB_INDENT.finditer(text)):
        if count == 20:
            break
        found.append(Finding(
            "yaml-tab", "error", "YAML is indented with spaces, here is a tab",
            _place(text, hit.start() + hit[0].index("\t"), file), "tab", "spaces",
            "replace each tab by two spaces",
        ))  # fmt: skip
    return found


def _place(text: str, index: int, file: str) -> Place:
    return Place(file, text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))
