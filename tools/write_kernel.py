"""Makes the prebuilt kernel of this platform: machine code that needs no compilation to start.

    python tools/write_kernel.py                 writes it into the package
    python tools/write_kernel.py --check         fails where one is not of today's sources
    python tools/write_kernel.py --into FOLDER   writes it there

numba compiles the kernel for the oldest processors of the platform, so the same versions make the
same machine code everywhere. Needs a minute; run it after each change of what the kernel compiles.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from struct import unpack_from
from tempfile import TemporaryDirectory
from typing import Any

PACKAGE = "backend_lead.kernel."
OLDEST = {"x86_64": "x86-64"}  # architecture: LLVM's name of its oldest processors
SIGNATURES = {"prime": "void(int64)", "run": "int64(int64)"}
SYMBOL_TABLE = 2  # type of an ELF section
CHANGES_WITH = "numba", "llvmlite"


def machine() -> str:
    """LLVM's name of the oldest processor of this architecture."""
    if platform.machine() not in OLDEST:
        sys.exit(
            f"nobody has tried a prebuilt kernel on {platform.machine()}; it is compiled there"
        )
    return OLDEST[platform.machine()]


def compiled() -> tuple[Any, list[str]]:
    """The module with both entries, and the kernel's files that went into it."""
    import llvmlite.binding as llvm
    import numba

    from backend_lead.kernel import core, memory

    files = sorted(
        Path(module.__file__).name
        for name, module in sys.modules.items()
        if name.startswith(PACKAGE) and module.__file__
    )
    parts, names = [], {}
    for entry, signature in SIGNATURES.items():
        dispatcher = numba.njit(**memory.INNER)(getattr(core, entry).py_func)
        dispatcher.compile(signature)
        (result,) = dispatcher.overloads.values()
        names[entry] = result.fndesc.llvm_func_name
        parts.append(llvm.parse_assembly(result.library.get_llvm_str()))
    whole = parts[0]
    whole.link_in(parts[1])
    whole.link_in(llvm.parse_assembly("\n".join(plain_entries(names))))
    return whole, files


def plain_entries(names: dict[str, str]) -> Iterator[str]:
    """Entries that C can call, around numba's, which give their result and errors by address."""
    from backend_lead.kernel.prebuilt import ENTRIES

    for entry, inner in names.items():
        yield f"""
declare i32 @"{inner}"(ptr, ptr, i64)
define i64 @{ENTRIES[entry]}(i64 %state) {{
  %result = alloca i64
  %error = alloca ptr
  store i64 0, ptr %result
  %code = call i32 @"{inner}"(ptr %result, ptr %error, i64 %state)
  %value = load i64, ptr %result
  ret i64 %value
}}"""


def make(folder: Path) -> Path:
    """Compile, drop what only Python needs, and write the object file."""
    import llvmlite.binding as llvm

    whole, files = compiled()
    from backend_lead.kernel import prebuilt

    for value in [*whole.functions, *whole.global_variables]:
        if not value.is_declaration and value.name not in prebuilt.ENTRIES.values():
            value.linkage = "internal"
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_triple(whole.triple).create_target_machine(
        cpu=machine(), features="", opt=3, reloc="static", codemodel="jitdefault"
    )
    passes = llvm.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.add_strip_symbols_pass()
    passes.run(whole, llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options()))
    code = target.emit_object(whole)
    head = prebuilt.Head(
        triple=whole.triple,
        sources={name: prebuilt.digest((prebuilt.SOURCES / name).read_bytes()) for name in files},
        code=prebuilt.digest(code),
        needs=undefined(code),
        made_with={name: version(name) for name in CHANGES_WITH}
        | {"python": ".".join(platform.python_version_tuple()[:2])},
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{head.triple}.kernel"
    prebuilt.write(path, head, code)
    return path


def undefined(code: bytes) -> list[str]:
    """The names an ELF object takes from outside.

    Source: System V ABI, chapter 4, "Object Files": section header 64 bytes, symbol 24 bytes.
    """
    table_at, count = unpack_from("<Q", code, 0x28)[0], unpack_from("<H", code, 0x3C)[0]
    sections = [unpack_from("<IIQQQQIIQQ", code, table_at + 64 * k) for k in range(count)]
    found = []
    for section in (s for s in sections if s[1] == SYMBOL_TABLE):
        names = sections[section[6]][4]
        for at in range(section[4], section[4] + section[5], 24):
            name, _, _, home = unpack_from("<IBBH", code, at)
            if name and not home:
                found.append(code[names + name : code.index(0, names + name)].decode())
    return sorted(found)


def check() -> int:
    """Say which object files are not of today's sources."""
    from backend_lead.kernel import prebuilt

    wrong = 0
    for path in sorted(prebuilt.OBJECTS.glob("*.kernel")):
        head, _ = prebuilt.read(path)
        if changed := prebuilt.stale(head):
            wrong += 1
            print(f"{path.name}: changed since it was made: {', '.join(changed)}")
    if wrong:
        print("run: python tools/write_kernel.py")
    return 1 if wrong else 0


def main() -> int:
    """Check, or write; numba reads what it compiles for when it is first imported."""
    words = sys.argv[1:]
    if words == ["--check"]:
        return check()
    folder = Path(words[1]) if words[:1] == ["--into"] and len(words) == 2 else None
    if words and folder is None:
        sys.exit(__doc__)
    for name in [name for name in os.environ if name.startswith("NUMBA_")]:
        del os.environ[name]
    with TemporaryDirectory() as cache:
        os.environ |= {
            "NUMBA_CPU_NAME": machine(), "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": cache,
        }  # fmt: skip
        if folder is None:
            import backend_lead

            folder = Path(backend_lead.__path__[0]) / "kernel" / "objects"
        print(make(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
