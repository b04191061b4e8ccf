"""The rules of steps: where they lead, and what they reach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from . import layout as lay
from .layout import NONE

if TYPE_CHECKING:
    from .program import Program


LOOKS = (lay.OP_HIT, lay.OP_GET)  # steps that look at what the call just before them found
AFTER = {lay.OP_HIT: "OP_HIT", lay.OP_GET: "OP_GET", lay.OP_DROP: "OP_DROP"}  # follow a call


def find_wrong_turns(p: Program) -> Iterator[str]:
    """Give what is wrong with the order of steps, one sentence each.

    Jumps go forward, every path meets an end, what looks at a call follows it, and neither calls
    nor streams make a circle.
    """
    for row, op in enumerate(p.op):
        code = op["code"]
        if code != lay.OP_END and row + 1 == len(p.op):
            yield f"op[{row}]: the program runs past the last row without OP_END"
        if code == lay.OP_CHANCE or code in LOOKS:
            target = op["a"] if code == lay.OP_CHANCE else op["b"]
            if target <= row:
                yield f"op[{row}]: jumps back to {target}; jumps go forward"
            if p.op["code"][target] in AFTER:
                yield f"op[{row}]: jumps onto the {_name(p, target)} at {target}, past its call"
        if code in AFTER:
            before, name = p.op[row - 1] if row else None, _name(p, row)
            table = p.cache if code == lay.OP_HIT else p.shelf
            if before is None or before["code"] != lay.OP_CALL:
                yield f"op[{row}]: {name} must follow the OP_CALL to its cache"
            elif asked_of(p, callee_of(p, before["a"])) != table["service"][op["a"]]:
                yield f"op[{row}]: {name} follows a call to another service than its cache's"
    for row, e in enumerate(p.endpoint):
        if p.op["code"][e["op"]] in AFTER:
            yield f"endpoint[{row}].op: starts with {_name(p, e['op'])}"
    below = {
        e: {int(p.call["endpoint"][c]) for c in calls_of(p, e)}
        | {end for k in streams_of(p, e) for end in _reached(p, k)}
        for e in range(len(p.endpoint))
    }
    while leaves := {e for e, called in below.items() if not called & below.keys()}:
        below = {e: called for e, called in below.items() if e not in leaves}
    if below:
        yield f"endpoint: the calls of {sorted(below)} lead round in a circle"

    for row, s in enumerate(p.service):
        behind = int(s["before"])
        if behind == NONE:
            continue
        if p.service["groups"][behind] != s["groups"] or p.service["before"][behind] != NONE:
            yield f"service[{row}].before: must be as many groups, of one that is before none"


def _reached(p: Program, stream: int) -> set[int]:
    """Endpoint rows that messages of a stream lead to."""
    k = p.stream[stream]
    ends = {int(k["endpoint"])}
    return ends if k["fetch"] == NONE else ends | {int(p.call["endpoint"][k["fetch"]])}


def asked_of(p: Program, service: int) -> int:
    """Give the service row whose groups a call to one looks at."""
    behind = int(p.service["before"][service])
    return service if behind == NONE else behind


def _name(p: Program, row: int) -> str:
    return AFTER[int(p.op["code"][row])]


def calls_of(p: Program, endpoint: int) -> set[int]:
    """Give the call rows that the endpoint's program can reach."""
    calls: set[int] = set()
    for row in ops_of(p, endpoint):
        code, a, b = (int(p.op[column][row]) for column in ("code", "a", "b"))
        if code in (lay.OP_CALL, lay.OP_PAR):
            calls.update(range(a, a + (1 if code == lay.OP_CALL else b)))
    return calls


def streams_of(p: Program, endpoint: int) -> set[int]:
    """Give the stream rows that the endpoint's program can publish to."""
    ops = ops_of(p, endpoint)
    return {int(p.op["a"][row]) for row in ops if p.op["code"][row] == lay.OP_PUBLISH}


def ops_of(p: Program, endpoint: int) -> set[int]:
    """Give the op rows that the endpoint's program can reach."""
    todo = [int(p.endpoint["op"][endpoint])]
    seen: set[int] = set()
    while todo:
        row = todo.pop()
        if row in seen or row >= len(p.op):
            continue
        seen.add(row)
        todo.extend(follows(p, row))
    return seen


def follows(p: Program, row: int) -> list[int]:
    """Give the op rows that can come right after one."""
    code, a, b = (int(p.op[column][row]) for column in ("code", "a", "b"))
    if code == lay.OP_END:
        return []
    if code == lay.OP_CHANCE:
        return [a, row + 1]
    return [b, row + 1] if code in LOOKS else [row + 1]


def callee_of(p: Program, call: int) -> int:
    """Give the service row that a call goes to."""
    return int(p.endpoint["service"][p.call["endpoint"][call]])
