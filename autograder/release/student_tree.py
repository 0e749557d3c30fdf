"""`./mlsys release --unit 03 --out DIR`: write the student tree of week 3, ready to become a repository.

A marker file lists the files of a release, so that the next week's release can replace them. `work/` belongs to
the student: existing files there are never touched.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path

from autograder.core.files import write_atomic
from autograder.core.units import RELEASED as MARKER
from autograder.core.units import CourseError, Unit
from autograder.install.shared import LINK, linked_folder
from autograder.release.desk import ensure_desk
from autograder.release.tree_content import tree_files

SCHEMA = "mlsys/release/v1"


def student_tree(unit: Unit, to: Path) -> list[str]:
    """Write the student tree of `unit`'s week to `to`; returns the paths written, including those of the desk.

    `to` must be missing, empty, or an earlier release. Stale files of an earlier release are removed unless
    somebody edited them. After an interruption it can run again. Raises CourseError for any other folder.
    """
    to = to.resolve()
    if unit.root.resolve().is_relative_to(to):
        raise CourseError(
            f"cannot release into {to}: the course itself is there\n  expected: a folder outside of the course"
        )
    former = former_files(to)
    files = tree_files(unit)
    try:
        # An interrupted run leaves a marker that lists every file that it may have written.
        write_marker(to, unit, {**former, **dict.fromkeys(files, "")})
        for path, file in files.items():
            target = to / path
            if not target.is_file() or target.read_bytes() != file.content:
                write_atomic(target, file.content, mode=file.mode)
        for path in former.keys() - files.keys():
            remove_stale(to, path, former[path])
        write_marker(
            to, unit, {path: hashlib.sha256(file.content).hexdigest() for path, file in files.items()}
        )
    except OSError as error:
        raise CourseError(f"cannot write to {to}: {error}") from None
    offer_environment(unit.root, to)
    desk = ensure_desk(Unit(unit.slug, to))
    return [*files, *(f"work/{unit.slug}/{name}" for name in desk)]


def offer_environment(root: Path, to: Path) -> None:
    """Have the tree's launcher share the installed packages of the course at `root`, where the versions agree.

    This is a link inside `.venv`, which git ignores. A tree with an environment of its own keeps that one.
    """
    ours, own = root / ".venv", to / ".venv"
    if (ours / "ready").is_file() and not own.exists():
        with contextlib.suppress(OSError):  # without it, the tree installs its own packages
            own.mkdir()
            (own / LINK).symlink_to(linked_folder(ours) or ours.resolve())


def former_files(to: Path) -> dict[str, str]:
    """Path -> hash of each file of an earlier release in `to`; {} for a new folder."""
    if to.exists() and not to.is_dir():
        raise CourseError(f"{to} is a file\n  expected: a folder, or a new name")
    try:
        marker = json.loads((to / MARKER).read_text())
        files = marker["files"] if marker["schema"] == SCHEMA else None
        if not isinstance(files, dict):
            raise ValueError
    except FileNotFoundError:
        # An empty git repository counts as an empty folder.
        if to.exists() and any(path.name != ".git" for path in to.iterdir()):
            raise CourseError(
                f"{to} has other files\n  expected: a new folder, or one that ./mlsys release wrote"
            ) from None
        return {}
    except (OSError, ValueError, KeyError, TypeError):
        raise CourseError(f"cannot read {to / MARKER}\n  to fix: choose another folder") from None
    return {str(path): str(value) for path, value in files.items()}


def write_marker(to: Path, unit: Unit, files: dict[str, str]) -> None:
    content = {"schema": SCHEMA, "unit": unit.slug, "files": files}
    write_atomic(to / MARKER, json.dumps(content, indent=1, sort_keys=True) + "\n")


def remove_stale(to: Path, path: str, sha256: str) -> None:
    """Remove an unedited file of the earlier release, and folders that become empty; never outside of `to`."""
    target = to / path
    inside = target.resolve().is_relative_to(to) and Path(path).parts[:1] != ("work",)
    if not inside or not target.is_file():
        return
    if sha256 not in {"", hashlib.sha256(target.read_bytes()).hexdigest()}:
        return
    target.unlink()
    for folder in target.parents:
        if folder == to or any(folder.iterdir()):
            break
        folder.rmdir()
