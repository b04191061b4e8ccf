"""Colours of drawings: each is drawn in a stand-in and becomes a variable of the page's style.

So one drawing serves light, dark and print. A stand-in is a colour nothing else uses.
"""

from __future__ import annotations

import re

INK = "#0a0b01"
SOFT = "#0a0b02"
FAINT = "#0a0b03"
PAPER = "#0a0b04"
ACCENT = "#0a0b05"
GOOD = "#0a0b06"
BAD = "#0a0b07"
WARM = "#0a0b08"
COOL = "#0a0b09"
WASH_CLIENT = "#0a0b11"
WASH_ENTRY = "#0a0b12"
WASH_SERVICE = "#0a0b13"
WASH_CACHE = "#0a0b14"
WASH_STORE = "#0a0b15"
_VARIABLES = {
    INK: "--ink", SOFT: "--soft", FAINT: "--faint", PAPER: "--paper", ACCENT: "--accent",
    GOOD: "--good", BAD: "--bad", WARM: "--warm", COOL: "--cool",
    WASH_CLIENT: "--wash-client", WASH_ENTRY: "--wash-entry", WASH_SERVICE: "--wash-service",
    WASH_CACHE: "--wash-cache", WASH_STORE: "--wash-store",
}  # fmt: skip


def painted(svg: str) -> str:
    """Replace every stand-in by its variable; written as rgb() or hex, in any case."""
    for stand_in, variable in _VARIABLES.items():
        red, green, blue = (int(stand_in[i : i + 2], 16) for i in (1, 3, 5))
        svg = re.sub(
            rf"{stand_in}|rgb\({red},\s*{green},\s*{blue}\)", f"var({variable})", svg, flags=re.I
        )
    return svg
