"""Photograph a report for the README: the top of a real one, as a browser shows it.

backend-lead design "Design a backend system that can handle 1 million concurrent users" -o out/
python tools/write_picture.py out/report.html
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "report.png"
CHROMIUM = "/usr/bin/chromium"
WIDTH, HEIGHT = 1400, 1060
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def main(report: Path) -> None:
    """Write docs/report.png."""
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(report.resolve().as_uri(), wait_until="load")
        page.screenshot(path=str(TARGET))
        browser.close()
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
