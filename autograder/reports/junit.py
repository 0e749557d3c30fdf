"""A class's results as JUnit XML, for dashboards: one suite for each submission, one case for each check.

Jenkins and GitLab read these elements and attributes ("xunit2", which pytest writes too).
"""

from __future__ import annotations

from xml.etree import ElementTree

from autograder.core.result import Status, TestResult
from autograder.reports.view import clean
from autograder.roster.standing import Standing, Standings

KIND = {
    Status.SKIPPED: "skipped",
    Status.NOT_RUN: "skipped",
    Status.INFRA_ERROR: "error",
}  # any other that did not pass: failure


def junit_xml(standings: Standings) -> str:
    """The document, without characters that XML 1.0 forbids."""
    root = ElementTree.Element("testsuites", name=clean(standings.unit))
    for standing in standings.people:
        root.append(suite(standing))
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(each.get(name, "0")) for each in root)))
    root.set("time", f"{sum(float(each.get('time', '0')) for each in root):.3f}")
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def suite(standing: Standing) -> ElementTree.Element:
    result = standing.result
    found = ElementTree.Element("testsuite", name=clean(standing.person.id))
    tests = result.tests if result else ()
    kinds = [KIND.get(test.status, "failure") for test in tests if not test.passed]
    broken = 0 if result else 1
    found.set("tests", str(len(tests) + broken))
    found.set("failures", str(kinds.count("failure")))
    found.set("errors", str(kinds.count("error") + broken))
    found.set("skipped", str(kinds.count("skipped")))
    found.set("time", f"{sum(test.seconds for test in tests):.3f}")
    if result is not None:
        found.set("timestamp", clean(result.started).removesuffix("Z"))
        for task in result.tasks:
            for test in task.tests:
                found.append(case(test, f"{result.unit}.{task.function}"))
    else:
        broken_case = ElementTree.SubElement(found, "testcase", classname="submission", name="is graded")
        broken_case.set("time", "0.000")
        ElementTree.SubElement(broken_case, "error", message=clean(standing.trouble), type="not_graded")
    return found


def case(test: TestResult, classname: str) -> ElementTree.Element:
    found = ElementTree.Element("testcase", classname=clean(classname), name=clean(test.name))
    found.set("time", f"{test.seconds:.3f}")
    if not test.passed:
        message = clean(test.feedback.message or test.status.sentence)
        outcome = ElementTree.SubElement(found, KIND.get(test.status, "failure"), message=message)
        outcome.set("type", test.status.value)
        outcome.text = clean("\n".join(filter(None, (test.feedback.call, test.feedback.got))))
    return found
