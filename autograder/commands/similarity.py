"""`./mlsys similarity`: find submissions that share passages which the starter does not have."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.commands.gradebook_version import open_book
from autograder.core.files import write_atomic
from autograder.core.manifest import Manifest, unit_manifest
from autograder.core.units import CourseError, Unit, find_unit
from autograder.judge.intake import take_in
from autograder.release.starters import starter_files
from autograder.reports import html
from autograder.reports.similarity import Work, compare
from autograder.roster.choose import desk_of
from autograder.roster.people import read_roster
from autograder.roster.standing import by_owner


def similarity(
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="The unit, like 01.")],
    folders: Annotated[
        list[Path] | None,
        typer.Argument(metavar="DIR", help="Folders of submissions. Default: the last grading."),
    ] = None,
    roster: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Only the people of this roster.")
    ] = None,
    least: Annotated[
        int,
        typer.Option(min=1, max=100, metavar="N", help="Leave out pairs that share less than N percent."),
    ] = 30,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The page to write. Default: GRADES/NN_name/similarity.html."),
    ] = None,
    grades: Annotated[Path, typer.Option(metavar="DIR", help="The folder of the gradebooks.")] = Path(
        "grades"
    ),
) -> None:
    """Show pairs of similar submissions side by side, on a page.

    The comparison ignores the starter's code. Read the pairs yourself: similar code proves nothing, and no grade
    depends on the page.
    """
    chosen = find_unit(unit)
    manifest = unit_manifest(chosen)
    if folders:
        works = distinct(
            [work_in(each, chosen, manifest) for each in dict.fromkeys(map(Path.resolve, folders))]
        )
    else:
        works = graded_works(unit, grades, roster)
    if len(works) < 2:
        raise CourseError(f"expected two submissions or more to compare, got {len(works)}")
    starter = {name: text.decode() for name, text in starter_files(chosen).items() if name.endswith(".py")}
    with Console(stderr=True).status("comparing ...") as line:
        pairs = compare(
            works, starter, least=least / 100, progress=lambda module: line.update(f"comparing {module}")
        )
    target = out or grades / chosen.slug / "similarity.html"
    page = html.template("similarity.html").render(
        unit=chosen.slug, pairs=pairs, works=len(works), least=least / 100
    )
    try:
        write_atomic(target, page)
    except OSError as error:
        raise CourseError(f"cannot write {target}: {error.strerror}") from None
    some = f"{len(pairs)} pair{'s' * (len(pairs) != 1)}"
    print(f"{target}: {some} to read, of {len(works)} submissions; no grade depends on it")


def work_in(folder: Path, unit: Unit, manifest: Manifest) -> Work:
    """The modules in a folder, or in its work/NN_slug, without following links."""
    found = take_in(desk_of(folder, unit, manifest.modules), manifest).files()
    return Work(folder.name, {name: data.decode(errors="replace") for name, data in found.items()})


def graded_works(unit: str, grades: Path, roster: Path | None) -> list[Work]:
    """The submissions of the last grading, from the gradebook; a group is one submission."""
    manifest, book, standings = open_book(unit, grades)
    wanted = {person.id for person in read_roster(roster)} if roster else None
    people = [p for p in standings.people if p.key and (wanted is None or p.person.id in wanted)]
    works = []
    for group in by_owner(people):
        folder = book.entries / group[0].key / "files"
        paths = {module: folder / module for module in manifest.modules}
        files = {
            module: path.read_bytes().decode(errors="replace")
            for module, path in paths.items()
            if path.is_file()
        }
        works.append(Work(", ".join(each.person.name or each.person.id for each in group), files))
    return distinct(works)


def distinct(works: list[Work]) -> list[Work]:
    """The works with a number after a name that two people share."""
    seen: dict[str, int] = {}
    found = []
    for work in works:
        seen[work.name] = count = seen.get(work.name, 0) + 1
        found.append(replace(work, name=f"{work.name} ({count})") if count > 1 else work)
    return found
