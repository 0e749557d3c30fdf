"""The student's desk, `work/NN_slug/`: filled once from the assignment, then changed only by the student.

Every function here that replaces a file keeps the old one beside it.
"""

from __future__ import annotations

import io
import tokenize
from dataclasses import dataclass
from pathlib import Path

from autograder.core.files import write_atomic, write_new
from autograder.core.manifest import Manifest, unit_manifest
from autograder.core.storage import StorageError, explain
from autograder.core.units import CourseError, Unit
from autograder.release.source import EditError, put_back


@dataclass(frozen=True)
class Reset:
    """One restored file: its path, and the path of the old copy (None: there was no file)."""

    path: Path
    kept: Path | None


def handed_out(unit: Unit, manifest: Manifest) -> dict[str, Path]:
    """File name on the desk -> the released file that it is copied from."""
    files = {name: unit.assignment / name for name in (*manifest.modules, *manifest.given)}
    if unit.lab.exists():
        files[unit.lab.name] = unit.lab
    missing = [path for path in files.values() if not path.is_file()]
    if missing:
        names = ", ".join(path.name for path in missing)
        raise CourseError(
            f"missing files in assignments/{unit.slug}/: {names}\n"
            f"  to fix: restore them with git, or run ./mlsys release {unit.number}"
        )
    return files


def ensure_desk(unit: Unit, desk: Path | None = None) -> list[str]:
    """Copy the lab, the starters and the given files that are missing on the desk.

    Never overwrites; each file appears whole or not at all. Returns the names of the new files.
    Raises CourseError if the unit has no assignment, or the desk cannot be written.
    """
    desk = desk or unit.desk
    files = handed_out(unit, unit_manifest(unit))
    try:
        desk.mkdir(parents=True, exist_ok=True)
        absent = {name: source for name, source in files.items() if not (desk / name).exists()}
        return [name for name, source in absent.items() if write_new(desk / name, source.read_bytes())]
    except OSError as error:
        raise StorageError(
            explain(error, "your files are unchanged")
            or f"cannot write to the desk {desk}: {error.strerror or error}"
        ) from None


def keep_beside(path: Path) -> Path:
    """Copy `path` to the first free name among `path.before-reset-1`, `-2`, ...; returns that name."""
    content, number = path.read_bytes(), 1
    while not write_new(kept := path.with_name(f"{path.name}.before-reset-{number}"), content):
        number += 1
    return kept


def replace_keeping(path: Path, content: bytes) -> Reset | None:
    """Write `content` to `path` and keep the old file; None if the file has that content already."""
    if not path.exists():
        write_atomic(path, content)
        return Reset(path, None)
    if path.read_bytes() == content:
        return None
    kept = keep_beside(path)
    write_atomic(path, content)
    return Reset(path, kept)


def reset_task(unit: Unit, wanted: str, desk: Path | None = None) -> Reset | None:
    """Restore the starter of one task ("01.3") in its module, without touching the module's other tasks.

    Returns None if the task is still the starter. Raises CourseError for an unknown task, and for a module that
    is not valid Python: then only the whole file can be restored.
    """
    manifest = unit_manifest(unit)
    task = manifest.task(wanted)
    source = handed_out(unit, manifest)[task.module]
    path = (desk or unit.desk) / task.module
    if not path.exists():
        return replace_keeping(path, source.read_bytes())
    names = list(dict.fromkeys((*task.asked, task.function)))
    data = path.read_bytes()
    try:
        encoding = encoding_of(data)
        content = put_back(data.decode(encoding), source.read_bytes().decode(), names).encode(encoding)
    except (EditError, UnicodeError, SyntaxError) as error:
        raise CourseError(
            f"cannot restore one task in {path.name}: {error}\n  expected: valid Python"
            f"\n  to fix: correct that line, or restore the whole file: ./mlsys reset {task.id} --file"
        ) from None
    return replace_keeping(path, content)


def encoding_of(source: bytes) -> str:
    """The encoding of a module, as Python finds it: a byte-order mark, a coding cookie, or UTF-8.

    Raises SyntaxError for a cookie that names no encoding.
    """
    return tokenize.detect_encoding(io.BytesIO(source).readline)[0]


def reset_files(unit: Unit, names: list[str] | None = None, desk: Path | None = None) -> list[Reset]:
    """Restore whole files (default: all files and the lab), and keep the old ones."""
    files = handed_out(unit, unit_manifest(unit))
    chosen = files if names is None else {name: files[name] for name in names}
    done = [replace_keeping((desk or unit.desk) / name, path.read_bytes()) for name, path in chosen.items()]
    return [each for each in done if each]
