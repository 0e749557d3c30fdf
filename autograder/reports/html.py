"""A GradeResult or a Standing as HTML: a page for a browser or a phone, and a table for a notebook.

Jinja escapes every value; the page carries no script, loads nothing, and forbids both.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from autograder.core.files import write_atomic
from autograder.core.manifest import Manifest, unit_manifest
from autograder.core.result import GradeResult, Status
from autograder.core.units import CourseError, find_unit
from autograder.reports import view
from autograder.reports.causes import causes, is_unwritten
from autograder.roster.standing import Standing


@cache
def template(name: str) -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        sign=view.sign,
        kind=view.kind,
        causes=causes,
        is_unwritten=is_unwritten,
        split_details=view.split_details,
        left_to_write=view.left_to_write,
        check_title=view.check_title,
        measured=view.measured,
        headline=view.headline,
        tier_sentence=view.tier_sentence,
        advice=view.advice,
        Status=Status,
    )
    environment.filters["clean"] = view.clean
    environment.filters["number"] = view.number
    environment.filters["firm"] = view.firm
    return environment.get_template(name)


def page(result: GradeResult) -> str:
    """The whole report, for the student."""
    shown = result.for_student()
    return template("report.html").render(
        title=unit_title(shown.unit),
        points=shown.points,
        max_points=shown.max_points,
        result=shown,
        next_steps=view.next_steps(shown),
        standing=None,
    )


def standing_page(standing: Standing, unit: str, manifest: Manifest) -> str:
    """The report for one person of a class: with late days, manual parts and missing marks."""
    shown = standing.result.for_student() if standing.result else None
    return template("report.html").render(
        title=f"{unit[:2]} {manifest.title}",
        points=standing.points,
        max_points=standing.max_points,
        result=shown,
        next_steps=view.next_steps(shown) if shown else [],
        standing=standing,
        waiting=[part.id for part in standing.manual if part.points is None],
        criteria={part.id: part.criteria for part in manifest.manual},
    )


def unit_title(slug: str) -> str:
    """ "01 The CPU matmul ladder"; the slug where this course has no such unit."""
    try:
        return f"{slug[:2]} {unit_manifest(find_unit(slug)).title}"
    except CourseError:
        return slug


def write(result: GradeResult, path: Path) -> None:
    """Write the report to `path`, whole or not at all."""
    write_atomic(path, page(result))


def fragment(result: GradeResult) -> str:
    """The small table that `%check` shows in a notebook."""
    return template("fragment.html").render(result=result.for_student())
