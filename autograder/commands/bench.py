"""`./mlsys bench`: measure a unit, or the autograder, against its targets."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.core.units import CourseError, find_unit, in_student_tree

if TYPE_CHECKING:
    from reference.benchmarks.report import Figure, Report


def bench(
    unit: Annotated[str, typer.Argument(help="A unit, like matmul_cpu or 01; or: autograder.")],
    json_file: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write the JSON here instead of to the output."),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Smaller sizes and fewer repeats: a look, no record.")
    ] = False,
) -> None:
    """Measure, and print a table (to the error output) and JSON (to the output, or to FILE).

    Keep the machine quiet meanwhile. Exit code 1 when a target is not met.
    """
    from autograder.core.files import write_atomic

    if json_file is not None and not json_file.absolute().parent.is_dir():
        raise CourseError(f"cannot write {json_file}\n  expected: a file in a folder that exists")
    with output_to_errors():
        report = benchmark_of(unit).run(quick=quick)
    print_table(report)
    text = report.to_json().rstrip() + "\n"
    if json_file is None:
        print(text, end="")
    else:
        try:
            write_atomic(json_file, text)
        except OSError as error:
            raise CourseError(f"cannot write {json_file}: {error.strerror or error}") from None
    missed = [figure for figure in report.figures if figure.met is False]
    for figure in missed:
        typer.echo(
            f"target missed: {figure.name}: {figure.value:.4g} {figure.unit}, expected {wanted(figure)}",
            err=True,
        )
    raise typer.Exit(bool(missed))


@contextlib.contextmanager
def output_to_errors() -> Iterator[None]:
    """Meanwhile all output, also of libraries and child processes, is error output: the rest stays JSON."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def benchmark_of(wanted_unit: str) -> ModuleType:
    """The module with `run`. Raises CourseError when there is none for that unit."""
    if wanted_unit == "autograder":
        if in_student_tree():
            raise CourseError("the autograder is measured in the whole course, and this is a student's tree")
        name, path = "autograder.authoring.benchmark", "autograder/authoring/benchmark/__init__.py"
    else:
        unit = find_unit(wanted_unit)
        name, path = f"reference.benchmarks.{unit.name}.bench", f"reference/benchmarks/{unit.name}/bench.py"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if not f"{name}.".startswith(f"{error.name}."):
            raise
        raise CourseError(f"there is no benchmark of {wanted_unit}\n  {expected(path)}") from None


def expected(path: str) -> str:
    """What to do about a benchmark that is not there."""
    if in_student_tree():
        return (
            "it measures the solution, which this tree does not have; the lab measures your code: ./mlsys lab"
        )
    return f"expected: {path}"


def wanted(figure: Figure) -> str:
    """The target in words: "at least 1.2"."""
    if figure.target is None:
        return ""
    return f"{'at least' if figure.better == 'higher' else 'at most'} {figure.target:g}"


def print_table(report: Report) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, title=f"{report.unit}: {report.machine}", title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("unit")
    table.add_column("target")
    table.add_column("met")
    for figure in report.figures:
        met = {True: "[green]yes[/]", False: "[bold red]NO[/]", None: ""}[figure.met]
        table.add_row(figure.name, f"{figure.value:.4g}", figure.unit, wanted(figure), met)
    Console(stderr=True, highlight=False).print(table)
