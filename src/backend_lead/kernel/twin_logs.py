"""The plain reading of Logs: what was written just before it is read from a copy."""

from __future__ import annotations

from types import SimpleNamespace

from .layout import NONE
from .program import Program
from .twin_state import Frame, Machine, records


class Log:
    """When each key was written last."""

    def __init__(self, row: SimpleNamespace, noted: list[int]) -> None:
        self.at = noted[row.first : row.first + row.keys]
        self.lag: int = row.lag
        self.written = self.read = self.stale = 0

    def has(self, key: int) -> bool:
        """Whether it tells this key from others."""
        return key != NONE and key < len(self.at)

    def note(self, key: int, now: int, counted: bool) -> None:
        self.written += counted
        if self.has(key):
            self.at[key] = now

    def look(self, key: int, now: int, counted: bool) -> None:
        self.read += counted
        if self.has(key) and self.at[key] != NONE and now - self.at[key] < self.lag:
            self.stale += counted


class Logs(Machine):
    """Lets frames write, and read what may be behind."""

    def set_logs(self, program: Program) -> None:
        noted = program.noted.tolist()
        self.logs = [Log(row, noted) for row in records(program.log)]

    def note(self, frame: Frame, row: int) -> None:
        self.logs[row].note(frame.key, self.now, self.now >= self.warmup)

    def look_behind(self, frame: Frame, row: int) -> None:
        self.logs[row].look(frame.key, self.now, self.now >= self.warmup)
