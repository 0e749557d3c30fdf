"""The command line in a student tree: hide the commands that need the whole course, and let them say so."""

from __future__ import annotations

from collections.abc import Sequence

from typer.core import TyperCommand

from autograder.commands.lazy import LazyCommand
from autograder.core.units import CourseError, find_units, in_student_tree

HERE = {"lab", "check", "reset", "status", "run", "units", "doctor", "slides", "bench"}
WHY = {  # a better sentence than the general one
    "test": "your instructor's repository has the tests of the course; to test your own work: ./mlsys check",
}
ANY_WORDS = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def fit_to_tree(commands: Sequence[LazyCommand]) -> dict[str, TyperCommand]:
    """Name -> command. In a student tree, those that need the whole course are hidden, and refuse."""
    found = {command.name or "": command for command in commands}
    if not in_student_tree():
        return dict(found)
    # Students have the benchmarks of earlier weeks; in week 0 there is none.
    found["bench"].hidden = not any(unit.bench.exists() for unit in find_units())
    return {name: command if name in HERE else refusal(name) for name, command in found.items()}


def refusal(name: str) -> TyperCommand:
    """A command that refuses with a reason, whatever its arguments are."""

    def refuse() -> None:
        why = "it needs the whole course, and this is the student tree of one week"
        raise CourseError(f"./mlsys {name} does not work here: {WHY.get(name, why)}")

    return TyperCommand(name, callback=refuse, hidden=True, context_settings=ANY_WORDS)
