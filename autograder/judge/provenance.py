"""The origin of a result: hashes of everything that decides it, the grader's version, and the machine.

A hash covers whole folders: every file with its path. So it changes if a file is edited, added, renamed or removed.
Compiled files and hidden files do not count.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import os
import platform
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.core.manifest import Manifest
from autograder.core.result import Grader
from autograder.core.units import Unit
from autograder.judge.intake import given_files
from autograder.judge.session.cgroup import memory_net

AUTOGRADER = Path(__file__).resolve().parents[1]
COMPILED = {".pyc", ".nbi", ".nbc"}
PINS = ("constraints.txt", "constraints-gpu.txt")
PROOFS = {
    "wrong",
    "proof.json",
    "equivalent.toml",
    "mutants.json",
    "README.md",
}  # beside the checks; no grade depends on them


def part_files(unit: Unit) -> dict[str, list[Path]]:
    """Part -> the files of the course that decide a grade of this unit, in order.

    manifest, checks, solution, lab: the unit's own. earlier: what a submission may import from earlier units.
    shared: `reference/shared` and the packages around it. judge: `autograder/judge`, and `autograder/core`, which it
    uses. pins: the versions of packages. Slides, notebooks and files of later units are in no part.
    """
    home = unit.root / "reference"
    shared, lab = home / "shared", home / "lab" / unit.name
    earlier = [each for each in unit.visible_packages() if each not in (shared, lab)]
    return {
        "manifest": [unit.manifest],
        "checks": check_files(unit),
        "solution": list(walk(unit.reference)),
        "lab": list(walk(lab)),
        "earlier": [path for package in earlier for path in walk(package)],
        "shared": [*walk(shared), *present(home / "__init__.py", home / "lab" / "__init__.py")],
        "judge": [*walk(AUTOGRADER / "core"), *walk(AUTOGRADER / "judge")],
        "pins": present(*(unit.root / name for name in PINS)),
    }


def check_files(unit: Unit) -> list[Path]:
    """The unit's checks and the files beside them, without wrong solutions and their proof."""
    return [path for path in walk(unit.checks) if path.relative_to(unit.checks).parts[0] not in PROOFS]


def part_hashes(unit: Unit) -> dict[str, str]:
    """Part -> SHA-256 (hexadecimal) of its files; see `part_files`. Reads every file: about 10 ms."""
    return {
        part: hash_files(files, AUTOGRADER.parent if part == "judge" else unit.root)
        for part, files in part_files(unit).items()
    }


def grader_key(unit: Unit, manifest: Manifest, *, gpu: bool = False) -> str:
    """SHA-256 (hexadecimal) of everything that decides a grade of this unit, except the submission and the seed.

    gpu: submissions may use a GPU. They should get the same points, but the gradings stay apart.
    """
    digest = hashlib.sha256(f"{version()}\0{gpu}\0".encode())
    for part, found in sorted(part_hashes(unit).items()):
        digest.update(f"{part}\0{found}\0".encode())
    for name, content in sorted(given_files(unit, manifest).items()):
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def hash_files(files: Iterable[Path], root: Path) -> str:
    """SHA-256 (hexadecimal) of these files with their paths below `root`. Raises OSError for a missing file."""
    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def walk(folder: Path) -> Iterator[Path]:
    """Every file below `folder` that a person wrote, in order; none if there is no folder."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        made = "__pycache__" in parts or any(part.startswith(".") for part in parts)
        if not made and path.suffix not in COMPILED and path.is_file():
            yield path


def present(*files: Path) -> list[Path]:
    return [path for path in files if path.is_file()]


def grader(unit: Unit) -> Grader:
    """The versions of the grader, the manifest and the checks."""
    return Grader(
        version=version(),
        manifest_sha256=hashlib.sha256(unit.manifest.read_bytes()).hexdigest(),
        checks_sha256=hash_files(check_files(unit), unit.root),
    )


def version() -> str:
    try:
        return importlib.metadata.version("mlsys-course")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def machine() -> dict[str, str | int]:
    """The machine in a few words."""
    cpu = platform.processor() or platform.machine()
    with contextlib.suppress(OSError, IndexError):
        cpu = (
            Path("/proc/cpuinfo")
            .read_text()
            .partition("model name")[2]
            .partition(":")[2]
            .split("\n")[0]
            .strip()
            or cpu
        )
    return {
        "cpu": cpu,
        "cores": os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "memory_limit": memory_net(),
    }
