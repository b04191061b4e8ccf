"""How many tokens a text is, by a tokenizer that assistants' models use (o200k)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "node_modules" / "gpt-tokenizer"
COUNT = """
const {encode} = require(process.argv[1]);
process.stdout.write(String(encode(require("fs").readFileSync(0, "utf8")).length));
"""


def tokens(text: str) -> int:
    """The number of tokens; the test is skipped by name where the tokenizer is not installed."""
    node = shutil.which("node")
    if node is None or not PACKAGE.is_dir():
        pytest.skip("needs node and `npm install gpt-tokenizer`")
    done = subprocess.run([node, "-e", COUNT, str(PACKAGE)], input=text.encode(),
                          capture_output=True, check=True)  # fmt: skip
    return int(done.stdout)
