"""A conversation of an agent with the server for each of the three requests: what it asks, turn by
turn, and the transcript that the documentation shows. The turns are a script; the answers are not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcp import Client

from tests.agent.client import connected

TEXT_MOST = 700  # characters of a text that a transcript shows
ROWS_MOST = 4


@dataclass(frozen=True)
class Turn:
    """What the user says, and the tool the agent calls for it, or the resource it reads."""

    says: str
    tool: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Said:
    """A turn with its answer: the envelope, its text on the wire, and whether it was an error."""

    turn: Turn
    answer: dict[str, Any]
    wire: str
    is_error: bool


MILLION = "Design a backend system that can handle 1 million concurrent users"
STRATEGY = "Plan our API strategy for mobile, web, and third-party integrations"
LAYER = "Architect our data layer for analytics and real-time processing"
CONVERSATIONS: dict[str, tuple[Turn, ...]] = {
    "design-backend": (
        Turn(MILLION, "ask", {"request": MILLION}),
        Turn("Users wait 12 seconds between requests. Go.", "design",
             {"request": MILLION, "assume": ["think_time=12s"]}),
        Turn("What breaks first?", "capacity", {}),
        Turn("What if users double?", "simulate", {"load": 2}),
        Turn("And if we lose a zone at peak?", "simulate", {"fault": "zone-loss"}),
        Turn("Where does that p99 come from?", "explain", {"word": "p99"}),
        Turn("Why the first step?", "explain", {"word": "0001"}),
        Turn("Which steps could we still take?", "change", {}),
        Turn("Could we save half of the application servers?", "change",
             {"set": {"components.app.count": 20}}),
        Turn("Then leave it. Does the file hold as it stands?", "check", {}),
    ),
    "plan-api-strategy": (
        Turn(STRATEGY, "design", {"request": STRATEGY, "out": "api"}),
        Turn("Which style for whom, and what was rejected?", "read",
             {"uri": "design://files/api/api/strategy.md?limit=4000"}),
        Turn("What does a partner get to read?", "read",
             {"uri": "design://files/api/api/for-partners.md?limit=3000"}),
        Turn("Who breaks if I remove the body of an item?", "change",
             {"remove": ["entities.item.fields.body"]}),
        Turn("With what refers to it, then.", "change",
             {"remove": ["entities.item.fields.body",
                         "components.db.operations.search_items.pattern.words[1]",
                         "components.db.operations.update_item.pattern.sets[1]"]}),
        Turn("Then deprecate it instead.", "change", {
            "set": {"entities.item.fields.body.deprecated":
                    {"since": "2026-11-01", "sunset": "2027-11-01", "instead": "title"}},
            "write": True}),
        Turn("Write the contracts anew.", "design",
             {"model": "api/backend.yaml", "search": False, "only": "api", "out": "api"}),
        Turn("Does the model still hold?", "check", {}),
        Turn("What does that rule mean?", "explain", {"word": "field-access"}),
        Turn("What if a partner doubles the load?", "simulate", {"load": 2}),
    ),
    "architect-data-layer": (
        Turn(LAYER, "design", {"request": LAYER, "out": "data"}),
        Turn("Show me the page for the data lead.", "read",
             {"uri": "design://files/data/data/README.md?limit=4000"}),
        Turn("Where are the tables?", "read",
             {"uri": "design://files/data/data/oltp/db.sql?limit=2500"}),
        Turn("What breaks first?", "capacity", {}),
        Turn("What if twice as many come?", "simulate", {"load": 2}),
        Turn("And if the primary fails?", "simulate", {"fault": "primary-failover"}),
        Turn("What would read replicas bring?", "change",
             {"tactic": "read-replicas", "site": "db"}),
        Turn("A field with a card number, what then?", "change",
             {"set": {"entities.item.fields.card_number": {"type": "string"}}}),
        Turn("What do you assume about personal data?", "explain", {"word": "personal-unmarked"}),
        Turn("Leave it as it is. Does it hold?", "check", {}),
    ),
}  # fmt: skip


async def talk(name: str, folder: Path) -> list[Said]:
    """Hold a conversation with a server of its own over stdio, in an empty folder."""
    async with connected(folder) as client:
        return [await _said(client, turn) for turn in CONVERSATIONS[name]]


async def _said(client: Client, turn: Turn) -> Said:
    if turn.tool == "read":
        found = await client.read_resource(turn.arguments["uri"])
        text = getattr(found.contents[0], "text", "")
        return Said(turn, {"summary": text}, text, False)
    result = await client.call_tool(turn.tool, turn.arguments)
    answer = result.structured_content or {}
    return Said(turn, answer, getattr(result.content[0], "text", ""), bool(result.is_error))


def page(name: str, said: list[Said]) -> str:
    """The transcript of a conversation in Markdown."""
    lines = [
        f"# A conversation: {name}", "",
        "What a user says to an assistant, the tool it calls, and what comes back, shortened where "
        "marked. The user's words and the calls are a script; the answers are the server's, the "
        "same bytes each time. A test holds this conversation and compares.", "",
    ]  # fmt: skip
    for number, row in enumerate(said, 1):
        call = json.dumps(row.turn.arguments, ensure_ascii=False)
        lines += [f"## {number}. {row.turn.says}", "", f"`{row.turn.tool}` {call}", ""]
        lines += _answer(row)
    return "\n".join(lines)


def _answer(row: Said) -> list[str]:
    found = row.answer
    if row.turn.tool == "read":
        return ["```text", _short(found["summary"].replace("```", "'''")), "```", ""]
    told = f"**{found['status']}, {found['verdict']}**" + (" (an error)" if row.is_error else "")
    out = [f"{told}: {_short(found['summary'])}", ""]
    for name in ("figures", "open_questions", "full_first", "ways_on", "latency_s", "numbers",
                 "breaks", "findings", "decisions", "next_actions"):  # fmt: skip
        rows = found.get(name, [])
        if rows:
            out += [f"{name}:", ""]
            out += [f"- `{_short(json.dumps(one, ensure_ascii=False), 240)}`"
                    for one in rows[:ROWS_MOST]]  # fmt: skip
            out += [f"- ... {len(rows) - ROWS_MOST} more"] if len(rows) > ROWS_MOST else []
            out.append("")
    return out


def _short(text: str, most: int = TEXT_MOST) -> str:
    return text if len(text) <= most else text[:most].rstrip() + " [...]"
