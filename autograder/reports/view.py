"""The content of a report, shared by the terminal, HTML and the notebook.

Text from a submission becomes harmless here: control characters (terminal codes, bidirectional overrides) become
visible escapes. Each medium escapes its own markup (rich, HTML).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from autograder.core.manifest import unit_manifest
from autograder.core.result import Feedback, GradeResult, Status, TaskResult, TestResult
from autograder.core.text import check_words, printable
from autograder.core.units import CourseError, find_unit

OUTPUT_LINES = 12  # of a test's own output, its end

# A sign beside the words, so that colour is never the only information.
SIGNS = {
    Status.PASSED: "✓",
    Status.NOT_IMPLEMENTED: "○",
    Status.NOT_RUN: "–",
    Status.SKIPPED: "–",
    Status.INFRA_ERROR: "!",
}
NOT_TRIED = {Status.NOT_RUN, Status.SKIPPED}
# The kinds that a report colours blue, orange, grey and purple, which colour-blind readers can distinguish.
KINDS = {
    Status.PASSED: "good",
    Status.NOT_IMPLEMENTED: "todo",
    Status.NOT_RUN: "todo",
    Status.SKIPPED: "todo",
    Status.MISSING: "todo",
    Status.INFRA_ERROR: "grader",
}


def sign(status: Status) -> str:
    return SIGNS.get(status, "✗")


def kind(status: Status) -> str:
    """good, bad, todo (not written yet) or grader (a fault of the grader)."""
    return KINDS.get(status, "bad")


def clean(text: str, *, limit: int = 20_000) -> str:
    """Untrusted text, cut to `limit`, with every control character except line ends and tabs made visible."""
    text = text.replace("\r\n", "\n")
    text = text if len(text) <= limit else "..." + text[-limit:]
    return "".join(
        char if char in "\n\t" or printable(char) else char.encode("unicode_escape").decode() for char in text
    )


def firm(text: str) -> str:
    """The text with spaces inside "line 36" and "4 s" that do not break."""
    return re.sub(r"(?<=line) (?=\d)|(?<=\d) (?=s\b)", "\u00a0", text)


def number(value: float) -> str:
    """Points without needless zeros: 7, 7.5, 7.33, -2."""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def last_lines(text: str, count: int = OUTPUT_LINES) -> str:
    lines = clean(text).rstrip().split("\n")
    more = [f"... ({len(lines) - count} earlier lines)"] if len(lines) > count else []
    return "\n".join(more + lines[-count:])


def check_title(test: TestResult, task: TaskResult) -> str:
    """`test_python_loops_handles_rectangles` -> "handles rectangles"; a hidden test is not named."""
    if test.hidden:
        return "hidden check"
    return clean(check_words(test.name, task.function))


def measured(test: TestResult) -> str:
    """The figures that a check measured: " (1.43 x: speed beside the judge's triad)"; "" without any."""
    if test.hidden or not test.figures:
        return ""
    return clean(f" ({'; '.join(f'{each.value:.3g} {each.unit}: {each.name}' for each in test.figures)})")


def left_to_write(task: TaskResult) -> str:
    """The unwritten bodies of the task, with their places: "write _divide (recursive.py, line 85)"; or ""."""
    for test in task.tests:
        if test.status is Status.NOT_IMPLEMENTED and not test.hidden:
            _, found, places = test.feedback.message.partition(f"{task.id} {task.function}: write ")
            if found:
                return f"write {clean(places)}"
    return ""


def begun(result: GradeResult, task: TaskResult) -> bool:
    """True if the student wrote some of the bodies of an unfinished task, and not all."""
    left = re.sub(r"\(.*?\)|,|\band\b", " ", left_to_write(task).removeprefix("write ")).split()
    try:
        asked = unit_manifest(find_unit(result.unit)).task(task.id).asked
    except CourseError:  # a result of another course
        return False
    return 0 < len(left) < len(asked)


@dataclass(frozen=True)
class Detail:
    """One labelled line, or block of lines, of a failed test's explanation."""

    label: str
    text: str
    block: bool = False  # source or output: shown as it is, in a fixed-width font


def details(test: TestResult) -> list[Detail]:
    """The explanation of a failed test, in reading order; nothing for a hidden test."""
    if test.hidden:
        return []
    back = test.feedback
    found = [Detail("", clean(back.message))]
    if back.path:
        found.append(Detail("file", clean(back.path)))
    found.append(Detail("call", clean(back.call)))
    if not back.call and back.shapes:
        found.append(Detail("shapes", clean(", ".join(back.shapes))))
    if back.first_wrong is not None:
        place = ", ".join(str(part) for part in back.first_wrong)
        count = f"  ({back.wrong} of {back.total} elements are wrong)" if back.wrong and back.total else ""
        found.append(Detail("first wrong", clean(f"[{place}]{count}")))
    found += [Detail("got", clean(back.got)), Detail("expected", clean(back.expected))]
    found.append(Detail("hint", advice(test)))
    found.append(Detail("where", clean(back.traceback), block=True))
    found += [Detail(name, last_lines(text), block=True) for name, text in printed(back)]
    return [each for each in found if each.text.strip()]


