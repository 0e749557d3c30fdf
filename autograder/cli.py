"""The command line: lists the commands, and turns every error into one message and an exit code.

Exit codes: 0 done; 1 a check, test or target failed; 2 bad input; 69 something is not installed;
70 a bug of the course; 74 a file could not be written; 130 interrupted.
"""

from __future__ import annotations

import os
import signal
import sys

from autograder.commands.help_text import PlainGroup
from autograder.commands.lazy import LazyCommand
from autograder.commands.student_tree import fit_to_tree
from autograder.core.storage import StorageError, explain
from autograder.core.units import CourseError, course_root
from autograder.install.damage import told as told_of_damage

STUDENTS, INSTRUCTORS, EVERYONE = "For students", "For instructors", "For everyone"
REST = {"allow_interspersed_args": False}  # everything after the script is for the script
PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}  # to pytest
COMMANDS = (
    LazyCommand("lab", "Open a unit's lab in JupyterLab, with your files beside it.", STUDENTS),
    LazyCommand("check", "Check your solutions, and show your points.", STUDENTS),
    LazyCommand("reset", "Restore the starter of a task, and keep your old file.", STUDENTS),
    LazyCommand("status", "Show your points in every unit, from your last checks.", STUDENTS),
    LazyCommand("run", "Run a script on several ranks, with torch.distributed or MPI.", STUDENTS, **REST),
    LazyCommand("collect", "Fetch every repository; new work counts as received now.", INSTRUCTORS),
    LazyCommand("grade", "Grade a class or folders, each submission in its own sandbox.", INSTRUCTORS),
    LazyCommand("merge", "Join the parts of a class that --shard i/N graded.", INSTRUCTORS),
    LazyCommand("mark", "Mark the written parts of a class, in a form or with a CSV.", INSTRUCTORS),
    LazyCommand("export", "Write grades for Canvas, Moodle, Gradescope or a spreadsheet.", INSTRUCTORS),
    LazyCommand("feedback", "Push each student's report to their `feedback` branch.", INSTRUCTORS),
    LazyCommand("similarity", "Show pairs of similar submissions side by side, on a page.", INSTRUCTORS),
    LazyCommand("release", "Write the starters, or the student tree of a week.", INSTRUCTORS),
    LazyCommand("classroom50", "Write the folder that Classroom 50 runs.", INSTRUCTORS),
    LazyCommand("units", "List every unit, and which of its seven parts exist.", EVERYONE),
    LazyCommand("doctor", "Check this machine's setup, and show how to fix each problem.", EVERYONE),
    LazyCommand("slides", "Render slides to HTML and PDF.", EVERYONE),
    LazyCommand("test", "Run the tests of the reference and of the autograder.", EVERYONE, **PASSED_ON),
    LazyCommand("prove", "Prove that the checks catch mistakes.", EVERYONE),
    LazyCommand("bench", "Measure a unit's reference, and compare it with its targets.", EVERYONE),
    LazyCommand("new-unit", "Make a complete small unit from templates.", EVERYONE),
)
app = PlainGroup(
    name="mlsys",
    commands=fit_to_tree(COMMANDS),
    help="A course on machine-learning systems: labs, checks, grades, slides.",
    epilog="Start with ./mlsys lab. If something does not work, try ./mlsys doctor.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["--help", "-h"]},
)


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
    if isinstance(error, OSError):
        safe = SAFE.get(sys.argv[1] if len(sys.argv) > 1 else "", "finished files are kept")
        return explain(error, safe), StorageError.exit_code
    if isinstance(error, ImportError):
        return told_of_damage(course_root(), error), 69
    return "", 0
