"""One cause is told once, with what to do; unwritten tasks take one line each."""

from __future__ import annotations

from autograder.core.result import Feedback, Status, TestResult
from autograder.reports import html
from autograder.reports.causes import causes, is_unwritten
from autograder.reports.view import split_details
from autograder.tests.reports import sample
from autograder.tests.reports.test_reports import make_result, make_test

TRACE = "loops.py:41 in add\n    return a.dtypo"


def raised(name: str, call: str) -> TestResult:
    feedback = Feedback(
        message="AttributeError: no dtypo", traceback=TRACE, call=call, path="loops.py", stdout="1"
    )
    return make_test(Status.ERROR, name).model_copy(update={"feedback": feedback})


def test_one_exception_of_three_checks_is_told_once():
    wrong = make_test(Status.FAILED, "test_order").model_copy(
        update={"feedback": Feedback(message="wrong order")}
    )
    tests = [raised(f"test_{name}", f"add({name})") for name in ("one", "two", "three")]
    result = make_result(tests[0], wrong, *tests[1:], make_test(Status.PASSED, "test_fine"))
    first, second = causes(result.tasks[0])
    assert first.names == ("one", "two", "three")
    assert (first.title, first.lost) == ("one, two, three", sum(test.max_points for test in tests))
    assert second.names == ("order",)
    page = html.fragment(result)
    assert page.count("return a.dtypo") == 1
    assert page.count('<details class="cause" open>') == 1
    assert page.count('<details class="cause">') == 1, "the rest is folded"
    assert "✓ fine" in page


def test_what_to_do_comes_right_after_what_happened_and_the_rest_is_folded():
    first, rest = split_details(raised("test_one", "add(1)"))
    assert [each.label for each in first] == ["", "hint", "call", "where"]
    assert first[1].text == "read the last line of the traceback, then run the call by itself"
    assert [each.label for each in rest] == ["file", "printed"]


def test_many_names_are_cut_to_a_few():
    tests = [raised(f"test_{name}", "add()") for name in "abcdef"]
    [cause] = causes(make_result(*tests).tasks[0])
    assert cause.title == "a, b, c, 3 more"


def test_a_starters_page_has_a_line_for_each_task():
    result = sample.result(dict.fromkeys(sample.manifest().checks, Status.NOT_IMPLEMENTED), message="x")
    assert all(map(is_unwritten, result.tasks))
    for text in (html.page(result), html.fragment(result)):
        for task in result.tasks:
            assert text.count(task.title) == 1
        assert "what happened" not in text
        assert "multiplies" not in text, "no check is named"
    assert '<div class="test line" id="task-01.2">' in html.page(result), (
        "the link of the first steps leads there"
    )


def test_a_task_that_timed_out_says_so_once():
    late = make_test(Status.TIMEOUT).model_copy(update={"feedback": Feedback(message="no answer")})
    again = late.model_copy(
        update={"name": "test_b", "feedback": Feedback(message="no answer in 10 s", traceback="a.py:2 in f")}
    )
    rest = make_test(Status.NOT_RUN, "test_c").model_copy(update={"feedback": Feedback(message="not run: x")})
    task = make_result(late, again, rest).tasks[0]
    assert [cause.tests for cause in causes(task)] == [(late, again)]
    assert task.status is Status.TIMEOUT
