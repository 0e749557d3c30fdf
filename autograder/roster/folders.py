"""Submissions in local folders, without a roster: each folder is a person with its name."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

from autograder.core.units import CourseError
from autograder.judge.intake import printable
from autograder.roster.addresses import folder_address
from autograder.roster.standing import Person


def people_of(folders: list[Path]) -> tuple[Person, ...]:
    """One person for each folder, with a unique name.

    Raises CourseError for a path that is not a folder: a typing error must not look like a zero.
    """
    for folder in folders:
        if folder.is_dir() or folder.is_symlink():
            continue  # a link is refused by itself: see leads_elsewhere
        if folder.suffix.lower() in {".zip", ".tar", ".gz", ".tgz"} and folder.is_file():
            into = folder.with_suffix("")
            raise CourseError(
                f"{printable(str(folder))}: expected the folder of a submission, got an archive\n"
                f"  to fix: unpack it, for example: python3 -m zipfile -e {shown(folder)} {shown(into)}"
            )
        what = "a file" if folder.exists() else "nothing"
        raise CourseError(f"{printable(str(folder))}: expected the folder of a submission, got {what}")
    unique = list(dict.fromkeys(place_of(folder) for folder in folders))
    names = distinct_names(unique)
    return tuple(
        Person(id=names[each], name=shown_name(each, names[each]), repository=folder_address(each))
        for each in unique
    )


def shown_name(folder: Path, id: str) -> str:
    """The id, or the folder's own name in characters that can be shown if the id does not have it."""
    own = printable(os.fsencode(folder.name).decode(errors="backslashreplace"))
    return id if own in id else own


def place_of(folder: Path) -> Path:
    """The absolute path; a folder that is a link itself stays one, so that two names are two submissions."""
    if folder.is_symlink():
        return folder.parent.resolve() / folder.name
    return folder.resolve()


def shown(path: Path) -> str:
    return shlex.quote(printable(str(path)))


def distinct_names(folders: list[Path]) -> dict[Path, str]:
    """A short name for each folder that is safe as a file name; clashes get the parent's name in front."""

    def safe(text: str) -> str:
        return re.sub(r"[^\w.-]+", "_", text).strip(".") or "submission"

    names: dict[Path, str] = {}
    taken: set[str] = set()
    plain = [safe(folder.name).casefold() for folder in folders]
    for folder, own in zip(folders, plain, strict=True):
        clash = plain.count(own) > 1
        base = safe(f"{folder.parent.name}-{folder.name}") if clash else safe(folder.name)
        name, number = base, 2
        while name.casefold() in taken:
            name, number = f"{base}-{number}", number + 1
        taken.add(name.casefold())
        names[folder] = name
    return names
