"""Files for other systems have those systems' keys, and what a submission says acts on none of them."""

from __future__ import annotations

import csv
import io
import json
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.core.result import Status
from autograder.reports import gradescope, tables
from autograder.reports.junit import junit_xml
from autograder.reports.view import number
from autograder.tests.reports import sample
from autograder.tests.reports.characters import is_text

CLASS = sample.small_class()
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60) | st.sampled_from(
    [
        sample.HOSTILE,
        "=1+1",
        "\t=1",
        "\r\n@x",
        "-2+3",
        " +1 ",
        "\uff1dSUM(A1)",
        '","=1',
        ";=1",
        "]]>",
        "<a>",
        "-5",
        "+1.5",
    ]
)


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def test_canvas_columns():
    found = rows(tables.canvas_csv(CLASS, sample.manifest()))
    assert found[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "01 A tiny unit"]
    assert found[1] == ["    Points Possible", "", "", "", "", "12"]
    assert found[2] == ["Ada Smith", "", "ada", "ada@uni.example", "", "12"]
    assert found[3][-1] == "2.5"
    assert len(found) == 2 + 9


def test_moodle_columns():
    found = rows(tables.moodle_csv(CLASS, sample.manifest()))
    item = "01 A tiny unit"
    assert found[0] == ["Full name", "ID number", "Email address", f"{item} (Real)", f"{item} (Feedback)"]
    assert found[1][:4] == ["Ada Smith", "ada", "ada@uni.example", "12"]
    assert "1 day late: 2 points off" in found[2][-1]
    assert "not graded yet: 01.E" in found[4][-1]


def test_a_total_that_waits_is_an_empty_cell():
    totals = {row[2]: row[-1] for row in rows(tables.canvas_csv(CLASS, sample.manifest()))[2:]}
    assert [name for name, total in totals.items() if total == ""] == ["dee", "ed", "flo", "gus", "hal", "-5"]
    partial = {row[2]: row[-1] for row in rows(tables.canvas_csv(CLASS, sample.manifest(), partial=True))[2:]}
    assert partial["dee"] == "9"
    assert partial["flo"] == "", "nothing was graded: there is no number to give"


def test_a_negative_number_stays_one():
    below = sample.standing(sample.person("Ada"), sample.result(), sample.part(0), penalty=20.5)
    found = rows(tables.canvas_csv(sample.standings(below), sample.manifest()))
    assert found[2][-1] == "-11.5"
    assert tables.cell("-5") == "-5"
    assert tables.cell("+1.5") == "+1.5"
    assert tables.cell("-5+6") == "'-5+6"


@given(TEXT, TEXT)
def test_no_cell_is_a_formula(name: str, said: str):
    who = sample.person("Ada").model_copy(update={"name": name, "email": said, "id": said or "x"})
    people = sample.standings(sample.standing(who, None, sample.part(1, comment=said), trouble=said))
    for write, columns in ((tables.canvas_csv, 6), (tables.moodle_csv, 5)):
        found = rows(write(people, sample.manifest()))
        assert {len(row) for row in found} == {columns}
        for text in found[-1]:
            assert text == "" or text.strip()[0] not in "=+-@\uff1d\uff0b\uff0d\uff20" or number_like(text)
            assert all(map(is_text, text))


def number_like(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d+(\.\d+)?", text) is not None


@given(st.floats(min_value=-1e6, max_value=1e6))
def test_points_are_written_as_numbers(value: float):
    assert float(number(value)) == pytest.approx(value, abs=0.00501)
    assert "e" not in number(value)
    assert number(value) != "-0"


TOP = {
    "score": float,
    "execution_time": float,
    "output": str,
    "output_format": str,
    "test_output_format": str,
    "test_name_format": str,
    "visibility": str,
    "stdout_visibility": str,
    "extra_data": dict,
    "tests": list,
    "leaderboard": list,
}
TEST = {
    "score": (int, float),
    "max_score": (int, float),
    "status": str,
    "name": str,
    "name_format": str,
    "number": str,
    "output": str,
    "output_format": str,
    "tags": list,
    "visibility": str,
    "extra_data": dict,
}
FORMATS = {"text", "html", "simple_format", "md", "ansi"}
VISIBLE = {"hidden", "after_due_date", "after_published", "visible"}


@pytest.mark.parametrize("standing", CLASS.people, ids=lambda each: each.person.id)
def test_gradescope_key_by_key(standing):
    found = json.loads(gradescope.to_json(standing, CLASS))
    assert set(found) == set(TOP)
    for key, kind in TOP.items():
        assert isinstance(found[key], kind), key
    assert found["score"] == standing.points
    assert {found["output_format"], found["test_output_format"], found["test_name_format"]} <= FORMATS
    assert {found["visibility"], found["stdout_visibility"]} <= VISIBLE
    for test in found["tests"]:
        assert set(test) <= set(TEST)
        assert set(TEST) - set(test) <= {"status"}
        for key, kind in TEST.items():
            assert isinstance(test.get(key, ""), kind) or key not in test, key
        assert test.get("status", "failed") in {"passed", "failed"}
        assert {test["output_format"], test["name_format"]} <= FORMATS
        assert test["visibility"] in VISIBLE
        assert all(isinstance(tag, str) for tag in test["tags"])
    checks = [test for test in found["tests"] if "manual" not in test["tags"]]
    assert sum(test["score"] for test in checks) == (standing.result.points if standing.result else 0)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x1b]", json.loads(json.dumps(found["output"])))


# The family of schemas that Jenkins publishes ("xunit2"): element -> required, allowed attributes, children.
JUNIT = {
    "testsuites": ({"tests", "failures", "errors", "time"}, {"name"}, {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors", "skipped", "time"}, {"timestamp"}, {"testcase"}),
    "testcase": ({"classname", "name", "time"}, set(), {"failure", "error", "skipped"}),
    "failure": ({"message", "type"}, set(), set()),
    "error": ({"message", "type"}, set(), set()),
    "skipped": ({"message", "type"}, set(), set()),
}


def check_junit(node: ElementTree.Element) -> None:
    required, optional, children = JUNIT[node.tag]
    assert required <= set(node.keys()) <= required | optional, node.tag
    for key in {"tests", "failures", "errors", "skipped"} & set(node.keys()):
        assert node.get(key, "").isdigit()
    assert float(node.get("time", "0")) >= 0
    for child in node:
        assert child.tag in children
        check_junit(child)
    if node.tag == "testsuite":
        assert int(node.get("tests", "")) == len(node)
        for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(node.get(key, "")) == len(node.findall(f"testcase/{tag}"))
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", node.get("timestamp", "2026-01-01T00:00:00"))


def test_junit_follows_the_schema():
    root = ElementTree.fromstring(junit_xml(CLASS))
    check_junit(root)
    assert [suite.get("name") for suite in root][:3] == ["ada", "bo", "cy"]
    assert root.get("tests") == str(8 * 4 + 1)
    assert root.get("failures") == "8", "4 not written, 2 of bo, one error, one crash"
    assert root.get("errors") == "2", "one of the grader, and one that was not graded"
    flo = root.find("testsuite[@name='flo']/testcase/error")
    assert flo is not None
    assert flo.get("message") == "no repository at https://git.example/flo"


@given(TEXT)
def test_junit_is_always_xml(said: str):
    wrong = sample.result({"test_add_sums": Status.FAILED}, message=said, got=said, call=said)
    who = sample.person("Ada").model_copy(update={"id": said or "x"})
    people = sample.standings(sample.standing(who, wrong), sample.standing(who, None, trouble=said))
    check_junit(ElementTree.fromstring(junit_xml(people)))
