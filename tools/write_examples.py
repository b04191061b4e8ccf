"""Design anew each example that answers a sentence, then write what is expected of every example.

python tools/write_examples.py

Its model says the sentence (`brief`). A design takes about a minute; what follows from the model
alone is written, as after any change, by tools/write_docs.py.
"""

from __future__ import annotations

import sys
from pathlib import Path

from backend_lead.app import design as use
from backend_lead.app.progress import Progress
from backend_lead.emit import render

ROOT = Path(__file__).resolve().parents[1]
BESIDE, SCHEMA = "backend.schema.json", "../../schema/backend.schema.json"
if __name__ == "__main__":  # run by its path, the folder above is not looked into
    sys.path.insert(0, str(ROOT))


def main() -> int:
    """Write every model that comes from a sentence, and what follows from all of them."""
    from tools.write_docs import main as write_docs

    for model in sorted((ROOT / "examples").glob("*/backend.yaml")):
        brief = use.read_model(str(model)).system.brief
        if brief is None:
            continue
        files = render(use.design(use.read_request(brief), quick=True, progress=Progress()))
        text = files[model.name].replace(f"schema={BESIDE}", f"schema={SCHEMA}")
        text = text.replace(f"$schema: {BESIDE}", f"$schema: {SCHEMA}")
        model.write_text(text, encoding="utf-8")
        print(model.relative_to(ROOT))
    return write_docs()


if __name__ == "__main__":
    sys.exit(main())
