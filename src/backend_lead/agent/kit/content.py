"""What is put into a project: whole files of ours, and our part of files that others own too."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from backend_lead import __version__

NAME = "backend-lead"
BEGIN, END = f"<!-- {NAME}: begin -->", f"<!-- {NAME}: end -->"
ABOUT = "Designs backends from a sentence and proves them by simulation."
HOME = ".claude/skills/backend-lead"
REFERENCES = ("commands.md", "evidence.md", "model.md")


@dataclass(frozen=True)
class Shared:
    """A file others own too: JSON with an entry of ours in its object `home`; where that is empty,
    a text with a section of ours."""

    home: str
    entry: Any


def own_files() -> dict[str, str]:
    """Path below the project to text, of the files that are ours alone."""
    texts = {
        ".claude/agents/backend-lead.md": _text("agent.md"),
        f"{HOME}/SKILL.md": _text("skill.md"),
        **{f"{HOME}/references/{n}": _text(f"references/{n}") for n in REFERENCES},
        ".claude-plugin/plugin.json": _json({
            "name": NAME, "version": __version__, "description": ABOUT,
            "agents": ["./.claude/agents/backend-lead.md"],
            "mcpServers": {NAME: {"command": NAME, "args": ["mcp"]}},
        }),
        ".claude-plugin/marketplace.json": _json({
            "name": NAME, "owner": {"name": NAME}, "metadata": {"description": ABOUT},
            "plugins": [{"name": NAME, "source": "./", "description": ABOUT}],
        }),
    }  # fmt: skip
    return dict(sorted(texts.items()))


def shared_files(command: str) -> dict[str, Shared]:
    """Path to our part of it. `command` starts the server."""
    server = {"command": command, "args": ["mcp"]}
    return {
        ".mcp.json": Shared("mcpServers", server),
        "AGENTS.md": Shared("", f"{BEGIN}\n{_text('agents_section.md')}{END}\n"),
    }


def _text(name: str) -> str:
    return (files("backend_lead.agent.kit") / "texts" / name).read_text(encoding="utf-8")


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2) + "\n"
