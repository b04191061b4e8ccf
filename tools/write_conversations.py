"""Hold the conversations of tools/conversations.py and write their transcripts into docs/agents/.

python tools/write_conversations.py                   all three, some minutes
python tools/write_conversations.py plan-api-strategy this one alone
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import anyio

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "agents"
if __name__ == "__main__":  # run by its path, the folder above is not looked into
    sys.path.insert(0, str(ROOT))


def transcript(name: str, folder: Path) -> str:
    """The page of one conversation, held in an empty folder."""
    from tools.conversations import page, talk

    return page(name, anyio.run(talk, name, folder))


def main() -> int:
    """Write the pages that are asked for; all of them where none is."""
    from tools.conversations import CONVERSATIONS

    for name in sys.argv[1:] or CONVERSATIONS:
        with tempfile.TemporaryDirectory() as folder:
            text = transcript(name, Path(folder))
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / f"{name}.md").write_text(text, encoding="utf-8")
        print(f"docs/agents/{name}.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
