"""A database of its own for a test, on the server that all share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from uuid import uuid4

from backend_lead.catalog.domains import load
from backend_lead.model.system import System
from backend_lead.trial.drivers import Server
from backend_lead.views.data.ddl import Statement
from backend_lead.views.data.layer import Layer, layer


def domain_layer(id: str) -> Layer:
    """The data layer of a reference domain."""
    found = layer(System.model_validate(load(id).system()))
    assert found is not None
    return found


def in_database(server: Server, use: Callable[[Any], Awaitable[Any]]) -> Any:
    """What `use` gives with a connection to a fresh database, which is dropped afterwards."""
    import asyncpg

    name = f"t_{uuid4().hex[:12]}"

    async def go() -> Any:
        outer = await asyncpg.connect(server.url)
        try:
            await outer.execute(f"CREATE DATABASE {name}")
            inner = await asyncpg.connect(server.url, database=name)
            try:
                return await use(inner)
            finally:
                await inner.close()
                await outer.execute(f"DROP DATABASE {name} WITH (FORCE)")
        finally:
            await outer.close()

    return asyncio.run(go())


async def run_all(line: Any, statements: Iterable[Statement]) -> None:
    """Run statements one by one; the first that fails is named."""
    for statement in statements:
        try:
            await line.execute(statement.sql)
        except Exception as err:
            raise AssertionError(f"{err}\n{statement.sql}") from err
