"""Design the examples anew, then write what is expected of each.

python tools/write_examples.py              all of them
python tools/write_examples.py api-strategy  these alone

A model that says its sentence (`brief`) is the design that the sentence is given today. One that is
not sized is designed to `expected/backend.yaml`, where there is one. That takes some minutes; what
follows from the models alone is written, as after any change, by tools/write_docs.py.
"""

from __future__ import annotations

import sys
from pathlib import Path

from backend_lead.app import design as use
from backend_lead.app.progress import Progress
from backend_lead.emit import render

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = "backend.schema.json"
if __name__ == "__main__":  # run by its path, the folder above is not looked into
    sys.path.insert(0, str(ROOT))


def main() -> int:
    """Write every model that comes from a sentence, and what follows from all of them."""
    from tools.example_results import DESIGNED
    from tools.write_docs import main as write_docs

    for model in sorted((ROOT / "examples").glob("*/backend.yaml")):
        if sys.argv[1:] and model.parent.name not in sys.argv[1:]:
            continue
        asked, target = use.read_model(str(model)), model.parent / "expected" / DESIGNED
        if asked.system.brief is not None:
            asked, target = use.read_request(asked.system.brief), model
        elif not target.is_file():
            continue
        files = render(use.design(asked, quick=True, progress=Progress()))
        home = "../" * len(target.relative_to(ROOT).parent.parts)
        text = files[model.name].replace(f"schema={SCHEMA}", f"schema={home}schema/{SCHEMA}")
        text = text.replace(f"$schema: {SCHEMA}", f"$schema: {home}schema/{SCHEMA}")
        target.write_text(text, encoding="utf-8")
        print(target.relative_to(ROOT))
    sys.argv[1:] = []  # theirs are others
    return write_docs()


if __name__ == "__main__":
    sys.exit(main())
