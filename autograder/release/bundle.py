"""`./mlsys classroom50 bundle`: write the folder that Classroom 50 runs, from the week's student tree.

It holds the command line, the judge, the public checks, the manifest and the shared reference modules, but no labs,
slides or data. It has no hidden checks, because students can download it.
"""

from __future__ import annotations

from pathlib import Path

from autograder.core.files import write_atomic
from autograder.core.units import CourseError, Unit
from autograder.release.tree_content import File, tree_files

TEMPLATES = Path(__file__).parent / "classroom50"
MAX_BYTES = 10_000_000  # of the packed bundle, which the runner downloads
PARTS = ("autograder/", "assignments/", "reference/")
TOP_FILES = ("mlsys", "pyproject.toml", "constraints.txt", "LICENSE", "README.md")


def bundle_files(unit: Unit) -> dict[str, File]:
    """Path in the bundle -> its file."""
    files = {
        f"course/{path}": file
        for path, file in tree_files(unit).items()
        if path.startswith(PARTS) or path in TOP_FILES
        if not path.startswith(("reference/tests/", "reference/benchmarks/"))
    }
    for name in ("autograder.py", "README.md"):
        text = (TEMPLATES / name).read_text(encoding="utf-8").replace("@SLUG@", unit.slug)
        files[name] = File(text.encode())
    size = sum(len(file.content) for file in files.values())
    if size > MAX_BYTES:
        raise CourseError(
            f"the bundle of {unit.slug} is too large\n"
            f"  expected: at most {MAX_BYTES >> 20} MB, the limit of Classroom 50\n  got: {size >> 20} MB"
        )
    return files


def write_bundle(unit: Unit, to: Path) -> list[str]:
    """Write the bundle to `to`; returns the paths written.

    Raises CourseError if the folder holds anything except a bundle.
    """
    if to.exists() and (not to.is_dir() or (any(to.iterdir()) and not (to / "autograder.py").is_file())):
        raise CourseError(f"{to} has other files\n  expected: a new folder, or one with an earlier bundle")
    files = bundle_files(unit)
    try:
        for path, file in files.items():
            write_atomic(to / path, file.content, mode=file.mode)
    except OSError as error:
        raise CourseError(f"cannot write to {to}: {error.strerror or error}") from None
    return sorted(files)
