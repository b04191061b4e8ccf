"""The kernel as machine code that comes with the package: loaded in milliseconds, or not at all.

`tools/write_kernel.py` makes one file per platform: a line of JSON, then a compressed object file
for the oldest processors of that platform. It is used only if it was made from the very sources
that lie beside it; with anything else in doubt `load.py` compiles these sources instead.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

OBJECTS = Path(__file__).with_name("objects")
SOURCES = Path(__file__).parent
FORMAT = 1
ENTRIES = {"prime": "backend_lead_prime", "run": "backend_lead_run"}
MATHS = (None, "libm.so.6")  # where `log` and its like are found: in the process, or here


class Unfit(Exception):
    """There is no prebuilt kernel for this machine and these sources; says why."""


@dataclass(frozen=True)
class Kernel:
    """The compiled kernel's two entries; each takes the address of a state record.

    Both release the GIL. `keeps` is what must live as long as they do.
    """

    prime: Callable[[int], Any]
    run: Callable[[int], int]
    keeps: Any = field(default=None, repr=False)


@dataclass(frozen=True)
class Head:
    """What an object file says of itself: the first line of the file."""

    triple: str  # platform, as LLVM names it
    sources: dict[str, str]  # file name: SHA-256 of what it was made from
    code: str  # SHA-256 of the object, uncompressed
    needs: list[str]  # functions it takes from outside, all of the maths library
    made_with: dict[str, str]  # versions, for whoever wants to make it again
    format: int = FORMAT


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write(path: Path, head: Head, code: bytes) -> None:
    """Write an object file."""
    line = json.dumps(asdict(head), sort_keys=True) + "\n"
    path.write_bytes(line.encode() + zlib.compress(code, 9))


def read(path: Path) -> tuple[Head, bytes]:
    """Give an object file's two parts. Raises Unfit if it is absent, damaged or of another form."""
    try:
        line, _, packed = path.read_bytes().partition(b"\n")
        head = Head(**json.loads(line))
        code = zlib.decompress(packed)
    except FileNotFoundError:
        raise Unfit(f"there is none for {path.stem}") from None
    except (OSError, ValueError, TypeError, zlib.error) as err:
        raise Unfit(f"{path.name} cannot be read ({type(err).__name__})") from err
    if head.format != FORMAT or digest(code) != head.code:
        raise Unfit(f"{path.name} is damaged")
    return head, code


def stale(head: Head, sources: Path = SOURCES) -> list[str]:
    """The sources that are not those the object was made from.

    A source that is new among them is imported by one that has changed.
    """
    found = {}
    for name in head.sources:
        with suppress(OSError):
            found[name] = digest((sources / name).read_bytes())
    return [name for name, made_from in head.sources.items() if found.get(name) != made_from]


def load(objects: Path = OBJECTS, sources: Path = SOURCES) -> Kernel:
    """Load the machine code for this platform. Raises Unfit if there is none to be trusted."""
    try:
        import llvmlite.binding as llvm

        triple = llvm.get_process_triple()
        head, code = read(objects / f"{triple}.kernel")
        if head.triple != triple:
            raise Unfit(f"it was made for {head.triple}, this is {triple}")
        if changed := stale(head, sources):
            raise Unfit(f"changed since it was made: {', '.join(changed)}")
        return _linked(llvm, head, code)
    except Unfit:
        raise
    except Exception as err:  # whatever is wrong with it, the sources can still be compiled
        raise Unfit(f"it does not load ({type(err).__name__}: {err})") from err


def _linked(llvm: Any, head: Head, code: bytes) -> Kernel:
    with suppress(RuntimeError):  # newer ones initialise themselves and say so by an error
        llvm.initialize()
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    for name in head.needs:  # LLVM ends the process if it finds one of them missing
        llvm.add_symbol(name, _address(name))
    engine = llvm.create_mcjit_compiler(
        llvm.parse_assembly(f'target triple = "{head.triple}"'),
        llvm.Target.from_triple(head.triple).create_target_machine(),
    )
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    entry = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)
    found = {name: engine.get_function_address(symbol) for name, symbol in ENTRIES.items()}
    if not all(found.values()):
        raise Unfit("it lacks an entry")
    return Kernel(**{name: entry(at) for name, at in found.items()}, keeps=engine)


def _address(name: str) -> int:
    for library in MATHS:
        with suppress(OSError, AttributeError):
            function = getattr(ctypes.CDLL(library), name)
            return ctypes.cast(function, ctypes.c_void_p).value or 0
    raise Unfit(f"this machine has no {name}")
