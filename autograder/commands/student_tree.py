"""The command line in a student tree: hide the commands that need the whole course, and let them say so."""

from __future__ import annotations

from collections.abc import Callable

import typer

from autograder.core.units import CourseError, find_units, in_student_tree

HERE = {"lab", "check", "reset", "status", "units", "doctor", "slides", "bench"}
WHY = {  # a better sentence than the general one
    "test": "your instructor's repository has the tests of the course; to test your own work: ./mlsys check",
}
ANY_WORDS = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def fit_to_tree(app: typer.Typer) -> None:
    """In a student tree, hide the commands that need the whole course, and make them refuse."""
    if not in_student_tree():
        return
    groups = [group.name or "" for group in app.registered_groups]
    for name in groups:
        app.command(name)(refusal(name))
    app.registered_groups.clear()
    for command in app.registered_commands:
        name = command.name or getattr(command.callback, "__name__", "").replace("_", "-")
        if name not in HERE:
            command.name, command.callback = name, refusal(name)
            command.hidden = True
            command.context_settings = ANY_WORDS
        elif name == "bench":  # students have the benchmarks of earlier weeks; in week 0 there is none
            command.hidden = not any(unit.bench.exists() for unit in find_units())


def refusal(name: str) -> Callable[[], None]:
    """A command that refuses with a reason, whatever its arguments are."""

    def refuse() -> None:
        why = "it needs the whole course, and this is the student tree of one week"
        raise CourseError(f"./mlsys {name} does not work here: {WHY.get(name, why)}")

    return refuse