LATER = {"file", "shapes", "printed", "on stderr"}  # not needed to understand most failures


def split_details(test: TestResult) -> tuple[list[Detail], list[Detail]]:
    """The explanation of a failed test: the cause and what to do, then the rest, which a page folds."""
    found = details(test)
    first = [each for each in found if each.label not in LATER]
    hint = [each for each in first if each.label == "hint"]
    others = [each for each in first if each.label != "hint"]
    return others[:1] + hint + others[1:], [each for each in found if each.label in LATER]


# Hints for a check that gives none, or that is hidden.
ADVICE = {
    Status.FAILED: "work out a small and an odd-sized input by hand, and compare the results",
    Status.ERROR: "read the last line of the traceback, then run the call by itself",
    Status.CRASHED: "look for an index outside of its array in compiled code, or a call that ends the process",
    Status.TIMEOUT: "look for a loop that never ends, or too much work; time a call with a small input",
    Status.TYPE_ERROR: "return plain numbers, lists or arrays of the kind that the docstring names",
    Status.PROTOCOL_ERROR: "do not touch the file descriptors of the process, and return plain values",
    Status.MEMORY_LIMIT: "look for copies of the whole input, and for lists that only grow",
    Status.PROCESS_LIMIT: "count the threads and processes that one call starts",
    Status.DISK_LIMIT: "write less to disk, or nothing",
    Status.NOT_IMPLEMENTED: "write the function; its docstring says what it must do",
    Status.MISSING: "check that the file and the function have the names that the assignment gives",
    Status.INVALID_SUBMISSION: "hand in the assignment's files as regular files, not as links",
    Status.INFRA_ERROR: "do nothing: it will be graded again",
}


def advice(test: TestResult) -> str:
    """The check's own hint, or the hint for its kind of failure."""
    own = "" if test.hidden else clean(test.feedback.hint).strip()
    return own or ADVICE.get(test.status, "")


@dataclass(frozen=True)
class Step:
    """One line of "what to look at first"."""

    anchor: str
    task: str
    function: str
    check: str
    advice: str


def next_steps(result: GradeResult, count: int = 3) -> list[Step]:
    """The first thing to fix in each of the first tasks that lack points; unwritten tasks after wrong ones."""
    open_tasks = [task for task in result.tasks if task.points < task.max_points]
    todo = {Status.NOT_IMPLEMENTED, Status.MISSING}
    open_tasks.sort(key=lambda task: task.status in todo)  # stable: otherwise keeps the order of the tasks
    steps = []
    for task in open_tasks:
        lost = [test for test in task.tests if not test.passed and test.status not in NOT_TRIED]
        lost.sort(key=lambda test: test.hidden)  # one that explains itself comes first
        if lost:
            title = "partly written" if begun(result, task) else "not written yet"
            title = title if task.status in todo else check_title(lost[0], task)
            told = left_to_write(task) or advice(lost[0])
            steps.append(Step(f"task-{task.id}", task.id, task.function, title, told))
    return steps[:count]


def printed(back: Feedback) -> list[tuple[str, str]]:
    return [("printed", back.stdout), ("on stderr", back.stderr)]


def headline(result: GradeResult) -> str:
    """One sentence that sums up the result."""
    if not result.tests:
        return "Nothing was graded."
    if result.needs_regrade:
        return "The grader failed on a part. This is not your mistake: run it again."
    if result.points == result.max_points:
        if result.hidden_points:
            return "All public checks pass. Hidden checks look at edges and races."
        return "Everything passes. Well done!"
    written = [task for task in result.tasks if task.status not in {Status.NOT_IMPLEMENTED, Status.MISSING}]
    if not written:
        for task in result.tasks:
            if begun(result, task):
                return f"{task.id} {task.function} is partly written. Next: {left_to_write(task)}."
        return f"Nothing is written yet. Start with {result.tasks[0].id} {result.tasks[0].function}."
    done = sum(task.status is Status.PASSED for task in result.tasks)
    if done == 0:
        return "Good start. Fix the first failing check."
    return f"{done} of {len(result.tasks)} tasks {'is' if done == 1 else 'are'} complete. Keep going."


def tier_sentence(tier: str) -> str:
    if tier == "none":
        return "no sandbox: your code ran with your own rights, which is fine on your own machine"
    return f"sandbox: {clean(tier)}"
