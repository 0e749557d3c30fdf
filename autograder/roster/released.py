"""The files that students were handed out, for comparison with a submission."""

from __future__ import annotations

import os
from pathlib import Path

from autograder.core.units import CourseError, Unit
from autograder.release.tree_content import tree_files
from autograder.roster.committed import blob_id

WATCHED = (".github/", "autograder/", "assignments/", "reference/tests/")
WATCHED_FILES = ("mlsys", "pyproject.toml", "constraints.txt")


def watched(path: str) -> bool:
    """True if the instructor should know about a change of this file: it grades, checks or installs."""
    return path.startswith(WATCHED) or path in WATCHED_FILES


def released_files(unit: Unit, folder: Path | None = None) -> dict[str, str]:
    """Path -> git's blob id of each file that a student has no reason to change.

    folder: the tree that was handed out (./mlsys release --unit N --out DIR). Default: the tree that the course
    would hand out now; {} if it cannot make one.
    """
    if folder is not None:
        if not folder.is_dir():
            raise CourseError(f"{folder}: expected the released student tree, got no folder")
        contents = {}
        for place, folders, names in os.walk(folder):
            folders[:] = [name for name in folders if name not in {".git", ".venv", "__pycache__"}]
            for name in names:
                path = Path(place, name)
                relative = path.relative_to(folder).as_posix()
                if watched(relative) and path.is_file():
                    contents[relative] = blob_id(path.read_bytes())
        return contents
    try:
        files = tree_files(unit)
    except (CourseError, OSError):
        return {}
    return {path: blob_id(file.content) for path, file in files.items() if watched(path)}
