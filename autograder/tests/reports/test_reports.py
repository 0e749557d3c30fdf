"""Reports say what happened, to the right person, and let nothing of a submission act on its reader."""

from __future__ import annotations

import io
import re
from html import escape as html_escape
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from autograder.core.result import (
    Feedback,
    GradedFile,
    Grader,
    GradeResult,
    Status,
    TaskResult,
    TestResult,
)
from autograder.reports import html, terminal, view
from autograder.tests.reports.characters import is_text

HOSTILE = (
    "\x1b[31mred\x1b[0m [bold]x[/bold] [/nope] ::notice::hi\n::error::y "
    "</pre><script>alert(1)</script>\u202eabc\x00\x07"
)


def make_result(*tests: TestResult, tier: str = "bubblewrap", notes: tuple[str, ...] = ()) -> GradeResult:
    tasks = []
    for name in dict.fromkeys(test.task for test in tests):
        mine = tuple(test for test in tests if test.task == name)
        tasks.append(
            TaskResult(
                id=name,
                function="python_loops",
                title="Three loops",
                points=sum(test.points for test in mine),
                max_points=sum(test.max_points for test in mine),
                tests=mine,
            )
        )
    return GradeResult(
        unit="01_matmul_cpu",
        submission="ada",
        files=(GradedFile(path="loops.py", sha256="ab" * 32, bytes=120),),
        tasks=tuple(tasks),
        points=sum(task.points for task in tasks),
        max_points=sum(task.max_points for task in tasks),
        tier=tier,
        seed=4711,
        started="2026-11-20T10:00:00Z",
        seconds=1.25,
        grader=Grader(version="0.1.0", manifest_sha256="1" * 64, checks_sha256="2" * 64),
        machine={"cores": 2},
        notes=notes,
    )


def make_test(status: Status, name: str = "test_python_loops_sums", **more) -> TestResult:
    points = 3 if status is Status.PASSED else 0
    fields = {"name": name, "task": "01.1", "status": status, "points": points, "max_points": 3}
    return TestResult(**{**fields, **more})


FAILED = make_test(
    Status.FAILED,
    feedback=Feedback(
        message="one element is wrong",
        call="python_loops(list of 2 lists of 3, list of 3 lists of 4)",
        first_wrong=(0, 2),
        wrong=1,
        total=8,
        got="0",
        expected="3.5",
        hint="does the inner loop reach the last column?",
        stdout="hello\nworld",
        path="loops.py",
        sha256="ab" * 32,
    ),
)


def on_terminal(result: GradeResult, **options) -> str:
    out = io.StringIO()
    terminal.render(result, Console(file=out, width=100, force_terminal=False), **options)
    return out.getvalue()


def test_a_failure_teaches_on_the_terminal():
    text = on_terminal(make_result(FAILED))
    for part in (
        "loops.py",
        "python_loops(list of 2 lists of 3, list of 3 lists of 4)",
        "[0, 2]",
        "1 of 8",
        "3.5",
        "does the inner loop reach the last column?",
        "hello",
        "world",
        "seed 4711",
        "0 of 3 points",
        "sandbox: bubblewrap",
    ):
        assert part in text
    assert "abababababab" not in text, "a hash helps nobody to fix a function"


def test_the_terminal_shows_one_failure_a_task_unless_asked_for_all():
    second = FAILED.model_copy(
        update={"name": "test_python_loops_other", "feedback": Feedback(message="second")}
    )
    result = make_result(FAILED, second)
    assert "second" not in on_terminal(result)
    assert "1 more check fails" in on_terminal(result)
    assert "second" in on_terminal(result, verbose=True)


def test_an_unwritten_task_is_one_plain_line():
    text = on_terminal(
        make_result(make_test(Status.NOT_IMPLEMENTED), make_test(Status.NOT_IMPLEMENTED, "test_b"))
    )
    assert text.count("not written yet") == 1
    assert "Start with 01.1 python_loops" in text


LEFT = Feedback(message="01.1 python_loops: write _left (loops.py, line 3) and _right (loops.py, line 9)")


def test_an_unwritten_task_names_every_place_that_is_left():
    unwritten = make_test(Status.NOT_IMPLEMENTED).model_copy(update={"feedback": LEFT})
    for result in (make_result(unwritten), make_result(unwritten, make_test(Status.PASSED, "test_b"))):
        for text in (" ".join(on_terminal(result).split()), html.fragment(result).replace("\u00a0", " ")):
            assert text.count("write _left (loops.py, line 3) and _right (loops.py, line 9)") == 1


