"""The command line in a student's tree: what serves there is shown, the rest says in one sentence why not."""

from __future__ import annotations

from collections.abc import Callable

import typer

from autograder.core.units import CourseError, find_units, in_student_tree

HERE = {"lab", "check", "reset", "status", "units", "doctor", "slides", "bench"}
WHY = {  # a sentence better than the general one
    "test": "the tests of the course are in your instructor's repository; your own work: ./mlsys check",
}
ANY_WORDS = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def fit_to_tree(app: typer.Typer) -> None:
    """In a student's tree, hide the commands that need the whole course, and have them refuse."""
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
        elif name == "bench":  # of the weeks before this one; it explains itself where there is none
            command.hidden = not any(unit.bench.exists() for unit in find_units())


def refusal(name: str) -> Callable[[], None]:
    """A command that explains its absence, whatever is typed behind it."""

    def refuse() -> None:
        why = "it needs the whole course, and this is a student's tree of one week"
        raise CourseError(f"./mlsys {name} does not work here: {WHY.get(name, why)}")

    return refuse
