"""What a drill showed: a backup taken, harm done, the store brought back, everything timed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

LEAST_BYTES = 8 * 2**20  # moved or replayed; with fewer a rate says more of the start than of it
ENOUGH_BYTES = 256 * 2**20  # of one backup; copying fewer is mostly opening and closing files


@dataclass(frozen=True)
class Backup:
    """A base backup while others read and write; `verified_s` is the check of every file's sum."""

    bytes: int
    took_s: float
    verified_s: float

    @property
    def rate(self) -> float:
        """Bytes a second."""
        return self.bytes / max(self.took_s, 1e-9)


@dataclass(frozen=True)
class Restored:
    """A store brought back on a second server.

    `copy_s` until the backup lies there, `start_s` until it answers; of that `redo_s` went into
    `log_bytes` of log, fetched from the archive and replayed.
    """

    to: str
    bytes: int
    copy_s: float
    start_s: float
    log_bytes: int
    redo_s: float

    @property
    def took_s(self) -> float:
        """From nothing to answering."""
        return self.copy_s + self.start_s

    @property
    def copy_rate(self) -> float:
        """Bytes of backup a second, until they lie where the server reads them."""
        return self.bytes / max(self.copy_s, 1e-9)

    @property
    def redo_rate(self) -> float | None:
        """Bytes of log a second; None where there were too few to tell."""
        return self.log_bytes / self.redo_s if self.log_bytes >= LEAST_BYTES else None


@dataclass(frozen=True)
class Compared:
    """Tables as they were at the last good moment, and as they came back."""

    tables: int
    rows: int
    took_s: float
    differing: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Every table has the same rows, by count and by the sum over their content."""
        return not self.differing


@dataclass(frozen=True)
class Harm:
    """What a bad release did: statements, and rows that were gone in `tables`."""

    statements: tuple[str, ...]
    tables: tuple[str, ...]
    rows: int


@dataclass(frozen=True)
class Lost:
    """The disk of a store lost while it is written to, by how its log was kept elsewhere.

    `acknowledged` commits were told to callers since the loss was prepared, `lost` of them did not
    come back; `lost_s` from the last one that did to the loss. `most_s` is how much may be lost by
    what was set (None: nothing bounds it).
    """

    way: str
    rate_per_s: float
    acknowledged: int
    lost: int
    lost_s: float
    most_s: float | None

    @property
    def holds(self) -> bool:
        """Whether no more was lost than what was set allows."""
        return self.most_s is None or self.lost_s <= self.most_s


@dataclass(frozen=True)
class Forgotten:
    """One person erased after the backup: what is there of them, by table, at each moment.

    `kept` is what a law wants kept; it is no trace to remove.
    """

    person: str
    before: dict[str, int]
    erased: dict[str, int]
    restored: dict[str, int]
    replayed: dict[str, int]
    kept: dict[str, int]
    replay_s: float

    @property
    def came_back(self) -> int:
        """Traces that the backup brought back."""
        return sum(self.restored.values()) - sum(self.erased.values())

    @property
    def holds(self) -> bool:
        """Erased, back with the backup, and gone again before anybody is served."""
        return (sum(self.before.values()) > 0 and self.came_back > 0
                and not sum(self.erased.values()) and not sum(self.replayed.values()))  # fmt: skip


@dataclass
class Drill:
    """Everything that one drill of a store showed."""

    store: str
    part: str
    seed: int
    rows: dict[str, int]
    backup: Backup | None = None
    harm: Harm | None = None
    restored: list[Restored] = field(default_factory=list)
    compared: Compared | None = None
    forgotten: Forgotten | None = None
    lost: list[Lost] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """The good moment came back whole, nothing more was lost than may be, nobody is back."""
        return bool(
            self.compared and self.compared.holds and all(one.holds for one in self.lost)
            and (self.forgotten is None or self.forgotten.holds)
        )  # fmt: skip

    @property
    def copy_rate(self) -> float | None:
        """Bytes a second at which a backup is put in place: all restores together."""
        moved = sum(one.bytes for one in self.restored)
        took = sum(one.copy_s for one in self.restored)
        return moved / took if moved >= LEAST_BYTES and took else None

    @property
    def few(self) -> bool:
        """Whether the backup is so small that its rate is a lower bound for a large one."""
        return max((one.bytes for one in self.restored), default=0) < ENOUGH_BYTES

    @property
    def redo_rate(self) -> float | None:
        """Bytes a second at which log is replayed: all restores together."""
        done = sum(one.log_bytes for one in self.restored)
        took = sum(one.redo_s for one in self.restored)
        return done / took if done >= LEAST_BYTES and took else None

    @property
    def start_s(self) -> float:
        """What a start takes beside the log: the slowest one."""
        return max((one.start_s - one.redo_s for one in self.restored), default=0.0)

    def as_json(self) -> dict[str, Any]:
        """The evidence."""
        told: dict[str, Any] = asdict(self)
        told["holds"] = self.holds
        told["copy_bytes_per_s"], told["redo_bytes_per_s"] = self.copy_rate, self.redo_rate
        return json.loads(json.dumps(told))  # type: ignore[no-any-return]
