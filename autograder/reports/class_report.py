"""All reports of a class's grading: the pages, and a file for each system that imports grades."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from autograder.core.manifest import Manifest
from autograder.core.text import check_words
from autograder.reports import gradescope, html, markdown, tables
from autograder.reports.junit import junit_xml
from autograder.reports.names import folder_names
from autograder.reports.statistics import class_figures
from autograder.reports.view import clean, number
from autograder.roster.standing import Standings


def write_class(standings: Standings, folder: Path, manifest: Manifest) -> None:
    """Write all reports of one version of the gradebook to `folder`; the same standings give the same bytes.

    They can be made again from `standings`, so they are not flushed to the disk.
    """
    for path, text in class_files(standings, manifest):
        put(folder / path, text)


def class_files(standings: Standings, manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Path below the version's folder -> content, for every report."""
    names = folder_names(each.person.id for each in standings.people)
    for standing in standings.people:
        name = names[standing.person.id]
        yield f"students/{name}/report.html", html.standing_page(standing, standings.unit, manifest)
        yield f"students/{name}/report.md", markdown.standing_markdown(standing, standings.unit)
        yield f"gradescope/{name}.json", gradescope.to_json(standing, standings)
    yield "canvas.csv", tables.canvas_csv(standings, manifest)
    yield "moodle.csv", tables.moodle_csv(standings, manifest)
    yield "junit.xml", junit_xml(standings)
    yield "class.html", class_page(standings, manifest)


def class_page(standings: Standings, manifest: Manifest) -> str:
    """The instructor's page."""
    tasks = {task.id: task for task in manifest.tasks}

    def task_name(wanted: str) -> str:
        """ "01.1 Three loops over lists"; the number of a task that the manifest has no more."""
        return f"{wanted} {tasks[wanted].title}" if wanted in tasks else wanted

    return html.template("class.html").render(
        task_name=task_name,
        function_of=lambda wanted: tasks[wanted].function if wanted in tasks else "",
        check_words=check_words,
        standings=standings,
        manifest=manifest,
        figures=class_figures(standings),
        names=folder_names(each.person.id for each in standings.people),
        attention=attention(standings),
    )


def attention(standings: Standings) -> list[tuple[str, str]]:
    """Problems for the instructor, as (name, problem), the most serious first."""
    ungraded, failed, tampered, replaced = [], [], [], []
    for each in standings.people:
        who = clean(known_as(each.person.id, each.person.name))
        if each.result is None and each.undecided:
            ungraded.append((who, f"not graded: {clean(each.trouble) or 'no reason is recorded'}"))
        elif each.result is None:
            pass  # closed by a decision
        elif each.undecided:
            ungraded.append(
                (who, f"open, you decide (./mlsys grade ... --take or --zero): {clean(each.open)}")
            )
        elif each.result.needs_regrade:
            failed.append((who, "the grader failed on a part; run ./mlsys grade again"))
        if each.tampered:
            tampered.append(
                (
                    who,
                    f"changed files of the course (not used for grading): {clean(', '.join(each.tampered))}",
                )
            )
        for part in each.manual:
            for mark in part.replaced:
                given = f"{number(part.points or 0)} by {part.grader}, {part.graded}"
                replaced.append((who, clean(f"{part.id}: {given} counts; it replaced {mark}")))
    return ungraded + failed + tampered + replaced


def known_as(id: str, name: str) -> str:
    """ "Ada Lovelace (s101)", or only the id if there is no other name."""
    return f"{name} ({id})" if name not in ("", id) else id


def put(path: Path, text: str) -> None:
    """Write a file atomically: a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_text(text, encoding="utf-8", newline="")
    temporary.replace(path)
