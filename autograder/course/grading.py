"""Grade many submissions that lie in local folders: one after the other, none able to stop the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.course.files import write_atomic
from autograder.course.units import CourseError, Unit
from autograder.judge.result import GradeResult
from autograder.reports import html


@dataclass(frozen=True)
class Submission:
    """One student's folder: the name it is graded under, and where the modules lie."""

    name: str
    folder: Path


@dataclass(frozen=True)
class Graded:
    """What became of one submission: a result, or the reason why there is none."""

    submission: Submission
    result: GradeResult | None
    trouble: str = ""


def find_submissions(unit: Unit, folders: list[Path], modules: tuple[str, ...]) -> list[Submission]:
    """The submissions in `folders`, each under a name of its own.

    The modules lie in the folder itself, or in its work/NN_slug/ as in a student's repository.
    Raises CourseError for a path that is no folder: a typing error must not look like a zero.
    """
    for folder in folders:
        if not folder.is_dir():
            what = "a file" if folder.exists() else "nothing"
            raise CourseError(f"{folder}: expected the folder of a submission, found {what}")
    unique = list(dict.fromkeys(folder.resolve() for folder in folders))
    names = distinct_names(unique)
    found = []
    for folder in unique:
        desk = folder / "work" / unit.slug
        at_top = any((folder / module).is_file() for module in modules)
        inside = desk.is_dir() and not (folder / "work").is_symlink() and not desk.is_symlink()
        found.append(Submission(names[folder], desk if inside and not at_top else folder))
    return found


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


def grade_all(
    unit: Unit,
    submissions: list[Submission],
    out: Path,
    *,
    seed: int | None = None,
    start: Callable[[Submission], None] = lambda _: None,
) -> Iterator[Graded]:
    """Grade each submission and write `out`/NN_slug/<name>/result.json and report.html, whole or not at all.

    Yields what became of each as it is done. Raises CourseError when there is no sandbox to grade in.
    """
    from autograder.judge.judge import grade_submission
    from autograder.judge.sandbox import available

    works, reason = available()
    if not works:
        raise CourseError(
            f"no sandbox to grade in: {reason}\n"
            "  to mend: sudo apt-get install bubblewrap; ./mlsys doctor says more"
        )
    for submission in submissions:
        start(submission)
        try:
            result = grade_submission(
                unit, submission.folder, name=submission.name, seed=seed, sandbox="require"
            )
            write_result(result, out / unit.slug / submission.name)
        except Exception as error:  # one submission must not stop the others
            yield Graded(submission, None, f"{type(error).__name__}: {error}")
        else:
            yield Graded(submission, result)


def write_result(result: GradeResult, folder: Path) -> None:
    """The whole result for the instructor, and the page that a student may see."""
    write_atomic(folder / "result.json", result.to_json())
    html.write(result, folder / "report.html")
