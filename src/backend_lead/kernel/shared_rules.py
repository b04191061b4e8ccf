"""The rules of keys, shelves, locks, watches, weights and known arrivals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from . import layout as lay
from .layout import NONE

if TYPE_CHECKING:
    from .program import Program

CHOICES = (0, 2, 3)
LAST_MAX = 128  # outcomes a breaker can remember
WEIGHT_MIN, WEIGHT_MAX = 1e-9, 1e9
LOOKS_MAX = 10_000
MEAN_MAX = 1e14  # ns, of a phase; and the least rate: times drawn with them stay below 2^62 ns
RATE_MIN = 1e-17  # per ns


def find_stray_rows(p: Program) -> Iterator[str]:
    """Give what points outside its table among these parts, one sentence each."""
    for row, k in enumerate(p.keys):
        yield from _rows(f"keys[{row}]", k["first"], k["n"], len(p.popularity))
    for row, h in enumerate(p.shelf):
        where = f"shelf[{row}]"
        if not 0 <= h["service"] < len(p.service):
            yield f"{where}.service: {h['service']} must be within 0..{len(p.service) - 1}"
            continue
        groups = int(p.service["groups"][h["service"]])
        yield from _rows(f"{where}.drawer", h["drawer"], groups, len(p.drawer))
        yield from _rows(f"{where}.first", h["first"], groups * int(h["keys"]), len(p.item))
    for row, c in enumerate(p.controller):
        if c["looks"] > 1:
            yield from _rows(f"controller[{row}].past", c["past"], c["looks"], len(p.past))
    for row, s in enumerate(p.source):
        if s["phases"]:
            yield from _rows(f"source[{row}].phase", s["phase"], s["phases"], len(p.phase))
        if s["closed"] == lay.REPLAY and s["n"]:
            yield from _rows(f"source[{row}].first", s["first"], s["n"], len(p.arrival))
    for row in np.flatnonzero(~np.isin(p.watch["service"], np.arange(len(p.service)))).tolist():
        yield f"watch[{row}].service: must be within 0..{len(p.service) - 1}"


def _rows(where: str, first: int, n: int, size: int) -> Iterator[str]:
    if n < 1 or first < 0 or first + n > size:
        yield f"{where}: rows {first}..{first + n - 1} must be at least one of 0..{size - 1}"


def find_stray_op(p: Program, where: str, code: int, a: int, b: int) -> Iterator[str]:
    """Give what an op upon keys, shelves or locks points at outside its table."""
    if code == lay.OP_KEY:
        yield from _rows(f"{where}.a", a, 1, len(p.keys))
    elif code == lay.OP_LOCK:
        yield from _rows(f"{where}.a", a, b, len(p.lock))
    elif code in (lay.OP_GET, lay.OP_PUT):
        yield from _rows(f"{where}.a", a, 1, len(p.shelf))
        if code == lay.OP_GET:
            yield from _rows(f"{where}.b", b, 1, len(p.op))


def find_misuse_of_shared(p: Program) -> Iterator[str]:
    """Give what is wrong with these parts, one sentence each."""
    yield from _keys(p)
    yield from _shelves(p)
    yield from _watches(p)
    yield from _weights(p)
    yield from _memories(p)
    yield from _known_arrivals(p)


def _keys(p: Program) -> Iterator[str]:
    numbers = [int(n) for n in p.keys["n"]]
    for row, k in enumerate(p.keys):
        upto = p.popularity[k["first"] : k["first"] + k["n"]]
        if not (np.isfinite(upto).all() and upto[0] >= 0 and (np.diff(upto) >= 0).all()):
            yield f"keys[{row}]: popularity must be cumulative shares"
        elif not np.isclose(upto[-1], 1.0):
            yield f"keys[{row}]: popularity must end at 1"
    for row, h in enumerate(p.shelf):
        if numbers and h["keys"] < max(numbers):
            yield f"shelf[{row}].keys: {h['keys']} are less than the keys there are"
    for row in np.flatnonzero((p.call["by_key"] != 0) & (p.call["group"] != NONE)).tolist():
        yield f"call[{row}]: names a group, so it cannot go by key"
    for row in range(len(p.endpoint)):
        yield from _locks_held(p, row)
    columns = (p.lock["holder"], p.lock["head"], p.lock["tail"])
    for row in np.flatnonzero(np.any([column != NONE for column in columns], axis=0)).tolist():
        yield f"lock[{row}]: must be at rest"


def _locks_held(p: Program, endpoint: int) -> Iterator[str]:
    """A frame takes a lock where it holds none on any path, and gives back the one it holds."""
    todo = [(int(p.endpoint["op"][endpoint]), False)]
    seen = set()
    while todo:
        row, held = todo.pop()
        if (row, held) in seen or row >= len(p.op):
            continue
        seen.add((row, held))
        code, a, b = (int(p.op[column][row]) for column in ("code", "a", "b"))
        if code in (lay.OP_LOCK, lay.OP_UNLOCK):
            if held == (code == lay.OP_LOCK):
                yield f"op[{row}]: " + ("holds a lock already" if held else "holds no lock")
            held = code == lay.OP_LOCK
        if code in (lay.OP_CHANCE, lay.OP_HIT, lay.OP_GET):
            todo.append((a if code == lay.OP_CHANCE else b, held))
        if code != lay.OP_END:
            todo.append((row + 1, held))


def _shelves(p: Program) -> Iterator[str]:
    for row, h in enumerate(p.shelf):
        if h["capacity"] < 1 or h["ttl"] < 0 or h["policy"] not in (lay.LRU, lay.LFU):
            yield f"shelf[{row}]: capacity must be above 0, ttl not below, policy LRU or LFU"
        home = p.service[h["service"]]
        group = int(p.replica["group"][home["replica"]])
        for g in range(int(home["groups"])):
            d = int(h["drawer"]) + g
            if p.drawer["flushed_at"][d] != p.group["flushed_at"][group + g]:
                yield f"drawer[{d}].flushed_at: must be that of its group at the start"
            first = int(h["first"]) + g * int(h["keys"])
            if not _in_order(p, d, first, int(h["keys"])):
                yield f"drawer[{d}]: its list must hold its items that are there, each once"
            if p.drawer["n"][d] > h["capacity"]:
                yield f"drawer[{d}].n: holds more than its shelf may keep"
    waiting = [p.item[column] != NONE for column in ("fetcher", "head", "tail")]
    for row in np.flatnonzero(np.any(waiting, axis=0)).tolist():
        yield f"item[{row}]: must be at rest"


def _in_order(p: Program, drawer: int, first: int, n: int) -> bool:
    """Whether a drawer's list goes through just those of its items that are there."""
    there = {first + int(i) for i in np.flatnonzero(p.item["at"][first : first + n] != NONE)}
    found, before, i = 0, NONE, int(p.drawer["head"][drawer])
    while i != NONE:
        if i not in there or int(p.item["prev"][i]) != before or found == len(there):
            return False
        found, before, i = found + 1, i, int(p.item["next"][i])
    whole = found == len(there) == int(p.drawer["n"][drawer])
    return whole and before == int(p.drawer["tail"][drawer])


