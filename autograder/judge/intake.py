"""Stage a submission: copy only the files of the manifest to the judge's folder.

Refuses links, special files and very large files. Ignores files that the manifest does not name.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

from autograder.core.files import open_to_all
from autograder.core.manifest import Manifest
from autograder.core.result import GradedFile
from autograder.core.units import CourseError, Unit
from autograder.judge.submission import ADVICE, Submission


class InvalidSubmissionError(Exception):
    """A submission that cannot be graded; the message is for the student."""


@dataclass(frozen=True)
class Staged:
    """A staged submission, as the worker sees it."""

    files: tuple[GradedFile, ...]
    missing: dict[str, str]  # module -> what to say about it
    notes: tuple[str, ...]
    left_out: frozenset[str] = frozenset()  # modules that lie in the folder but are not graded

    def sha256(self, path: str) -> str:
        return next((file.sha256 for file in self.files if file.path == path), "")


def take_in(source: Path | Submission, manifest: Manifest) -> Submission:
    """The submission in a folder, or one that was read before. Raises CourseError if there is no folder."""
    if isinstance(source, Submission):
        return source
    try:
        return Submission.of_folder(source, manifest)
    except OSError as error:
        raise CourseError(f"{source}: expected the folder of a submission, got: {error.strerror}") from None


def stage(unit: Unit, manifest: Manifest, submission: Submission, to: Path) -> Staged:
    """Write the submission's files and the unit's given files to `to`.

    Raises InvalidSubmissionError for links, special files and oversized files under a name of the manifest;
    CourseError if the course lacks a given file.
    """
    if submission.refusal:
        raise InvalidSubmissionError(submission.refusal)
    found, files, missing = submission.files(), [], {}
    for module in manifest.modules:
        if module not in found:
            missing[module] = absence(module, submission.neighbours)
            continue
        data = found[module]
        write(to / module, data)
        files.append(GradedFile(path=module, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data)))
    for name, data in given_files(unit, manifest).items():
        write(to / name, data)
    known = {*manifest.modules, *manifest.given}
    extra = frozenset(name for name in submission.neighbours if name.endswith(".py")) - known
    return Staged(tuple(files), missing, notes(manifest, submission.neighbours), extra)


def absence(module: str, neighbours: tuple[str, ...]) -> str:
    """The message about a missing file, with the name of a similar file if there is one."""
    near = [name for name in neighbours if name.lower().strip() == module.lower()]
    if near:
        return f"the submission has {printable(near[0])} but no {module}: rename the file"
    return f"the submission has no file {module}"


def notes(manifest: Manifest, neighbours: tuple[str, ...]) -> tuple[str, ...]:
    """Notes about files that are not graded although a student could expect it."""
    libraries = {*sys.stdlib_module_names, *manifest.preload_for(None), "numpy", "torch", "numba", "mpi4py"}
    found = []
    for name in neighbours:
        if name in manifest.given or not name.endswith(ADVICE):
            continue
        why = "the unit does not ask for it"
        if name.removesuffix(".py") in libraries:
            why += f", and it has the name of the library {name.removesuffix('.py')}"
        found.append(f"{printable(name)} was not graded: {why}")
    return tuple(found[:20])


def given_files(unit: Unit, manifest: Manifest) -> dict[str, bytes]:
    """The files that come with the assignment, from the course itself: a submission cannot change them."""
    folder = unit.assignment
    if all((folder / name).is_file() for name in manifest.given):
        return {name: (folder / name).read_bytes() for name in manifest.given}
    # Here: it imports libcst, 0.2 s at the start of every check, and few courses come this way.
    from autograder.release.starters import solved_files

    solved = solved_files(unit)
    return {name: solved[name] for name in manifest.given}


def write(path: Path, data: bytes) -> None:
    open_to_all(path.parent)
    path.write_bytes(data)
    path.chmod(0o644)  # the worker is another user when root grades


def printable(name: str) -> str:
    """A file name without line ends, terminal codes, or marks that change the reading direction."""
    text = name.encode(errors="backslashreplace").decode()[:100]
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
