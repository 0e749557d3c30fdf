"""The summary of `./mlsys grade`: names beside ids, open totals, and totals that changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from autograder.commands.grade_summary import moved, summary
from autograder.core.manifest import unit_manifest
from autograder.core.result import Status
from autograder.roster.policy import no_policy
from autograder.roster.receipts import Store
from autograder.roster.run import GradingRun, RunOutcome
from autograder.roster.standing import Standing
from autograder.tests.judge.small_course import Course
from autograder.tests.reports.sample import part, person, result, standing

FULL = standing(person("Ada Smith"), result(), part(3))
LESS = standing(person("Ada Smith"), result({"test_add_sums": Status.FAILED}), part(3))
SAME = standing(person("Bo Chen"), result(), part(3))


def outcome(*people: Standing, before: tuple[Standing, ...] = (), number: int = 2) -> RunOutcome:
    return RunOutcome(people, Path("versions/0002"), number, 1, new=True, before=before)


def printed(course: Course, tmp_path: Path, found: RunOutcome) -> str:
    people = tuple(each.person for each in found.people)
    grading = GradingRun(
        course.unit, unit_manifest(course.unit), people, no_policy(), Store(tmp_path / "r"), tmp_path
    )
    console = Console(width=200, record=True, file=(tmp_path / "screen").open("w"))
    summary(grading, found, console)
    return console.export_text()


def test_the_table_has_names_beside_ids(bare_course: Course, tmp_path: Path):
    text = printed(bare_course, tmp_path, outcome(FULL, SAME))
    assert "ada  Ada Smith" in text
    plain = FULL.model_copy(update={"person": FULL.person.model_copy(update={"name": "ada"})})
    assert "Name" not in printed(bare_course, tmp_path, outcome(plain)), "a folder has no other name"


def test_an_open_total_is_no_number_and_says_how_to_decide(bare_course: Course, tmp_path: Path):
    open_one = FULL.model_copy(update={"open": "expected sums.py; found src/sums.py"})
    text = printed(bare_course, tmp_path, outcome(open_one, SAME))
    assert "open: expected sums.py; found src/sums.py" in text
    assert "1 of 2 totals are open" in text
    assert "--take ID" in text
    assert "--zero ID" in text
    decided = open_one.model_copy(update={"decision": "take"})
    assert "totals are open" not in printed(bare_course, tmp_path, outcome(decided, SAME))


def test_totals_that_a_regrade_changed_are_named(bare_course: Course, tmp_path: Path):
    changed = outcome(LESS, SAME, before=(FULL, SAME))
    assert moved(changed) == [
        f"1 total changed since version 1: Ada Smith (ada) {FULL.points:g} -> {LESS.points:g} (see changes.json)"
    ]
    assert moved(changed)[0] in " ".join(printed(bare_course, tmp_path, changed).split("\n"))


@pytest.mark.parametrize("before", [(), (FULL, SAME)])
def test_equal_totals_are_not_called_changed(before: tuple[Standing, ...]):
    assert moved(outcome(FULL, SAME, before=before)) == []
