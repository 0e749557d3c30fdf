"""Takes a submission in: copies the files that the manifest names, and nothing else, to the judge's folder.

A submission is hostile until it is copied: links are never followed, only regular files of a sane size are
read, and everything that the manifest does not name is left where it is.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from autograder.core.manifest import Manifest
from autograder.core.result import GradedFile
from autograder.core.units import CourseError, Unit

MAX_BYTES = 1 << 20  # of one source file
MAX_ENTRIES = 2000  # names of a folder that are looked at for advice


class InvalidSubmissionError(Exception):
    """A submission that cannot be graded; the message is for the student."""


@dataclass(frozen=True)
class Staged:
    """A submission as the worker will see it."""

    files: tuple[GradedFile, ...]
    missing: dict[str, str]  # module -> what to say about it
    notes: tuple[str, ...]
    left_out: frozenset[str] = frozenset()  # modules that lie in the folder but are not graded

    def sha256(self, path: str) -> str:
        return next((file.sha256 for file in self.files if file.path == path), "")


def stage(unit: Unit, manifest: Manifest, folder: Path, to: Path) -> Staged:
    """Copy the submission in `folder` and the unit's given files to `to`.

    Raises InvalidSubmissionError for links, special files and oversized files under a name of the manifest;
    CourseError when there is no folder, or when the course lacks a given file.
    """
    try:
        top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise CourseError(f"{folder}: expected the folder of a submission, got: {error.strerror}") from None
    files, missing = [], {}
    try:
        names = sorted(os.listdir(top))[:MAX_ENTRIES]  # noqa: PTH208 -- of a descriptor
        for module in manifest.modules:
            data = read_module(top, module)
            if data is None:
                missing[module] = absence(module, names)
                continue
            write(to / module, data)
            files.append(GradedFile(path=module, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data)))
    finally:
        os.close(top)
    for name, data in given_files(unit, manifest).items():
        write(to / name, data)
    extra = frozenset(name for name in names if name.endswith(".py")) - {*manifest.modules, *manifest.given}
    return Staged(tuple(files), missing, notes(manifest, names), extra)


def read_module(top: int, module: str) -> bytes | None:
    """The bytes of one file below `top`, or None when there is none."""
    try:
        fd = os.open(module, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=top)
    except OSError as error:
        if error.errno == errno.ENOENT:
            return None
        if error.errno in (errno.ELOOP, errno.EMLINK):
            raise InvalidSubmissionError(f"{module} is a symbolic link; submit the file itself") from None
        raise InvalidSubmissionError(f"{module} cannot be read: {error.strerror}") from None
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise InvalidSubmissionError(f"{module} is not a regular file")
        if status.st_size > MAX_BYTES:
            size, limit = status.st_size >> 20, MAX_BYTES >> 20
            raise InvalidSubmissionError(f"{module} has {size} MB; the limit for a source file is {limit} MB")
        with os.fdopen(os.dup(fd), "rb") as file:
            data = file.read(MAX_BYTES + 1)
    finally:
        os.close(fd)
    if len(data) > MAX_BYTES:
        raise InvalidSubmissionError(f"{module} grows while it is read")
    return data


def absence(module: str, names: list[str]) -> str:
    """What to say of a missing file: perhaps its name is nearly right."""
    near = [name for name in names if name != module and name.lower().strip() == module.lower()]
    if near:
        return f"the submission has {printable(near[0])} but no {module}: rename the file"
    return f"the submission has no file {module}"


def notes(manifest: Manifest, names: list[str]) -> tuple[str, ...]:
    """Files that are not graded, named when a student could think they are."""
    known = {*manifest.modules, *manifest.given}
    libraries = {*sys.stdlib_module_names, *manifest.preload_for(None), "numpy", "torch", "numba", "mpi4py"}
    found = []
    for name in names:
        if name in known or not name.endswith((".py", ".pth", ".ini", ".toml")):
            continue
        why = "the unit does not ask for it"
        if name.removesuffix(".py") in libraries:
            why += f", and it has the name of the library {name.removesuffix('.py')}"
        found.append(f"{printable(name)} was left out: {why}")
    return tuple(found[:20])


def given_files(unit: Unit, manifest: Manifest) -> dict[str, bytes]:
    """The files that come with the assignment, from the course itself: a submission cannot change them."""
    folder = unit.assignment
    if all((folder / name).is_file() for name in manifest.given):
        return {name: (folder / name).read_bytes() for name in manifest.given}
    from autograder.release.starters import solved_files

    solved = solved_files(unit)
    return {name: solved[name] for name in manifest.given}


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    path.write_bytes(data)
    path.chmod(0o644)  # the worker is another user when root grades


def printable(name: str) -> str:
    """A file name without line ends, terminal codes, or marks that turn the reading direction."""
    text = name.encode(errors="backslashreplace").decode()[:100]
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
