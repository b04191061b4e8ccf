"""Models and empty databases for trials."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import count
from typing import Any

from backend_lead.catalog.domains import load
from backend_lead.model.system import System
from backend_lead.trial.drivers import Server
from backend_lead.trial.proof import Trial
from backend_lead.views.data.layer import Layer, layer

SMALL = Trial(rows=2000, workers=1, batch_s=0.0005)
_NUMBERS = count()


def domain(name: str) -> dict[str, Any]:
    """The mapping of a reference domain's system, to be changed."""
    return load(name).system()


def layer_of(content: dict[str, Any]) -> Layer:
    """The data layer of a system."""
    found = layer(System.model_validate(content))
    assert found is not None
    return found


def run(server: Server, sql: str, *values: Any) -> list[Any]:
    """What a statement gives."""
    import asyncpg

    async def ask() -> list[Any]:
        connection = await asyncpg.connect(server.url)
        try:
            return list(await connection.fetch(sql, *values))
        finally:
            await connection.close()

    return asyncio.run(ask())


def emptied(server: Server) -> Server:
    """The server with a database that holds nothing."""
    name = f"trial_{next(_NUMBERS)}"
    run(server, f"CREATE DATABASE {name}")
    return replace(server, url=server.url.replace("@/proof?", f"@/{name}?"))
