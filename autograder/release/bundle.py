"""`./mlsys classroom50 bundle`: the folder that Classroom 50 runs, made of the week's student tree.

It holds what grades (the command line, the judge, the public checks, the manifest, the shared reference modules) and
nothing of the lessons: no labs, slides or data. Hidden checks never leave with it: students can download it.
"""

from __future__ import annotations

from pathlib import Path

from autograder.core.files import write_atomic
from autograder.core.units import CourseError, Unit
from autograder.release.tree_content import File, tree_files

TEMPLATES = Path(__file__).parent / "classroom50"
MAX_BYTES = 10_000_000  # of the packed bundle, that the runner downloads
PARTS = ("autograder/", "assignments/", "reference/")
HOUSE = ("mlsys", "pyproject.toml", "constraints.txt", "LICENSE", "README.md")


def bundle_files(unit: Unit) -> dict[str, File]:
    """Path in the bundle -> its file."""
    files = {
        f"course/{path}": file
        for path, file in tree_files(unit).items()
        if path.startswith(PARTS) or path in HOUSE
        if not path.startswith(("reference/tests/", "reference/benchmarks/"))
    }
    for name in ("autograder.py", "README.md"):
        text = (TEMPLATES / name).read_text(encoding="utf-8").replace("@SLUG@", unit.slug)
        files[name] = File(text.encode())
    size = sum(len(file.content) for file in files.values())
    if size > MAX_BYTES:
        raise CourseError(
            f"the bundle of {unit.slug} has {size >> 20} MB; Classroom 50 takes {MAX_BYTES >> 20}"
        )
    return files


def write_bundle(unit: Unit, to: Path) -> list[str]:
    """Write the bundle to `to`; returns the paths written.

    Raises CourseError when the folder holds anything but a bundle.
    """
    if to.exists() and (not to.is_dir() or (any(to.iterdir()) and not (to / "autograder.py").is_file())):
        raise CourseError(f"{to} is not empty, and no bundle\n  expected: a new folder, or a former bundle")
    files = bundle_files(unit)
    try:
        for path, file in files.items():
            write_atomic(to / path, file.content, mode=file.mode)
    except OSError as error:
        raise CourseError(f"cannot write to {to}: {error.strerror or error}") from None
    return sorted(files)
