"""Folders that the judge fills for a sandbox: the worker's own code, the shared reference, and a small /etc."""

from __future__ import annotations

import contextlib
import importlib.util
import py_compile
import shutil
import struct
from pathlib import Path

WORKER = (
    "__init__",
    "blame",
    "child",
    "decoding",
    "memfile",
    "processes",
    "ranks",
    "submission",
    "unwritten",
    "values",
)
WORKER += ("wire", "worker")
NAMES = {
    "hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "host.conf": "multi on\n",
}


def stage_course(folder: Path, modules: list[Path], packages: list[Path]) -> Path:
    """What is /course inside: the worker's files, the shared modules, a place for each earlier unit's package.

    Copies, because binding a file costs more than copying it. Compiled files come along: the worker cannot
    write any, and compiling its own would take a tenth of its start.
    """
    code = Path(__file__).parent
    parts = {
        folder / "autograder": [code.parent / "__init__.py"],
        folder / "autograder" / "judge": [code / f"{name}.py" for name in WORKER],
        folder / "reference": modules,
    }
    for place, files in parts.items():
        make(place)
        make(place / "__pycache__")
        for file in files:
            copy(file, place / file.name)
            compiled = bytecode(file)
            if compiled is not None:
                copy(compiled, place / "__pycache__" / compiled.name)
    for package in packages:
        make(folder / "reference" / package.name)
    return folder


def stage_etc(folder: Path, uid: int) -> Path:
    """What is /etc inside: the few files that look up names, and the linker's cache."""
    make(folder)
    make(folder / "alternatives")
    people = {"passwd": f"student:x:{uid}:{uid}::/tmp:/bin/sh\n", "group": f"student:x:{uid}:\n"}
    for name, text in {**NAMES, **people}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o644)
    with contextlib.suppress(OSError):
        copy(Path("/etc/ld.so.cache"), folder / "ld.so.cache")
    return folder


def make(folder: Path) -> None:
    """A folder that every user can read, whatever the umask."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)


def copy(source: Path, target: Path) -> None:
    """A copy with the same times, which the interpreter compares, that every user can read."""
    shutil.copyfile(source, target)
    shutil.copystat(source, target)
    target.chmod(0o644)


def bytecode(source: Path) -> Path | None:
    """The compiled file of a module, made where it is missing or old; None where that is not possible."""
    with contextlib.suppress(OSError, NotImplementedError, py_compile.PyCompileError):
        compiled = Path(importlib.util.cache_from_source(str(source)))
        status = source.stat()
        stamp = struct.pack("<III", 0, int(status.st_mtime) & 0xFFFFFFFF, status.st_size & 0xFFFFFFFF)
        if not compiled.exists() or compiled.read_bytes()[4:16] != stamp:
            py_compile.compile(str(source), doraise=True)
        return compiled
    return None
