"""Grading folders: every submission gets its result, whatever the one before it was."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from autograder.course import grading
from autograder.course.grading import Graded, find_submissions, grade_all
from autograder.course.release import solved_files
from autograder.course.units import CourseError, Unit
from autograder.judge.result import GradeResult, Status
from autograder.tests.needs import need_sandbox

MODULES = ("ops.py", "fast.py")


def submit(unit: Unit, folder: Path, **replaced: str) -> Path:
    """A folder with the solved files, some replaced."""
    folder.mkdir(parents=True)
    for name, content in solved_files(unit).items():
        (folder / name).write_bytes(content)
    for stem, text in replaced.items():
        (folder / f"{stem}.py").write_text(text)
    return folder


def grade(unit: Unit, out: Path, *folders: Path) -> dict[str, Graded]:
    need_sandbox()
    found = find_submissions(unit, list(folders), MODULES)
    return {each.submission.name: each for each in grade_all(unit, found, out)}


def test_each_submission_is_graded_on_its_own(unit: Unit, tmp_path: Path):
    folders = [
        submit(unit, tmp_path / "broken", ops="def add(:\n"),
        submit(unit, tmp_path / "ada"),
        submit(unit, tmp_path / "crash", ops="import os\nos._exit(0)\n"),
        submit(unit, tmp_path / "repository" / "work" / unit.slug).parents[1],
        tmp_path / "empty",
        submit(unit, tmp_path / "link"),
        submit(unit, tmp_path / "zoe"),
    ]
    (tmp_path / "empty").mkdir()
    (tmp_path / "link" / "ops.py").unlink()
    (tmp_path / "link" / "ops.py").symlink_to(tmp_path / "ada" / "ops.py")
    done = grade(unit, tmp_path / "grades", *folders)
    points = {name: each.result.points if each.result else None for name, each in done.items()}
    assert points == {"broken": 4, "ada": 9, "crash": 4, "repository": 9, "empty": 0, "link": 0, "zoe": 9}
    for name, each in done.items():
        home = tmp_path / "grades" / unit.slug / name
        assert sorted(path.name for path in home.iterdir()) == ["report.html", "result.json"]
        assert GradeResult.from_json((home / "result.json").read_bytes()) == each.result
    link = done["link"].result
    assert link is not None
    assert {test.status for test in link.tests} == {Status.INVALID_SUBMISSION}


def test_the_page_for_students_hides_what_the_json_keeps(unit: Unit, tmp_path: Path):
    wrong = (unit.reference / "fast.py").read_text().replace("a[i] * factor", "a[i] * (factor or 1)")
    wrong = wrong.replace("from reference.tiny import shapes", "import shapes").replace("reference.tiny.", "")
    folder = submit(unit, tmp_path / "ada", fast=wrong)
    done = grade(unit, tmp_path / "grades", folder)
    assert done["ada"].result is not None
    assert done["ada"].result.points == 6
    home = tmp_path / "grades" / unit.slug / "ada"
    assert "test_scale_hidden_zeros" in (home / "result.json").read_text()
    page = (home / "report.html").read_text()
    assert "hidden check" in page
    assert "hidden_zeros" not in page
    assert "zeros" not in page


def test_a_failure_while_grading_one_spares_the_others(unit: Unit, tmp_path: Path):
    """The folder for its results cannot be made: a real failure in the middle of the list."""
    folders = [submit(unit, tmp_path / name) for name in ("ada", "bob", "zoe")]
    (tmp_path / "grades" / unit.slug).mkdir(parents=True)
    (tmp_path / "grades" / unit.slug / "bob").write_text("a file in the way")
    done = grade(unit, tmp_path / "grades", *folders)
    assert done["bob"].result is None
    assert "FileExistsError" in done["bob"].trouble or "NotADirectoryError" in done["bob"].trouble
    assert all(done[name].result for name in ("ada", "zoe"))


def test_names_that_clash_are_told_apart(unit: Unit, tmp_path: Path):
    folders = [tmp_path / "a" / "work", tmp_path / "b" / "work", tmp_path / "c d", tmp_path / "a" / "Work"]
    for folder in folders:
        folder.mkdir(parents=True)
    found = find_submissions(unit, [*folders, folders[0]], MODULES)
    assert [each.name for each in found] == ["a-work", "b-work", "c_d", "a-Work-2"]


def test_names_are_safe_as_file_names(tmp_path: Path):
    folders = [tmp_path / "..x", tmp_path / "é ø", tmp_path / "..."]
    names = grading.distinct_names(folders)
    assert list(names.values()) == ["x", "é_ø", "submission"]


def test_a_path_that_is_no_folder_is_refused(unit: Unit, tmp_path: Path):
    (tmp_path / "file.py").write_text("")
    with pytest.raises(CourseError, match="found a file"):
        find_submissions(unit, [tmp_path / "file.py"], MODULES)
    with pytest.raises(CourseError, match="found nothing"):
        find_submissions(unit, [tmp_path / "nowhere"], MODULES)


def test_a_desk_that_is_a_link_is_not_followed(unit: Unit, tmp_path: Path):
    submit(unit, tmp_path / "ada")
    bob = tmp_path / "bob"
    (bob / "work").mkdir(parents=True)
    (bob / "work" / unit.slug).symlink_to(tmp_path / "ada")
    [found] = find_submissions(unit, [bob], MODULES)
    assert found.folder == bob


def test_without_a_sandbox_nothing_is_graded(unit: Unit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """With no bubblewrap on the PATH, as on a machine that lacks it."""
    from autograder.judge import sandbox

    folder = submit(unit, tmp_path / "ada")
    monkeypatch.setenv("PATH", str(tmp_path))
    for cached in (sandbox.available, sandbox.bubblewrap):
        getattr(cached, "cache_clear", lambda: None)()
    try:
        with pytest.raises(CourseError, match="no sandbox to grade in"):
            list(grade_all(unit, find_submissions(unit, [folder], MODULES), tmp_path / "grades"))
    finally:
        monkeypatch.undo()
        for cached in (sandbox.available, sandbox.bubblewrap):
            getattr(cached, "cache_clear", lambda: None)()
    assert not (tmp_path / "grades").exists()


def test_results_are_valid_json_for_other_tools(unit: Unit, tmp_path: Path):
    grade(unit, tmp_path / "grades", submit(unit, tmp_path / "ada"))
    data = json.loads((tmp_path / "grades" / unit.slug / "ada" / "result.json").read_text())
    assert data["schema"] == "mlsys/result/v1"
    assert data["tier"] == "bubblewrap"
    assert os.listdir(tmp_path / "grades") == [unit.slug]  # noqa: PTH208
