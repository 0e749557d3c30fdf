"""Forgery, threats (22) and (23), and what an intake can see of (32): prepared files and prepared words."""

from __future__ import annotations

import io
import json
import os

import pytest
from rich.console import Console

from autograder.core.result import Status
from autograder.reports import html, terminal
from autograder.tests.adversarial.arena import Arena
from autograder.tests.judge.small_course import ADD


def test_prepared_results_are_ignored(arena: Arena):
    """(22) A perfect result from last week, in every place where a grader might look."""
    perfect = arena.sums(ADD, vandal=False).to_json()
    folder = arena.course.submission("import os\nos._exit(0)")
    (folder / ".pytest_cache" / "v" / "cache").mkdir(parents=True, exist_ok=True)
    (folder / ".pytest_cache" / "v" / "cache" / "lastfailed").write_text("{}")
    for name in ("results.json", "result.json", "report.xml", "grades.csv"):
        (folder / name).write_text(perfect)
    result = arena.grade(arena.course.unit, folder)
    assert (result.points, result.tests[0].status) == (0, Status.CRASHED)


def test_results_written_while_the_code_runs_are_ignored(arena: Arena):
    """(22) The same from inside, with an exit code of 0."""
    code = (
        "import os\nfor place in ('.', '/tmp', '/submission', '/autograder/results', os.path.expanduser('~')):\n"
        "  for name in ('results.json', 'result.json', 'report.xml'):\n    try: open(f'{place}/{name}', 'w').write("
        + repr(json.dumps({"score": 100, "tests": []}))
        + ")\n    except OSError: pass\ndef add(a, b): os._exit(0)\n"
    )
    assert arena.one(code).status is Status.CRASHED


WORDS = (
    "\\x1b[2J\\x1b[31m::notice title=x::all passed\\n::set-output name=points::100\\r</pre>"
    "<script>alert(1)</script>\\u202e[bold]passed[/bold]"
)


def test_printed_words_score_nothing_and_are_escaped(arena: Arena):
    """(23) On both streams, in the exception, in the name of its class, and in what is returned."""
    code = f'''
import sys
TEXT = "{WORDS}"
def add(a, b):
    print("PASSED sums.py::test_one\\n1 passed in 0.01s", TEXT)
    print(TEXT, file=sys.stderr)
    raise type("</pre><script>", (ValueError,), {{}})(TEXT)
'''
    result = arena.small(code)
    assert (result.points, result.tests[0].status) == (0, Status.ERROR)
    page = html.page(result)
    assert "<script>alert" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    shown = io.StringIO()
    terminal.render(result, Console(file=shown, force_terminal=True, width=200), verbose=True)
    assert "\x1b[2J" not in shown.getvalue()
    assert "\n::notice" not in shown.getvalue()


NAMES = [
    b"\xff\xfe.py",
    "‮yp.smus".encode() + b".py",
    b"new\nline::error::x.py",
    b"\x1b[2J.py",
    "е.py".encode(),
    b"-rf.py",
]


def test_odd_file_names_are_plain_in_the_notes(arena: Arena):
    """own: names with line ends, terminal codes, marks that turn the reading direction, and foreign letters."""
    folder = arena.course.submission(ADD)
    paths = [os.fsencode(folder) + b"/" + name for name in NAMES]
    try:
        for path in paths:
            with open(path, "w") as file:  # noqa: PTH123 -- bytes
                file.write("x")
        result = arena.grade(arena.course.unit, folder)
    finally:
        for path in paths:
            os.unlink(path)  # noqa: PTH108 -- bytes
    assert result.points == 1
    assert len(result.notes) == len(NAMES)
    assert all(note.isprintable() for note in result.notes)


SIZES = {"a sparse file of 4 GB": 4 << 30, "a file of 2 MB": 2 << 20}


@pytest.mark.parametrize("name", SIZES)
def test_a_file_that_is_too_large_is_refused(arena: Arena, name: str):
    """(32), what grading one folder sees of it."""
    folder = arena.course.submission("# large\n")
    with (folder / "sums.py").open("r+") as file:
        file.truncate(SIZES[name])
    result = arena.grade(arena.course.unit, folder)
    (folder / "sums.py").unlink()
    assert {test.status for test in result.tests} == {Status.INVALID_SUBMISSION}
    assert "the limit for a source file is 1 MB" in result.tests[0].feedback.message


@pytest.mark.slow
def test_a_hundred_thousand_files_beside_it_cost_nothing(arena: Arena):
    """(32) Only the files that the unit names are read."""
    folder = arena.course.submission(ADD)
    inner = folder / "many"
    inner.mkdir()
    for index in range(3000):
        (folder / f"extra_{index}.py").touch()
        (inner / f"{index}.py").touch()
    result = arena.grade(arena.course.unit, folder)
    assert result.points == 1
    assert len(result.notes) <= 20
    for path in (*folder.glob("extra_*.py"), *inner.iterdir()):
        path.unlink()
    inner.rmdir()


@pytest.mark.slow
def test_source_that_a_compiler_chokes_on(arena: Arena):
    """own: parentheses without end, a line of a megabyte, an expression nested beyond the parser."""
    for code in (
        "(" * 5000,
        "x = " + "-" * 900_000 + "1",
        "x = " + "[" * 150 + "]" * 150 + "\n" * 100,
        "if 1:\n" * 5,
    ):
        result = arena.small(code)
        assert result.points == 0
        assert result.tests[0].status in (Status.ERROR, Status.CRASHED, Status.MISSING, Status.MEMORY_LIMIT)
