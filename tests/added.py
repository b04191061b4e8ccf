"""One more member of a family for the time of a test: a file in a folder on the family's path."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType


@contextmanager
def added(family: ModuleType, folder: Path, name: str, text: str) -> Iterator[None]:
    """Write the file `name` into a folder, put that on the path of the family's package and let it
    list itself anew; afterwards the family is as it was."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    family.__path__.append(str(folder))
    _forget(family)
    try:
        yield
    finally:
        family.__path__.remove(str(folder))
        word = name.partition("/")[0].removesuffix(".py")
        sys.modules.pop(f"{family.__name__}.{word}", None)
        vars(family).pop(word, None)
        _forget(family)


def _forget(family: ModuleType) -> None:
    """Let a family look into its folders again: what it keeps, it keeps by `functools.cache`."""
    importlib.invalidate_caches()
    for member in list(vars(family).values()):
        if hasattr(member, "cache_clear"):
            member.cache_clear()
