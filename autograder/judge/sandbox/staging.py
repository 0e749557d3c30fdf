"""Folders that the judge fills for a sandbox: the worker's own code, the shared reference, and a small /etc."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import py_compile
import shutil
import struct
from pathlib import Path

from autograder.core.files import open_to_all

JUDGE = Path(__file__).resolve().parents[1]
NAMES = {
    "hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "host.conf": "multi on\n",
}


def stage_course(folder: Path, reference: Path, packages: list[Path]) -> list[Path]:
    """Fill `folder`, which is /course inside: the worker's package, and a folder for each of `packages`.

    reference: the course's `reference/`; packages: folders below it. Returns those that the sandbox must bind: their
    folders are empty. A package that only its owner can read (it was cloned with umask 077) is copied, because the
    worker is another user when root grades. The worker's files are copied, too: binding a file costs more. Compiled
    files come along: the worker cannot write any, and compiling its own would take a tenth of its start.
    """
    to_bind = []
    stage(
        JUDGE.parent, [JUDGE / "__init__.py", *sorted((JUDGE / "worker").glob("*.py"))], folder / "autograder"
    )
    stage(reference, [], folder / "reference")
    for package in packages:
        place = package.relative_to(reference)
        for parent in reversed(place.parents[:-1]):
            stage(reference / parent, [], folder / "reference" / parent)
        target = open_to_all(folder / "reference" / place)
        for file in package.rglob("*.py"):
            bytecode(file)
        if all_can_read(package):
            to_bind.append(package)
        else:
            copy_folder(package, target)
    return to_bind


def stage(package: Path, files: list[Path], place: Path) -> None:
    """Copy a package's `__init__.py` and these files of it, with their compiled files, to `place`."""
    for file in (package / "__init__.py", *files):
        target = place / file.relative_to(package)
        open_to_all(target.parent)
        if not file.exists():
            continue
        copy(file, target)
        compiled = bytecode(file)
        if compiled is not None:
            open_to_all(target.parent / "__pycache__")
            copy(compiled, target.parent / "__pycache__" / compiled.name)


def stage_etc(folder: Path, uid: int) -> Path:
    """Fill the sandbox's /etc: the few files for name lookups, and the linker's cache."""
    open_to_all(folder)
    open_to_all(folder / "alternatives")
    people = {"passwd": f"student:x:{uid}:{uid}::/tmp:/bin/sh\n", "group": f"student:x:{uid}:\n"}
    for name, text in {**NAMES, **people}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o644)
    with contextlib.suppress(OSError):
        copy(Path("/etc/ld.so.cache"), folder / "ld.so.cache")
    return folder


def all_can_read(package: Path) -> bool:
    """True if every user can read the folder and its files, except compiled ones, which Python can do without."""
    for place, folders, names in os.walk(package):
        if os.stat(place).st_mode & 0o005 != 0o005:  # noqa: PTH116 -- os.walk gives text
            return False
        folders[:] = [name for name in folders if name != "__pycache__"]
        if not all(Path(place, name).stat().st_mode & 0o004 for name in names):
            return False
    return True


def copy_folder(source: Path, target: Path) -> None:
    """Copy a folder with everything in it, readable by every user."""
    open_to_all(target)
    for path in source.iterdir():
        if path.is_dir():
            copy_folder(path, target / path.name)
        else:
            copy(path, target / path.name)


def copy(source: Path, target: Path) -> None:
    """Copy a file with its times, which the interpreter compares, readable by every user."""
    shutil.copyfile(source, target)
    shutil.copystat(source, target)
    target.chmod(0o644)


def bytecode(source: Path) -> Path | None:
    """The compiled file of a module, made if it is missing or old; None if that is not possible."""
    with contextlib.suppress(OSError, NotImplementedError, py_compile.PyCompileError):
        compiled = Path(importlib.util.cache_from_source(str(source)))
        status = source.stat()
        stamp = struct.pack("<III", 0, int(status.st_mtime) & 0xFFFFFFFF, status.st_size & 0xFFFFFFFF)
        if not compiled.exists() or compiled.read_bytes()[4:16] != stamp:
            py_compile.compile(str(source), doraise=True)
        return compiled
    return None