@pytest.mark.parametrize(
    ("asked", "said"), [(2, "Nothing is written yet"), (3, "is partly written. Next: write _left")]
)
def test_nothing_is_written_is_not_said_of_a_task_with_a_written_part(
    monkeypatch: pytest.MonkeyPatch, asked: int, said: str
):
    task = SimpleNamespace(asked=("_left", "_right", "_done")[:asked])
    monkeypatch.setattr(view, "unit_manifest", lambda _unit: SimpleNamespace(task=lambda _id: task))
    unwritten = make_test(Status.NOT_IMPLEMENTED).model_copy(update={"feedback": LEFT})
    assert said in view.headline(make_result(unwritten))
    title = view.next_steps(make_result(unwritten))[0].check
    assert title == ("partly written" if asked == 3 else "not written yet")


def test_an_unanswered_call_is_told_with_what_to_look_for():
    late = make_test(Status.TIMEOUT).model_copy(
        update={"feedback": Feedback(message="no answer within the limit of 10 s")}
    )
    for text in (on_terminal(make_result(late)), html.fragment(make_result(late))):
        assert "limit of 10 s" in text
        assert "look for a loop that never ends" in text


def test_a_check_without_a_sandbox_says_so():
    assert "no sandbox" in on_terminal(make_result(FAILED, tier="none"))
    assert "no sandbox" in html.page(make_result(FAILED, tier="none"))


@pytest.mark.parametrize(
    "field", ["message", "call", "got", "expected", "hint", "stdout", "stderr", "traceback"]
)
def test_hostile_text_stays_text(field: str):
    test = make_test(Status.FAILED, feedback=Feedback.model_validate({field: HOSTILE}))
    text, page = on_terminal(make_result(test)), html.page(make_result(test))
    assert "\x1b" not in text
    assert "\\x1b[31mred" in text
    assert "[bold]x[/bold] [/nope]" in text
    assert "\u202e" not in text
    assert "\u202e" not in page
    assert not re.search(r"^\s*::", text, re.MULTILINE), "a log viewer would act on this line"
    assert "<script" not in page
    assert "&lt;/pre&gt;&lt;script&gt;" in page
    assert "<script" not in html.fragment(make_result(test))


def test_hostile_names_stay_text():
    result = make_result(FAILED, notes=(HOSTILE,)).model_copy(
        update={"submission": HOSTILE, "files": (GradedFile(path=HOSTILE, sha256="0" * 64, bytes=1),)}
    )
    assert "<script" not in html.page(result)
    assert "\x1b" not in on_terminal(result)


def test_a_hidden_test_tells_its_category_alone():
    secret = "n = 77 fails"
    test = FAILED.model_copy(
        update={
            "hidden": True,
            "name": "test_python_loops_secret_sizes",
            "feedback": Feedback(message=secret, stdout=secret),
        }
    )
    for text in (
        on_terminal(make_result(test), verbose=True),
        html.page(make_result(test)),
        html.fragment(make_result(test)),
    ):
        assert "hidden check" in text
        assert "failed" in text
        assert secret not in text
        assert "secret" not in text


class Page(HTMLParser):
    """Records every tag, and checks that each one is closed in order."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.links += [str(value) for name, value in attrs if name in {"src", "href"}]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_loads_nothing():
    page = html.page(make_result(FAILED, make_test(Status.PASSED, "test_python_loops_b")))
    assert Page(page).links == ["#task-01.1"]
    assert "url(" not in page
    assert "default-src 'none'" in page
    assert 'name="viewport"' in page
    for part in ("4711", "ab" * 32, "bubblewrap", "3 of 6 points", "2026-11-20T10:00:00Z"):
        assert part in page
    Page(html.fragment(make_result(FAILED)))


@pytest.mark.parametrize("status", list(Status))
def test_every_status_has_words_and_a_sign(status: Status):
    assert view.sign(status)
    assert status.sentence in html.page(make_result(make_test(status)))
    assert status.sentence in on_terminal(make_result(make_test(status)))


def test_a_grader_fault_is_not_called_a_mistake_of_the_student():
    text = on_terminal(make_result(make_test(Status.INFRA_ERROR)))
    assert "not your mistake" in text


@given(st.text(alphabet=st.characters(codec=None), max_size=200))
def test_clean_text_holds_no_control_characters(text: str):
    shown = view.clean(text)
    for char in shown:
        assert char in "\n\t" or is_text(char)
    ElementTree.fromstring(f"<p>{html_escape(shown)}</p>")  # XML allows every one of them


@given(st.text(max_size=300))
def test_any_output_can_be_shown(text: str):
    test = make_test(Status.FAILED, feedback=Feedback(message="m", stdout=text, got=text))
    on_terminal(make_result(test))
    Page(html.page(make_result(test)))


def test_long_output_keeps_its_end():
    text = view.last_lines("\n".join(f"line {i}" for i in range(100)))
    assert text.endswith("line 99")
    assert "88 earlier lines" in text


def test_write_puts_a_whole_page(tmp_path: Path):
    target = tmp_path / "new" / "report.html"
    html.write(make_result(FAILED), target)
    assert target.read_text(encoding="utf-8") == html.page(make_result(FAILED))
    assert [path.name for path in target.parent.iterdir()] == ["report.html"]
