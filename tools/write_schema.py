"""Rewrite schema/backend.schema.json from the model."""

from __future__ import annotations

from pathlib import Path

from backend_lead.emit.model.backend_yaml import schema_text

TARGET = Path(__file__).resolve().parents[1] / "schema" / "backend.schema.json"


def main() -> None:
    """Write the schema beside the sources."""
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
