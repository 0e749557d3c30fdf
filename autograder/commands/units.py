"""`./mlsys units`: list the units and their parts."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from autograder.core.units import CourseError, find_units, in_student_tree


def units() -> None:
    """List every unit, and which of its seven parts exist."""
    found = find_units()
    if not found:
        raise CourseError(
            "there are no units here\n  expected: a notebook in labs/ or a folder in assignments/"
        )
    console = Console()
    yes, no = ("✓", "·") if console.encoding.lower().startswith("utf") else ("yes", "-")
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    grid.add_column("unit", no_wrap=True)
    for part in found[0].parts():
        grid.add_column(part, justify="center")
    for unit in found:
        grid.add_row(unit.slug, *(yes if path.exists() else no for path in unit.parts().values()))
    console.print(grid)
    lacking = {
        unit.slug: [name for name, path in unit.parts().items() if not path.exists()] for unit in found
    }
    for slug, names in lacking.items():
        if names and not in_student_tree():  # there, the week's solution is not missing
            typer.echo(f"{slug} has no {', no '.join(names)}")
