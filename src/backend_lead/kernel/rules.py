"""The rules every program keeps, so that a kernel can run its tables without looking further."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .call_rules import find_wrong_calls
from .flow_rules import find_wrong_turns
from .host_rules import find_wrong_hosts
from .index_rules import find_loose_ends
from .key_rules import find_wrong_keys
from .place_rules import find_wrong_places
from .policy_rules import find_misuse
from .source_rules import find_wrong_sources

if TYPE_CHECKING:
    from .program import Program


def find_problems(program: Program) -> list[str]:
    """Give what is wrong with the program, one sentence each; none means that it can be run.

    Problems that hide behind an index out of range are only looked for once all are in range.
    """
    return list(find_loose_ends(program)) or list(_consistency(program))


def _consistency(p: Program) -> Iterator[str]:
    yield from find_wrong_turns(p)
    yield from find_wrong_calls(p)
    yield from find_wrong_places(p)
    yield from find_wrong_hosts(p)
    yield from find_wrong_keys(p)
    yield from find_wrong_sources(p)
    yield from find_misuse(p)
