"""`./mlsys bench`: measure a unit or the autograder, and compare it with its targets."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from autograder.core.files import write_atomic
from autograder.core.units import CourseError, find_unit, in_student_tree
from reference.benchmarks.report import Figure, Report


def bench(
    unit: Annotated[
        str, typer.Argument(metavar="UNIT", help="A unit, like 01 or matmul_cpu; or the word autograder.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the JSON to this file, not to standard output."),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Use small sizes and few repetitions, for a first look.")
    ] = False,
) -> None:
    """Measure a unit's reference, and compare it with its targets.

    Prints a table to standard error and JSON to standard output. Keep the machine idle while it runs.

    Exit code 0: every target was met. 1: a target was missed.
    """
    if out is not None and not out.absolute().parent.is_dir():
        raise CourseError(f"cannot write {out}\n  expected: a file in an existing folder")
    with output_to_errors():
        report = benchmark_of(unit).run(quick=quick)
    print_table(report)
    text = report.to_json().rstrip() + "\n"
    if out is None:
        print(text, end="")
    else:
        try:
            write_atomic(out, text)
        except OSError as error:
            raise CourseError(f"cannot write {out}: {error.strerror or error}") from None
    missed = [figure for figure in report.figures if figure.met is False]
    for figure in missed:
        typer.echo(
            f"target missed: {figure.name}: {figure.value:.4g} {figure.unit}, expected {wanted(figure)}",
            err=True,
        )
    raise typer.Exit(bool(missed))


@contextlib.contextmanager
def output_to_errors() -> Iterator[None]:
    """Redirect all output, also of libraries and child processes, to standard error: only JSON may be on the other."""
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
            raise CourseError(
                "cannot measure the autograder in a student tree\n  expected: a clone of the whole course"
            )
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
    """A line for a benchmark that does not exist: the expected file, or the command for a student."""
    if in_student_tree():
        return (
            "a benchmark measures the solution, which a student tree does not have\n"
            "  to measure your own code: ./mlsys lab"
        )
    return f"expected: {path}"


def wanted(figure: Figure) -> str:
    """The target in words: "at least 1.2"."""
    if figure.target is None:
        return ""
    return f"{'at least' if figure.better == 'higher' else 'at most'} {figure.target:g}"


def print_table(report: Report) -> None:
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
