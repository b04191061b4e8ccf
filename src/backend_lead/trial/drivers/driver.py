"""What a driver is: it knows whether its part is installed, and starts it in an own folder."""

from __future__ import annotations

import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import ClassVar

from backend_lead.trial.drivers.server import Server

PREFIX = "backend-lead-"  # of the temporary folders, so that people know whose they are


class CannotRun(RuntimeError):
    """A part is not installed or did not start; the message says what to do."""


class Driver(ABC):
    """A real part of one kind. `packages` hold it and what speaks to it; `title` is its name,
    `tables` whether it keeps tables that SQL asks, `recovers` whether it comes back from a backup
    and the log after it."""

    title: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    tables: ClassVar[bool] = False
    recovers: ClassVar[bool] = False

    @property
    def version(self) -> str:
        """The version of the package that holds the part; empty where it is not installed."""
        try:
            return version(self.packages[0])
        except PackageNotFoundError:
            return ""

    @property
    def missing(self) -> list[str]:
        """The packages that are not installed."""
        out = []
        for name in self.packages:
            try:
                version(name)
            except PackageNotFoundError:
                out.append(name)
        return out

    @contextmanager
    def running(
        self, settings: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> Iterator[Server]:
        """The part, started; stopped and its folder removed however the block ends.

        `settings` go over the driver's own. `folder` is where its temporary folder is made. Raises
        CannotRun.
        """
        if self.missing:
            raise CannotRun(f"{self.title} is not installed here: {', '.join(self.missing)}")
        place = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
        try:
            server = self.prepare(place, dict(settings or {}))
            try:
                server.start()
                yield server
            finally:
                server.stop()
        finally:
            shutil.rmtree(place, ignore_errors=True)

    @abstractmethod
    def prepare(self, folder: Path, settings: dict[str, str]) -> Server:
        """The part with its files in a folder, ready to be started. Raises CannotRun."""