def _watches(p: Program) -> Iterator[str]:
    if len(set(p.watch["service"].tolist())) < len(p.watch):
        yield "watch: a service can have one only"
    for row, w in enumerate(p.watch):
        if w["period"] < 0 or (w["period"] and (w["fails"] < 1 or w["passes"] < 1)):
            yield f"watch[{row}]: period must not be negative, fails and passes above 0"
        if w["eject"] < 0 or (w["eject"] and (w["pause"] < 1 or not 0 <= w["share"] <= 1)):
            yield f"watch[{row}]: eject must not be negative, pause above 0, share within 0..1"
    for column in ("out", "bad", "fails"):
        for row in np.flatnonzero(p.replica[column] != 0).tolist():
            yield f"replica[{row}].{column}: must be at rest"


def _weights(p: Program) -> Iterator[str]:
    weight = p.replica["weight"]
    for row in np.flatnonzero(~((weight >= WEIGHT_MIN) & (weight <= WEIGHT_MAX))).tolist():
        yield f"replica[{row}].weight: must be within {WEIGHT_MIN:g}..{WEIGHT_MAX:g}"
    for row in np.flatnonzero(p.replica["zone"] < 0).tolist():
        yield f"replica[{row}].zone: must not be negative"
    for row, s in enumerate(p.service):
        if s["choices"] not in CHOICES or s["slow_start"] < 0:
            yield f"service[{row}]: choices must be 2 or 3, slow_start not negative"


def _memories(p: Program) -> Iterator[str]:
    for row, c in enumerate(p.controller):
        if c["step"] < 0 or not c["grow"] >= 0 or not 0 <= c["looks"] <= LOOKS_MAX or c["looked"]:
            yield f"controller[{row}]: step and grow must not be negative, looks 0..{LOOKS_MAX}"
    for row, b in enumerate(p.breaker):
        if not 0 <= b["last"] <= LAST_MAX or b["probes"] < 0:
            yield f"breaker[{row}]: last must be within 0..{LAST_MAX}, probes not negative"
        if any(b[column] for column in ("newest", "older", "asked", "good")):
            yield f"breaker[{row}]: must be at rest"


def _known_arrivals(p: Program) -> Iterator[str]:
    for row, s in enumerate(p.source):
        if s["closed"] == lay.EVERY and not s["think"] >= 1:
            yield f"source[{row}].think: must be at least 1 ns between two arrivals"
        if s["closed"] == lay.REPLAY:
            times = p.arrival[s["first"] : s["first"] + s["n"]]
            if len(times) and (times[0] < 0 or (np.diff(times) < 0).any()):
                yield f"source[{row}]: its arrivals must be ascending, from 0 on"
        if s["phases"]:
            rows = p.phase[s["phase"] : s["phase"] + s["phases"]]
            if s["closed"] != lay.OPEN:
                yield f"source[{row}]: only an open source has phases"
            if not ((rows["mean"] >= 1) & (rows["mean"] <= MEAN_MAX)).all():
                yield f"source[{row}]: its phases must last 1..{MEAN_MAX:g} ns on average"
            segments = p.segment["factor"][s["segment"] : s["segment"] + s["segments"]]
            rates = np.multiply.outer(segments * s["rate"], rows["factor"])
            if not (np.isfinite(rates) & ((rates == 0) | (rates >= RATE_MIN))).all():
                yield f"source[{row}]: rates in phases must be 0 or at least {RATE_MIN:g} per ns"
        if s["phase_ends"] or s["in_phase"]:
            yield f"source[{row}]: must be at rest"
