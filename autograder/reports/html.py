"""A GradeResult as HTML: a page of its own for a browser or a phone, and a table for a notebook.

Jinja escapes every value; the page carries no script, loads nothing, and forbids both.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from autograder.course.files import write_atomic
from autograder.judge.result import GradeResult, Status
from autograder.reports import view


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
        details=view.details,
        check_title=view.check_title,
        headline=view.headline,
        tier_sentence=view.tier_sentence,
        Status=Status,
    )
    environment.filters["clean"] = view.clean
    return environment.get_template(name)


def page(result: GradeResult) -> str:
    """The whole report, as a student may see it."""
    return template("report.html").render(result=result.for_student())


def write(result: GradeResult, path: Path) -> None:
    """Write the report to `path`, whole or not at all."""
    write_atomic(path, page(result))


def fragment(result: GradeResult) -> str:
    """The small table that `%check` shows in a notebook."""
    return template("fragment.html").render(result=result.for_student())
