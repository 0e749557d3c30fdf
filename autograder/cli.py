"""The command line: registers the commands, and turns every error into one message and an exit code.

Exit codes: 0 done; 1 a check, test or target failed; 2 bad input; 69 something is not installed;
70 a bug of the course; 74 a file could not be written; 130 interrupted.
"""

from __future__ import annotations

import os
import signal
import sys

import typer

from autograder.commands import (
    bench,
    check,
    classroom50,
    collect,
    doctor,
    export,
    feedback,
    grade,
    lab,
    mark,
    merge,
    new_unit,
    prove,
    release,
    reset,
    similarity,
    slides,
    status,
    test,
    units,
)
from autograder.commands.help_text import PlainCommand, PlainGroup
from autograder.commands.student_tree import fit_to_tree
from autograder.core.units import CourseError, course_root

app = typer.Typer(
    name="mlsys",
    cls=PlainGroup,
    help="A course on machine-learning systems: labs, checks, grades, slides.",
    epilog="Start with ./mlsys lab. If something does not work, try ./mlsys doctor.",
    no_args_is_help=True,
    add_completion=False,  # it would write to the home folder
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)

STUDENTS, INSTRUCTORS, EVERYONE = "For students", "For instructors", "For everyone"
app.command(cls=PlainCommand, rich_help_panel=STUDENTS)(lab.lab)
app.command(cls=PlainCommand, rich_help_panel=STUDENTS)(check.check)
app.command(cls=PlainCommand, rich_help_panel=STUDENTS)(reset.reset)
app.command(cls=PlainCommand, rich_help_panel=STUDENTS)(status.status)
app.command(cls=PlainCommand, rich_help_panel=INSTRUCTORS)(collect.collect)
app.command(cls=PlainCommand, rich_help_panel=INSTRUCTORS)(grade.grade)
app.command(cls=PlainCommand, rich_help_panel=INSTRUCTORS)(merge.merge)
app.command(cls=PlainCommand, rich_help_panel=INSTRUCTORS)(mark.mark)
app.command(cls=PlainCommand, rich_help_panel=INSTRUCTORS)(export.export)
app.command(cls=PlainCommand, rich_help_panel=INSTRUCTORS)(feedback.feedback)
app.command(cls=PlainCommand, rich_help_panel=INSTRUCTORS)(similarity.similarity)
app.command(cls=PlainCommand, rich_help_panel=INSTRUCTORS)(release.release)
app.add_typer(classroom50.app, name="classroom50", rich_help_panel=INSTRUCTORS)
app.command(cls=PlainCommand, rich_help_panel=EVERYONE)(units.units)
app.command(cls=PlainCommand, rich_help_panel=EVERYONE)(doctor.doctor)
app.command(cls=PlainCommand, rich_help_panel=EVERYONE)(slides.slides)
app.command(
    cls=PlainCommand,
    rich_help_panel=EVERYONE,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)(test.test)
app.command(cls=PlainCommand, rich_help_panel=EVERYONE)(prove.prove)
app.command(cls=PlainCommand, rich_help_panel=EVERYONE)(bench.bench)
app.command(cls=PlainCommand, rich_help_panel=EVERYONE)(new_unit.new_unit)
fit_to_tree(app)


def main() -> None:
    """Run the command line; exits with one of the codes above."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `./mlsys units | head` ends quietly
    try:
        app(prog_name="./mlsys")
    except CourseError as error:
        print(f"mlsys: {error}", file=sys.stderr)
        sys.exit(getattr(error, "exit_code", 2))
    except KeyboardInterrupt:
        print("\nmlsys: interrupted", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        if os.environ.get("MLSYS_DEBUG"):
            raise
        told, code = from_outside(error)
        if told:
            print(f"mlsys: {told}", file=sys.stderr)
            sys.exit(code)
        print(f"mlsys: internal error: {type(error).__name__}: {error}", file=sys.stderr)
        print(
            "  This is a bug of the course, not your mistake. Report it with the output of "
            "MLSYS_DEBUG=1 ./mlsys ...",
            file=sys.stderr,
        )
        sys.exit(70)


# A failed write: what it leaves as it was.
SAFE = {
    "check": "your files are unchanged; only the points of this check are not saved",
    "reset": "no file is lost: each one is as it was, or reset with your old file beside it",
    "grade": "what is graded is kept, and the same command continues",
    "lab": "your files are unchanged",
}


def from_outside(error: Exception) -> tuple[str, int]:
    """(message, exit code) for an error whose cause is not the course: the disk, or the environment; ("", 0) else."""
    from autograder.core.storage import StorageError, explain
    from autograder.install.damage import told

    if isinstance(error, OSError):
        safe = SAFE.get(sys.argv[1] if len(sys.argv) > 1 else "", "finished files are kept")
        return explain(error, safe), StorageError.exit_code
    if isinstance(error, ImportError):
        return told(course_root(), error), 69
    return "", 0
